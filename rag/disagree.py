"""Where articles give different figures for what a question counts, and how they differ."""

import re
from collections.abc import Sequence

from rag.cite import CitationList
from rag.evidence import ANSWERABLE, Candidate, Evidence, speaks_of
from rag.types import Disagreement, Value
from rag.values import names, numbers
from rag.words import stem, words

__all__ = ["find_disagreements"]

_AS_CLOSE = 0.85
"""Share of the best sentence's match that another must reach to speak of the same thing."""
_AS_CLOSE_AGAIN = 0.75
"""The same for one that repeats a value which such sentences give."""
_SOURCES = 2
"""Articles listed for a value beside those that the answer quotes anyhow."""
_AT_LEAST = re.compile(r"(?:at least|more than|over|no fewer than|upwards of)\s+$", re.IGNORECASE)
_OF_THEM = re.compile(r"(?:\s+\w+)?\s+of (?:them|whom|these|those)\b", re.IGNORECASE)
_AMONG = re.compile(r"\b(?:including|among (?:them|whom)|of whom)\s+(?:\w+\s+)?$", re.IGNORECASE)
"""What tells that a figure counts a part."""
_ABOUT = re.compile(
    r"(?:at least|more than|over|about|around|some|almost|nearly|up to|fewer than|no fewer than"
    r"|an estimated|roughly)\s+$",
    re.IGNORECASE,
)


def find_disagreements(
    question: str, evidence: Evidence, citations: CitationList
) -> tuple[Disagreement, ...]:
    """At most one: the figures that articles give for what "how many ..." asks.

    Each value is as the article words it ("at least 129") with the citations that give it. The
    relation reads "different scope" where one counts a part of the others ("30 of them"), "updated
    over time" where later articles give other figures than earlier ones, "bounds" where a smaller
    figure only says "more than" or "at least", else "contradiction".
    """
    stated = _comparable(question, evidence)
    groups: dict[float, list[Candidate]] = {}
    for candidate in stated:
        groups.setdefault(_value(candidate), []).append(candidate)
    if len(groups) < 2 or len({c.hit.article_id for c in stated}) < 2:
        return ()
    ordered = sorted(groups.items(), key=lambda group: (_earliest(group[1]), group[0]))
    return (
        Disagreement(
            subject=question,
            relation=_relation(ordered),
            values=tuple(
                Value(
                    value=_worded(group[0]),
                    citations=_cited(group, citations),
                )
                for _, group in ordered
            ),
        ),
    )


def _cited(group: Sequence[Candidate], citations: CitationList) -> tuple[int, ...]:
    """The citations of a value: those that the answer has already, and the first two to give it."""
    quoted = {(c.article_id, c.start, c.end) for c in citations.items}
    first = sorted(group, key=lambda candidate: _earliest([candidate]))[:_SOURCES]
    # The first of the group is the one whose words stand for the value.
    kept = [
        c
        for c in group
        if c is group[0] or c in first or (c.hit.article_id, c.start, c.end) in quoted
    ]
    return tuple(sorted({citations.add(c.hit, c.start, c.end) for c in kept}))


def _comparable(question: str, evidence: Evidence) -> list[Candidate]:
    """Sentences that speak of the very thing asked; one for each article and value."""
    named = {stem(word) for name in names(question) for word in words(name)}
    best = max((c.match for c in evidence.candidates), default=0.0)
    stated = [
        candidate
        for candidate in evidence.candidates
        if candidate.match >= _AS_CLOSE_AGAIN * best
        and candidate.confidence > ANSWERABLE
        and candidate.count
        and speaks_of(named, candidate)
    ]
    values = {_value(candidate) for candidate in stated if candidate.match >= _AS_CLOSE * best}
    found: dict[tuple[str, float], Candidate] = {}
    for candidate in sorted(stated, key=lambda one: one.match < _AS_CLOSE * best):
        if _value(candidate) in values:
            found.setdefault((candidate.hit.article_id, _value(candidate)), candidate)
    return list(found.values())


def _value(candidate: Candidate) -> float:
    start, end = candidate.count or (0, 0)
    return max(numbers(candidate.text[start:end]), default=0.0)


def _worded(candidate: Candidate) -> str:
    """The number with the words that bound it: "at least 129"."""
    start, end = candidate.count or (0, 0)
    before = _ABOUT.search(candidate.text[:start])
    return candidate.text[before.start() if before else start : end].strip(" -,")


def _earliest(group: Sequence[Candidate]) -> str:
    """The first day on which an article gives the value; undated ones come last."""
    return min(c.hit.published.isoformat()[:10] if c.hit.published else "9999" for c in group)


def _relation(groups: Sequence[tuple[float, Sequence[Candidate]]]) -> str:
    largest = max(value for value, _ in groups)
    smaller = [candidate for value, group in groups if value < largest for candidate in group]
    if any(map(_is_part, smaller)):
        return "different scope"
    days = [_earliest(group) for _, group in groups]
    if len(set(days)) == len(days) and "9999" not in days:
        return "updated over time"
    return "bounds" if all(map(_is_bound, smaller)) else "contradiction"


def _is_bound(candidate: Candidate) -> bool:
    start, _ = candidate.count or (0, 0)
    return bool(_AT_LEAST.search(candidate.text[:start]))


def _is_part(candidate: Candidate) -> bool:
    start, end = candidate.count or (0, 0)
    behind = bool(_OF_THEM.match(candidate.text, end))
    return behind or bool(_AMONG.search(candidate.text[:start]))
