"""Cleaning drops what prose never is, and leaves the rest alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.cleaning import clean_blocks, clean_characters, plain_blocks


@pytest.mark.parametrize(
    ("glued", "clean"),
    [
        ("syria-civil-warThe flood of people grew.", "The flood of people grew."),
        ("hollandeThe President spoke.", "The President spoke."),
        ("attackFor the time being, no.", "For the time being, no."),
        ("img-01Ships waited outside.", "Ships waited outside."),
    ],
)
def test_glued_alternative_text_is_cut(glued: str, clean: str) -> None:
    assert clean_blocks([glued]) == [clean]


@pytest.mark.parametrize(
    "prose",
    [
        "iPhone sales fell.",
        "eBay said it would pay.",
        "macOS The system, they call it.",
        "well-known The Who played.",
        "al-Assad said no.",
        "e-mail The Times wrote.",
        "de Gaulle left.",
        "the For Sale sign stood there.",
        "McDonald’s The burger.",
        "x-ray Images were shown.",
        "theater The end.",
    ],
)
def test_prose_is_left_alone(prose: str) -> None:
    assert clean_blocks([prose]) == [prose]


@pytest.mark.parametrize(
    "furniture",
    [
        "Related Posts",
        "READ MORE:",
        "Advertisement",
        "Share this article",
        "Contact the author at a.moss@quay.example",
        "Original url:",
        "Original url: <https://quay.example>",
    ],
)
def test_page_furniture_is_dropped(furniture: str) -> None:
    assert clean_blocks(["One.", furniture, "Two."]) == ["One.", "Two."]


@pytest.mark.parametrize(
    "prose", ["Related posts were filled.", "Read more books, she said.", "Advertisements fell."]
)
def test_prose_that_begins_like_furniture_stays(prose: str) -> None:
    assert clean_blocks([prose]) == [prose]


def test_a_broken_sentence_is_joined() -> None:
    blocks = ["The council met on Monday and spoke about", "the bridge.", "then it closed."]
    assert clean_blocks(blocks) == [
        "The council met on Monday and spoke about the bridge.",
        "then it closed.",
    ]


def test_what_is_not_a_broken_sentence_stays_apart() -> None:
    blocks = ["Short line", "and another.", "The council met on Monday and closed", "The bridge"]
    assert clean_blocks(blocks) == blocks


def test_fixed_blocks_are_left_as_they_are() -> None:
    blocks = ["Read more", "By ada and many other people who were there", "and more", "read more"]
    assert clean_blocks(blocks, fixed=2) == [*blocks[:2], "and more"]


def test_blank_lines_part_paragraphs() -> None:
    assert plain_blocks("One.\n\nTwo.\n \t\n\nThree.") == ["One.", "Two.", "Three."]


def test_hard_wrapping_is_joined() -> None:
    assert plain_blocks("The bridge will\nclose in March.\nFerries run.\n\nEnd.") == [
        "The bridge will close in March. Ferries run.",
        "End.",
    ]


def test_a_line_a_paragraph() -> None:
    assert plain_blocks("One sentence.\nAnother “one.”\nA third") == [
        "One sentence.",
        "Another “one.”",
        "A third",
    ]


@pytest.mark.parametrize("text", ["", "\n", " \n\t\n"])
def test_no_blocks(text: str) -> None:
    assert plain_blocks(text) == []


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("so\u00adft zero\u200bwidth \ufeffmark", "soft zerowidth mark"),
        ("right\u202eleft\u2066x\u2069", "rightleftx"),
        ("a\x00b\x07c\x85d", "a b c d"),
        ("no\u00a0break\u2009thin\t\ttab  two", "no break thin tab two"),
        ("e\u0301", "é"),
        ("line\u2028paragraph\u2029end", "line\nparagraph\n\nend"),
        ("“quotes” — stay…", "“quotes” — stay…"),
    ],
)
def test_characters(raw: str, clean: str) -> None:
    assert clean_characters(raw) == clean


@given(st.text())
def test_cleaning_characters_twice_changes_nothing(raw: str) -> None:
    once = clean_characters(raw)
    assert clean_characters(once) == once


@given(st.lists(st.text(alphabet="abAB. ,\n-Thefor", min_size=1)))
def test_plain_blocks_keep_every_word(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert " ".join(plain_blocks(text)).split() == text.split()
