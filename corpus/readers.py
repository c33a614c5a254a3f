"""Files to articles: what to read, how to decode it, where its metadata stands."""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from corpus.article import Article
from corpus.cleaning import clean_blocks, clean_characters, plain_blocks
from corpus.errors import (
    BadFrontMatter,
    EmptyArticle,
    FileTooLarge,
    NotText,
    UnreadableFile,
    UnsupportedFormat,
)
from corpus.markdown import Block, markdown_blocks
from corpus.metadata import (
    date_in_url,
    find_outlet,
    parse_authors,
    parse_date,
    parse_url,
    read_head,
)

__all__ = ["LARGEST_FILE", "SUFFIXES", "find_files", "parse_article", "read_article", "read_bytes"]

SUFFIXES = frozenset({".txt", ".md"})
LARGEST_FILE = 20_000_000
"""Bytes. A larger text is a data dump, not an article; it is refused before it is read."""

_FRONT_MATTER_KEYS = {
    "authors": ("authors", "author", "byline", "by"),
    "published": ("published", "date", "published_at", "publish_date"),
    "source": ("source", "outlet", "publisher", "site"),
    "url": ("url", "link", "original_url", "canonical"),
    "section": ("section", "category"),
}

# Text saved from a page often is Markdown under the name .txt; a heading line gives it away.
_HEADING_LINE = re.compile(r"^#{1,6} \S", re.MULTILINE)

# Signs such as "³" between letters: Central European text that was taken for Western.
_SYMBOL_IN_WORD = re.compile(rb"[A-Za-z][\xa1-\xbf][a-z]")


_NULL = "tag:yaml.org,2002:null"
_NESTED = ("tag:yaml.org,2002:seq", "tag:yaml.org,2002:map")


def find_files(root: Path) -> Iterator[Path]:
    """The readable files at `root` (a file, or a folder searched through), sorted, hidden left out.

    A file named outright is yielded whatever its suffix, so that it is refused by name rather
    than passed over; so is a folder that cannot be listed. Links to folders are not followed,
    which also ends loops.
    """
    if not root.is_dir():
        yield root
        return
    unlisted: list[Path] = []
    listing = os.walk(root, onerror=lambda error: unlisted.append(Path(error.filename)))
    for folder, folders, names in listing:
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            if not name.startswith(".") and path.suffix.lower() in SUFFIXES:
                yield path
    yield from unlisted


def read_article(path: Path, *, limit: int = LARGEST_FILE) -> Article:
    """Read one file. Raises a CorpusError that says what is wrong with it."""
    return parse_article(read_bytes(path, limit=limit), path=path)


def read_bytes(path: Path, *, limit: int = LARGEST_FILE) -> bytes:
    """The file's bytes; UnreadableFile, UnsupportedFormat or FileTooLarge where they cannot be."""
    try:
        if path.is_dir():
            next(path.iterdir(), None)  # a folder that cannot be listed says so
            raise UnreadableFile(path, "is a folder, not a file")
        if path.suffix.lower() not in SUFFIXES:
            kinds = ", ".join(sorted(SUFFIXES))
            raise UnsupportedFormat(path, f"no reader for this kind of file (read are {kinds})")
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFile(path, "is not a regular file")  # reading a pipe may never end
        size = status.st_size
        if size > limit:
            raise FileTooLarge(
                path, f"{size / 1e6:.0f} MB is over the limit of {limit / 1e6:.0f} MB; split it up"
            )
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFile(path, error.strerror or type(error).__name__) from error


