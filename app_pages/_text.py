"""Single pieces of text: escaping, dates, counts, links.

Articles, answers and questions are other people's words. Streamlit renders what it is given as
Markdown, so all of them pass through `escape`: nothing in them becomes a link, an image, markup,
an icon or a formula, and what the reader sees is what the article says.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date

from rag import Coverage
from rag.escaping import safe_link

__all__ = [
    "byline",
    "counted",
    "coverage_line",
    "escape",
    "long_date",
    "safe_link",
    "span_line",
]

# All of ASCII punctuation that can mean something to Markdown; a point or a bracket only after a
# digit (a numbered list).
_PUNCTUATION = re.compile(r"([\\`*_{}\[\]<>#+\-!|~$:&=^]|(?<=\d)[.)])")
_WHITESPACE = re.compile(r"[^\S\u00a0\u202f]+")

# Some rules work on the finished text, where backslashes no longer help: bare addresses become
# links, :words: emoji, and -> an arrow. A word joiner, which has no width, takes them apart.
_JOINER = "\u2060"
_TAKEN_APART = re.compile(
    r"(?<=:)(?=//)"  # https://
    r"|(?i:(?<=www)(?=\.))"
    r"|(?<=[\w.+-])(?=@[\w-])"
    r"|(?<=:)(?=[\w+-]+:|material/)"  # :smile: :material/home:
    r"|(?<=<)(?=-)|(?<=-)(?=[->])|(?<=[<>~])(?==)"  # <-> -> <- -- <= >= ~=
)


def escape(text: str) -> str:
    """Markdown that shows exactly this text, on one line."""
    visible = "".join(c for c in _WHITESPACE.sub(" ", text) if not _hidden(c)).strip()
    return _PUNCTUATION.sub(r"\\\1", _TAKEN_APART.sub(_JOINER, visible))


def _hidden(char: str) -> bool:
    """Control characters, and the marks that turn the direction of what follows."""
    return (
        unicodedata.category(char) == "Cc"
        or "\u202a" <= char <= "\u202e"
        or ("\u2066" <= char <= "\u2069")
    )


def long_date(day: date | None) -> str:
    """17 November 2015."""
    return f"{day.day} {day:%B} {day.year}" if day else "undated"


def span_line(first: date | None, last: date | None) -> str:
    """1 to 22 November 2015, saying month and year once where they are the same."""
    if first is None or last is None:
        return ""
    if (first.year, first.month, first.day) == (last.year, last.month, last.day):
        return long_date(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {long_date(last)}"
    if first.year == last.year:
        return f"{first.day} {first:%B} to {long_date(last)}"
    return f"{long_date(first)} to {long_date(last)}"


def counted(number: int, noun: str) -> str:
    """1 article, 2,000 articles."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def coverage_line(coverage: Coverage) -> str:
    """22 articles, 1 to 22 November 2015."""
    parts = [counted(coverage.articles, "article")]
    if span := span_line(coverage.first, coverage.last):
        parts.append(span)
    if coverage.undated:
        parts.append(f"{coverage.undated:,} undated")
    return ", ".join(parts)


def byline(outlet: str, published: date | None, authors: Sequence[str] = ()) -> str:
    """Outlet, date and authors, as far as they are known."""
    return " · ".join(filter(None, [outlet, long_date(published), ", ".join(authors)]))
