"""Rows of the catalog as values."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from corpus import Article, Removed, TimeMention
from vectorstore.types import StoredPassage

__all__ = ["ARTICLE_COLUMNS", "PASSAGE_COLUMNS", "as_article", "as_day", "as_passage"]

ARTICLE_COLUMNS = """
    a.title, a.authors, a.source, a.section, a.published, a.updated, a.url, a.language,
    a.body_start, a.text, a.removed,
    (SELECT json_array(path, member) FROM sources s WHERE s.article_id = a.id
     ORDER BY path, member LIMIT 1)
"""
PASSAGE_COLUMNS = """
    p.id, p.article_id, p.first, p.last, substr(a.text, p.first + 1, p.last - p.first), a.title,
    a.source, a.published, a.url, substr(a.text, a.body_start + 1, 200),
    (SELECT path || CASE member WHEN '' THEN '' ELSE '#' || member END FROM sources s
     WHERE s.article_id = a.id ORDER BY path, member LIMIT 1),
    coalesce((SELECT story FROM stories s WHERE s.article_id = a.id), a.id),
    (SELECT json_group_array(json_array(
         t.first, t.last, substr(a.text, t.first + 1, t.last - t.first), t.from_day, t.to_day))
     FROM times t WHERE t.article_id = a.id AND t.first >= p.first AND t.last <= p.last)
"""


def as_article(row: tuple[Any, ...]) -> Article:
    """An article from a row of ARTICLE_COLUMNS."""
    title, authors, source, section, published, updated, url, language, *rest = row
    body_start, text, removed, origin = rest
    path, member = json.loads(origin) if origin else ("", "")
    return Article(
        title=title,
        authors=tuple(json.loads(authors)),
        source=source,
        section=section,
        published=_parse_published(published),
        updated=_parse_published(updated),
        url=url,
        language=language,
        body_start=body_start,
        text=text,
        removed=tuple(Removed(text=t, reason=r, at=at) for t, r, at in json.loads(removed)),
        path=Path(path) if path else None,
        member=member,
    )


def as_passage(row: tuple[Any, ...]) -> StoredPassage:
    """A passage from a row of PASSAGE_COLUMNS."""
    ident, article_id, first, last, text, title, source, published, url, opening, *rest = row
    origin, story, times = rest
    return StoredPassage(
        id=ident,
        article_id=article_id,
        start=first,
        end=last,
        text=text,
        title=title,
        shown_title=title or Article(text=opening).shown_title,
        source=source,
        published=_parse_published(published),
        url=url,
        path=origin or "",
        story=story,
        times=tuple(
            TimeMention(
                start=start,
                end=end,
                text=words,
                first=date.fromisoformat(since),
                last=date.fromisoformat(until),
            )
            for start, end, words, since, until in sorted(json.loads(times))
        ),
    )


def _parse_published(value: object) -> date | None:
    if not isinstance(value, str):
        return None
    return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)


def as_day(number: int | None) -> date | None:
    """A day from the integer yyyymmdd, None for 0."""
    return date(number // 10_000, number // 100 % 100, number % 100) if number else None
