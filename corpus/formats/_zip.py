"""Opening what was packed by somebody else: nothing unfolds without bound, nothing is extracted."""

import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from corpus.errors import DamagedFile, UnsafeArchive

__all__ = ["MOST_RATIO", "check_ratio", "open_packed", "open_zip", "packing_faults", "read_entry"]

MOST_RATIO = 200
"""Bytes out for a byte in. Text packs 3 to 10 times smaller; deflate's end is 1,032."""
_SMALL = 10_000_000
"""Bytes that may unfold from anything."""


@contextmanager
def packing_faults(path: Path) -> Iterator[None]:
    """Raise what the packing modules say of damage as a DamagedFile."""
    try:
        yield
    except zipfile.BadZipFile as error:
        raise DamagedFile(path, f"is not a whole .zip ({error})") from error
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, tarfile.TarError) as error:
        raise DamagedFile(path, "its packed bytes are cut short or damaged") from error
    except NotImplementedError as error:
        raise DamagedFile(path, f"is packed in a way that is not read ({error})") from error
    except RuntimeError as error:
        if "password" not in str(error):
            raise
        raise DamagedFile(path, "is encrypted; pack it without a password") from error


def open_zip(
    stream: BinaryIO, *, path: Path, largest: int, most_members: int = 10_000
) -> zipfile.ZipFile:
    """The open .zip, within `most_members` and `largest` bytes unfolded in all.

    What an entry declares is what can be read of it: the module stops there. Raises DamagedFile
    or UnsafeArchive.
    """
    opened = open_packed(stream, path=path)
    entries = opened.infolist()
    if len(entries) > most_members:
        raise UnsafeArchive(path, f"holds more than {most_members:,} files; split it up")
    unfolded, packed = (sum(e.file_size for e in entries), sum(e.compress_size for e in entries))
    if unfolded > largest:
        raise UnsafeArchive(path, f"unfolds to over the limit of {largest / 1e6:,.0f} MB")
    check_ratio(unfolded, packed, path=path)
    return opened


def open_packed(stream: BinaryIO, *, path: Path) -> zipfile.ZipFile:
    """The open .zip of any size. Raises DamagedFile."""
    with packing_faults(path):
        try:
            return zipfile.ZipFile(stream)
        except (ValueError, OverflowError, OSError) as error:
            raise DamagedFile(path, "is not a whole .zip (its directory is damaged)") from error


def read_entry(archive: zipfile.ZipFile, name: str, *, path: Path, largest: int) -> bytes:
    """The bytes of one entry, "" where there is none by that name; at most `largest`."""
    try:
        entry = archive.getinfo(name)
    except KeyError:
        return b""
    if entry.file_size > largest:
        raise UnsafeArchive(path, f"{name} unfolds to over the limit of {largest / 1e6:,.0f} MB")
    with packing_faults(path):
        return archive.read(entry)


def check_ratio(unfolded: int, packed: int, *, path: Path) -> None:
    """Raise UnsafeArchive where so much comes out of so little that no text was packed."""
    if unfolded > _SMALL and unfolded > MOST_RATIO * packed:
        raise UnsafeArchive(path, f"unfolds more than {MOST_RATIO} times over; it is not read")
