"""Reading data sets: the format, and every way in which a file can be wrong."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evaluation.data import DataError, Document, Question, duplicates, load_dataset

DOCS = [
    {"doc_id": "a", "title": "Ferry", "text": "The ferry sank.", "date": "2020-01-02"},
    {"doc_id": "b", "text": "The bridge held.", "url": None},
]
QUESTIONS = [
    {"qid": 1, "question": "What sank?", "answers": ["ferry"], "gold_doc_ids": ["a", "a"]},
    {"qid": "2", "question": "Who won?", "answerable": False, "history": [["Who?", "Nobody."]]},
]


def put(folder: Path, docs=DOCS, questions=QUESTIONS) -> Path:
    folder.mkdir(exist_ok=True)
    for name, items in (("docs", docs), ("questions", questions)):
        lines = [item if isinstance(item, str) else json.dumps(item) for item in items]
        (folder / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_reads_the_format(tmp_path: Path) -> None:
    dataset = load_dataset(put(tmp_path / "ferry"))
    assert dataset.name == "ferry"
    assert [d.doc_id for d in dataset.documents] == ["a", "b"]
    first, second = dataset.questions
    assert (first.qid, first.gold_doc_ids) == ("1", ("a",))
    assert second.history == (("Who?", "Nobody."),)
    assert not second.answerable
    assert not dataset.restricted


def test_history_may_be_objects(tmp_path: Path) -> None:
    turn = {"question": "Who?", "answer": "Nobody."}
    question = {"qid": "1", "question": "When?", "history": [turn]}
    dataset = load_dataset(put(tmp_path, questions=[question]))
    assert dataset.questions[0].history == (("Who?", "Nobody."),)


def test_digests_follow_the_content(tmp_path: Path) -> None:
    first = load_dataset(put(tmp_path))
    again = load_dataset(put(tmp_path))
    assert first.digest == again.digest
    changed = load_dataset(put(tmp_path, docs=[{**DOCS[0], "text": "It swam."}, DOCS[1]]))
    assert changed.digest != first.digest
    assert changed.questions[0].digest == first.questions[0].digest
    asked = load_dataset(put(tmp_path, questions=[{**QUESTIONS[0], "answers": ["boat"]}]))
    assert asked.questions[0].digest != first.questions[0].digest


@pytest.mark.parametrize(
    ("docs", "questions", "message"),
    [
        (DOCS, [QUESTIONS[0], QUESTIONS[0]], "questions.jsonl, line 2: qid 1 stands at line 1 too"),
        ([DOCS[0], DOCS[0]], QUESTIONS, "docs.jsonl, line 2: doc_id a stands at line 1 too"),
        (
            DOCS,
            [{**QUESTIONS[0], "gold_doc_ids": ["zz"]}],
            "questions.jsonl, line 1: gold_doc_ids names zz, which no document has",
        ),
        (DOCS, [{**QUESTIONS[0], "doc_ids": ["yy"]}], "line 1: doc_ids names yy"),
        (DOCS, ["", QUESTIONS[0], '{"qid": '], "questions.jsonl, line 3: not JSON"),
        (DOCS, ["[1]"], "line 1: not a JSON object"),
        ([], QUESTIONS, "docs.jsonl: the file is empty"),
        (DOCS, ["", " "], "questions.jsonl: the file is empty"),
        ([{"doc_id": "a"}], QUESTIONS, "docs.jsonl, line 1: text is missing or empty"),
        ([{"doc_id": "a", "text": ["x"]}], QUESTIONS, "line 1: text is not a string"),
        (DOCS, [{"question": "What?"}], "line 1: qid is missing or empty"),
        (DOCS, [{**QUESTIONS[0], "answers": "ferry"}], "line 1: answers is not a list of strings"),
        (DOCS, [{**QUESTIONS[0], "answerable": "no"}], "answerable is neither true nor false"),
        (DOCS, [{**QUESTIONS[0], "history": ["Who?"]}], "history is not a list of pairs"),
        (DOCS, [{**QUESTIONS[0], "history": "Who?"}], "history is not a list of pairs"),
    ],
)
def test_names_file_and_line(tmp_path: Path, docs, questions, message: str) -> None:
    with pytest.raises(DataError, match="jsonl") as caught:
        load_dataset(put(tmp_path, docs=docs, questions=questions))
    assert message in str(caught.value)


def test_names_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        load_dataset(tmp_path / "none")
    with pytest.raises(DataError, match=r"docs\.jsonl: no such file"):
        load_dataset(tmp_path)
    (tmp_path / "docs.jsonl").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(DataError, match="cannot be read"):
        load_dataset(tmp_path)


def test_articles_of_a_folder(tmp_path: Path) -> None:
    data = put(tmp_path / "data", questions=[{**QUESTIONS[0], "gold_doc_ids": ["one.txt"]}])
    articles = tmp_path / "articles"
    articles.mkdir()
    with pytest.raises(DataError, match="no articles"):
        load_dataset(data, articles=articles)
    (articles / "one.txt").write_text("The ferry sank.")
    assert [d.doc_id for d in load_dataset(data, articles=articles).documents] == ["one.txt"]
    (articles / "more").mkdir()
    (articles / "more" / "one.txt").write_text("Another.")
    with pytest.raises(DataError, match=r"two articles are named one\.txt"):
        load_dataset(data, articles=articles)
    with pytest.raises(DataError, match="no such folder of articles"):
        load_dataset(data, articles=tmp_path / "none")


def test_a_passage_named_after_its_question_is_its_own(tmp_path: Path) -> None:
    docs = [{"doc_id": "clapnq-7", "text": "Some text."}, DOCS[0]]
    dataset = load_dataset(put(tmp_path, docs=docs, questions=[{"qid": "7", "question": "What?"}]))
    assert dataset.questions[0].doc_ids == ("clapnq-7",)
    assert dataset.restricted


def test_duplicates_are_found_by_content() -> None:
    documents = [
        Document(doc_id="a", text="The ferry  sank."),
        Document(doc_id="b", text="The ferry sank.\n"),
        Document(doc_id="c", text="The ferry sank.", source="Another"),
    ]
    assert duplicates(documents) == {"b": "a"}


def test_a_question_keeps_its_digest_from_before_wrong_values() -> None:
    before = Question(qid="1", question="What sank?", answers=("ferry",))
    assert before.digest == "c576cfa487b20c1d", "or kept runs no longer know their questions"
    assert replace(before, wrong_values=("raft",)).digest != before.digest
