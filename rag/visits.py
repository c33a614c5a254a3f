"""An archive as one of many visitors asks it, and what a page shows of it besides."""

from copy import copy
from weakref import WeakKeyDictionary

from rag.archive import Archive
from rag.rerank import LazyReader
from rag.settings import Settings

__all__ = ["passages", "under"]

_READERS: "WeakKeyDictionary[Archive, LazyReader]" = WeakKeyDictionary()
"""Of archives that were opened without one, for visitors who want one: loaded once for all."""


def under(archive: Archive, settings: Settings) -> Archive:
    """The same archive under other settings of its model or reader; files and models are shared.

    Closing either closes both.
    """
    other = copy(archive)
    other.settings = settings
    if settings.reader == "off":
        other._reader = None
    elif other._reader is None:
        other._reader = _READERS.setdefault(archive, LazyReader())
    return other


def passages(archive: Archive, article_id: str) -> list[tuple[int, int]]:
    """The spans of an article's passages in its text; none of an earlier version."""
    with archive._generations.snapshot() as snapshot:
        return snapshot.catalog.spans(article_id)
