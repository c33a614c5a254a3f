"""The values that reading produces: an article and its passages."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

__all__ = ["Article", "Passage", "day_of"]

_SHOWN_WORDS = 9


def day_of(value: date | None) -> date | None:
    """The calendar day of a date or of a date with time, as its own zone counts it."""
    return value.date() if isinstance(value, datetime) else value


@dataclass(frozen=True, kw_only=True)
class Article:
    """One news text with its metadata.

    `text` is the clean text that every span refers to, in paragraphs parted by one blank line.
    It opens with what the article says of itself (title, byline, date), so that a byline can be
    quoted like any other sentence; the story proper starts at `body_start`.

    `published` is a `date`, or a `datetime` with a zone where the article states a time.
    Metadata that the article does not state is empty ("" or None), never guessed.
    """

    text: str
    body_start: int = 0
    title: str = ""
    authors: tuple[str, ...] = ()
    source: str = ""
    section: str = ""
    published: date | None = None
    url: str = ""
    path: Path | None = None

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
