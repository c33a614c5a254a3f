"""Summaries and comparisons of records made by hand."""

from evaluation.data import Question
from evaluation.measures import score
from evaluation.summary import compare, summarise


def made(count: int, *, right: int, scope: str = "all") -> tuple[list[dict], dict[str, Question]]:
    """Answerable questions, the first `right` of them answered with the value, the rest refused."""
    questions = {
        str(n): Question(
            qid=str(n), question="How many?", answers=("12",), type="odd" if n % 2 else "even"
        )
        for n in range(count)
    }
    records = []
    for n in range(count):
        given = n < right
        sentence = {"text": "There were 12 dead.", "citations": [1]}
        citation = {"number": 1, "quote": "There were 12 dead.", "stands": True}
        records.append(
            {
                "key": f"{scope}:{n}",
                "qid": str(n),
                "scope": scope,
                "passages": [],
                "relevant": None,
                "answer": {
                    "status": "answered" if given else "not_found",
                    "sentences": [sentence] if given else [],
                    "citations": [citation] if given else [],
                    "disagreements": [],
                },
                "timings": {"total": n / 10},
                "usage": {"prompt_tokens": 10, "completion_tokens": n},
                "cost": 0.5,
            }
        )
    return records, questions


def test_figures_by_scope_and_type() -> None:
    records, questions = made(10, right=5)
    found = summarise(records, questions)["all"]
    assert found["questions"] == 10
    assert found["figures"]["value_in_answer"]["value"] == 0.5
    assert found["figures"]["verbatim"]["n"] == 5
    assert {kind: part["questions"] for kind, part in found["types"].items()} == {
        "even": 5,
        "odd": 5,
    }
    assert found["types"]["even"]["figures"]["wrongly_refused"]["value"] == 0.4
    assert found["seconds"]["total"]["p50"]["value"] == 0.45
    assert found["tokens"]["value"] == 14.5
    assert found["cost"]["value"] == 0.5


def test_balanced_accuracy_needs_both_kinds() -> None:
    records, questions = made(4, right=3)
    assert "balanced_accuracy" not in summarise(records, questions)["all"]["figures"]
    questions["3"] = Question(qid="3", question="Why?", answerable=False)
    figures = summarise(records, questions)["all"]["figures"]
    assert figures["balanced_accuracy"]["value"] == 1
    questions["0"] = Question(qid="0", question="Why?", answerable=False)
    figures = summarise(records, questions)["all"]["figures"]
    assert figures["balanced_accuracy"]["value"] == 0.75
    assert figures["wrongly_answered"]["value"] == 0.5


def test_scopes_are_kept_apart() -> None:
    records, questions = made(4, right=4, scope="own")
    pooled, _ = made(4, right=0, scope="pooled")
    found = summarise([*records, *pooled], questions)
    assert found["own"]["figures"]["value_in_answer"]["value"] == 1
    assert found["pooled"]["figures"]["value_in_answer"]["value"] == 0


def test_two_runs_are_paired_by_question() -> None:
    low, questions = made(40, right=10)
    high, _ = made(40, right=35)
    rows = {row.measure: row for row in compare(low, high, questions)["all"]}
    assert rows["value_in_answer"].verdict == "second better"
    assert rows["wrongly_refused"].verdict == "second better"
    assert rows["value_in_answer"].difference.value == 25 / 40
    assert rows["verbatim"].verdict == "no difference shown"
    assert rows["verbatim"].difference.n == 10  # where both have citations
    back = {row.measure: row for row in compare(high, low, questions)["all"]}
    assert back["value_in_answer"].verdict == "first better"


def test_scopes_are_compared_apart() -> None:
    low, questions = made(40, right=10, scope="own")
    high, _ = made(40, right=35, scope="own")
    pooled, _ = made(40, right=20, scope="pooled")
    compared = compare([*low, *pooled], [*high, *pooled], questions)
    verdicts = {
        scope: {row.measure: row.verdict for row in rows} for scope, rows in compared.items()
    }
    assert verdicts["own"]["value_in_answer"] == "second better"
    assert verdicts["pooled"]["value_in_answer"] == "no difference shown"


def test_a_small_difference_is_not_shown() -> None:
    first, questions = made(40, right=20)
    second, _ = made(40, right=22)
    compared = compare(first, list(reversed(second)), questions)
    rows = {row.measure: row for row in compared["all"]}
    assert rows["value_in_answer"].difference.value == 2 / 40
    assert rows["value_in_answer"].verdict == "no difference shown"


def test_scores_need_no_answer() -> None:
    records, questions = made(1, right=1)
    assert score([{**records[0], "answer": None}], questions) == [{}]
