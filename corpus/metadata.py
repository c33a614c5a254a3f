"""What an article says of itself: title, byline, dates, address, section, language.

Every rule asks for a whole line of a known form, because a wrong title or date is worse than none.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from corpus.dates import parse_date

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

__all__ = [
    "Stated",
    "find_outlet",
    "parse_authors",
    "parse_language",
    "parse_url",
    "read_head",
    "section_in_url",
    "tell_language",
]

_BYLINE = re.compile(
    r"^(?:(?:written\s+)?by:?|von|par|por)\s+(?P<names>\S.{1,120})$", re.IGNORECASE
)
_FOREIGN_BYLINE = re.compile(r"^(?:von|par|por)\s", re.IGNORECASE)
# A name's words are capitalised, but for the small ones inside it.
_PARTICLE = (
    r"(?:de|da|do|dos|das|del|della|der|den|di|du|van|von|vom|zu|ter|ten|la|le|al|el|bin|ibn|abu"
    r"|y|e)"
)
_NAME = re.compile(
    rf"^(?!\d)(?:{_PARTICLE}\s+)*[^\W\d_a-z][\w.'’-]*(?:\s+(?:{_PARTICLE}|[^\W\d_a-z][\w.'’-]*"
    rf"|(?:al|el|d)[-'’]\w+)){{0,4}}$"
)
_NO_PERSON = re.compile(
    r"(?i)^(?-i:The [A-Z])|\b(?:staff|agenc(?:y|ies)|associated press|press association"
    r"|france-presse|reuters|afp|ap|tass|dpa|efe|bloomberg|interfax|xinhua|bbc|cnn|usa today|news"
    r"|newsroom|desk|team|correspondents?|reporters?|editors?|editorial|writers?|columnist|bureau"
    r"|contributors?|wires?|times|admin|redaktion|r[ée]daction|redacci[óo]n)\b"
)
_CALENDAR = re.compile(
    r"(?i)^(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july"
    r"|august|september|october|november|december|christmas|easter|now|then|today|night|day|far|all"
    r"|contrast|noon|midnight|early|late|law|the|some|any|its?|his|her)\b"
)
_PLACE = re.compile(r"\s+(?:in|for|at)\s+[A-Z][\w.’' -]{1,40}$")
_LABEL = (
    r"(?P<label>(?:first\s+)?(?:published|posted|date)|created|issued|publié(?:e)?"
    r"|veröffentlicht|publicado|pubblicato|опубликовано|(?P<updated>(?:last\s+)?(?:updated"
    r"|modified)|mis(?:e)? à jour|aktualisiert|stand|actualizado|aggiornato"
    r"|обновлено))(?:\s+(?:on|at|le|am|el|il))?\s*:?\s*"
)
_DATED = re.compile(
    rf"^\(?(?:{_LABEL})?(?P<date>[^!?]{{0,45}}(?:(?<!\d)(?:1[6-9]|20)\d\d(?!\d)).{{0,30}}?)\)?$",
    re.IGNORECASE,
)
# Parts of one line of a head: bars and dots between them, or a label that opens the next.
_PARTS = re.compile(
    r"\s+[|·•]\s+|\s*[|·•]\s*(?=\D)|(?<!last)[,;.]?\s+(?=\(?(?:last )?(?:updated|modified)\b)",
    re.IGNORECASE,
)
_MINUTES = re.compile(r"\d{1,2}[- ]min(?:ute)?s?(?: read)?", re.IGNORECASE)
_DATELINE = re.compile(
    r"^(?:[^\W\d_a-z][\w.'’/-]*[ ,]+){1,5}(?P<date>(?:[A-Z][a-z]{2,8}\.? \d{1,2},?"
    r"|\d{1,2} [A-Z][a-z]{2,8}\.?,?) \d{4}),? ?(?:\([^()]{2,30}\) ?)?[-–—]{1,2} "
)
_URL = re.compile(r"^<?(https?://[^\s<>\x00-\x1f\x7f-\x9f\ud800-\udfff]+)>?$")
_LONGEST_TITLE = 160
_LONGEST_HEAD_LINE = 140
_LONGEST_DATED = 80
_HEAD_BLOCKS = 8

_SECTIONS = frozenset(
    """world politics business sport sports culture opinion science technology tech health
    environment economy society europe asia africa americas middle-east international national local
    money markets travel education arts entertainment lifestyle us uk us-news uk-news
    world-news""".split()
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?=$|[-_])")
_LANGUAGE_NAMES = {
    "english": "en", "french": "fr", "german": "de", "spanish": "es", "italian": "it",
    "russian": "ru", "portuguese": "pt", "dutch": "nl", "polish": "pl", "ukrainian": "uk",
    "arabic": "ar", "turkish": "tr", "chinese": "zh", "swedish": "sv",
    "deutsch": "de", "français": "fr", "español": "es",
}  # fmt: skip
_FEWEST_WORDS = 20
_TOLD_BY = 1000
_SURE = 0.9
_ENGLISH = frozenset(
    "the of and with from that this which these those they their there has were would could should"
    " about into because through while where when who what how than then its his she you your our"
    " other not never did does being after before said says".split()
)
"""Common words that hardly any other language has."""
_SHARE_OF_ENGLISH, _FEWEST_ENGLISH = 0.1, 6
"""The share of the words, and how many different ones, that 99 of 100 English articles have."""
_LETTERS = re.compile(r"[^\W\d_]+")


@dataclass(slots=True)
class Stated:
    """Metadata as found, and `lines`: which of the blocks stated it (they stay in the text)."""

    title: str = ""
    authors: tuple[str, ...] = ()
    published: date | None = None
    updated: date | None = None
    lines: set[int] = field(default_factory=set)


def read_head(
    blocks: Sequence[str], *, headings: Sequence[int] = (), day_first: bool | None = None
) -> Stated:
    """Title, byline and dates from the first few blocks.

    `headings` gives each block's heading level (0 or absent: running text). A first heading is
    the title; in plain text, a first block that is one short line without a full stop, with
    more text after it. Where no line says the date, a dateline that holds a year does.
    `day_first` is for `parse_date`.
    """
    found, bylined = Stated(), False
    levels = [*headings, *([0] * (len(blocks) - len(headings)))]
    index = 0
    for index, block in enumerate(blocks[:_HEAD_BLOCKS]):
        if (line := _head_line(block, day_first)) and not (line.lines and bylined):
            found.authors = found.authors or line.authors
            found.published = found.published or line.published
            found.updated = found.updated or line.updated
            bylined = bylined or bool(line.lines)
        elif not found.title and _is_title(block, levels[index], first=index == 0):
            if len(blocks) == 1:
                break
            found.title = block
        else:
            break
        found.lines.add(index)
    if not found.published and index < len(blocks) and (match := _DATELINE.match(blocks[index])):
        found.published = parse_date(match["date"])
    return found


def _is_title(block: str, level: int, *, first: bool) -> bool:
    if len(block) > _LONGEST_TITLE:
        return False
    if level:
        return True
    return first and not block.endswith((".", ":", ",", ";", "…", "”", '"'))


def _head_line(block: str, day_first: bool | None) -> Stated | None:
    """What a line of byline and dates says (`lines` is not empty where it has a byline).

    None where any part of it is something else.
    """
    if len(block) > _LONGEST_HEAD_LINE:
        return None
    said = Stated()
    for part in filter(None, _PARTS.split(block)):
        if not said.lines and (names := _byline(part)) is not None:
            said.authors = names
            said.lines.add(0)
        elif (match := _DATED.match(part)) and len(part) <= _LONGEST_DATED:
            day = parse_date(match["date"], day_first=day_first)
            if day is None:
                return None
            if match["updated"]:
                said.updated = said.updated or day
            else:
                said.published = said.published or day
        elif not (part != block and _MINUTES.fullmatch(part)):
            return None
    return said if said.lines or said.published or said.updated else None


def _byline(line: str) -> tuple[str, ...] | None:
    """The persons that a byline names, () for an agency's or the staff's; None for no byline."""
    match = _BYLINE.match(line)
    if not match:
        return None
    names = _names(match["names"])
    if _FOREIGN_BYLINE.match(line) and names and not all(" " in name for name in names):
        return None  # "Par", "von" and "por" begin many another phrase
    return names


def _names(line: str) -> tuple[str, ...] | None:
    # What follows a bar or a long dash is a role, an outlet or a place.
    line = re.split(r"\s+[|–—]\s+", line)[0].strip().removesuffix(".")
    parts = [part for part in re.split(r"\s*(?:,|;|\band\b|&|\bund\b|\bet\b)\s*", line) if part]
    persons: list[str] = []
    for index, part in enumerate(parts):
        name = " ".join(_PLACE.sub("", part).split())
        if _NO_PERSON.search(part) and len(part) <= 60:
            continue
        if not _NAME.match(name) or (index == 0 and _CALENDAR.match(name)):
            return None
        # "By Ada Moss, Moscow": a word alone after a whole name is where she was.
        if index and " " not in name and " " in parts[0]:
            continue
        persons.append(name)
    return tuple(persons) if parts else None


def parse_authors(value: object) -> tuple[str, ...]:
    """Persons from a list or from a line such as "A, B and C"; () where they are not names.

    An agency, "Staff" or a role ("Moscow correspondent") is no person and is left out.
    """
    if isinstance(value, str):
        return _names(re.sub(r"^by:?\s+", "", value.strip(), flags=re.IGNORECASE)) or ()
    if not isinstance(value, Sequence):
        return ()
    names = (" ".join(str(part).split()) for part in value)
    names = (name.removeprefix("By ").removeprefix("by ") for name in names)
    return tuple(n for n in names if 0 < len(n) <= 120 and not _NO_PERSON.search(n))


def parse_url(value: object) -> str:
    """The address where it is http or https, else ""."""
    match = _URL.match(value.strip()) if isinstance(value, str) else None
    if not match:
        return ""
    try:
        return match[1] if urlsplit(match[1]).hostname else ""
    except ValueError:
        return ""


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


def section_in_url(url: str) -> str:
    """The section that opens an address's path ("/world/europe/..." is "World"), "" for none."""
    try:
        path = [part for part in urlsplit(url).path.lower().split("/") if part]
    except ValueError:
        return ""
    path = path[1:] if path[:1] == ["news"] else path
    if len(path) < 2 or path[0] not in _SECTIONS:
        return ""
    words = path[0].removesuffix("-news").split("-")
    return " ".join(word.upper() if word in ("us", "uk") else word.title() for word in words)


