"""From an open file to what its reader gives, every fault of a reader made an error of ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from corpus.errors import CorpusError, ReadingFailed, UnreadableFile, UnsupportedFormat
from corpus.formats import SUFFIXES, reader_for
from corpus.formats._kinds import UNREAD, kind_of
from corpus.raw import Raw, ReadOptions

__all__ = ["faults_told", "read_raws", "readable_kind"]


def readable_kind(stream: BinaryIO, path: Path) -> str:
    """The suffix whose reader takes the file; UnsupportedFormat where there is none."""
    kind = kind_of(stream, path) or ".txt"  # named outright and without a suffix
    if kind not in SUFFIXES:
        kind = path.suffix.lower() if kind not in UNREAD else kind
    if kind in SUFFIXES:
        return kind
    if hint := UNREAD.get(kind):
        raise UnsupportedFormat(path, f"{kind} is not read; {hint}")
    kinds = ", ".join(sorted(SUFFIXES))
    raise UnsupportedFormat(path, f"no reader for this kind of file (read are {kinds})")


def read_raws(stream: BinaryIO, *, path: Path, options: ReadOptions) -> Iterator[Raw | CorpusError]:
    """What the reader of the file's kind gives. Raises a CorpusError for the file as a whole."""
    reader = reader_for(readable_kind(stream, path))
    assert reader
    with faults_told(path):
        yield from reader(stream, path, options)


@contextmanager
def faults_told(path: Path) -> Iterator[None]:
    """Raise a fault of our code or of a library as a CorpusError.

    Anybody can make a file; what it finds in a parser must not stop the reading of the others.
    """
    try:
        yield
    except CorpusError:
        raise
    except MemoryError as error:
        raise ReadingFailed(path, "needs more memory than reading is given") from error
    except OSError as error:
        said = error.strerror or f"cannot be read ({type(error).__name__})"
        raise UnreadableFile(path, said) from error
    except Exception as error:
        fault = type(error).__name__
        raise ReadingFailed(path, f"its reader met a fault ({fault}); it may be damaged") from error
