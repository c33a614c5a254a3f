"""Full-text search: BM25 over the catalog's FTS5 index, under filters."""

import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from vectorstore.schema import where
from vectorstore.types import Filters

if TYPE_CHECKING:
    from vectorstore.catalog import Catalog

__all__ = ["TITLE_WEIGHT", "match_query", "search", "search_words"]

TITLE_WEIGHT = 2.0
"""What a word in the title counts beside one in the text."""
_RARE = 0.08
"""Share of the passages up to which the rarer words of a question, together, lead to them. Less is
quicker and loses passages that only common words find (docs/retrieval.md)."""
_FEW = 3_000
"""Passages that are as quickly scored as told apart; up to 37,500 they are more than that share."""
_HOLDING = "AND +rowid IN (SELECT rowid FROM passages_fts WHERE passages_fts MATCH ?)"
_PASSING = """
    AND +rowid IN (
        SELECT p.number FROM facets f CROSS JOIN passages p ON p.article_id = f.article_id
        WHERE {condition})
"""  # the sign keeps SQLite from asking the index for one number after the other


def match_query(terms: Iterable[str], *, phrases: Iterable[str] = ()) -> str:
    """An FTS5 query that finds passages holding any of the terms, each taken as plain words.

    With `phrases`, a passage must hold each of them too, its words side by side.
    """
    words = dict.fromkeys(word for term in terms for word in re.findall(r"\w+", term.lower()))
    any_of = " OR ".join(f'"{word}"' for word in words)
    sides = [" ".join(re.findall(r"\w+", phrase.lower())) for phrase in phrases]
    needed = [f'"{side}"' for side in dict.fromkeys(sides) if side]
    if not needed:
        return any_of
    ranked = " OR ".join(filter(None, [any_of, *needed]))
    return " AND ".join([*needed, f"({ranked})"])


def search_words(
    words: Iterable[str],
    *,
    catalog: "Catalog",
    limit: int,
    filters: Filters | None = None,
    title_weight: float = TITLE_WEIGHT,
) -> list[tuple[str, float]]:
    """The best passages by BM25 that hold any of the words: (id, score), higher is better.

    Where common words are among them, only passages that hold one of the rarer words are scored, by
    all words: a word that is in every fifth passage hardly changes an order and costs most of the
    time. Where that leaves fewer than `limit`, all are scored.
    """
    query = match_query(words)
    scored = partial(
        search, catalog, query, limit=limit, filters=filters, title_weight=title_weight
    )
    frequencies = catalog.document_frequency(re.findall(r"\w+", query.replace(" OR ", " ")))
    if rare := _rare(frequencies, catalog.size):
        found = scored(holding=match_query(rare))
        if len(found) == limit:
            return found
    return scored()


def _rare(frequencies: Mapping[str, int], passages: int) -> set[str]:
    """The rarer ones of some words, none where all are rare or all common."""
    rare: set[str] = set()
    left = max(passages * _RARE, _FEW)
    for word, count in sorted(frequencies.items(), key=lambda item: (item[1], item[0])):
        left -= count
        if left < 0:
            return rare
        rare.add(word)
    return set()


def search(
    catalog: "Catalog",
    query: str,
    *,
    limit: int,
    filters: Filters | None = None,
    holding: str = "",
    title_weight: float = TITLE_WEIGHT,
) -> list[tuple[str, float]]:
    """The best passages by BM25 for an FTS5 query: (id, score), higher is better.

    With `holding`, another FTS5 query, only of what it finds. Scoring a passage costs far more
    than finding it, and a common word is in every second one: so what the filters exclude is told
    apart before, and ids are looked up after. Ties are broken by id within what is fetched.
    """
    if not query:
        return []
    condition, values = where(filters)
    passing = _PASSING.format(condition=condition) if filters else ""
    if holding:
        passing, values = f"{_HOLDING} {passing}", [holding, *values]
    ranked = (
        f"SELECT rowid, -bm25(passages_fts, {float(title_weight)}, 1.0) AS score"  # noqa: S608
        f" FROM passages_fts WHERE passages_fts MATCH ? {passing} ORDER BY score DESC LIMIT ?"
    )
    rows = catalog.rows(
        f"SELECT p.id, f.score FROM ({ranked}) f"  # noqa: S608
        " JOIN passages p ON p.number = f.rowid ORDER BY f.score DESC, p.id",
        (query, *values, limit),
    )
    return [(ident, score) for ident, score in rows]
