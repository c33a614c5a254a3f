"""Answers that come as JSON, turned into sentences with markers while they arrive.

A server with structured output is asked for the form of `rag.prompts.STRUCTURE`; others have models
that answer in JSON although nobody asked. Prose goes through as it is.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rag.prompts import REFUSAL

__all__ = ["as_prose"]

_UNDECIDED = re.compile(r"\s*(?:`{0,3}|```\w*\s*)(?:\[\s*)?")
"""How JSON, or prose that opens with a marker, may begin."""
_OPENS = re.compile(r"\s*(?:```\w*\s*)?(?:\[\s*)?\{")
_TEXTS = frozenset("text sentence sentences answer content response".split())
_MARKERS = frozenset(
    "passages passage citations citation markers marker sources source cites".split()
)


def as_prose(deltas: Iterable[str]) -> Iterator[str]:
    """Prose as it comes; of JSON its sentences as they come, each with its markers behind it."""
    buffer, parser, prose = "", _Sentences(), False
    for delta in deltas:
        if prose:
            yield delta
            continue
        buffer += delta
        if parser.begun or _OPENS.match(buffer):
            if out := parser.feed(buffer):
                yield out
            buffer = ""
        elif not _UNDECIDED.fullmatch(buffer):
            prose = True
            yield buffer
    if not prose:
        yield from filter(None, [buffer, parser.end()])


@dataclass
class _Level:
    """An object or a list that is open, and under which key it stands."""

    is_list: bool
    key: str = ""
    has_text: bool = False
    labels: list[str] = field(default_factory=list)


@dataclass
class _Sentences:
    """Reads JSON a piece at a time. What is no JSON after all gives nothing."""

    begun: bool = False
    _levels: list[_Level] = field(default_factory=list)
    _string: str | None = None
    """What has come of the string that is open, escapes as they are; None outside of one."""
    _given: int = 0
    """How much of it is given out."""
    _scalar: str = ""
    _said: bool = False
    _declined: bool = False
    _over: bool = False

    def feed(self, text: str) -> str:
        """What the new piece adds to the prose."""
        self.begun = True
        out = [self._take(character) for character in text]
        return "".join([*out, self._part()])

    def end(self) -> str:
        """What is left to say when nothing more comes."""
        whole = self._over or not self._said  # nothing is put behind half a sentence
        return REFUSAL if self.begun and self._declined and whole else ""

    def _take(self, character: str) -> str:
        if self._over:
            return ""
        if self._string is not None:
            if character != '"' or _escaped(self._string):
                self._string += character
                return ""
            return self._close_string()
        if character not in ',]}" \n\t\r:{[':
            self._scalar += character
            return ""
        out = self._close_scalar() if self._scalar else ""
        if character == '"':
            self._string, self._given = "", 0
        elif character in "{[":
            key = self._levels[-1].key if character == "[" and self._levels else ""
            self._levels.append(_Level(is_list=character == "[", key=key))
        elif character in "]}" and self._levels:
            out += self._close_level()
        elif character == "," and self._levels and not self._levels[-1].is_list:
            self._levels[-1].key = ""
        return out

    @property
    def _is_text(self) -> bool:
        """Whether the open string is a sentence (a value, not a key)."""
        return bool(self._levels) and self._levels[-1].key in _TEXTS

    def _part(self) -> str:
        """What can be given out of a sentence whose string is still open."""
        if self._string is None or not self._is_text:
            return ""
        whole = _decoded(self._string)
        # An escape, or half a surrogate pair, may still be on its way.
        safe = whole[: max(self._given, len(whole) - 2)] if "\\" in self._string[-12:] else whole
        out, self._given = safe[self._given :], max(self._given, len(safe))
        self._said = self._said or bool(out.strip())
        return out

    def _close_string(self) -> str:
        text, self._string = _decoded(self._string or ""), None
        if not self._levels:
            return ""
        level = self._levels[-1]
        if not level.key and not level.is_list:
            level.key = text.lower()
            return ""
        if level.key in _TEXTS:
            self._said = self._said or bool(text.strip())
            level.has_text = True
            return text[self._given :] + ("\n" if level.is_list else "")
        self._label(text)
        return ""

    def _close_scalar(self) -> str:
        scalar, self._scalar = self._scalar, ""
        if self._levels and self._levels[-1].key == "answered" and scalar == "false":
            self._declined = True
        elif scalar.isdigit():
            self._label(scalar)
        return ""

    def _label(self, text: str) -> None:
        """Keep a marker for the object that its list stands in."""
        owners = [level for level in self._levels if not level.is_list]
        if owners and self._levels[-1].key in _MARKERS:
            owners[-1].labels.append(text.strip(" []"))

    def _close_level(self) -> str:
        level = self._levels.pop()
        self._over = not self._levels
        if level.is_list or not level.has_text:
            return ""
        return " " + "".join(f"[{label}]" for label in level.labels) + "\n"


def _escaped(text: str) -> bool:
    """Whether a quotation mark behind this text is escaped."""
    return (len(text) - len(text.rstrip("\\"))) % 2 == 1


def _decoded(text: str) -> str:
    """A string's characters; an escape that is cut off or wrong at its end is left out."""
    for cut in range(min(len(text), 12) + 1):
        try:
            found = json.loads(f'"{text[: len(text) - cut]}"', strict=False)
        except ValueError:
            continue
        plain = found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return " ".join(plain.split("\n"))
    return ""
