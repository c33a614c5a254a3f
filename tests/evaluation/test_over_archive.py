"""Questions asked of an archive that is there: named articles, stopping, going on."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluation.__main__ import main
from evaluation.archives import prepare
from evaluation.data import DataError, Dataset, Document, Question
from evaluation.kept import kept_runs
from evaluation.report import write_report
from evaluation.runs import load_run, run_dataset
from rag import Archive, ArchiveNotFound, Settings
from rag.embedder import OnnxEmbedder

FERRY = "The ferry Saint Brendan sank off Oban on 4 May. All 214 passengers were rescued."
ZOO = "The zoo at Leith has two elephants, both of them old. Keepers feed them at noon."
ASK = Question(
    qid="1", question="How many passengers of the ferry were rescued?", answers=("214",),
    gold_doc_ids=("ferry.txt", "gone.txt"),
)  # fmt: skip
KEEP = Question(qid="2", question="How many elephants has the zoo at Leith?", answers=("two",))


@pytest.fixture
def archive(tmp_path: Path, embedder: OnnxEmbedder) -> Iterator[Archive]:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "ferry.txt").write_text(f"Ferry sinks\n\n{FERRY}\n")
    (folder / "zoo.txt").write_text(f"Old elephants\n\n{ZOO}\n")
    settings = Settings(_env_file=None, llm="off", reader="off", home=tmp_path / "home")
    with Archive.open(settings=settings, embedder=embedder) as opened:
        opened.ingest(folder)
        yield opened


def ask(archive: Archive, *questions: Question, **more):
    runs = archive.home / "runs"
    dataset = Dataset("mine", (), questions)
    return run_dataset(
        dataset, archive.settings, home=runs / ".archives", runs=runs, archive=archive, **more
    )


def test_articles_are_named_by_file_or_number(archive: Archive) -> None:
    by_title = {article.title: article.id for article in archive.articles()}
    numbered = Question(
        qid="3", question=KEEP.question, answers=("two",),
        gold_doc_ids=(by_title["Old elephants"],),
    )  # fmt: skip
    run = ask(archive, ASK, numbered)
    assert run.config["over"] == "archive"
    assert run.summary["lost"] == {"gone.txt": "the archive does not hold it"}
    figures = run.summary["scopes"]["all"]["figures"]
    assert figures["article_hit@1"]["value"] == 1
    assert figures["article_recall@5"]["value"] == 0.75  # the one that is gone counts as not found
    assert figures["value_in_answer"]["value"] == 1
    assert run.records[0]["titles"][by_title["Ferry sinks"]] == "Ferry sinks"
    assert not (archive.home / "runs" / ".archives").exists()  # nothing was built


def test_without_the_developers_requirements(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("matplotlib", "ir_measures", "scipy", "llama_index.vector_stores.chroma"):
        monkeypatch.setitem(sys.modules, name, None)
    report = write_report(ask(archive, ASK)).read_text(encoding="utf-8")
    assert "| article_hit@1 | 1.000" in report
    assert "## Plots" not in report
    own = Dataset("own", (Document(doc_id="a", text=ZOO),), (KEEP,))
    with pytest.raises(DataError, match="needs the developers' requirements"):
        prepare("llamaindex", own, archive.settings, home=archive.home / "runs")


def test_a_run_is_stopped_and_goes_on(archive: Archive) -> None:
    class Enough(Exception):
        pass

    def stop(done: int, of: int) -> None:
        assert (done, of) == (1, 2)
        raise Enough

    with pytest.raises(Enough):
        ask(archive, ASK, KEEP, step=stop)
    [kept] = kept_runs(archive.home / "runs")
    assert (kept.finished, kept.asked, kept.of) == (False, 1, 2)
    with pytest.raises(DataError, match="not finished"):
        load_run(kept.folder)
    first = (kept.folder / "records.jsonl").read_bytes()
    run = ask(archive, ASK, KEEP)
    assert run.folder == kept.folder
    assert (kept.folder / "records.jsonl").read_bytes().startswith(first)
    [kept] = kept_runs(archive.home / "runs")
    assert (kept.finished, kept.asked) == (True, 2)


def test_other_articles_make_another_run_and_end_one_at_work(
    archive: Archive, tmp_path: Path
) -> None:
    def change(done: int, of: int) -> None:
        (tmp_path / "more.txt").write_text("A third article about something else entirely.")
        archive.ingest(tmp_path / "more.txt")

    with pytest.raises(DataError, match="The archive changed while questions were asked"):
        ask(archive, ASK, KEEP, step=change)
    second = ask(archive, ASK, KEEP)
    assert len({run.config["articles"] for run in kept_runs(archive.home / "runs")}) == 2
    assert len(second.records) == 2


def test_what_is_no_run_is_passed_over(tmp_path: Path) -> None:
    for name, text in (("a", "{"), ("b", "[]"), ("c", "{}")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(text)
    assert kept_runs(tmp_path) == []
    assert kept_runs(tmp_path / "none") == []


def test_an_archive_that_is_not_there(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, llm="off", home=tmp_path / "none")
    with Archive.open(settings=settings) as nothing, pytest.raises(ArchiveNotFound):
        ask(nothing, KEEP)
    assert not (tmp_path / "none").exists()


def test_the_command(archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text(json.dumps({"qid": "2", "question": KEEP.question, "answers": ["two"]}))
    common = ["run", "--data", str(file), "--archive", str(archive.home), "--quiet"]
    options = ["--set", "llm=off", "--set", "reader=off", "--out", str(tmp_path / "run")]
    assert main([*common, *options]) == 0
    assert "mine · dossier, all: 1 questions" in capsys.readouterr().out
    assert load_run(tmp_path / "run").config["over"] == "archive"
    assert main([*common, "--baseline", "llamaindex"]) == 1
    assert "it needs a data set's articles" in capsys.readouterr().err
