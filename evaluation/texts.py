"""Real texts to measure reading on: articles as they are read, and strings as they stand."""

import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from corpus import Article, ReadOptions, find_files, parse, read_articles
from corpus.decoding import decode
from evaluation.convert import ramdocs
from evaluation.data import read_lines

__all__ = ["raw_strings", "real_articles"]

_TEXTS = (".txt", ".md")
_LINES = (".jsonl", ".ndjson")
_ITEMS = "items.jsonl"


def real_articles(paths: Iterable[Path]) -> Iterator[Article]:
    """The articles of files and folders; of RAMDocs' items.jsonl, its documents.

    A row of a table that cannot be read is left out. Raises DossierError for a file that cannot.
    """
    for path in find_files(paths):
        if path.name == _ITEMS:
            rows = "".join(f"{json.dumps(document)}\n" for document in ramdocs(path)[0])
            items = parse(io.BytesIO(rows.encode()), path=path, options=ReadOptions())
        else:
            items = read_articles(path)
        yield from (item for item in items if isinstance(item, Article))


def raw_strings(paths: Iterable[Path]) -> Iterator[str]:
    """What is written in files, before any cleaning: a text file's text, every string in JSON."""
    for path in find_files(paths):
        if path.suffix in _LINES:
            for _, row in read_lines(path):
                yield from _strings(row)
        elif path.suffix in _TEXTS:
            yield decode(path.read_bytes(), path)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)
