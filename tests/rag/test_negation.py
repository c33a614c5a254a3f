"""What is so and what is not."""

import pytest

from rag.negation import check_negation, denied


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The harbour did not close in March.", {"close"}),
        ("It didn’t close, and nobody wept.", {"close", "wept"}),
        ("It has never been sold.", {"sold"}),
        ("No ships left.", {"ship"}),
        ("No one left the town.", {"left"}),
        ("It is no longer open.", {"open"}),
        # In part, for a time, for something else, or not told.
        ("Not only the harbour closed.", set()),
        ("Not all harbours closed.", set()),
        ("It did not close until March.", set()),
        ("It was not closed by the mayor but by the board.", set()),
        ("She did not say when it will open.", set()),
        ("They could not confirm that it closed.", set()),
        ("No fewer than 12 left.", set()),
        ("Nobody failed.", set()),
        ("Did it not close?", set()),
        ("It closed.", set()),
        ("", set()),
    ],
)
def test_what_is_denied(text: str, wanted: set[str]) -> None:
    assert denied(text) == wanted


@pytest.mark.parametrize(
    ("sentence", "quote", "passed"),
    [
        ("The harbour did not close in March.", "The harbour closed in March.", False),
        ("The harbour closed in March.", "The harbour did not close in March.", False),
        ("Nobody was hurt.", "Twelve people were hurt.", False),
        ("Twelve people were hurt.", "Nobody was hurt.", False),
        ("There was evidence of a bomb.", "There was no evidence of a bomb.", False),
        ("The mayor resigned.", "The mayor has not resigned.", False),
        # Both deny, or both may.
        ("The harbour did not close.", "The harbour never closed.", None),
        ("The mayor did not attend.", "The mayor failed to attend.", None),
        ("The mayor refused to attend.", "The mayor did not attend.", None),
        ("The plane was not insured.", "The plane was uninsured; it was not insured.", None),
        ("The harbour closed in March.", "It did not close until March.", None),
        ("The harbour closed in May.", "It did not close in March; it closed in May.", None),
        ("It was the board that closed it.", "It was not closed by the mayor but the board.", None),
        ("She did not say when it will close.", "It will close, she said.", None),
        ("It closed.", "It was shut, and nobody wept.", None),
    ],
)
def test_what_is_so_is_not_denied(sentence: str, quote: str, passed: bool | None) -> None:
    check = check_negation(sentence, [quote])
    assert (check and check.passed) is passed
