"""Answering with a language model: stream it, and let no sentence out before it is checked."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from corpus import sentence_spans
from rag.answer import Draft
from rag.cite import (
    check_names,
    check_quotes,
    check_values,
    find_quote,
    markers,
    without_markers,
)
from rag.prompts import REFUSAL
from rag.types import Check, Hit, Unverified
from rag.words import content_words, fold

__all__ = ["SentenceChecker", "split_stream"]

_SUPPORTS = 0.5
"""Share of a sentence's words and values that a quote must hold to be given as its source."""
_WEAK = 0.25
"""Below this share a cited passage does not support the sentence."""
_LEADING = re.compile(r"^(?:\s*\[\d[\d,; ]*\])+")
_LIST_MARK = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+")
_LINKS = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|https?://\S+|<[^>]{1,200}>")


def split_stream(deltas: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Cut a stream of text into sentences: ("provisional", delta) as it comes, ("sentence", text).

    A sentence is given out once the next has begun, so that markers behind its full stop are
    still counted to it.
    """
    buffer = ""
    for delta in deltas:
        yield "provisional", delta
        buffer += delta
        pieces = _sentences(buffer)
        for piece in pieces[:-1]:
            yield "sentence", piece
        buffer = buffer[buffer.rfind(pieces[-1]) :] if len(pieces) > 1 else buffer
    for piece in _sentences(buffer):
        yield "sentence", piece


def _sentences(text: str) -> list[str]:
    """Sentences, each with the markers that follow its full stop."""
    found: list[str] = []
    for start, end in sentence_spans(text):
        piece = text[start:end]
        leading = _LEADING.match(piece)
        if leading and found:
            found[-1] += leading[0]
            piece = piece[leading.end() :].strip()
        if piece:
            found.append(piece)
    return found


@dataclass
class SentenceChecker:
    """Holds a model's sentences against the passages it was given (numbered from 1).

    What is done: an unknown marker is dropped; a sentence whose numbers, dates or quotations are
    not in what it cites is given another passage as its source where that one holds them, else
    removed; one whose names or words are not supported, or that cites nothing, is kept and
    marked. All of these are listed in `draft.unverified`.
    """

    hits: Sequence[Hit]
    draft: Draft
    refused: bool = False

    def check(self, raw: str) -> str:
        """The text to show for a sentence of the model, "" where it is removed."""
        text = " ".join(_LINKS.sub(r"\1", _LIST_MARK.sub("", without_markers(raw))).split())
        if fold(text).strip(" .") == fold(REFUSAL).strip(" ."):
            self.refused = True
            return ""
        if not content_words(text):
            return ""
        given = markers(raw)
        known = [number for number in given if 1 <= number <= len(self.hits)]
        if len(known) < len(given):
            unknown = ", ".join(f"[{n}]" for n in given if n not in known)
            self._list(text, f"{unknown} names no passage", "repaired")
        cited = [self.hits[number - 1] for number in known]
        checks = self._compare(text, cited) if cited else []
        if not cited or any(not c.passed for c in checks if c.kind in ("value", "quote")):
            other = self._other_source(text)
            if other is not None:
                what = "cites nothing" if not cited else _failed(checks)
                self._list(text, f"{what}; the source was found", "repaired")
                cited, checks = [other], self._compare(text, [other])
        if not cited:
            self._list(text, "cites no source", "marked")
            return self.draft.add(text, [], [Check(kind="marker", passed=False)]) + " (unverified)"
        if any(not c.passed for c in checks if c.kind in ("value", "quote")):
            self._list(text, _failed(checks), "removed")
            return ""
        numbers = list(dict.fromkeys(self._cite(text, hit) for hit in cited))
        out = self.draft.add(text, numbers, checks)
        if any(not check.passed for check in checks):
            self._list(text, _failed(checks), "marked")
            return f"{out} (unverified)"
        return out

    def _compare(self, text: str, cited: Sequence[Hit]) -> list[Check]:
        sources = [_source_text(hit) for hit in cited]
        best = max(find_quote(text, hit)[2] for hit in cited)
        found = [
            check_values(text, sources),
            check_quotes(text, sources),
            check_names(text, sources),
            Check(
                kind="support",
                passed=best >= _WEAK,
                detail="" if best >= _WEAK else "no sentence of the source says this",
            ),
        ]
        return [check for check in found if check is not None]

    def _other_source(self, text: str) -> Hit | None:
        """A given passage that passes every check and clearly supports the sentence."""
        ranked = sorted(self.hits, key=lambda hit: -find_quote(text, hit)[2])
        best = ranked[0]
        fits = all(check.passed for check in self._compare(text, [best]))
        return best if fits and find_quote(text, best)[2] >= _SUPPORTS else None

    def _cite(self, text: str, hit: Hit) -> int:
        start, end, _ = find_quote(text, hit)
        return self.draft.citations.add(hit, start, end)

    def _list(self, sentence: str, failed: str, done: str) -> None:
        self.draft.unverified.append(
            Unverified(sentence=sentence, failed=failed, done=done)  # type: ignore[arg-type]
        )


def _failed(checks: Sequence[Check]) -> str:
    return "; ".join(check.detail or check.kind for check in checks if not check.passed)


def _source_text(hit: Hit) -> str:
    """What a sentence that cites this passage may draw on: its words, title, outlet and date."""
    day = hit.published.isoformat()[:10] if hit.published else ""
    return "\n".join((hit.title, hit.source, day, hit.text))
