import random

import pytest

from benchmarks.data import Collection, Item, Query, edited, hit_and_rank, sample


def item(name: str, text: str = "words", twin: str = "") -> Item:
    return Item(name, "", text, twin or name)


def test_a_slice_begins_with_what_a_person_linked():
    queries = (Query("q1", ("c", "a"), by_hand=True), Query("q2", ("b",)), Query("q3", ("d",)))
    whole = Collection("some", tuple(map(item, "abcd")), queries)
    part = whole.cut(15)
    assert [one.file for one in part.items] == ["a", "c", "b"]
    assert [query.text for query in part.queries] == ["q1", "q2"]


def test_questions_keep_only_the_gold_of_the_slice():
    whole = Collection("some", (item("a"), item("b")), (Query("q", ("a", "b"), by_hand=True),))
    assert whole.cut(5).queries[0].gold == ("a",)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["a", "b"], (1.0, 1.0)),
        (["b", "b", "a"], (0.0, 0.5)),  # by article, not by passage
        (["copy", "b"], (1.0, 1.0)),  # the same text under another name
        ([*"cdefghijkl", "a"], (0.0, 0.0)),  # beyond ten
        ([], (0.0, 0.0)),
    ],
)
def test_quality(files, expected):
    twins = {name: name for name in "abcdefghijkl"} | {"copy": "a"}
    assert hit_and_rank(files, Query("q", ("a",)), twins) == expected


def test_an_edit_changes_numbers_and_keeps_length_of_them():
    text = "In 2015 the mayor, Thomas Whitfield, spent 40 days with Thomas and Harriet Quayle."
    found = edited(text, random.Random(3))
    assert found == edited(text, random.Random(3))
    assert "2015" not in found
    assert found != edited(text, random.Random(4))
    assert found.count("mayor") == 1


def test_the_demo_corpus_stands_in(tmp_path):
    collection = sample(copies=2)
    assert len(collection.items) == 44
    assert len({one.text for one in collection.items}) == 44
    assert collection.queries
    assert not any(query.gold for query in collection.queries)
    files = collection.write(tmp_path / "articles")
    first = collection.items[0]
    assert (files / first.file).read_text(encoding="utf-8").startswith(f"{first.title}\n\n")
