"""Rows of the catalog as values."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from corpus import Article, Removed, TimeMention
from vectorstore.types import StoredPassage

__all__ = ["ARTICLE_COLUMNS", "as_article", "as_day", "read_passages"]

_CHUNK = 500

ARTICLE_COLUMNS = """
    a.title, a.authors, a.source, a.section, a.published, a.updated, a.url, a.language,
    a.body_start, a.text, a.removed,
    (SELECT json_array(path, member) FROM sources s WHERE s.article_id = a.id
     ORDER BY path, member LIMIT 1)
"""
_PASSAGE_COLUMNS = """
    p.id, p.article_id, p.first, p.last,
    (SELECT json_group_array(json_array(t.first, t.last, t.from_day, t.to_day))
     FROM times t WHERE t.article_id = p.article_id AND t.first >= p.first AND t.last <= p.last)
"""
_AROUND_COLUMNS = """
    a.id, a.title, a.source, a.published, a.url, a.body_start, a.text,
    (SELECT path || CASE member WHEN '' THEN '' ELSE '#' || member END FROM sources s
     WHERE s.article_id = a.id ORDER BY path, member LIMIT 1),
    coalesce((SELECT story FROM stories s WHERE s.article_id = a.id), a.id)
"""
"""What passages share with the others of their article. The text is read once for all of them, and
cut here: SQLite counts the characters of UTF-8 from the beginning for every `substr`."""


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


def read_passages(
    rows: Callable[[str, Sequence[object]], list[Any]], ids: Sequence[str]
) -> dict[str, StoredPassage]:
    """Passages by id, by what gives the rows of a query; an unknown id is left out."""
    found: dict[str, StoredPassage] = {}
    for start in range(0, len(ids), _CHUNK):
        among = "IN (SELECT value FROM json_each(?))"
        chunk = rows(
            f"SELECT {_PASSAGE_COLUMNS} FROM passages p WHERE p.id {among}",  # noqa: S608
            [json.dumps(ids[start : start + _CHUNK])],
        )
        articles = rows(
            f"SELECT {_AROUND_COLUMNS} FROM articles a WHERE a.id {among}",  # noqa: S608
            [json.dumps(list({article_id for _, article_id, *_ in chunk}))],
        )
        around = {row[0]: _as_around(row) for row in articles}
        found |= {row[0]: _as_passage(row, around[row[1]]) for row in chunk}
    return found


@dataclass(frozen=True, slots=True)
class _Around:
    """The article that passages stand in."""

    text: str
    shared: dict[str, Any]
    """By the names that StoredPassage has for them."""


def _as_around(row: tuple[Any, ...]) -> _Around:
    """An article from a row of _AROUND_COLUMNS."""
    ident, title, source, published, url, body_start, text, origin, story = row
    opening = text[body_start : body_start + 200]
    return _Around(
        text,
        {
            "article_id": ident,
            "title": title,
            "shown_title": title or Article(text=opening).shown_title,
            "source": source,
            "published": _parse_published(published),
            "url": url,
            "path": origin or "",
            "story": story,
        },
    )


def _as_passage(row: tuple[Any, ...], around: _Around) -> StoredPassage:
    """A passage from a row of _PASSAGE_COLUMNS and its article."""
    ident, _, first, last, times = row
    return StoredPassage(
        id=ident,
        start=first,
        end=last,
        text=around.text[first:last],
        times=tuple(
            TimeMention(
                start=start,
                end=end,
                text=around.text[start:end],
                first=date.fromisoformat(since),
                last=date.fromisoformat(until),
            )
            for start, end, since, until in (sorted(json.loads(times)) if times != "[]" else ())
        ),
        **around.shared,
    )


def _parse_published(value: object) -> date | None:
    if not isinstance(value, str):
        return None
    return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)


def as_day(number: int | None) -> date | None:
    """A day from the integer yyyymmdd, None for 0."""
    return date(number // 10_000, number // 100 % 100, number % 100) if number else None
