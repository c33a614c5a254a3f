"""Word documents: paragraphs, headings, lists, tables and text boxes, as they read when accepted.

What a tracked change put in stays and what it took out does not appear.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from corpus.errors import CorpusError, DamagedFile
from corpus.formats._zip import open_zip, packing_faults
from corpus.raw import Block, Raw, ReadOptions

__all__ = ["read_docx"]

_UNFOLDED = 10
"""A document may unfold to so many times the largest file: its pictures are packed in it too."""
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
# What changes took out or moved away, and what is not text; only `w:t` holds words.
_SKIPPED = {f"{_W}{name}" for name in ("del", "moveFrom", "pPr", "rPr", "tblPr", "sectPr")}
_SKIPPED.add(_FALLBACK)
_SIGNS = {
    f"{_W}tab": " ",
    f"{_W}br": " ",
    f"{_W}cr": " ",
    f"{_W}noBreakHyphen": "-",
    f"{_W}ptab": " ",
}
_NO_TITLE = re.compile(
    r"^(?:(?:microsoft )?word(?: document)?|untitled.*|document ?\d*|.*\.(?:docx?|dotx?|rtf|odt))$",
    re.IGNORECASE,
)
_NO_AUTHOR = re.compile(
    r"^(?:python-docx|admin\w*|user|owner|author|microsoft.*|windows.*|apache.*|unknown)$",
    re.IGNORECASE,
)


def read_docx(stream: BinaryIO, path: Path, options: ReadOptions) -> Iterator[Raw | CorpusError]:
    """One article."""
    open_zip(stream, path=path, largest=_UNFOLDED * options.largest_file).close()
    stream.seek(0)
    from docx import Document
    from docx.opc.exceptions import OpcError
    from lxml.etree import LxmlError

    try:
        with packing_faults(path):
            document = Document(stream)
        body = document.element.body
    except (KeyError, ValueError, AttributeError, TypeError, OpcError, LxmlError) as error:
        raise DamagedFile(path, "is not a whole Word document") from error
    if body is None:
        raise DamagedFile(path, "is not a whole Word document")
    levels = _levels(document)
    blocks = list(_blocks(body, levels))
    blocks += [Block(text, removed="running head") for text in _edges(document)]
    yield Raw(blocks=tuple(blocks), stated=_stated(document, blocks))


def _blocks(element: Any, levels: dict[str, int]) -> Iterator[Block]:
    """The paragraphs below an element in reading order; a row of a table is one."""
    for child in element.iterchildren():
        if child.tag == f"{_W}p":
            yield from _paragraph(child, levels)
        elif child.tag == f"{_W}tbl":
            for row in child.iter(f"{_W}tr"):
                if next(row.iterancestors(f"{_W}tbl")) is not child:
                    continue  # of a table within a cell, which its row gives
                cells = [_text(cell) for cell in row.iter(f"{_W}tc") if _row_of(cell) is row]
                if text := " | ".join(filter(None, cells)):
                    yield Block(text)
        elif child.tag not in _SKIPPED and isinstance(child.tag, str):
            yield from _blocks(child, levels)  # a content control, an insertion


def _paragraph(paragraph: Any, levels: dict[str, int]) -> Iterator[Block]:
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    level = levels.get(style.get(f"{_W}val"), 0) if style is not None else 0
    if text := _text(paragraph):
        yield Block(text, level)
    for box in paragraph.iter(f"{_W}txbxContent"):
        if not any(up.tag in _SKIPPED for up in box.iterancestors()):
            yield from _blocks(box, levels)


def _text(element: Any) -> str:
    """The words of an element on one line, without those of text boxes in it."""
    parts: list[str] = []
    # Not by recursion: a document may be nested as deep as its maker likes.
    waiting = list(reversed(element))
    while waiting:
        node = waiting.pop()
        if node.tag == f"{_W}t":
            parts.append(node.text or "")
        elif node.tag in _SIGNS:
            parts.append(_SIGNS[node.tag])
        elif node.tag not in _SKIPPED and node.tag != f"{_W}txbxContent":
            waiting += reversed(node)
            if node.tag == f"{_W}p":  # in a cell
                parts.append(" ")
    return " ".join("".join(parts).split())


def _row_of(cell: Any) -> Any:
    return next(cell.iterancestors(f"{_W}tr"))


def _levels(document: Any) -> dict[str, int]:
    """Heading levels by style id: what "Heading 2" is called in the document, or leads to it."""
    levels: dict[str, int] = {}
    for style in document.styles.element.findall(f"{_W}style"):
        name = style.find(f"{_W}name")
        outline = style.find(f"{_W}pPr/{_W}outlineLvl")
        said = (name.get(f"{_W}val") or "").lower() if name is not None else ""
        level = 0
        if said == "title":
            level = 1
        elif match := re.fullmatch(r"heading (\d)", said):
            level = int(match[1])
        elif outline is not None and (outline.get(f"{_W}val") or "").isdigit():
            level = int(outline.get(f"{_W}val")) + 1
        if 0 < level < 10:
            levels[style.get(f"{_W}styleId")] = min(level, 6)
    return levels


def _edges(document: Any) -> list[str]:
    """The texts of headers and footers, each once."""
    found: dict[str, None] = {}
    for part in document.part.package.iter_parts():
        if re.search(r"/(?:header|footer)\d*\.xml$", str(part.partname)):
            root = getattr(part, "element", None)
            for paragraph in root.iter(f"{_W}p") if root is not None else ():
                if text := _text(paragraph):
                    found[text] = None
    return list(found)


def _stated(document: Any, blocks: list[Block]) -> dict[str, object]:
    """Title and author of the properties where they are no program's default.

    Their dates are those of the file, not of the article.
    """
    try:
        given = document.core_properties
        title = " ".join((given.title or "").split())
        author = " ".join((given.author or "").split())
    except (KeyError, ValueError, AttributeError):
        return {}
    heading = next((block.text for block in blocks if block.heading == 1), "")
    named = "" if _NO_TITLE.match(title) or len(title) > 200 else title
    seen = any(named.lower() == block.text.lower() for block in blocks[:5])
    return {
        "title": named if seen or not heading else heading,
        "authors": "" if _NO_AUTHOR.match(author) or " " not in author else author,
    }
