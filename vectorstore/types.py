"""Values that cross the boundary of this package."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from corpus import TimeMention, day_of

__all__ = [
    "FileRecord",
    "FileState",
    "Filters",
    "Fingerprint",
    "Manifest",
    "StoredPassage",
    "day_number",
]

MANIFEST_FORMAT = 3
EMBEDDED = "embedded"
"""Where vectors are that lie in the generation's own folder."""
_LISTS = ("sources", "authors", "sections", "article_ids", "stories")
"""The filters that are lists of names or ids."""
_VECTORS = re.compile(rf"{EMBEDDED}|dossier-[0-9a-f]{{12}}-g[0-9]+")


def day_number(day: date | None) -> int:
    """A day as the integer yyyymmdd, 0 for none: Chroma compares numbers only."""
    return day.year * 10_000 + day.month * 100 + day.day if day else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which articles to look at; empty fields do not restrict.

    Days are inclusive. Outlets, authors and sections match whole and without regard to case.
    `stories` are ids of articles whose whole story is meant: the articles that carry the same text
    or nearly so, where there are others. Articles without a date pass a date filter unless
    `include_undated` is False.
    """

    published_from: date | None = None
    published_to: date | None = None
    sources: Sequence[str] = ()
    authors: Sequence[str] = ()
    sections: Sequence[str] = ()
    article_ids: Sequence[str] = ()
    stories: Sequence[str] = ()
    include_undated: bool = True

    def __post_init__(self) -> None:
        for name in ("published_from", "published_to"):
            object.__setattr__(self, name, day_of(getattr(self, name)))
        for name in _LISTS:
            value = getattr(self, name)
            # One name alone would else be taken for a sequence of letters.
            object.__setattr__(self, name, (value,) if isinstance(value, str) else tuple(value))

    def __bool__(self) -> bool:
        return self != Filters(include_undated=self.include_undated) or not self.include_undated

    def to_dict(self) -> dict[str, Any]:
        """Only what restricts, dates as ISO strings."""
        given: dict[str, Any] = {}
        for name in ("published_from", "published_to"):
            if day := getattr(self, name):
                given[name] = day.isoformat()
        for name in _LISTS:
            if values := getattr(self, name):
                given[name] = list(values)
        if not self.include_undated:
            given["include_undated"] = False
        return given


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What an index depends on. Another value of any field means another index."""

    embedder: str
    passages: str
    cleaning: str

    def __str__(self) -> str:
        return f"{self.embedder} | {self.passages} | {self.cleaning}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """manifest.json of a generation."""

    generation: str
    fingerprint: Fingerprint
    articles: int
    passages: int
    dead: int
    """Vectors deleted or replaced since the index was last built from nothing."""
    created: str
    vectors: str = EMBEDDED
    """EMBEDDED, or the name of a collection on a Chroma server. Raises ValueError for another."""
    previous: str = ""
    """The generation that was live before it; empty for the first."""
    checksums: dict[str, str] = field(default_factory=dict)
    """SHA-256 of the files that no reader changes, by their place in the folder."""
    format: int = MANIFEST_FORMAT

    def __post_init__(self) -> None:
        if not _VECTORS.fullmatch(self.vectors):
            raise ValueError(f"vectors cannot be {self.vectors!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """A file that was read: enough to tell without reading it that it has not changed.

    `articles` pairs each article's place in the file ("" where the file is the article) with its
    id, `left` does the same for articles that are gone from the file and stay until they are
    pruned, and `failed` pairs the places that could not be read with the reason.
    """

    path: Path
    size: int
    mtime_ns: int
    sha256: str
    articles: tuple[tuple[str, str], ...] = ()
    left: tuple[tuple[str, str], ...] = ()
    failed: tuple[tuple[str, str], ...] = ()


class FileState(NamedTuple):
    """What the catalog knows of a file: its size and time when it was read, how many articles it
    holds, how many are gone from it and stay, and what in it could not be read."""

    size: int
    mtime_ns: int
    sha256: str
    articles: int
    left: int
    failed: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPassage:
    """A passage with what a reader needs to know of its article."""

    id: str
    article_id: str
    start: int
    end: int
    text: str
    title: str
    shown_title: str
    source: str
    published: date | None
    url: str
    path: str
    story: str
    """Shared by articles with the same text or nearly so; of one without copies, its own id."""
    times: tuple[TimeMention, ...] = ()
