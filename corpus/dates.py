"""Dates that stand with an article: which words are a full date, and which of several to believe.

A date is believed only where day, month and year are stated, and where it lies between 1600 and
tomorrow. A time keeps the zone that is stated with it, and has none where none is or where its
abbreviation names several.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from corpus.article import day_of

__all__ = ["choose_date", "choose_update", "date_in_url", "day_first", "parse_date"]

_EARLIEST = date(1600, 1, 1)
_LONGEST = 80
_LANGUAGES = ["en", "fr", "de", "es", "it", "pt", "nl", "ru", "pl", "uk", "sv", "tr", "zh"]
_ISO = re.compile(r"^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$")
_TIME = re.compile(r"\d{1,2}[:.h]\d\d(?!\d|[./]\d)|\b\d{1,2}\s*[ap]\.?m\b", re.IGNORECASE)
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?!\d)")
_URL_DATE = re.compile(r"/((?:1[6-9]|20)\d\d)[/-](\d{1,2})[/-](\d{1,2})(?:/|$)")

# A zone at the end of a time: a name, an offset, or one with the other in parentheses.
_ZONE = re.compile(
    r"(?<=[\dmM. ])\s*\(?(?:(?P<name>[A-ZА-Я]{1,5}(?<!AM)(?<!PM))\b)?\s*"
    r"(?P<offset>[+−-]\d{1,2}(?::?\d\d)?)?\)?(?=\s*(?:$|[,(|]|on\b))"
)
_HOURS = {
    "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "BST": 1, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2,
    "EEST": 3, "MSK": 3, "МСК": 3, "JST": 9, "KST": 9, "HKT": 8, "SGT": 8, "AEST": 10, "AEDT": 11,
    "EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
_WALL = {"ET": "America/New_York", "MT": "America/Denver", "PT": "America/Los_Angeles"}
"""Names that mean summer or winter time by the day. Not here: IST, CST, AST, which name several."""

_DAY_FIRST_HOSTS = frozenset(
    """uk ie au nz in za ng ke pk my sg de at ch fr be nl lu it es pt gr ro bg ru ua by pl cz sk si
    hr rs dk no fi se ee lv lt tr il eg ma dz tn sa ae br ar cl co pe mx ve vn id th""".split()
)
_MONTH_FIRST_HOSTS = frozenset({"us", "gov", "mil"})
_DAY_FIRST_LANGUAGES = frozenset(
    "fr de es it pt nl ru pl uk sv da no nb fi cs sk sl hr sr ro bg el tr ar he id vi th".split()
)


def day_first(*, url: str = "", language: str = "") -> bool | None:
    """Whether "03/04/2015" begins with the day: by the outlet's country, else by its language.

    None where neither tells: ".com" says nothing, and plain English is written both ways.
    """
    try:
        country = (urlsplit(url).hostname or "").rsplit(".", 1)[-1]
    except ValueError:
        country = ""
    if country in _DAY_FIRST_HOSTS:
        return True
    if country in _MONTH_FIRST_HOSTS:
        return False
    code, _, region = language.replace("_", "-").lower().partition("-")
    if code == "en":
        return None if region in ("", "ca") else region != "us"
    return True if code in _DAY_FIRST_LANGUAGES else None


def parse_date(
    value: object, *, today: date | None = None, day_first: bool | None = None
) -> date | None:
    """A full calendar date, as `datetime` where a time is stated; None where it is not one.

    A date before 1600 or after `today` (default: now) is not believed, and neither is one such as
    "03/04/2015" where `day_first` does not say how to read it.
    """
    parsed: date | None
    if isinstance(value, date):
        parsed = value
    elif isinstance(value, str) and value.strip():
        parsed = _parse_words(" ".join(value.split()), day_first)
    else:
        return None
    day = day_of(parsed)
    # A day ahead is allowed: it is tomorrow somewhere.
    latest = (today or datetime.now(UTC).date()).toordinal() + 1
    return parsed if day and day >= _EARLIEST and day.toordinal() <= latest else None


def _parse_words(text: str, day_first: bool | None) -> date | None:
    if _ISO.match(text):
        try:
            return date.fromisoformat(text) if len(text) == len("2015-11-19") else _fixed(text)
        except ValueError:
            return None
    # A year, and a day beside it: "The worst since 1982" need not be parsed to be told from a date.
    if len(text) > _LONGEST or not re.search(r"\d{4}\D+\d|\d\D+\d{4}", text):
        return None
    if numeric := _NUMERIC.search(text):
        plain = _in_order(numeric, day_first)
        if not plain:
            return None
        text = text[: numeric.start()] + plain + text[numeric.end() :]
    zone, timed = "", _TIME.search(text)
    if timed and (match := _ZONE.search(text, timed.end())) and match[0].strip():
        zone = match[0].strip(" ()")
        text = f"{text[: match.start()]} {text[match.end() :]}".strip(" ,(|")
    import dateparser  # here: its language data takes a while to load and most files need none

    parsed: datetime | None = dateparser.parse(
        text,
        languages=_LANGUAGES,
        settings={"STRICT_PARSING": True, "REQUIRE_PARTS": ["day", "month", "year"]},
    )
    if parsed is None:
        return None
    return _with_zone(parsed, zone) if timed else parsed.date()


def _in_order(numeric: re.Match[str], day_first: bool | None) -> str:
    """ "13/11/2015" as 2015-11-13; "" where day and month cannot be told apart."""
    one, other = int(numeric[1]), int(numeric[3])
    if other > 12:
        day_first = False
    elif numeric[2] == "." or one > 12 or one == other:
        day_first = True  # points are written where the day comes first
    if day_first is None:
        return ""
    day, month = (one, other) if day_first else (other, one)
    return f"{numeric[4]}-{month:02}-{day:02}"


def _fixed(text: str) -> datetime:
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo is None else _with_offset(parsed, parsed.utcoffset())


def _with_zone(when: datetime, zone: str) -> datetime:
    match = re.fullmatch(r"([A-ZА-Я]*)\W*?([+−-]?)(\d{0,2}):?(\d\d)?", zone)
    when = when.replace(tzinfo=None) if zone else when
    if not zone or not match:
        offset = when.utcoffset()
        return when if offset is None else _with_offset(when, offset)
    name, sign, hours, minutes = match.groups()
    if hours:
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return _with_offset(when, -offset if sign in "−-" else offset)
    if name in _HOURS:
        return _with_offset(when, timedelta(hours=_HOURS[name]))
    if name in _WALL:
        try:
            return _with_offset(when, when.replace(tzinfo=ZoneInfo(_WALL[name])).utcoffset())
        except ZoneInfoNotFoundError:  # a system without the table of zones
            return when
    return when


def _with_offset(when: datetime, offset: timedelta | None) -> datetime:
    try:
        return when.replace(tzinfo=timezone(offset)) if offset is not None else when
    except ValueError:  # no place is a day away from Greenwich
        return when.replace(tzinfo=None)


def date_in_url(url: str) -> date | None:
    """The day that a news address carries in its path, as in /2015/11/19/."""
    match = _URL_DATE.search(url)
    try:
        return parse_date(date(*map(int, match.groups()))) if match else None
    except ValueError:
        return None


def choose_date(candidates: Iterable[date | None]) -> date | None:
    """The date to believe, of candidates in the order of their authority.

    The first there is; but where it is a bare day, the first later candidate that gives a time
    on that day, since two places that agree say the same and one of them says more.
    """
    believed = [candidate for candidate in candidates if candidate is not None]
    if not believed or isinstance(believed[0], datetime):
        return believed[0] if believed else None
    timed = (one for one in believed if isinstance(one, datetime) and one.date() == believed[0])
    return next(timed, believed[0])


def choose_update(published: date | None, candidates: Iterable[date | None]) -> date | None:
    """The first candidate that is later than publication; an update cannot come before it."""
    for candidate in candidates:
        if candidate is not None and (published is None or _later(candidate, published)):
            return candidate
    return None


def _later(candidate: date, published: date) -> bool:
    if isinstance(candidate, datetime) and isinstance(published, datetime):
        if (candidate.tzinfo is None) == (published.tzinfo is None):
            return candidate > published
        return candidate.replace(tzinfo=None) > published.replace(tzinfo=None)
    days = day_of(candidate), day_of(published)
    return days[0] is not None and days[1] is not None and days[0] > days[1]
