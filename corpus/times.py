"""Relative times in an article ("on Tuesday", "last month"), resolved against its publication.

News is written on a day and read on another. Only forms whose meaning is clear are resolved; where
two readings differ, or the tense near a weekday tells neither past nor future, there is nothing.
Days are those of the publication's own zone; weeks run from Monday to Sunday; a quotation is read
like the text around it, since what was said stood in the news of the day.
"""

import re
from collections.abc import Callable, Iterator
from datetime import MAXYEAR, MINYEAR, date, timedelta
from itertools import islice

from corpus.article import Article, TimeMention
from corpus.periods import (
    DAYS,
    SEASONS,
    Span,
    day_number,
    day_or_none,
    month_beside,
    month_number,
    month_span,
    period,
    season,
    weekend,
)
from corpus.tense import Sentence, Tense, sentence_at

__all__ = ["time_mentions"]

_Rule = Callable[[re.Match[str], date, Sentence], Span | None]

_NUMBERS = {
    word: number
    for number, word in enumerate(
        "two three four five six seven eight nine ten eleven twelve".split(), 2
    )
}
_MOST_AGO = 20
"""Beyond it, "thirty years ago" is a round number, not a year."""
_MOST_FORMS = 2000
"""In one article; a text of nothing else would take minutes."""
_FAR = 183
"""Days: of a date without a year that lies further off, the year is doubtful."""
_NEAR = 45
"""Days: a date without a year that lies so near is not one of another year."""

_DAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
)
_SHORT = r"(?:Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec)\."
_PART = r"(?:\ (?:morning|afternoon|evening|night))"
_ORDINAL = r"(?:st|nd|rd|th)?"

_FORMS = re.compile(
    rf"""\b(?:
      (?P<near>[Tt]he\ day\ (?:before\ yesterday|after\ tomorrow)|[Yy]esterday{_PART}?
        |[Tt]omorrow{_PART}?|[Ll]ast\ night|[Tt]his\ (?:morning|afternoon|evening)|[Tt]onight
        |(?:[Ee]arlier|[Ll]ater)\ today)
    | (?P<part>[Ee]arlier|[Ll]ater)\ (?P<of>this\ (?:week|month|year))
    | (?P<which>[Ll]ast|[Tt]his|[Nn]ext)\ (?P<unit>week(?:end)?|month|year|spring|summer|autumn|fall
        |winter|{_DAY}{_PART}?|{_MONTH})
    | (?:[Oo]ver|[Aa]t)\ the\ (?P<over>weekend)
    | (?P<count>[Aa]n?|[Oo]ne|[Tt]wo|[Tt]hree|[Ff]our|[Ff]ive|[Ss]ix|[Ss]even|[Ee]ight|[Nn]ine
        |[Tt]en|[Ee]leven|[Tt]welve|\d{{1,2}})\ (?P<units>day|week|month|year)s?\ ago
    | (?:[Oo]n\ )?(?:(?P<month>{_MONTH}|{_SHORT})\ (?P<day>\d{{1,2}}){_ORDINAL}
        |(?P<day2>\d{{1,2}}){_ORDINAL}\ (?:of\ )?(?P<month2>{_MONTH}|{_SHORT}))
    | [Ii]n\ (?P<third>early\ |mid-|late\ )?(?P<inmonth>{_MONTH})
    | (?P<on>[Oo]n\ )?(?P<weekday>{_DAY}){_PART}?
    )(?![\w-])""",
    re.VERBOSE,
)
# A word that every form holds. Looking for these first passes over most of a text quickly.
_KEYS = re.compile(
    r"(?:[Dd]ay|ago|week|month|year|orrow|night|morning|afternoon|evening|spring|summer|autumn|fall"
    r"|winter|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
)
_BEFORE_KEY, _AFTER_KEY = 28, 24

