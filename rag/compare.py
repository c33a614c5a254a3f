"""Questions of several parts: each part looked for by itself, what is found kept apart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from rag.answer import Draft, add_quotes, lead_with_figures, lead_with_value
from rag.disagree import find_disagreements
from rag.evidence import Candidate, Evidence
from rag.query import Part
from rag.search import Found
from rag.types import Hit
from rag.words import stem, stems, words
from vectorstore import Filters

__all__ = ["Voice", "heard", "of_outlet", "quote_voices", "say_what_is_missing", "together"]

_MOST_EACH = 2
"""Sentences quoted of one voice."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A part of a comparison with the sentences that bear on it, those of this voice alone."""

    part: Part
    evidence: Evidence

    @property
    def speaks(self) -> bool:
        """Whether it has anything to say on the question."""
        return bool(self.evidence.candidates) and self.evidence.answerable


def of_outlet(part: Part, outlets: Iterable[str], filters: Filters | None) -> Filters | None:
    """The filters, narrowed to the outlet where the part names one of these.

    Where they leave that outlet out they let nothing pass.
    """
    if not part.name:
        return filters
    known = {outlet.casefold(): outlet for outlet in outlets}
    plain = part.name.casefold()
    outlet = known.get(plain) or known.get(plain.removeprefix("the "))
    if not outlet:
        return filters
    given = filters or Filters()
    if given.sources and outlet.casefold() not in map(str.casefold, given.sources):
        return replace(given, article_ids=("",))
    return replace(given, sources=(outlet,))


def heard(part: Part, evidence: Evidence, *, outlet: bool) -> Voice:
    """Of all that was found for a part, what is of its voice: its name is in the sentence, or in
    the passage where no sentence has it. Every sentence of an outlet is its own, and so is every
    one of a part that has no name."""
    if outlet or not part.name:
        return Voice(part, evidence)
    name = stem(words(part.name)[-1])
    candidates = evidence.candidates
    named = [c for c in candidates if name in stems(words(c.text))]
    near = [c for c in candidates if name in stems(words(c.hit.text))]
    return Voice(part, replace(evidence, candidates=tuple(named or near)))


def quote_voices(voices: Sequence[Voice]) -> Draft:
    """What answers each part: one or two sentences, verbatim, each its own citation.

    "partial" where a part has nothing to say; the reason names it.
    """
    named = all(voice.part.name for voice in voices)
    draft = Draft(kind="comparison" if named else "extractive")
    quoted: list[Candidate] = []
    for voice in voices:
        if voice.speaks:
            if not voice.part.name:
                _lead(draft, voice)
            quoted += add_quotes(draft, voice.evidence, most=_MOST_EACH, after=quoted)
    say_what_is_missing(draft, voices)
    return draft


def _lead(draft: Draft, voice: Voice) -> None:
    """Say first, of one of two things asked, the figures that differ or the likely value."""
    question, evidence = voice.part.question, voice.evidence
    if draft.sentences:
        # The opening words of an answer stand before its first sentence: here figures are listed.
        differ = find_disagreements(question, evidence, draft.citations)
        draft.disagreements += differ
        led = bool(differ)
    else:
        led = lead_with_figures(draft, question=question, evidence=evidence)
    if not led:
        lead_with_value(draft, evidence)


def say_what_is_missing(draft: Draft, voices: Sequence[Voice]) -> None:
    """Mark a draft as partial where a part has no answer, and name the part."""
    silent = [voice.part for voice in voices if not voice.speaks]
    if not silent or draft.status == "not_found":
        return
    draft.status = "partial"
    if silent[0].name:
        missing = f"Nothing was found of {' or '.join(part.name for part in silent)} on this."
    else:
        missing = f"The articles do not answer: “{silent[0].question}”"
    draft.reason = f"{draft.reason} {missing}".strip()


def together(found: Sequence[Found]) -> Found:
    """What several parts found: their best hits in turns, each passage once, ranked anew."""
    hits: dict[str, Hit] = {}
    for row in zip_longest(*(one.hits for one in found)):
        for hit in row:
            if hit:
                hits.setdefault(hit.passage_id, hit)
    others = {
        hit.passage_id: hit for one in found for hit in one.others if hit.passage_id not in hits
    }
    ranked = [
        replace(hit, rank=rank) for rank, hit in enumerate([*hits.values(), *others.values()], 1)
    ]
    timings: dict[str, float] = {}
    for one in found:
        for stage, seconds in one.timings.items():
            timings[stage] = round(timings.get(stage, 0.0) + seconds, 4)
    return Found(
        hits=ranked[: len(hits)],
        others=ranked[len(hits) :],
        readings=[reading for one in found for reading in one.readings],
        timings=timings,
    )
