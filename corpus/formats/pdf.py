"""PDF: the text layer, in reading order, in paragraphs rebuilt from the layout."""

import ctypes
import math
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

from corpus.errors import CorpusError, DamagedFile, EmptyArticle, FileTooLarge
from corpus.formats._layout import Glyph, Line, joined, lines_of, paragraphs
from corpus.raw import Block, Raw, ReadOptions

__all__ = ["read_pdf"]

_MOST_PAGES = 1000
_MOST_CHARACTERS = 10_000_000
_MARGIN = 0.06
"""Of a page's lines, at their head and foot: where running heads and page numbers stand."""
_PAGE_NUMBER = re.compile(
    r"^(?:[-–—|·•\s]*(?:page|p\.|seite|стр\.)?\s*(?:[A-Z]?\d{1,4}|[ivxlc]{1,6})"
    r"(?:\s*(?:of|/|von)\s*\d{1,4})?[-–—|·•\s]*)$",
    re.IGNORECASE,
)
_NO_TITLE = re.compile(
    r"^(?:microsoft \w+ - .*|untitled.*|layout ?\d*|document ?\d*|.*\.(?:docx?|indd|qxd|qxp|pdf|rtf"
    r"|odt|txt|html?|pages|tex|ps)|\S*|https?:.*|[\W\d]*)$",
    re.IGNORECASE,
)
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\x02": "-"}
    | {"\ufffe": "-"}
)
_WORD = re.compile(r"[\w'’]+(?:-[\w'’]+)*")
_NOT_TEXT = re.compile("[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f]")
# By the quarter turns of a text: left, right and baseline as it is read, from the top, and size.
_TURNED: Mapping[float, Callable[[Any, float, float], tuple[float, float, float, float]]] = {
    0: lambda box, _, y: (box.left, box.right, -y, box.top - box.bottom),
    1: lambda box, x, _: (box.bottom, box.top, x, box.right - box.left),
    2: lambda box, _, y: (-box.right, -box.left, y, box.top - box.bottom),
    3: lambda box, x, _: (-box.top, -box.bottom, -x, box.right - box.left),
}
_LOCK = threading.Lock()
"""PDFium is not made for threads."""


def read_pdf(
    stream: BinaryIO,
    path: Path,
    options: ReadOptions,  # noqa: ARG001
) -> Iterator[Raw | CorpusError]:
    """One article. Raises EmptyArticle where there are pictures of text and no text."""
    import pypdfium2

    data = stream.read()
    with _LOCK:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            if "password" in str(error).lower():
                raise DamagedFile(path, "is encrypted; save it without a password") from error
            raise DamagedFile(path, "is not a whole PDF (cut short or damaged)") from error
        try:
            pages = _pages(document, path)
            given = document.get_metadata_dict(skip_empty=True)
        finally:
            document.close()
    yield _article(pages, given)


class _Page:
    """The lines of a page in reading order, and what stands turned on it."""

    def __init__(self, lines: list[Line], turned: str) -> None:
        self.lines = lines
        self.turned = turned
        bases = [line.base for line in lines]
        self._top, self._foot = min(bases, default=0.0), max(bases, default=0.0)

    def at_edge(self, line: Line) -> bool:
        """Whether the line is among the first or the last of its page."""
        margin = _MARGIN * (self._foot - self._top)
        return not self._top + margin < line.base < self._foot - margin


def _pages(document: Any, path: Path) -> list[_Page]:
    from pypdfium2 import PdfiumError

    count = len(document)
    if count > _MOST_PAGES:
        raise FileTooLarge(path, f"holds {count:,} pages, over the limit of {_MOST_PAGES:,}")
    pages: list[_Page] = []
    damaged = images = characters = 0
    for number in range(count):
        try:
            page = document[number]
            glyphs, turned = _glyphs(page)
            images += not glyphs and _has_image(page)
        except PdfiumError:
            damaged += 1
            continue
        characters += len(glyphs)
        if characters > _MOST_CHARACTERS:
            raise FileTooLarge(path, f"holds over {_MOST_CHARACTERS:,} characters; split it up")
        pages.append(_Page(lines_of(glyphs, page=number), turned))
    if damaged and not characters:
        raise DamagedFile(path, "none of its pages can be read")
    if not characters:
        if not images:
            raise EmptyArticle(path, "holds no text")
        plural = "s" if images > 1 else ""
        what = f"{images} page{plural} of images"
        raise EmptyArticle(path, f"has no text layer ({what}): run OCR first")
    text = "".join(line.text for page in pages for line in page.lines)
    if len(_NOT_TEXT.findall(text)) > 0.3 * len(text):
        raise DamagedFile(path, "its text layer does not say which characters it shows: run OCR")
    return pages


