"""The rows of tables: characters to lines, lines to cells, characters to JSON values."""

import codecs
import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TextIO

from corpus.decoding import older_encoding
from corpus.errors import DamagedFile, FileTooLarge, NotText

__all__ = ["Lines", "delimiter_of", "objects", "open_text", "records"]

_SAMPLE = 65_536
_JSON_SPACE = " \t\r\n,"
_DECODER = json.JSONDecoder()
_BY_LINE = (".jsonl", ".ndjson")


@contextmanager
def open_text(stream: BinaryIO, path: Path) -> Iterator[tuple[TextIO, str]]:
    """The characters of a stream, and its first ones as a sample. Raises NotText."""
    head = stream.read(_SAMPLE)
    stream.seek(0)
    encoding = _encoding(head, path)
    # Bytes that do not fit are mended line by line: the rest of a table may be in order.
    errors = "surrogateescape" if encoding == "utf-8-sig" else "replace"
    text = io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline="")
    try:
        yield text, head.decode(encoding, "replace").replace("\0", "")
    finally:
        text.detach()


def _encoding(head: bytes, path: Path) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    controls = sum(byte < 9 or 13 < byte < 32 for byte in head)
    if controls > len(head) // 50:
        raise NotText(path, "is not text (binary content)")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError as error:
        around = head[max(0, error.start - 200) : error.start + 4096]
        return older_encoding(around) or "cp1252"
    return "utf-8-sig"


class Lines:
    """The numbered lines of a text; those given back come again."""

    def __init__(self, text: TextIO, limit: int) -> None:
        self._text = text
        self._limit = limit
        self._number = 0
        self._again: list[tuple[int, str]] = []

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> tuple[int, str]:
        """The number from 1 and the line; one that is over the limit is cut off there."""
        if self._again:
            return self._again.pop()
        line = self._text.readline(self._limit + 1)
        if not line:
            raise StopIteration
        rest = line
        while len(rest) > self._limit and not rest.endswith("\n"):
            rest = self._text.readline(self._limit + 1)
        self._number += 1
        return self._number, _mended(line.replace("\0", ""))

    def give_back(self, lines: list[tuple[int, str]]) -> None:
        self._again += reversed(lines)


def _mended(line: str) -> str:
    """The line with bytes that are not UTF-8 read as Western ones."""
    try:
        line.encode()
    except UnicodeEncodeError:
        return line.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
    return line


# -- .csv ------------------------------------------------------------------------------------------


def delimiter_of(sample: str) -> str:
    """The sign between columns: the one that gives most rows as many columns as the first."""
    lines = sample.splitlines(keepends=True)[:200]
    best, best_score = ",", (0.0, 0)
    for delimiter in ",;\t|":
        try:
            rows = [row for row in islice(csv.reader(lines, delimiter=delimiter), 30) if row]
        except csv.Error:
            continue
        width = len(rows[0]) if rows else 0
        # The last may have been cut off by the end of the sample.
        whole = rows[1:-1] or rows[1:]
        alike = sum(len(row) == width for row in whole) / len(whole) if whole else 1.0
        if width > 1 and (score := (alike, width)) > best_score:
            best, best_score = delimiter, score
    return best


def records(
    lines: Lines, delimiter: str, *, limit: int, width: int = 0
) -> Iterator[tuple[int, list[str], str]]:
    """Each record: the number of its first line, its cells, and what is wrong with it ("").

    With `width`, records of another one are wrong. Where such a record took several lines, a
    quote was left open in the first: the others are read again.
    """
    taken: list[tuple[int, str]] = []

    def feed() -> Iterator[str]:
        for line in lines:
            taken.append(line)
            yield line[1]

    reader = csv.reader(feed(), delimiter=delimiter)
    while True:
        taken.clear()
        cells, wrong = list[str](), ""
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            wrong = f"is over the limit of {limit / 1e6:.0f} MB"
        uneven = width and any(cells) and len(cells) != width
        if uneven and (len(cells) < width or any(cells[width:])):
            wrong = f"has {len(cells)} columns where the first row has {width}"
        if any(len(line) > limit for _, line in taken):
            wrong = f"is over the limit of {limit / 1e6:.0f} MB"
        if len(taken) > 1 and sum(line.count('"') for _, line in taken) % 2:
            wrong = wrong or "its text does not end"
        if wrong and len(taken) > 1:
            wrong = f"{wrong}; a quote may be left open"
            lines.give_back(taken[1:])
            reader = csv.reader(feed(), delimiter=delimiter)
        yield taken[0][0], cells, wrong


