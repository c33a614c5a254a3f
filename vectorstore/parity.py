"""The check that every passage can be found, on all sides, before a generation goes live."""

from typing import TYPE_CHECKING

from vectorstore.catalog import Catalog
from vectorstore.errors import ArchiveDamaged
from vectorstore.nearest import differing

if TYPE_CHECKING:
    from vectorstore.chroma import ChromaStore

__all__ = ["check_parity"]

_FULL_PARITY = 5_000
_SAMPLE = 200
_MISSED = 0.05
"""Share of the sample that may fail to find itself: an approximate index misses some, 2 of 200 in
a million made passages. How many of the nearest it finds is for `vectorstore.recall` to measure."""


def check_parity(catalog: Catalog, vectors: "ChromaStore") -> set[str]:
    """Every passage is in the catalog, in full-text search, and answers to a vector query.

    Raises ArchiveDamaged that says which one differs. Above 5,000 passages the vector queries
    are a sample: of 200 passages all but a twentieth must find themselves by their own vector. The
    catalog's copies of vectors are counted, and as many are compared. On a server the index may
    list more; returned is what it lists and the catalog does not.
    """
    _, passages, indexed = catalog.counts()
    wanted = catalog.passage_ids()
    if indexed != passages:
        raise ArchiveDamaged(f"full-text search holds {indexed} of {passages} passages")
    copies = catalog.rows("SELECT count(*) FROM vectors")[0][0]
    if copies != passages:
        raise ArchiveDamaged(f"the catalog holds the vectors of {copies} of {passages} passages")
    listed = vectors.ids()
    strangers = listed - wanted
    if wanted - listed or (strangers and not vectors.shared):
        raise ArchiveDamaged(
            f"the vector index lists {len(listed & wanted)} of {passages} passages"
            f" and {len(strangers)} that are not in the catalog"
        )
    ordered = sorted(wanted)
    if not ordered:
        return strangers
    sample = vectors.vectors(ordered[:: -(-passages // _SAMPLE)])
    if others := differing(catalog, sample):
        raise ArchiveDamaged(f"{len(others)} passages have other vectors in the catalog")
    tolerated = 0.0
    if len(listed) <= _FULL_PARITY:
        missing = wanted - {i for i, _ in vectors.nearest(sample[ordered[0]], limit=len(listed))}
    else:
        missing, tolerated = set(), len(sample) * _MISSED
        for ident, vector in sample.items():
            nearest = vectors.nearest(vector, limit=3)
            # Passages with the same words share a vector: a perfect score stands for itself.
            if not any(found == ident or score > 0.9999 for found, score in nearest):
                missing.add(ident)
    if len(missing) > tolerated:
        raise ArchiveDamaged(f"{len(missing)} passages do not answer to a vector query")
    return strangers
