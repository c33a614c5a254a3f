"""Where articles give different figures or days for what a question asks, and how they differ."""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from rag.cite import CitationList
from rag.evidence import ANSWERABLE, Candidate, Evidence, speaks_of
from rag.question import counted
from rag.rerank import log_odds
from rag.types import Disagreement, Value
from rag.values import Day, days, names, numbers, quantities, years
from rag.words import content_words, stem, stems, words

__all__ = ["find_disagreements"]

_AS_CLOSE = 0.85
"""Share of the best sentence's match that another must reach to speak of the same thing."""
_AS_CLOSE_AGAIN = 0.75
"""The same for one that repeats a value which such sentences give."""
_READ = 0.3
"""The odds from which what the reader takes for a passage's answer is one of the values."""
_ROUNDED = 0.02
"""How far apart two amounts are that may be one, rounded, as a share."""
_NO_UNIT = frozenset(
    "thousand million billion trillion about almost around least nearly roughly some up".split()
)
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


class _Stated(NamedTuple):
    """A value that a sentence gives: where it stands in its text, what it is, and what of."""

    candidate: Candidate
    start: int
    end: int
    value: float | Day
    unit: frozenset[str] = frozenset()

    @property
    def close(self) -> float:
        return self.candidate.match

    @property
    def article(self) -> str:
        return self.candidate.hit.article_id

    def same(self, other: "_Stated") -> bool:
        """Whether both give the same value."""
        if isinstance(self.value, Day) and isinstance(other.value, Day):
            return self.value.matches(other.value)
        if isinstance(self.value, float) and isinstance(other.value, float) and self.unit:
            return math.isclose(self.value, other.value, rel_tol=_ROUNDED)
        return self.value == other.value


def find_disagreements(
    question: str, evidence: Evidence, citations: CitationList
) -> tuple[Disagreement, ...]:
    """At most one: the figures that articles give for what "how many ..." asks, or the days and
    amounts that the reader finds for another question.

    Each value is as the article words it ("at least 129") with the citations that give it. The
    relation reads "different scope" where one counts a part of the others ("30 of them"), "updated
    over time" where later articles give other figures than earlier ones, "bounds" where a smaller
    figure only says "more than" or "at least", else "contradiction". Days of different years are
    those of different events.
    """
    stated = _comparable(question, evidence)
    groups = _by_value(stated)
    named = {one.value.year for one in stated if isinstance(one.value, Day)} - {0}
    if len(named) > 1 or len(groups) < 2 or len({one.article for one in stated}) < 2:
        return ()
    ordered = sorted(groups, key=lambda group: (_earliest(group), _size(group[0])))
    return (
        Disagreement(
            subject=question,
            relation=_relation(ordered),
            values=tuple(
                Value(
                    value=_worded(group[0]),
                    citations=_cited(group, citations),
                )
                for group in ordered
            ),
        ),
    )


def _by_value(stated: Sequence[_Stated]) -> list[list[_Stated]]:
    groups: list[list[_Stated]] = []
    for one in stated:
        known = next((group for group in groups if all(map(one.same, group))), [])
        if not known:
            groups.append(known)
        known.append(one)
    return groups


def _cited(group: Sequence[_Stated], citations: CitationList) -> tuple[int, ...]:
    """The citations of a value: those that the answer has already, and the first two to give it."""
    quoted = {(c.article_id, c.start, c.end) for c in citations.items}
    first = sorted(group, key=lambda one: _earliest([one]))[:_SOURCES]
    # The first of the group is the one whose words stand for the value.
    kept = [
        one.candidate
        for one in group
        if one is group[0]
        or one in first
        or (one.article, one.candidate.start, one.candidate.end) in quoted
    ]
    return tuple(sorted({citations.add(c.hit, c.start, c.end) for c in kept}))


def _comparable(question: str, evidence: Evidence) -> list[_Stated]:
    """Values of sentences that speak of the very thing asked; one for each article and value."""
    named = {stem(word) for name in names(question) for word in words(name)}
    best = max((c.match for c in evidence.candidates), default=0.0)
    found = [
        stated
        for candidate in evidence.candidates
        if candidate.match >= _AS_CLOSE_AGAIN * best
        and candidate.confidence > ANSWERABLE
        and speaks_of(named, candidate)
        and (stated := _stated(question, evidence, candidate))
    ]
    close = [one for one in found if one.close >= _AS_CLOSE * best]
    kept: list[_Stated] = []
    for one in sorted(found, key=lambda one: one.close < _AS_CLOSE * best):
        told = any(one.same(other) for other in close) and one.unit == close[0].unit
        if told and not any(one.article == other.article and one.same(other) for other in kept):
            kept.append(one)
    return kept


def _stated(question: str, evidence: Evidence, candidate: Candidate) -> _Stated | None:
    """What a sentence gives for what is asked: the number that counts it, or, where nothing is
    counted, the day or the amount that the reader takes for the answer."""
    if candidate.count:
        start, end = candidate.count
        value = max(numbers(candidate.text[start:end]), default=0.0)
        return _Stated(candidate, start, end, value)
    read = candidate.reading
    if counted(question) or not read or not candidate.says or candidate.answer < log_odds(_READ):
        return None
    start, end = read.start - candidate.start, read.end - candidate.start
    said = candidate.text[start:end]
    if evidence.asked == "date" and len(named := days(said)) == 1:
        return _Stated(candidate, start, end, named[0])
    amounts = quantities(said)
    if evidence.asked == "number" and len(amounts) == 1 and not years(said):
        [amount] = amounts
        unit = stems(w for w in content_words(said) if not numbers(w) and w not in _NO_UNIT)
        unit = {amount.unit} if amount.unit else unit
        return _Stated(candidate, start, end, amount.value, frozenset(unit))
    return None


def _worded(stated: _Stated) -> str:
    """The number with the words that bound it: "at least 129"."""
    text = stated.candidate.text
    before = _ABOUT.search(text[: stated.start])
    return text[before.start() if before else stated.start : stated.end].strip(" -,")


def _earliest(group: Sequence[_Stated]) -> str:
    """The first day on which an article gives the value; undated ones come last."""
    published = [one.candidate.hit.published for one in group]
    return min(day.isoformat()[:10] if day else "9999" for day in published)


def _size(stated: _Stated) -> tuple[float, ...]:
    value = stated.value
    return (value.year, value.month, value.day) if isinstance(value, Day) else (value,)


def _relation(groups: Sequence[Sequence[_Stated]]) -> str:
    largest = max(_size(group[0]) for group in groups)
    smaller = [one for group in groups for one in group if _size(one) < largest]
    if any(map(_is_part, smaller)):
        return "different scope"
    published = [_earliest(group) for group in groups]
    if isinstance(groups[0][0].value, Day):
        return "contradiction"  # of what has happened the day does not change
    if len(set(published)) == len(published) and "9999" not in published:
        return "updated over time"
    return "bounds" if smaller and all(map(_is_bound, smaller)) else "contradiction"


def _is_bound(stated: _Stated) -> bool:
    return bool(_AT_LEAST.search(stated.candidate.text[: stated.start]))


def _is_part(stated: _Stated) -> bool:
    behind = bool(_OF_THEM.match(stated.candidate.text, stated.end))
    return behind or bool(_AMONG.search(stated.candidate.text[: stated.start]))
