"""Follow-up questions are made to stand alone; others are left as they are."""

import pytest

from rag import Answer, Turn
from rag.conversation import as_turns, standalone

BEFORE = [Turn("How many people died aboard the airliner?", "It was 224 [1].")]
TOPIC = "(people died aboard airliner)"


@pytest.mark.parametrize(
    "question",
    [
        "And where did it crash?",
        "Who did it?",
        "Why?",
        "When was that?",
        "Was it a bomb?",
        "And the French?",
    ],
)
def test_a_follow_up_takes_the_topic(question: str) -> None:
    assert standalone(question, BEFORE) == f"{question} {TOPIC}"


@pytest.mark.parametrize(
    "question",
    [
        "Did Moss order it?",
        "How many ferries sank near the harbour?",
        "Which app was banned?",
        "",
        "?",
    ],
)
def test_a_question_of_its_own_stays(question: str) -> None:
    assert standalone(question, BEFORE) == question


def test_without_history_nothing_changes() -> None:
    assert standalone("And why?", []) == "And why?"


def test_only_the_last_turn_counts() -> None:
    later = [*BEFORE, Turn("Who banned the ferry?", "The mayor [1].")]
    assert standalone("Why?", later) == "Why? (banned ferry)"


def test_words_that_it_has_are_not_repeated() -> None:
    assert (
        standalone("And who died there?", BEFORE) == "And who died there? (people aboard airliner)"
    )


def test_a_chain_of_follow_ups_keeps_its_subject() -> None:
    first = standalone("And where did it crash?", BEFORE)
    second = standalone("And why?", [Turn(first, "In the desert [1].")])
    assert "crash" in second
    assert "airliner" in second


def test_a_chain_does_not_grow_without_end() -> None:
    question = "Who died?"
    for number in range(40):
        question = standalone(f"And the thing{number}?", [Turn(question, "")])
    assert len(question.split()) < 20


def test_a_turn_without_content_gives_nothing() -> None:
    assert standalone("Why?", [Turn("And?", "")]) == "Why?"


def test_history_in_all_its_forms() -> None:
    answer = Answer(
        question="Why?", standalone_question="Why? (ferry)", text="Ice [1].", status="answered"
    )
    assert as_turns([answer, Turn("a", "b"), ("c", "d")]) == [
        Turn("Why? (ferry)", "Ice [1]."),
        Turn("a", "b"),
        Turn("c", "d"),
    ]
