"""The archive's articles as rows to filter and count: without their texts, so that all fit."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from app_pages._query import Facet, Facets, Query
from rag import Article, Story

__all__ = ["Bin", "Row", "Shelf", "bins", "counts", "make_shelf", "passing", "span_of_bins"]

_OPENING = 280
_DAYS, _WEEKS, _MONTHS = 45, 400, 3700
"""The longest spans that are shown by the day, the week, the month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An article in a list."""

    id: str
    title: str
    outlet: str
    day: date | None
    authors: tuple[str, ...] = ()
    section: str = ""
    url: str = ""
    origin: str = ""
    """The file that it was read from, and the place in it."""
    words: int = 0
    body_start: int = 0
    """Where in its text the story begins, behind title and byline."""
    opening: str = ""
    """The first words of its story."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """All articles of one state of the archive, newest first, and their stories."""

    rows: tuple[Row, ...]
    by_id: Mapping[str, Row]
    stories: Mapping[str, Story]
    """By the id of each article that is in one of two or more."""
    facets: Facets


@dataclass(frozen=True, slots=True)
class Bin:
    """A bar of the histogram: its days, both inclusive, and the articles in it."""

    first: date
    last: date
    count: int


def make_shelf(articles: Iterable[Article], stories: Iterable[Story]) -> Shelf:
    """Rows of articles as the archive lists them."""
    rows = tuple(map(_row, articles))
    return Shelf(
        rows=rows,
        by_id={row.id: row for row in rows},
        stories={member.article_id: story for story in stories for member in story.members},
        facets=Facets(
            outlets=_by_number(row.outlet for row in rows),
            authors=_by_number(author for row in rows for author in row.authors),
            sections=_by_number(row.section for row in rows),
        ),
    )


def _row(article: Article) -> Row:
    body = article.text[article.body_start :]
    return Row(
        id=article.id,
        title=article.shown_title,
        outlet=article.source,
        day=article.day,
        authors=article.authors,
        section=article.section,
        url=article.url,
        origin=article.origin,
        words=len(body.split()),
        body_start=article.body_start,
        opening=body[: _OPENING * 2],
    )


def _by_number(names: Iterable[str]) -> list[str]:
    """Names, those of most articles first; spellings that differ by case count as one."""
    counted: Counter[str] = Counter()
    spelling: dict[str, str] = {}
    for name in filter(None, names):
        counted[spelling.setdefault(name.casefold(), name)] += 1
    return sorted(counted, key=lambda name: (-counted[name], name))


def passing(rows: Iterable[Row], query: Query) -> list[Row]:
    """The rows that the filters of a query let through, in their order."""
    outlets, authors, sections = (
        {name.casefold() for name in names}
        for names in (query.outlets, query.authors, query.sections)
    )
    return [
        row
        for row in rows
        if (not outlets or row.outlet.casefold() in outlets)
        and (not authors or not authors.isdisjoint(a.casefold() for a in row.authors))
        and (not sections or row.section.casefold() in sections)
        and _in_time(row.day, query)
    ]


def _in_time(day: date | None, query: Query) -> bool:
    if day is None:
        return query.undated
    return (not query.first or day >= query.first) and (not query.last or day <= query.last)


def counts(rows: Sequence[Row], query: Query, facet: Facet) -> dict[str, int]:
    """How many articles each name of a facet has under the other filters."""
    others = passing(rows, query.having(facet, ()))
    return Counter(name for row in others for name in _names(row, facet) if name)


def _names(row: Row, facet: Facet) -> tuple[str, ...]:
    return {"outlets": (row.outlet,), "authors": row.authors, "sections": (row.section,)}[facet]


def bins(rows: Iterable[Row]) -> list[Bin]:
    """The articles over time, by day, week, month or year as their span asks, gaps included."""
    days = Counter(row.day for row in rows if row.day)
    if not days:
        return []
    first, last = min(days), max(days)
    span = (last - first).days
    start = _start_of(first, span)
    found: list[Bin] = []
    while start <= last:
        following = _next(start, span)
        end = following - timedelta(days=1)
        found.append(Bin(start, end, 0))
        start = following
    filled = Counter({_start_of(day, span): 0 for day in days})
    for day, number in days.items():
        filled[_start_of(day, span)] += number
    return [replace(one, count=filled.get(one.first, 0)) for one in found]


def _start_of(day: date, span: int) -> date:
    if span <= _DAYS:
        return day
    if span <= _WEEKS:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if span <= _MONTHS else date(day.year, 1, 1)


def _next(start: date, span: int) -> date:
    if span <= _DAYS:
        return start + timedelta(days=1)
    if span <= _WEEKS:
        return start + timedelta(days=7)
    if span <= _MONTHS:
        return (start + timedelta(days=31)).replace(day=1)
    return date(start.year + 1, 1, 1)


def span_of_bins(shown: Sequence[Bin], first: date, last: date) -> tuple[date, date] | None:
    """The days of the bars that a stretch of the histogram touches; None where it touches none."""
    touched = [one for one in shown if one.first <= last and one.last >= first]
    return (touched[0].first, touched[-1].last) if touched else None
