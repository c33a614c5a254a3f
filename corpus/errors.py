"""The root of Dossier's error tree, and the errors of reading files.

    DossierError
    └── CorpusError              something about one file
        ├── UnreadableFile       it cannot be opened (permissions, vanished, a folder)
        ├── UnsupportedFormat    no reader for its suffix
        ├── NotText              binary content, or bytes in no known encoding
        ├── FileTooLarge         over the stated limit
        ├── EmptyArticle         nothing left to read
        └── BadFrontMatter       a metadata block that does not parse

Each package adds its own branch below the root: `vectorstore.errors`, `rag.errors`.
A message is one line: what was wrong, where, and what to do about it.
"""

from pathlib import Path

__all__ = [
    "BadFrontMatter",
    "CorpusError",
    "DossierError",
    "EmptyArticle",
    "FileTooLarge",
    "NotText",
    "UnreadableFile",
    "UnsupportedFormat",
]


class DossierError(Exception):
    """Base of everything that Dossier raises on purpose."""


class CorpusError(DossierError):
    """A file could not be made into an article.

    `path` is the file and `reason` the part of the message after it.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


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


class BadFrontMatter(CorpusError):
    """The metadata block at the head of the file does not parse."""
