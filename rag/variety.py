"""Which of the passages found an answer sees: many voices instead of one text many times.

Copies of an article count once, one article or outlet does not take all places, and of passages
that say nearly the same the lower one gives way to another by maximal marginal relevance
(Carbonell and Goldstein, SIGIR 1998).
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rag.types import Hit

__all__ = ["Limits", "choose"]

_COPY = 0.8
"""Share of the shorter passage's words that another of the same story must hold to be its copy."""
_NEAR = 0.6
"""The same for passages of different stories that say nearly the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many passages are chosen, and of what. 0 takes a limit away.

    `diversity` is the weight, 0 to 1, of being unlike what is chosen already beside being relevant.
    """

    passages: int
    collapse: bool = True
    per_article: int = 0
    per_source: int = 0
    diversity: float = 0.0


def choose(hits: Sequence[Hit], *, limits: Limits) -> tuple[list[Hit], list[Hit]]:
    """Those that the answer sees, ranked anew, and the others, each with why it was `dropped`.

    `hits` come best first, by their scores. A limit of an article or outlet gives way where places
    would stay empty; a copy never takes one.
    """
    if not hits:
        return [], []
    said = _word_bits([hit.text for hit in hits])
    sizes = _count(said)
    best = hits[0].score or 1.0
    relevance = [(1 - limits.diversity) * hit.score / best for hit in hits]
    alike = [0.0] * len(hits)
    """How much of each passage the most alike chosen one says already."""
    reasons: dict[int, str] = {}
    chosen: list[int] = []
    left = list(range(len(hits)))
    articles: Counter[str] = Counter()
    sources: Counter[str] = Counter()

    def full(index: int) -> str:
        hit = hits[index]
        if limits.per_article and articles[_story(hit)] >= limits.per_article:
            return f"{_times(limits.per_article)} of its article are used already"
        if limits.per_source and hit.source and sources[hit.source] >= limits.per_source:
            return f"{_times(limits.per_source)} of {hit.source} are used already"
        return ""

    def take(index: int) -> None:
        hit = hits[index]
        chosen.append(index)
        left.remove(index)
        articles[_story(hit)] += 1
        sources[hit.source] += 1
        # Of the words of the shorter text, the share that the other one has.
        shares = _count(said & said[index]) / np.maximum(np.minimum(sizes, sizes[index]), 1)
        for other in np.flatnonzero(shares >= _NEAR).tolist():
            share = float(shares[other])
            if limits.collapse and share >= _COPY and _is_copy(hits[other], hit):
                reasons.setdefault(other, f"a copy of what “{hit.title}” says")
            alike[other] = max(alike[other], share)

    def best_left(*, giving_way: bool) -> int | None:
        """The one that is worth most; of equals the first, which keeps the fused order."""
        found, most = None, -math.inf
        for index in left:
            if relevance[index] <= most:
                break  # so are all that follow
            worth = relevance[index] - limits.diversity * alike[index]
            if worth > most and index not in reasons and (giving_way or not full(index)):
                found, most = index, worth
        return found

    for giving_way in (False, True):
        while len(chosen) < limits.passages:
            index = best_left(giving_way=giving_way)
            if index is None:
                break
            take(index)
    kept = sorted(chosen)
    last = kept[-1]
    for index in left:
        if index not in reasons:
            reasons[index] = full(index) or (
                "nearly the same as a passage that is used"
                if alike[index] and index < last
                else f"beyond the {limits.passages} that are read"
            )
    ranked = [replace(hits[index], rank=rank) for rank, index in enumerate(kept, 1)]
    others = sorted(reasons)
    return ranked, [
        replace(hits[index], rank=rank, dropped=reasons[index])
        for rank, index in enumerate(others, len(kept) + 1)
    ]


def _word_bits(texts: Sequence[str]) -> NDArray[np.uint8]:
    """The words of each text as bits: shape (texts, an eighth of all words).

    Words are what stands between spaces: of copies the same, and quicker than without punctuation.
    """
    numbers: dict[str, int] = {}
    said = [
        [numbers.setdefault(word, len(numbers)) for word in set(text.casefold().split())]
        for text in texts
    ]
    held = np.zeros((len(texts), len(numbers)), dtype=bool)
    for row, words in zip(held, said, strict=True):
        row[words] = True
    return np.packbits(held, axis=1)


def _count(bits: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """How many bits are set in each row."""
    counted: NDArray[np.uint32] = np.bitwise_count(bits).sum(axis=1, dtype=np.uint32)
    return counted


def _story(hit: Hit) -> str:
    return hit.story or hit.article_id


def _is_copy(hit: Hit, other: Hit) -> bool:
    return _story(hit) == _story(other) and hit.article_id != other.article_id


def _times(count: int) -> str:
    return "one passage" if count == 1 else f"{count} passages"
