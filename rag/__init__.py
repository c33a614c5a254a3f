"""Dossier: ask an archive of news articles, get answers that can be checked.

from rag import Archive

archive = Archive.open("path/to/archive")
archive.ingest("articles/")
answer = archive.ask("How many people died aboard the airliner?")
"""

from typing import TYPE_CHECKING, Any

from corpus import Article, DossierError
from rag.archive import Archive
from rag.backup import Backup, Rebuilt
from rag.conversations import (
    Conversation,
    Conversations,
    Exchange,
    Listed,
    RatedAnswer,
    Rating,
)
from rag.doctor import Finding
from rag.errors import (
    ArticleNotFound,
    BackupError,
    BadRecord,
    ConversationNotFound,
    ConversationsTooNew,
    EmbeddingError,
    IngestError,
    ModelError,
    ModelInterrupted,
    ModelRefused,
    ModelUnreachable,
    PromptTooLong,
    SettingsError,
    WeightsError,
    WeightsUnreachable,
    WrongHash,
)
from rag.spending import Spending, spending
from rag.types import (
    Answer,
    Check,
    Citation,
    Considered,
    Coverage,
    Disagreement,
    Explanation,
    Figure,
    FigureChange,
    Hit,
    IngestReport,
    Sentence,
    Story,
    StoryMember,
    Turn,
    Unverified,
    Usage,
    Value,
    Verification,
)
from rag.upkeep import KeptGeneration, Rollback, Status
from vectorstore import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveNotFound,
    ArchiveNotWritable,
    Filters,
    FingerprintMismatch,
    NoEarlierGeneration,
)

if TYPE_CHECKING:
    from rag.settings import Settings, load_settings

__all__ = [
    "Answer",
    "Archive",
    "ArchiveBusy",
    "ArchiveDamaged",
    "ArchiveNotFound",
    "ArchiveNotWritable",
    "Article",
    "ArticleNotFound",
    "Backup",
    "BackupError",
    "BadRecord",
    "Check",
    "Citation",
    "Considered",
    "Conversation",
    "ConversationNotFound",
    "Conversations",
    "ConversationsTooNew",
    "Coverage",
    "Disagreement",
    "DossierError",
    "EmbeddingError",
    "Exchange",
    "Explanation",
    "Figure",
    "FigureChange",
    "Filters",
    "Finding",
    "FingerprintMismatch",
    "Hit",
    "IngestError",
    "IngestReport",
    "KeptGeneration",
    "Listed",
    "ModelError",
    "ModelInterrupted",
    "ModelRefused",
    "ModelUnreachable",
    "NoEarlierGeneration",
    "PromptTooLong",
    "RatedAnswer",
    "Rating",
    "Rebuilt",
    "Rollback",
    "Sentence",
    "Settings",
    "SettingsError",
    "Spending",
    "Status",
    "Story",
    "StoryMember",
    "Turn",
    "Unverified",
    "Usage",
    "Value",
    "Verification",
    "WeightsError",
    "WeightsUnreachable",
    "WrongHash",
    "load_settings",
    "spending",
]


def __getattr__(name: str) -> Any:
    # Pydantic would take as long to import as all the rest; who opens an archive needs it, but who
    # reads a stored answer does not.
    if name in ("Settings", "load_settings"):
        from rag.settings import Settings, load_settings

        return Settings if name == "Settings" else load_settings
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