# What stands before or after a form and makes it something else.
_NAMED_BEFORE = re.compile(
    r"(?:\b(?:Black|Good|Bloody|Ash|Palm|Easter|Super|Holy|Maundy|Cyber|Ruby|Sheffield|Man|Girl"
    r"|every|each|any|another|that|one|a|an|the|same|previous|following|first|some|most|two|three"
    r"|by|until|till|before|for|from|to|than|(?!At|After|During|Since|Despite)[A-Z]\w+)[ -]"
    r"|[-–]|\d)$"
)
_HEDGED = re.compile(
    r"\b(?:about|around|some|over|under|nearly|almost|roughly|approximately|than|least|most|to"
    r"|past|or"
    r"|the|and|every|half|,|-)\s*$",
    re.IGNORECASE,
)
_OWNED = re.compile(
    r"\b(?:the|his|her|its|their|our|my|your|these|past|very|whose|every|each|\w+['’]s)\s+$",
    re.IGNORECASE,
)
_SPAN_AFTER = re.compile(
    rf"\s*(?:(?:to|through|until|till|or|and|-|–|/)\s*)(?:{_DAY}|{_MONTH}|\d)|s\b"
)
_NAME_AFTER = re.compile(
    r" (?:Times|Telegraph|Mirror|Mail|Express|Post|World|Night|Independent|Mercury|People"
    r"|Sport|Herald"
    r"|Observer|[Gg]roup|Brigades?|Movement|Revolution|Square|Street)\b| the (?:13th|thirteenth)"
)
_FROM_DAY = re.compile(rf"{_DAY} (?:to|through|and|or)\s+$|{_DAY}\s?[-–/]\s?$")
_CAPITAL_AFTER = re.compile(r" [A-Z]")
_YEAR_AFTER = re.compile(r"(?:,? (?:of )?|, )(?:1[5-9]|20)\d\d\b")
_DATE_AFTER = re.compile(rf",? (?:the )?(?:{_MONTH}|{_SHORT}|\d{{1,2}}\b)")
_IN_YEAR = re.compile(r",? in (?:1[5-9]|20)\d\d")
_FALL_OF = re.compile(r" (?:in|of|from|to)\b")
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
_AMOUNT_AFTER = re.compile(
    r"[,.:]\d|(?:-|–| or )\d| (?:people|percent|per cent|million|billion|thousand|more|others?"
    r"|points?)\b"
)
_AGO_OF = re.compile(r" (?:of|in (?:the|\d))\b")
_TITLE_TODAY = re.compile(r"['’]s (?:news|man|men|world|leaders|papers?)\b")


def time_mentions(article: Article) -> list[TimeMention]:
    """The relative times of an article's story, in order, each with the days that it means.

    Empty for an article without a date, or in a language other than English.
    """
    published = article.day
    if published is None or article.language not in ("", "en"):
        return []
    if not MINYEAR + _MOST_AGO < published.year < MAXYEAR - 1:
        return []
    return list(_mentions(article.text, article.body_start, published))


def _mentions(text: str, begin: int, published: date) -> Iterator[TimeMention]:
    windows = _windows(text, begin)
    forms = (match for first, last in windows for match in _FORMS.finditer(text, first, last))
    for match in islice(forms, _MOST_FORMS):
        start, end = match.span()
        span = _span(match, published, sentence_at(text, start, begin=begin))
        if span is not None:
            yield TimeMention(start=start, end=end, text=match[0], first=span[0], last=span[1])


def _windows(text: str, begin: int) -> Iterator[tuple[int, int]]:
    """The parts of a text that may hold a form, in order, none overlapping another."""
    start = end = begin
    for key in _KEYS.finditer(text, begin):
        if key.start() - _BEFORE_KEY > end:
            yield start, end
            start = key.start() - _BEFORE_KEY
        end = key.end() + _AFTER_KEY
    yield start, end


def _span(match: re.Match[str], published: date, sentence: Sentence) -> Span | None:
    for group, rule in _RULES.items():
        if match[group]:
            return rule(match, published, sentence)
    return None


# --- days by name ---


def _near(match: re.Match[str], published: date, _: Sentence) -> Span | None:
    words = match["near"].lower()
    text = match.string
    if _TITLE_TODAY.match(text, match.end()) or _named(match):
        return None
    if words.startswith("the day"):
        days = -2 if "before" in words else 2
    elif words.startswith("yesterday") or words == "last night":
        days = -1
    else:
        days = 1 if words.startswith("tomorrow") else 0
    day = published + timedelta(days)
    return day, day


def _named(match: re.Match[str]) -> bool:
    """Whether the words are a name: capitalised, and not where a sentence begins."""
    before = match.string[max(0, match.start() - 2) : match.start()]
    return match[0][0].isupper() and bool(re.search(r"[\w,] $", before))


def _weekday(match: re.Match[str], published: date, sentence: Sentence) -> Span | None:
    start, end, bare = match.start(), match.end(), not match["on"]
    owning = match.string[end : end + 2] in ("'s", "’s")
    if _other_day(match, bare=bare, owning=owning):
        return None
    tense = sentence.tense(start, end, owning=owning, bare=bare)
    if tense is None:
        return None
    number = day_number(match["weekday"])
    back = (published.weekday() - number) % 7
    day = published - timedelta(back if tense == "past" else (back - 7 if back else 0))
    return day, day


def _other_day(match: re.Match[str], *, bare: bool, owning: bool) -> bool:
    """Whether a weekday is a name, one of several, or stands with the date that says it."""
    text, end = match.string, match.end()
    before = text[max(0, match.start() - 20) : match.start()]
    after = (_SPAN_AFTER, _NAME_AFTER, _DATE_AFTER, _YEAR_AFTER)
    if any(form.match(text, end) for form in after) or _FROM_DAY.search(before):
        return True
    named = _NAMED_BEFORE.search(before) or (not owning and _CAPITAL_AFTER.match(text, end))
    return bare and bool(named)


# --- last, this, next ---


