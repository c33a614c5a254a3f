"""Runs of words that two texts share.

The sample corpus may carry the facts of other articles but none of their sentences. Facts share
single words and names; copied sentences share long runs of them, so a run is what tells the two
apart. Case, punctuation and line breaks are left out of account, because changing only those
would still be copying.
"""

import re
from collections.abc import Iterable

__all__ = ["shared_runs", "words"]

_WORD = re.compile(r"[a-z0-9']+")


def words(text: str) -> list[str]:
    """The words of a text, in lower case and with one kind of apostrophe."""
    return _WORD.findall(text.lower().replace("’", "'"))


def shared_runs(text: str, others: Iterable[str], n: int = 8) -> list[str]:
    """Every run of `n` words of `text` that one of `others` holds too, once each, in text order.

    A longer shared passage shows as several overlapping runs. No run reaches across the border
    between two of `others`.
    """
    if n < 1:
        raise ValueError(f"a run has at least one word, not {n}")
    known: set[str] = set()
    for other in others:
        known.update(_runs(other, n))
    return [run for run in dict.fromkeys(_runs(text, n)) if run in known]


def _runs(text: str, n: int) -> list[str]:
    found = words(text)
    return [" ".join(found[start : start + n]) for start in range(len(found) - n + 1)]
