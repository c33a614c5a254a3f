"""Which of the passages found an answer sees: many voices instead of one text many times.

Copies of an article count once, one article or outlet does not take all places, and of passages
that say nearly the same the lower one gives way to another by maximal marginal relevance
(Carbonell and Goldstein, SIGIR 1998).
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

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


def choose(
    hits: Sequence[Hit], *, limits: Limits, most: int | None = None
) -> tuple[list[Hit], list[Hit]]:
    """Those that the answer sees, ranked anew, and the others, each with why it was `dropped`.

    `hits` come best first, by their scores. A limit of an article or outlet gives way where places
    would stay empty; a copy never takes one. With `most`, others are left out that would come
    behind so many in all.
    """
    if not hits:
        return [], []
    choice = _Choice(hits, limits)
    kept = sorted(choice.run())
    wanted = len(hits) if most is None else max(0, most - len(kept))
    reasons = choice.reasons_of_the_others(wanted)
    ranked = [
        hits[index] if hits[index].rank == rank else replace(hits[index], rank=rank)
        for rank, index in enumerate(kept, 1)
    ]
    return ranked, [
        replace(hits[index], rank=rank, dropped=reason)
        for rank, (index, reason) in enumerate(reasons.items(), len(kept) + 1)
    ]


class _Choice:
    """The passages by their places among those found: chosen, left, and what is known of each."""

    def __init__(self, hits: Sequence[Hit], limits: Limits) -> None:
        self._hits, self._limits = hits, limits
        best = hits[0].score or 1.0
        self._relevance = [(1 - limits.diversity) * hit.score / best for hit in hits]
        self._chosen: list[int] = []
        self._left = list(range(len(hits)))
        self._reasons: dict[int, str] = {}
        """Of copies of what is chosen."""
        self._articles: Counter[str] = Counter()
        self._sources: Counter[str] = Counter()
        self._alike = [0.0] * len(hits)
        """How much of each passage the most alike chosen one says already."""
        self._compared = [0] * len(hits)
        """With how many of the chosen ones each was compared: only those that come near a place
        are, since telling words apart takes longer than all else here."""
        self._words: dict[int, frozenset[str]] = {}

    def run(self) -> list[int]:
        """Choose."""
        for giving_way in (False, True):
            while len(self._chosen) < self._limits.passages:
                index = self._best_left(giving_way=giving_way)
                if index is None:
                    break
                self._take(index)
        return self._chosen

    def reasons_of_the_others(self, wanted: int) -> dict[int, str]:
        """Why each of the first so many that are not chosen was left."""
        last = max(self._chosen)
        reasons = {}
        for index in self._left[:wanted]:
            if index < last:
                self._compare(index)
            reasons[index] = (
                self._reasons.get(index)
                or self._full(index)
                or (
                    "nearly the same as a passage that is used"
                    if self._alike[index] and index < last
                    else f"beyond the {self._limits.passages} that are read"
                )
            )
        return reasons

    def _best_left(self, *, giving_way: bool) -> int | None:
        """The one that is worth most; of equals the first, which keeps the fused order."""
        found, most = None, -math.inf
        for index in self._left:
            if self._relevance[index] <= most:
                break  # so are all that follow
            self._compare(index)
            worth = self._relevance[index] - self._limits.diversity * self._alike[index]
            free = index not in self._reasons and (giving_way or not self._full(index))
            if worth > most and free:
                found, most = index, worth
        return found

    def _take(self, index: int) -> None:
        self._chosen.append(index)
        self._left.remove(index)
        self._articles[_story(self._hits[index])] += 1
        self._sources[self._hits[index].source] += 1

    def _full(self, index: int) -> str:
        """Whether its article or outlet has all its places, in words."""
        hit, limits = self._hits[index], self._limits
        if limits.per_article and self._articles[_story(hit)] >= limits.per_article:
            return f"{_times(limits.per_article)} of its article are used already"
        if limits.per_source and hit.source and self._sources[hit.source] >= limits.per_source:
            return f"{_times(limits.per_source)} of {hit.source} are used already"
        return ""

    def _compare(self, index: int) -> None:
        """Compare a passage with what has been chosen since it was compared last."""
        for other in self._chosen[self._compared[index] :]:
            said, said_there = self._said(index), self._said(other)
            shorter = min(len(said), len(said_there))
            share = len(said & said_there) / shorter if shorter else 0.0
            if share < _NEAR:
                continue
            hit, chosen = self._hits[index], self._hits[other]
            if self._limits.collapse and share >= _COPY and _is_copy(hit, chosen):
                self._reasons.setdefault(index, f"a copy of what “{chosen.title}” says")
            self._alike[index] = max(self._alike[index], share)
        self._compared[index] = len(self._chosen)

    def _said(self, index: int) -> frozenset[str]:
        """The words of a passage, which are what stands between spaces: of copies the same."""
        if index not in self._words:
            self._words[index] = frozenset(self._hits[index].text.casefold().split())
        return self._words[index]


def _story(hit: Hit) -> str:
    return hit.story or hit.article_id


def _is_copy(hit: Hit, other: Hit) -> bool:
    return _story(hit) == _story(other) and hit.article_id != other.article_id


def _times(count: int) -> str:
    return "one passage" if count == 1 else f"{count} passages"
