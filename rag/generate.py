"""Answering with a language model: stream it, and let no sentence out before it is checked."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from corpus import sentence_spans
from corpus.cleaning import clean_characters
from rag.answer import Draft
from rag.checks import Source, check_names, check_quotes, check_values
from rag.cite import find_quote, markers, without_markers
from rag.prompts import REFUSAL
from rag.types import Check, Hit, Unverified
from rag.values import names
from rag.words import content_words, fold, words

__all__ = ["SentenceChecker", "split_stream"]

_SUPPORTS = 0.5
"""Share of a sentence's words and values that a quote must hold to be given as its source."""
_WEAK = 0.25
"""Below this share a cited passage does not support the sentence."""
# Markers, the last one perhaps still on its way.
_LEADING = re.compile(r"^(?:\s*\[\s*\d[\d,;–\- ]*\])*(?:\s*\[[\d,;–\- ]*$)?")
_AFTER_QUOTE = re.compile(r"(?<=[.!?…][\"”])(?:\s*\[\s*\d[\d,;–\- ]*\])+(?=\s+[“\"]?[^\W_a-z])")
"""Markers behind a quotation that ends a sentence."""
_FINISHED = re.compile(r"[.!?…][\"'”’)]*\s*$")
_OPENING = re.compile(r"\s([“\"])$")
_UNCITED = Check(kind="marker", passed=False, detail="cites no source")
_LIST_MARK = re.compile(r"^\s*(?:[-*•]|\d+[.)])(?:\s+|$)")
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)")
"""A terminal's colours and links, whole."""
_IMAGES = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINKS = re.compile(
    r"\[([^\]]*)\]\([^)]*\)|\b(?:\w+://|www\.)\S+|<[/!]?[A-Za-z-][^<>]{0,200}>", re.IGNORECASE
)


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
    if pieces and not complete() and not _FINISHED.search(without_markers(pieces[-1])):
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


@dataclass
class SentenceChecker:
    """Holds a model's sentences against the passages it was given (numbered from 1).

    What is done: an unknown marker is dropped; a sentence whose numbers, dates or quotations are
    not in what it cites is given another passage as its source where that one holds them, else
    removed; one whose names or words are not supported, or that cites nothing, is kept and
    marked, but only beside a sentence that did pass. All of these are listed in
    `draft.unverified`.
    """

    hits: Sequence[Hit]
    draft: Draft
    refused: bool = False
    _said: set[str] = field(default_factory=set)
    _held: list[tuple[str, list[Hit], list[Check]]] = field(default_factory=list)
    """Marked sentences that wait for one that passes."""

    def check(self, raw: str) -> list[str]:
        """The sentences to show now that this one of the model's has come."""
        text = _plain(without_markers(raw))
        if fold(text).strip(" .") == fold(REFUSAL).strip(" ."):
            self.refused = True
            return []
        if not content_words(text) or text in self._said:
            return []
        self._said.add(text)
        cited, checks = self._sourced(text, markers(raw))
        if any(not check.passed for check in checks if check.kind in ("value", "quote")):
            self._list(text, _failed(checks), "removed")
            return []
        if not all(check.passed for check in checks):
            self._held.append((text, cited, checks))
            passed = any(sentence.verified for sentence in self.draft.sentences)
            return self._release() if passed else []
        return [*self._release(), self._add(text, cited, checks)]

    def finish(self) -> None:
        """Say of the sentences that still wait that they were left out."""
        for text, _, checks in self._held:
            self._list(text, _failed(checks), "removed")
        self._held = []

    def _release(self) -> list[str]:
        """Show the sentences that wait, marked."""
        held, self._held = self._held, []
        for text, _, checks in held:
            self._list(text, _failed(checks), "marked")
        return [self._add(*item) for item in held]

    def _sourced(self, text: str, given: Sequence[int]) -> tuple[list[Hit], list[Check]]:
        """The passages that a sentence rests on, and how it compares with them."""
        known = [number for number in given if 1 <= number <= len(self.hits)]
        if len(known) < len(given):
            unknown = ", ".join(f"[{number}]" for number in given if number not in known)
            self._list(text, f"{unknown} names no passage", "repaired")
        cited = [self.hits[number - 1] for number in known]
        checks = self._compare(text, cited) if cited else [_UNCITED]
        if all(check.passed for check in checks):
            return cited, checks
        other = self._other_source(text)
        if other is None:
            return cited, checks
        self._list(text, f"{_failed(checks)}; found in another passage", "repaired")
        return [other], self._compare(text, [other])

    def _add(self, text: str, cited: Sequence[Hit], checks: Sequence[Check]) -> str:
        numbers = list(dict.fromkeys(self._cite(text, hit) for hit in cited))
        return self.draft.add(text, numbers, checks)

    @cached_property
    def _names(self) -> frozenset[str]:
        """The words of all names in the passages given."""
        return frozenset(
            word for hit in self.hits for name in names(hit.text) for word in words(name)
        )

    def _compare(self, text: str, cited: Sequence[Hit]) -> list[Check]:
        sources = [Source.of(hit) for hit in cited]
        best = max(find_quote(text, hit)[2] for hit in cited)
        found = [
            check_values(text, sources),
            check_quotes(text, sources),
            check_names(text, sources, known=self._names),
            Check(
                kind="support",
                passed=best >= _WEAK,
                detail="" if best >= _WEAK else "no sentence of the source says this",
            ),
        ]
        return [check for check in found if check is not None]

    def _other_source(self, text: str) -> Hit | None:
        """A given passage that passes every check and clearly supports the sentence."""
        best = max(self.hits, key=lambda hit: find_quote(text, hit)[2])
        start, end, share = find_quote(text, best)
        quote = best.text[start - best.start : end - best.start]
        stated = check_values(text, [Source.of(replace(best, text=quote, title="", times=()))])
        fits = all(check.passed for check in self._compare(text, [best]))
        return best if fits and share >= _SUPPORTS and (not stated or stated.passed) else None

    def _cite(self, text: str, hit: Hit) -> int:
        start, end, _ = find_quote(text, hit)
        return self.draft.citations.add(hit, start, end)

    def _list(self, sentence: str, failed: str, done: str) -> None:
        self.draft.unverified.append(
            Unverified(sentence=sentence, failed=failed, done=done)  # type: ignore[arg-type]
        )


def _plain(text: str) -> str:
    """A model's words without list marks, links, tags and control characters."""
    bare = _LIST_MARK.sub("", _IMAGES.sub("", clean_characters(_ESCAPES.sub("", text))))
    return " ".join(_LINKS.sub(r"\1", bare).split())


def _failed(checks: Sequence[Check]) -> str:
    return "; ".join(check.detail or check.kind for check in checks if not check.passed)