def parse_article(data: bytes, *, path: Path) -> Article:
    """Make an article of a file's bytes. `path` gives the format and stands in error messages."""
    metadata, body = _front_matter(clean_characters(_decode(data, path)), path)
    if path.suffix.lower() == ".md" or _HEADING_LINE.search(body):
        parsed = markdown_blocks(body)
    else:
        parsed = [Block(text) for text in plain_blocks(body)]
    url = parse_url(metadata.get("url")) or _url_line([block.text for block in parsed])
    # Entities ("&#27;") were characters in disguise until now: hence a second look.
    parsed = [Block(_line(b.text), b.heading) for b in parsed if not parse_url(b.text)]
    blocks = [block.text for block in parsed]
    if not blocks:
        raise EmptyArticle(path, "holds no text")

    stated = read_head(blocks, headings=[block.heading for block in parsed])
    title = _line(metadata.get("title")) or stated.title
    authors = tuple(map(_line, parse_authors(metadata.get("authors")))) or stated.authors
    published = parse_date(metadata.get("published")) or stated.published or date_in_url(url)
    source = _line(metadata.get("source"))
    source = source or find_outlet(url, "\n".join(blocks))

    head = sorted(stated.lines)
    body_blocks = [block for index, block in enumerate(blocks) if index not in stated.lines]
    header = [blocks[index] for index in head]
    if title and title not in header:
        header.insert(0, title)
    if authors and not stated.authors:
        header.append("By " + " and ".join(filter(None, [", ".join(authors[:-1]), authors[-1]])))
    if metadata.get("published") and published:
        day = f"{published.day} {published:%B %Y}"
        header.append(f"{source}, {day}" if metadata.get("source") else day)
    elif metadata.get("source"):
        header.append(source)
    story = clean_blocks(body_blocks)
    if not story:
        raise EmptyArticle(path, "holds no text but its heading")
    opening = "".join(f"{line}\n\n" for line in header)
    return Article(
        text=opening + "\n\n".join(story),
        body_start=len(opening),
        title=title,
        authors=authors,
        source=source,
        section=_line(metadata.get("section")),
        published=published,
        url=url,
        path=path,
    )


def _line(value: object) -> str:
    """A value on one line, without control characters; "" for none."""
    return " ".join(clean_characters(str(value or "")).split())


def _decode(data: bytes, path: Path) -> str:
    """UTF-8 where it is that; else the likely older encoding; NotText where it is binary."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise NotText(path, f"is damaged UTF-16 ({error.reason} at {error.start})") from error
        if "\0" in text:
            raise NotText(path, "is not UTF-16 text, though it begins as such")
        return text
    # Text holds no NUL and hardly any control characters; every binary format does.
    sample = data[:65536]
    controls = sum(byte < 9 or 13 < byte < 32 for byte in sample)
    if b"\0" in sample or controls > len(sample) // 50:
        raise NotText(path, "is not text (binary content)")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        around = data[max(0, error.start - 200) : error.start + 65536]
        encoding = _older_encoding(around)
        if encoding is None:
            where = f"byte {error.start}"
            raise NotText(path, f"is not valid UTF-8 ({where}) nor any known encoding") from error
        return data.decode(encoding, errors="replace")


def _older_encoding(data: bytes) -> str | None:
    """The encoding that charset-normalizer tells, Western where it cannot tell them apart."""
    from charset_normalizer import from_bytes  # here: it is needed for few files

    matches = from_bytes(data)
    best = matches.best()
    if best is None:
        return None
    western = next((match for match in matches if match.encoding == "cp1252"), None)
    tied = western and western.coherence >= best.coherence and not _SYMBOL_IN_WORD.search(data)
    # With no coherence there were too few words to tell a language by.
    return "cp1252" if tied or not best.coherence else best.encoding


def _front_matter(text: str, path: Path) -> tuple[Mapping[str, object], str]:
    """The YAML block at the head as known keys, and the rest. No block: empty, and all of it."""
    lines = text.lstrip("\n").split("\n")
    if lines[0].rstrip() != "---":
        return {}, text
    end = next((i for i, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "...")), None)
    if end is None:
        return {}, text
    try:
        loaded = yaml.load("\n".join(lines[1:end]), Loader=_Loader)  # noqa: S506  it is a safe one
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 2})" if mark else ""
        raise BadFrontMatter(path, f"its metadata block is not valid YAML{where}") from error
    if not isinstance(loaded, dict):
        return {}, text
    given = {str(key).strip().lower(): value for key, value in loaded.items()}
    known: dict[str, object] = {"title": given.get("title")}
    for key, names in _FRONT_MATTER_KEYS.items():
        known[key] = next((given[name] for name in names if given.get(name)), None)
    return known, "\n".join(lines[end + 1 :])


class _Loader(yaml.SafeLoader):
    """Safe YAML in which only lists, mappings and null have types.

    Dates stay as written, since YAML would turn a time into UTC and drop its zone; aliases are
    refused, since a few lines of them unfold into gigabytes.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, form) for tag, form in resolvers if tag == _NULL]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    yaml_constructors = {  # noqa: RUF012
        tag: construct
        for tag, construct in yaml.SafeLoader.yaml_constructors.items()
        if tag in (_NULL, "tag:yaml.org,2002:str", *_NESTED, None)
    }

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="an alias", problem_mark=mark)
        return super().compose_node(parent, index)


def _url_line(blocks: list[str]) -> str:
    """An address that stands alone at the foot of the article, as "Original url:" gives it."""
    return next((url for block in reversed(blocks[-4:]) if (url := parse_url(block))), "")
