"""What counts as a copy: pairs made from one text by what outlets do to it."""

import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest
from prose import prose

from corpus import Article, read_article
from corpus.duplicates import (
    SIGNATURE_SIZE,
    band_keys,
    compare,
    near_copies,
    related,
    same_outlet,
    shingles,
    signature,
)

STORY = prose("the story", 300)
LEAD = prose("another lead", 60)


def words(text: str, start: float = 0, end: float = 1) -> str:
    """A part of a text, by shares of its words."""
    said = text.split()
    return " ".join(said[round(start * len(said)) : round(end * len(said))])


def copies(first: str, second: str, *, one_outlet: bool) -> bool:
    """Whether two texts are found and taken for copies."""
    one, two = shingles(Article(text=first)), shingles(Article(text=second))
    found = {*band_keys(signature(one))} & {*band_keys(signature(two))}
    return bool(found) and near_copies(compare(one, two), same_outlet=one_outlet)


SAME = {
    "another case, other quotes and dashes": STORY.upper().replace(".", "!"),
    "cut to three quarters": words(STORY, 0, 0.75),
    "cut to three fifths": words(STORY, 0, 0.6),
    "a paragraph more": f"{STORY} {LEAD}",
    "a figure corrected": STORY.replace(words(STORY, 0.5, 0.504), "130", 1),
}
SAME_IN_TWO_OUTLETS = {
    "another lead": f"{LEAD} {words(STORY, 0.2)}",
    "an eighth rewritten": f"{words(STORY, 0, 0.5)} {words(LEAD, 0, 0.6)} {words(STORY, 0.62)}",
}
NEVER = {
    "another story": prose("another story", 300),
    "a third in common": f"{prose('x', 200)} {words(STORY, 0, 0.33)}",
    "page furniture of six tenths": f"{prose('y', 120)} {words(STORY, 0.4)}",
    "a page of four briefs": f"{STORY} {prose('b', 300)} {prose('c', 300)} {prose('d', 300)}",
    "one paragraph quoted": words(STORY, 0.4, 0.6),
    "nothing": "",
}


@pytest.mark.parametrize("other", SAME.values(), ids=SAME)
@pytest.mark.parametrize("one_outlet", [True, False])
def test_a_copy_is_found_and_taken_for_one(other: str, one_outlet: bool) -> None:
    assert copies(STORY, other, one_outlet=one_outlet)
    assert copies(other, STORY, one_outlet=one_outlet)


@pytest.mark.parametrize("other", SAME_IN_TWO_OUTLETS.values(), ids=SAME_IN_TWO_OUTLETS)
def test_a_rewritten_copy_counts_only_between_outlets(other: str) -> None:
    assert copies(STORY, other, one_outlet=False)
    assert not copies(STORY, other, one_outlet=True)


@pytest.mark.parametrize("other", NEVER.values(), ids=NEVER)
@pytest.mark.parametrize("one_outlet", [True, False])
def test_other_stories_are_never_copies(other: str, one_outlet: bool) -> None:
    one, two = shingles(Article(text=STORY)), shingles(Article(text=other))
    assert not near_copies(compare(one, two), same_outlet=one_outlet)


def test_in_the_sample_only_the_wire_report_is_carried_twice(sample: Path) -> None:
    """All others report the same few events, each in words of its own."""
    read = {path.stem: read_article(path) for path in sorted(sample.iterdir())}
    pairs = list(combinations(read, 2))
    shared = {p: compare(shingles(read[p[0]]), shingles(read[p[1]])) for p in pairs}
    wire = ("2015-11-14-paris-attacks-over-100-killed", "2015-11-14-paris-first-toll")
    found = [
        (one, two)
        for one, two in pairs
        if near_copies(shared[one, two], same_outlet=same_outlet(read[one], read[two]))
    ]
    assert found == [wire]
    assert all(overlap.containment < 0.1 for pair, overlap in shared.items() if pair != wire)


def test_a_short_text_is_compared_whole_and_with_its_title() -> None:
    brief = "Subscribe to go on reading this article and all others."
    one = Article(text=brief, title="Bridge closed")
    assert shingles(one) == shingles(Article(text=brief.upper(), title="Bridge closed!"))
    other = Article(text=brief, title="Ferry sinks")
    overlap = compare(shingles(one), shingles(other))
    assert not near_copies(overlap, same_outlet=False)
    assert not related(overlap)
    same = compare(shingles(one), shingles(one))
    assert near_copies(same, same_outlet=True)


def test_a_story_without_words_is_nobodys_copy() -> None:
    empty = shingles(Article(text="* * *"))
    assert not empty
    assert signature(empty) == b""
    assert band_keys(b"") == []
    overlap = compare(empty, empty)
    assert (overlap.containment, overlap.jaccard) == (0, 0)
    assert not near_copies(overlap, same_outlet=False)


def test_only_the_story_is_compared() -> None:
    """Not what stands above it: another byline over the same words is the same text."""
    one = Article(text=f"By Ada Moss\n\n{STORY}", body_start=13)
    assert shingles(one) == shingles(Article(text=STORY))


def test_han_and_kana_are_compared_by_the_character() -> None:
    text = (
        "東京都知事は十三日に記者会見を開き新しい橋の建設計画を発表した市民からは歓迎の声が上がった"
    )
    whole, cut = shingles(Article(text=text)), shingles(Article(text=text[:35]))
    assert len(whole) == len(text) - 4
    assert near_copies(compare(whole, cut), same_outlet=True)


def test_a_signature_is_the_same_in_every_process() -> None:
    """It is kept on disk, and Python salts the hashes of its strings."""
    of = signature(shingles(Article(text=STORY)))
    assert len(of) == 4 * SIGNATURE_SIZE
    script = (
        "import sys; from corpus import Article; from corpus.duplicates import *;"
        "of = signature(shingles(Article(text=sys.argv[1]))); print(of.hex(), band_keys(of))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, STORY], capture_output=True, text=True, check=True
    )
    assert done.stdout.split(maxsplit=1) == [of.hex(), f"{band_keys(of)}\n"]
    assert len(set(band_keys(of))) == len(band_keys(of))


def outlet(source: str = "", url: str = "") -> Article:
    return Article(text="", source=source, url=url)


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        (outlet("The Quay"), outlet("the quay"), True),
        (outlet("The Quay"), outlet("The Wire"), False),
        (outlet("The Quay"), outlet(), True),
        (outlet(), outlet(), True),
        (outlet("The Quay", "https://quay.example/a"), outlet("Quay", "quay.example/b"), True),
        (outlet("", "https://quay.example/a"), outlet("The Wire", "https://w.example/b"), False),
    ],
)
def test_outlets_that_cannot_be_told_apart_are_one(one: Article, two: Article, same: bool) -> None:
    assert same_outlet(one, two) == same == same_outlet(two, one)
