"""Saved RSS and Atom feeds, each entry an article. feedparser reads all their versions."""

import io
import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, BinaryIO

from corpus.cleaning import clean_characters, plain_blocks
from corpus.errors import CorpusError, DamagedFile, EmptyArticle, UnsupportedFormat, one_line
from corpus.formats.html import fragment_blocks
from corpus.raw import Block, Raw, ReadOptions

__all__ = ["read_feed"]

_END = re.compile(rb"</(?:rss|feed|[\w.-]+:(?:RDF|feed))\s*>", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z!/]|&(?:#\d+|\w+);")


def read_feed(stream: BinaryIO, path: Path, options: ReadOptions) -> Iterator[Raw | CorpusError]:
    """The entries in the order of the feed; an entry's place is its id, its address or number.

    The last entry of a feed that is cut short is yielded as an error: it may lack its end.
    """
    import feedparser

    data = stream.read()
    # A stream and never a string: of a string that looks like an address it would fetch that.
    # Unsanitised: its sanitising strips marks that say what is hidden (aria-hidden), not the words.
    parsed = feedparser.parse(io.BytesIO(data), sanitize_html=False, resolve_relative_uris=False)
    if not parsed.get("version"):
        what = "XML, but no" if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else "no"
        raise UnsupportedFormat(path, f"is {what} RSS or Atom feed")
    entries = parsed.entries[: options.most_members]
    if not entries:
        raise EmptyArticle(path, "is a feed without entries")
    whole = _END.search(data[-4096:]) is not None
    seen: set[str] = set()
    for number, entry in enumerate(entries, 1):
        member = one_line(str(entry.get("id") or entry.get("link") or number))
        member = f"{number} {member}" if member in seen else member
        seen.add(member)
        if not whole and number == len(entries):
            yield DamagedFile(path, "the feed is cut short in or after this entry", member=member)
            return
        try:
            blocks = tuple(_blocks(entry, path))
        except CorpusError as error:
            yield type(error)(path, error.reason, member=member)
        else:
            yield Raw(blocks=blocks, stated=_stated(entry, parsed.feed), member=member)


def _blocks(entry: Any, path: Path) -> list[Block]:
    """The fullest text of an entry: its content, or its summary where that says more."""
    texts = [*entry.get("content", []), entry.get("summary_detail") or {}]
    best = max(texts, key=lambda text: len(text.get("value") or ""))
    value = best.get("value") or ""
    if best.get("type") == "text/plain" or not _TAG.search(value):
        blocks = [Block(text) for text in plain_blocks(clean_characters(value))]
    else:
        blocks = fragment_blocks(value, path)
    if not any(not block.removed for block in blocks):
        raise EmptyArticle(path, "holds no text but its heading")
    return blocks


def _stated(entry: Any, feed: Any) -> dict[str, object]:
    # `in` first: asked for a missing date, feedparser gives another one with a warning.
    given, changed = (
        _zoned(entry[key]) if key in entry else "" for key in ("published", "updated")
    )
    tags = entry.get("tags") or [{}]
    origin = entry.get("source") or {}
    stated: dict[str, object] = {
        "title": _words(entry.get("title")),
        "authors": [a["name"] for a in entry.get("authors", []) if a.get("name")],
        "published": given or changed,
        "updated": changed if given and changed != given else "",
        "source": _words(origin.get("title") or feed.get("title")),
        "url": entry.get("link"),
        "section": tags[0].get("term"),
        "language": entry.get("language") or feed.get("language"),
    }
    return {key: value for key, value in stated.items() if value}


def _zoned(value: object) -> str:
    """A date as ISO 8601 in the zone that it was written in; as written where it is another."""
    text = str(value or "").strip()
    try:
        return parsedate_to_datetime(text).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return text


def _words(value: object) -> str:
    """A title without the tags that some feeds put in it."""
    text = str(value or "")
    if not _TAG.search(text):
        return text
    try:
        return " ".join(b.text for b in fragment_blocks(text, Path(), classes=False))
    except CorpusError:
        return text
