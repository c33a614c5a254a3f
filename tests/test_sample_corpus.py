"""The sample corpus is our own writing, and is shaped like the news that it stands for.

Two things would spoil it. A sentence copied from the articles behind it would be somebody else's
text in our repository, so every run of eight words is compared with them where they are at hand.
And a corpus without revised figures, a wire story in two outlets or missing bylines would let
the demo and the evaluation pass without meeting what real archives hold.
"""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import frontmatter
import pytest
from wordruns import shared_runs, words

SAMPLE = Path(__file__).parents[1] / "corpus" / "sample"
ORIGINALS = Path(__file__).parents[2] / "shared" / "articles"
CLOSING = "This article restates reports of November 2015 for demonstration."
EARLIEST, LATEST = date(2015, 10, 31), date(2015, 11, 30)

PATHS = sorted(path for path in SAMPLE.glob("*") if path.is_file())

needs_originals = pytest.mark.skipif(
    not ORIGINALS.is_dir(), reason=f"the original articles are not at {ORIGINALS}"
)
each_path = pytest.mark.parametrize("path", PATHS, ids=[path.name for path in PATHS])


@dataclass(frozen=True)
class Sample:
    """One sample file: its front matter, and the text below it."""

    path: Path
    metadata: dict[str, Any]
    body: str


def load(path: Path) -> Sample:
    post = frontmatter.loads(path.read_text(encoding="utf-8"))
    return Sample(path=path, metadata=post.metadata, body=post.content)


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    return [load(path) for path in PATHS]


@pytest.fixture(scope="module")
def originals() -> list[str]:
    texts = [path.read_text(encoding="utf-8") for path in sorted(ORIGINALS.glob("*.txt"))]
    assert texts, f"{ORIGINALS} holds no text to compare with"
    return texts


def day_of(published: date) -> date:
    return published.date() if isinstance(published, datetime) else published


def jaccard(first: str, second: str) -> float:
    one, other = set(words(first)), set(words(second))
    return len(one & other) / len(one | other)


@needs_originals
@each_path
def test_no_sentence_is_copied(path: Path, originals: list[str]) -> None:
    # The whole file: a title can be copied just as a sentence can.
    assert shared_runs(path.read_text(encoding="utf-8"), originals) == []


@needs_originals
@pytest.mark.parametrize("name", ["test_sample_corpus.py", "wordruns.py"])
def test_no_sentence_is_copied_into_the_tests(name: str, originals: list[str]) -> None:
    assert shared_runs(Path(__file__).with_name(name).read_text("utf-8"), originals) == []


PLANTED = "seven grey herons stood beside the frozen canal"


def test_a_planted_run_of_eight_words_is_found() -> None:
    text = f"At dawn {PLANTED} and nobody spoke."
    other = f"She wrote that {PLANTED.title().replace(' ', ', ')}!"
    assert shared_runs(text, ["Nothing of the kind.", other]) == [PLANTED]


def test_a_run_of_seven_words_is_not_found() -> None:
    seven = " ".join(PLANTED.split()[:7])
    text, other = f"At dawn {seven} lake.", f"She wrote that {seven} river."
    assert shared_runs(text, [other]) == []
    assert shared_runs(text, [other], n=7) == [seven]


def test_a_longer_passage_shows_as_overlapping_runs() -> None:
    assert len(shared_runs(PLANTED, [PLANTED], n=6)) == 3


def test_no_run_reaches_across_two_texts() -> None:
    first, second = PLANTED.rsplit(" ", 4)[0], " ".join(PLANTED.split()[4:])
    assert shared_runs(PLANTED, [first, second]) == []


def test_a_run_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one word"):
        shared_runs("a", ["a"], n=0)


def test_words_leave_case_punctuation_and_kinds_of_apostrophe_out() -> None:
    assert words("The Duma’s 53% – it's\nOVER") == ["the", "duma's", "53", "it's", "over"]


def test_the_folder_holds_enough_of_both_kinds() -> None:
    assert len(PATHS) >= 18
    # Whatever lies in this folder is ingested, so nothing but articles may.
    assert {path.suffix for path in PATHS} == {".md", ".txt"}


def test_outlets_and_authors_are_as_varied_as_news(samples: list[Sample]) -> None:
    assert len({sample.metadata["source"] for sample in samples}) >= 6
    counts = [len(sample.metadata.get("authors", [])) for sample in samples]
    assert counts.count(0) >= 2
    assert counts.count(1) > 0
    assert counts.count(2) > 0
    assert counts.count(0) < len(counts) / 4


@each_path
def test_front_matter_says_what_an_article_is(path: Path) -> None:
    metadata = load(path).metadata
    for key in ("title", "source"):
        assert isinstance(metadata[key], str)
        assert metadata[key].strip()
    assert isinstance(metadata["published"], date)
    host = metadata.get("url", "https://none.example/").split("/")[2]
    assert host.endswith(".example")


@each_path
def test_date_is_in_the_weeks_it_tells_of(path: Path) -> None:
    published = day_of(load(path).metadata["published"])
    assert EARLIEST <= published <= LATEST
    assert path.name.startswith(published.isoformat())


@each_path
def test_body_has_a_news_length_and_says_what_it_is(path: Path) -> None:
    body = load(path).body
    assert 180 <= len(words(body)) <= 600
    assert body.split("\n\n")[-1] == CLOSING


def test_one_wire_story_runs_in_two_outlets(samples: list[Sample]) -> None:
    pairs = [
        (one, other)
        for one, other in combinations(samples, 2)
        if jaccard(one.body, other.body) > 0.8
    ]
    assert pairs
    for one, other in pairs:
        assert one.body != other.body
        for key in ("title", "source", "published"):
            assert one.metadata[key] != other.metadata[key]


@pytest.mark.parametrize("toll", ["more than 100", "at least 129", "killed 130 people"])
def test_the_toll_of_paris_is_revised(samples: list[Sample], toll: str) -> None:
    stating = [sample for sample in samples if toll in sample.body.lower()]
    assert stating, f"no article says {toll!r}"
