"""Finding passages: dense and lexical search, fused by reciprocal rank.

Reciprocal rank fusion: Cormack, Clarke and Büttcher, SIGIR 2009; score = sum of 1 / (60 + rank).
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from rag.embedding import Embedder
from rag.types import Hit
from rag.words import content_words
from vectorstore import Filters, Snapshot, match_query
from vectorstore.nearest import nearest

__all__ = ["fuse", "retrieve"]

_RRF_CONSTANT = 60
_POOL = ThreadPoolExecutor(8, thread_name_prefix="lexical")


def retrieve(
    question: str,
    *,
    snapshot: Snapshot,
    embedder: Embedder,
    limit: int,
    depth: int = 40,
    sides: str = "hybrid",
    filters: Filters | None = None,
) -> list[Hit]:
    """The `limit` best passages for a question, best first.

    Each side ("dense", "lexical", or with "hybrid" both) contributes its best `depth`. A side
    that finds nothing (a question of stop words alone has no lexical one) leaves the other to
    rank by itself.
    """
    searching = (
        _POOL.submit(_lexical, question, snapshot, depth, filters) if sides != "dense" else None
    )
    dense = _dense(question, snapshot, embedder, depth, filters) if sides != "lexical" else {}
    lexical = searching.result() if searching else {}
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
            times=passage.times,
        )
        for rank, (ident, score) in enumerate(ranked, 1)
        if (passage := passages.get(ident))
    ]


def _lexical(
    question: str, snapshot: Snapshot, depth: int, filters: Filters | None
) -> dict[str, float]:
    """BM25 by passage id, best first. All words are searched where all are stop words."""
    query = match_query(content_words(question)) or match_query([question])
    return dict(snapshot.catalog.search(query, limit=depth, filters=filters))


def _dense(
    question: str,
    snapshot: Snapshot,
    embedder: Embedder,
    depth: int,
    filters: Filters | None,
) -> dict[str, float]:
    """Cosine similarities by passage id, best first."""
    found = nearest(
        embedder.embed([question])[0],
        catalog=snapshot.catalog,
        vectors=snapshot.vectors,
        limit=min(depth, snapshot.manifest.passages),
        filters=filters,
    )
    return dict(found)


def fuse(rankings: Sequence[Sequence[str]]) -> list[tuple[str, float]]:
    """Reciprocal rank fusion of several rankings of ids: (id, score), best first."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, ident in enumerate(ranking, 1):
            scores[ident] = scores.get(ident, 0.0) + 1 / (_RRF_CONSTANT + rank)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))
