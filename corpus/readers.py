"""Reading a file to the articles in it, by the reader of its kind."""

import hashlib
import io
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from corpus.article import Article
from corpus.errors import CorpusError, FileTooLarge, UnreadableFile
from corpus.finding import find_files
from corpus.formats import MANY, SUFFIXES
from corpus.formats._dispatch import faults_told, read_raws, readable_kind
from corpus.raw import ReadOptions

__all__ = [
    "LARGEST_FILE",
    "SUFFIXES",
    "find_files",
    "open_file",
    "parse",
    "parse_article",
    "read_article",
    "read_articles",
    "sha256_of",
]

LARGEST_FILE = ReadOptions().largest_file
"""Bytes. A larger text is a data dump, not an article; it is refused before it is read."""


def read_articles(
    path: Path, *, options: ReadOptions | None = None
) -> Iterator[Article | CorpusError]:
    """Every article of a file; an error stands for one of several that cannot be read.

    Raises a CorpusError that says what is wrong with the file as a whole.
    """
    options = options or ReadOptions()
    with open_file(path, options=options) as stream:
        yield from parse(stream, path=path, options=options)


def read_article(path: Path, *, limit: int = LARGEST_FILE) -> Article:
    """The first article of a file. Raises a CorpusError that says what is wrong with it."""
    return _first(read_articles(path, options=ReadOptions(largest_file=limit)), path)


@contextmanager
def open_file(path: Path, *, options: ReadOptions) -> Iterator[BinaryIO]:
    """The open file; UnreadableFile, UnsupportedFormat or FileTooLarge where it cannot be read."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise UnreadableFile(path, "its name is not valid UTF-8; rename it") from error
    try:
        if path.is_dir():
            next(path.iterdir(), None)  # a folder that cannot be listed says so
            raise UnreadableFile(path, "is a folder, not a file")
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFile(path, "is not a regular file")  # reading a pipe may never end
        with path.open("rb") as stream:
            kind = readable_kind(stream, path)
            if kind not in MANY and status.st_size > options.largest_file:
                raise FileTooLarge(path, _too_large(status.st_size, options.largest_file))
            yield stream
    except OSError as error:
        raise UnreadableFile(path, error.strerror or type(error).__name__) from error
    except ValueError as error:  # a NUL in the name
        raise UnreadableFile(path, "is not a name of a file") from error


def sha256_of(stream: BinaryIO) -> str:
    """The SHA-256 of all that a stream holds; it is left at its start."""
    digest = hashlib.sha256()
    while part := stream.read(1 << 20):
        digest.update(part)
    stream.seek(0)
    return digest.hexdigest()


def parse(stream: BinaryIO, *, path: Path, options: ReadOptions) -> Iterator[Article | CorpusError]:
    """Every article of an open file, as `read_articles`.

    A fault of a reader comes out as ReadingFailed.
    """
    from corpus.compose import compose  # here: reading an archive needs no rules of cleaning

    with faults_told(path):
        for raw in read_raws(stream, path=path, options=options):
            if isinstance(raw, CorpusError):
                yield raw
                continue
            try:
                article = compose(raw, path=path)
            except CorpusError as error:
                if not raw.member:
                    raise
                yield type(error)(path, error.reason, member=raw.member)
            else:
                yield article


def parse_article(data: bytes, *, path: Path) -> Article:
    """The article in a file's bytes; `path` gives the format and stands in messages."""
    return _first(parse(io.BytesIO(data), path=path, options=ReadOptions()), path)


def _first(items: Iterator[Article | CorpusError], path: Path) -> Article:
    for item in items:
        if isinstance(item, CorpusError):
            raise item
        return item
    raise UnreadableFile(path, "holds no article")


def _too_large(size: int, limit: int) -> str:
    return f"{size / 1e6:.0f} MB is over the limit of {limit / 1e6:.0f} MB; split it up"
