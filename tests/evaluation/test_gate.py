"""The regression gate: its rule, and that it catches bugs that were planted."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

import rag.retrieve
from corpus import sentence_spans
from evaluation.__main__ import main
from evaluation.data import DataError, Dataset
from evaluation.gate import FLOORS, GATED, check, gate, golden
from rag.cite import CitationList
from rag.evidence import Evidence
from rag.types import Hit


def figure(value: float, margin: float) -> dict[str, float]:
    return {"value": value, "low": value - margin, "high": value + margin}


def test_a_figure_may_fall_by_its_interval_and_no_further() -> None:
    floors = {"a": 0.8, "b": 0.8, "c": 1.0, "d": 1.0, "e": 0.5}
    figures = {
        "a": figure(0.71, 0.1), "b": figure(0.69, 0.1), "c": figure(1.0, 0), "d": figure(0.999, 0),
    }  # fmt: skip
    passed = {verdict.measure: verdict.passed for verdict in check(figures, floors)}
    assert passed == {"a": True, "b": False, "c": True, "d": False, "e": False}


def test_a_verdict_reads_well() -> None:
    (verdict,) = check({"recall": figure(0.69, 0.1)}, {"recall": 0.8})
    assert str(verdict).split() == [
        "FAIL",
        "recall",
        "0.690",
        "(floor",
        "0.800,",
        "margin",
        "0.100)",
    ]


def test_floors_are_recorded_for_every_gated_figure() -> None:
    recorded = json.loads(FLOORS.read_text(encoding="utf-8"))
    assert set(recorded["floors"]) == set(GATED)
    assert recorded["questions"] == len(golden().questions)


def test_missing_floors_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no floors"):
        gate(floors=tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("[]")
    with pytest.raises(DataError, match="no floors"):
        gate(floors=tmp_path / "bad.json")


@pytest.fixture(scope="module")
def few() -> Dataset:
    """Every sixth golden question."""
    whole = golden()
    return Dataset(whole.name, whole.documents, whole.questions[::6], whole.folder)


@pytest.mark.slow
def test_recording_and_passing(tmp_path: Path, few: Dataset) -> None:
    floors = tmp_path / "floors.json"
    passed, text = gate(record=True, floors=floors, dataset=few)
    assert passed
    assert "floors recorded over 15 questions" in text
    passed, text = gate(floors=floors, dataset=few)
    assert passed, text
    assert "The gate passes" in text
    raised = json.loads(floors.read_text())
    raised["floors"]["verbatim"] = 1.1
    floors.write_text(json.dumps(raised))
    passed, text = gate(floors=floors, dataset=few)
    assert not passed
    assert "The gate fails: verbatim fell" in text


def test_the_command_tells_by_its_exit_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for passed, status in ((True, 0), (False, 1)):
        monkeypatch.setattr("evaluation.gate.gate", lambda passed=passed, **_: (passed, "text"))
        assert main(["gate", "--quiet"]) == status
        assert capsys.readouterr().out == "text\n"


def reversed_ranks(monkeypatch: pytest.MonkeyPatch) -> None:
    fuse = rag.retrieve.fuse

    def worst_first(rankings: Sequence[Sequence[str]]) -> list[tuple[str, float]]:
        return fuse(rankings)[::-1]

    monkeypatch.setattr(rag.retrieve, "fuse", worst_first)


def shifted_citations(monkeypatch: pytest.MonkeyPatch) -> None:
    add = CitationList.add

    def shifted(self: CitationList, hit: Hit, start: int, end: int) -> int:
        spans = [(hit.start + s, hit.start + e) for s, e in sentence_spans(hit.text)]
        later = [span for span in spans if span[0] >= end] or spans[:1]
        return add(self, hit, *later[0])

    monkeypatch.setattr(CitationList, "add", shifted)


def shifted_quotes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quote is right and its span is not."""
    add = CitationList.add

    def shifted(self: CitationList, hit: Hit, start: int, end: int) -> int:
        number = add(self, hit, start, end)
        wrong = self.items[number - 1]
        object.__setattr__(wrong, "start", start + 1)
        return number

    monkeypatch.setattr(CitationList, "add", shifted)


def never_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Evidence, "answerable", property(lambda self: bool(self.candidates)))


def always_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Evidence, "answerable", property(lambda _: False))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("plant", "caught"),
    [
        (reversed_ranks, "article_ndcg@10"),
        (shifted_citations, "citation_precision"),
        (shifted_quotes, "verbatim"),
        (never_refuses, "balanced_accuracy"),
        (always_refuses, "balanced_accuracy"),
    ],
)
def test_a_planted_bug_is_caught(monkeypatch: pytest.MonkeyPatch, plant, caught: str) -> None:
    plant(monkeypatch)
    passed, text = gate()
    print(text)
    assert not passed
    failed = [line.split()[1] for line in text.splitlines() if line.startswith("FAIL")]
    assert caught in failed


@pytest.mark.slow
def test_the_code_as_it_is_passes() -> None:
    passed, text = gate()
    assert passed, text
