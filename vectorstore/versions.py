"""Versions: articles of one page, of which the newest is live and the others are kept.

A page is the address that articles state, in one form. Where the articles of a page do not belong
together (a column of a table that holds one address throughout), only copies are versions of one
another and all others stay live.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime
from itertools import combinations

from corpus import Article
from corpus.duplicates import related
from corpus.pages import page_of
from vectorstore.catalog import Catalog
from vectorstore.stories import Copies, moment

__all__ = ["Pages", "earlier_articles", "versions_of"]

_COMPARED = 50
"""Articles of a page of which each is compared with each."""
_TITLED = 12
"""Articles of a page of which the title alone is believed."""
_BELIEVED = 500
"""Articles above which an address names no page: each of them stays live."""


class Pages:
    """The pages of a catalog open for writing."""

    def __init__(self, catalog: Catalog, copies: Copies) -> None:
        self._catalog = catalog
        self._db = catalog.connection
        self._copies = copies

    def add(self, article_id: str, *, mtime_ns: int = 0) -> set[str]:
        """Note the page of an article, new or changed; the pages to decide upon anew.

        `mtime_ns` is the time of the file that it once had.
        """
        before = self.drop(article_id)
        (url,) = self._db.execute("SELECT url FROM articles WHERE id = ?", (article_id,)).fetchone()
        page = page_of(url)
        if not page:
            return before
        (known,) = self._db.execute(
            "SELECT max(f.mtime_ns) FROM sources s JOIN files f ON f.path = s.path"
            " WHERE s.article_id = ?",
            (article_id,),
        ).fetchone()
        self._db.execute(
            "INSERT INTO pages VALUES (?, ?, ?, '')", (article_id, page, known or mtime_ns)
        )
        return before | {page}

    def drop(self, article_id: str) -> set[str]:
        """Forget an article that has left; its page."""
        query = "DELETE FROM pages WHERE article_id = ? RETURNING page"
        return {page for (page,) in self._db.execute(query, (article_id,)).fetchall()}

    def page(self, article_id: str) -> set[str]:
        """The page of an article, if it has one."""
        query = "SELECT page FROM pages WHERE article_id = ?"
        return {page for (page,) in self._db.execute(query, (article_id,))}

    def decide(self, page: str) -> dict[str, str]:
        """The live version of each article of a page; "" where no file holds any version."""
        rows = self._db.execute(
            "SELECT p.article_id, p.mtime_ns, s.number,"
            " (SELECT max(held) FROM sources f WHERE f.article_id = p.article_id)"
            " FROM pages p JOIN signatures s USING (article_id) WHERE p.page = ?"
            " ORDER BY p.article_id",
            (page,),
        ).fetchall()
        # A text that its file still holds goes before one that the file held once.
        held = {ident: has for ident, _, _, has in rows if has is not None}
        order = {ident: (mtime, number) for ident, mtime, number, _ in rows}
        decided: dict[str, str] = {}
        for group in self._versions([ident for ident, *_ in rows]):
            filed = [ident for ident in group if ident in held]
            live = max(filed, key=lambda i: (held[i], self._age(i, *order[i])), default="")
            decided |= dict.fromkeys(group, live)
        for ident, live in decided.items():
            self._db.execute(
                "UPDATE pages SET live = ? WHERE article_id = ? AND live <> ?", (live, ident, live)
            )
        return decided

    def _age(self, article_id: str, mtime_ns: int, number: int) -> tuple[object, ...]:
        query = "SELECT published, updated FROM articles WHERE id = ?"
        published, updated = self._db.execute(query, (article_id,)).fetchone()
        return _age(_date(published), _date(updated), mtime_ns, number)

    def _versions(self, article_ids: Collection[str]) -> list[list[str]]:
        """The articles of a page, parted into those that are versions of one text."""
        if len(article_ids) < 2 or len(article_ids) > _BELIEVED:
            return [[ident] for ident in article_ids]
        if len(article_ids) <= _COMPARED and self._belong_together(article_ids):
            return [list(article_ids)]
        return self._copies.groups(article_ids)

    def _belong_together(self, article_ids: Collection[str]) -> bool:
        """Whether words or titles connect all articles of a page."""
        titles = {}
        if len(article_ids) <= _TITLED:
            for ident in article_ids:
                query = "SELECT title FROM articles WHERE id = ?"
                titles[ident] = self._db.execute(query, (ident,)).fetchone()[0].casefold()
        group = {ident: {ident} for ident in article_ids}
        for one, two in combinations(article_ids, 2):
            if group[one] is group[two]:
                continue
            titled = titles and titles[one] and titles[one] == titles[two]
            if titled or related(self._copies.overlap(one, two)):
                group[one] |= group[two]
                for ident in group[two]:
                    group[ident] = group[one]
        return len({id(members) for members in group.values()}) == 1


def versions_of(catalog: Catalog, article_id: str) -> list[Article]:
    """An article and the other versions of its text, newest first, the live one before all."""
    rows = catalog.rows(
        "SELECT p.article_id, p.mtime_ns, s.number, p.article_id = p.live FROM pages p"
        " JOIN signatures s USING (article_id) WHERE p.live <> '' AND p.live ="
        " (SELECT live FROM pages WHERE article_id = ?)",
        (article_id,),
    )
    listed = []
    for ident, mtime, number, live in rows or [(article_id, 0, 0, True)]:
        if article := catalog.article(ident):
            listed.append((live, _age(article.published, article.updated, mtime, number), article))
    return [article for *_, article in sorted(listed, key=lambda one: one[:2], reverse=True)]


def earlier_articles(catalog: Catalog) -> Iterable[Article]:
    """The earlier versions that a catalog keeps, oldest ingested first."""
    rows = catalog.rows(
        "SELECT a.id FROM articles a JOIN signatures s ON s.article_id = a.id WHERE NOT a.live"
        " ORDER BY s.number"
    )
    for (ident,) in rows:
        if article := catalog.article(ident):
            yield article


def _age(
    published: date | None, updated: date | None, mtime_ns: int, number: int
) -> tuple[object, ...]:
    """A key that grows from older to newer versions.

    An article that says when it was updated is newer than one that only says it was published
    on the same day.
    """
    stated = updated or published
    when = moment(stated) if stated else datetime.fromtimestamp(mtime_ns / 1e9, UTC)
    return when.date(), updated is not None, when, mtime_ns, number


def _date(value: str | None) -> date | None:
    if not value:
        return None
    return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
