"""Values in text that can be compared: numbers, dates and names, in one normal form each.

Numbers in words equal numbers in digits ("one hundred and twenty-nine" is 129), and dates equal
each other across their ways of writing ("Nov. 17" is 17 November; a year counts where both have
one). English only.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.words import STOP_WORDS, fold, stem

__all__ = [
    "CALENDAR",
    "Day",
    "Quantity",
    "counted",
    "date_spans",
    "days",
    "name_spans",
    "names",
    "number_spans",
    "numbers",
    "quantities",
    "without_dates",
    "years",
]

_UNITS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
        " fifteen sixteen seventeen eighteen nineteen".split()
    )
}
_TENS = {
    word: 10 * value
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_MONTHS = {
    name: number
    for number, names in enumerate(
        "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug"
        "|september sept sep|october oct|november nov|december dec".split("|"),
        1,
    )
    for name in names.split()
}
_MONTH = "(?P<{}>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_DAY = r"(?P<{}>[0-3]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s+(?P<{}>1[5-9]\d\d|20\d\d))?\b"
_DATES = re.compile(
    r"\b(?:"
    + _MONTH.format("m1") + r"\s+" + _DAY.format("d1") + r"(?!\d)" + _YEAR.format("y1")
    + "|" + _DAY.format("d2") + r"\s+(?:of\s+)?" + _MONTH.format("m2") + r"(?!\w)"
    + _YEAR.format("y2")
    + r"|(?P<y3>1[5-9]\d\d|20\d\d)-(?P<m3>\d\d)-(?P<d3>\d\d)\b)",
    re.IGNORECASE,
)  # fmt: skip
_YEARS = re.compile(r"\b(1[5-9]\d\d|20\d\d)\b(?![,.]\d)")
_DIGITS = re.compile(
    r"(?<![\w.,])[$€£]?(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?"
    r"(?:[\s-]?(hundred|thousand|million|billion|k|m|bn)\b)?",
    re.IGNORECASE,
)
_SHORT_SCALES = {"k": 1_000, "m": 1_000_000, "bn": 1_000_000_000}
_SCALE = r"(?:hundred|thousand|million|billion)\b"
_UNIT = rf"\b(?:{'|'.join([*_UNITS, *_TENS])})\b"
_HALF = rf"\bhalf(?:\s+a)?[\s-]+(?={_SCALE})"
# "and" joins only behind a scale ("a hundred and one") or before a half: "two and three" are two.
_NUMBER_WORDS = re.compile(
    rf"(?:{_HALF}|\ba\s+(?={_SCALE}))?(?:{_UNIT}(?:\s+and\s+a\s+half(?=\s+{_SCALE}))?|\b{_SCALE})"
    rf"(?:[\s-]+{_UNIT}|[\s-]+{_SCALE}|(?<=hundred)\s+and\s+{_UNIT}"
    rf"|(?:(?<=thousand)|(?<=[mb]illion))\s+and\s+{_UNIT}(?!\s+(?!hundred){_SCALE}))*",
    re.IGNORECASE,
)
_UPPER = "".join(filter(str.isupper, map(chr, range(0x530))))
"""Capitals of the Latin, Greek and Cyrillic alphabets, accents included."""
_TITLE = r"(?:Mr|Mrs|Ms|Dr|Prof|Gen|Col|Lt|Sen|Rep|Gov|Rev|Capt|St)\."
_NAME_WORD = rf"(?:{_TITLE}|(?:[{_UPPER}]\.){{1,3}}|(?:[Aa]l-|[Ee]l-|d['’])?[{_UPPER}][\w'’&-]*)"
_NAME = re.compile(
    rf"(?<![\w-]){_NAME_WORD}"
    rf"(?:\s+(?:(?:of|de|la|le|al|bin|van|von|the|for|du|des)\s+){{0,2}}{_NAME_WORD})*"
)
_WEEKDAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())
CALENDAR = _WEEKDAYS | _MONTHS.keys()
"""Words, in lower case, that are months or days of the week."""
_COUNTED = re.compile(r"\s+(?:(?:more|other|additional)\s+|of\s+(?:the|its|their)\s+)?([a-z]{3,})")
_TITLES = frozenset("mr mrs ms dr prof gen col lt sen rep gov rev capt".split())
_ADVERBS = frozenset("yesterday today tomorrow meanwhile earlier later".split())
_NOT_NAMES = STOP_WORDS | _ADVERBS | _MONTHS.keys() | _WEEKDAYS | _TITLES
_SENTENCE_END = re.compile(r"(?:[.!?]['\"”’)]?\s+|\n|[“\"‘]\s*)$")


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the year; `year` is 0 where none is stated."""

    month: int
    day: int
    year: int = 0

    def matches(self, other: "Day") -> bool:
        """Whether both can be the same day."""
        alike = (self.month, self.day) == (other.month, other.day)
        return alike and (self.year == other.year or not self.year or not other.year)


def days(text: str) -> list[Day]:
    """The calendar days that a text names."""
    found = []
    for match in _DATES.finditer(text):
        kind = next(k for k in "123" if match[f"d{k}"])
        month = int(match["m3"]) if kind == "3" else _MONTHS[match[f"m{kind}"].lower()]
        day, year = int(match[f"d{kind}"]), int(match[f"y{kind}"] or 0)
        if 1 <= month <= 12 and 1 <= day <= 31:
            found.append(Day(month, day, year))
    return found


