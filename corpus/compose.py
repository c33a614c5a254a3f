"""From what a format gives to an article: cleaning, metadata, and the text that spans refer to."""

import re
from dataclasses import replace
from pathlib import Path

from corpus.article import Article
from corpus.cleaning import clean_blocks, clean_characters, mark_furniture
from corpus.dates import choose_date, choose_update, date_in_url, day_first, parse_date
from corpus.errors import EmptyArticle
from corpus.metadata import (
    find_outlet,
    parse_authors,
    parse_language,
    parse_url,
    read_head,
    section_in_url,
    tell_language,
)
from corpus.raw import Block, Raw

__all__ = ["compose"]

_FEWEST_TITLE_WORDS = 3
_OUTLET_TAIL = re.compile(r"\s+[|–—-]\s+\S.{1,40}")


def compose(raw: Raw, *, path: Path) -> Article:
    """Make an article of what a reader gave. Raises EmptyArticle where nothing is left to read.

    Dates are believed in this order: what the format states, a line at the head of the text, the
    day in the address. What cannot be believed is left out, never an error.
    """
    stated = raw.stated
    # Entities ("&#27;") were characters in disguise until now: hence a second look.
    blocks = mark_furniture(
        [replace(block, text=text) for block in raw.blocks if (text := _line(block.text))]
    )
    kept = [block for block in blocks if not block.removed]
    if not kept:
        raise EmptyArticle(path, "holds no text")
    texts = [block.text for block in kept]
    url = parse_url(stated.get("url")) or _url_line(raw.blocks)
    order = day_first(url=url, language=str(stated.get("language") or ""))

    head = read_head(texts, headings=[block.heading for block in kept], day_first=order)
    title = _title(_line(stated.get("title")), head.title)
    authors = tuple(filter(None, map(_line, parse_authors(stated.get("authors")))))
    authors = authors or head.authors
    given = parse_date(stated.get("published"), day_first=order)
    published = choose_date([given, head.published, date_in_url(url)])
    updates = [parse_date(stated.get("updated"), day_first=order), head.updated]
    updated = choose_update(published, updates)
    source = _line(stated.get("source")) or find_outlet(url, "\n".join(texts))

    header = [texts[index] for index in sorted(head.lines)]
    if title and title not in header:
        header.insert(0, title)
    if authors and not head.authors:
        header.append("By " + " and ".join(filter(None, [", ".join(authors[:-1]), authors[-1]])))
    if given:
        day = f"{given.day} {given:%B %Y}"
        header.append(f"{source}, {day}" if stated.get("source") else day)
    elif stated.get("source"):
        header.append(source)
    opening = "".join(f"{line}\n\n" for line in header)

    head_blocks = {id(kept[index]) for index in head.lines}
    body = [_not_title(block, title) for block in blocks if id(block) not in head_blocks]
    story, removed = clean_blocks(body, at=len(opening))
    if not story:
        raise EmptyArticle(path, "holds no text but its heading")
    return Article(
        text=opening + story,
        body_start=len(opening),
        title=title,
        authors=authors,
        source=source,
        section=_line(stated.get("section")) or section_in_url(url),
        # An update is the one date that some articles give: without it they would have no day.
        published=published or updated,
        updated=updated,
        url=url,
        language=parse_language(stated.get("language")) or tell_language(story),
        removed=removed,
        path=path,
        member=raw.member,
    )


def _line(value: object) -> str:
    """A value on one line, without control characters; "" for none."""
    return " ".join(clean_characters(str(value or "")).split())


def _title(stated: str, heading: str) -> str:
    """The stated title, without the outlet's name where the heading is the title without it."""
    tail = stated.removeprefix(heading) if heading else ""
    return heading if tail != stated and _OUTLET_TAIL.fullmatch(tail) else stated or heading


def _not_title(block: Block, title: str) -> Block:
    """The block, marked where it is the title over again."""
    again = block.text.casefold() == title.casefold()
    if block.removed or not again or len(title.split()) < _FEWEST_TITLE_WORDS:
        return block
    return replace(block, removed="repeated header")


def _url_line(blocks: tuple[Block, ...]) -> str:
    """An address that stands alone at the foot of the article, as "Original url:" gives it."""
    return next((url for b in reversed(blocks[-4:]) if (url := _last_address(b.text))), "")


def _last_address(line: str) -> str:
    """The address that a line is, also after "Original url:"."""
    return parse_url(re.sub(r"(?i)^\s*original (?:url|link|article):?\s+", "", line))
