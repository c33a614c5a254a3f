"""The passages nearest to a vector: through the index, or by comparing all, as is quicker.

The catalog keeps a copy of every vector beside its passage. Those of a small archive are held in
memory, and all of them compared: that is exact, and quicker than asking the index. Of a larger one,
reading those of the passages that pass a narrow filter and comparing each of them is quicker than
any filtered search of the index, and exact too. Under a wide filter the index is asked for more
than is wanted, and what does not pass is dropped.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from vectorstore.catalog import Catalog
from vectorstore.schema import where
from vectorstore.types import Filters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vectorstore.generations import Snapshot

__all__ = [
    "HeldVectors",
    "among",
    "compare_all",
    "differing",
    "keep_vectors",
    "nearest",
    "unit",
]

_READ_FOR_FOUND = 4
"""Vectors that are read and compared in the time that the index takes to give one more result."""
_MARGIN = 1.5
"""By how much more is asked for than would do if the filter fell evenly on all passages."""
_DEEPER = 4
"""By how much more is asked for where that left too few."""
_SAME = 0.999
"""The cosine from which two vectors are taken for the same."""
_BLOCK = 500
"""Vectors in memory at a time."""


def unit(vectors: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """The vectors (the last axis) at length 1; zeros stay zeros."""
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: NDArray[np.float32] = (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)
    return scaled


def keep_vectors(catalog: Catalog, ids: Sequence[str], vectors: "NDArray[np.float32]") -> None:
    """Keep the vectors of passages, one row of the array for each id, in place of earlier ones.

    They are kept at length 1 and in half precision, by which a cosine can be off by 0.0005 at most
    and by 0.00002 as a rule. An id that the catalog does not know is left out.
    """
    halves = unit(vectors).astype("<f2")
    catalog.connection.executemany(
        "INSERT OR REPLACE INTO vectors SELECT number, ? FROM passages WHERE id = ?",
        ((half.tobytes(), ident) for half, ident in zip(halves, ids, strict=True)),
    )


def differing(catalog: Catalog, vectors: "Mapping[str, NDArray[np.float32]]") -> set[str]:
    """Those of some passages of which the catalog holds another vector than the one given."""
    kept = (
        "SELECT p.id, v.vector FROM passages p JOIN vectors v ON v.number = p.number"
        " WHERE p.id IN (SELECT value FROM json_each(?))"
    )
    found = set()
    for ident, half in catalog.rows(kept, (json.dumps(list(vectors)),)):
        [cosine] = _cosines(vectors[ident], _rows_of([half]))
        if cosine < _SAME and vectors[ident].any():
            found.add(ident)
    return found


class HeldVectors:
    """The vectors of every passage of a catalog, in memory: of 10,000 passages 17 MB."""

    def __init__(self, catalog: Catalog) -> None:
        every = "SELECT p.id, v.vector FROM passages p JOIN vectors v ON v.number = p.number"
        rows = sorted(catalog.rows(every))
        self._catalog = catalog
        self._ids = [ident for ident, _ in rows]
        self._vectors = _rows_of([half for _, half in rows])

    def nearest(
        self, vector: "NDArray[np.float32]", *, limit: int, filters: Filters | None = None
    ) -> list[tuple[str, float]]:
        """As the function `nearest`."""
        import numpy as np

        if not self._ids:
            return []
        cosines = _cosines(vector, self._vectors)
        if filters:
            passing = self._catalog.passage_ids(filters)
            cosines[[ident not in passing for ident in self._ids]] = -np.inf
            limit = min(limit, len(passing))
        if 0 < limit < len(cosines):
            found = np.argpartition(cosines, -limit)[-limit:]
        else:
            found = np.arange(len(cosines))[:limit]
        best = [(self._ids[place], float(cosines[place])) for place in found]
        return sorted(best, key=lambda one: (-one[1], one[0]))


def nearest(
    vector: "NDArray[np.float32]",
    *,
    snapshot: "Snapshot",
    limit: int,
    filters: Filters | None = None,
) -> list[tuple[str, float]]:
    """(id, cosine similarity) of the `limit` passages nearest to a vector that pass the filters.

    Best first, and as many as pass where those are fewer. Raises ArchiveDamaged,
    VectorServerUnavailable, and ValueError where the vector is of another dimension.
    """
    if limit < 1:
        return []
    if held := snapshot.held:
        return held.nearest(vector, limit=limit, filters=filters)
    if not filters:
        return snapshot.vectors.nearest(vector, limit=limit)
    catalog = snapshot.catalog
    passing, passages = catalog.count_passing(filters)
    if not passing:
        return []
    asked = math.ceil(limit * passages / passing * _MARGIN)
    while passing > asked * _READ_FOR_FOUND:
        found = snapshot.vectors.nearest(vector, limit=asked)
        known = catalog.passing([ident for ident, _ in found], filters)
        kept = [(ident, score) for ident, score in found if ident in known]
        if len(kept) >= limit:
            return kept[:limit]
        asked *= _DEEPER
    return _exact(vector, catalog=catalog, limit=limit, filters=filters)


def among(
    vector: "NDArray[np.float32]", ids: Sequence[str], *, catalog: Catalog
) -> list[tuple[str, float]]:
    """(id, cosine similarity) of these passages, best first.

    Raises ArchiveDamaged, and ValueError where the vector is of another dimension.
    """
    wanted = (
        "SELECT p.id, v.vector FROM passages p JOIN vectors v ON v.number = p.number"
        " WHERE p.id IN (SELECT value FROM json_each(?))"
    )
    found = [
        (ident, float(score))
        for block, scores in compare_all(
            vector, catalog=catalog, query=wanted, values=(json.dumps(list(ids)),)
        )
        for ident, score in zip(block, scores, strict=True)
    ]
    return sorted(found, key=lambda one: (-one[1], one[0]))


def _exact(
    vector: "NDArray[np.float32]", *, catalog: Catalog, limit: int, filters: Filters
) -> list[tuple[str, float]]:
    """The same by comparing every passage that passes."""
    import numpy as np

    condition, values = where(filters)
    # Joined in this order: SQLite would as soon begin with all passages.
    wanted = (
        "SELECT p.id, v.vector FROM facets f"  # noqa: S608
        " CROSS JOIN passages p ON p.article_id = f.article_id"
        f" CROSS JOIN vectors v ON v.number = p.number WHERE {condition}"
    )
    best: list[tuple[str, float]] = []
    for ids, scores in compare_all(vector, catalog=catalog, query=wanted, values=values):
        chosen = np.argsort(-scores, kind="stable")[:limit]
        best += ((ids[at], float(scores[at])) for at in chosen)
        best = sorted(best, key=lambda one: (-one[1], one[0]))[:limit]
    return best


def compare_all(
    asked: "NDArray[np.float32]", *, catalog: Catalog, query: str, values: Sequence[object] = ()
) -> "Iterator[tuple[list[str], NDArray[np.float32]]]":
    """Cosines of a vector, or of several in rows, with those of an SQL query for (id, vector).

    Yields blocks: the ids, and an array of as many columns, a row for each of several.
    """
    for rows in catalog.blocks(query, values, size=_BLOCK):
        yield [ident for ident, _ in rows], _cosines(asked, _rows_of([half for _, half in rows]))


def _rows_of(halves: Sequence[bytes]) -> "NDArray[np.float32]":
    """Kept vectors, one row each."""
    import numpy as np

    if not halves:
        return np.empty((0, 0), dtype=np.float32)
    kept = np.frombuffer(b"".join(halves), dtype="<f2")
    return kept.reshape(len(halves), -1).astype(np.float32)


def _cosines(asked: "NDArray[np.float32]", kept: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """Of one vector, or of several in rows, with the kept ones: one for each of these, at the
    last axis."""
    import numpy as np

    size, given = asked.shape[-1], kept.shape[-1]
    if size != given:
        raise ValueError(f"a vector of dimension {size} among those of dimension {given}")
    # One vector not by BLAS: its threads wait busily for one another, which took the second core
    # from the search by words, and of ten searches at a time most of both.
    cosines: NDArray[np.float32] = (
        np.einsum("ij,j->i", kept, unit(asked)) if asked.ndim == 1 else unit(asked) @ kept.T
    )
    return cosines
