"""What became of each question of a run, and which questions changed between two runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.data import DataError, Question
from evaluation.measures import LESS_IS_BETTER, score
from evaluation.runs import Run
from evaluation.summary import Comparison, compare

__all__ = ["RIGHT", "Change", "Judged", "changes", "compare_runs", "judged"]

RIGHT = "right"
"""The name of `Judged.right` among measures."""

_ANSWERING = ("value_in_answer", "assertion_coverage", "values_shown")
_TELLING = (
    "article_hit@5", "passage_hit@5", *_ANSWERING, "value_in_quotes", "citation_precision",
    "citation_recall", "value_guard", "verbatim", "wrong_values_shown", "wrongly_refused",
    "wrongly_answered",
)  # fmt: skip
"""Measures that say of one question what went wrong; those beyond say the same by degrees."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A question with the record of how it was answered and its scores."""

    question: Question
    record: Mapping[str, Any]
    scores: Mapping[str, float]

    @property
    def key(self) -> str:
        """Its scope and id."""
        return str(self.record["key"])

    @property
    def right(self) -> float:
        """How right the answer is, from 0 to 1.

        The mean of what is known of its text: an expected answer stands in it, assertions are
        covered, values shown. Where nothing is known: that it was given, or refused where there is
        none. Of a system that does not answer: that the first article is a gold one.
        """
        if "wrongly_answered" in self.scores:
            return 1 - self.scores["wrongly_answered"]
        held = [self.scores[name] for name in _ANSWERING if name in self.scores]
        if held:
            return sum(held) / len(held)
        if "wrongly_refused" in self.scores:
            return 1 - self.scores["wrongly_refused"]
        return self.scores.get("article_hit@1", 1.0)

    @property
    def wrong(self) -> bool:
        """Whether anything is missing from the answer."""
        return self.right < 1 - 1e-9

    @property
    def failed(self) -> tuple[str, ...]:
        """The measures that are not at their best."""
        return tuple(name for name in _TELLING if self._loss(name) > 1e-9)

    def score(self, measure: str) -> float | None:
        """A measure's score, RIGHT among them; None where it does not apply."""
        return self.right if measure == RIGHT else self.scores.get(measure)

    def _loss(self, name: str) -> float:
        if name not in self.scores:
            return 0.0
        return self.scores[name] if name in LESS_IS_BETTER else 1 - self.scores[name]


def judged(run: Run) -> list[Judged]:
    """Every question of a run, in order; once for each scope."""
    scores = score(run.records, run.questions)
    return [
        Judged(run.questions[record["qid"]], record, one)
        for record, one in zip(run.records, scores, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Change:
    """A question in two runs; `by` is how much better the second is."""

    before: Judged
    after: Judged
    by: float


def changes(
    first: Sequence[Judged], second: Sequence[Judged], *, measure: str = RIGHT
) -> list[Change]:
    """The questions of both runs whose score differs, those that became worst first."""
    known = {one.key: one for one in first}
    sign = -1 if measure in LESS_IS_BETTER else 1
    found = []
    for after in second:
        before = known.get(after.key)
        if before is None or before.question.digest != after.question.digest:
            continue
        was, now = before.score(measure), after.score(measure)
        if was is not None and now is not None and abs(now - was) > 1e-9:
            found.append(Change(before, after, sign * (now - was)))
    return sorted(found, key=lambda change: change.by)


def compare_runs(first: Run, second: Run) -> dict[str, list[Comparison]]:
    """Two runs by the questions that both asked, for each scope. Raises DataError without any."""
    known = {q.qid: q.digest for q in first.questions.values()}
    shared = {q.qid: q for q in second.questions.values() if known.get(q.qid) == q.digest}
    before, after = ([r for r in run.records if r["qid"] in shared] for run in (first, second))
    found = compare(before, after, shared)
    if not found:
        raise DataError(f"{first.folder} and {second.folder} have no question in common")
    return found
