"""Whether the words around a time tell of what was or of what is to come, by a few plain signs."""

import re
from dataclasses import dataclass
from typing import Literal

__all__ = ["Sentence", "Tense", "sentence_at"]

Tense = Literal["past", "future"]

# A sentence's end for this purpose; a point after an abbreviation is none.
_END = re.compile(
    r"(?<!\b[A-Z])(?<!\b(?:Mr|Ms|Dr|St|No|vs))(?<!\b(?:Mrs|Gen|Sen|Rep|Gov|Col|Jan|Feb|Mar|Apr|Aug"
    r"|Sep|Oct|Nov|Dec))(?<!\bSept)[.!?]+[\"'”’)\]]*\s+(?=[“\"‘'(\[]?[A-Z0-9])|\n+"
)
_DUE = r"(?:due|set|expected|scheduled|planned|going|slated|supposed)"
_PAST = "|".join(
    """was were had did didn['’]t wasn['’]t weren['’]t has have said told went came took gave made
    got saw left fell rose began won lost met held kept stood sat ran led built spent sent brought
    bought thought found felt knew grew drew threw broke spoke wrote shot hit put paid became struck
    blew fought taught caught sought shook swept fled bore drove rode flew chose froze stole woke
    hid bit dealt meant lent bent heard sold laid slid fed sank sang swore tore wore withdrew
    overtook arose forgot gone done seen taken given known shown read""".split()
)
_SIGNS = re.compile(
    r"\b(?:(?P<future>(?:will|won['’]t|shall)(?: not| also| again| then| now)?(?: be(?: \w+)?)?"
    rf"|(?:is|are|am) (?:(?:also|now|still) )?(?:to|{_DUE}|poised|likely)(?: to)?|plans? to"
    rf"|upcoming|ahead of|{_DUE} (?:for|by|on))"
    r"|(?P<doubt>(?:would|could|should|might|may|must|can|cannot)(?: not| also)?"
    rf"(?: be \w+| have \w+)?|if|(?:was|were|been|be) (?:to|{_DUE})(?: to)?"
    r"|to be \w+|to (?!the\b|a\b|an\b|his\b|her\b|its\b|their\b)[a-z]+)"
    rf"|(?P<past>{_PAST}|(?!need|inde|hund|spe|fee|bree|exce|proce|unit|bas)[a-z]{{2,}}ed))\b"
    r"|['’](?P<future2>ll)\b",
)
_REACH = 400
"""Characters: how far from a time its sentence is looked for."""
_BARE_REACH = 28
"""Characters: a weekday without "on" belongs to the verb just before it ("spoke Wednesday")."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a text, from `start` to `end`."""

    text: str
    start: int
    end: int

    def tense(
        self, start: int, end: int, *, owning: bool = False, bare: bool = False
    ) -> Tense | None:
        """Past or future, by the nearest sign before the words at `start`, else the first after.

        None where there is no sign, or one that may stand with either. `owning`: "Tuesday's
        vote" may be ahead of what is told, so nothing in the sentence may look ahead. `bare`: a
        weekday without "on" needs a verb just before it, or to open the sentence.
        """
        if owning:
            signs = [_kind(sign) for sign in _SIGNS.finditer(self.text, self.start, self.end)]
            return "past" if signs and set(signs) == {"past"} else None
        before: re.Match[str] | None = None
        for sign in _SIGNS.finditer(self.text, self.start, start):
            before = sign
        if bare and (before is None or start - before.end() > _BARE_REACH):
            opening = self.text[self.start : start].strip(" “\"‘'([—–-")
            if opening:
                return None
        nearest = before or _SIGNS.search(self.text, end, self.end)
        return _kind(nearest) if nearest else None


def _kind(sign: re.Match[str]) -> Tense | None:
    if sign["doubt"]:
        return None
    return "past" if sign["past"] else "future"


def sentence_at(text: str, position: int, *, begin: int = 0) -> Sentence:
    """The sentence around a position, from `begin` on: roughly, for the signs around a time."""
    start = max(begin, position - _REACH)
    for end in _END.finditer(text, start, position):
        start = end.end()
    after = _END.search(text, position, position + _REACH)
    return Sentence(text, start, after.start() + 1 if after else min(len(text), position + _REACH))
