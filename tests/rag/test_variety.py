"""Variety: copies once, no article or outlet in all places, near-equal passages apart."""

from dataclasses import replace

import pytest
from asking import a_hit
from hypothesis import given
from hypothesis import strategies as st

from rag import Hit
from rag.variety import Limits, choose

OPEN = Limits(passages=16, collapse=False)


def hits(*given: tuple[str, str, str, str]) -> list[Hit]:
    """(article, story, source, text), best first, scored as fusion scores ranks."""
    return [
        replace(
            a_hit(text),
            rank=rank,
            fused_rank=rank,
            passage_id=f"p{rank}",
            article_id=article,
            story=story,
            source=source,
            score=1 / (60 + rank),
        )
        for rank, (article, story, source, text) in enumerate(given, 1)
    ]


def ids(chosen: list[Hit]) -> list[str]:
    return [hit.passage_id for hit in chosen]


ICE = "Ice closed the harbour of Norrvik for nine days in February."
ICE_CUT = "Ice closed the harbour of Norrvik for nine days."
FIRE = "Fire crews from three towns fought the blaze at the mill."
ROAD = "The council will rebuild the coastal road before winter."


def test_a_copy_is_used_once_and_says_of_what() -> None:
    found = hits(("a", "a", "Quay", ICE), ("b", "a", "Wire", ICE_CUT), ("b", "a", "Wire", FIRE))
    chosen, others = choose(found, limits=replace(OPEN, collapse=True))
    assert ids(chosen) == ["p1", "p3"]
    assert [hit.rank for hit in chosen] == [1, 2]
    assert others[0].dropped.startswith("a copy of what “")
    assert others[0].rank == 3
    kept, none = choose(found, limits=OPEN)
    assert (len(kept), none) == (3, [])


def test_the_same_words_in_another_story_are_no_copy() -> None:
    found = hits(("a", "a", "Quay", ICE), ("b", "b", "Wire", ICE))
    assert len(choose(found, limits=replace(OPEN, collapse=True))[0]) == 2


def test_a_copy_takes_no_place_that_would_stay_empty() -> None:
    found = hits(("a", "a", "", ICE), ("b", "a", "", ICE))
    assert ids(choose(found, limits=Limits(passages=16))[0]) == ["p1"]


@pytest.mark.parametrize(
    ("limits", "expected", "reason"),
    [
        (replace(OPEN, passages=2, per_article=1), ["p1", "p3"], "one passage of its article"),
        (replace(OPEN, passages=2, per_source=1), ["p1", "p4"], "one passage of Quay"),
        (replace(OPEN, passages=2), ["p1", "p2"], "beyond the 2 that are read"),
    ],
)
def test_a_limit_keeps_places_for_others(limits: Limits, expected: list[str], reason: str) -> None:
    found = hits(("a", "", "Quay", ICE), ("a", "", "Quay", FIRE), ("b", "", "Quay", ROAD),
                 ("c", "", "Wire", "Snow fell on the hills above the town all night."))  # fmt: skip
    chosen, others = choose(found, limits=limits)
    assert ids(chosen) == expected
    assert any(hit.dropped.startswith(reason) for hit in others)


def test_a_limit_gives_way_where_places_would_stay_empty() -> None:
    found = hits(("a", "", "Quay", ICE), ("a", "", "Quay", FIRE), ("a", "", "Quay", ROAD))
    chosen, others = choose(found, limits=replace(OPEN, per_article=1, per_source=1))
    assert (ids(chosen), others) == (["p1", "p2", "p3"], [])


def test_copies_share_the_limit_of_their_story() -> None:
    found = hits(("a", "s", "", ICE), ("b", "s", "", FIRE), ("c", "c", "", ROAD))
    assert ids(choose(found, limits=Limits(passages=2, per_article=1))[0]) == ["p1", "p3"]


def test_of_passages_that_say_nearly_the_same_the_lower_gives_way() -> None:
    found = hits(("a", "", "", ICE), ("b", "", "", ICE_CUT), ("c", "", "", FIRE))
    chosen, others = choose(found, limits=replace(OPEN, passages=2, diversity=0.3))
    assert ids(chosen) == ["p1", "p3"]
    assert others[0].dropped == "nearly the same as a passage that is used"
    assert ids(choose(found, limits=replace(OPEN, passages=2, diversity=0))[0]) == ["p1", "p2"]


def test_nothing_of_nothing() -> None:
    assert choose([], limits=OPEN) == ([], [])


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.sampled_from("xy"),
            st.sampled_from(["", "Quay", "Wire"]),
            st.sampled_from([ICE, ICE_CUT, FIRE, ROAD]),
        ),
        max_size=12,
    ),
    st.integers(1, 6),
    st.integers(0, 3),
    st.integers(0, 3),
    st.floats(0, 1),
)
def test_every_passage_is_used_or_left_out_for_a_reason(
    given_hits: list[tuple[str, str, str, str]], most: int, article: int, source: int, much: float
) -> None:
    found = hits(*given_hits)
    limits = Limits(passages=most, per_article=article, per_source=source, diversity=much)
    chosen, others = choose(found, limits=limits)
    assert sorted(ids(chosen) + ids(others)) == sorted(ids(found))
    assert [hit.rank for hit in [*chosen, *others]] == list(range(1, len(found) + 1))
    assert all(hit.dropped for hit in others)
    assert not any(hit.dropped for hit in chosen)
    copies = sum(hit.dropped.startswith("a copy") for hit in others)
    assert len(chosen) == min(most, len(found) - copies)
    assert [hit.fused_rank for hit in chosen] == sorted(hit.fused_rank or 0 for hit in chosen)
    for wanted in range(len(found) + 2):
        first, more = choose(found, limits=limits, most=wanted)
        assert first == chosen
        assert more == others[: max(0, wanted - len(chosen))]
