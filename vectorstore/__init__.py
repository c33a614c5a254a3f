"""Keeps an archive on disk: catalog, vectors, generations, embedding cache.

`ChromaStore` is imported from `vectorstore.chroma`, so that the rest stays quick to import.
"""

from vectorstore.cache import EmbeddingCache
from vectorstore.catalog import Catalog
from vectorstore.errors import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveNotFound,
    ArchiveNotWritable,
    FingerprintMismatch,
    NoEarlierGeneration,
    StoreError,
    VectorsElsewhere,
    VectorServerUnavailable,
)
from vectorstore.generations import Draft, Generations, Snapshot
from vectorstore.lexical import match_query
from vectorstore.parity import check_parity
from vectorstore.types import (
    FileRecord,
    FileState,
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
    "FileState",
    "Filters",
    "Fingerprint",
    "FingerprintMismatch",
    "Generations",
    "Manifest",
    "NoEarlierGeneration",
    "Snapshot",
    "StoreError",
    "StoredPassage",
    "VectorServerUnavailable",
    "VectorsElsewhere",
    "check_parity",
    "day_number",
    "match_query",
]
