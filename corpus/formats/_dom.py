"""An HTML page as lines of text in the order of the page, each with what its marks say of it.

The lines hold the page's own words: nothing is rewritten, so that a quotation is found again in
the saved page. What is to be read of them is decided elsewhere (`html`).
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree
from lxml import html as lxml_html

from corpus.cleaning import plain_blocks
from corpus.decoding import decode
from corpus.errors import DamagedFile, EmptyArticle
from corpus.formats._marks import Mark, hidden, mark_of

__all__ = ["Line", "Page", "decode_page", "page_lines", "parse_page"]

_DECLARED = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w-]{2,40})|<\?xml[^>]{0,80}?encoding=["']([\w-]+)""",
    re.IGNORECASE,
)
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset"
    " figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol p"
    " pre section summary table tbody td tfoot th thead title tr ul".split()
)
# Nothing in them is text of the page (a <noscript> repeats an image, or asks for scripts).
_SILENT = frozenset(
    "applet audio canvas datalist embed head iframe link math meta noembed noframes noscript object"
    " option script select style svg template textarea video".split()
)
_INLINE_HOMES = frozenset("a b em i li p q small span strong td h1 h2 h3 h4 h5 h6".split())
_LONGEST_CELL = 200
_SHORT_LINE = 45


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph, heading, list item or table row, on one line.

    `node` is the number of the element that it stands in, `linked` the share of its characters
    that are links, `marks` what the elements around it and its own say, outermost first.
    """

    text: str
    node: int
    heading: int = 0
    linked: float = 0.0
    marks: tuple[Mark, ...] = ()
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """The lines, and of each element (by number): its parent's number (-1: none), tag, classes."""

    lines: tuple[Line, ...]
    parents: tuple[int, ...]
    signs: tuple[tuple[str, str], ...]

    def around(self, node: int) -> Iterator[int]:
        """An element and those around it, innermost first."""
        while node >= 0:
            yield node
            node = self.parents[node]


def decode_page(data: bytes, path: Path, *, declared: str = "") -> str:
    """The characters of a page: by byte order mark, as UTF-8, as declared, else as they look.

    `declared` is what stands outside the page (a mail's header). UTF-8 goes before what the page
    declares: saving rewrites pages and leaves old declarations, and text in another encoding is
    valid UTF-8 by accident next to never.
    """
    match = _DECLARED.search(data[:4096])
    name = declared or ((match[1] or match[2]).decode() if match else "")
    if name and not data.startswith((b"\xff\xfe", b"\xfe\xff")) and b"\0" not in data[:65536]:
        try:
            name = codecs.lookup(name).name
            if name in ("iso8859-1", "ascii"):
                name = "cp1252"  # what every browser takes it for
            if name.startswith("iso2022") or (name != "utf-8" and not _is_utf8(data)):
                return data.decode(name, errors="replace")
        except (LookupError, TypeError):  # no such encoding, or no encoding of text
            pass
    return decode(data, path)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def parse_page(text: str, path: Path) -> Any:
    """The tree of a page or of a fragment. EmptyArticle or DamagedFile where there is none."""
    parser = lxml_html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True
    )
    try:
        tree = lxml_html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError as error:
        raise EmptyArticle(path, "holds no text") from error
    except etree.LxmlError as error:
        raise DamagedFile(path, "is not HTML that can be parsed") from error
    for entry in parser.error_log:
        if "xcessive depth" in entry.message:
            raise DamagedFile(path, "its elements are nested more than 2,048 deep")
    return tree


def page_lines(tree: Any, *, classes: bool = True) -> Page:
    """The lines of a tree. `classes` says whether class names count as marks, or elements only."""
    walk = _Walk(classes=classes)
    events = etree.iterwalk(tree, events=("start", "end"))
    for event, element in events:
        if event == "start":
            if not walk.start(element):
                events.skip_subtree()
        else:
            walk.end(element)
    walk.flush()
    return Page(tuple(walk.lines), tuple(walk.parents), tuple(walk.signs))


@dataclass(slots=True)
class _Open:
    """An element whose end has not come yet."""

    node: int
    tag: str
    block: bool
    mark: Mark | None
    hidden: bool


