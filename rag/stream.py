"""A model's stream cut into sentences, and its text made plain: no links, markup or controls."""

import re
from collections.abc import Callable, Iterable, Iterator

from corpus import sentence_spans
from corpus.cleaning import clean_characters
from rag.labels import MARKER, without_labels

__all__ = ["Provisional", "plain_text", "split_stream"]

# Markers, the last one perhaps still on its way.
_LEADING = re.compile(rf"^(?:\s*{MARKER})*(?:\s*\[[\w,;–\- ]{{0,20}}$)?", re.IGNORECASE)
_AFTER_QUOTE = re.compile(rf"(?<=[.!?…][\"”])(?:\s*(?i:{MARKER}))+(?=\s+[“\"]?[^\W_a-z])")
"""Markers behind a quotation that ends a sentence."""
_FINISHED = re.compile(r"[.!?…][\"'”’)]*\s*$")
_OPENING = re.compile(r"\s([“\"])$")
_LINE_MARK = re.compile(r"^\s*(?:(?:[-*•>]|#{1,6}|\d+[.)])(?:\s+|$))+")
"""Of a list, a heading or a quotation."""
_EMPHASIS = re.compile(r"\*{1,3}|_{2,3}|`+|~~")
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)")
"""A terminal's colours and links, whole."""
_IMAGES = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINKS = re.compile(
    r"\[([^\]]*)\]\([^)]*\)|(?:\b\w+:)?//\S+|\bwww\.\S+|<[/!]?[A-Za-z-][^<>]{0,200}>",
    re.IGNORECASE,
)
_HALF_LINK = re.compile(r"!\[|\]\(")
"""What is left of a link or an image that was cut in two."""
_LONGEST_MARKER = 30


def split_stream(
    deltas: Iterable[str], *, complete: Callable[[], bool] = lambda: True
) -> Iterator[tuple[str, str]]:
    """Cut a stream of text into sentences: ("provisional", delta) as it comes, ("sentence", text).

    A sentence is given out once the next has begun, so that markers behind its full stop are
    still counted to it, and no sentence ends inside a quotation. The text is looked at word by
    word: where the server cuts it does not matter. Of a stream that was not `complete` at its
    end an unfinished last sentence is left out.
    """
    buffer = ""
    for delta in deltas:
        yield "provisional", delta
        for character in delta:
            buffer += character
            if character.isspace():
                buffer = _IMAGES.sub("", buffer)  # their "!" is no end of a sentence
                *whole, begun = _sentences(buffer) or [""]
                at = buffer.rfind(begun)
                if whole and at > 0 and any(map(str.isalpha, begun)) and not _quoting(buffer):
                    for piece in whole:
                        yield "sentence", piece
                    buffer = buffer[at:]
    pieces = _sentences(_IMAGES.sub("", buffer))
    if pieces and not complete() and not _FINISHED.search(without_labels(pieces[-1])):
        pieces.pop()
    for piece in pieces:
        yield "sentence", piece


def _quoting(text: str) -> bool:
    """Whether a quotation is open at the end of a text; none reaches over a line's end."""
    line = text.rsplit("\n", 1)[-1]
    return line.count('"') % 2 == 1 or line.count("“") > line.count("”")


def _split(text: str) -> Iterator[str]:
    for start, end in sentence_spans(text):
        left = start
        for match in _AFTER_QUOTE.finditer(text, start, end):
            yield text[left : match.end()]
            left = match.end() + 1
        yield text[left:end].lstrip()


def _sentences(text: str) -> list[str]:
    """Sentences, each with the markers that follow its full stop."""
    found: list[str] = []
    opening = ""
    for spoken in _split(text):
        piece = opening + spoken
        # A quotation mark that opens the next sentence is no part of this one.
        opened = _OPENING.search(piece)
        opening = opened[1] if opened else ""
        piece = piece[: opened.start()] if opened else piece
        trailing = _LEADING.match(piece)
        if trailing and found:
            found[-1] += trailing[0]
            piece = piece[trailing.end() :].strip()
        if piece:
            found.append(piece)
    if opening and found:
        found[-1] += f" {opening}"
    return found


class Provisional:
    """Text that nothing has checked yet, made fit to show as it comes: words, no markers.

    Links and images are left out here too, since a page that shows one has fetched it.
    """

    def __init__(self) -> None:
        self._buffer = ""

    def feed(self, delta: str) -> str:
        """What can be shown now: up to the last whole word."""
        self._buffer += delta
        end = max(self._buffer.rfind(" "), self._buffer.rfind("\n")) + 1
        opened = max(self._buffer.rfind("["), self._buffer.rfind("<"))
        closed = max(self._buffer.rfind("]"), self._buffer.rfind(">"))
        if opened > closed and len(self._buffer) - opened < _LONGEST_MARKER:
            end = min(end, opened)
        ready, self._buffer = self._buffer[:end], self._buffer[end:]
        return self._clean(ready)

    def end(self) -> str:
        """The rest."""
        ready, self._buffer = self._buffer, ""
        return self._clean(ready)

    def _clean(self, text: str) -> str:
        bare = clean_characters(_ESCAPES.sub("", without_labels(text)))
        return _HALF_LINK.sub(" ", _LINKS.sub(r"\1", _IMAGES.sub("", bare)))


def plain_text(text: str) -> str:
    """A model's words without markup: list marks, headings, emphasis, links, tags, controls."""
    bare = clean_characters(_ESCAPES.sub("", text))
    bare = _EMPHASIS.sub("", _LINE_MARK.sub("", _IMAGES.sub("", bare)))
    return " ".join(_HALF_LINK.sub(" ", _LINKS.sub(r"\1", bare)).split())
