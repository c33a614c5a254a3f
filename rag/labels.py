"""The markers that a model is to cite passages by: short, of no meaning, new for each request.

A number can be guessed, and stands in many an article ("[1]"); a label such as [k42] that was not
given out is recognised as invented.
"""

import random
import re
from collections.abc import Sequence

from rag.types import Hit

__all__ = ["MARKER", "labels_in", "passage_labels", "without_labels"]

_LETTERS = "bcdfghkmnpqrstvwxz"
_LABEL = r"[A-Za-z]?\d{1,3}"
MARKER = rf"\[\s*(?:(?:passages?|sources?)\s+)?{_LABEL}(?:\s*[,;–-]\s*{_LABEL})*\s*\]"
"""What a model writes as a marker, whether it was given out or not: [k42], [k42, p17], [1-3]."""
_MARKER = re.compile(rf"\s*({MARKER})", re.IGNORECASE)
_NAMED = re.compile(r"([a-z])?(\d{1,3})(?:\s*[–-]\s*(\d{1,3}))?", re.IGNORECASE)
_WIDEST = 50
"""Numbers that "[1-50]" may stand for."""


def passage_labels(question: str, hits: Sequence[Hit]) -> list[str]:
    """A label for each passage: the same for the same question and passages, else others.

    One of 1,620 each, so that an invented one hardly ever is one of those given out.
    """
    seed = "\n".join([question, *(hit.passage_id for hit in hits)])
    draw = random.Random(seed)  # noqa: S311  nothing secret: it is to be hard to guess by accident
    return [
        f"{_LETTERS[value // 90]}{value % 90 + 10}"
        for value in draw.sample(range(len(_LETTERS) * 90), len(hits))
    ]


def labels_in(text: str) -> list[str]:
    """The labels in the markers of a text, each once, in order; "[1-3]" names three."""
    found: list[str] = []
    for marker in _MARKER.findall(text):
        for letter, first, last in _NAMED.findall(marker):
            numbers = range(int(first), int(last or first) + 1)
            if letter or not 0 < len(numbers) <= _WIDEST:
                found.append(f"{letter}{first}".lower())
            else:
                found += map(str, numbers)
    return list(dict.fromkeys(found))


def without_labels(text: str) -> str:
    """The text with its markers taken out."""
    return _MARKER.sub("", text)
