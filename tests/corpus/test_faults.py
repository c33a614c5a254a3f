"""A reader with a fault: whatever it raises, one file has failed and the run goes on."""

import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import BinaryIO

import pytest
from oddfiles import STORY, packed

from corpus import Article, ReadOptions, formats
from corpus.errors import CorpusError, ReadingFailed, UnreadableFile
from corpus.events import ArticleFailed, ArticleRead, FileDone
from corpus.raw import Block, Raw
from corpus.readers import read_articles
from corpus.worker import read_here


@pytest.fixture
def fault(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """Makes .broken a format, whose reader gives one article and raises what the list holds."""
    raised: list[Exception] = []

    def read(stream: BinaryIO, path: Path, options: ReadOptions) -> Iterator[Raw | CorpusError]:
        yield Raw(blocks=(Block(STORY),), member="1")
        raise raised[0]

    module = ModuleType("corpus.formats.broken")
    module.read = read  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "corpus.formats.broken", module)
    monkeypatch.setitem(formats._READERS, ".broken", ("broken", "read"))  # type: ignore[index]
    for place in ("corpus.formats", "corpus.formats._dispatch", "corpus.formats.packed"):
        __import__(place)
        monkeypatch.setattr(sys.modules[place], "SUFFIXES", formats.SUFFIXES | {".broken"})
    packs = sys.modules["corpus.formats.packed"]
    monkeypatch.setattr(packs, "_SOUGHT", packs._SOUGHT | {".broken"})
    return raised


FAULTS = [KeyError("x"), RecursionError(), AssertionError(), zlib.error(), ValueError("a\nb")]


@pytest.mark.parametrize("error", FAULTS, ids=repr)
def test_a_fault_is_told_in_our_words(
    tmp_path: Path, fault: list[Exception], error: Exception
) -> None:
    fault.append(error)
    path = tmp_path / "a.broken"
    path.write_bytes(b"x")
    items = read_articles(path)
    assert isinstance(next(items), Article)
    with pytest.raises(ReadingFailed) as caught:
        next(items)
    kind = type(error).__name__
    assert caught.value.reason == f"its reader met a fault ({kind}); it may be damaged"


def test_memory_and_disk_have_their_own_words(tmp_path: Path, fault: list[Exception]) -> None:
    path = tmp_path / "a.broken"
    path.write_bytes(b"x")
    fault.append(MemoryError())
    with pytest.raises(ReadingFailed, match="needs more memory"):
        list(read_articles(path))
    fault[0] = OSError(5, "Input/output error")
    with pytest.raises(UnreadableFile, match="Input/output error"):
        list(read_articles(path))


def test_the_files_after_it_are_read(tmp_path: Path, fault: list[Exception]) -> None:
    fault.append(KeyError("x"))
    for name in ("a.broken", "b.txt"):
        (tmp_path / name).write_text(STORY)
    events = list(read_here([tmp_path / "a.broken", tmp_path / "b.txt"]))
    done = [event for event in events if isinstance(event, FileDone)]
    assert [isinstance(event.error, ReadingFailed) for event in done] == [True, False]
    assert sum(isinstance(event, ArticleRead) for event in events) == 2


def test_in_a_pack_it_costs_one_member(tmp_path: Path, fault: list[Exception]) -> None:
    fault.append(KeyError("x"))
    path = tmp_path / "a.zip"
    path.write_bytes(packed([("a.broken", b"x"), ("b.txt", STORY.encode())]))
    events = list(read_here([path]))
    [failed] = [event.error for event in events if isinstance(event, ArticleFailed)]
    assert isinstance(failed, ReadingFailed)
    assert failed.member == "a.broken"
    read = [event.article.member for event in events if isinstance(event, ArticleRead)]
    assert read == ["a.broken/1", "b.txt"]
