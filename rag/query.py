"""What a question asks beside its words: exact phrases, days of publication, several voices.

Only words about publication narrow a search ("in last week's articles", "reports published since
14 November"): dates of events ("the November 13 attacks") weigh as words do and hide nothing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import MAXYEAR, MINYEAR, date, timedelta

from corpus.periods import Span, day_or_none, month_number, month_span, period
from rag.conversation import standalone, topic_of
from rag.types import Turn
from rag.values import names
from rag.words import content_words
from vectorstore import Filters

__all__ = ["Part", "Query", "parse", "up_to", "with_days"]

_PHRASE = re.compile(r"\"([^\"]{2,200})\"|“([^”]{2,200})”|«([^»]{2,200})»|„([^“”]{2,200})[“”]")

_MONTH = (
    r"(?:jan(?:uary|\.)?|feb(?:ruary|\.)?|mar(?:ch|\.)?|apr(?:il|\.)?|may|june?|july?|aug(?:ust|\.)?"
    r"|sept?(?:ember|\.)?|oct(?:ober|\.)?|nov(?:ember|\.)?|dec(?:ember|\.)?)"
)
_DATE = rf"""(?:(?P<iso>\d{{4}}-\d\d-\d\d)
    |(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\ (?:of\ )?(?P<month>{_MONTH})(?:,?\ (?P<year>\d{{4}}))?
    |(?P<month2>{_MONTH})\ (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\ (?P<year2>\d{{4}}))?
    |(?P<month3>{_MONTH})(?:\ (?:of\ )?(?P<year3>\d{{4}}))?
    |(?P<year4>(?:19|20)\d\d))\b"""
_NEAR = r"""(?:(?P<near>today|yesterday)|(?P<which>this|last)\ (?P<unit>week|month|year)
    |the\ (?:last|past)\ (?:(?P<count>\d{1,3})\ )?(?P<units>days?|weeks?|months?|years?))\b"""
_OWN = r"(?:(?P<near>today|yesterday)|(?P<which>this|last)\ (?P<unit>week|month|year))['’]s"
_ITEMS = (
    r"(?P<items>news(?:\ (?:articles?|stories|reports?|coverage))?|articles?|coverage|stories"
    r"|reporting|reports|newspapers?|papers|press|headlines)"
)
_THE = r"(?:the\ |all\ |any\ )?"
_WHAT = r"what\ (?:was|has\ been|have\ been|were)"
_MADE = r"(?:published|printed|written|reported)"
_SINCE = r"since|after|before|until|till|up\ to|from|in|of|during|on|by"

_FORMS = tuple(
    re.compile(pattern, re.IGNORECASE | re.VERBOSE)
    for pattern in (
        rf"\b(?P<by>(?:in|from|of|according\ to)\ )?{_OWN}\ {_ITEMS}\b",
        rf"""\b(?P<by>(?:in|from|according\ to)\ )?{_THE}{_ITEMS}\ (?:that\ (?:was|were)\ )?
        (?P<made>{_MADE}\ )?(?:(?P<how>{_SINCE})\ )?(?:{_NEAR}|{_DATE})""",
        rf"(?P<keep>\b{_WHAT}\ (?P<made>{_MADE}))\ (?:(?P<how>{_SINCE})\ )?(?:{_NEAR}|{_DATE})",
        rf"""\b(?P<by>(?:in|from|according\ to)\ )?{_THE}{_ITEMS}\ (?:that\ (?:was|were)\ )?
        (?P<made>{_MADE}\ )?(?:between|from)\ (?P<first>{re.sub(r"[(][?]P<[^>]+>", "(?:", _DATE)})
        \ (?:and|to|until)\ (?P<last>{re.sub(r"[(][?]P<[^>]+>", "(?:", _DATE)})""",
    )
)
_ONE_DATE = re.compile(_DATE, re.IGNORECASE | re.VERBOSE)

_VERBS = (
    "say|said|think|write|report|claim|argue|believe|differ|disagree|respond|react|describe|explain"
    "|see|view|want|propose|judge|expect|answer|tell"
)
_NAMED = r"(?:the\ )?[^\W\d_a-z][^?,;]{0,60}?"
_VOICES = re.compile(
    rf"""^(?P<ask>[Ww]hat|[Hh]ow|[Ww]hy)\ (?P<aux>do|did)\ (?P<names>{_NAMED}(?:,\ {_NAMED})*,?
    \ and\ {_NAMED})\ (?:each\ |both\ )?(?P<verb>{_VERBS})\b(?P<rest>.*)$""",
    re.VERBOSE,
)
_CONTRAST = ("differ", "disagree")
_OVER = re.compile(r"^ (?:on|over|about|in|as to|regarding)\b")


_WH = r"(?:who|whom|whose|what|when|where|why|how(?:\ (?:many|much|long|old|far|often))?|which)"
_BOTH = re.compile(
    rf"^(?P<one>{_WH})(?:,?\ and\ |\ or\ )(?P<two>{_WH})\ (?P<rest>\S.*)$",
    re.IGNORECASE | re.VERBOSE,
)
_RELATIVE = re.compile(r"\S\s+.*\b(?:who|whom|whose|which|that|where|when)\b", re.IGNORECASE)
_TWO = re.compile(
    rf"""^(?P<one>(?:(?:in|on|at|to|from|by)\ )?{_WH}\ .+?)[,;]?\ and\s
    (?P<two>(?:(?:in|on|at|to|from|by)\ )?{_WH}\b.*)$""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One voice of a comparison: whose it is, and the question put to it alone.

    Of a question that asks two things the parts have no name.
    """

    name: str
    question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question as it is searched.

    `text` is what is searched for: the question without the words that say when articles were
    published, which are `since` and `until` (inclusive) then. A passage must hold each of
    `phrases` word for word. `parts` has each voice of a comparison, or each of two things that are
    asked in one; none for another question.
    """

    text: str
    phrases: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    parts: tuple[Part, ...] = ()


def parse(question: str, *, today: date, by_days: bool = True) -> Query:
    """Read a question; what is no phrase, publication or comparison is left as it is.

    A day without its year is the last such day up to `today`. With `by_days` false words about
    publication are words like others.
    """
    text, since, until = _published(question, today) if by_days else (question, None, None)
    phrases = (next(filter(None, found)).strip() for found in _PHRASE.findall(question))
    return Query(
        text=text,
        phrases=tuple(dict.fromkeys(phrase for phrase in phrases if re.search(r"\w", phrase))),
        since=since,
        until=until,
        parts=_parts(text) or _asks(text),
    )


def up_to(day: date | None, filters: Filters | None) -> Filters | None:
    """The filters, without what was published after the day."""
    return with_days(filters, Query(text="", until=day))


def with_days(filters: Filters | None, query: Query) -> Filters | None:
    """The filters, narrowed to the days of publication that the question asks for."""
    if not (query.since or query.until):
        return filters
    given = filters or Filters()
    firsts = [day for day in (given.published_from, query.since) if day]
    lasts = [day for day in (given.published_to, query.until) if day]
    return replace(
        given,
        published_from=max(firsts, default=None),
        published_to=min(lasts, default=None),
    )


def _published(question: str, today: date) -> tuple[str, date | None, date | None]:
    """The question without words about publication, and the days that these mean."""
    for form in reversed(_FORMS):  # the longest forms are the last
        match = form.search(question)
        try:
            days = _days(match, today) if match else None
        except (OverflowError, ValueError):  # beyond the ends of the calendar
            days = None
        if match and days and not _names(match):
            found = match.groupdict()
            # "In last week's articles" goes; where the articles are who speaks, they stay.
            kept = found.get("keep") or ("" if found.get("by") else "the articles")
            left = f"{question[: match.start()]}{kept}{question[match.end() :]}"
            left = re.sub(r"^[\s,]+|\s+(?=[?,.]|\s)", "", left)
            return (left if content_words(left) else question, *days)
    return question, None, None


def _names(match: re.Match[str]) -> bool:
    """Whether "press" or "papers" is the last word of a name: "the Associated Press in 2014"."""
    item = match.groupdict().get("items")
    if not item:
        return False
    before = match.string[: match.start("items")].split()
    capital = bool(before) and item[0].isupper()
    after_one = len(before) > 1 and before[-1][0].isupper() and not before[-1].isupper()
    return capital or (item.lower() in ("papers", "press") and after_one)


def _days(match: re.Match[str], today: date) -> tuple[date | None, date | None] | None:
    """First and last day meant, None where an end is open; None in all where none is meant."""
    found = match.groupdict()
    if found.get("first"):
        spans = [_span(_ONE_DATE.fullmatch(found[name]), today) for name in ("first", "last")]
        first, last = spans
        return (first[0], last[1]) if first and last and first[0] <= last[1] else None
    span = _span(match, today)
    if span is None:
        return None
    how = (found.get("how") or "").lower()
    near = any(found.get(name) for name in ("near", "which", "units"))
    bare = bool(found.get("month3")) and not found.get("year3")
    # "The newspapers may close", "articles 2015 of the constitution": a date wants its preposition.
    if not (near or how) and (bare or not found.get("made")):
        return None
    # "Reports on 13 November" are about that day; "published on" is when they were printed.
    if how in ("on", "by") and not found.get("made"):
        return None
    ends: dict[str, Callable[[], tuple[date | None, date | None]]] = {
        "since": lambda: (span[0], None),
        "after": lambda: (_beside(span[1], 1), None),
        "before": lambda: (None, _beside(span[0], -1)),
        "until": lambda: (None, span[1]),
        "till": lambda: (None, span[1]),
        "up to": lambda: (None, span[1]),
    }
    return ends.get(how, lambda: span)()


def _beside(day: date, step: int) -> date:
    return day + timedelta(step) if date.min < day < date.max else day


def _span(match: re.Match[str] | None, today: date) -> Span | None:
    """The days that a date or a word such as "yesterday" means."""
    if match is None:
        return None
    found = {name: value for name, value in match.groupdict().items() if value}
    if near := found.get("near"):
        day = today if near.lower() == "today" else _beside(today, -1)
        return day, day
    if which := found.get("which"):
        return period(found["unit"].lower(), -1 if which.lower() == "last" else 0, today)
    if units := found.get("units"):
        days = {"d": 1, "w": 7, "m": 30, "y": 365}[units[0].lower()]
        return _beside(today, 0) - timedelta(days * int(found.get("count", 1))), today
    if iso := found.get("iso"):
        day_found = day_or_none(*map(int, iso.split("-")))
        return (day_found, day_found) if day_found else None
    return _calendar(found, today)


def _calendar(found: dict[str, str], today: date) -> Span | None:
    """Of a year, a month or a day; without a year the last one that has begun."""
    year = next((int(found[n]) for n in ("year", "year2", "year3", "year4") if n in found), 0)
    if year and not MINYEAR <= year <= MAXYEAR:
        return None
    name = next((found[n] for n in ("month", "month2", "month3") if n in found), "")
    day = next((int(found[n]) for n in ("day", "day2") if n in found), 0)
    if not name:
        return date(year, 1, 1), date(year, 12, 31)
    month = month_number(name)
    if not day:
        year = year or today.year - (month > today.month)
        return month_span(year, month)
    if not year:
        this_year = day_or_none(today.year, month, day)
        year = today.year - (this_year is None or this_year > today)
    exact = day_or_none(year, month, day)
    return (exact, exact) if exact else None


def _parts(question: str) -> tuple[Part, ...]:
    """A question for each of those whom "what do A and B say about ..." names."""
    match = _VOICES.match(question.strip())
    if not match:
        return ()
    voices = [name.strip() for name in re.split(r",\s*(?:and )?|\s+and\s+", match["names"])]
    voices = [name for name in voices if name]
    named = all(name.removeprefix("the ")[:1].isupper() for name in voices)
    if not named or not 2 <= len(voices) <= 4:
        return ()
    aux = "does" if match["aux"] == "do" else match["aux"]
    if match["verb"] in _CONTRAST:
        rest = _OVER.sub(" about", match["rest"])
        return tuple(Part(name=v, question=f"What {aux} {v} say{rest}") for v in voices)
    asked = f"{match['ask']} {aux}"
    return tuple(
        Part(name=v, question=f"{asked} {v} {match['verb']}{match['rest']}") for v in voices
    )


def _asks(question: str) -> tuple[Part, ...]:
    """The two questions of "when and where was it?" or of "who did it, and why?"."""
    asked = question.strip().rstrip("?").rstrip()
    if both := _BOTH.match(asked):
        first, second = (f"{both[name]} {both['rest']}?" for name in ("one", "two"))
    elif (two := _TWO.match(asked)) and _full(two["one"], two["two"]):
        first = f"{two['one']}?"
        second = standalone(f"{two['two']}?", [Turn(first, "")])
        if not names(second) and "(" not in second:  # "how many were aboard?" leans on the first
            second = f"{second} ({' '.join(topic_of(first))})"
    else:
        return ()
    return tuple(Part(name="", question=q[:1].upper() + q[1:]) for q in (first, second))


def _full(one: str, two: str) -> bool:
    """Whether both say enough to be asked alone; "what happened and why" is one question."""
    # "People who died and who were hurt" are asked of once.
    if _RELATIVE.search(one):
        return False
    held = len(content_words(one))
    return held > 1 or (held == 1 and bool(content_words(two)))
