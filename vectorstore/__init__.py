"""Keeps an archive on disk: catalog, vectors, generations, embedding cache.

`ChromaStore` is imported from `vectorstore.chroma`, so that the rest stays quick to import.
"""

from vectorstore.cache import EmbeddingCache
from vectorstore.catalog import Catalog, match_query
from vectorstore.errors import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveNotFound,
    ArchiveNotWritable,
    FingerprintMismatch,
    StoreError,
)
from vectorstore.generations import Draft, Generations, Snapshot, check_parity
from vectorstore.types import (
    FileRecord,
    Filters,
    Fingerprint,
    Manifest,
    StoredPassage,
    day_number,
)

__all__ = [
    "ArchiveBusy",
    "ArchiveDamaged",
    "ArchiveNotFound",
    "ArchiveNotWritable",
    "Catalog",
    "Draft",
    "EmbeddingCache",
    "FileRecord",
    "Filters",
    "Fingerprint",
    "FingerprintMismatch",
    "Generations",
    "Manifest",
    "Snapshot",
    "StoreError",
    "StoredPassage",
    "check_parity",
    "day_number",
    "match_query",
]
