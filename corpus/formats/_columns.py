"""From a row with named columns to an article: which column holds what."""

import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from corpus.cleaning import clean_characters, plain_blocks
from corpus.errors import CorpusError, EmptyArticle, UnsupportedFormat, one_line
from corpus.formats import reader_for
from corpus.formats._dispatch import faults_told
from corpus.raw import KEYS, Block, Raw, ReadOptions

__all__ = ["Columns", "Row"]

Row = Mapping[str, object]

# The usual names, the best first, as `_plain` writes them.
_USUAL: Mapping[str, tuple[str, ...]] = {
    "text": tuple(
        "text body content article maintext articlebody articletext articlecontent story fulltext"
        " bodytext cleantext plaintext contenttext html bodyhtml contenthtml rawtext".split()
    ),
    "title": ("headline", "title", "h1", "articletitle"),
    "authors": ("authors", "author", "byline", "by", "creator", "creators", "writer", "writers"),
    "published": tuple(
        "published publishedat datepublished publicationdate publishdate datepublish pubdate"
        " publisheddate publishedon firstpublished articledate date datetime".split()
    ),
    "updated": tuple(
        "updated updatedat modified modifiedat datemodified datemodify dateupdated lastmodified"
        " lastmod lastupdated".split()
    ),
    "source": tuple(
        "source outlet publisher publication newspaper sourcename site sitename sourcedomain"
        " domain".split()
    ),
    "url": ("url", "link", "articleurl", "weburl", "canonicalurl", "canonical", "permalink"),
    "section": ("section", "category", "sectionname", "categories"),
    "language": ("language", "lang"),
    "id": ("id", "articleid", "docid", "uuid", "guid", "uid"),
}
_NOT_WORD = re.compile(r"[\W_]+")
_TAG = re.compile(
    r"</?(?:p|div|br|a|b|i|em|strong|span|h[1-6]|ul|ol|li|img|figure|blockquote|article|section"
    r"|table|html|body|script|style)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"""(['"])(.+?)\1""")
_COMPACT_DAY = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
_SHOWN = 300
_LONGEST_ID = 120


class Columns:
    """Reads the rows of one file, by the user's names for its columns or by the usual ones."""

    def __init__(self, path: Path, options: ReadOptions) -> None:
        self._path = path
        self._options = options
        self._ids: set[int] = set()
        self._places: dict[tuple[str, ...], Mapping[str, tuple[str, ...]]] = {}
        if unknown := sorted(set(options.fields) - _USUAL.keys()):
            known = ", ".join(["text", *KEYS, "id"])
            raise UnsupportedFormat(path, f"no field is called “{unknown[0]}” (they are {known})")

    def check(self, names: Sequence[str]) -> None:
        """Raise UnsupportedFormat where a column asked for is not there, or none of text is."""
        listed = one_line(", ".join(names))
        listed = listed if len(listed) <= _SHOWN else f"{listed[:_SHOWN]}…"
        for name in self._options.fields.values():
            if name not in names and name.split(".")[0] not in names:
                raise UnsupportedFormat(
                    self._path, f"has no column “{name}” (its columns are {listed})"
                )
        if not self._columns(names)["text"]:
            raise UnsupportedFormat(
                self._path,
                f"none of its columns is known to hold the text ({listed}); say which does, as the"
                " field text",
            )

    def has_text(self, row: Row) -> bool:
        """Whether the row has anything in a column of text."""
        return bool(_text(self._value(row, "text")).strip())

    def article(self, row: Row, *, number: int) -> Raw | CorpusError:
        """The article of a row; `number` is its line or its place in the list, from 1."""
        member = self._member(row, number)
        text = _text(self._value(row, "text"))
        stated: dict[str, object] = {key: _VALUES[key](self._value(row, key)) for key in KEYS}
        if not text.strip():
            names = self._columns(list(row))["text"]
            where = f"its column {names[0]} is empty" if names else "it has no column of text"
            return EmptyArticle(self._path, f"holds no text ({where})", member=member)
        if not _TAG.search(text):
            blocks = tuple(map(Block, plain_blocks(clean_characters(text))))
            return Raw(blocks=blocks, stated=stated, member=member)
        return self._from_html(text, stated, member)

    def _from_html(self, text: str, stated: Mapping[str, object], member: str) -> Raw | CorpusError:
        reader = reader_for(".html")
        assert reader
        head = '<html><head><meta charset="utf-8"></head>'
        page = f"{head}<body><article>{text}</article></body></html>"
        stream = io.BytesIO(page.encode())
        try:
            with faults_told(self._path):
                raw = next(iter(reader(stream, Path("row.html"), self._options)))
        except CorpusError as error:
            return type(error)(self._path, error.reason, member=member)
        if isinstance(raw, CorpusError):
            return type(raw)(self._path, raw.reason, member=member)
        merged = {key: stated.get(key) or raw.stated.get(key) for key in KEYS}
        return Raw(blocks=raw.blocks, stated=merged, member=member)

    def _member(self, row: Row, number: int) -> str:
        """The row's own id where it has one that no earlier row has, else its number."""
        columns = self._columns(list(row))["id"]
        if not columns and not self._ids:
            return str(number)
        own = one_line(_text(self._value(row, "id")).strip())
        key = hash(own)
        if not own or len(own) > _LONGEST_ID or key in self._ids:
            return f"line {number}"
        self._ids.add(key)
        return own

    def _value(self, row: Row, field: str) -> object:
        """The first of the field's columns that holds anything."""
        for name in self._columns(list(row))[field]:
            value = row.get(name)
            if value is None and name in self._options.fields.values():
                value = _within(row, name)
            value = value.strip() if isinstance(value, str) else value
            if value not in (None, "", [], {}):
                return value
        return None

    def _columns(self, names: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """By field, its columns among `names`, the best first."""
        key = tuple(names)
        if key not in self._places:
            if len(self._places) > 1000:  # rows that all have other keys
                self._places.clear()
            by_plain: dict[str, str] = {}
            for name in names:
                by_plain.setdefault(_plain(name), name)
            self._places[key] = {
                field: (self._options.fields[field],)
                if field in self._options.fields
                else tuple(by_plain[name] for name in usual if name in by_plain)
                for field, usual in _USUAL.items()
            }
        return self._places[key]


def _plain(name: str) -> str:
    return _NOT_WORD.sub("", name).lower()


def _within(row: Row, name: str) -> object:
    """What stands at a dotted name, as `source.name`."""
    value: object = row
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _text(value: object) -> str:
    """A value as text: paragraphs of a list, nothing of an object; never half a character."""
    if isinstance(value, list):
        value = "\n\n".join(part for part in value if isinstance(part, str))
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    return str(value).encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _named(value: object) -> str:
    """A name, or that of an object such as {"id": null, "name": "The Quay"}."""
    if isinstance(value, Mapping):
        value = next((value[k] for k in ("name", "title", "value") if value.get(k)), "")
    if isinstance(value, list):
        value = next((part for part in value if part), "")
    return _text(value) if isinstance(value, str | int | float) else ""


def _authors(value: object) -> object:
    """Names as a list where they come as one, be it written out as text."""
    given = value
    if isinstance(value, str) and value.strip().startswith("["):
        try:
            given = json.loads(value)
        except (ValueError, RecursionError):
            given = [name for _, name in _QUOTED.findall(value)]
    if isinstance(given, list):
        return [name for part in given if (name := _named(part))]
    return _named(given)


def _date(value: object) -> str:
    """A date as text: seconds or milliseconds since 1970 and 20151119 are written out."""
    if isinstance(value, Mapping):
        value = value.get("$date") or value.get("value")
    text = _text(value).strip()
    if day := _COMPACT_DAY.fullmatch(text):
        return "-".join(day.groups())
    number = re.fullmatch(r"(\d{9,13})(?:\.\d+)?", text)
    if number:
        seconds = int(number[1]) / (1000 if len(number[1]) > 10 else 1)
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    return text


_VALUES = dict.fromkeys(KEYS, _named) | {
    "authors": _authors,
    "published": _date,
    "updated": _date,
}