def _which(match: re.Match[str], published: date, sentence: Sentence) -> Span | None:
    start, end = match.span()
    unit = match["unit"].lower()
    step = {"last": -1, "this": 0, "next": 1}[match["which"].lower()]
    if _other_period(match, unit, step):
        return None
    if unit.split()[0] in DAYS:
        return _which_day(unit, step, published, sentence.tense(start, end))
    if unit == "weekend":
        return weekend(step, published, sentence.tense(start, end))
    if unit in SEASONS:
        return season(SEASONS[unit], step, published)
    if unit in ("week", "month", "year"):
        return period(unit, step, published)
    return month_beside(month_number(unit), step, published) if step else None


def _other_period(match: re.Match[str], unit: str, step: int) -> bool:
    """Whether the words are a stretch of time, a fall in prices, or of a year that is named."""
    text, end = match.string, match.end()
    before = text[max(0, match.start() - 16) : match.start()]
    if step and (_OWNED.search(before) or text[end : end + 4] == " of "):
        return True  # "the last week" and "last week of" are no weeks of the calendar
    if unit == "fall" and _FALL_OF.match(text, end):
        return True
    named = match["unit"][0].isupper() and _CAPITAL_AFTER.match(text, end)
    return bool(named or _YEAR_AFTER.match(text, end) or _IN_YEAR.match(text, end))


def _which_day(unit: str, step: int, published: date, tense: Tense | None) -> Span | None:
    """ "last Friday" where the nearest one and that of the week before are the same day."""
    number = day_number(unit)
    in_week = published + timedelta(number - published.weekday())
    day = in_week + timedelta(7 * step)
    if step == 0:
        clear = tense == ("past" if day < published else "future") or day == published
    else:
        clear = 0 < (day - published).days * step <= 7
    return (day, day) if clear else None


# --- ago, in March, on 13 November ---


def _part_of(match: re.Match[str], published: date, _: Sentence) -> Span | None:
    first, last = period(match["of"].lower().removeprefix("this "), 0, published)
    return (first, published) if match["part"].lower() == "earlier" else (published, last)


def _over_weekend(match: re.Match[str], published: date, sentence: Sentence) -> Span | None:
    return weekend(0, published, sentence.tense(match.start(), match.end()))


def _ago(match: re.Match[str], published: date, _: Sentence) -> Span | None:
    text = match.string
    if _HEDGED.search(text[max(0, match.start() - 16) : match.start()]):
        return None
    count, unit = match["count"].lower(), match["units"]
    number = int(count) if count.isdigit() else _NUMBERS.get(count, 1)
    if not 0 < number <= _MOST_AGO or _AGO_OF.match(text, match.end()):
        return None
    if unit == "day":
        day = published - timedelta(number)
        return day, day
    return period(unit, -number, published)


def _in_month(match: re.Match[str], published: date, sentence: Sentence) -> Span | None:
    text, end = match.string, match.end()
    if _CAPITAL_AFTER.match(text, end) or _YEAR.search(text, sentence.start, sentence.end):
        return None
    if _SPAN_AFTER.match(text, end) or re.match(r" \d", text[end : end + 2]):
        return None
    tense = sentence.tense(match.start(), end)
    if tense is None:
        return None
    number = month_number(match["inmonth"])
    if number == published.month:
        span = month_span(published.year, number)
    else:
        span = month_beside(number, -1 if tense == "past" else 1, published)
    third = (match["third"] or "").strip(" -")
    if third:
        low, high = {"early": (1, 10), "mid": (11, 20), "late": (21, 31)}[third]
        span = span[0].replace(day=low), span[0].replace(day=min(high, span[1].day))
    return span


def _on_date(match: re.Match[str], published: date, sentence: Sentence) -> Span | None:
    text, start, end = match.string, match.start(), match.end()
    number = month_number(match["month"] or match["month2"])
    day = int(match["day"] or match["day2"])
    if _YEAR.search(text, sentence.start, sentence.end) or _AMOUNT_AFTER.match(text, end):
        return None
    if _NAME_AFTER.match(text, end) or re.search(r"[\d][-–/,]?$", text[max(0, start - 2) : start]):
        return None
    if (number, day) == (9, 11) or (
        number == 5 and match["month"] and not text.startswith(("on ", "On "), start)
    ):
        return None  # the eleventh of September is a year's, and "may 5" may be a verb
    tense = sentence.tense(start, end)
    years = range(published.year - 4, published.year + 5)
    days = [made for year in years if (made := day_or_none(year, number, day)) is not None]
    near = next((made for made in days if abs((made - published).days) <= _NEAR), None)
    fitting = near
    if tense == "past":
        fitting = max((made for made in days if made <= published), default=None)
    elif tense == "future":
        fitting = min((made for made in days if made >= published), default=None)
    # "Planned for 26 November" on the 20th: a year off, with the day itself at hand.
    if fitting is None or (near and fitting != near):
        return None
    # Further off, the tense of a neighbouring verb is too weak a sign of the year.
    return (fitting, fitting) if abs((fitting - published).days) <= _FAR else None


_RULES: dict[str, _Rule] = {
    "near": _near,
    "part": _part_of,
    "which": _which,
    "over": _over_weekend,
    "count": _ago,
    "month": _on_date,
    "day2": _on_date,
    "inmonth": _in_month,
    "weekday": _weekday,
}
