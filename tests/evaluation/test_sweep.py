"""The sweep: halves that do not overlap, figures that follow the settings, names that exist."""

import json
from pathlib import Path

import pytest

from evaluation.__main__ import main
from evaluation.data import DataError, Question, load_dataset
from evaluation.sweep import CONFIGURATIONS, halved, sweep, table
from rag import Settings
from rag.embedder import OnnxEmbedder

SETTINGS = Settings(_env_file=None)
TEXTS = {
    "ice": "The harbour of Norrvik closed for nine days when ice broken by no ship filled it.",
    "fire": "A fire at the mill of Oster was put out by crews from three towns on Sunday.",
    "road": "The council of Levin will rebuild the coastal road before the winter comes.",
}
ASKED = {
    "ice": "For how many days was the harbour of Norrvik closed?",
    "fire": "Where did crews from three towns put out a fire?",
    "road": "Which road will the council of Levin rebuild?",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "towns"
    made.mkdir()
    (made / "docs.jsonl").write_text(
        "".join(json.dumps({"doc_id": k, "text": v, "title": k}) + "\n" for k, v in TEXTS.items())
    )
    (made / "questions.jsonl").write_text(
        "".join(
            json.dumps({"qid": k, "question": v, "answers": ["x"], "gold_doc_ids": [k]}) + "\n"
            for k, v in ASKED.items()
        )
    )
    return made


def question(qid: str) -> Question:
    return Question(qid=qid, question="Why?")


def test_halves_part_the_questions() -> None:
    questions = [question(f"q{number}") for number in range(200)]
    first, second = halved(questions, "first"), halved(questions, "second")
    assert sorted(q.qid for q in first + second) == sorted(q.qid for q in questions)
    assert 70 < len(first) < 130
    assert halved(questions, "all") == questions


def test_sweep(folder: Path, tmp_path: Path, embedder: OnnxEmbedder) -> None:
    steps: list[tuple[str, int, int]] = []
    rows = sweep(
        load_dataset(folder),
        SETTINGS,
        home=tmp_path / "cache",
        names=["bm25", "shipped"],
        step=lambda *told: steps.append(told),
    )
    assert [row.name for row in rows] == ["fused", "bm25", "shipped"]
    for row in rows:
        assert row.figures["hit@1"].value == row.figures["mrr@10"].value == 1.0
        assert row.milliseconds.value > 0
    assert rows[0].p == 1.0
    assert ("bm25", 3, 3) in steps
    lines = list(table(rows))
    assert len(lines) == 5
    assert lines[2].startswith("| fused | 1.000 (1.000 to 1.000) |")


def test_an_unknown_configuration(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="magic: no such configuration"):
        sweep(load_dataset(folder), SETTINGS, home=tmp_path / "cache", names=["magic"])
    assert not (tmp_path / "cache").exists()


def test_questions_without_gold(folder: Path, tmp_path: Path) -> None:
    (folder / "questions.jsonl").write_text(json.dumps({"qid": "a", "question": "Why?"}) + "\n")
    with pytest.raises(DataError, match="no question has a gold article"):
        sweep(load_dataset(folder), SETTINGS, home=tmp_path / "cache")


def test_the_command(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], embedder: OnnxEmbedder
) -> None:
    given = ["sweep", "--data", str(folder), "--cache", str(tmp_path / "cache"), "--quiet"]
    assert main([*given, "--only", "dense", "--set", "depth=5"]) == 0
    assert "| dense | " in capsys.readouterr().out
    assert main([*given, "--only", "magic"]) == 1
    assert "no such configuration" in capsys.readouterr().err


def test_every_configuration_is_made_of_settings() -> None:
    for given in CONFIGURATIONS.values():
        made = Settings(_env_file=None, **given)
        assert {name: getattr(made, name) for name in given} == given
