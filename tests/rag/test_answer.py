"""Quoting without a model: one to four sentences, no repetition, more than one article."""

from dataclasses import replace

import pytest
from asking import a_hit

from rag.answer import Draft, not_found, quote_sentences, shown
from rag.evidence import Candidate, Evidence
from rag.types import Check, Reading, Sentence, ShortAnswer


def candidate(text: str, *, match: float = 0.8, name: str = "a", start: int = 0) -> Candidate:
    hit = a_hit(text, name=name, start=start)
    return Candidate(
        hit=hit,
        start=start,
        end=start + len(text),
        text=text,
        match=match,
        weakest=0.5,
        around=0.6,
        context=0.3,
        fitting=True,
    )


def quoted(*candidates: Candidate) -> Draft:
    return quote_sentences(Evidence(candidates=candidates, asked="open", missing=()))


def test_the_best_comes_first_and_each_has_its_number() -> None:
    draft = quoted(
        candidate("The fire killed 34 people."),
        candidate("Cranes were sold cheaply.", name="b", match=0.78),
    )
    assert [shown(s) for s in draft.sentences] == [
        "The fire killed 34 people. [1]",
        "Cranes were sold cheaply. [2]",
    ]
    assert [c.quote for c in draft.citations.items] == [s.text for s in draft.sentences]
    assert [c.article_id for c in draft.citations.items] == ["a", "b"]
    assert (draft.status, draft.kind) == ("answered", "extractive")
    assert all(s.verified for s in draft.sentences)


@pytest.mark.parametrize(("probability", "first"), [(0.6, "b"), (0.1, "a")])
def test_what_gives_a_likely_short_answer_leads(probability: float, first: str) -> None:
    others = candidate("The fire killed 34 people.")
    found = candidate("Cranes killed 12 workers.", name="b", match=0.75)
    reading = Reading(
        hit=found.hit, relevance=0.5, null=0.5, text="12", start=14, end=16, answer=probability
    )
    short = ShortAnswer(text="12", probability=probability, readings=(reading,))
    candidates = others, replace(found, reading=reading)
    draft = quote_sentences(
        Evidence(candidates=candidates, asked="open", missing=(), short=(short,))
    )
    assert draft.citations.items[0].article_id == first


def test_no_more_than_four_and_three_of_one_article() -> None:
    subjects = ["Fire", "Cranes", "Ferries", "Tunnels", "Bridges", "Quays"]
    one = [candidate(f"{s} burnt near harbour{s}.", start=100 * i) for i, s in enumerate(subjects)]
    assert len(quoted(*one).sentences) == 3
    many = [candidate(f"{s} burnt near harbour{s}.", name=s) for s in subjects]
    assert len(quoted(*many).sentences) == 4


def test_what_says_the_same_is_left_out() -> None:
    draft = quoted(
        candidate("The fire killed 34 people."),
        candidate("A fire has killed 34 people there.", name="b"),
    )
    assert len(draft.sentences) == 1


@pytest.mark.parametrize("match", [0.4, 0.6])
def test_what_falls_short_of_the_best_is_left_out(match: float) -> None:
    draft = quoted(
        candidate("The fire killed 34 people."),
        candidate("Cranes were sold cheaply.", name="b", match=match),
    )
    assert len(draft.sentences) == 1


def test_a_quote_that_is_not_verbatim_would_show() -> None:
    """A span that does not hold the sentence fails the check instead of passing for true."""
    wrong = candidate("The fire killed 34 people.")
    moved = Candidate(
        hit=a_hit("X" + wrong.text),
        start=0,
        end=wrong.end,
        text=wrong.text,
        match=0.8,
        weakest=0.5,
        around=0.6,
        context=0.3,
        fitting=True,
    )
    [sentence] = quoted(moved).sentences
    assert not sentence.verified
    assert shown(sentence).endswith("[1] (unverified)")


def test_shown() -> None:
    good, bad = Check(kind="quote", passed=True), Check(kind="value", passed=False)
    assert shown(Sentence(text="A.", citations=(1, 2), checks=(good,))) == "A. [1][2]"
    assert shown(Sentence(text="A.", citations=(1,), checks=(good, bad))) == "A. [1] (unverified)"
    assert shown(Sentence(text="A.")) == "A. (unverified)"


def test_not_found_tells_subject_from_answer() -> None:
    near = Evidence(candidates=(candidate("A b c d.", match=0.6),), asked="number", missing=())
    assert near.on_subject
    assert not_found("How many?", near).kind == "not_stated"
    none = Evidence(candidates=(), asked="open", missing=("a", "b", "c", "d", "e", "f"))
    draft = not_found("Why?", none)
    assert (draft.status, draft.kind) == ("not_found", "outside")
    assert draft.reason.endswith("Not in the nearest passages: “a”, “b”, “c”, “d”, “e”.")


def test_not_found_names_what_the_archive_never_mentions() -> None:
    none = Evidence(
        candidates=(), asked="open", missing=("zorbex", "rain"), unknown=("zorbex", "rain")
    )
    draft = not_found("Did Zorbex bring rain?", none)
    assert draft.kind == "outside"
    assert draft.reason == (
        "The archive never mentions “zorbex”. Not in the nearest passages: “rain”."
    )
