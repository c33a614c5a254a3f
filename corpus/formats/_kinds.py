"""What kind of file it is: its suffix, unless its content is unmistakably of another kind."""

import os
import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import BinaryIO

__all__ = ["UNREAD", "kind_of"]

UNREAD: Mapping[str, str] = {
    ".7z": "unpack it, or pack it as .zip or .tar.gz",
    ".bz2": "unpack it, or pack it as .zip or .tar.gz",
    ".doc": "an old Word file; save it as .docx or .pdf",
    ".odt": "save it as .docx or .pdf",
    ".pages": "export it as .docx or .pdf",
    ".pptx": "export it as .pdf",
    ".rar": "unpack it, or pack it as .zip or .tar.gz",
    ".rtf": "save it as .docx or .pdf",
    ".xls": "save its table as .csv",
    ".xlsx": "save its table as .csv",
    ".xz": "unpack it, or pack it as .zip or .tar.gz",
}
"""Formats that articles come in and that are not read, with what to do about each."""

_HEAD = 4096
_TAIL = 65_536
_MAGIC = (
    (b"%PDF-", ".pdf"),
    (b"\x1f\x8b", ".gz"),
    (b"{\\rtf", ".rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".doc"),
    (b"7z\xbc\xaf\x27\x1c", ".7z"),
    (b"Rar!\x1a\x07", ".rar"),
    (b"BZh", ".bz2"),
    (b"\xfd7zXZ\0", ".xz"),
)
_PACKED = (
    (b"word/document.xml", ".docx"),
    (b"xl/workbook.xml", ".xlsx"),
    (b"ppt/presentation.xml", ".pptx"),
    (b"application/epub+zip", ".epub"),
    (b"application/vnd.oasis.opendocument", ".odt"),
)
_PROLOGUE = rb"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--(?:(?!-->).){0,1000}-->\s*){0,5}"
_HTML = re.compile(_PROLOGUE + rb"<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE | re.DOTALL)
_FEED = re.compile(_PROLOGUE + rb"<(?:rss|feed|rdf:RDF)[\s>]", re.DOTALL)
_JSON = re.compile(rb'\s*(?:\[\s*)?\{\s*"[^"\n]{1,80}"\s*:')
_OFFICE = (".doc", ".xls", ".ppt", ".msg")
_COMPRESSED_TAR = (".tgz",)


def kind_of(stream: BinaryIO, path: PurePath) -> str:
    """The suffix that tells how to read a file; the stream is left at its start.

    Content outweighs the name only where it begins as one format alone can.
    """
    suffix = path.suffix.lower()
    head = stream.read(_HEAD)
    found = _from_magic(head, suffix)
    if found == ".zip":
        end = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, end - _TAIL))
        found = _packed_kind(head + stream.read(_TAIL), suffix)
    stream.seek(0)
    return found or suffix


def _from_magic(head: bytes, suffix: str) -> str:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ".zip"
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            # One mark for all old Office files, one for all that gzip made.
            family = {".doc": _OFFICE, ".gz": _COMPRESSED_TAR}.get(kind, ())
            return suffix if suffix in family else kind
    if head[257:262] == b"ustar":
        return ".tar"
    text = _as_bytes(head)
    if _HTML.match(text):
        return suffix if suffix in (".htm", ".xhtml") else ".html"
    if _FEED.match(text):
        return suffix if suffix in (".rss", ".atom") else ".xml"
    # A text may open with a brace; a table that is named as one is not second-guessed.
    return ".json" if suffix in ("", ".txt") and _JSON.match(text) else ""


def _packed_kind(ends: bytes, suffix: str) -> str:
    """Which of the formats that are a .zip inside, from a file's first and last bytes."""
    found = next((kind for mark, kind in _PACKED if mark in ends), "")
    # A broken .docx is a damaged .docx, not a .zip that holds no article.
    return found or (suffix if suffix in dict.fromkeys(kind for _, kind in _PACKED) else ".zip")


def _as_bytes(head: bytes) -> bytes:
    """The head in ASCII where it is UTF-16, without its byte order mark."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "ignore").encode()
    return head.removeprefix(b"\xef\xbb\xbf")
