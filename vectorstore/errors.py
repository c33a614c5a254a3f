"""The errors of keeping an archive.

DossierError
└── StoreError
    ├── ArchiveNotFound      nothing was ever ingested there
    ├── ArchiveBusy          another process is writing
    ├── ArchiveNotWritable   permission, a full or read-only disk
    ├── ArchiveDamaged       files missing or unreadable, or a parity check that failed
    ├── NoEarlierGeneration  there is nothing to roll back to
    ├── VectorServerUnavailable  the Chroma server is away, stalled, or no Chroma server
    ├── VectorsElsewhere     the vectors are not where the settings say
    └── FingerprintMismatch  built by another embedder or another cut of passages
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corpus.errors import DossierError

__all__ = [
    "ArchiveBusy",
    "ArchiveDamaged",
    "ArchiveNotFound",
    "ArchiveNotWritable",
    "FingerprintMismatch",
    "NoEarlierGeneration",
    "StoreError",
    "VectorServerUnavailable",
    "VectorsElsewhere",
    "translated",
    "translated_database",
]


REBUILD = "python -m rag doctor says how to mend it"
"""What to do about an archive that is damaged."""


class StoreError(DossierError):
    """Something about the archive on disk."""


class ArchiveNotFound(StoreError):
    """There is no archive at that path; reading creates none."""


class ArchiveBusy(StoreError):
    """Another process holds the writer's lock."""


class ArchiveNotWritable(StoreError):
    """The archive cannot be written; what it held before is untouched."""


class ArchiveDamaged(StoreError):
    """What is on disk is not a whole archive."""


class FingerprintMismatch(StoreError):
    """The archive was built with other settings than those in force."""


class NoEarlierGeneration(StoreError):
    """No other whole generation is kept; the live one stays."""


class VectorServerUnavailable(StoreError):
    """The Chroma server does not answer; the archive is as it was."""


class VectorsElsewhere(StoreError):
    """The vectors are in the folder and the settings name a server, or the reverse, or another."""


_REFUSED = {
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
}


@contextmanager
def translated(place: Path) -> Iterator[None]:
    """Turn the system's refusals to write at `place` into ours, SQLite's among them."""
    try:
        with translated_database(place):
            yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ArchiveNotWritable(f"{place} cannot be written ({reason})") from error


@contextmanager
def translated_database(place: Path) -> Iterator[None]:
    """Turn the errors of a SQLite file at `place` into ArchiveNotWritable and ArchiveDamaged."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0)
        if code & 0xFF in _REFUSED and code != sqlite3.SQLITE_IOERR_SHORT_READ:
            raise ArchiveNotWritable(f"{place} cannot be written ({error})") from error
        raise ArchiveDamaged(f"{place}: the catalog fails ({error}): {REBUILD}") from error