def date_spans(text: str) -> list[tuple[int, int]]:
    """Where the dates of a text stand, those included that no calendar has."""
    return [match.span() for match in _DATES.finditer(text)]


def without_dates(text: str) -> str:
    """The text with its dates blanked out, every other offset kept."""
    return _DATES.sub(lambda match: " " * len(match[0]), text)


def years(text: str) -> set[int]:
    """Years that stand alone, outside full dates."""
    return {int(year) for year in _YEARS.findall(without_dates(text))}


def number_spans(text: str) -> list[tuple[int, int]]:
    """Where the numbers of a text stand, those inside dates left out."""
    return [span for span, _ in _number_values(text)]


def numbers(text: str) -> set[float]:
    """The numbers of a text, in digits or words; those inside dates left out, years included.

    "one" alone is an article as often as a number and is left out.
    """
    return {value for _, value in _number_values(text)}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of a text with what bounds it: "over", "least", "under", "most", "about", or
    nothing. `text` is both as they stand there ("more than 100")."""

    value: float
    bound: str
    text: str


_BOUNDS: tuple[tuple[str, str], ...] = (
    ("least", r"at least|no fewer than|no less than|not less than|a minimum of"),
    ("over", r"(?<!no )more than|over|above|upwards? of|in excess of|exceeding|well over"),
    ("most", r"up to|at most|no more than|not more than|as many as|a maximum of"),
    ("under", r"(?<!no )fewer than|(?<!no )(?<!not )less than|under|below|just short of"),
    ("about", r"about|around|some|roughly|approximately|an estimated|nearly|almost|close to|circa"),
)
_BOUND = re.compile(
    r"\b(?:" + "|".join(f"(?P<{name}>{forms})" for name, forms in _BOUNDS) + r")\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_BOUND_BEHIND = re.compile(r"(?:\s+[a-z]+)?\s+or more\b|\+", re.IGNORECASE)


def quantities(text: str) -> list[Quantity]:
    """The numbers of a text in order, each with its bound; those inside dates left out."""
    found = []
    for (start, end), value in sorted(_number_values(text)):
        before = _BOUND.search(text, max(0, start - 24), start)
        behind = _BOUND_BEHIND.match(text, end)
        bound = next(k for k, v in before.groupdict().items() if v) if before else ""
        first = before.start() if before else start
        last = behind.end() if behind else end
        bound = bound or ("least" if behind else "")
        found.append(Quantity(value, bound, " ".join(text[first:last].split())))
    return found


def counted(text: str) -> dict[str, set[float]]:
    """What a text counts, by stem, and how many there are of it: {"ship": {2500}}."""
    found: dict[str, set[float]] = {}
    for (_, end), value in _number_values(text):
        noun = _COUNTED.match(text, end)
        if noun and noun[1] not in STOP_WORDS:
            found.setdefault(stem(noun[1]), set()).add(value)
    return found


def _number_values(text: str) -> Iterator[tuple[tuple[int, int], float]]:
    rest = without_dates(text)
    for match in _DIGITS.finditer(rest):
        value = float(match[1].replace(",", "") + (match[2] or ""))
        scale = (match[3] or "").lower()
        yield match.span(), value * (_SCALES.get(scale) or _SHORT_SCALES.get(scale) or 1)
    blanked = _DIGITS.sub(lambda match: " " * len(match[0]), rest)
    for match in _NUMBER_WORDS.finditer(blanked):
        said = re.findall(r"[a-z]+", match[0].lower())
        if said != ["one"] and (len(said) > 1 or said[0] not in _SCALES):
            yield match.span(), _spoken(said)


def _spoken(said: list[str]) -> float:
    total = current = 0.0
    for word in said:
        if word == "half":
            current += 0.5
        elif word in _UNITS or word in _TENS:
            current += _UNITS.get(word, 0) + _TENS.get(word, 0)
        elif word == "hundred":
            current = (current or 1) * 100
        elif word in _SCALES:
            total += (current or 1) * _SCALES[word]
            current = 0.0
    return total + current


def names(text: str) -> list[str]:
    """Runs of capitalised words that read as names, in order; titles such as "Mr." are left out.

    The first word of a sentence counts only where it goes on as a name or is no common word.
    """
    return list(dict.fromkeys(" ".join(text[a:b].split()) for a, b in name_spans(text)))


def name_spans(text: str) -> list[tuple[int, int]]:
    """Where the names of a text stand, each time."""
    found = []
    for match in _NAME.finditer(text):
        parts = list(re.finditer(r"\S+", re.sub(r"['’]s$", "", match[0].rstrip(".'’-"))))
        if len(parts) == 1 and _starts(text, match.start()) and not _is_odd(parts[0][0]):
            continue
        while parts and (parts[0][0].islower() or _is_no_name(parts[0][0])):
            parts = parts[1:]
        while parts and fold(parts[-1][0]) in _WEEKDAYS:
            parts = parts[:-1]
        if parts:
            found.append((match.start() + parts[0].start(), match.start() + parts[-1].end()))
    return found


def _starts(text: str, start: int) -> bool:
    """Whether a sentence or a quotation starts here."""
    return not start or bool(_SENTENCE_END.search(text, max(0, start - 8), start))


def _is_no_name(word: str) -> bool:
    return fold(word).rstrip(".") in _NOT_NAMES and not _is_odd(word)  # the US, not us


def _is_odd(word: str) -> bool:
    """Whether capitals mark a name even at the head of a sentence: IS, FSB, McDonald."""
    return any(letter.isupper() for letter in word[1:]) and len(word) > 1