def parse_language(value: object) -> str:
    """A stated language by its primary code: "en-GB" and "English" are "en"; "" for none."""
    if not isinstance(value, str):
        return ""
    value = value.strip()
    code = _LANGUAGE.match(value)
    if value.lower() in ("und", "mul", "zxx"):
        return ""
    return code[0].lower() if code else _LANGUAGE_NAMES.get(value.lower(), "")


def tell_language(text: str, *, fewest: int = _FEWEST_WORDS, sure: float = _SURE) -> str:
    """The language of a text by its letters, as a code; "" for a doubtful one.

    "" too for one of less than the `fewest` words. `sure` is a probability.
    """
    beginning = text[:_TOLD_BY]
    if len(beginning.split()) < fewest:
        return ""
    if _is_plainly_english(beginning):
        return "en"
    try:
        code, probability = _identifier().classify(beginning)
    except OSError:  # its model is unpacked through a temporary file: no reason to lose the article
        return ""
    return str(code) if probability >= sure else ""


def _is_plainly_english(text: str) -> bool:
    """Whether its common words tell, so that nothing needs to be loaded."""
    words = _LETTERS.findall(text.lower())
    english = [word for word in words if word in _ENGLISH]
    return len(english) >= _SHARE_OF_ENGLISH * len(words) and len(set(english)) >= _FEWEST_ENGLISH


@lru_cache(maxsize=1)
def _identifier() -> "LanguageIdentifier":
    from py3langid import langid  # here: its model takes most of a second to load

    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
