"""Comparing texts, by hand-worked cases and by the 100 pairs labelled by hand."""

import json
from pathlib import Path

import pytest

from evaluation.matching import (
    SUPPORT_THRESHOLD,
    contains,
    exact_match,
    missing_values,
    normalise,
    support_share,
    supports,
    token_f1,
    values,
)

PAIRS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "support_pairs.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]


def accuracy(pairs, threshold: float = SUPPORT_THRESHOLD) -> float:
    right = [
        supports(pair["quote"], pair["sentence"], threshold=threshold) == pair["supported"]
        for pair in pairs
    ]
    return sum(right) / len(right)


def test_normalise_as_squad_does() -> None:
    assert normalise("The  Eiffel-Tower, a landmark!") == "eiffeltower landmark"
    assert normalise("An apple") == "apple"


def test_exact_match() -> None:
    assert exact_match("The Titanic.", ["titanic"]) == 1
    assert exact_match("Titanic sank", ["titanic"]) == 0


def test_token_f1_by_hand() -> None:
    # In common: cat, sat. P = 2/3, R = 2/4, F1 = 2 * (2/3 * 1/2) / (2/3 + 1/2) = 4/7.
    assert token_f1("the cat sat down", ["a cat sat on mat"]) == pytest.approx(4 / 7)
    assert token_f1("dog", ["cat", "the dog"]) == 1
    assert token_f1("dog", ["cat"]) == 0
    assert token_f1("", [""]) == 1
    assert token_f1("", ["cat"]) == 0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("It left one hundred and twenty-nine dead.", "129"),
        ("It left 129 dead.", "one hundred and twenty-nine"),
        ("He paid $6bn for it.", "$6 billion"),
        ("He paid six billion dollars.", "6 billion"),
        ("1,100 homes burned", "1100"),
        ("a hundred homes", "100"),
        ("two million five hundred thousand", "2,500,000"),
        ("on Nov. 17, 2015", "November 17"),
        ("the Eagles of Death Metal’s show", "Eagles of Death Metal"),
        ("It took twenty-two days and 1.5 hours", "1.5"),
        ("three thousand and fifteen men", "3015"),
    ],
)
def test_a_value_is_found_in_any_writing(text: str, value: str) -> None:
    assert contains(text, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("It left 1290 dead.", "129"),
        ("Romania joined.", "Roman"),
        ("two and three", "5"),
        ("six million", "6 billion"),
        ("anything", ""),
    ],
)
def test_a_value_is_not_found_in_another(text: str, value: str) -> None:
    assert not contains(text, value)


def test_values_of_a_sentence() -> None:
    text = "Hollande did not meet Barack Obama in May; the FSB sent 224 men, and one of them left."
    assert values(text) == {"not", "barack", "obama", "may", "fsb", "224"}
    assert values("It may rain on the sea.") == set()
    assert "mary" in values("Mary Stuart fled.")


def test_missing_values_and_share() -> None:
    assert missing_values("The toll in Oban was 12.", "Twelve died.") == {"oban"}
    assert support_share("Fishermen blocked harbours.", "The harbour was blocked.") == 2 / 3
    assert support_share("It was there.", "") == 1


def test_a_word_negated_in_the_quote_alone_is_no_support() -> None:
    quote = "The minister did not attend the funeral."
    assert not supports(quote, "The minister attended the funeral.")
    assert supports(quote, "The minister didn't attend the funeral.")
    assert supports(quote, "The minister did not attend.")


def test_the_pairs_are_a_hundred_half_of_each() -> None:
    assert len(PAIRS) == 100
    assert sum(pair["supported"] for pair in PAIRS) == 50
    assert len({(pair["sentence"], pair["quote"]) for pair in PAIRS}) == 100


def test_the_threshold_is_the_best_of_one_half_and_holds_on_the_other() -> None:
    chosen_on, checked_on = PAIRS[::2], PAIRS[1::2]
    tried = [step / 20 for step in range(21)]
    best = max(accuracy(chosen_on, threshold) for threshold in tried)
    assert accuracy(chosen_on) == best
    assert accuracy(checked_on) >= 0.8
    assert accuracy(PAIRS) >= 0.85


def test_what_a_wrong_number_name_or_negation_is_worth() -> None:
    for kind in ("number", "date", "name", "negation"):
        mine = [pair for pair in PAIRS if pair["kind"] == kind]
        assert accuracy(mine) == 1, kind
