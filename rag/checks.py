"""What of a sentence can be compared with the article that it cites, word by word.

Quotations, figures with their bounds, dates, names, and who says it. Every check is deterministic,
takes milliseconds, and gives None where a sentence has nothing of its kind.
"""

import re
from calendar import day_name, month_name
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rag.types import Check, Hit
from rag.values import (
    Day,
    days,
    miscounted_ones,
    months,
    names,
    quantities,
    weekdays,
    years,
)
from rag.words import fold, stem, stems, words

__all__ = [
    "Quote",
    "Source",
    "check_names",
    "check_quotes",
    "check_values",
    "find_words",
    "lacking",
    "quotations",
    "unbounded",
    "without_marks",
    "without_quotations",
]

_QUOTED = re.compile(r"„([^“”„]{2,})[“”]|“([^”]{2,})”|«([^«»]{2,})»|»([^«»]{2,})«|\"([^\"]{2,})\"")
_FEWEST_QUOTED_WORDS = 2
_IMPLIED = {
    "": {"", "least", "most", "about"},
    "over": {"over", "least"},
    "least": {"least"},
    "under": {"under", "most"},
    "most": {"most"},
    "about": {"about"},
}
"""Which bounds a figure may be given with, by the bound that its source gives it."""


_ALL = frozenset({"figure", "day", "name"})


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of an article that a statement is to cite, offsets into the article.

    `share` is how much of the statement's words it holds, and `gives` the kinds of values that it
    may vouch for: a sentence that stands before another may tell who "she" is there, but its
    figures are of something else.
    """

    hit: Hit
    start: int
    end: int
    share: float = 0.0
    gives: frozenset[str] = _ALL

    @property
    def text(self) -> str:
        """Its words."""
        return self.hit.text[self.start - self.hit.start : self.end - self.hit.start]


@dataclass(frozen=True, slots=True)
class Source:
    """What a sentence that cites a passage may draw on.

    `text` is what it may take figures from, with the article's title, outlet and day; `named` what
    it may take names from; `timed` what it may take days and months from; `dated` the days that are
    named there, those included that are named by "on Tuesday", each with its year where that is
    known; `spans` the times so named ("last month"); `whole` the text of the article, the passage's
    own where that is not at hand.
    """

    hit: Hit
    text: str
    named: str
    timed: str
    dated: tuple[Day, ...]
    spans: tuple[tuple[date, date], ...]
    whole: str

    @classmethod
    def of(cls, hit: Hit, *, whole: str = "", quotes: Sequence[Quote] | None = None) -> "Source":
        """The source that a hit makes: its whole passage, or only what is to be quoted of it.

        A reader opens the quotes: a figure that stands elsewhere in the passage is a figure of
        something else as far as they can tell.
        """
        if quotes is None:
            quotes = [Quote(hit, hit.start, hit.end)]
        day = hit.published
        head = "\n".join((hit.title, hit.source, day.isoformat()[:10] if day else ""))
        told = {
            kind: "\n".join([head, *(quote.text for quote in quotes if kind in quote.gives)])
            for kind in _ALL
        }
        named = [_in_year(found, day) for found in days(told["day"])]
        vouching = [quote for quote in quotes if "day" in quote.gives]
        times = [
            mention
            for mention in hit.times
            if any(quote.start <= mention.start < quote.end for quote in vouching)
        ]
        named += [
            Day(mention.first.month, mention.first.day, mention.first.year)
            for mention in times
            if mention.first == mention.last
        ]
        return cls(
            hit=hit,
            text=told["figure"],
            named=told["name"],
            timed="\n".join([hit.title, *(quote.text for quote in vouching)]),
            dated=tuple(named),
            spans=tuple((mention.first, mention.last) for mention in times),
            whole=whole or hit.text,
        )


def _in_year(named: Day, published: date | None) -> Day:
    """The day in the year that an article of that date means, the nearest one."""
    if named.year or published is None:
        return named
    months = (named.month - published.month) + (named.day > published.day) * 0.5
    year = published.year + (months < -6) - (months > 6)
    return replace(named, year=year)


def quotations(sentence: str) -> list[str]:
    """What a sentence quotes; a single word in quotation marks is a manner of speaking."""
    quoted = [" ".join("".join(found).split()) for found in _QUOTED.findall(sentence)]
    return [text for text in quoted if len(text.split()) >= _FEWEST_QUOTED_WORDS]


def without_quotations(sentence: str) -> str:
    """A sentence with what it quotes blanked out, every offset kept."""
    return _QUOTED.sub(lambda match: " " * len(match[0]), sentence)


def without_marks(sentence: str) -> str:
    """A sentence with the quotation marks around what it quotes taken out."""
    return _QUOTED.sub(lambda match: match[0][1:-1], sentence)


def find_words(quotation: str, text: str) -> tuple[int, int] | None:
    """Where a text holds a quotation; quotation marks, dashes, case and spaces may differ."""
    pieces = re.findall(r"\w+|[^\w\s\"']+", fold(quotation).strip(" .,;:!?…\"'"))
    if not pieces:
        return None
    pattern = ""
    for last, piece in zip(["", *pieces], pieces, strict=False):
        both_words = bool(last) and last[-1].isalnum() and piece[0].isalnum()
        # Words are whole: "happy with" does not stand in "unhappy with".
        pattern += (r"[\s\"']+" if both_words else r"[\s\"']*" if last else "") + re.escape(piece)
    left = r"(?<!\w)" if pieces[0][0].isalnum() else ""
    right = r"(?!\w)" if pieces[-1][-1].isalnum() else ""
    found = re.search(f"{left}{pattern}{right}", fold(text))
    return found.span() if found else None


def check_quotes(sentence: str, sources: Sequence[Source]) -> Check | None:
    """Whether all that stands in quotation marks stands word for word in an article cited."""
    quoted = quotations(sentence)
    if not quoted:
        return None
    for text in quoted:
        if not any(find_words(text, source.whole) for source in sources):
            return Check(kind="quote", passed=False, detail=f"not verbatim: “{text}”")
    return Check(kind="quote", passed=True)


def check_values(sentence: str, sources: Sequence[Source]) -> Check | None:
    """Whether every number, date and year of a sentence occurs in a source; None for none.

    So do months and days of the week by themselves. A number that the source bounds ("over 100")
    does not stand for the number itself, a share not for a count. A day without its year is the
    source's where month and day agree; with one, the years must agree too, and a source's day
    without one is of the year nearest to its publication.
    """
    wrong = [*_wrong_figures(sentence, sources), *_wrong_days(sentence, sources)]
    found = (quantities(sentence), days(sentence), months(sentence), weekdays(sentence))
    if not wrong and not any(found):
        return None
    return Check(kind="value", passed=not wrong, detail="; ".join(wrong))


def _wrong_figures(sentence: str, sources: Sequence[Source]) -> list[str]:
    held_years = {year for source in sources for year in years(source.text)}
    held_years |= {day.year for source in sources for day in source.dated}
    held = [quantity for source in sources for quantity in quantities(source.text)]
    wrong = []
    for quantity in quantities(sentence):
        alike = [other for other in held if quantity.is_like(other)]
        other_unit = [other for other in held if other.value == quantity.value]
        if not alike and other_unit:
            wrong.append(f"the cited source has “{other_unit[0].text}” of something else")
        elif not alike and quantity.value not in held_years:
            wrong.append(f"not in the cited source: {quantity.value:g}")
        elif alike and not any(quantity.bound in _IMPLIED[other.bound] for other in alike):
            wrong.append(f"the cited source has “{alike[0].text}”")
    ones = miscounted_ones(sentence, "\n".join(source.text for source in sources))
    return [*wrong, *(f"not in the cited source: {one}" for one in ones)]


def _wrong_days(sentence: str, sources: Sequence[Source]) -> list[str]:
    held = [day for source in sources for day in source.dated]
    wrong = [
        f"not in the cited source: {day.day}.{day.month}.{day.year or ''}"
        for day in days(sentence)
        if not any(map(day.matches, held))
    ]
    return [*wrong, *_wrong_months(sentence, sources), *_wrong_weekdays(sentence, sources)]


def _wrong_months(sentence: str, sources: Sequence[Source]) -> list[str]:
    """The months without a day that no source names; that of publication only where none does."""
    held = {month for source in sources for month in months(source.timed, loose=True)}
    for source in sources:
        for first, last in source.spans:
            whole = range(first.year * 12 + first.month, last.year * 12 + last.month + 1)
            held |= {(month - 1) % 12 + 1 for month in whole}
    held = held or {source.hit.published.month for source in sources if source.hit.published}
    missing = sorted(months(sentence) - held)
    return [f"not in the cited source: {month_name[month]}" for month in missing]


def _wrong_weekdays(sentence: str, sources: Sequence[Source]) -> list[str]:
    """The days of the week that are not those of the sources."""
    wanted = weekdays(sentence)
    held = {day for source in sources for day in weekdays(source.timed)}
    for source in sources:
        named = [_in_year(day, source.hit.published) for day in days(source.timed)]
        if any(not day.year for day in named):
            return []  # it may be any of them
        held |= {found for day in named if (found := _weekday(day)) is not None}
        for first, last in source.spans:
            length = min((last - first).days, 6)
            held |= {(first.weekday() + more) % 7 for more in range(length + 1)}
    held = held or {source.hit.published.weekday() for source in sources if source.hit.published}
    return [f"not in the cited source: {day_name[day]}" for day in sorted(wanted - held)]


def _weekday(day: Day) -> int | None:
    try:
        return date(day.year, day.month, day.day).weekday()
    except ValueError:  # 30 February
        return None


def lacking(
    sentence: str, sources: Sequence[Source], *, known: Collection[str] = ()
) -> set[tuple[str, str]]:
    """What of a sentence no source vouches for: kinds of values ("figure", "day", "name"), each
    with what is wrong."""
    found = {("figure", wrong) for wrong in _wrong_figures(sentence, sources)}
    found |= {("day", wrong) for wrong in _wrong_days(sentence, sources)}
    return found | {("name", name) for name in _missing(_named(sentence, known), sources)}


def unbounded(sentence: str, sources: Sequence[Source]) -> list[tuple[str, str]]:
    """Figures that a sentence gives bare and its sources only with a bound: ("100", "over 100")."""
    held = [quantity for source in sources for quantity in quantities(source.text)]
    found = []
    for quantity in quantities(sentence):
        alike = [other for other in held if quantity.is_like(other)]
        if not quantity.bound and alike and all(other.bound for other in alike):
            found.append((quantity.text, alike[0].text))
    return found


def check_names(
    sentence: str, sources: Sequence[Source], *, known: Collection[str] = ()
) -> Check | None:
    """Whether the words of every name in a sentence occur in a source; None for none.

    A capital at the head of a sentence says nothing by itself; a word there counts as a name
    where it is one of the `known` names (words in lower case). Where a source has only the surname,
    the rest of the name may stand elsewhere in the passage.
    """
    found = _named(sentence, known)
    if not found:
        return None
    missing = _missing(found, sources)
    return Check(
        kind="name",
        passed=not missing,
        detail=f"not in the cited source: {', '.join(missing)}" if missing else "",
    )


def _named(sentence: str, known: Collection[str]) -> list[str]:
    """The names of a sentence."""
    opening = next(iter(words(sentence)), "")
    return [*([opening] if opening in known else []), *names(sentence)]


def _missing(found: Iterable[str], sources: Sequence[Source]) -> list[str]:
    """The names that no source vouches for."""
    held = stems(word for source in sources for word in words(source.named))
    near = held | stems(word for source in sources for word in words(source.hit.text))
    return [
        name
        for name in found
        if not _all_in(words(name), held)
        and not (_all_in(words(name)[-1:], held) and _all_in(words(name), near))
    ]


def _all_in(parts: Iterable[str], held: set[str]) -> bool:
    return all(stem(part) in held for part in parts if len(part) > 1)
