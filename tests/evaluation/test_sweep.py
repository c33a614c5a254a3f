"""The sweep: halves that do not overlap, figures that follow the settings, names that exist."""

import json
from pathlib import Path

import pytest
from asking import settings_for
from servers.scripted import Reply, ScriptedServer

from evaluation.__main__ import main
from evaluation.data import DataError, Question, load_dataset
from evaluation.sweep import BY_MODEL, CONFIGURATIONS, CUTS, halved, sliced, sweep, table
from rag import Archive, Settings
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


def test_cuts_have_archives_of_their_own(
    folder: Path, tmp_path: Path, embedder: OnnxEmbedder
) -> None:
    names = ["64 tokens", "1 sentence repeated", "no title"]
    rows = sweep(load_dataset(folder), SETTINGS, home=tmp_path / "cache", names=names, kind="cuts")
    assert [row.name for row in rows] == ["as shipped", *names]
    [home] = (tmp_path / "cache").iterdir()
    cut = {}
    for place in home.glob("archive-*"):
        with Archive.open(place, settings=SETTINGS, embedder=embedder) as archive:
            cut[place.name] = archive.status().fingerprint.split(" | ")[1]
    assert cut == {
        "archive-200": "sentences-3:200",
        "archive-64": "sentences-3:64",
        "archive-200-overlap-1": "sentences-3:200:overlap-1",
        "archive-200-untitled": "sentences-3:200:untitled",
    }


def test_an_archive_that_cannot_be_read_is_built_anew(
    folder: Path, tmp_path: Path, embedder: OnnxEmbedder
) -> None:
    """One of an older format, as the cache may hold it; its embeddings are used again."""
    given = {"home": tmp_path / "cache", "names": ["dense"]}
    first = sweep(load_dataset(folder), SETTINGS, **given)
    [place] = (tmp_path / "cache").glob("*/archive-200")
    [manifest] = place.glob("index/*/manifest.json")
    told = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(told | {"format": told["format"] - 1}))
    embeddings = (place / "embeddings.db").stat().st_mtime_ns
    again = sweep(load_dataset(folder), SETTINGS, **given)
    assert [row.figures for row in again] == [row.figures for row in first]
    [manifest] = place.glob("index/*/manifest.json")
    assert json.loads(manifest.read_text())["format"] == told["format"]
    assert (place / "embeddings.db").stat().st_mtime_ns == embeddings


def test_a_slice_holds_the_gold_articles_of_its_questions(folder: Path) -> None:
    dataset = load_dataset(folder)
    for size in (1, 2, 3):
        part = sliced(dataset, size)
        assert len(part.documents) == len(part.questions) == size
        assert {doc.doc_id for doc in part.documents} == {q.qid for q in part.questions}
    assert sliced(dataset, 9).documents == dataset.documents
    (folder / "questions.jsonl").write_text(
        json.dumps({"qid": "a", "question": "Why?", "answers": ["x"], "gold_doc_ids": ["road"]})
    )
    one = sliced(load_dataset(folder), 2)
    assert [doc.doc_id for doc in one.documents] == ["ice", "road"]
    assert one.digest != dataset.digest


def test_a_sample_is_the_same_each_time(folder: Path, tmp_path: Path) -> None:
    dataset = load_dataset(folder)
    counts: list[int] = []
    for _ in range(2):
        sweep(
            dataset, SETTINGS, home=tmp_path / "cache", names=["bm25"], sample=2,
            step=lambda what, done, of: counts.append(of) if what == "bm25" else None,
        )  # fmt: skip
    assert set(counts) == {2}


def test_searches_by_a_model_need_one(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no language model"):
        sweep(load_dataset(folder), SETTINGS, home=tmp_path / "cache", kind="by model")


def test_searches_by_a_model(folder: Path, tmp_path: Path, embedder: OnnxEmbedder) -> None:
    with ScriptedServer(default=Reply("harbour ice")) as server:
        settings = settings_for(server.base_url)
        rows = sweep(
            load_dataset(folder), settings, home=tmp_path / "c", names=["hyde"], kind="by model"
        )
        assert [row.name for row in rows] == ["shipped", "hyde"]
        assert len(server.chats) == len(ASKED) + 1


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
    for given in (*CONFIGURATIONS.values(), *CUTS.values(), *BY_MODEL.values()):
        made = Settings(_env_file=None, **given)
        assert {name: getattr(made, name) for name in given} == given