def _glyphs(page: Any) -> tuple[list[Glyph], str]:
    """The characters of a page that run its main way, and the text of the others (a stamp)."""
    import pypdfium2.raw as pdfium

    text = page.get_textpage()
    box, x, y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    by_turn: dict[float, list[Glyph]] = {}
    for index in range(text.count_chars()):
        code = pdfium.FPDFText_GetUnicode(text, index)
        if (
            pdfium.FPDFText_IsGenerated(text, index) == 1
            or not 0 < code <= 0x10FFFF
            or 0xD800 <= code < 0xE000
            or not pdfium.FPDFText_GetLooseCharBox(text, index, ctypes.byref(box))
        ):
            continue
        pdfium.FPDFText_GetCharOrigin(text, index, ctypes.byref(x), ctypes.byref(y))
        # In quarter turns; what runs aslant is no line of an article.
        turn = round(pdfium.FPDFText_GetCharAngle(text, index) / (math.pi / 2), 1) % 4
        left, right, base, size = _TURNED.get(turn, _TURNED[0])(box, x.value, y.value)
        if size > 0 and right > left:
            char = chr(code).translate(_LIGATURES)
            by_turn.setdefault(turn, []).append(Glyph(char, left, right, base, size, index))
    text.close()
    main = max((t for t in by_turn if t in _TURNED), key=lambda t: len(by_turn[t]), default=None)
    glyphs = by_turn.pop(main, []) if main is not None else []
    stamp = "".join(glyph.char for others in by_turn.values() for glyph in others)
    return glyphs, " ".join(stamp.split())


def _has_image(page: Any) -> bool:
    import pypdfium2.raw as pdfium

    return any(True for _ in page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_IMAGE,), max_depth=3))


def _article(pages: Sequence[_Page], given: dict[str, str]) -> Raw:
    marks = _edges(pages)
    lines = [line for page in pages for line in page.lines if line not in marks]
    sizes = Counter[float]()
    for line in lines:
        sizes[line.size] += len(line.text)
    body = sizes.most_common(1)[0][0] if sizes else 10.0
    spacing = _spacing(lines, body)
    notes = _notes(pages, marks, body)
    words = Counter(word.lower() for line in lines for word in _inner_words(line.text))
    blocks: list[Block] = []
    title = ""
    for part in (
        [line for line in lines if line not in notes],
        [line for line in lines if line in notes],
    ):
        for run in paragraphs(part, body=body, spacing=spacing):
            text = joined([line.text for line in run], words=words)
            level = 0
            if run[0].size > 1.12 * body and len(text) < 250:
                first = not title and run[0].page == 0 and run[0].size == _largest(lines)
                level, title = (1, text) if first else (2, title)
            blocks.append(Block(text, level))
    blocks += [Block(line.text, removed=reason) for line, reason in marks.items()]
    blocks += [Block(page.turned, removed="stamp") for page in pages if page.turned]
    return Raw(blocks=tuple(blocks), stated=_stated(given, title, pages))


def _edges(pages: Sequence[_Page]) -> dict[Line, str]:
    """Running heads and page numbers, by line."""
    marks: dict[Line, str] = {}
    places: dict[tuple[str, int], list[Line]] = {}
    for page in pages:
        edge = [line for line in page.lines if page.at_edge(line)]
        for line in edge:
            if _PAGE_NUMBER.match(line.text):
                marks[line] = "page number"
            else:
                form = re.sub(r"\d+", "#", line.text.lower())
                places.setdefault((form, round(line.base / 6)), []).append(line)
    least = max(2, len(pages) // 3)
    for found in places.values():
        if len({line.page for line in found}) >= least:
            marks |= dict.fromkeys(found, "running head")
    return marks


def _notes(pages: Sequence[_Page], marks: dict[Line, str], body: float) -> set[Line]:
    """Footnotes: lines in small type below all others of their page."""
    notes: set[Line] = set()
    for page in pages:
        lines = [line for line in page.lines if line not in marks]
        foot = max((line.base for line in lines if line.size > 0.9 * body), default=None)
        if foot is not None:
            notes |= {line for line in lines if line.base > foot and line.size <= 0.9 * body}
    return notes


def _spacing(lines: Sequence[Line], body: float) -> float:
    """The usual distance from line to line of running text, in points."""
    steps = Counter(
        round(after.base - before.base, 0)
        for before, after in pairwise(lines)
        if before.size == after.size == body and 0 < after.base - before.base < 4 * body
    )
    return steps.most_common(1)[0][0] if steps else 1.2 * body


def _largest(lines: Sequence[Line]) -> float:
    return max((line.size for line in lines if line.page == 0), default=0.0)


def _inner_words(text: str) -> list[str]:
    """The words of a line but its last, which may be cut, and its first, which may be a rest."""
    return _WORD.findall(text)[1:-1]


def _stated(given: dict[str, str], title: str, pages: Sequence[_Page]) -> dict[str, object]:
    """Title and author of the file's properties, where the first page bears them out.

    The dates in them are those of the file, not of the article.
    """
    first = " ".join(line.text for line in pages[0].lines) if pages else ""
    seen = " ".join(first.lower().split())

    def shown(value: str) -> str:
        value = " ".join(value.split())
        return value if value and value.lower() in seen else ""

    named = " ".join(given.get("Title", "").split())
    sane = "" if _NO_TITLE.match(named) or len(named) > 200 else named
    return {
        "title": shown(sane) or title or sane,
        "authors": shown(given.get("Author", "")),
    }
