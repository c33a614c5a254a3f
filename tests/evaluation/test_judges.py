"""Judged measures against a scripted server: verdicts, faults, agreement."""

import json
from pathlib import Path

import pytest
from servers.scripted import Call, Reply, ScriptedServer, Status, prompt_of

from evaluation.data import Question
from evaluation.judges import agreement, judge_run, read_score
from evaluation.report import write_report
from evaluation.runs import Run
from evaluation.summary import summarise
from rag import DossierError, Settings

pytestmark = pytest.mark.filterwarnings("default")


def a_run(folder: Path) -> Run:
    """Three answered questions (the second without the value) and a refusal."""
    said = {"1": "The toll was 12.", "2": "Nobody knows.", "3": "The toll was 12."}
    questions = {
        qid: Question(qid=qid, question="What was the toll?", answers=("12",)) for qid in "1234"
    }
    records = [
        {
            "key": f"all:{qid}",
            "qid": qid,
            "scope": "all",
            "passages": [],
            "relevant": None,
            "timings": {"total": 0.1},
            "usage": {},
            "cost": None,
            "answer": {
                "status": "answered" if qid in said else "not_found",
                "sentences": [{"text": said[qid], "citations": [1]}] if qid in said else [],
                "citations": [{"number": 1, "quote": said[qid], "stands": True}]
                if qid in said
                else [],
                "disagreements": [],
            },
        }
        for qid in questions
    ]
    summary = {"scopes": summarise(records, questions), "lost": {}}
    config = {
        "data": "d", "system": "s", "fingerprint": "f", "index": "i", "settings": {},
        "versions": {}, "code": "c",
    }  # fmt: skip
    return Run(folder, config, records, questions, summary)


def settings_for(server: ScriptedServer) -> Settings:
    return Settings(_env_file=None, openai_base_url=server.base_url, openai_model="the-judge")


def verdict(body: dict) -> Reply:
    """Yes to every answer; 5 where the answer has the number, else a sentence with 2 in it."""
    prompt = prompt_of(body)
    if "YES or NO" in prompt:
        return Reply("YES")
    return Reply("5" if "12" in prompt.split("Answer:")[-1] else "Grade: 2. It does not say.")


def test_judging_a_run(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    steps: list[tuple[int, int]] = []
    with ScriptedServer(default=Call(verdict)) as server:
        judged = judge_run(run, settings_for(server), step=lambda *step: steps.append(step))
    assert steps[-1] == (3, 3)  # a refusal is not judged
    assert judged["judge"] == "the-judge"
    assert judged["failed"] == 0
    assert judged["figures"]["faithful"]["value"] == 1
    assert judged["figures"]["correct"]["value"] == pytest.approx(2 / 3)
    correct = next(row for row in judged["agreement"] if row["judged"] == "correct")
    assert (correct["agreement"], correct["kappa"], correct["n"]) == (1, 1, 3)
    kept = [json.loads(line) for line in (tmp_path / "judged.jsonl").read_text().splitlines()]
    assert [one["correct"] for one in kept] == [True, False, True]
    figures = json.loads((tmp_path / "summary.json").read_text())["scopes"]["all"]["figures"]
    assert "faithful" not in figures
    assert "correct" not in figures
    report = write_report(run).read_text(encoding="utf-8")
    assert "## Judged by the-judge" in report


def test_verdicts_that_cannot_be_had_or_read_are_counted(tmp_path: Path) -> None:
    for default in (Status(401, "no"), Reply("I would rather not.")):
        run = a_run(tmp_path)
        with ScriptedServer(default=default) as server:
            judged = judge_run(run, settings_for(server))
        assert judged["failed"] >= 3
        assert "correct" not in judged["figures"]
    assert "could not be had" in write_report(run).read_text(encoding="utf-8")


def test_there_must_be_a_model(tmp_path: Path) -> None:
    with pytest.raises(DossierError, match="needs a language model"):
        judge_run(a_run(tmp_path), Settings(_env_file=None, llm="off"))


@pytest.mark.parametrize(
    ("text", "grade"),
    [("5", 5), ("Grade: 4.5, since", 4.5), ("4\nGood.", 4), ("Good.", None), ("15", None)],
)
def test_reading_a_grade(text: str, grade: float | None) -> None:
    assert read_score(text)[0] == grade


def test_agreement_by_hand() -> None:
    # Both yes 4, both no 3, apart 3: share 0.7; chance 0.6 * 0.5 + 0.4 * 0.5 = 0.5; kappa 0.4.
    pairs = [(True, True)] * 4 + [(False, False)] * 3 + [(True, False)] * 2 + [(False, True)]
    share, kappa = agreement(pairs)
    assert (share, kappa) == (pytest.approx(0.7), pytest.approx(0.4))
    assert agreement([(True, True)]) == (1, 0)
