"""Converters, each on a small file of the form that its source publishes."""

import json
from pathlib import Path

import pytest

from evaluation.__main__ import main
from evaluation.convert import convert
from evaluation.data import DataError, load_dataset


def lines(path: Path, *items: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    return path


def test_squad(tmp_path: Path) -> None:
    answer = {"text": "Oban", "answer_start": 5}
    paragraph = {
        "context": "From Oban the ferry sailed.",
        "qas": [
            {"id": "1", "question": "Whence?", "answers": [answer, answer]},
            {"id": "2", "question": "Whither?", "answers": [], "is_impossible": True},
        ],
    }
    source = lines(tmp_path / "s.json", {"data": [{"title": "A_Ferry", "paragraphs": [paragraph]}]})
    made = convert("squad", source, tmp_path / "out" / "made")
    assert made.documents[0].doc_id == "A_Ferry#0"
    assert made.documents[0].title == "A Ferry"
    first, second = made.questions
    assert (first.answers, first.gold_doc_ids, first.type) == (("Oban",), ("A_Ferry#0",), "span")
    assert (second.answerable, second.answers, second.gold_doc_ids) == (False, (), ())
    assert load_dataset(tmp_path / "out" / "made").digest == made.digest


def test_beir(tmp_path: Path) -> None:
    lines(tmp_path / "corpus.jsonl", {"_id": "d1", "title": "T", "text": "Some text."},
          {"_id": "d2", "title": "Only a title", "text": ""})  # fmt: skip
    lines(tmp_path / "queries.jsonl", {"_id": "q1", "text": "What?"}, {"_id": "q2", "text": "Who?"})
    (tmp_path / "qrels").mkdir()
    with pytest.raises(DataError, match="neither test"):
        convert("beir", tmp_path, tmp_path / "made")
    qrels = tmp_path / "qrels" / "test.tsv"
    qrels.write_text("query-id\tcorpus-id\tscore\nq1\td2\t1\nq1\td1\t0\n")
    made = convert("beir", tmp_path, tmp_path / "made")
    assert [(q.qid, q.gold_doc_ids) for q in made.questions] == [("q1", ("d2",))]
    qrels.write_text("query-id\tcorpus-id\tscore\nq1 d2 1\n")
    with pytest.raises(DataError, match=r"test\.tsv, line 2"):
        convert("beir", tmp_path, tmp_path / "other")


def test_realtimeqa(tmp_path: Path) -> None:
    url = "https://www.news.example/1"
    lines(
        tmp_path / "20220617_qa.jsonl",
        {"question_id": "1", "question_sentence": "Which show?", "answer": ["1"],
         "choices": ["“Friends”", "“Squid Game”"]},
    )  # fmt: skip
    found = {"url": url, "text": "It is back.", "publish_date": "2022/06/12"}
    other = {"url": "https://b.example/2", "title": "Other", "text": "Not this."}
    empty = {"url": "https://c.example/3", "text": " "}
    lines(tmp_path / "20220617_gold.jsonl", {"question_id": "1", "search_result": [found]})
    lines(
        tmp_path / "20220617_gcs.jsonl",
        {"question_id": "1", "search_result": [found, other, empty]},
    )
    made = convert("realtimeqa", tmp_path, tmp_path / "made")
    assert [(d.doc_id, d.source, d.date) for d in made.documents] == [
        (url, "news.example", "2022/06/12"),
        ("https://b.example/2", "b.example", ""),
    ]
    assert made.questions[0].answers == ("Squid Game",)
    assert made.questions[0].gold_doc_ids == (url,)
    with pytest.raises(DataError, match="no file NAME_qa"):
        convert("realtimeqa", tmp_path / "made", tmp_path / "other")


RAMDOCS = {
    "question": "Who directed it?",
    "documents": [
        {"text": "Bhatt directed it.", "type": "correct", "answer": "Bhatt"},
        {"text": "Rao directed it.", "type": "misinfo", "answer": "Rao"},
    ],
    "gold_answers": ["Bhatt", "Sen"],
    "wrong_answers": ["Rao", "sen"],
}


def test_ramdocs(tmp_path: Path) -> None:
    lines(tmp_path / "data" / "items.jsonl", RAMDOCS)
    made = convert("ramdocs", tmp_path / "data", tmp_path / "made")
    question = made.questions[0]
    assert question.values == question.answers == ("Bhatt", "Sen")
    assert question.wrong_values == ("Rao",), "what is right too is not wrong"
    assert question.gold_doc_ids == ("ramdocs-0-0",)
    assert question.doc_ids == ("ramdocs-0-0", "ramdocs-0-1")
    as_it_is = load_dataset(tmp_path / "data")
    assert as_it_is.questions == made.questions


def test_rgb(tmp_path: Path) -> None:
    source = lines(
        tmp_path / "en.json",
        {"id": 0, "query": "When?", "answer": ["May"], "positive": ["In May."],
         "negative": ["", "N"]},
        {"id": 1, "query": "Where and when?", "answer": [["Oban", "the town of Oban"], ["May"]],
         "positive": [["In Oban."], ["In May."]], "negative": []},
    )  # fmt: skip
    first, second = convert("rgb", source, tmp_path / "made").questions
    assert first.doc_ids == ("rgb-0-positive-0", "rgb-0-negative-1")
    assert (first.type, first.assertions) == ("fact", ())
    assert second.answers == ("Oban", "the town of Oban", "May")
    assert (second.type, second.assertions) == ("integration", ("Oban", "May"))
    assert second.gold_doc_ids == ("rgb-1-positive-0", "rgb-1-positive-1")


def test_clapnq(tmp_path: Path) -> None:
    passage = {"title": "Ferries", "text": "Ferries float."}
    lines(
        tmp_path / "clapnq_dev_answerable.jsonl",
        {"id": "7", "input": "do they", "passages": [passage], "output": [{"answer": "They do."}]},
    )
    lines(
        tmp_path / "clapnq_dev_unanswerable.jsonl",
        {"id": "8", "input": "who", "passages": [passage], "output": [{"answer": ""}]},
    )
    first, second = convert("clapnq", tmp_path, tmp_path / "made").questions
    assert (first.answers, first.doc_ids) == (("They do.",), ("clapnq-7",))
    assert (second.answerable, second.gold_doc_ids, second.doc_ids) == (False, (), ("clapnq-8",))
    with pytest.raises(DataError, match="no file clapnq"):
        convert("clapnq", tmp_path / "made", tmp_path / "other")


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        ("squad", "{}", "not squad data"),
        ("squad", "no", "not a JSON file"),
        ("rgb", '{"id": 1}', "line 1: not an item of RGB"),
        ("ramdocs", '{"question": "?"}', "line 1: not an item of RAMDocs"),
        ("clapnq", '{"id": 1}', "line 1: not an item of CLAP NQ"),
        ("clapnq", "{", "line 1: not JSON"),
        ("grail", "{}", "no such kind of data"),
    ],
)
def test_other_files_are_refused_and_nothing_is_written(
    tmp_path: Path, kind: str, content: str, message: str
) -> None:
    (tmp_path / "source").write_text(content)
    with pytest.raises(DataError, match=message):
        convert(kind, tmp_path / "source", tmp_path / "made")
    assert [p.name for p in tmp_path.iterdir()] == ["source"]


def test_records_that_break_the_format_leave_nothing(tmp_path: Path) -> None:
    lines(tmp_path / "items.jsonl", {**RAMDOCS, "question": ""})
    with pytest.raises(DataError, match="question is missing"):
        convert("ramdocs", tmp_path / "items.jsonl", tmp_path / "made")
    assert [p.name for p in tmp_path.iterdir()] == ["items.jsonl"]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = lines(tmp_path / "items.jsonl", RAMDOCS)
    target = tmp_path / "made"
    assert main(["convert", "ramdocs", str(source), str(target)]) == 0
    assert capsys.readouterr().out == f"{target}: 2 articles, 1 questions\n"
    assert main(["convert", "ramdocs", str(source), str(target)]) == 1
    assert "is there already" in capsys.readouterr().err
    assert main(["convert", "ramdocs", str(tmp_path / "none"), str(tmp_path / "x")]) == 1
    assert "no such file or folder" in capsys.readouterr().err
