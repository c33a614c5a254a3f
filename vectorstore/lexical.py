"""Full-text search: BM25 over the catalog's FTS5 index, under filters."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from vectorstore.schema import where
from vectorstore.types import Filters

if TYPE_CHECKING:
    from vectorstore.catalog import Catalog

__all__ = ["match_query", "search", "search_words"]

_TITLE_WEIGHT, _TEXT_WEIGHT = 2.0, 1.0
_MOST_FOR_A_WORD = 2.2
"""How often its inverse document frequency a word can add to a score: k1 + 1, as FTS5 has it."""
_RARE = 0.08
"""Share of the passages up to which the rarer words of a question may lead to them."""
_FEW = 1_000
"""Passages that are quicker scored than told apart."""
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
    words: Iterable[str], *, catalog: "Catalog", limit: int, filters: Filters | None = None
) -> list[tuple[str, float]]:
    """The best passages by BM25 that hold any of the words: (id, score), higher is better.

    The same as searching for all of them, and quicker where some are common: first only passages
    that hold one of the rarer words are scored (by all words). Where the last of these scores more
    than the common words alone could give, no other passage belongs among them (the idea of
    MaxScore: Turtle and Flood, Information Processing and Management, 1995); else all are scored.
    """
    query = match_query(words)
    frequencies = catalog.document_frequency(re.findall(r"\w+", query.replace(" OR ", " ")))
    rare = _rare(frequencies, catalog.size)
    if rare:
        found = search(catalog, query, limit=limit, filters=filters, holding=match_query(rare))
        common = (count for word, count in frequencies.items() if word not in rare)
        most = sum(_most_of_a_word(count, catalog.size) for count in common)
        if len(found) == limit and found[-1][1] > most:
            return found
    return search(catalog, query, limit=limit, filters=filters)


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


def _most_of_a_word(count: int, passages: int) -> float:
    """More than a word that stands in so many passages can add to a score."""
    rarity = math.log((passages - count + 0.5) / (count + 0.5)) if count < passages else 0.0
    return _MOST_FOR_A_WORD * max(rarity, 1e-6)


def search(
    catalog: "Catalog",
    query: str,
    *,
    limit: int,
    filters: Filters | None = None,
    holding: str = "",
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
        f"SELECT rowid, -bm25(passages_fts, {_TITLE_WEIGHT}, {_TEXT_WEIGHT}) AS score"  # noqa: S608
        f" FROM passages_fts WHERE passages_fts MATCH ? {passing} ORDER BY score DESC LIMIT ?"
    )
    rows = catalog.rows(
        f"SELECT p.id, f.score FROM ({ranked}) f"  # noqa: S608
        " JOIN passages p ON p.number = f.rowid ORDER BY f.score DESC, p.id",
        (query, *values, limit),
    )
    return [(ident, score) for ident, score in rows]
