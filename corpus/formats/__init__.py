"""The readers by format. Each is imported when the first file of its kind is read."""

from collections.abc import Mapping
from importlib import import_module

from corpus.raw import Reader

__all__ = ["MANY", "SUFFIXES", "reader_for"]

_READERS: Mapping[str, tuple[str, str]] = {
    ".csv": ("tables", "read_csv"),
    ".docx": ("docx", "read_docx"),
    ".gz": ("packed", "read_packed"),
    ".json": ("tables", "read_json"),
    ".jsonl": ("tables", "read_json"),
    ".ndjson": ("tables", "read_json"),
    ".pdf": ("pdf", "read_pdf"),
    ".tar": ("packed", "read_packed"),
    ".tgz": ("packed", "read_packed"),
    ".tsv": ("tables", "read_csv"),
    ".zip": ("packed", "read_packed"),
    ".txt": ("text", "read_text"),
    ".md": ("text", "read_text"),
    ".html": ("html", "read_html"),
    ".htm": ("html", "read_html"),
    ".xhtml": ("html", "read_html"),
    ".mhtml": ("html", "read_mhtml"),
    ".mht": ("html", "read_mhtml"),
    ".eml": ("mail", "read_mail"),
    ".mbox": ("mail", "read_mbox"),
    ".rss": ("feeds", "read_feed"),
    ".atom": ("feeds", "read_feed"),
    ".xml": ("feeds", "read_feed"),
    ".epub": ("epub", "read_epub"),
}
"""Suffix to module and function."""

SUFFIXES = frozenset(_READERS)
MANY: frozenset[str] = frozenset(
    {".csv", ".epub", ".gz", ".json", ".jsonl", ".mbox", ".ndjson", ".tar", ".tgz", ".tsv", ".zip"}
)
"""Formats that hold any number of articles: no limit on the size of the whole file."""


def reader_for(suffix: str) -> Reader | None:
    """The reader of a suffix (".html"), None where there is none."""
    if suffix not in _READERS:
        return None
    module, function = _READERS[suffix]
    reader: Reader = getattr(import_module(f"corpus.formats.{module}"), function)
    return reader
