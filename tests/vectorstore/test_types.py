"""Values that cross the package's boundary."""

from datetime import UTC, date, datetime

import pytest

import corpus
import vectorstore
from vectorstore import Filters, Fingerprint, day_number


@pytest.mark.parametrize(
    ("day", "number"),
    [(None, 0), (date(2015, 11, 3), 20151103), (datetime(2015, 1, 2, 3, tzinfo=UTC), 20150102)],
)
def test_day_number(day: date | None, number: int) -> None:
    assert day_number(day) == number


def test_filters_are_true_where_they_restrict() -> None:
    assert not Filters()
    for given in (
        {"published_from": date(2015, 1, 1)},
        {"published_to": date(2015, 1, 1)},
        {"sources": ["x"]},
        {"authors": ["x"]},
        {"sections": ["x"]},
        {"article_ids": ["x"]},
        {"stories": ["x"]},
        {"include_undated": False},
    ):
        assert Filters(**given), given


def test_filters_are_values() -> None:
    one = Filters(sources=["The Quay"], published_from=date(2015, 11, 13))
    other = Filters(sources=("The Quay",), published_from=datetime(2015, 11, 13, 9, tzinfo=UTC))
    assert one == other
    assert hash(one) == hash(other)
    names = ["a"]
    kept = Filters(authors=names)
    names.append("b")
    assert kept.authors == ("a",)


def test_one_name_is_not_a_sequence_of_letters() -> None:
    assert Filters(sources="The Quay").sources == ("The Quay",)
    assert Filters(stories="a1").stories == ("a1",)


def test_filters_to_dict_give_only_what_restricts() -> None:
    assert Filters().to_dict() == {}
    given = Filters(
        published_from=date(2015, 11, 13),
        sources=["The Quay"],
        stories=["a1"],
        include_undated=False,
    ).to_dict()
    assert given == {
        "published_from": "2015-11-13",
        "sources": ["The Quay"],
        "stories": ["a1"],
        "include_undated": False,
    }


def test_fingerprints_differ_in_each_part() -> None:
    one = Fingerprint(embedder="e", passages="p", cleaning="c")
    assert one == Fingerprint(embedder="e", passages="p", cleaning="c")
    for part in ("embedder", "passages", "cleaning"):
        parts = {"embedder": "e", "passages": "p", "cleaning": "c", part: "other"}
        other = Fingerprint(**parts)
        assert one != other
        assert str(one) != str(other)


@pytest.mark.parametrize("package", [corpus, vectorstore])
def test_public_names_are_sorted_and_there(package: object) -> None:
    names = package.__all__
    assert sorted(names, key=lambda n: (not n.isupper(), n)) == names
    assert all(hasattr(package, name) for name in names)
