"""Sets of questions: listed, handed in, added to one by one."""

import json
import threading
from pathlib import Path

import pytest
from filelock import FileLock

from evaluation.data import DataError
from evaluation.sets import (
    FROM_ANSWERS,
    add_question,
    added_questions,
    keep_set,
    question_sets,
    remove_question,
)

LINE = b'{"qid": "1", "question": "What sank?", "answers": ["ferry"], "gold_doc_ids": ["a"]}\n'
DOCS = b'{"doc_id": "a", "text": "The ferry sank."}\n'


def test_the_golden_set_is_there_and_can_be_asked_both_ways(tmp_path: Path) -> None:
    [golden] = question_sets(tmp_path / "none")
    assert (golden.name, golden.has_articles) == ("golden", True)
    assert len(golden.load(own_articles=True).documents) == 22
    alone = golden.load(own_articles=False)
    assert (len(alone.questions), alone.documents) == (90, ())
    assert not (tmp_path / "none").exists()


def test_files_and_folders_are_sets(tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_bytes(LINE)
    (tmp_path / "golden.jsonl").write_bytes(LINE)  # a name that is taken
    (tmp_path / ".hidden.jsonl").write_bytes(LINE)
    (tmp_path / "notes.txt").write_text("no set")
    (tmp_path / "both").mkdir()
    (tmp_path / "both" / "questions.jsonl").write_bytes(LINE)
    (tmp_path / "both" / "docs.jsonl").write_bytes(DOCS)
    sets = {one.name: one for one in question_sets(tmp_path)}
    assert list(sets) == ["golden", "both", "golden-2", "mine"]
    assert [one.has_articles for one in sets.values()] == [True, True, False, False]
    assert sets["golden-2"].load(own_articles=False).name == "golden-2"
    assert sets["both"].load(own_articles=True).documents[0].doc_id == "a"


def test_a_set_that_is_handed_in(tmp_path: Path) -> None:
    assert keep_set([("../../My set!.jsonl", LINE)], folder=tmp_path) == "my-set"
    assert keep_set([("my-set.jsonl", LINE)], folder=tmp_path) == "my-set-2"
    assert keep_set([("docs.jsonl", DOCS), ("own.jsonl", LINE)], folder=tmp_path) == "own"
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"my-set.jsonl", "my-set-2.jsonl", "own", ".lock"}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([("a.jsonl", LINE + b"{")], "^a.jsonl, line 2: not JSON"),
        ([("a.jsonl", b"")], "^a.jsonl: the file is empty"),
        ([("a.jsonl", b"\xff\xfe")], "^a.jsonl: cannot be read"),
        ([("a.jsonl", b'{"qid": "1", "question": "\\ud800"}')], "line 1: not JSON"),
        ([("a.jsonl", LINE), ("docs.jsonl", b"[]")], "^docs.jsonl, line 1: not a JSON object"),
        ([("a.jsonl", LINE.replace(b'"a"', b'"b"')), ("docs.jsonl", DOCS)], "names b, which no"),
        ([("docs.jsonl", DOCS)], "One file of questions"),
        ([("a.jsonl", LINE), ("b.jsonl", LINE)], "One file of questions"),
    ],
)
def test_a_bad_set_is_named_by_line_and_not_kept(tmp_path: Path, files, message: str) -> None:
    with pytest.raises(DataError, match=message):
        keep_set(files, folder=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} <= {".lock"}


def test_questions_are_added_once(tmp_path: Path) -> None:
    folder = tmp_path / "questions"
    assert added_questions(folder) == []
    assert add_question(folder, "  Who   owns the\nharbour? ")
    assert not add_question(folder, "who owns the harbour?", answers=["the city", " "])
    assert add_question(folder, "Who owns the harbour?", history=[("Which one?", "Leros.")])
    assert add_question(folder, "Who won? \ud800", answers=["x"], answerable=False)
    first, second, third = added_questions(folder)
    assert (first.question, first.answers) == ("who owns the harbour?", ("the city",))
    assert second.history == (("Which one?", "Leros."),)
    assert (third.question, third.answerable, third.answers) == ("Who won? ?", False, ())
    remove_question(folder, first.qid)
    assert [one.qid for one in added_questions(folder)] == [second.qid, third.qid]
    remove_question(folder, second.qid)
    remove_question(folder, third.qid)
    assert [one.name for one in question_sets(folder)] == ["golden"]


def test_what_cannot_be_a_question(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no question"):
        add_question(tmp_path, " \n ")
    with pytest.raises(DataError, match="at most 2,000"):
        add_question(tmp_path, "why " * 501)
    (tmp_path / f"{FROM_ANSWERS}.jsonl").write_text("{broken")
    with pytest.raises(DataError, match="line 1: not JSON"):  # and nothing is lost
        add_question(tmp_path, "Why?")
    assert (tmp_path / f"{FROM_ANSWERS}.jsonl").read_text() == "{broken"


def test_many_at_once(tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=add_question, args=(tmp_path, f"Question {number % 8}?"))
        for number in range(24)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.question for one in added_questions(tmp_path)} == {
        f"Question {n}?" for n in range(8)
    }
    lines = (tmp_path / f"{FROM_ANSWERS}.jsonl").read_text().splitlines()
    assert len({json.loads(line)["qid"] for line in lines}) == len(lines) == 8


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        add_question(tmp_path / "file", "Why?")
    monkeypatch.setattr("evaluation.sets._PATIENCE", 0.1)
    with FileLock(tmp_path / ".lock"), pytest.raises(DataError, match="cannot be written"):
        add_question(tmp_path, "Why?")
