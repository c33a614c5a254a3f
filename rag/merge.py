"""Short answers of several passages, merged by what they say.

"129", "one hundred and twenty-nine people" and "at least 129" are one value, as are "Nov. 17" and
"17 November 2015", and "Mr. Hollande" and "François Hollande". A value that several articles give
outranks one that a single article gives.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.question import asked_for
from rag.types import Reading, ShortAnswer
from rag.values import Day, days, numbers, years
from rag.words import STOP_WORDS, content_words, fold

__all__ = ["merge"]

_EDGE = re.compile(r"^[\W_]+|[\W_]+$")
_FORMS = frozenset(
    "mr mrs ms dr sir lord lady president minister prime senator governor king queen prince"
    " princess pope general colonel captain professor".split()
)
"""Words before a name that do not make it another's."""
_BESIDE = 80
"""Characters before and behind an answer."""


@dataclass(frozen=True, slots=True)
class _Value:
    """What an answer says, apart from its wording."""

    days: tuple[Day, ...] = ()
    numbers: frozenset[float] = frozenset()
    words: tuple[str, ...] = ()
    name: bool = False

    def same(self, other: "_Value") -> bool:
        """Whether both say the same."""
        if self.days or other.days:
            return any(one.matches(two) for one in self.days for two in other.days)
        if self.numbers or other.numbers:
            return self.numbers == other.numbers
        if self.name and other.name:
            # "Hollande" is François Hollande; "New York" is not the New York Times.
            few, many = sorted((set(self.words), set(other.words)), key=len)
            return few <= many and self.words[-1] == other.words[-1]
        return self.words == other.words


def _value(text: str, *, counting: bool) -> _Value:
    dates = tuple(days(text))
    if dates:
        return _Value(days=dates)
    figures = numbers(text)
    said = content_words(text)
    # "40 people" is its figure where one is asked for; "Boeing 747" is not, where a name is.
    if figures and (counting or figures == years(text) or not _letters(said)):
        return _Value(numbers=frozenset(figures))
    # Not by `names`: the first word of an answer is no sentence's first.
    capitals = [w for w in text.split(",", maxsplit=1)[0].split() if re.search(r"[^\W_a-z]", w)]
    named = [word for word in content_words(" ".join(capitals)) if word not in STOP_WORDS]
    kept = tuple(word for word in named or said if word not in _FORMS) or tuple(said)
    return _Value(
        words=kept or (fold(text),), name=bool(named) and not all(map(str.isdigit, named))
    )


def _letters(said: Iterable[str]) -> bool:
    return any(word.isalpha() for word in said)


def merge(question: str, readings: Sequence[Reading]) -> list[ShortAnswer]:
    """Each value once, likeliest first.

    Articles are taken for independent witnesses: a value is wrong only where the reader was at
    all that give it (noisy or, over the surest reading of each, copies left out). What fits only
    some of a group ("Jean-Marie Le Pen" beside "Le Pen" and "Marine Le Pen") is none of it.
    """
    counting = asked_for(question) == "number"
    groups: list[tuple[list[_Value], list[Reading]]] = []
    for reading in sorted(readings, key=lambda reading: -reading.answer):
        if not _EDGE.sub("", reading.text):
            continue
        value = _value(reading.text, counting=counting)
        values, group = next(
            ((known, held) for known, held in groups if all(map(value.same, known))), ([], [])
        )
        if not group:
            groups.append((values, group))
        values.append(value)
        group.append(reading)
    merged = [_merged(group) for _, group in groups]
    return sorted(merged, key=lambda answer: -answer.probability)


def _merged(group: Sequence[Reading]) -> ShortAnswer:
    heard: set[str] = set()
    wrong = 1.0
    for reading in group:
        # A copy of another article, or of its sentence, is no second witness.
        hit = reading.hit
        witness = {hit.article_id, hit.story, _around(reading)} - {""}
        if heard.isdisjoint(witness):
            wrong *= 1 - reading.answer
        heard |= witness
    return ShortAnswer(text=group[0].text, probability=1 - wrong, readings=tuple(group))


def _around(reading: Reading) -> str:
    """The answer in its words, to know a copied sentence by."""
    hit = reading.hit
    start, end = reading.start - hit.start, reading.end - hit.start
    return " ".join(fold(hit.text[max(0, start - _BESIDE) : end + _BESIDE]).split())