class _Walk:
    """Collects text between the edges of blocks. No recursion: pages are nested at will."""

    def __init__(self, *, classes: bool) -> None:
        self.lines: list[Line] = []
        self.parents: list[int] = []
        self.signs: list[tuple[str, str]] = []
        self._classes = classes
        self._open: list[_Open] = []
        # Text, whether it is a link, whether it is hidden, marks of the inline elements around it.
        self._pieces: list[tuple[str, bool, bool, tuple[Mark, ...]]] = []
        self._after_link = False

    def start(self, element: Any) -> bool:
        """Take an element in; False where what it holds is not text."""
        tag = str(element.tag).lower()
        outer = self._open[-1] if self._open else None
        in_row = tag in ("td", "th") and outer is not None and outer.tag == "row"
        block = not in_row and (
            tag in _BLOCKS or ("-" in tag and outer is not None and outer.tag not in _INLINE_HOMES)
        )
        if block:
            self.flush()
        elif tag == "br":
            self._add("\n")
        elif in_row and any(piece[0].strip() for piece in self._pieces):
            self._add(" | ")
        elif self._after_link and tag in ("a", "button"):
            self._add(" ")  # links side by side, parted by style alone
        self._after_link = False
        node = len(self.parents)
        attributes = element.attrib
        self.parents.append(outer.node if outer else -1)
        self.signs.append((tag, attributes.get("class", "") if attributes else ""))
        self._open.append(
            _Open(
                node,
                "row" if tag == "tr" and _is_data(element) else tag,
                block,
                mark_of(element, classes=self._classes, block=block),
                (outer is not None and outer.hidden)
                or (bool(attributes) and tag not in ("html", "body") and hidden(element)),
            )
        )
        silent = tag in _SILENT
        if not silent:
            self._add(element.text)
        return not silent

    def end(self, element: Any) -> None:
        """Leave an element; what follows it belongs to the one around it."""
        if self._open[-1].block:
            self.flush()
        self._after_link = self._open[-1].tag in ("a", "button")
        self._open.pop()
        if self._open and element.tail:
            self._after_link = False
            self._add(element.tail)

    def flush(self) -> None:
        """End the line: a block starts or ends here."""
        pieces, self._pieces = self._pieces, []
        if not any(piece[0].strip() for piece in pieces):
            return
        for hide in (False, True):
            chosen = [piece for piece in pieces if piece[2] is hide]
            text = "".join(piece[0] for piece in chosen)
            if not text.strip():
                continue
            letters = sum(len(piece[0].strip()) for piece in chosen)
            linked = sum(len(piece[0].strip()) for piece in chosen if piece[1]) / letters
            marks = tuple(one.mark for one in self._open if one.block and one.mark)
            common = [piece[3] for piece in chosen if piece[0].strip()]
            if all(common):
                marks += common[0]
            tags = [one.tag for one in self._open]
            heading = next((int(t[1]) for t in reversed(tags) if re.fullmatch(r"h[1-6]", t)), 0)
            preformatted = "pre" in tags
            for line in plain_blocks(text) if preformatted else _broken(text):
                if joined := " ".join(line.split()):
                    node = next(one.node for one in reversed(self._open) if one.block)
                    self.lines.append(Line(joined, node, heading, linked, marks, hide))

    def _add(self, text: str | None) -> None:
        if not text:
            return
        if text not in ("\n", " ") and not any(one.tag == "pre" for one in self._open):
            # As a browser shows it: line ends of the source are spaces, only <br> breaks.
            text = re.sub(r"[ \t\r\n\f]+", " ", text)
        linked = any(one.tag in ("a", "button") for one in self._open)
        marks = tuple(one.mark for one in self._open if not one.block and one.mark)
        hide = bool(self._open) and self._open[-1].hidden
        self._pieces.append((text, linked, hide, marks))


def _broken(text: str) -> Iterator[str]:
    """Text parted at its <br>: two part paragraphs; one does unless it only wraps long lines."""
    for chunk in re.split(r"\n\s*\n", text):
        line = ""
        for part in chunk.split("\n"):
            wrapped = len(line) >= _SHORT_LINE and not re.search(r"[.!?:;…][\"'”’»)]*\s*$", line)
            if line and not wrapped:
                yield line
                line = ""
            line = f"{line} {part}".strip()
        if line:
            yield line


def _is_data(row: Any) -> bool:
    """Whether a table's row is data to be read across, and not a means of layout."""
    cells = [cell for cell in row if cell.tag in ("td", "th")]
    if len(cells) < 2:
        return False
    for cell in cells:
        length = 0
        for element in cell.iter():
            length += len(element.text or "") + len(element.tail or "")
            layout = element is not cell and (element.tag in _BLOCKS or element.tag == "br")
            if layout or length > _LONGEST_CELL:
                return False
    return True
