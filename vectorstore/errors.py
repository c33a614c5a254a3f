"""The errors of keeping an archive.

DossierError
└── StoreError
    ├── ArchiveNotFound      nothing was ever ingested there
    ├── ArchiveBusy          another process is writing
    ├── ArchiveNotWritable   permission, a full or read-only disk
    ├── ArchiveDamaged       files missing or unreadable, or a parity check that failed
    └── FingerprintMismatch  built by another embedder or another cut of passages
"""

from corpus.errors import DossierError

__all__ = [
    "ArchiveBusy",
    "ArchiveDamaged",
    "ArchiveNotFound",
    "ArchiveNotWritable",
    "FingerprintMismatch",
    "StoreError",
]


REBUILD = "move the archive's folder away and ingest the articles again"
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
