"""What reading files tells, in the order in which it happens."""

from dataclasses import dataclass
from pathlib import Path

from corpus.article import Article
from corpus.errors import CorpusError

__all__ = ["ArticleFailed", "ArticleRead", "FileDone", "FileEvent", "FileStarted"]


@dataclass(frozen=True, slots=True)
class FileStarted:
    """The file is about to be read."""

    path: Path


@dataclass(frozen=True, slots=True)
class ArticleRead:
    """An article of the file that was started last."""

    article: Article


@dataclass(frozen=True, slots=True)
class ArticleFailed:
    """One of several articles of the file that was started last cannot be read."""

    error: CorpusError


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDone:
    """The file's last event: exactly one for each path.

    `size` in bytes, `mtime_ns` and `sha256` are 0, 0 and "" where it could not be opened.
    `unchanged` says that it has the hash that was known, and was not read. `error` is what is
    wrong with the file as a whole, None for nothing; articles read before it came out stand.
    """

    path: Path
    size: int = 0
    mtime_ns: int = 0
    sha256: str = ""
    unchanged: bool = False
    error: CorpusError | None = None


FileEvent = FileStarted | ArticleRead | ArticleFailed | FileDone
"""For each path: FileStarted, any number of articles, read or failed, FileDone."""
