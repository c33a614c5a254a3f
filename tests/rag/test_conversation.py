"""Follow-up questions are made to stand alone; others are left as they are."""

import pytest

from rag import Answer, Turn
from rag.conversation import as_turns, standalone, unwanted, wants_another

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
    ],
)
def test_a_follow_up_takes_the_topic(question: str) -> None:
    assert standalone(question, BEFORE) == f"{question} {TOPIC}"


COUNTED = [Turn("How many people drowned in Varna on 3 June?", "At least 12 [1].")]


@pytest.mark.parametrize(
    ("question", "whole"),
    [
        ("And in Izmir?", "How many people drowned in Izmir on 3 June?"),
        ("What about Izmir?", "How many people drowned in Izmir on 3 June?"),
        ("and on 5 July?", "How many people drowned in Varna on 5 July?"),
        ("And the Poles?", "How many people drowned in Varna on 3 June: the Poles?"),
        ("No, in Izmir.", "How many people drowned in Izmir on 3 June?"),
        ("Sorry, I meant Izmir, not Varna", "How many people drowned in Izmir on 3 June?"),
        ("Not Varna, Izmir", "How many people drowned in Izmir on 3 June?"),
        ("Not in Varna but in Izmir?", "How many people drowned in Izmir on 3 June?"),
        ("No, the other one.", "How many people drowned in Varna on 3 June?"),
        ("No, who saw them?", "Who saw them? (people drowned Varna 3 June)"),
        ("No", "No"),
        ("No one was arrested?", "No one was arrested? (people drowned Varna 3 June)"),
        ("No casualties in Izmir?", "No casualties in Izmir?"),
        ("No. 10 Downing Street: who lives in it?", "No. 10 Downing Street: who lives in it?"),
        ("No, how many were not hurt?", "How many were not hurt?"),
        ("No. I meant Izmir.", "How many people drowned in Izmir on 3 June?"),
        ("Sorry but I meant Izmir", "How many people drowned in Izmir on 3 June?"),
        ("No, I meant the Izmir ferry", "How many people drowned in the Izmir ferry on 3 June?"),
    ],
)
def test_a_name_takes_the_place_of_another(question: str, whole: str) -> None:
    assert standalone(question, COUNTED) == whole


def test_where_there_is_no_name_to_replace_the_new_one_is_added() -> None:
    assert standalone("And in Izmir?", BEFORE) == (
        "How many people died aboard the airliner in Izmir?"
    )
    assert standalone("And the French?", BEFORE) == (
        "How many people died aboard the airliner: the French?"
    )


@pytest.mark.parametrize(
    ("turn", "question", "whole"),
    [
        (
            Turn("Who leads the harbour board?", "Ada Holm, since May [1]."),
            "What did she want done with the quay?",
            "What did Ada Holm want done with the quay?",
        ),
        (
            Turn("What did Sir John Reed say about the cuts?", "They had left him worried."),
            "Whose budget did he defend?",
            "Whose budget did Sir John Reed defend?",
        ),
        (
            Turn("What did Ada Holm announce?", "A new quay."),
            "When did she say so?",
            "When did Ada Holm say so? (announce)",
        ),
        (
            Turn("What did Ada Holm announce?", "A new quay."),
            "What is her salary?",
            "What is Ada Holm’s salary?",
        ),
        (
            Turn("What happened in Varna?", "A ferry sank."),
            "Did he say so?",
            "Did he say so? (happened Varna)",
        ),
        (
            Turn("What did Ada Holm announce?", "A new quay."),
            "Did Bo Lind say that he agreed?",
            "Did Bo Lind say that he agreed?",
        ),
    ],
)
def test_a_pronoun_becomes_the_person(turn: Turn, question: str, whole: str) -> None:
    assert standalone(question, [turn]) == whole


def test_earlier_turns_are_made_to_stand_alone_too() -> None:
    turns = as_turns(
        [("Who leads the harbour board?", "Ada Holm."), ("What did she announce?", "A new quay.")]
    )
    assert turns[1].question == "What did Ada Holm announce?"


def test_it_is_told_whether_another_answer_is_wanted() -> None:
    assert wants_another("No, the other one.")
    assert wants_another("no, someone else")
    assert not wants_another("No, I meant Izmir.")
    assert not wants_another("Which other one?")


def test_every_answer_to_the_same_question_is_unwanted() -> None:
    asked = "Who spoke first?"
    said = [("Where was it?", "Oster"), (asked, "Moss")]
    said += [("No, the other one.", "Lind"), ("No, the other one.", "Holm")]
    turns = as_turns(said)
    assert [turn.answer for turn in unwanted("No, somebody else.", turns)] == [
        "Holm",
        "Lind",
        "Moss",
    ]
    assert unwanted("Who spoke last?", turns) == []
    assert unwanted("No, the other one.", []) == []


def test_a_change_of_subject_takes_nothing() -> None:
    asked = "Which app was banned by the Duma?"
    assert standalone(asked, BEFORE) == asked


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
        Turn("Why? (ferry)", "Ice [1].", ()),
        Turn("a", "b"),
        Turn("c", "d"),
    ]
