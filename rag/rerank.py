"""The passages found, put into the order in which they answer."""

import math
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from rag.types import Hit, Reading

if TYPE_CHECKING:
    from rag.reader import Reader
    from rag.weights import Report

__all__ = ["PRIOR", "LazyReader", "Reads", "log_odds", "rerank"]

PRIOR = 1.5
"""The prior odds of the hit at rank r are r to the power of minus this. Chosen on RealTimeQA
(docs/reader.md): 0 is no better there than the fused ranking, 1 to 2 are."""
_LEAST = 1e-4


class Reads(Protocol):
    """What the archive asks of a reader."""

    def read(self, question: str, passages: Sequence[Hit]) -> list[Reading]:
        """One reading a passage, in the order given."""


class LazyReader:
    """The reader, loaded when it is first asked to read."""

    def __init__(self, report: "Report | None" = None) -> None:
        self._report = report
        self._loaded: Reader | None = None
        self._lock = threading.Lock()

    def load(self) -> "Reader":
        """The reader itself. Raises WeightsError where it cannot be had."""
        with self._lock:
            if self._loaded is None:
                from rag.reader import load_reader

                self._loaded = load_reader(self._report)
            return self._loaded

    def read(self, question: str, passages: Sequence[Hit]) -> list[Reading]:
        """As the reader does."""
        return self.load().read(question, passages)


def log_odds(probability: float) -> float:
    """The logit, kept within what a probability of 0.0001 and of 0.9999 give."""
    kept = min(max(probability, _LEAST), 1 - _LEAST)
    return math.log(kept / (1 - kept))


def rerank(hits: Sequence[Hit], readings: Sequence[Reading], *, prior: float = PRIOR) -> list[Hit]:
    """The hits that were read, best first; those that were not behind them in their order.

    A hit's odds are those that the reader gives, times a prior that falls with its rank. Its
    `score` is the probability that this makes, 0 where it was not read.
    """
    relevance = {reading.hit.passage_id: reading.relevance for reading in readings}
    if not relevance:
        return list(hits)
    scored = [_reread(hit, relevance.get(hit.passage_id), prior) for hit in hits]
    scored.sort(key=lambda hit: (hit.relevance is None, -hit.score))
    return [replace(hit, rank=rank) for rank, hit in enumerate(scored, 1)]


def _reread(hit: Hit, relevance: float | None, prior: float) -> Hit:
    if relevance is None:
        return replace(hit, score=0.0)
    odds = log_odds(relevance) - prior * math.log(hit.rank)
    return replace(hit, score=1 / (1 + math.exp(-odds)), relevance=relevance)
