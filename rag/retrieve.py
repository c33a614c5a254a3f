"""Finding passages: dense and lexical search, fused by reciprocal rank.

Reciprocal rank fusion: Cormack, Clarke and Büttcher, SIGIR 2009; score = sum of 1 / (60 + rank).
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from rag.embedding import Embedder, other_length
from rag.types import Hit
from rag.words import content_words, words
from vectorstore import Filters, Snapshot, match_query
from vectorstore.lexical import TITLE_WEIGHT, search_words
from vectorstore.nearest import among, nearest, unit

__all__ = ["RANK_CONSTANT", "fuse", "retrieve"]

RANK_CONSTANT = 60
"""What reciprocal rank fusion adds to every rank."""
_MOST_HOLDING = 500
_MORE = 8
"""Passages looked at that may hold a phrase, and how many times as many where none of them does."""
_POOL = ThreadPoolExecutor(8, thread_name_prefix="lexical")


def retrieve(
    question: str,
    *,
    snapshot: Snapshot,
    embedder: Embedder,
    depth: int = 40,
    sides: str = "hybrid",
    lexical_weight: float = 1.0,
    title_weight: float = TITLE_WEIGHT,
    rank_constant: int = RANK_CONSTANT,
    filters: Filters | None = None,
    phrases: Sequence[str] = (),
    queries: Sequence[str] = (),
    passage: str = "",
) -> list[Hit]:
    """The passages for a question, best first.

    Each side ("dense", "lexical", or with "hybrid" both) contributes its best `depth`. A side
    that finds nothing (a question of stop words alone has no lexical one) leaves the other to
    rank by itself. Every passage holds each of `phrases` word for word, in its text or its title.

    Without phrases, further `queries` are searched for as the question is and fused with it, all
    of them together counting as much as the question; a passage's ranks and scores are then the
    best of any. A hypothetical `passage` moves the search by meaning halfway towards itself.
    """
    others: list[tuple[dict[str, float], dict[str, float]]] = []
    if phrases:
        lexical = _holding(phrases, question, snapshot, filters)
        dense = _compared(question, list(lexical), snapshot, embedder)
        dense = dict(list(dense.items())[:depth]) if sides != "lexical" else {}
        lexical = dict(list(lexical.items())[:depth]) if sides != "dense" else {}
    else:
        both = partial(
            _both,
            by_meaning=partial(
                _dense, snapshot=snapshot, embedder=embedder, depth=depth, filters=filters
            ),
            by_words=partial(
                _lexical, snapshot=snapshot, depth=depth, filters=filters, title_weight=title_weight
            ),
            sides=sides,
        )
        (dense, lexical), *others = (
            both(one, passage if number == 0 else "")
            for number, one in enumerate([question, *queries])
        )
    share = 1 / max(1, len(others))
    ranked = fuse(
        [list(found) for pair in [(dense, lexical), *others] for found in pair],
        weights=[1.0, lexical_weight, *([share, share * lexical_weight] * len(others))],
        constant=rank_constant,
    )
    stored = snapshot.catalog.passages([ident for ident, _ in ranked])
    dense, dense_ranks = _best([dense, *(one for one, _ in others)])
    lexical, lexical_ranks = _best([lexical, *(one for _, one in others)])
    return [
        Hit(
            rank=rank,
            passage_id=ident,
            article_id=kept.article_id,
            title=kept.shown_title,
            source=kept.source,
            published=kept.published,
            url=kept.url,
            path=kept.path,
            text=kept.text,
            start=kept.start,
            end=kept.end,
            score=score,
            dense=dense.get(ident),
            lexical=lexical.get(ident),
            dense_rank=dense_ranks.get(ident),
            lexical_rank=lexical_ranks.get(ident),
            fused=score,
            fused_rank=rank,
            story=kept.story,
            times=kept.times,
        )
        for rank, (ident, score) in enumerate(ranked, 1)
        if (kept := stored.get(ident))
    ]


def _both(
    question: str,
    passage: str,
    *,
    by_meaning: Callable[[str, str], dict[str, float]],
    by_words: Callable[[str], dict[str, float]],
    sides: str,
) -> tuple[dict[str, float], dict[str, float]]:
    """What each side finds, at once; nothing of one that is not among `sides`."""
    searching = _POOL.submit(by_words, question) if sides != "dense" else None
    dense = by_meaning(question, passage) if sides != "lexical" else {}
    return dense, searching.result() if searching else {}


def _best(found: Sequence[dict[str, float]]) -> tuple[dict[str, float], dict[str, int]]:
    """The best score and the best rank of each passage in several rankings."""
    scores: dict[str, float] = {}
    ranks: dict[str, int] = {}
    for ranking in found:
        for rank, (ident, score) in enumerate(ranking.items(), 1):
            scores[ident] = max(score, scores.get(ident, score))
            ranks[ident] = min(rank, ranks.get(ident, rank))
    return scores, ranks


def _lexical(
    question: str,
    *,
    snapshot: Snapshot,
    depth: int,
    filters: Filters | None,
    title_weight: float,
) -> dict[str, float]:
    """BM25 by passage id, best first. All words are searched where all are stop words."""
    return dict(
        search_words(
            content_words(question) or [question],
            catalog=snapshot.catalog,
            limit=depth,
            filters=filters,
            title_weight=title_weight,
        )
    )


def _holding(
    phrases: Sequence[str], question: str, snapshot: Snapshot, filters: Filters | None
) -> dict[str, float]:
    """BM25 of the passages that hold every phrase, best first.

    The index compares stems, of which only some stand word for word as asked: where none of the
    best does, more are looked at, until one is found or there are no more.
    """
    query = match_query(content_words(question), phrases=phrases)
    wanted = [_run_of_words(phrase) for phrase in phrases]
    limit, seen = _MOST_HOLDING, 0
    while True:
        scores = dict(snapshot.catalog.search(query, limit=limit, filters=filters))
        found = snapshot.catalog.passages(list(scores)[seen:])
        holding = {
            ident
            for ident, passage in found.items()
            if all(
                run in _run_of_words(passage.text) or run in _run_of_words(passage.title)
                for run in wanted
            )
        }
        if holding or len(scores) < limit:
            return {ident: score for ident, score in scores.items() if ident in holding}
        limit, seen = limit * _MORE, len(scores)


def _run_of_words(text: str) -> str:
    return f" {' '.join(words(text))} "


def _compared(
    question: str, ids: Sequence[str], snapshot: Snapshot, embedder: Embedder
) -> dict[str, float]:
    """Cosine similarities of these passages, best first."""
    if not ids:
        return {}
    asked = embedder.embed_query(question)
    try:
        return dict(among(asked, ids, catalog=snapshot.catalog))
    except ValueError as error:
        raise other_length(embedder.fingerprint) from error


def _dense(
    question: str,
    passage: str,
    *,
    snapshot: Snapshot,
    embedder: Embedder,
    depth: int,
    filters: Filters | None,
) -> dict[str, float]:
    """Cosine similarities by passage id, best first."""
    asked = embedder.embed_query(question)
    if passage:
        # The mean of both, as in the paper: the question is a passage of its own.
        asked = unit(asked + unit(embedder.embed([passage])[0]))
    try:
        found = nearest(
            asked,
            snapshot=snapshot,
            limit=min(depth, snapshot.manifest.passages),
            filters=filters,
        )
    except ValueError as error:
        raise other_length(embedder.fingerprint) from error
    return dict(found)


def fuse(
    rankings: Sequence[Sequence[str]],
    *,
    weights: Sequence[float] = (),
    constant: int = RANK_CONSTANT,
) -> list[tuple[str, float]]:
    """Reciprocal rank fusion of several rankings of ids: (id, score), best first.

    Each ranking's scores are multiplied by its weight, 1 where none are given.
    """
    scores: dict[str, float] = {}
    for ranking, weight in zip(rankings, weights or [1.0] * len(rankings), strict=True):
        for rank, ident in enumerate(ranking, 1):
            scores[ident] = scores.get(ident, 0.0) + weight / (constant + rank)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))
