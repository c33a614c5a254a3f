"""Markdown to plain paragraphs, by markdown-it's parser: words stay, marks go."""

from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from corpus.raw import Block

__all__ = ["markdown_blocks"]

_PARSER = MarkdownIt("commonmark").enable("table")


def markdown_blocks(source: str) -> list[Block]:
    """The paragraphs of a Markdown text in order.

    Links leave their words, images leave nothing (their alternative text is not the article's),
    HTML tags are dropped and code is kept as it stands.
    """
    blocks: list[Block] = []
    level = 0
    for token in _PARSER.parse(source):
        if token.type == "heading_open":
            level = int(token.tag[1:])
        elif token.type == "heading_close":
            level = 0
        elif token.type == "inline":
            _append(blocks, "".join(_inline(token.children or [])), level)
        elif token.type in ("fence", "code_block"):
            _append(blocks, token.content, 0)
    return blocks


def _append(blocks: list[Block], text: str, level: int) -> None:
    if text := " ".join(text.split()):
        blocks.append(Block(text, level))


def _inline(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in ("text", "code_inline", "text_special"):
            yield token.content
        elif token.type in ("softbreak", "hardbreak"):
            yield " "
