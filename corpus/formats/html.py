"""Saved web pages: .html and .htm, and .mhtml, in which a browser packs a page with its parts.

What a page shows beside its article is kept apart, with its reason, in the order of the page.
"""

import email
import email.policy
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from corpus.cleaning import clean_characters
from corpus.errors import CorpusError, DamagedFile, EmptyArticle
from corpus.formats._dom import Line, decode_page, page_lines, parse_page
from corpus.formats._judging import (
    believed_signs,
    is_bare_link,
    marked,
    reasons_of,
    taken_lines,
)
from corpus.formats._pagemeta import page_metadata
from corpus.raw import Block, Raw, ReadOptions

__all__ = ["fragment_blocks", "page_raw", "read_html", "read_mhtml"]

_MOST_REMOVED = 20_000
"""Characters of what was left out that one page may bring along."""


def read_html(
    stream: BinaryIO,
    path: Path,
    options: ReadOptions,  # noqa: ARG001
) -> Iterator[Raw | CorpusError]:
    """One article."""
    yield page_raw(decode_page(stream.read(), path), path)


def read_mhtml(
    stream: BinaryIO,
    path: Path,
    options: ReadOptions,  # noqa: ARG001
) -> Iterator[Raw | CorpusError]:
    """One article: the page that the file was saved for, not its frames and parts."""
    message = email.message_from_binary_file(stream, policy=email.policy.default)
    pages = [part for part in message.walk() if part.get_content_type() == "text/html"]
    if not pages:
        raise DamagedFile(path, "holds no page: no part of it is text/html")
    wanted = {message.get_param("start"), message.get("Snapshot-Content-Location")} - {None}
    page = next(
        (part for part in pages if wanted & {part["Content-ID"], part["Content-Location"]}),
        pages[0],
    )
    data = page.get_payload(decode=True)
    if not isinstance(data, bytes):
        raise DamagedFile(path, "the page in it cannot be decoded")
    address = message["Snapshot-Content-Location"] or page["Content-Location"] or ""
    text = decode_page(data, path, declared=page.get_content_charset() or "")
    yield page_raw(text, path, url=str(address))


def page_raw(text: str, path: Path, *, url: str = "") -> Raw:
    """The article of a page; `url` is where it came from, for a page that does not state it.

    Raises EmptyArticle where the page holds no text that reads as an article.
    """
    tree = parse_page(clean_characters(text), path)
    stated = page_metadata(tree, text)
    if url.startswith(("http://", "https://")):
        stated.setdefault("url", url)
    page = page_lines(tree)
    if not page.lines:
        frames = next(tree.iter("frameset"), None) is not None
        why = "only names frames; save the page of the frame" if frames else "holds no text"
        raise EmptyArticle(path, why)
    taken = taken_lines(tree, page)
    reasons = reasons_of(page, taken, stated)
    if all(reasons):
        raise EmptyArticle(path, "holds no text that reads as an article")
    return Raw(blocks=tuple(_blocks(page.lines, reasons)), stated=stated)


def fragment_blocks(text: str, path: Path, *, classes: bool = True) -> list[Block]:
    """The blocks of HTML that is an article already: a feed's entry, a mail, a chapter of a book.

    Left out is only what is hidden or marked as furniture. `classes` is for what comes from the
    web: class names count as marks there, and lines that are links alone lead elsewhere. Raises
    EmptyArticle where there is no text.
    """
    page = page_lines(parse_page(clean_characters(text), path), classes=classes)
    shown = {index for index, line in enumerate(page.lines) if not line.hidden}
    believed = believed_signs(page.lines, shown)
    reasons = [
        marked(line, believed) or ("related" if classes and is_bare_link(line) else "")
        for line in page.lines
    ]
    return list(_blocks(page.lines, reasons))


def _blocks(lines: Sequence[Line], reasons: Sequence[str]) -> Iterator[Block]:
    """Lines as blocks: those without a reason, and of the others as many as are kept."""
    room = _MOST_REMOVED
    for line, reason in zip(lines, reasons, strict=True):
        if reason in ("", "title"):
            if not reason:
                yield Block(line.text, line.heading)
        elif len(line.text) <= room:
            room -= len(line.text)
            yield Block(line.text, line.heading, removed=reason)
