"""How many of the nearest passages the index finds, measured on the live archive.

Some stored vectors are each asked for the passages nearest to them, by the index and by comparing
with the copies of all vectors that the catalog keeps; where those are very many, with every n-th.
No model is needed.
"""

import heapq
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vectorstore.catalog import Catalog
from vectorstore.nearest import compare_all

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vectorstore.chroma import ChromaStore

__all__ = ["Recall", "measure_recall"]

_TRIES, _DEPTH = 50, 40
_EQUAL = 1e-6
"""Cosines that differ by less are those of copies of one text: either may be given."""
_EVERY = """
    SELECT p.id, v.vector FROM passages p CROSS JOIN vectors v ON v.number = p.number
    WHERE p.number % ? = 0
"""
_THESE = """
    SELECT p.id, v.vector FROM passages p JOIN vectors v ON v.number = p.number
    WHERE p.id IN (SELECT value FROM json_each(?))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """The share of the `depth` nearest passages that the index found, over so many tries.

    It is an estimate where each try was compared with fewer than all passages.
    """

    share: float
    tries: int
    depth: int
    compared: int


def measure_recall(
    catalog: Catalog, vectors: "ChromaStore", *, tries: int = _TRIES, most: int = 200_000
) -> Recall | None:
    """None where the archive holds no more passages than are asked for: none can be missed.

    Of every n-th passage, one that is nearer than what the index gave, and was not given, stands
    for n such. `most` bounds how many are compared. Raises ArchiveDamaged and
    VectorServerUnavailable.
    """
    _, passages, _ = catalog.counts()
    if passages <= _DEPTH:
        return None
    step = -(-passages // most)
    asked = _drawn(catalog, tries)
    given = list(_given(asked, catalog=catalog, vectors=vectors))
    missed: list[list[float]] = [[] for _ in asked]
    compared = 0
    for ids, cosines in compare_all(asked, catalog=catalog, query=_EVERY, values=(step,)):
        compared += len(ids)
        for row, found, nearer in zip(cosines, given, missed, strict=True):
            last = min(found.values(), default=-2.0) if len(found) == _DEPTH else -2.0
            more = [
                float(row[at]) for at in (row > last + _EQUAL).nonzero()[0] if ids[at] not in found
            ]
            nearer[:] = heapq.nlargest(_DEPTH, [*nearer, *more])
    shares = [_share(list(f.values()), m, step) for f, m in zip(given, missed, strict=True)]
    share = sum(shares) / len(shares)
    return Recall(share=share, tries=len(shares), depth=_DEPTH, compared=compared)


def _drawn(catalog: Catalog, tries: int) -> "NDArray[np.float32]":
    """Stored vectors, the same ones each time."""
    import numpy as np

    [(first, last)] = catalog.rows("SELECT min(number), max(number) FROM vectors")
    chance = random.Random(last)  # noqa: S311
    following = "SELECT vector FROM vectors WHERE number >= ? ORDER BY number LIMIT 1"
    halves = [catalog.rows(following, (chance.randint(first, last),))[0][0] for _ in range(tries)]
    return np.frombuffer(b"".join(halves), "<f2").reshape(tries, -1).astype(np.float32)


def _given(
    asked: "NDArray[np.float32]", *, catalog: Catalog, vectors: "ChromaStore"
) -> "Iterator[dict[str, float]]":
    """What the index gives for each, with cosines by the catalog's copies."""
    for vector in asked:
        ids = [ident for ident, _ in vectors.nearest(vector, limit=_DEPTH)]
        blocks = compare_all(vector[None], catalog=catalog, query=_THESE, values=(json.dumps(ids),))
        yield {i: float(s) for found, [row] in blocks for i, s in zip(found, row, strict=True)}


def _share(given: Sequence[float], missed: Sequence[float], step: int) -> float:
    """The share of the nearest that was given, where each missed one stands for `step`."""
    counted = sorted([*((s, 1) for s in given), *((s, -step) for s in missed)])
    room, found = _DEPTH, 0
    while counted and room > 0:
        _, weight = counted.pop()
        found += max(0, weight)
        room -= abs(weight)
    return found / _DEPTH
