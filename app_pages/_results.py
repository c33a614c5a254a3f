"""From passages that were found to the results that a search page shows."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app_pages._facets import Row, Shelf
from app_pages._query import Query
from app_pages._text import byline, counted, escape, long_date
from app_pages._view import Segment, excerpt_markdown
from rag import Hit, Story, StoryMember
from rag.words import content_words, stem, words

__all__ = [
    "PER_PAGE",
    "Result",
    "also_line",
    "marks",
    "number_line",
    "on_page",
    "ordered",
    "pages",
    "results",
    "shown_rows",
    "snippet",
    "snippet_markdown",
    "under_title",
]

PER_PAGE = 10
_ALIKE = 0.35
"""The cosine from which a passage is shown that holds none of the words. Below it everything is
as near as anything: the nearest of 22 articles to a word that none has was at 0.20."""
_RELEVANT = 0.2
"""The reader's odds from which the same goes."""
_SNIPPET = 300
_BEFORE = 90
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Result:
    """An article, its best passage, and the other members of its story."""

    row: Row
    passage: str
    also: tuple[StoryMember, ...] = ()


def results(hits: Iterable[Hit], shelf: Shelf) -> list[Result]:
    """One result an article and a story, in the order of the best passage of each."""
    found: dict[str, Result] = {}
    for hit in hits:
        row = shelf.by_id.get(hit.article_id)
        # An article that came or went since the shelf was filled shows at the next run.
        if row is None or not _matches(hit):
            continue
        story = shelf.stories.get(hit.article_id)
        key = story.id if story else row.id
        found.setdefault(key, Result(row, _of_story(hit, row), _others(row, story)))
    return list(found.values())


def _of_story(hit: Hit, row: Row) -> str:
    """A passage without the title and byline that it may open with: these stand above it."""
    return hit.text[max(0, row.body_start - hit.start) :].strip() or row.opening


def shown_rows(rows: Iterable[Row], stories: Mapping[str, Story]) -> list[Result]:
    """Articles that were not searched for, each with its first words; a story is shown once."""
    found: dict[str, Result] = {}
    for row in rows:
        story = stories.get(row.id)
        key = story.id if story else row.id
        if key not in found:
            found[key] = Result(row, row.opening, _others(row, story))
    return list(found.values())


def _matches(hit: Hit) -> bool:
    return (
        hit.lexical is not None or (hit.dense or 0) >= _ALIKE or (hit.relevance or 0) >= _RELEVANT
    )


def _others(row: Row, story: Story | None) -> tuple[StoryMember, ...]:
    return tuple(m for m in story.members if m.article_id != row.id) if story else ()


def ordered(found: Sequence[Result], query: Query) -> list[Result]:
    """By relevance (as they come), or by day with the undated last."""
    if query.order == "relevance":
        return list(found)
    newest = query.order == "newest"

    def key(result: Result) -> tuple[bool, int]:
        day = result.row.day
        number = day.toordinal() if day else 0
        return day is None, -number if newest else number

    return sorted(found, key=key)


def pages(found: Sequence[Result]) -> int:
    """How many pages results fill, at least one."""
    return max(1, -(-len(found) // PER_PAGE))


def on_page(found: Sequence[Result], page: int) -> Sequence[Result]:
    """The results of a page, counted from 1."""
    return found[(page - 1) * PER_PAGE : page * PER_PAGE]


# In words


def number_line(found: Sequence[Result], query: Query) -> str:
    """How many there are: 23 articles for “x”."""
    said = counted(len(found), "article")
    return f"{said} for “{escape(query.text)}”" if query.text else said


def under_title(row: Row) -> str:
    """Outlet, date, authors and section, as far as they are known."""
    parts = [byline(row.outlet, row.day, row.authors), row.section]
    return escape(" · ".join(filter(None, parts)))


def also_line(also: Sequence[StoryMember], *, most: int = 4) -> str:
    """Who else carries the story."""
    names = [escape(_carrier(member)) for member in also[:most]]
    more = f" and {len(also) - most} more" if len(also) > most else ""
    return f"Also carried by {', '.join(names)}{more}"


def _carrier(member: StoryMember) -> str:
    day: date | None = member.published
    return f"{member.source or member.title} ({long_date(day)})"


# Passages


def marks(text: str, query: str) -> list[tuple[int, int]]:
    """Where the words of a query stand in a text, in whatever inflection; neighbours as one."""
    wanted = {stem(word) for word in content_words(query) or words(query)}
    found: list[tuple[int, int]] = []
    for match in _WORD.finditer(text):
        if wanted.isdisjoint(map(stem, words(match[0]))):
            continue
        if found and not text[found[-1][1] : match.start()].strip():
            found[-1] = (found[-1][0], match.end())
        else:
            found.append(match.span())
    return found


def snippet(text: str, query: str) -> tuple[Segment, ...]:
    """The part of a passage that holds most of the words, these marked."""
    places = marks(text, query)
    start, end = _window(text, places)
    segments: list[Segment] = [Segment("… ")] if start > 0 else []
    at = start
    for first, last in places:
        if first < start or last > end:
            continue
        if first > at:
            segments.append(Segment(text[at:first]))
        segments.append(Segment(text[first:last], marked=True))
        at = last
    if at < end:
        segments.append(Segment(text[at:end]))
    if end < len(text.rstrip()):
        segments.append(Segment(" …"))
    return tuple(segments)


def snippet_markdown(text: str, query: str) -> str:
    """The same as the page shows it: one paragraph."""
    return excerpt_markdown((snippet(text, query),))


def _window(text: str, places: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """A stretch of whole words around the densest group of marks."""
    if len(text) <= _SNIPPET:
        return 0, len(text)
    best, most = 0, -1
    for first, _ in [(0, 0), *places]:
        start = max(0, first - _BEFORE)
        inside = {
            stem(word)
            for a, b in places
            if a >= start and b <= start + _SNIPPET
            for word in words(text[a:b])
        }
        if len(inside) > most:
            best, most = start, len(inside)
    start = 0 if best == 0 else text.find(" ", best) + 1 or best
    end = len(text) if start + _SNIPPET >= len(text) else text.rfind(" ", start, start + _SNIPPET)
    return start, end if end > start else min(len(text), start + _SNIPPET)
