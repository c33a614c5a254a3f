"""The golden questions can be trusted as far as a program can tell.

A question whose answer stands nowhere, or whose gold article is misnamed, would measure the set
and not the system.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from wordruns import shared_runs

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "evaluation" / "golden"
SAMPLE = ROOT / "corpus" / "sample"
ORIGINALS = ROOT.parent / "shared" / "articles"

LEAST = {
    "fact": 34,
    "synthesis": 10,
    "comparison": 6,
    "temporal": 8,
    "disagree": 6,
    "follow_up": 10,
    "unanswerable": 10,
    "false_premise": 6,
}
WITHOUT_ANSWER = {"unanswerable", "false_premise"}
KEYS = {"qid", "question", "answers", "answerable", "gold_doc_ids", "type", "history"}
EXTRA = {"disagree": {"values"}, "synthesis": {"assertions"}, "comparison": {"assertions"}}

LINES = (GOLDEN / "questions.jsonl").read_text(encoding="utf-8").splitlines()
QUESTIONS: list[dict[str, Any]] = [json.loads(line) for line in LINES]

each_question = pytest.mark.parametrize("item", QUESTIONS, ids=[q["qid"] for q in QUESTIONS])


def body(name: str) -> str:
    """An article without its front matter, which is not what a citation quotes."""
    return (SAMPLE / name).read_text(encoding="utf-8").split("\n---\n", 1)[1]


BODIES = {path.name: body(path.name) for path in sorted(SAMPLE.glob("*")) if path.is_file()}


def strings(item: dict[str, Any]) -> list[Any]:
    turns = [text for turn in item["history"] for text in turn]
    more = item.get("values", []) + item.get("assertions", [])
    return [item["question"], *item["answers"], *more, *turns]


def test_there_are_enough_of_each_type() -> None:
    counts = Counter(item["type"] for item in QUESTIONS)
    assert counts.keys() == LEAST.keys()
    assert len(QUESTIONS) >= 80
    assert {name: counts[name] for name in LEAST if counts[name] < LEAST[name]} == {}


def test_qids_and_questions_are_unique() -> None:
    assert [item["qid"] for item in QUESTIONS] == [
        f"gold-{number:03}" for number in range(1, len(QUESTIONS) + 1)
    ]
    asked = Counter((item["question"], str(item["history"])) for item in QUESTIONS)
    assert max(asked.values()) == 1


@each_question
def test_a_line_has_the_keys_and_kinds_it_should(item: dict[str, Any]) -> None:
    assert item.keys() == KEYS | EXTRA.get(item["type"], set())
    assert all(isinstance(text, str) for text in strings(item))
    assert all(text == text.strip() != "" for text in strings(item))
    assert isinstance(item["answerable"], bool)
    for key in ("answers", "gold_doc_ids", "values", "assertions"):
        assert len(set(item.get(key, []))) == len(item.get(key, []))
    assert all(len(turn) == 2 for turn in item["history"])
    assert bool(item["history"]) == (item["type"] == "follow_up")
    if item["type"] == "disagree":
        assert len(item["values"]) >= 2
    if item["type"] in {"synthesis", "comparison"}:
        assert len(item["assertions"]) >= 2


@each_question
def test_only_what_can_be_answered_has_answers(item: dict[str, Any]) -> None:
    assert item["answerable"] == (item["type"] not in WITHOUT_ANSWER)
    assert bool(item["answers"]) == item["answerable"]
    assert bool(item["gold_doc_ids"]) == item["answerable"]


@each_question
def test_every_gold_article_exists_and_holds_an_answer(item: dict[str, Any]) -> None:
    for name in item["gold_doc_ids"]:
        assert name in BODIES
        assert any(answer in BODIES[name] for answer in item["answers"]), name


@each_question
def test_every_expected_string_stands_in_a_gold_article(item: dict[str, Any]) -> None:
    texts = [BODIES[name] for name in item["gold_doc_ids"]]
    for expected in item["answers"] + item.get("values", []) + item.get("assertions", []):
        assert any(expected in text for text in texts), expected


@pytest.mark.skipif(not ORIGINALS.is_dir(), reason=f"no original articles at {ORIGINALS}")
def test_no_sentence_is_copied() -> None:
    originals = [path.read_text(encoding="utf-8") for path in sorted(ORIGINALS.glob("*.txt"))]
    assert originals
    found = {
        item["qid"]: runs
        for item in QUESTIONS
        if (runs := [run for text in strings(item) for run in shared_runs(text, originals)])
    }
    assert found == {}
    for path in (GOLDEN / "questions.jsonl", GOLDEN / "README.md", Path(__file__)):
        assert shared_runs(path.read_text(encoding="utf-8"), originals) == [], path.name
