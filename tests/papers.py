"""PDF pages set by hand, so that a test knows in which order every line is to be read."""

from collections.abc import Sequence
from dataclasses import dataclass

from fpdf import FPDF

__all__ = ["Page", "column", "paper", "plain_pdf"]


@dataclass(frozen=True)
class Page:
    """Lines of type to print: x and y in points from the top left, size, text."""

    lines: Sequence[tuple[float, float, float, str]]
    turned: str = ""
    image: bool = False


def column(
    paragraphs: Sequence[str],
    *,
    x: float,
    y: float,
    width: float,
    size: float = 10,
    indent: float = 12,
    justify: bool = True,
    foot: float = 740,
) -> tuple[list[tuple[float, float, float, str]], list[str]]:
    """Paragraphs broken into lines of a column, and the ones that did not fit before `foot`."""
    pen = FPDF(unit="pt")
    pen.set_font("Times", size=size)
    lines: list[tuple[float, float, float, str]] = []
    for number, paragraph in enumerate(paragraphs):
        words, line, left = paragraph.split(), "", x + indent
        rows: list[tuple[float, str]] = []
        for word in words:
            head, _, tail = word.partition("|")  # where it may be hyphenated
            whole = head + tail
            if pen.get_string_width(f"{line} {whole}".strip()) <= x + width - left:
                line = f"{line} {whole}".strip()
                continue
            if tail and pen.get_string_width(f"{line} {head}-".strip()) <= x + width - left:
                line, whole = f"{line} {head}-".strip(), tail
            rows.append((left, line))
            line, left = whole, x
        rows.append((left, line))
        if y + len(rows) * size * 1.2 > foot:
            return lines, list(paragraphs[number:])
        for start, text in rows:
            spread = justify and text != rows[-1][1]
            gap = (x + width - start - pen.get_string_width(text)) / max(1, text.count(" "))
            at = start
            for word in text.split(" ") if spread else [text]:
                lines.append((at, y, size, word))
                at += (
                    pen.get_string_width(word) + pen.get_string_width(" ") + (gap if spread else 0)
                )
            y += size * 1.2
    return lines, []


def paper(
    pages: Sequence[Page],
    *,
    title: str = "",
    author: str = "",
    password: str = "",
    font: str = "Times",
    font_file: str = "",
) -> bytes:
    """The pages as a PDF."""
    pdf = FPDF(unit="pt", format="A4")
    pdf.set_auto_page_break(False)
    if title:
        pdf.set_title(title)
    if author:
        pdf.set_author(author)
    if font_file:
        pdf.add_font(font, fname=font_file)
    if password:
        pdf.set_encryption(owner_password="owner", user_password=password)
    for page in pages:
        pdf.add_page()
        if page.image:
            pdf.image(_grey(), x=20, y=20, w=500, h=700)
        for x, y, size, text in page.lines:
            pdf.set_font(font, size=size)
            pdf.text(x, y, text)
        if page.turned:
            pdf.set_font("Helvetica", size=40)
            with pdf.rotation(45, 300, 400):
                pdf.text(150, 400, page.turned)
    return bytes(pdf.output())


def _grey() -> object:
    from PIL import Image

    return Image.new("L", (60, 80), 128)


def plain_pdf(text: str) -> bytes:
    """One page with one line of type."""
    return paper([Page([(50, 90, 12, text)])])
