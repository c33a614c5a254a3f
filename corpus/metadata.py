"""What an article says of itself: byline, date line, address, dateline, title.

Every rule asks for a whole line of a known form, because a wrong title or date is worse than none.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

__all__ = ["Stated", "find_outlet", "parse_authors", "parse_date", "parse_url", "read_head"]

_BYLINE = re.compile(r"^(?:written\s+)?by:?\s+(?P<names>\S.{1,120})$", re.IGNORECASE)
_NAME = re.compile(r"^[^\W\d_][\w.'’-]*(?:\s+[\w.'’-]+){0,4}$")
_DATED = re.compile(
    r"^(?:(?:first\s+)?(?:published|posted|updated|date)(?:\s+(?:on|at))?\s*:?\s*)?"
    r"(?P<date>[^.!?]{0,20}\b(?:1[6-9]|20)\d\d\b.{0,30})$",
    re.IGNORECASE,
)
_ISO = re.compile(r"^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$")
_TIME = re.compile(r"\d{1,2}[:.h]\d\d|\b\d{1,2}\s*[ap]\.?m\b", re.IGNORECASE)
_URL = re.compile(r"^<?(https?://[^\s<>]+)>?$")
_URL_DATE = re.compile(r"/((?:19|20)\d\d)/(\d{1,2})/(\d{1,2})(?:/|$)")
_EARLIEST = date(1600, 1, 1)
_LONGEST_TITLE = 160
_HEAD_BLOCKS = 8


@dataclass(slots=True)
class Stated:
    """Metadata as found, and `lines`: which of the blocks stated it (they stay in the text)."""

    title: str = ""
    authors: tuple[str, ...] = ()
    published: date | None = None
    lines: set[int] = field(default_factory=set)


def read_head(blocks: Sequence[str], *, headings: Sequence[int] = ()) -> Stated:
    """Title, byline and date from the first few blocks.

    `headings` gives each block's heading level (0 or absent: running text). A first heading is
    the title; in plain text, a first block that is one short line without a full stop, with
    more text after it.
    """
    found = Stated()
    levels = [*headings, *([0] * (len(blocks) - len(headings)))]
    for index, block in enumerate(blocks[:_HEAD_BLOCKS]):
        if not found.authors and (authors := _byline(block)):
            found.authors = authors
        elif found.published is None and (match := _DATED.match(block)) and len(block) <= 60:
            found.published = parse_date(match["date"])
            if found.published is None:
                break
        elif not found.title and _is_title(block, levels[index], first=index == 0):
            if len(blocks) == 1:
                break
            found.title = block
        else:
            break
        found.lines.add(index)
    return found


def _is_title(block: str, level: int, *, first: bool) -> bool:
    if len(block) > _LONGEST_TITLE:
        return False
    if level:
        return True
    return first and not block.endswith((".", ":", ",", ";", "…", "”", '"'))


def _byline(block: str) -> tuple[str, ...]:
    match = _BYLINE.match(block)
    return parse_authors(match["names"]) if match and len(block) <= 140 else ()


def parse_authors(value: object) -> tuple[str, ...]:
    """Names from a list or from a line such as "A, B and C"; () where they are not names."""
    if isinstance(value, str):
        # What follows a bar or a long dash is a role, an outlet or a place.
        line = re.split(r"\s+[|–—]\s+", value)[0]
        parts = re.split(r"\s*(?:,|;|\band\b|&)\s*", line.removeprefix("By "))
    elif isinstance(value, Sequence):
        parts = [str(part) for part in value]
    else:
        return ()
    names = tuple(" ".join(part.split()) for part in parts if part.strip())
    if not all(_NAME.match(name) and name[0].isupper() for name in names):
        return () if isinstance(value, str) else tuple(name for name in names if len(name) <= 120)
    return names


def parse_date(value: object, *, today: date | None = None) -> date | None:
    """A full calendar date, as `datetime` where a time is stated; None where it is not one.

    A date before 1600 or after `today` (default: now) is not believed. A time without a zone
    stays without one.
    """
    parsed: date | None
    if isinstance(value, date):
        parsed = value
    elif isinstance(value, str) and value.strip():
        parsed = _parse_words(value.strip())
    else:
        return None
    if parsed is None:
        return None
    day = parsed.date() if isinstance(parsed, datetime) else parsed
    # A day ahead is allowed: it is tomorrow somewhere.
    latest = (today or datetime.now(UTC).date()).toordinal() + 1
    return parsed if day >= _EARLIEST and day.toordinal() <= latest else None


def _parse_words(text: str) -> date | None:
    if _ISO.match(text):
        try:
            return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
        except ValueError:
            return None
    if len(text) > 80 or not re.search(r"\d{4}", text):
        return None
    import dateparser  # here: its language data takes a while to load and most files need none

    parsed: datetime | None = dateparser.parse(
        text,
        languages=["en", "fr", "de", "es"],
        settings={"STRICT_PARSING": True, "REQUIRE_PARTS": ["day", "month", "year"]},
    )
    if parsed is None:
        return None
    return parsed if _TIME.search(text) else parsed.date()


def parse_url(value: object) -> str:
    """The address where it is http or https, else ""."""
    match = _URL.match(value.strip()) if isinstance(value, str) else None
    if not match:
        return ""
    try:
        return match[1] if urlsplit(match[1]).hostname else ""
    except ValueError:
        return ""


def date_in_url(url: str) -> date | None:
    """The day that a news address carries in its path, as in /2015/11/19/."""
    match = _URL_DATE.search(url)
    try:
        return parse_date(date(*map(int, match.groups()))) if match else None
    except ValueError:
        return None


def find_outlet(url: str, text: str) -> str:
    """The outlet that a url names: its name as the text writes it, else the host.

    "themoscowtimes.com" is "The Moscow Times" where the text says so.
    """
    host = (urlsplit(url).hostname or "").removeprefix("www.") if url else ""
    label = host.rsplit(".", 1)[0].rsplit(".", 1)[-1].replace("-", "")
    if len(label) < 5:
        return host
    pattern = r"\b" + r"[\s'’&.-]{0,2}".join(map(re.escape, label)) + r"\b"
    for match in re.finditer(pattern, text, re.IGNORECASE):
        if match[0][0].isupper() and " " in match[0]:
            return " ".join(match[0].split())
    return host
