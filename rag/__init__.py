"""Dossier: ask an archive of news articles, get answers that can be checked.

from rag import Archive

archive = Archive.open("path/to/archive")
archive.ingest("articles/")
answer = archive.ask("How many people died aboard the airliner?")
"""

from corpus import Article, DossierError
from rag.archive import Archive, Finding, Status
from rag.errors import (
    ArticleNotFound,
    IngestError,
    ModelError,
    ModelInterrupted,
    ModelRefused,
    ModelUnreachable,
    SettingsError,
    WeightsError,
    WeightsUnreachable,
    WrongHash,
)
from rag.settings import Settings, load_settings
from rag.types import (
    Answer,
    Check,
    Citation,
    Coverage,
    Disagreement,
    Hit,
    IngestReport,
    Sentence,
    Turn,
    Unverified,
    Usage,
    Value,
    Verification,
)
from vectorstore import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveNotFound,
    ArchiveNotWritable,
    Filters,
    FingerprintMismatch,
)

__all__ = [
    "Answer",
    "Archive",
    "ArchiveBusy",
    "ArchiveDamaged",
    "ArchiveNotFound",
    "ArchiveNotWritable",
    "Article",
    "ArticleNotFound",
    "Check",
    "Citation",
    "Coverage",
    "Disagreement",
    "DossierError",
    "Filters",
    "Finding",
    "FingerprintMismatch",
    "Hit",
    "IngestError",
    "IngestReport",
    "ModelError",
    "ModelInterrupted",
    "ModelRefused",
    "ModelUnreachable",
    "Sentence",
    "Settings",
    "SettingsError",
    "Status",
    "Turn",
    "Unverified",
    "Usage",
    "Value",
    "Verification",
    "WeightsError",
    "WeightsUnreachable",
    "WrongHash",
    "load_settings",
]