# -- .json -----------------------------------------------------------------------------------------


def objects(text: TextIO, sample: str, *, path: Path, limit: int) -> Iterator[tuple[int, object]]:
    """Each value with its line, or its place in a list, from 1; a string says what is wrong there.

    Where values are one a line, a bad one does not touch the others; in a list it ends the
    reading with a DamagedFile.
    """
    start = sample.lstrip("\ufeff" + _JSON_SPACE)
    first, *more = start.split("\n", 1)
    whole = not more or isinstance(_parsed(first), dict)
    if start.startswith("[") or (
        start.startswith("{")
        and not whole
        and (first.strip() == "{" or path.suffix.lower() not in _BY_LINE)
    ):
        yield from _in_list(text, path, limit)
        return
    for number, line in Lines(text, limit):
        bare = line.strip("\ufeff" + _JSON_SPACE)
        if len(line) > limit:
            yield number, f"is over the limit of {limit / 1e6:.0f} MB"
        elif bare:
            yield number, _parsed(bare)


def _parsed(line: str) -> object:
    """The value, or why it is none; a string that is one is no article either."""
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        return f"is not JSON ({error.msg} at character {error.pos + 1})"
    except (ValueError, RecursionError) as error:
        return f"is not JSON that can be read ({type(error).__name__})"
    return None if isinstance(value, str) else value


def _in_list(text: TextIO, path: Path, limit: int) -> Iterator[tuple[int, object]]:
    """The values of a list, or those that stand one after another, as they come."""
    buffer, number, opened = text.read(_SAMPLE).lstrip("\ufeff"), 0, False
    at = _next(buffer, 0)
    while True:
        if at == len(buffer):
            buffer = text.read(_SAMPLE)
            at = _next(buffer, 0)
            if not buffer and opened:
                raise DamagedFile(path, f"is not whole JSON: it ends after item {number}")
            if not buffer:
                return
        elif buffer[at] == "[" and not opened and not number:
            opened, at = True, _next(buffer, at + 1)
        elif buffer[at] == "]" and opened:
            return
        else:
            value, buffer, at = _one(buffer, at, text, path=path, limit=limit, number=number)
            number, at = number + 1, _next(buffer, at)
            yield number, None if isinstance(value, str) else value


def _next(buffer: str, at: int) -> int:
    """Where the next thing stands that is neither space nor a comma."""
    while at < len(buffer) and buffer[at] in _JSON_SPACE:
        at += 1
    return at


def _one(
    buffer: str, at: int, text: TextIO, *, path: Path, limit: int, number: int
) -> tuple[object, str, int]:
    """The value at a place of the buffer, the buffer with what had to be read, and its end."""
    while True:
        try:
            value, end = _DECODER.raw_decode(buffer, at)
        except RecursionError as error:
            raise DamagedFile(path, "is JSON that is nested too deep") from error
        except ValueError as error:
            buffer, at = buffer[at:], 0
            if len(buffer) > limit:
                what = f"item {number + 1} is over the limit of {limit / 1e6:.0f} MB"
                raise FileTooLarge(path, f"{what}, or not JSON") from error
            # As much again: a long value is not tried for every part of it.
            more = text.read(max(_SAMPLE, len(buffer)))
            if not more:
                raise DamagedFile(path, f"is not JSON after item {number}") from error
            buffer += more
        else:
            return value, buffer, end
