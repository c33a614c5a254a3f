"""Stories: articles that carry the same text or nearly so, found as articles come and go.

Each article has a signature, and its bands name the few others worth comparing; what two articles
truly share decides whether they are copies. A story is whatever copies connect, so that it does
not depend on the order in which articles came. `settle` brings stories and versions up to date;
triggers in the schema note which articles it has to look at.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from corpus import Article
from corpus.duplicates import (
    BAND_ROWS,
    MIN_COPY,
    MIN_JACCARD,
    SIGNATURE_SIZE,
    Overlap,
    band_keys,
    compare,
    near_copies,
    same_outlet,
    shingles,
    signature,
)
from vectorstore.catalog import Catalog

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Copies", "StoredStory", "count_stories", "moment", "stories", "story_of"]

_CROWDED = 200
"""Articles looked at in one band. A text that is copied has bands of its own beside those that
it has in common with a thousand others."""
_MOST_FAILED = 200
"""Comparisons that may fail before an article is left as it is."""
_MARGIN = 0.15
"""What a signature's estimate may be off by, in three standard deviations: no copy is lost."""
_READ_AT_ONCE = 256
_MEMBERS = "SELECT s.story, s.lead, a.id FROM stories s JOIN articles a ON a.id = s.article_id"


class StoredStory(NamedTuple):
    """A story: its id (the first of its articles' ids), its lead and its articles, lead first."""

    id: str
    lead: str
    members: tuple[str, ...]


class _Row(NamedTuple):
    number: int
    article_id: str
    signature: bytes
    size: int


@dataclass(frozen=True, slots=True)
class _Text:
    """What comparing needs of an article."""

    shingles: frozenset[str]
    outlet: Article
    """The article without its text."""


