"""Which of the passages found an answer sees: many voices instead of one text many times.

Copies of an article count once, one article or outlet does not take all places, and of passages
that say nearly the same the lower one gives way to another by maximal marginal relevance
(Carbonell and Goldstein, SIGIR 1998).
"""

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


def choose(hits: Sequence[Hit], *, limits: Limits) -> tuple[list[Hit], list[Hit]]:
    """Those that the answer sees, ranked anew, and the others, each with why it was `dropped`.

    `hits` come best first. A limit of an article or outlet gives way where places would stay empty;
    a copy never takes one.
    """
    if not hits:
        return [], []
    said = _word_sets([hit.text for hit in hits])
    best = hits[0].score or 1.0
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
        for other in left:
            if other != index and other not in reasons:
                shared = _shared(said[other], said[index])
                if limits.collapse and shared >= _COPY and _is_copy(hits[other], hit):
                    reasons[other] = f"a copy of what “{hit.title}” says"
                elif shared >= _NEAR:
                    alike[other] = max(alike[other], shared)

    for giving_way in (False, True):
        while len(chosen) < limits.passages:
            free = [
                index for index in left if index not in reasons and (giving_way or not full(index))
            ]
            if not free:
                break
            # Of equals the first: `max` keeps the fused order.
            take(
                max(
                    free,
                    key=lambda index: (
                        (1 - limits.diversity) * hits[index].score / best
                        - limits.diversity * alike[index]
                    ),
                )
            )
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


def _word_sets(texts: Sequence[str]) -> list[int]:
    """The words of each text as the bits of a number: their overlap is counted in no time.

    Words are what stands between spaces: of copies the same, and quicker than without punctuation.
    """
    bits: dict[str, int] = {}
    found = []
    for text in texts:
        of = 0
        for word in set(text.casefold().split()):
            of |= bits.setdefault(word, 1 << len(bits))
        found.append(of)
    return found


def _shared(one: int, other: int) -> float:
    """Of the words of the shorter text, the share that the other one has."""
    return (one & other).bit_count() / max(1, min(one.bit_count(), other.bit_count()))


def _story(hit: Hit) -> str:
    return hit.story or hit.article_id


def _is_copy(hit: Hit, other: Hit) -> bool:
    return _story(hit) == _story(other) and hit.article_id != other.article_id


def _times(count: int) -> str:
    return "one passage" if count == 1 else f"{count} passages"
