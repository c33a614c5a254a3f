"""From the characters of a page, each with its place, to lines in reading order and paragraphs.

Columns are found by their gutters: a strip that no line crosses, with lines on both sides of it.
Lines that cross (a headline over two columns) part a page into bands that are read one by one.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

__all__ = ["Glyph", "Line", "lines_of", "paragraphs"]


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character and its box, in points from the page's top left; `base` is its baseline.

    `order` is its place in the file: the letters of a ligature share one box.
    """

    char: str
    left: float
    right: float
    base: float
    size: float
    order: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A line of one column, whose edges are `column`; `page` counts from 0."""

    text: str
    left: float
    right: float
    base: float
    size: float
    page: int = 0
    column: tuple[float, float] = field(default=(0.0, 0.0))


_SENTENCE_END = re.compile(r"[.!?…:][\"'”’)\]]*$")
_HYPHENS = "-\u2010\u00ad"
_KEPT_BEFORE = frozenset(
    "all anti cross ex half mid multi neo non pro quasi self semi vice".split()
)
_MOST_LINES = 4000
_TALL = 6
"""Rows of two columns that stand between lines as wide as both."""


def lines_of(glyphs: Sequence[Glyph], *, page: int = 0) -> list[Line]:
    """The lines of a page in reading order."""
    pieces = _pieces(glyphs)
    if len(pieces) > _MOST_LINES:  # a drawing made of letters
        return [replace(piece, page=page, column=(piece.left, piece.right)) for piece in pieces]
    return [replace(line, page=page) for line in _in_order(pieces)]


def paragraphs(lines: Sequence[Line], *, body: float, spacing: float) -> Iterator[list[Line]]:
    """Runs of lines that are one paragraph.

    `body` is the text's usual size and `spacing` the usual distance of its lines, in points.
    """
    run: list[Line] = []
    for line in lines:
        if run and _begins(line, run, body=body, spacing=spacing):
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def joined(lines: Sequence[str], *, words: Counter[str]) -> str:
    """Lines as one, words that a hyphen parts at an end of a line put together.

    The hyphen goes unless `words`, all that the document writes within lines, have the word with
    it and not without, or what stands before it takes one by custom ("self-"), or what follows
    begins with a capital or a digit.
    """
    text = ""
    for line in lines:
        if not text:
            text = line
        elif text[-1] not in _HYPHENS or len(text) < 2 or not text[-2].isalnum():
            text = f"{text} {line}"
        elif text[-1] == "\u00ad":
            text = text[:-1] + line
        else:
            text = (text if _keeps_hyphen(text, line, words) else text[:-1]) + line
    return text


def _keeps_hyphen(text: str, line: str, words: Counter[str]) -> bool:
    before = re.split(r"[\s(“\"‘]", text)[-1][:-1].lower()
    after = re.match(r"[\w'’]*", line)
    rest = after[0] if after else ""
    if not rest[:1].islower():
        return True
    whole, parted = words[before + rest.lower()], words[f"{before}-{rest.lower()}"]
    if whole or parted:
        return parted > whole
    return before in _KEPT_BEFORE or "-" in before


def _pieces(glyphs: Sequence[Glyph]) -> list[Line]:
    """Runs of glyphs on one baseline with no gap that could be a gutter, from the top down."""
    shown = [glyph for glyph in glyphs if glyph.char.strip()]
    rows: list[list[Glyph]] = []
    for glyph in sorted(shown, key=lambda g: (g.base, g.left)):
        # Raised and lowered signs belong to the row that they stand in.
        if rows and glyph.base - rows[-1][0].base < 0.35 * max(glyph.size, rows[-1][0].size):
            rows[-1].append(glyph)
        else:
            rows.append([glyph])
    pieces: list[Line] = []
    for row in rows:
        row.sort(key=lambda g: g.left)
        run = [row[0]]
        for glyph in row[1:]:
            if glyph.left - run[-1].right > 0.9 * max(glyph.size, run[-1].size):
                pieces.append(_line(run))
                run = []
            run.append(glyph)
        pieces.append(_line(run))
    return pieces


def _line(run: Sequence[Glyph]) -> Line:
    text, last = run[0].char, run[0]
    for glyph in run[1:]:
        if glyph.left - last.right > 0.15 * glyph.size:
            text += " "
        elif (
            glyph.char == last.char
            and abs(glyph.left - last.left) < 0.1 * glyph.size
            and glyph.order != last.order + 1
        ):
            continue  # bold type made by printing twice
        text += glyph.char
        last = glyph
    size = Counter(round(glyph.size, 1) for glyph in run).most_common(1)[0][0]
    base = Counter(round(glyph.base, 1) for glyph in run).most_common(1)[0][0]
    return Line(text, run[0].left, max(glyph.right for glyph in run), base, size)


def _in_order(pieces: list[Line], depth: int = 0) -> list[Line]:
    """Pieces from column to column; those of one row and one column become one line."""
    gutter = _gutter(pieces) if len(pieces) > 5 and depth < 8 else None
    if gutter is None:
        return _rows(pieces)
    ordered: list[Line] = []
    for band, split in _bands(pieces, gutter):
        if split:
            for side in (True, False):
                part = [piece for piece in band if (piece.right <= gutter) == side]
                ordered += _in_order(part, depth + 1)
        else:
            ordered += _rows(band)
    return ordered


def _gutter(pieces: Sequence[Line]) -> float | None:
    """The left edge of the strip that parts most pieces into columns, None where none does."""
    best, most = None, 0
    for edge in sorted({round(piece.right + 0.5) for piece in pieces}):
        bands = list(_bands(pieces, edge))
        columns = [band for band, split in bands if split]
        parted = sum(map(len, columns))
        if parted <= most:
            continue
        # A few rows among lines of the same type that cross are one column with wide gaps.
        sizes = [line.size for band in columns for line in band]
        size = sorted(sizes)[len(sizes) // 2]
        across = any(
            piece.left < edge < piece.right and abs(piece.size - size) < 0.12 * size
            for piece in pieces
        )
        if not across or any(len(band) >= 2 * _TALL for band in columns):
            best, most = float(edge), parted
    return best


def _bands(pieces: Sequence[Line], gutter: float) -> Iterator[tuple[list[Line], bool]]:
    """Pieces between those that cross the gutter, and whether they stand on both sides of it."""
    band: list[Line] = []
    crossing: list[Line] = []
    for piece in pieces:
        if piece.left < gutter < piece.right:
            if band and _parted(band, gutter):
                if crossing:
                    yield crossing, False
                yield band, True
                band, crossing = [], []
            crossing += band
            crossing.append(piece)
            band = []
        else:
            band.append(piece)
    if _parted(band, gutter):
        if crossing:
            yield crossing, False
        yield band, True
    elif crossing or band:
        yield crossing + band, False


def _parted(band: Sequence[Line], gutter: float) -> bool:
    """Whether at least three lines stand on each side, beside each other and clear of the strip."""
    before = [piece for piece in band if piece.right <= gutter]
    after = [piece for piece in band if piece.right > gutter]
    if min(len(before), len(after)) < 3:
        return False
    clear = min(p.left for p in after) - max(p.right for p in before)
    if clear < 0.6 * max(before[0].size, after[0].size):
        return False
    top = max(before[0].base, after[0].base)
    foot = min(before[-1].base, after[-1].base)
    beside = min(sum(top <= p.base <= foot for p in side) for side in (before, after))
    # Lines of a column begin at one place; words beside a gap that runs down by chance do not.
    starts: dict[int, float] = {}
    for piece in after:
        starts[round(piece.base)] = min(piece.left, starts.get(round(piece.base), piece.left))
    flush = sum(left - min(starts.values()) < 0.3 * after[0].size for left in starts.values())
    return beside >= 2 and flush >= max(2, 0.5 * len(starts))


def _rows(pieces: list[Line]) -> list[Line]:
    """Pieces of one column as lines: those on one baseline are one line with wide spaces."""
    rows: list[Line] = []
    for piece in sorted(pieces, key=lambda p: (p.base, p.left)):
        last = rows[-1] if rows else None
        if last and piece.base - last.base < 0.3 * piece.size and piece.left >= last.right:
            rows[-1] = replace(last, text=f"{last.text} {piece.text}", right=piece.right)
        else:
            rows.append(piece)
    if not rows:
        return []
    column = (min(row.left for row in rows), max(row.right for row in rows))
    return [replace(row, column=column) for row in rows]


def _begins(line: Line, run: Sequence[Line], *, body: float, spacing: float) -> bool:
    """Whether a line opens a new paragraph after those of `run`."""
    last = run[-1]
    if abs(line.size - last.size) > 0.12 * max(line.size, last.size):
        return True
    ended = bool(_SENTENCE_END.search(last.text))
    if line.page != last.page or line.base <= last.base - body:
        # From column to column: a sentence goes on.
        return ended or (line.size > 1.15 * body)
    step = line.base - last.base
    if step > 1.45 * max(spacing * line.size / body, line.size):
        return True
    indented = line.left - line.column[0] > 0.7 * line.size
    was_indented = last.left - last.column[0] > 0.7 * last.size
    if indented and not was_indented:
        return True
    short = last.column[1] - last.right > 0.25 * (last.column[1] - last.column[0])
    return ended and short