class Copies:
    """The signatures of a catalog open for writing, and the stories that they make."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._db = catalog.connection
        self._text = lru_cache(maxsize=_READ_AT_ONCE)(self._read)

    def holds(self, article_id: str) -> bool:
        """Whether an article has a signature."""
        query = "SELECT 1 FROM signatures WHERE article_id = ?"
        return self._db.execute(query, (article_id,)).fetchone() is not None

    def add(self, article_id: str) -> None:
        """Note an article that is new; `link` makes it part of its story."""
        text = self._text(article_id)
        signed = signature(text.shingles)
        cursor = self._db.execute(
            "INSERT INTO signatures (article_id, signature, size) VALUES (?, ?, ?)",
            (article_id, signed, len(text.shingles)),
        )
        self._db.executemany(
            "INSERT OR IGNORE INTO bands VALUES (?, ?)",
            ((key, cursor.lastrowid) for key in band_keys(signed)),
        )

    def drop(self, article_id: str) -> None:
        """Forget an article that has left."""
        for row in self._rows([article_id]):
            self._db.executemany(
                "DELETE FROM bands WHERE key = ? AND number = ?",
                ((key, row.number) for key in band_keys(row.signature)),
            )
        self._db.execute("DELETE FROM signatures WHERE article_id = ?", (article_id,))

    def regroup(self, article_ids: Iterable[str], *, without: AbstractSet[str]) -> set[str]:
        """Make the stories that these articles are in anew, `without` those that have left.

        Gives the articles of those stories.
        """
        query = (
            "SELECT article_id FROM stories WHERE story IN"
            " (SELECT story FROM stories WHERE article_id IN (SELECT value FROM json_each(?)))"
        )
        members = {ident for (ident,) in self._db.execute(query, (_listed(article_ids),))}
        self._db.execute(
            "DELETE FROM stories WHERE article_id IN (SELECT value FROM json_each(?))",
            (_listed(members),),
        )
        for ident in without:
            self.drop(ident)
        for group in self.groups(members - without):
            if len(group) > 1:
                self._join(group, ())
        return members - without

    def groups(self, article_ids: Iterable[str]) -> list[list[str]]:
        """These articles parted into those that copies among them connect."""
        rows = list(self._rows(article_ids))
        if len(rows) < 2:
            return [[row.article_id] for row in rows]
        found = []
        left = rows
        while left:
            first, left = left[0], left[1:]
            group, waiting = [first], [first]
            while waiting and left:
                row = waiting.pop()
                near = {
                    other.number
                    for other in self._alike(row, left, banded=True)
                    if self._are_copies(row.article_id, other.article_id)
                }
                joined = [other for other in left if other.number in near]
                left = [other for other in left if other.number not in near]
                group += joined
                waiting += joined
            found.append([row.article_id for row in group])
        return found

    def link(self, article_id: str) -> None:
        """Find the copies of an article and make one story of them and theirs."""
        row = next(self._rows([article_id]), None)
        if row is None:
            return
        joined: dict[str, None] = {}
        failed = 0
        for other in self._alike(row, self._candidates(row)):
            story = self._story(other.article_id) or other.article_id
            if story in joined or story == self._story(article_id):
                continue
            if self._are_copies(article_id, other.article_id):
                joined[story] = None
            elif (failed := failed + 1) == _MOST_FAILED:
                break
        if joined:
            own = self._story(article_id)
            self._join([article_id], [*joined, *([own] if own else [])])

    def lead(self, article_ids: Iterable[str]) -> None:
        """Choose the lead of each story that one of these articles is in.

        The earliest published leads, then the longest, then the first id; undated ones come last
        and earlier versions after all others.
        """
        query = (
            "SELECT s.story, a.live, a.published, length(a.text), a.id FROM stories s"
            " JOIN articles a ON a.id = s.article_id WHERE s.story IN"
            " (SELECT story FROM stories WHERE article_id IN (SELECT value FROM json_each(?)))"
        )
        best: dict[str, tuple[bool, bool, datetime, int, str]] = {}
        for story, live, published, length, ident in self._db.execute(
            query, (_listed(article_ids),)
        ):
            when = moment(_parsed(published)) if published else datetime.max.replace(tzinfo=UTC)
            key = (not live, not published, when, -length, ident)
            best[story] = min(best.get(story, key), key)
        self._db.executemany(
            "UPDATE stories SET lead = ? WHERE story = ? AND lead <> ?",
            ((key[-1], story, key[-1]) for story, key in best.items()),
        )

    def overlap(self, first: str, second: str) -> Overlap:
        """What two articles truly share."""
        return compare(self._text(first).shingles, self._text(second).shingles)

    def _are_copies(self, first: str, second: str) -> bool:
        one, two = self._text(first), self._text(second)
        near = same_outlet(one.outlet, two.outlet)
        return near_copies(compare(one.shingles, two.shingles), same_outlet=near)

    def _candidates(self, row: _Row) -> list[_Row]:
        """Articles that share a band with one."""
        query = "SELECT number FROM bands WHERE key = ? ORDER BY number LIMIT ?"
        numbers = {
            number
            for key in band_keys(row.signature)
            for (number,) in self._db.execute(query, (key, _CROWDED))
        } - {row.number}
        found = self._db.execute(
            "SELECT number, article_id, signature, size FROM signatures"
            " WHERE number IN (SELECT value FROM json_each(?))",
            (_listed(numbers),),
        )
        return [_Row(*one) for one in found]

    def _alike(self, row: _Row, others: Sequence[_Row], *, banded: bool = False) -> list[_Row]:
        """Those that by their signatures may be copies of one, likeliest first."""
        import numpy as np

        if not others or not row.signature:
            return []
        kept = [other for other in others if other.signature]
        table = _numbers(b"".join(other.signature for other in kept))
        same = table == _numbers(row.signature)
        jaccard = same.mean(axis=1)
        sizes = np.array([other.size for other in kept])
        shared = jaccard * (sizes + row.size) / (1 + jaccard)
        containment = shared / np.minimum(sizes, row.size)
        likely = (jaccard >= MIN_JACCARD - _MARGIN) & (containment >= MIN_COPY - _MARGIN)
        if banded:
            likely &= same.reshape(len(kept), -1, BAND_ROWS).all(axis=2).any(axis=1)
        order = sorted(np.flatnonzero(likely), key=lambda at: (-jaccard[at], kept[at].article_id))
        return [kept[at] for at in order]

    def _join(self, article_ids: Sequence[str], stories_or_articles: Sequence[str]) -> None:
        """One story of these articles and of these stories (or articles in none)."""
        story = min(*article_ids, *stories_or_articles)
        everyone = _listed(stories_or_articles)
        self._db.execute(
            "UPDATE stories SET story = ? WHERE story <> ?"
            " AND story IN (SELECT value FROM json_each(?))",
            (story, story, everyone),
        )
        self._db.executemany(
            "INSERT OR IGNORE INTO stories VALUES (?, ?, '')",
            ((ident, story) for ident in (*article_ids, *stories_or_articles)),
        )

    def _story(self, article_id: str) -> str | None:
        query = "SELECT story FROM stories WHERE article_id = ?"
        row = self._db.execute(query, (article_id,)).fetchone()
        return row[0] if row else None

    def _rows(self, article_ids: Iterable[str]) -> Iterator[_Row]:
        rows = self._db.execute(
            "SELECT number, article_id, signature, size FROM signatures"
            " WHERE article_id IN (SELECT value FROM json_each(?)) ORDER BY article_id",
            (_listed(article_ids),),
        )
        yield from map(_Row._make, rows.fetchall())

    def _read(self, article_id: str) -> _Text:
        article = self._catalog.article(article_id)
        if article is None:
            return _Text(frozenset(), Article(text=""))
        outlet = Article(text="", source=article.source, url=article.url)
        return _Text(shingles(article), outlet)


def count_stories(catalog: Catalog) -> int:
    """How many stories of two articles or more there are."""
    query = (
        "SELECT count(*) FROM (SELECT 1 FROM stories s JOIN articles a ON a.id = s.article_id"
        " WHERE a.live GROUP BY s.story HAVING count(*) > 1)"
    )
    return int(catalog.rows(query)[0][0])


def stories(catalog: Catalog) -> list[StoredStory]:
    """Every story of two articles or more, earlier versions left out, the largest first."""
    return _stored(catalog.rows(f"{_MEMBERS} WHERE a.live ORDER BY s.story, a.id"))


def story_of(catalog: Catalog, article_id: str) -> StoredStory:
    """The story of an article, which may be the only one in it."""
    rows = catalog.rows(
        f"{_MEMBERS} WHERE a.live AND s.story ="  # noqa: S608
        " (SELECT story FROM stories WHERE article_id = ?) ORDER BY s.story, a.id",
        (article_id,),
    )
    found = _stored(rows)
    return found[0] if found else StoredStory(article_id, article_id, (article_id,))


def _stored(rows: Iterable[tuple[str, str, str]]) -> list[StoredStory]:
    found: dict[str, list[str]] = {}
    for story, lead, ident in rows:
        members = found.setdefault(story, [lead])
        if ident != lead:
            members.append(ident)
    listed = [StoredStory(s, ids[0], tuple(ids)) for s, ids in found.items() if len(ids) > 1]
    return sorted(listed, key=lambda story: (-len(story.members), story.id))


def moment(value: date) -> datetime:
    """A date, or date with time, as a point in time that compares with any other.

    A day stands for its beginning, a time without a zone for that in UTC.
    """
    if not isinstance(value, datetime):
        return datetime.combine(value, time.min, UTC)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _parsed(published: str) -> date:
    return (
        date.fromisoformat(published) if len(published) == 10 else datetime.fromisoformat(published)
    )


def _listed(values: Iterable[object]) -> str:
    """Values as one parameter of a query, for json_each."""
    return json.dumps(list(values))


def _numbers(signatures: bytes) -> "NDArray[np.uint32]":
    """Signatures as a table, one row each."""
    import numpy as np

    return np.frombuffer(signatures, dtype="<u4").reshape(-1, SIGNATURE_SIZE)
