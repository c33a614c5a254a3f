"""The key in what a model says: taken out wherever the text is cut."""

import pytest

from rag.withholding import WITHHELD, Withholder, is_secret

KEY = "sk-sk-test-0123456789"


def said(*pieces: str, key: str = KEY) -> str:
    withholder = Withholder(key)
    return "".join([*map(withholder.feed, pieces), withholder.end()])


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 20, 21, 22, 60])
def test_the_key_is_taken_out_wherever_it_is_cut(size: int) -> None:
    text = f"Wrong: {KEY}{KEY}, or sk-sk-{KEY}; not sk-test, asks sk-sk"
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    wanted = f"Wrong: {WITHHELD}{WITHHELD}, or sk-sk-{WITHHELD}; not sk-test, asks sk-sk"
    assert said(*pieces) == wanted


def test_a_key_that_is_cut_off() -> None:
    assert said("It is ", KEY[:-1]) == f"It is {WITHHELD}"
    assert said("It asks", "") == "It asks"


def test_text_is_held_back_only_where_the_key_may_begin() -> None:
    withholder = Withholder(KEY)
    assert withholder.feed("It was") == "It wa"
    assert withholder.feed("k") == ""
    assert withholder.feed(" it") == "sk it"


@pytest.mark.parametrize("word", ["none", "", "ollama", "lm-studio", "anything", "EMPTY", "k1"])
def test_a_word_that_is_no_secret_stays(word: str) -> None:
    """Local servers take any key; in an article it is a word."""
    assert not is_secret(word)
    assert said(f"There is {word} here.", key=word) == f"There is {word} here."


def test_a_key_with_space_around_it() -> None:
    assert said(f"<{KEY}>", key=f" {KEY}\n") == f"<{WITHHELD}>"
