"""Files that were handed in through the page, kept in the archive's home.

They lie in one folder under names that are safe on any disk. A name that is taken by other bytes
gets a number, so that nothing is overwritten; the same bytes under the same name are kept once.
`python -m rag ingest HOME/uploads` reads them again.
"""

import os
import re
import unicodedata
from contextlib import suppress
from hashlib import sha256
from itertools import count
from pathlib import Path

from rag.errors import UploadRefused
from vectorstore.errors import translated

__all__ = ["forget_upload", "is_upload", "keep_upload", "safe_name", "uploads_folder"]

_LONGEST = 120
"""Bytes of a name: every file system takes 255, and a number may be added."""
_UNSAFE = re.compile(r"[^\w .,()'+@=&-]")
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)")
_ENDING = re.compile(r"(?:\.tar)?\.[A-Za-z0-9]{1,8}$")


def uploads_folder(home: Path) -> Path:
    """Where an archive keeps what was handed in."""
    return home / "uploads"


def is_upload(path: Path, *, home: Path) -> bool:
    """Whether a file is one of them."""
    return uploads_folder(home).resolve() in (path.parent.resolve() / path.name).parents


def safe_name(name: str) -> str:
    """A stranger's file name as a name on this disk: no folder, nothing hidden, not too long."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    last = _UNSAFE.sub("_", last.encode("utf-8", "replace").decode()).strip(" .")
    if not last.strip("_"):
        last = "file"
    if _RESERVED.match(last):
        last = f"_{last}"
    ending = found[0] if (found := _ENDING.search(last)) else ""
    room = _LONGEST - len(ending.encode())
    stem = last.removesuffix(ending).encode()[:room].decode("utf-8", "ignore").rstrip(" .")
    return f"{stem or 'file'}{ending}"


def keep_upload(content: bytes, *, name: str, home: Path, largest: int) -> Path:
    """Write a file that was handed in; where it lies. Raises UploadRefused, ArchiveNotWritable."""
    if not content:
        raise UploadRefused("it is empty")
    if len(content) > largest:
        raise UploadRefused(
            f"it has {len(content) / 1e6:.1f} MB; the limit is {largest / 1e6:.1f} MB"
        )
    folder = uploads_folder(home)
    path = folder / safe_name(name)
    ending = found[0] if (found := _ENDING.search(path.name)) else ""
    stem = path.name.removesuffix(ending)
    digest = sha256(content).digest()
    with translated(folder):
        folder.mkdir(parents=True, exist_ok=True)
        # Beside its place and then put there whole: no ingest reads a half of it.
        part = folder / f".{os.getpid()}-{os.urandom(4).hex()}.part"
        try:
            part.write_bytes(content)
            for number in count(2):
                try:
                    os.link(part, path)
                    return path.resolve()
                except FileExistsError:
                    if path.is_file() and sha256(path.read_bytes()).digest() == digest:
                        return path.resolve()
                    path = folder / f"{stem}-{number}{ending}"
        finally:
            part.unlink(missing_ok=True)
    raise AssertionError("unreachable")


def forget_upload(path: Path, *, home: Path) -> bool:
    """Delete a file that was handed in; False where it is none. Empty folders go with it."""
    if not is_upload(path, home=home) or not path.is_file():
        return False
    folder = uploads_folder(home)
    with translated(folder):
        path.unlink(missing_ok=True)
    with suppress(OSError):  # not empty
        folder.rmdir()
        home.rmdir()
    return True
