"""Values in text that can be compared: numbers, dates and names, in one normal form each.

Numbers in words equal numbers in digits ("one hundred and twenty-nine" is 129), and dates equal
each other across their ways of writing ("Nov. 17" is 17 November; a year counts where both have
one). English only.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rag.words import STOP_WORDS, fold, stem

__all__ = [
    "CALENDAR",
    "Day",
    "Quantity",
    "counted",
    "date_spans",
    "days",
    "miscounted_ones",
    "months",
    "name_spans",
    "names",
    "number_spans",
    "numbers",
    "quantities",
    "weekdays",
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
_SCALES = {
    "dozen": 12,
    "hundred": 100,
    "thousand": 1_000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
}
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
    r"(?:[\s-]?(dozen|hundred|thousand|million|billion|k|m|bn)\b)?",
    re.IGNORECASE,
)
_SHORT_SCALES = {"k": 1_000, "m": 1_000_000, "bn": 1_000_000_000}
_SCALE = r"(?:dozen|hundred|thousand|million|billion)\b"
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
_WEEK = "monday tuesday wednesday thursday friday saturday sunday".split()
_WEEKDAYS = frozenset(_WEEK)
_WEEKDAY = re.compile(rf"\b({'|'.join(name.title() for name in _WEEK)})s?\b")
_LONG_MONTH = "|".join(name.title() for name in _MONTHS if len(name) > 4 or name in ("may", "june"))
_BARE_MONTH = re.compile(
    rf"\b(?:[Ii]n|[Ss]ince|[Uu]ntil|[Dd]uring|[Ee]arly|[Ll]ate|[Mm]id|[Ll]ast|[Nn]ext|[Tt]his)"
    rf"(?:\s+(?:early|late))?[\s-]+({_LONG_MONTH}|July)\b(?!\s+(?:[A-Z]|\d{{1,2}}\b))"
    rf"|\b({_LONG_MONTH}|July)\s+(?:of\s+)?(?:1[5-9]|20)\d\d\b"
)
CALENDAR = _WEEKDAYS | _MONTHS.keys()
"""Words, in lower case, that are months or days of the week."""
_COUNTED = re.compile(r"\s+(?:(?:more|other|additional)\s+|of\s+(?:the|its|their)\s+)?([a-z]{3,})")
_SINGULAR = {"peopl": "person", "children": "child"}
"""Stems of words that one and many of a thing do not share."""
_ONE = re.compile(
    r"\b[Oo]ne\s+(?!(?:of|day|night|morning|evening|time|way|thing|side|hand|point)\b)([a-z]{3,})\b"
)
"""Left out: what "one day" and "one thing" mean is no number."""
_A = re.compile(
    r"\b(?:an?|one|1|another|single|sole|lone|the|his|her|their|its|this|that|first|last|no)\b"
    r"((?:[\s,-]+[^\W\d_]+){1,4})",
    re.IGNORECASE,
)
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


def months(text: str, *, loose: bool = False) -> set[int]:
    """The months that a text names without a day, as numbers.

    Only where the words about it show that a month is meant ("in March", "March 2015"); `loose`
    takes every one with a capital, those of full dates too.
    """
    if loose:
        found = re.findall(r"\b[A-Z][a-z]+\b", text)
        held = {_MONTHS[word.lower()] for word in found if word.lower() in _MONTHS}
        return held | {day.month for day in days(text)}
    return {
        _MONTHS[(match[1] or match[2]).lower()]
        for match in _BARE_MONTH.finditer(without_dates(text))
    }


def weekdays(text: str) -> set[int]:
    """The days of the week that a text names, Monday being 0."""
    return {_WEEK.index(name.lower()) for name in _WEEKDAY.findall(text)}


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
    nothing. `text` is both as they stand there ("more than 100"). `unit` is "%" or a currency's
    sign, empty where none stands beside it, "?" where that of another may count for it ("3 to 5
    percent")."""

    value: float
    bound: str
    text: str
    unit: str = ""

    def is_like(self, other: "Quantity") -> bool:
        """Whether both can be the same figure: a share is no count, and dollars are no euros."""
        units = {self.unit, other.unit}
        if self.value != other.value or "?" in units:
            return self.value == other.value
        return len(units) < 2 or ("" in units and "%" not in units)


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
_PERCENT = re.compile(r"[\s-]?(?:%|(?:percent|per\scent|pct|pc)\b)", re.IGNORECASE)
_POINTS = re.compile(r"\s(?:percentage|per\scent)\spoints?\b", re.IGNORECASE)
_COINS = {"dollar": "$", "euro": "€", "pound": "£", "yen": "¥", "ruble": "₽", "rouble": "₽"}
_COIN = re.compile(
    rf"[\s-](?:(?:US|American|Canadian|Australian)\s)?({'|'.join(_COINS)})s?\b", re.IGNORECASE
)
_RANGE = re.compile(r"\s?(?:-|–|,|to|and|or)\s?")
"""What joins two figures of which one unit may be told for both."""
_BOUND_BEHIND = re.compile(r"(?:\s+[a-z]+)?\s+or more\b|\+", re.IGNORECASE)


