"""What a question asks for."""

import pytest

from rag.question import Asked, asked_for, asks_for_course, counted, holds


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("How many people died aboard the airliner?", "number"),
        ("how much did it cost", "number"),
        ("What was the death toll?", "number"),
        ("What percentage agreed?", "number"),
        ("When did it happen?", "date"),
        ("WHAT YEAR did it start?", "date"),
        ("Who said so?", "person"),
        ("Whose car was it?", "person"),
        ("Which man was arrested?", "person"),
        ("Where was he born?", "place"),
        ("In which country was he arrested?", "place"),
        ("Which band played when the attack began?", "name"),
        ("What is the title of the magazine?", "name"),
        ("Why did the mayor resign?", "reason"),
        ("What caused the crash?", "reason"),
        ("Tell me about the harbour", "open"),
        ("Which of the fires came first?", "open"),
        ("", "open"),
    ],
)
def test_asked_for(question: str, wanted: Asked) -> None:
    assert asked_for(question) == wanted


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("How many people died?", ["people", "died"]),
        ("How many of the Paris victims were there?", ["victims"]),
        ("How many different ferries?", ["ferries"]),
        ("How many were there?", []),
        ("How long did it take?", []),
    ],
)
def test_counted(question: str, wanted: list[str]) -> None:
    assert [question[start:end] for start, end in counted(question)] == wanted


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("What happened in Norrvik?", True),
        ("What has happened since?", True),
        ("What became of the plan?", True),
        ("How did the strike unfold?", True),
        ("Who developed the plan?", True),
        ("Which of the fires came first?", True),
        ("In what order were they closed?", True),
        ("Why did it close?", False),
        ("What did Lind say?", False),
        ("Which bridge was the first to close?", False),
    ],
)
def test_asks_for_course(question: str, wanted: bool) -> None:
    assert asks_for_course(question) is wanted


@pytest.mark.parametrize(
    ("kind", "sentence", "question", "wanted"),
    [
        ("number", "It killed 34 people.", "How many died?", True),
        ("number", "It killed thirty-four.", "How many died?", True),
        ("number", "It happened in 2015.", "How many died?", False),
        ("number", "All 34 died.", "Of the 34, how many died?", False),
        ("date", "It closed on 3 May.", "When did it close?", True),
        ("date", "It closed in 1999.", "When did it close?", True),
        ("date", "It closed last week.", "When did it close?", True),
        ("date", "It closed last week.", "On which day did it close?", False),
        ("date", "In 1999 it closed.", "When in 1999 did it close?", False),
        ("date", "It closed.", "When did it close?", False),
        ("person", "The master, Bo Lind, left.", "Who left?", True),
        ("person", "It was Bo Lind who left.", "Who is Bo Lind?", False),
        ("person", "In the Turkish capital a bomb went off.", "Who did it?", False),
        ("person", "On it the Turkish president, Bo Lind, is silent.", "Who did it?", True),
        ("name", "It was the Turkish language.", "Which language was it?", True),
        ("place", "It sank off Malta.", "Where did it sink?", True),
        ("name", "nobody knows.", "Which band played?", False),
        ("reason", "It sank because of ice.", "Why did it sink?", True),
        ("reason", "It sank.", "Why did it sink?", False),
        ("open", "It sank.", "Tell me more", True),
    ],
)
def test_holds(kind: Asked, sentence: str, question: str, wanted: bool) -> None:
    assert holds(kind, sentence, question) is wanted
