"""The regression gate: the golden set against recorded floors.

A figure fails where it lies below its floor by more than its interval's half width. Figures that
every question agrees on have an interval of no width and must reach their floor. The floors are
figures as they were recorded, not aims: `python -m evaluation gate --record` renews them.
"""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.data import DataError, Dataset, load_dataset
from evaluation.runs import Step, run_dataset
from rag import load_settings

__all__ = ["GATED", "Verdict", "check", "gate"]

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "evaluation" / "golden"
ARTICLES = ROOT / "corpus" / "sample"
FLOORS = GOLDEN / "floors.json"

GATED = (
    "article_hit@1", "article_ndcg@10", "passage_hit@1", "passage_ndcg@10",
    "value_in_quotes", "value_in_first_quote", "assertion_coverage", "values_shown",
    "citation_precision", "citation_recall", "value_guard", "verbatim", "balanced_accuracy",
)  # fmt: skip
"""Of all of these more is better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One figure held against its floor."""

    measure: str
    floor: float
    value: float
    margin: float

    @property
    def passed(self) -> bool:
        """Whether it is no further below the floor than its margin."""
        return self.value >= self.floor - self.margin - 1e-9

    def __str__(self) -> str:
        mark = "ok  " if self.passed else "FAIL"
        return (
            f"{mark} {self.measure:22} {self.value:.3f}"
            f"  (floor {self.floor:.3f}, margin {self.margin:.3f})"
        )


def check(figures: Mapping[str, Mapping[str, float]], floors: Mapping[str, float]) -> list[Verdict]:
    """Hold figures against floors. A floor whose figure is missing fails."""
    verdicts = []
    for name, floor in floors.items():
        figure = figures.get(name)
        value, margin = 0.0, 0.0
        if figure:
            value, margin = figure["value"], (figure["high"] - figure["low"]) / 2
        verdicts.append(Verdict(measure=name, floor=floor, value=value, margin=margin))
    return verdicts


def golden() -> Dataset:
    """The golden set over the sample articles."""
    return load_dataset(GOLDEN, articles=ARTICLES)


def measure(dataset: Dataset, *, step: Step | None = None) -> dict[str, Any]:
    """The figures of a fresh run, with no language model; nothing is kept."""
    with tempfile.TemporaryDirectory() as folder:
        run = run_dataset(
            dataset,
            load_settings(llm="off"),
            folder=Path(folder, "run"),
            home=Path(folder, "archives"),
            step=step,
        )
    figures: dict[str, Any] = run.summary["scopes"]["all"]["figures"]
    return figures


def gate(
    *,
    record: bool = False,
    floors: Path = FLOORS,
    dataset: Dataset | None = None,
    step: Step | None = None,
) -> tuple[bool, str]:
    """Run the golden set: whether it passed, and the verdicts as text.

    With `record`, today's figures become the floors.
    """
    chosen = dataset or golden()
    questions = len(chosen.questions)
    if record:
        figures = measure(chosen, step=step)
        held = {name: figures[name]["value"] for name in GATED if name in figures}
        text = json.dumps({"questions": questions, "floors": held}, indent=2)
        floors.write_text(text + "\n", encoding="utf-8")
        return True, f"{floors}: {len(held)} floors recorded over {questions} questions"
    try:
        recorded = json.loads(floors.read_text(encoding="utf-8"))
        limits = {str(name): float(value) for name, value in recorded["floors"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{floors}: no floors ({error}); record them with --record") from error
    verdicts = check(measure(chosen, step=step), limits)
    failed = [verdict for verdict in verdicts if not verdict.passed]
    lines = [*map(str, verdicts), ""]
    if failed:
        names = ", ".join(verdict.measure for verdict in failed)
        lines.append(f"The gate fails: {names} fell below the floor by more than the interval.")
    else:
        lines.append(f"The gate passes: {len(verdicts)} figures over {questions} questions.")
    return not failed, "\n".join(lines)
