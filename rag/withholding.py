"""Keeping the key out of what a model's server says.

A server, or a proxy before it, may answer with an error in the place of a reply, and repeat the key
in it: "Incorrect API key provided: ...". What a model says goes into answers, records and files.
"""

from typing import Final

__all__ = ["WITHHELD", "Withholder", "is_secret"]

WITHHELD: Final = "(key withheld)"
_SHORTEST, _SHORTEST_WORD = 8, 16
"""Characters of a key with a digit in it, and of one without."""
_TELLING = 8
"""Characters of a key that was cut off which are withheld as well."""


def is_secret(key: str) -> bool:
    """Whether a key is one at all: local servers take any word ("none", "ollama"), and in an
    article that word is a word."""
    least = _SHORTEST if any(map(str.isdigit, key)) else _SHORTEST_WORD
    return len(key) >= least


class Withholder:
    """Text that comes in pieces, without the key, also where it is cut over several of them."""

    def __init__(self, key: str) -> None:
        self._key = key.strip() if is_secret(key.strip()) else ""
        self._held = ""

    def feed(self, piece: str) -> str:
        """What can be given out now: all but an end with which the key may begin."""
        if not self._key:
            return piece
        text = (self._held + piece).replace(self._key, WITHHELD)
        longest = min(len(text), len(self._key) - 1)
        held = next((n for n in range(longest, 0, -1) if text.endswith(self._key[:n])), 0)
        self._held = text[len(text) - held :]
        return text[: len(text) - held]

    def end(self) -> str:
        """The rest; nothing more comes."""
        held, self._held = self._held, ""
        return WITHHELD if len(held) >= _TELLING else held
