"""Word documents made by python-docx, and then bent."""

import io
import zipfile

from docx import Document

__all__ = ["docx", "with_part", "without_part"]


def docx(*paragraphs: str, title: str = "", header: str = "", stored: bool = False) -> bytes:
    """A document of plain paragraphs; `stored`: packed without compression."""
    document = Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.core_properties.title = title
    if header:
        document.sections[0].header.paragraphs[0].text = header
    out = io.BytesIO()
    document.save(out)
    return _again(out.getvalue(), {}, zipfile.ZIP_STORED) if stored else out.getvalue()


def with_part(document: bytes, name: str, data: bytes) -> bytes:
    """The document with a part's bytes in place of its own."""
    return _again(document, {name: data})


def without_part(document: bytes, name: str) -> bytes:
    """The document with a part gone that others refer to."""
    return _again(document, {name: None})


def _again(
    document: bytes, changes: dict[str, bytes | None], method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document)) as old, zipfile.ZipFile(out, "w", method) as new:
        parts = {name: old.read(name) for name in old.namelist()} | changes
        for name, data in parts.items():
            if data is not None:
                new.writestr(name, data)
    return out.getvalue()
