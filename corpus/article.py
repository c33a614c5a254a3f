"""The values that reading produces: an article and its passages."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

__all__ = ["Article", "Passage", "Removed", "TimeMention", "day_of"]

_SHOWN_WORDS = 9


def day_of(value: date | None) -> date | None:
    """The calendar day of a date or of a date with time, as its own zone counts it."""
    return value.date() if isinstance(value, datetime) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A piece that cleaning took out of an article: its words, why, and where it stood.

    `at` is the offset into the article's clean text before which it stood; `reason` is one of a
    few fixed words ("caption", "share", "related", ...), listed in docs/reading.md.
    """

    text: str
    reason: str
    at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeMention:
    """Words of an article that name a time relative to its publication, and the days meant.

    `article.text[start:end] == text`; `first` and `last` are inclusive and equal for one day.
    """

    start: int
    end: int
    text: str
    first: date
    last: date


@dataclass(frozen=True, kw_only=True)
class Article:
    """One news text with its metadata.

    `text` is the clean text that every span refers to, in paragraphs parted by one blank line.
    It opens with what the article says of itself (title, byline, date), so that a byline can be
    quoted like any other sentence; the story proper starts at `body_start`.

    `published` and `updated` are a `date`, or a `datetime` (with a zone where one is stated).
    Metadata that the article does not state is empty ("" or None), never guessed; `language` is
    the one exception, a code such as "en" that is told from the text where it is long enough.

    `path` is the file it was read from and `member` its place in a file that holds several
    articles (a name in a .zip, a line of a .jsonl), "" where the file is the article.
    """

    text: str
    body_start: int = 0
    title: str = ""
    authors: tuple[str, ...] = ()
    source: str = ""
    section: str = ""
    published: date | None = None
    updated: date | None = None
    url: str = ""
    language: str = ""
    removed: tuple[Removed, ...] = ()
    path: Path | None = None
    member: str = ""

    @cached_property
    def id(self) -> str:
        """16 hex digits made from outlet, title and story.

        The same article read from two places has one id; wire copy under another outlet's name
        has its own, and a corrected byline or date does not change it.
        """
        identity = "\0".join((self.source, self.title, self.text[self.body_start :]))
        return hashlib.sha256(identity.encode()).hexdigest()[:16]

    @property
    def shown_title(self) -> str:
        """The title or, for an untitled article, its first words."""
        if self.title:
            return self.title
        words = self.text[self.body_start :].split()
        return " ".join(words[:_SHOWN_WORDS]) + ("…" if len(words) > _SHOWN_WORDS else "")

    @property
    def origin(self) -> str:
        """The file, and the place in it where it holds several articles; "" for none."""
        return f"{self.path or ''}{'#' if self.member else ''}{self.member}"

    @property
    def day(self) -> date | None:
        """The day of publication."""
        return day_of(self.published)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A run of whole sentences: `article.text[start:end] == text`, always.

    `embedded` is what the embedder is given for it, the title in front, and `tokens` the length
    of that, special tokens included.
    """

    article_id: str
    start: int
    end: int
    text: str
    embedded: str
    tokens: int

    @property
    def id(self) -> str:
        """Made from content alone: the article's id and the span."""
        return f"{self.article_id}-{self.start}-{self.end}"
