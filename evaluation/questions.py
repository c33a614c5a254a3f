"""Ask a set of questions and count: expected values in cited quotes, refusals, verbatim quotes.

    python -m evaluation.questions QUESTIONS.jsonl --articles FOLDER

Each line of the file has qid, question, answers (any of which must occur, in any case, in a cited
quote) and answerable. The articles are ingested into a temporary archive.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rag import Answer, Archive, DossierError

__all__ = ["Outcome", "Summary", "main", "run", "summarise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A question with its answer, and what came of it."""

    qid: str
    question: str
    answers: tuple[str, ...]
    answerable: bool
    answer: Answer
    verbatim: bool

    @property
    def quoted(self) -> bool:
        """Whether an expected value stands in a cited quote."""
        quotes = " ".join(citation.quote for citation in self.answer.citations).lower()
        return not self.refused and any(value.lower() in quotes for value in self.answers)

    @property
    def refused(self) -> bool:
        """Whether nothing was found."""
        return self.answer.status == "not_found"

    @property
    def right(self) -> bool:
        """Answered with the value, or rightly refused."""
        return self.quoted if self.answerable else self.refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Shares between 0 and 1; `sentences` is the mean length of an answer that was given."""

    answerable: int
    quoted: float
    first: float
    """The value stands in the first quote."""
    wrongly_refused: float
    unanswerable: int
    refused: float
    verbatim: float
    sentences: float


def load(path: Path) -> list[dict[str, object]]:
    """The questions of a file; a line that is not one is named."""
    questions = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            item = json.loads(line)
            if {"qid", "question", "answers", "answerable"} <= item.keys():
                questions.append(item)
                continue
        except (ValueError, AttributeError) as error:
            raise DossierError(f"{path}, line {number}: not a question ({error})") from error
        raise DossierError(f"{path}, line {number}: qid, question, answers or answerable missing")
    if not questions:
        raise DossierError(f"{path}: no questions")
    return questions


def run(archive: Archive, questions: Sequence[dict[str, object]]) -> list[Outcome]:
    """Ask each question by itself."""
    outcomes = []
    for item in questions:
        answer = archive.ask(str(item["question"]))
        answers = item["answers"]
        outcomes.append(
            Outcome(
                qid=str(item["qid"]),
                question=str(item["question"]),
                answers=tuple(map(str, answers)) if isinstance(answers, list) else (),
                answerable=bool(item["answerable"]),
                answer=answer,
                verbatim=all(found.passed for found in archive.verify(answer)),
            )
        )
    return outcomes


def summarise(outcomes: Sequence[Outcome]) -> Summary:
    """The figures of a run."""
    asked = [o for o in outcomes if o.answerable]
    trick = [o for o in outcomes if not o.answerable]
    given = [len(o.answer.citations) for o in outcomes if not o.refused]
    return Summary(
        answerable=len(asked),
        quoted=_share([o.quoted for o in asked]),
        first=_share([_in_first(o) for o in asked]),
        wrongly_refused=_share([o.refused for o in asked]),
        unanswerable=len(trick),
        refused=_share([o.refused for o in trick]),
        verbatim=_share([o.verbatim for o in outcomes]),
        sentences=statistics.mean(given) if given else 0.0,
    )


def _in_first(outcome: Outcome) -> bool:
    first = "".join(c.quote for c in outcome.answer.citations[:1]).lower()
    return any(value.lower() in first for value in outcome.answers)


def _share(items: Sequence[bool]) -> float:
    return sum(items) / len(items) if items else 0.0


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; the exit status is 1 where the questions cannot be run."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.questions", description=__doc__)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--articles", type=Path, required=True)
    parser.add_argument("--failures", action="store_true", help="list what went wrong")
    given = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as home, Archive.open(home) as archive:
            questions = load(given.questions)
            archive.ingest(given.articles)
            outcomes = run(archive, questions)
    except (DossierError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    figures = summarise(outcomes)
    for name in Summary.__slots__:
        value = getattr(figures, name)
        sys.stdout.write(f"{name:16} {value if isinstance(value, int) else f'{value:.3f}'}\n")
    if given.failures:
        for o in outcomes:
            if not o.right:
                got = o.answer.text[:150]
                sys.stdout.write(f"{o.qid}: {o.question} {list(o.answers)} -> {got}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
