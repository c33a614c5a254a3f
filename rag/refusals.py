"""Drafts of answers that say that there is none, and why."""

from collections.abc import Sequence

from rag.answer import Draft, quote
from rag.evidence import Candidate, Evidence
from rag.types import Coverage
from rag.values import days, names, years
from rag.words import words

__all__ = ["not_found", "phrase_not_found", "premise_not_met"]


def phrase_not_found(phrases: Sequence[str]) -> Draft:
    """Say that no passage holds what was asked for word for word."""
    reason = f"No passage says {_listed(phrases)} word for word."
    return Draft(status="not_found", kind="not_stated", reason=reason)


def premise_not_met(premise: Candidate) -> Draft:
    """Quote the sentence by which what the question takes for granted is not said to be so."""
    draft = Draft(
        status="not_found",
        kind="false_premise",
        reason="The articles do not say that what the question takes for granted happened.",
        opening="The articles do not say that this happened. They say:",
    )
    quote(draft, premise)
    return draft


def not_found(
    question: str,
    evidence: Evidence,
    coverage: Coverage | None = None,
    *,
    another: bool = False,
) -> Draft:
    """Say that there is no answer, and of which kind that is.

    "outside" the archive's time or subject, or on the subject but "not_stated". `another`: there
    was one, which was not wanted.
    """
    named = {word for name in names(question) for word in words(name)}
    strange = [word for word in evidence.unknown if word in named]
    if beyond := _beyond(question, coverage):
        kind, reason = "outside", beyond
    elif strange:
        kind, reason = "outside", f"The archive never mentions {_listed(strange)}."
    elif evidence.on_subject:
        kind = "not_stated"
        which = "no other sentence" if another else "no sentence"
        reason = f"The articles speak of this subject, but {which} in them answers the question."
    else:
        kind, reason = "outside", "The archive holds nothing on this subject."
    if others := [word for word in evidence.missing if word not in strange]:
        reason += f" Not in the nearest passages: {_listed(others[:5])}."
    return Draft(status="not_found", kind=kind, reason=reason)


def _beyond(question: str, coverage: Coverage | None) -> str:
    """That the question asks of a time after the last article."""
    asked = years(question) | {day.year for day in days(question) if day.year}
    last = coverage.last if coverage and not coverage.undated else None
    if not last or not asked or min(asked) <= last.year:
        return ""  # of what was before it, an article may well speak
    return f"The last article is of {last.isoformat()[:10]}; the question asks of {min(asked)}."


def _listed(items: Sequence[str]) -> str:
    return ", ".join(f"“{item}”" for item in items)
