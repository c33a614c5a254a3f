"""Stories and versions brought up to date with the articles, at the end of a write."""

import json
from dataclasses import dataclass
from typing import NamedTuple

from corpus import Article
from vectorstore.catalog import Catalog
from vectorstore.stories import Copies
from vectorstore.versions import Pages

__all__ = ["Settled", "settle"]


class _Before(NamedTuple):
    """An article in an earlier catalog."""

    number: int
    """It grows in the order in which articles came."""
    mtime_ns: int
    live: bool


_NEW = _Before(2**62, 0, True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of articles when they were settled."""

    superseded: tuple[str, ...] = ()
    """Articles that are earlier versions now."""
    revived: tuple[Article, ...] = ()
    """Earlier versions that are live again and need their passages: put them once more."""
    removed: tuple[str, ...] = ()
    """Earlier versions that left, since no file holds any version of theirs."""
    passages: tuple[str, ...] = ()
    """The passages that the superseded and the removed had: their vectors are stale."""


def settle(catalog: Catalog, *, earlier: Catalog | None = None) -> Settled:
    """Bring stories and versions up to date with what was added, removed or changed.

    Call it at the end of a write, before the commit. `earlier` is the catalog that this one was
    built anew from: it knows in which order articles came.
    """
    db = catalog.connection
    copies = Copies(catalog)
    pages = Pages(catalog, copies)
    here, gone, loose = _unsettled(catalog)
    order = _order(earlier, here) if earlier else {}
    here.sort(key=lambda ident: (order.get(ident, _NEW).number, ident))

    dirty = {page for ident in (*gone, *loose) for page in pages.page(ident)}
    new = [ident for ident in here if not copies.holds(ident)]
    for ident in new:
        copies.add(ident)
    for ident in here:
        dirty |= pages.add(ident, mtime_ns=order.get(ident, _NEW).mtime_ns)
    for ident in gone:
        pages.drop(ident)

    superseded, revived, removed = set[str](), set[str](), set[str]()
    stale: list[str] = []
    for page in sorted(dirty):
        for ident, live in pages.decide(page).items():
            (shown,) = db.execute("SELECT live FROM articles WHERE id = ?", (ident,)).fetchone()
            if not live:
                stale += catalog.remove(ident)
                pages.drop(ident)
                removed.add(ident)
            elif shown and ident != live:
                stale += catalog.shelve(ident)
                if order.get(ident, _NEW).live:
                    superseded.add(ident)
            elif not shown and ident == live:
                db.execute("UPDATE articles SET live = 1 WHERE id = ?", (ident,))
                revived.add(ident)

    left = {*gone, *removed}
    touched = copies.regroup({*left, *here} - {*new}, without=left)
    for ident in here:
        if ident not in left:
            copies.link(ident)
    copies.lead({*touched, *here, *superseded, *revived})
    db.execute("DELETE FROM unsettled")
    return Settled(
        superseded=tuple(sorted(superseded)),
        revived=tuple(a for i in sorted(revived) if (a := catalog.article(i))),
        removed=tuple(sorted(removed)),
        passages=tuple(stale),
    )


def _unsettled(catalog: Catalog) -> tuple[list[str], list[str], list[str]]:
    """Articles added or changed, those gone, and those that have lost their last file."""
    here, gone, loose = list[str](), list[str](), list[str]()
    rows = catalog.rows(
        "SELECT u.article_id, max(u.whole),"
        " EXISTS (SELECT 1 FROM articles WHERE id = u.article_id),"
        " EXISTS (SELECT 1 FROM sources s WHERE s.article_id = u.article_id AND s.held)"
        " FROM unsettled u GROUP BY u.article_id"
    )
    for ident, whole, exists, has_file in rows:
        if not exists:
            gone.append(ident)
        elif whole:
            here.append(ident)
        elif not has_file:
            loose.append(ident)
    return here, gone, loose


def _order(earlier: Catalog, article_ids: list[str]) -> dict[str, _Before]:
    """What an earlier catalog knew of these articles."""
    rows = earlier.rows(
        "SELECT s.article_id, s.number, coalesce(p.mtime_ns, 0), a.live FROM signatures s"
        " JOIN articles a ON a.id = s.article_id LEFT JOIN pages p USING (article_id)"
        " WHERE s.article_id IN (SELECT value FROM json_each(?))",
        (json.dumps(article_ids),),
    )
    return {ident: _Before(*rest) for ident, *rest in rows}