def quantities(text: str) -> list[Quantity]:
    """The numbers of a text in order, each with its bound; those inside dates left out."""
    found: list[Quantity] = []
    spans: list[tuple[int, int]] = []
    for (start, end), value in sorted(_number_values(text)):
        before = _BOUND.search(text, max(0, start - 24), start)
        behind = _BOUND_BEHIND.match(text, end)
        bound = next(k for k, v in before.groupdict().items() if v) if before else ""
        first = before.start() if before else start
        last = behind.end() if behind else end
        bound = bound or ("least" if behind else "")
        said = " ".join(text[first:last].split())
        found.append(Quantity(value, bound, said, _unit(text, start, end)))
        spans.append((start, end))
    for place, (quantity, span) in enumerate(zip(found, spans, strict=True)):
        beside = [(n, spans[n]) for n in (place - 1, place + 1) if 0 <= n < len(found)]
        for other, at in beside:
            between = text[min(span[1], at[1]) : max(span[0], at[0])]
            between = _PERCENT.sub("", between, count=1)
            if not quantity.unit and found[other].unit == "%" and _RANGE.fullmatch(between):
                found[place] = replace(quantity, unit="?")
    return found


def _unit(text: str, start: int, end: int) -> str:
    """What stands beside a figure: "%", the sign of a currency, or nothing."""
    if _POINTS.match(text, end):
        return "?"
    if _PERCENT.match(text, end):
        return "%"
    if coin := _COIN.match(text, end):
        return _COINS[coin[1].lower()]
    sign = re.search(r"[$€£¥]", text[max(0, start - 1) : start + 1])
    return sign[0] if sign else ""


def counted(text: str) -> dict[str, set[float]]:
    """What a text counts, by stem, and how many there are of it: {"ship": {2500}}."""
    found: dict[str, set[float]] = {}
    for (_, end), value in _number_values(text):
        noun = _COUNTED.match(text, end)
        if noun and noun[1] not in STOP_WORDS:
            found.setdefault(stem(noun[1]), set()).add(value)
    return found


def miscounted_ones(text: str, source: str) -> list[str]:
    """What a text has one of ("One person") where its source has only another number of it."""
    counts, held = counted(text), counted(source)
    found = []
    for match in _ONE.finditer(text):
        thing = _one(stem(match[1]))
        many = [noun for noun in held if _one(noun) == thing]
        others = {figure for noun in many for figure in held[noun] - counts.get(noun, set())}
        near = {word for told in _A.findall(source) for word in re.findall(r"\w+", told.lower())}
        if others and thing not in {_one(stem(word)) for word in near}:
            found.append(match[0].lower())
    return found


def _one(noun: str) -> str:
    """The stem of a noun, one for one and many."""
    return _SINGULAR.get(noun, f"{noun[:-3]}man" if noun.endswith("men") else noun)


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
