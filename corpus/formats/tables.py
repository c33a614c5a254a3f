"""Tables of articles, a row each: .csv and .tsv, .jsonl and .json. One row is held at a time."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from corpus.errors import CorpusError, DamagedFile, EmptyArticle
from corpus.formats._columns import Columns, Row
from corpus.formats._rows import Lines, delimiter_of, objects, open_text, records
from corpus.raw import Raw, ReadOptions

__all__ = ["read_csv", "read_json"]

_WAITING = 100
"""Rows in which one must parse, and one hold a text, before the file is given up."""


def read_csv(stream: BinaryIO, path: Path, options: ReadOptions) -> Iterator[Raw | CorpusError]:
    """A row is an article; the first row names the columns."""
    limit = options.largest_file
    csv.field_size_limit(limit)
    with open_text(stream, path) as (text, sample):
        lines, delimiter = Lines(text, limit), delimiter_of(sample)
        rows = records(lines, delimiter, limit=limit)
        header = next((cells for _, cells, _ in rows if any(map(str.strip, cells))), None)
        if header is None:
            raise EmptyArticle(path, "holds no text")
        names = [name.strip() for name in header]
        columns = Columns(path, options)
        columns.check(names)
        for number, cells, wrong in records(lines, delimiter, limit=limit, width=len(names)):
            if wrong:
                yield DamagedFile(path, wrong, member=str(number))
            elif any(map(str.strip, cells)):
                # Of two columns with one name the first counts.
                pairs = zip(reversed(names), reversed(cells[: len(names)]), strict=True)
                yield columns.article(dict(pairs), number=number)


def read_json(stream: BinaryIO, path: Path, options: ReadOptions) -> Iterator[Raw | CorpusError]:
    """An object is an article: one a line, or a list of them, or one alone."""
    columns = Columns(path, options)
    waiting: list[tuple[int, Row]] = []
    keys: dict[str, None] = {}
    bad, good = 0, False
    with open_text(stream, path) as (text, sample):
        for number, value in objects(text, sample, path=path, limit=options.largest_file):
            for place, row in _rows_of(number, value, columns):
                if isinstance(row, str):
                    bad += 1
                    if bad == _WAITING and not (good or waiting):
                        raise DamagedFile(path, f"its first {_WAITING} lines are not JSON")
                    yield DamagedFile(path, row, member=str(place))
                elif good:
                    yield columns.article(row, number=place)
                else:
                    # Objects may lack keys: one without a text fails, a file of them is an error.
                    waiting.append((place, row))
                    keys.update(dict.fromkeys(row))
                    if columns.has_text(row) or len(waiting) == _WAITING:
                        columns.check(list(keys))
                        good = True
                        yield from (columns.article(row, number=n) for n, row in waiting)
                        waiting.clear()
    if waiting:
        columns.check(list(keys))
        yield from (columns.article(row, number=n) for n, row in waiting)
    elif not (good or bad):
        raise EmptyArticle(path, "holds no text")


def _rows_of(number: int, value: object, columns: Columns) -> Iterator[tuple[int, Row | str]]:
    """An object, the objects of the one list in it ({"articles": [...]}), or what is wrong."""
    if isinstance(value, str):
        yield number, value
        return
    if not isinstance(value, dict):
        yield number, "is not an object with keys"
        return
    lists = [part for part in value.values() if isinstance(part, list) and part]
    if columns.has_text(value) or len(lists) != 1 or not isinstance(lists[0][0], dict):
        yield number, value
        return
    for place, row in enumerate(lists[0], 1):
        yield place, row if isinstance(row, dict) else "is not an object with keys"
