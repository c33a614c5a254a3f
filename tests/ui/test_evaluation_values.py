"""What the evaluation says: runs, figures, single questions. No page."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ui.hostile import ATTACKS, HOSTILE_QUESTION, HOSTILE_SENTENCE, HOSTILE_TITLE
from ui.test_view import plain

from app_pages import _asked as asked
from app_pages import _measured as measured
from app_pages._charts import intervals
from app_pages._measured import Bar
from app_pages._running import Asking, Done, Plan, plan_of, run_line
from evaluation.data import Question
from evaluation.kept import KeptRun
from evaluation.measures import MEASURES
from evaluation.outcomes import Change, Judged
from evaluation.sets import QuestionSet, question_sets
from evaluation.stats import Interval
from evaluation.summary import Comparison
from rag import Settings
from rag.jobs import Job

FIGURE = {"value": 0.5, "low": 0.25, "high": 0.75, "n": 12}


def answered(**changes: object) -> Judged:
    question = Question(
        qid="1", question="What sank?", answers=("ferry",), gold_doc_ids=("a.txt", "lost.txt"),
        type="fact",
    )  # fmt: skip
    record = {
        "key": "all:1",
        "scope": "all",
        "passages": [
            {"doc_id": "b", "holds": False}, {"doc_id": "id-a", "holds": False},
            {"doc_id": "b", "holds": False}, {"doc_id": "id-a", "holds": True},
        ],
        "answer": {
            "status": "answered",
            "reason": "",
            "sentences": [{"text": "The ferry sank.", "citations": [1, 2]}],
            "citations": [
                {"number": 1, "doc_id": "id-a", "quote": "The ferry sank.", "stands": True},
                {"number": 2, "doc_id": "b", "quote": "A boat sank.", "stands": False},
            ],
        },
        "twins": {"a.txt": "id-a"},
        "titles": {"id-a": "Ferry sinks", "b": "Boats"},
    }  # fmt: skip
    scores = {"value_in_answer": 1.0, "verbatim": 0.5}
    return Judged(question, record | changes, scores)


def kept(**config: object) -> KeptRun:
    given = {"data": "golden", "system": "bm25", "settings": {}, "fingerprint": "f"}
    return KeptRun(
        folder=Path("runs/x"), config=given | config, when=datetime(2015, 11, 17, 9, 5, tzinfo=UTC),
        finished=False, asked=1, of=2,
    )  # fmt: skip


def test_every_measure_has_a_name_and_a_place_in_the_table() -> None:
    rows = measured.figure_rows(dict.fromkeys((*MEASURES, "balanced_accuracy"), FIGURE))
    assert len(rows) == len(MEASURES) + 1
    assert not any("_" in row["Measure"] for row in rows)
    assert rows[0] == {
        "": "Finding", "Measure": "Articles: first is right",
        "Value (95 % interval)": "0.500 (0.250 to 0.750)", "Questions": 12,
    }  # fmt: skip
    groups = ["Finding", "Answering", "Citing", "Refusing"]
    assert [row[""] for row in rows if row[""]] == groups


def test_headlines_and_bars() -> None:
    figures = {"verbatim": FIGURE, "token_f1": FIGURE}
    assert measured.headline_rows(figures) == [
        ("Quotes verbatim", "50%", "25% to 75%, 12 questions")
    ]
    [bar] = measured.bars(figures)
    assert bar.said == "0.500 (0.250 to 0.750), 12 questions"
    types = {"follow_up": {"figures": figures}, "-": {"figures": {}}}
    assert [one.name for one in measured.by_type(types, "verbatim")] == ["follow up"]


def test_a_run_in_a_list() -> None:
    assert measured.run_label(kept(over="archive")) == (
        "golden · this archive · By words alone · 17 November 2015, 09:05 UTC"
    )
    assert measured.run_label(kept(system="llamaindex")).startswith("golden · llamaindex · ")


def test_what_differs_comes_first() -> None:
    rows = [
        Comparison(
            measure=name, first=0.5, second=0.25, difference=Interval(-0.25, -0.5, 0.0, 9), p=p
        )
        for name, p in (("article_hit@1", 1.0), ("verbatim", 0.0001))
    ]
    first, second = measured.comparison_rows(rows)
    assert (first["Measure"], first["p"], first["Verdict"]) == (
        "Quotes stand verbatim", "< 0.001", "first better",
    )  # fmt: skip
    assert second["Difference (95 % interval)"] == "-0.250 (-0.500 to +0.000)"
    assert measured.main_rows([replace(rows[0], measure="article_hit@10"), *rows]) == rows
    assert [bar.value for bar in measured.difference_bars(rows)] == [-0.25, -0.25]


def test_the_chart_keeps_to_its_range_and_its_words() -> None:
    bars = [Bar(HOSTILE_TITLE, 0.5, 0.25, 0.75, 3, "0.5"), Bar("b", -0.1, -0.2, 0.1, 3, "-0.1")]
    chart = intervals(bars[:1]).to_dict()
    assert HOSTILE_TITLE in json.dumps(chart)
    assert [layer["mark"]["type"] for layer in chart["layer"]] == ["rule", "point"]
    assert chart["layer"][1]["encoding"]["x"]["scale"]["domain"] == [0, 1.0]
    wide = intervals(bars, differences=True).to_dict()
    assert wide["layer"][-1]["encoding"]["x"]["scale"]["domain"] == [-0.75, 0.75]


def test_one_question() -> None:
    one = answered()
    assert asked.question_label(one) == "✓ What sank?"
    assert plain(asked.failed_line(one)) == "Fell short: Quotes stand verbatim (0.50)"
    assert asked.status_line(one) == "**Answered** · fact"
    assert asked.expected_lines(one) == ["Any of: **ferry**"]
    assert asked.answered_lines(one) == ["The ferry sank. \\[1\\] \\[2\\]"]
    first, second = asked.quote_lines(one)
    assert "right article" in first
    assert "holds the value" in first
    assert "not verbatim" in second
    assert "right article" not in second
    assert asked.ranking_rows(one) == [
        {"Rank": 1, "Article": "Boats", "Right": "", "Holds the value": ""},
        {"Rank": 2, "Article": "Ferry sinks", "Right": "✓", "Holds the value": "✓"},
        {"Rank": None, "Article": "lost.txt", "Right": "✓", "Holds the value": ""},
    ]


def test_one_that_was_refused_and_one_that_was_only_searched() -> None:
    refused = answered(
        answer={"status": "not_found", "reason": "No.", "sentences": [], "citations": []}
    )
    assert asked.answered_lines(refused) == ["No."]
    assert asked.quote_lines(answered(answer=None)) == []
    assert asked.status_line(answered(answer=None)) == "**Only searched** · fact"
    nothing = Judged(
        Question(qid="1", question="?", answerable=False), {}, {"wrongly_answered": 1.0}
    )
    assert asked.expected_lines(nothing) == ["No answer: the articles do not say."]
    assert asked.verdict_line(nothing) == ":red[:material/cancel:] **Wrong**"


def test_questions_are_chosen() -> None:
    one = answered()
    wrong = Judged(one.question, one.record, {"value_in_answer": 0.0})
    assert asked.chosen([one, wrong], scope="all", wrong=True, kind="") == [wrong]
    assert asked.chosen([one, wrong], scope="all", wrong=False, kind="fact") == [one, wrong]
    assert asked.chosen([one, wrong], scope="own", wrong=False, kind="") == []
    assert asked.change_line(Change(one, wrong, -1.0), "right") == "What sank? · 1.00 → 0.00"


@pytest.mark.parametrize("attack", [*ATTACKS, HOSTILE_SENTENCE])
def test_nothing_that_others_wrote_is_markup(attack: str) -> None:
    question = Question(
        qid="1", question=attack, answers=(attack,), values=(attack,), wrong_values=(attack,),
        assertions=(attack,), history=((attack, attack),), type=attack, gold_doc_ids=("x",),
    )  # fmt: skip
    cited = [{"number": 1, "doc_id": "x", "quote": attack, "stands": True}]
    answer = {
        "status": "answered", "reason": attack, "citations": cited,
        "sentences": [{"text": attack, "citations": [1]}],
    }  # fmt: skip
    record = {
        "key": "all:1",
        "scope": "all",
        "answer": answer,
        "titles": {"x": attack},
        "passages": [],
    }
    one = Judged(question, record, {})
    lines = [
        *asked.history_lines(one), *asked.expected_lines(one), *asked.answered_lines(one),
        *asked.quote_lines(one), asked.status_line(one),
        asked.change_line(Change(one, one, 0.0), "right"),
    ]  # fmt: skip
    for line in lines:
        ours = line.replace("\\[1\\]", "")
        for sign in ("<", "![", "](", "`", "$"):
            assert sign not in ours.replace("\\" + sign[0], "").replace("\\(", ""), line


def test_how_a_run_stands() -> None:
    job = Job(1, "run", "Asking", lambda _: None)
    assert run_line(job) == "Waits until the run before it has ended."
    job.state, job.progress = "running", Asking()
    assert run_line(job) == "Loading the models …"
    for asking, said in (
        (Asking("reading", 3, 22), "3 of 22 articles read …"),
        (Asking("asking", 3, 90), "3 of 90 questions asked …"),
        (Asking("asking", 90, 90), "Computing the figures …"),
    ):
        job.progress = asking
        assert run_line(job) == said
    job.stop()
    assert run_line(job) == "Stopping after this question …"
    job.progress = Asking()
    assert run_line(job) == "Stopping …"
    job._ended.set()
    job.state, job.progress = "stopped", Asking("asking", 3, 90)
    assert run_line(job) == "Stopped after 3 of 90 questions. What was asked is kept."
    job.progress = Asking("reading", 3, 22)
    assert run_line(job) == "Stopped before the first question."
    job.state, job.error = "failed", "<b>"
    assert run_line(job) == "\\<b\\>"
    job.state, job.result = "done", Done(Path(), "90 questions asked.")
    assert run_line(job) == "90 questions asked."


def test_going_on_takes_the_settings_of_the_run(tmp_path: Path) -> None:
    now = Settings(
        _env_file=None, home=tmp_path, openai_api_key="secret", openai_base_url="http://now/v1",
        passages=16,
    )  # fmt: skip
    (tmp_path / "mine.jsonl").write_text('{"qid": "1", "question": "Why?"}\n')
    sets = question_sets(tmp_path)
    old = "http://old/v1"  # as runs said it once: today's key is not for it
    stated = Settings(_env_file=None, passages=4, openai_base_url=old).model_dump(
        mode="json", exclude={"home", "openai_api_key"}
    )
    plan = plan_of(kept(data="mine", over="archive", settings=stated), sets, now)
    assert plan == Plan(
        QuestionSet("mine", tmp_path / "mine.jsonl"),
        False,
        "bm25",
        now.model_copy(update={"passages": 4}),
    )
    assert plan_of(kept(data="mine", settings=stated), sets, now) is None  # it has no articles now
    assert plan_of(kept(data="gone", over="archive", settings=stated), sets, now) is None
    assert plan_of(kept(system="llamaindex", settings=stated), sets, now) is None


def test_a_long_hostile_question_in_a_list() -> None:
    one = Judged(Question(qid="1", question=HOSTILE_QUESTION * 9), {}, {})
    assert len(asked.question_label(one)) < 210
    assert plain(HOSTILE_QUESTION) in asked.question_label(one)
