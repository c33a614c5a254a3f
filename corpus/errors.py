"""The root of Dossier's error tree, and the errors of reading files.

    DossierError
    └── CorpusError              something about one file
        ├── UnreadableFile       it cannot be opened (permissions, vanished, a folder)
        ├── UnsupportedFormat    no reader for its suffix
        ├── NotText              binary content, or bytes in no known encoding
        ├── FileTooLarge         over the stated limit
        ├── EmptyArticle         nothing left to read
        ├── DamagedFile          cut short, encrypted, or not what its name says
        ├── UnsafeArchive        a packed file that unfolds without bound or out of its folder
        ├── ReadingFailed        the reader took too long or too much memory, or has a fault
        └── BadFrontMatter       a metadata block that does not parse

Each package adds its own branch below the root: `vectorstore.errors`, `rag.errors`.
A message is one line: what was wrong, where, and what to do about it.
"""

from pathlib import Path

__all__ = [
    "BadFrontMatter",
    "CorpusError",
    "DamagedFile",
    "DossierError",
    "EmptyArticle",
    "FileTooLarge",
    "NotText",
    "ReadingFailed",
    "UnreadableFile",
    "UnsafeArchive",
    "UnsupportedFormat",
    "one_line",
]


class DossierError(Exception):
    """Base of everything that Dossier raises on purpose."""


class CorpusError(DossierError):
    """A file could not be made into an article.

    `path` is the file, `member` the place in it where it holds several articles ("" else), and
    `reason` the part of the message after them.
    """

    def __init__(self, path: Path, reason: str, *, member: str = "") -> None:
        super().__init__(one_line(f"{path}{'#' if member else ''}{member}: {reason}"))
        self.path = path
        self.member = one_line(member)
        self.reason = one_line(reason)

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross from the reading process; keyword arguments do not survive the default.
        return _rebuilt, (type(self), self.path, self.reason, self.member)


class UnreadableFile(CorpusError):
    """The file cannot be opened."""


class UnsupportedFormat(CorpusError):
    """No reader takes this kind of file."""


class NotText(CorpusError):
    """The bytes are not text in an encoding that can be told."""


class FileTooLarge(CorpusError):
    """The file is over the limit on size."""


class EmptyArticle(CorpusError):
    """There is no text in the file."""


class DamagedFile(CorpusError):
    """The file is cut short, encrypted or not of the format that it claims."""


class UnsafeArchive(CorpusError):
    """A packed file that would unfold without bound, or out of its own folder."""


class ReadingFailed(CorpusError):
    """The reader was stopped: it took too long or too much memory, or met a fault of its own."""


class BadFrontMatter(CorpusError):
    """The metadata block at the head of the file does not parse."""


def one_line(text: str) -> str:
    """Text of a stranger (a file's name, a library's message) as it can be shown on one line.

    Line breaks, escape codes and what is no character become their escapes.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _rebuilt(kind: type[CorpusError], path: Path, reason: str, member: str) -> CorpusError:
    return kind(path, reason, member=member)
