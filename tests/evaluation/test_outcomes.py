"""What became of single questions, and which changed between two runs."""

from dataclasses import replace

import pytest

from evaluation.data import Question
from evaluation.outcomes import RIGHT, Judged, changes

QUESTION = Question(qid="1", question="What sank?", answers=("ferry",))


def judged(scores: dict[str, float], question: Question = QUESTION) -> Judged:
    return Judged(question, {"key": f"all:{question.qid}", "scope": "all"}, scores)


@pytest.mark.parametrize(
    ("scores", "right", "failed"),
    [
        ({"value_in_answer": 1.0, "wrongly_refused": 0.0}, 1, ()),
        ({"value_in_answer": 0.0, "wrongly_refused": 0.0}, 0, ("value_in_answer",)),
        ({"value_in_answer": 1.0, "values_shown": 0.5}, 0.75, ("values_shown",)),
        ({"wrongly_refused": 1.0}, 0, ("wrongly_refused",)),
        ({"wrongly_refused": 0.0}, 1, ()),
        ({"wrongly_answered": 1.0}, 0, ("wrongly_answered",)),
        ({"wrongly_answered": 0.0, "article_hit@1": 0.0}, 1, ()),
        ({"article_hit@1": 0.0, "article_hit@5": 1.0}, 0, ()),
        ({}, 1, ()),
    ],
)
def test_how_right_an_answer_is(scores, right: float, failed: tuple[str, ...]) -> None:
    one = judged(scores)
    assert one.right == right
    assert one.wrong == (right < 1)
    assert one.failed == failed
    assert one.score(RIGHT) == right
    assert one.score("verbatim") is None


def test_changes_worst_first() -> None:
    questions = [replace(QUESTION, qid=str(number)) for number in range(5)]
    before = [
        judged({"value_in_answer": v}, q) for v, q in zip((1, 0, 1, 0.5), questions, strict=False)
    ]
    after = [
        judged({"value_in_answer": v}, q) for v, q in zip((0, 1, 1, 1, 1), questions, strict=True)
    ]
    found = changes(before, after)
    assert [(one.after.key, one.by) for one in found] == [
        ("all:0", -1),
        ("all:3", 0.5),
        ("all:1", 1),
    ]
    # A question with other labels is another one.
    other = [judged({"value_in_answer": 1.0}, replace(questions[1], answers=("boat",)))]
    assert changes(before, other) == []


def test_of_some_measures_less_is_better() -> None:
    before, after = [judged({"wrongly_refused": 1.0})], [judged({"wrongly_refused": 0.0})]
    [change] = changes(before, after, measure="wrongly_refused")
    assert change.by == 1
    assert changes(before, after, measure="verbatim") == []
