"""Word documents: what reads, in its order; tables, boxes, tracked changes, properties."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.oxml import parse_xml

from corpus import ReadOptions
from corpus.formats.docx import read_docx
from corpus.raw import Block, Raw

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def raw(write: Callable[[Any], object]) -> Raw:
    document = Document()
    write(document)
    out = io.BytesIO()
    document.save(out)
    out.seek(0)
    [found] = read_docx(out, Path("a.docx"), ReadOptions())
    assert isinstance(found, Raw)
    return found


def blocks(write: Callable[[Any], object]) -> list[Block]:
    return list(raw(write).blocks)


def test_headings_paragraphs_and_lists_in_order() -> None:
    def write(document: Any) -> None:
        document.add_heading("Bridge to close", 0)
        document.add_paragraph("It will close.")
        document.add_heading("The ferries", 2)
        document.add_paragraph("Every ten minutes", style="List Bullet")

    assert blocks(write) == [
        Block("Bridge to close", 1),
        Block("It will close."),
        Block("The ferries", 2),
        Block("Every ten minutes"),
    ]


def test_a_table_is_read_row_by_row() -> None:
    def write(document: Any) -> None:
        document.add_paragraph("Before.")
        table = document.add_table(2, 2)
        for cell, text in zip(table._cells, ["Pier", "Cost", "North", "3 crowns"], strict=True):
            cell.text = text
        inner = table.cell(1, 1).add_table(1, 1)
        inner.cell(0, 0).text = "at least"
        document.add_paragraph("After.")

    assert [block.text for block in blocks(write)] == [
        "Before.",
        "Pier | Cost",
        "North | 3 crowns at least",
        "After.",
    ]


def test_tracked_changes_read_as_accepted() -> None:
    def write(document: Any) -> None:
        paragraph = document.add_paragraph("It will ")
        for piece in (
            f"<w:del {W}><w:r><w:delText>never</w:delText></w:r></w:del>",
            f"<w:ins {W}><w:r><w:t>surely</w:t></w:r></w:ins>",
            f"<w:moveFrom {W}><w:r><w:t>gone</w:t></w:r></w:moveFrom>",
        ):
            paragraph._p.append(parse_xml(piece))
        paragraph.add_run(" open.")

    assert blocks(write) == [Block("It will surely open.")]


def test_a_text_box_follows_its_paragraph_once() -> None:
    box = (
        f'<w:r {W} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        "<mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p>"
        "</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent><w:p><w:r><w:t>In a box.</w:t>"
        "</w:r></w:p></w:txbxContent></mc:Fallback></mc:AlternateContent></w:r>"
    )

    def write(document: Any) -> None:
        document.add_paragraph("Beside it.")._p.append(parse_xml(box))

    assert blocks(write) == [Block("Beside it."), Block("In a box.")]


def test_codes_of_fields_are_not_text() -> None:
    def write(document: Any) -> None:
        paragraph = document.add_paragraph("See ")
        paragraph._p.append(parse_xml(f"<w:r {W}><w:instrText>HYPERLINK x</w:instrText></w:r>"))
        paragraph._p.append(
            parse_xml(f"<w:hyperlink {W}><w:r><w:t>the plan</w:t></w:r></w:hyperlink>")
        )

    assert blocks(write) == [Block("See the plan")]


def test_headers_and_footers_are_kept_apart() -> None:
    def write(document: Any) -> None:
        document.add_paragraph("It will close.")
        document.sections[0].header.paragraphs[0].text = "The Quay"
        document.sections[0].footer.paragraphs[0].text = "Page 1"

    assert set(blocks(write)[1:]) == {
        Block("The Quay", removed="running head"),
        Block("Page 1", removed="running head"),
    }


@pytest.mark.parametrize(
    ("title", "heading", "stated"),
    [
        ("Bridge to close", "", "Bridge to close"),
        ("Word Document", "", ""),
        ("bridge.docx", "Bridge to close", "Bridge to close"),
        ("Of another document", "Bridge to close", "Bridge to close"),
    ],
)
def test_titles(title: str, heading: str, stated: str) -> None:
    def write(document: Any) -> None:
        document.core_properties.title = title
        if heading:
            document.add_heading(heading, 1)
        document.add_paragraph("It will close.")

    assert raw(write).stated["title"] == stated


@pytest.mark.parametrize(
    ("author", "stated"),
    [("Ada Moss", "Ada Moss"), ("python-docx", ""), ("Administrator", ""), ("amoss", "")],
)
def test_authors(author: str, stated: str) -> None:
    def write(document: Any) -> None:
        document.core_properties.author = author
        document.add_paragraph("It will close.")

    assert raw(write).stated["authors"] == stated
