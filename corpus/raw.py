"""What passes from a format's reader to the step that all formats share.

A reader turns a file into one `Raw` for each article in it, or into a CorpusError for
an article that cannot be read; `corpus.compose` cleans a Raw and reads its metadata.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from corpus.errors import CorpusError

__all__ = ["KEYS", "Block", "Raw", "ReadOptions", "Reader"]

KEYS = ("title", "authors", "published", "updated", "source", "url", "section", "language")
"""What an article may state of itself, by the names that `Raw.stated` uses."""


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph on one line; `heading` is its level, 0 for running text.

    `removed` says why the format's own marks show that it is not the article's (a `<figcaption>`,
    a running head); such a block is kept apart from the text. "" for what is to be read.
    """

    text: str
    heading: int = 0
    removed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """One article as its format gives it.

    `stated` holds what stands beside the text (front matter, `<meta>`, a column) under KEYS, as
    written. `member` is its place in a file of several articles, "" in a file of one.
    """

    blocks: tuple[Block, ...]
    stated: Mapping[str, object] = field(default_factory=dict)
    member: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """Limits and choices of reading.

    `largest_file` bounds the bytes of one article's file, of one member of a packed file and of
    one row of a table; `largest_packed` what a packed file may unfold to in all, `most_members`
    into how many members. `fields` maps KEYS and "text" to the columns of a .csv or the keys of a
    .jsonl where the usual names do not fit.
    """

    largest_file: int = 20_000_000
    largest_packed: int = 5_000_000_000
    most_members: int = 1_000_000
    fields: Mapping[str, str] = field(default_factory=dict)


Reader = Callable[[BinaryIO, Path, ReadOptions], Iterator[Raw | CorpusError]]
"""Takes a seekable stream at its start, the file's path and the options.

The path stands in messages and gives the suffix; it is not opened. One article that cannot be read
is yielded as an error and the reader goes on; what is wrong with the whole file is raised.
"""
