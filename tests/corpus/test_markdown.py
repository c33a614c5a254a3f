"""Markdown leaves its words and loses its marks."""

import pytest

from corpus.markdown import Block, markdown_blocks


@pytest.mark.parametrize(
    ("source", "blocks"),
    [
        ("# Title\n\nText.", [Block("Title", 1), Block("Text.")]),
        ("Title\n---\n\nText.", [Block("Title", 2), Block("Text.")]),
        ("A [link](https://x.example) and *more* **words** `code`.",
         [Block("A link and more words code.")]),
        ("![alt text](x.png)", []),
        ("Before ![alt](x.png) after", [Block("Before after")]),
        ("[![alt](x.png)](https://x.example)", []),
        ("one\ntwo  \nthree", [Block("one two three")]),
        ("> quoted\n> words", [Block("quoted words")]),
        ("- one\n- two\n  - three", [Block("one"), Block("two"), Block("three")]),
        ("1. first\n2. second", [Block("first"), Block("second")]),
        ("```\nlet x = 1\n```", [Block("let x = 1")]),
        ("| a | b |\n|---|---|\n| 1 | 2 |", [Block("a"), Block("b"), Block("1"), Block("2")]),
        ("<div>gone</div>\n\nText <b>bold</b>.", [Block("Text bold.")]),
        (r"Two \* stars &amp; more", [Block("Two * stars & more")]),
        ("<https://x.example>", [Block("https://x.example")]),
        ("---\n\nText", [Block("Text")]),
        ("", []),
    ],
)  # fmt: skip
def test_blocks(source: str, blocks: list[Block]) -> None:
    assert markdown_blocks(source) == blocks
