"""Short answers merged by what they say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.merge import merge
from rag.types import Hit, Reading

HOW_MANY = "How many people were killed?"
WHO = "Who spoke first?"


def reading(
    text: str,
    answer: float = 0.5,
    *,
    article: str = "",
    around: str = "",
    story: str = "",
) -> Reading:
    """A reading of a passage that begins with the answer, of an article of its own."""
    passage = f"{text} {around or f'says article {article}'}"
    hit = Hit(
        rank=1, passage_id=f"{article or text}-0", article_id=article or text, title="",
        source="", story=story, published=None, url="", path="", text=passage, start=0,
        end=len(passage), score=0.0,
    )  # fmt: skip
    return Reading(
        hit=hit, relevance=answer, null=1 - answer, text=text, end=len(text), answer=answer
    )


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (HOW_MANY, "129", "one hundred and twenty-nine people"),
        (HOW_MANY, "at least 129 people", "129 dead"),
        (HOW_MANY, "1,500", "1500"),
        ("What share voted?", "5%", "five percent"),
        ("When was it?", "Nov. 17", "17 November 2015"),
        ("When was it?", "November 17, 2015", "2015-11-17"),
        ("In which year was it?", "2015", "in 2015"),
        (WHO, "Mr. Hollande", "François Hollande"),
        (WHO, "President François Hollande", "Hollande"),
        (WHO, "the Central Bank", "“Central Bank”"),
        ("What fell?", "the old bridge", "an old bridge"),
        (WHO, "Islamic State", "the Islamic State group"),
        (WHO, "al-Qaeda", "the Al-Qaeda network"),
        (WHO, "Bo Lind", "Bo Lind, the harbour master"),
        (WHO, "Paris", "Paris, France"),
    ],
)
def test_the_same_value(question: str, one: str, other: str) -> None:
    merged = merge(question, [reading(one, 0.6), reading(other, 0.5)])
    assert [answer.text for answer in merged] == [one]
    assert merged[0].probability == pytest.approx(0.8)
    assert [r.text for r in merged[0].readings] == [one, other]


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (HOW_MANY, "129", "130"),
        (HOW_MANY, "1.5 million", "1.5 billion"),
        ("When was it?", "17 November 2014", "17 November 2015"),
        ("When was it?", "17 November", "18 November"),
        (WHO, "François Hollande", "Manuel Valls"),
        (WHO, "Hollande", "Holland"),
        ("Which aeroplane was it?", "Boeing 747", "Boeing 737"),
        ("Which aeroplane was it?", "Boeing 747", "747"),
        ("What fell?", "the old bridge", "the new bridge"),
        (WHO, "New York", "New York Times"),
        (WHO, "Marine Le Pen", "Jean-Marie Le Pen"),
    ],
)
def test_other_values(question: str, one: str, other: str) -> None:
    assert len(merge(question, [reading(one), reading(other)])) == 2


def test_three_articles_outrank_a_lone_surer_one() -> None:
    lone = reading("130", 0.6)
    several = [reading("129", 0.4, article=name) for name in "abc"]
    first, second = merge(HOW_MANY, [lone, *several])
    assert (first.text, second.text) == ("129", "130")
    assert first.probability == pytest.approx(1 - 0.6**3)


def test_what_fits_only_some_of_a_group_is_none_of_it() -> None:
    said = [
        reading("Le Pen", 0.6),
        reading("Marine Le Pen", 0.5),
        reading("Jean-Marie Le Pen", 0.4),
    ]
    merged = merge(WHO, said)
    assert [answer.text for answer in merged] == ["Le Pen", "Jean-Marie Le Pen"]
    days = ["17 November", "17 November 2014", "17 November 2015"]
    merged = merge("When was it?", [reading(d, 0.6 - i / 10) for i, d in enumerate(days)])
    assert [answer.text for answer in merged] == [days[0], days[2]]


def test_two_articles_of_a_story_are_one_witness() -> None:
    wire = [reading("129", 0.4, article=name, story="s") for name in "cd"]
    assert merge(HOW_MANY, wire)[0].probability == pytest.approx(0.4)
    other = reading("129", 0.4, article="a")
    assert merge(HOW_MANY, [other, *wire])[0].probability == pytest.approx(0.64)


def test_an_article_that_says_it_twice_is_one_witness() -> None:
    [merged] = merge(HOW_MANY, [reading("129", 0.4, article="a"), reading("129", 0.3, article="a")])
    assert merged.probability == pytest.approx(0.4)
    assert len(merged.readings) == 2


def test_a_copy_is_no_second_witness() -> None:
    wire = "people were killed, the ministry said"
    copies = [reading("129", 0.4, article=name, around=wire) for name in "abc"]
    [merged] = merge(HOW_MANY, copies)
    assert merged.probability == pytest.approx(0.4)
    assert len(merged.readings) == 3
    other = reading("129", 0.4, article="d", around="bodies were counted by our reporter")
    assert merge(HOW_MANY, [*copies, other])[0].probability == pytest.approx(0.64)


def test_nothing_is_no_answer() -> None:
    assert merge(WHO, []) == []
    assert merge(WHO, [reading(""), reading(" – "), reading("...")]) == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["129", "about 129", "130", "Hollande", "Mr. Hollande", "2015", "–", "The"]
            ),
            st.floats(0, 1),
            st.sampled_from("abc"),
        ),
        max_size=8,
    )
)
def test_whatever_is_read(said: list[tuple[str, float, str]]) -> None:
    given_readings = [reading(text, odds, article=name) for text, odds, name in said]
    merged = merge(HOW_MANY, given_readings)
    odds = [answer.probability for answer in merged]
    assert odds == sorted(odds, reverse=True)
    assert all(0 <= one <= 1 for one in odds)
    kept = [r for answer in merged for r in answer.readings]
    assert sorted(map(id, kept)) == sorted(id(r) for r in given_readings if r.text != "–")
    for answer in merged:
        assert answer.probability >= max(r.answer for r in answer.readings) - 1e-9
