"""Every bad and odd file of tests/oddfiles.py: read, or one clear reason; never a stopped run."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from oddfiles import ODD, Odd

from corpus import Article, CorpusError, find_files
from corpus.events import ArticleFailed, ArticleRead, FileDone, FileEvent, FileStarted
from corpus.worker import ReadingProcess, read_here


@dataclass
class Outcome:
    files: int = 0
    articles: list[Article] = field(default_factory=list)
    failed: list[CorpusError] = field(default_factory=list)


def outcome(events: Iterable[FileEvent]) -> Outcome:
    """What came of some files; their events are in order."""
    seen, at = Outcome(), None
    for event in events:
        if isinstance(event, FileStarted):
            assert at is None
            at = event.path
        elif isinstance(event, ArticleRead):
            assert event.article.path == at
            seen.articles.append(event.article)
        elif isinstance(event, ArticleFailed):
            assert event.error.path == at
            assert event.error.member
            seen.failed.append(event.error)
        elif isinstance(event, FileDone):
            assert event.path == at
            at = None
            seen.files += 1
            seen.failed += [event.error] if event.error else []
    assert at is None
    return seen


def everything(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*")}


def check(odd: Odd, seen: Outcome) -> None:
    for error in seen.failed:
        assert str(error).isprintable(), error
        assert error.reason
        assert "Traceback" not in str(error)
        assert len(error.reason) < 500
    for article in seen.articles:
        assert article.text.strip()
        assert (article.text + article.title + article.member).replace("\n", "").isprintable() or (
            not any(ord(char) < 32 for char in article.text.replace("\n", ""))
        )
        article.text.encode()
        article.id  # noqa: B018
        assert article.url.isprintable()
        assert "\n\nBy \n" not in article.text
    if odd.reads is None:
        assert seen.articles or seen.failed
        return
    said = [f"{type(error).__name__}: {error.reason}" for error in seen.failed]
    assert len(said) == len(odd.fails), said
    for error, (kind, words) in zip(seen.failed, odd.fails, strict=True):
        assert type(error) is kind, said
        assert words in error.reason
    assert len(seen.articles) == odd.reads
    if odd.text:
        assert odd.text in seen.articles[0].text


def test_the_table_is_long_and_has_no_name_twice() -> None:
    assert len(ODD) >= 150
    assert len({odd.name for odd in ODD}) == len(ODD)
    assert {odd.name for odd in ODD} >= LARGE


LARGE = {"100,000 lines", "50,000 brackets"}


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(
            odd,
            id=odd.name.replace(" ", "-"),
            marks=[pytest.mark.slow] if odd.name in LARGE else [],
        )
        for odd in ODD
    ],
)
def test_odd_file(odd: Odd, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    source = odd.make(folder)
    before = everything(tmp_path)
    check(odd, outcome(read_here(find_files(source))))
    assert everything(tmp_path) == before


@pytest.mark.slow
def test_all_of_them_in_one_run(tmp_path: Path) -> None:
    """Through the reading process, one after another: each file is told of, and none stops it."""
    sources = []
    for number, odd in enumerate(ODD):
        folder = tmp_path / str(number)
        folder.mkdir()
        sources.append(odd.make(folder))
    paths = list(find_files(sources))
    with ReadingProcess() as reading:
        seen = outcome(reading.read(paths))
    assert seen.files == len(paths)
    assert len(seen.failed) >= sum(len(odd.fails) for odd in ODD)
    assert len(seen.articles) >= sum(odd.reads or 0 for odd in ODD)
