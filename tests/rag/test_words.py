"""Words, stems and folding: the ground that every comparison stands on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.words import STOP_WORDS, content_words, fold, stem, stems, words


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Ada's plan", ["ada", "plan"]),
        ("Ada’s plan", ["ada", "plan"]),
        ("ADA’S PLAN", ["ada", "plan"]),
        ("the dogs' bones", ["the", "dogs", "bones"]),
        ("Don't; l'Humanité!", ["don't", "l'humanité"]),
        ("well-known, 3.5 million", ["well", "known", "3", "5", "million"]),
        ("snake_case", ["snake", "case"]),
        ("Москва и Paris", ["москва", "и", "paris"]),
        ("İzmir’s port", ["izmir", "port"]),
        ("🙂 … —", []),
        ("", []),
    ],
)
def test_words(text: str, wanted: list[str]) -> None:
    assert words(text) == wanted


def test_content_words_come_once_and_in_order() -> None:
    assert content_words("The ferry and the bridge: FERRY!") == ["ferry", "bridge"]
    assert content_words("what is it about") == []
    assert content_words(" ".join(STOP_WORDS)) == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("How many did the US send?", ["us", "send"]),
        ("What did the WHO recommend?", ["who", "recommend"]),
        ("What did Theresa May say of it?", ["theresa", "may"]),
        ("What may it be? May we know?", ["know"]),
        ("Will it be? “Will it?” Said he.", []),
        ("What of Will Lind?", ["will", "lind"]),
        ("WHAT DID THE WHO SAY OF ICE", ["ice"]),
        ("US's ice, use us", ["us", "ice"]),
        ("I saw A and I", ["saw"]),
    ],
)
def test_a_stop_word_that_is_a_name_counts(text: str, wanted: list[str]) -> None:
    assert content_words(text) == wanted


def test_stems() -> None:
    assert stem("killed") == stem("killing") == "kill"
    assert stems(["attacks", "attacked", "attack"]) == {"attack"}
    assert stems([]) == set()


def test_fold_makes_quotation_marks_and_dashes_alike() -> None:
    assert fold("“It’s—A–B”\u00a0C") == '"it\'s-a-b" c'


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("don’t", "don't"),
        ("donʼt", "don't"),
        ("“it is so”", '"it is so"'),
        ("„it is so“", '"it is so"'),
        ("co\u2011operation", "co-operation"),
        ("1914–1918", "1914-1918"),
        ("five\u202fmillion", "five million"),
    ],
)
def test_fold_makes_signs_of_print_those_of_a_keyboard(written: str, asked: str) -> None:
    assert fold(written) == fold(asked) == asked


def test_fold_lowers_a_text_that_holds_a_dotted_capital_i() -> None:
    """It alone grows when lowered; the words around it must compare all the same."""
    assert fold("Paris İZMİR “A”") == 'paris izmir "a"'


@given(st.text())
def test_fold_moves_no_offset(text: str) -> None:
    assert len(fold(text)) == len(text)
