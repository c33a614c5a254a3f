"""Hard negatives: passages that a search finds for a question and that do not hold its answer."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import bm25s
import numpy as np
from numpy.typing import NDArray

from evaluation.matching import normalise
from rag.embedder import load_embedder
from training.data import Source

__all__ = ["mine"]

DEPTH, KEPT = 24, 8
_RRF = 60
_BLOCK = 512


def mine(source: Source, *, folder: Path, report: Callable[[str], None]) -> list[list[int]]:
    """For every question the paragraphs, best first, that both searches together rank high.

    BM25 and the embedder's vectors, fused by reciprocal rank as the product does; the question's
    own paragraph and those that hold an accepted answer are left out. Kept in `folder`, where a
    second call finds it.
    """
    kept = folder / f"negatives-{len(source.paragraphs)}-{len(source.questions)}.json"
    if kept.is_file():
        negatives: list[list[int]] = json.loads(kept.read_text())
        return negatives
    texts = [f"{one.title}\n{one.text}" for one in source.paragraphs]
    asked = [one.text for one in source.questions]
    report(f"Mining: BM25 over {len(texts):,} paragraphs")
    lexical = _by_words(texts, asked)
    report("Mining: vectors")
    dense = _by_vectors(texts, asked)
    held = [f" {normalise(text)} " for text in texts]
    negatives = []
    for question, words, near in zip(source.questions, lexical, dense, strict=True):
        answers = [f" {normalise(answer)} " for answer, _ in question.answers]
        found = [
            index
            for index in _fused(words, near)
            if index != question.paragraph and not any(a in held[index] for a in answers)
        ]
        negatives.append(found[:KEPT])
    part = kept.with_suffix(".part")
    part.write_text(json.dumps(negatives))
    part.replace(kept)
    return negatives


def _by_words(texts: Sequence[str], asked: Sequence[str]) -> NDArray[np.int32]:
    index = bm25s.BM25()
    index.index(bm25s.tokenize(texts, stopwords="en", show_progress=False), show_progress=False)
    queries = bm25s.tokenize(asked, stopwords="en", show_progress=False)
    found, _ = index.retrieve(queries, k=DEPTH, show_progress=False)
    ranked: NDArray[np.int32] = found.astype(np.int32)
    return ranked


def _by_vectors(texts: Sequence[str], asked: Sequence[str]) -> NDArray[np.int32]:
    embedder = load_embedder()
    passages = embedder.embed(texts).T
    ranked = []
    for start in range(0, len(asked), _BLOCK):
        scores = embedder.embed(asked[start : start + _BLOCK]) @ passages
        best = np.argpartition(-scores, DEPTH, axis=1)[:, :DEPTH]
        order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1)
        ranked.append(np.take_along_axis(best, order, axis=1).astype(np.int32))
    return np.concatenate(ranked)


def _fused(*rankings: NDArray[np.int32]) -> list[int]:
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, index in enumerate(ranking.tolist()):
            scores[index] = scores.get(index, 0.0) + 1 / (_RRF + rank)
    return sorted(scores, key=lambda index: -scores[index])
