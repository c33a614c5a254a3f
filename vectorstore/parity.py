"""The check that every passage can be found, on all sides, before a generation goes live."""

from typing import TYPE_CHECKING

from vectorstore.catalog import Catalog
from vectorstore.errors import ArchiveDamaged

if TYPE_CHECKING:
    from vectorstore.chroma import ChromaStore

__all__ = ["check_parity"]

_FULL_PARITY = 5_000
_SAMPLE = 200


def check_parity(catalog: Catalog, vectors: "ChromaStore") -> set[str]:
    """Every passage is in the catalog, in full-text search, and answers to a vector query.

    Raises ArchiveDamaged that says which one differs. Above 5,000 passages the vector queries
    are a sample: 200 passages must each find themselves by their own vector. On a server the
    index may list more; returned is what it lists and the catalog does not.
    """
    _, passages, indexed = catalog.counts()
    wanted = catalog.passage_ids()
    if indexed != passages:
        raise ArchiveDamaged(f"full-text search holds {indexed} of {passages} passages")
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
    if len(listed) <= _FULL_PARITY:
        [first] = vectors.vectors(ordered[:1]).values()
        missing = wanted - {ident for ident, _ in vectors.nearest(first, limit=len(listed))}
    else:
        missing = set()
        for ident, vector in vectors.vectors(ordered[:: -(-passages // _SAMPLE)]).items():
            nearest = vectors.nearest(vector, limit=3)
            # Passages with the same words share a vector: a perfect score stands for itself.
            if not any(found == ident or score > 0.9999 for found, score in nearest):
                missing.add(ident)
    if missing:
        raise ArchiveDamaged(f"{len(missing)} passages do not answer to a vector query")
    return strangers
