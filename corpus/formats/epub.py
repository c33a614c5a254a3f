"""Books and magazines as .epub: each chapter, in the order of reading, is an article."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote
from zipfile import ZipFile

from lxml import etree

from corpus.errors import CorpusError, DamagedFile, EmptyArticle, one_line
from corpus.formats._dom import decode_page
from corpus.formats._zip import open_zip, read_entry
from corpus.formats.html import fragment_blocks
from corpus.raw import Block, Raw, ReadOptions

__all__ = ["read_epub"]

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
# These two only scramble fonts; any other is copy protection.
_FONTS_ONLY = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_NOT_TEXT = re.compile(
    r"\b(?:cover|toc|titlepage|copyright-page|landmarks|page-list|loi|lot|index)\b"
)
_PAGE_TYPE = re.compile(
    r"<(?:body|section)\b[^>]{0,300}?\bepub:type\s*=\s*[\"']([^\"']+)", re.IGNORECASE
)
_SENTENCE = re.compile(r"[.!?…][\"'”’»)\]]*$")
_REAL_WORDS = 8


@dataclass(frozen=True, slots=True)
class _Book:
    """The chapters in the order of reading, their titles by entry, what the book states."""

    chapters: tuple[str, ...]
    titles: dict[str, str]
    stated: dict[str, object]


def read_epub(stream: BinaryIO, path: Path, options: ReadOptions) -> Iterator[Raw | CorpusError]:
    """Each document of the spine that holds text; the cover and the contents are none."""
    with open_zip(
        stream, path=path, largest=options.largest_packed, most_members=options.most_members
    ) as packed:
        book = _book(packed, path, options)
        found = False
        for entry in book.chapters:
            try:
                raw = _chapter(packed, entry, book, path, options)
            except EmptyArticle:
                continue
            except CorpusError as error:
                yield type(error)(path, error.reason, member=one_line(entry))
                found = True
                continue
            if raw:
                yield raw
                found = True
    if not found:
        raise EmptyArticle(path, "no document in it holds text")


def _chapter(
    packed: ZipFile, entry: str, book: _Book, path: Path, options: ReadOptions
) -> Raw | None:
    """A chapter; None for a page that holds no sentence."""
    data = read_entry(packed, entry, path=path, largest=options.largest_file)
    if not data:
        raise DamagedFile(path, "is named in the book's list and is not there")
    text = decode_page(data, path)
    if (kind := _PAGE_TYPE.search(text[:65536])) and _NOT_TEXT.search(kind[1]):
        return None
    blocks = fragment_blocks(text, path, classes=False)
    shown = [block for block in blocks if not block.removed]
    if not any(_is_sentence(block) for block in shown):
        return None
    heading = next((b.text for b in shown[:3] if b.heading), "")
    title = heading or book.titles.get(entry, "")
    if heading:
        first = next(i for i, b in enumerate(blocks) if b.heading and not b.removed)
        blocks = [block for i, block in enumerate(blocks) if i != first]
    stated = book.stated | ({"title": title} if title else {})
    return Raw(blocks=tuple(blocks), stated=stated, member=one_line(entry))


def _is_sentence(block: Block) -> bool:
    return len(block.text.split()) >= _REAL_WORDS and bool(_SENTENCE.search(block.text))


# --- the book ---


def _book(packed: ZipFile, path: Path, options: ReadOptions) -> _Book:
    def xml(entry: str) -> Any:
        data = read_entry(packed, entry, path=path, largest=options.largest_file)
        return _xml(data, path, entry) if data else None

    locked = xml(_ENCRYPTION)
    for method in locked.iterfind(".//{*}EncryptionMethod") if locked is not None else ():
        if method.get("Algorithm") not in _FONTS_ONLY:
            raise DamagedFile(path, "is protected against copying (DRM) and cannot be read")
    container = xml(_CONTAINER)
    root = container.find(".//{*}rootfile") if container is not None else None
    if root is None:
        raise DamagedFile(path, "is not an .epub: it does not name its package file")
    package_name = unquote(root.get("full-path") or "")
    package = xml(package_name)
    if package is None:
        raise DamagedFile(path, "its package file is missing")
    folder = posixpath.dirname(package_name)
    items = {item.get("id"): item for item in package.iterfind("{*}manifest/{*}item")}
    barred = {
        _entry(folder, reference.get("href"))
        for reference in package.iterfind("{*}guide/{*}reference")
        if reference.get("type") in ("cover", "toc", "title-page", "copyright-page")
    }
    chapters: dict[str, None] = {}
    for reference in package.iterfind("{*}spine/{*}itemref"):
        item = items.get(reference.get("idref"))
        if item is None or "html" not in (item.get("media-type") or ""):
            continue
        entry = _entry(folder, item.get("href"))
        if "nav" not in (item.get("properties") or "").split() and entry not in barred:
            chapters[entry] = None
    contents = next(
        (item for item in items.values() if "nav" in (item.get("properties") or "").split()), None
    )
    if contents is None:
        spine = package.find("{*}spine")
        contents = items.get(spine.get("toc")) if spine is not None else None
    titles: dict[str, str] = {}
    if contents is not None:
        place = _entry(folder, contents.get("href"))
        listed = xml(place)
        titles = _titles(listed, posixpath.dirname(place)) if listed is not None else {}
    return _Book(tuple(chapters), titles, _stated(package))


def _titles(listed: Any, folder: str) -> dict[str, str]:
    """Titles by entry, of a navigation document or of an older .ncx."""
    found: dict[str, str] = {}
    for link in listed.iterfind(".//{*}nav//{*}a"):
        found.setdefault(_entry(folder, link.get("href")), _words(link))
    for point in listed.iterfind(".//{*}navPoint"):
        target, label = point.find("{*}content"), point.find("{*}navLabel")
        if target is not None and label is not None:
            found.setdefault(_entry(folder, target.get("src")), _words(label))
    return found


def _stated(package: Any) -> dict[str, object]:
    def given(name: str) -> list[str]:
        found = package.iterfind(f"{{*}}metadata/{{http://purl.org/dc/elements/1.1/}}{name}")
        return [text for element in found if (text := _words(element))]

    # The book's title says where a chapter is from; a magazine's is the outlet's name.
    stated: dict[str, object] = {
        "authors": given("creator"),
        "source": next(iter(given("title")), ""),
        "published": next(iter(given("date")), ""),
        "language": next(iter(given("language")), ""),
    }
    return {key: value for key, value in stated.items() if value}


def _words(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _entry(folder: str, href: str | None) -> str:
    """The name in the .zip of what a link in a folder points to."""
    return posixpath.normpath(posixpath.join(folder, unquote((href or "").partition("#")[0])))


def _xml(data: bytes, path: Path, entry: str) -> Any:
    """Parsed without entities, definitions or network: they could unfold or fetch."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=True, remove_comments=True
    )
    try:
        tree = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise DamagedFile(path, f"{one_line(entry)} in it is not XML") from error
    if tree is None:
        raise DamagedFile(path, f"{one_line(entry)} in it is not XML")
    return tree
