"""Finding passages: dense and lexical search, fused by reciprocal rank.

Reciprocal rank fusion: Cormack, Clarke and Büttcher, SIGIR 2009; score = sum of 1 / (60 + rank).
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.types import Hit
from rag.words import content_words
from vectorstore import Filters, Snapshot, match_query

if TYPE_CHECKING:
    from rag.embedder import OnnxEmbedder

__all__ = ["fuse", "retrieve"]

_RRF_CONSTANT = 60
_POOL = ThreadPoolExecutor(8, thread_name_prefix="lexical")


def retrieve(
    question: str,
    *,
    snapshot: Snapshot,
    embedder: "OnnxEmbedder",
    limit: int,
    depth: int = 40,
    filters: Filters | None = None,
) -> list[Hit]:
    """The `limit` best passages for a question, best first.

    Each side contributes its best `depth`. A side that finds nothing (a question of stop words
    alone has no lexical side) leaves the other to rank by itself.
    """
    from llama_index.core.vector_stores.types import VectorStoreQuery

    from vectorstore.chroma import to_metadata_filters

    query = match_query(content_words(question)) or match_query([question])
    lexical_side = _POOL.submit(snapshot.catalog.search, query, limit=depth, filters=filters)
    vector: NDArray[np.float32] = embedder.embed([question])[0]
    found = snapshot.vectors.query(
        VectorStoreQuery(
            query_embedding=[float(x) for x in vector],
            similarity_top_k=min(depth, snapshot.manifest.passages),
            filters=to_metadata_filters(filters),
        )
    )
    dense = dict(zip(found.ids or [], found.similarities or [], strict=True))
    lexical = dict(lexical_side.result())
    ranked = fuse([list(dense), list(lexical)])[:limit]
    passages = snapshot.catalog.passages([ident for ident, _ in ranked])
    dense_ranks = {ident: rank for rank, ident in enumerate(dense, 1)}
    lexical_ranks = {ident: rank for rank, ident in enumerate(lexical, 1)}
    return [
        Hit(
            rank=rank,
            passage_id=ident,
            article_id=passage.article_id,
            title=passage.shown_title,
            source=passage.source,
            published=passage.published,
            url=passage.url,
            path=passage.path,
            text=passage.text,
            start=passage.start,
            end=passage.end,
            score=score,
            dense=dense.get(ident),
            lexical=lexical.get(ident),
            dense_rank=dense_ranks.get(ident),
            lexical_rank=lexical_ranks.get(ident),
        )
        for rank, (ident, score) in enumerate(ranked, 1)
        if (passage := passages.get(ident))
    ]


def fuse(rankings: Sequence[Sequence[str]]) -> list[tuple[str, float]]:
    """Reciprocal rank fusion of several rankings of ids: (id, score), best first."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, ident in enumerate(ranking, 1):
            scores[ident] = scores.get(ident, 0.0) + 1 / (_RRF_CONSTANT + rank)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))
