"""Quoting without a model: one to four sentences, no repetition, more than one article."""

from dataclasses import replace
from datetime import date

import pytest
from asking import a_hit

from rag.answer import Draft, quote_sentences, shown
from rag.evidence import Candidate, Evidence
from rag.question import Asked
from rag.refusals import not_found
from rag.types import Check, Coverage, Reading, Sentence, ShortAnswer


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


def quoted(*candidates: Candidate, asked: Asked = "name") -> Draft:
    return quote_sentences("Who?", Evidence(candidates=candidates, asked=asked, missing=()))


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
        "Who?", Evidence(candidates=candidates, asked="open", missing=(), short=(short,))
    )
    assert draft.citations.items[0].article_id == first


def test_no_more_than_four_and_three_of_one_article() -> None:
    subjects = ["Fire", "Cranes", "Ferries", "Tunnels", "Bridges", "Quays"]
    one = [candidate(f"{s} burnt near harbour{s}.", start=100 * i) for i, s in enumerate(subjects)]
    assert len(quoted(*one).sentences) == 3
    many = [candidate(f"{s} burnt near harbour{s}.", name=s) for s in subjects]
    assert len(quoted(*many).sentences) == 4
    assert len(quoted(*many, asked="open").sentences) == 5


def in_passage(text: str, matches: dict[str, float]) -> list[Candidate]:
    """The sentences of one passage, each with how well it matches."""
    hit = candidate(text, start=100).hit
    return [
        replace(
            candidate(sentence, start=100 + text.index(sentence), match=match),
            hit=hit,
        )
        for sentence, match in matches.items()
    ]


OPENING = "The board gave two reasons."
FIRST, SECOND = "Ice had cracked the northern quay.", "Insurers refused to pay."


@pytest.mark.parametrize(
    ("text", "follow"),
    [
        (f"{OPENING} {FIRST} {SECOND}", [FIRST, SECOND]),
        (f"{OPENING} {FIRST}\n\n{SECOND}", [FIRST, SECOND]),  # which opens its passage
        (f"Traffic fell. {OPENING} {FIRST}\n\n{SECOND}", [FIRST]),
        (f"Traffic fell.\n\n{OPENING}\n\n{FIRST} {SECOND}", [FIRST, SECOND]),
        (f"Traffic fell. {OPENING}\n\n{FIRST} {SECOND}", []),
        (f"{OPENING}\n\nOther news\n\n{FIRST} {SECOND}", []),
        (f"{FIRST} {SECOND} {OPENING}", []),
    ],
)
def test_an_open_question_gets_what_follows_the_best_sentence(text: str, follow: list[str]) -> None:
    """ "Two reasons" says little without the sentences that name them."""
    near = in_passage(text, {OPENING: 0.9, FIRST: 0.3, SECOND: 0.2})
    far = candidate("A ferry sank elsewhere.", name="b", match=0.3)
    assert [s.text for s in quoted(*near, far, asked="reason").sentences] == [OPENING, *follow]
    assert len(quoted(*near, far, asked="person").sentences) == 1


def test_an_open_question_that_gets_little_takes_weaker_sentences() -> None:
    best = candidate("The fire killed 34 people.", match=0.9)
    weaker = candidate("Cranes were sold cheaply.", name="b", match=0.58)
    weak = candidate("A ferry sank elsewhere.", name="c", match=0.5)
    assert len(quoted(best, weaker, weak, asked="open").sentences) == 2
    assert len(quoted(best, weaker, weak, asked="person").sentences) == 1


def test_a_list_is_said_on_one_line_and_quoted_as_it_stands() -> None:
    listed = "France should:\n\nclose mosques;\n\nexpel foreigners."
    draft = quoted(candidate(listed))
    assert [s.text for s in draft.sentences] == ["France should: close mosques; expel foreigners."]
    assert draft.citations.items[0].quote == listed
    assert draft.sentences[0].verified


def test_a_value_may_reach_over_items_of_a_list() -> None:
    told = short("go;\n\nstay", "They should:\n\ngo;\n\nstay.", 0.7)
    draft = quote_sentences("What?", told)
    assert [s.text for s in draft.sentences] == ["go; stay.", "They should: go; stay."]
    assert all(s.verified for s in draft.sentences)


def spoken_in(text: str, sentence: str, **given: float) -> Candidate:
    hit = candidate(text).hit
    at = text.index(sentence)
    said = candidate(sentence, **given)  # type: ignore[arg-type]
    return replace(said, hit=hit, start=at, end=at + len(sentence))


def test_words_out_of_a_speech_that_is_too_long_to_quote_are_left_out() -> None:
    words = [f"The quay number {n} shall never open again." for n in range(20)]
    speech = f"“{' '.join(words)}” Ada Holm said."
    out_of_it = spoken_in(speech, words[2], match=0.9)
    other = candidate("The harbour has closed.", name="b")
    assert [s.text for s in quoted(out_of_it, other).sentences] == ["The harbour has closed."]
    assert [s.text for s in quoted(other, out_of_it).sentences] == ["The harbour has closed."]


def test_a_course_of_events_is_told_in_time() -> None:
    told = [
        candidate(f"{what} harbour{what}.", name=what, match=match)
        for what, match in (("Bells", 0.8), ("Cranes", 0.79), ("Arches", 0.78))
    ]
    days = {"Arches": date(2020, 1, 1), "Bells": date(2020, 1, 2), "Cranes": None}
    told = [replace(c, hit=replace(c.hit, published=days[c.hit.article_id])) for c in told]
    evidence = Evidence(candidates=tuple(told), asked="open", missing=())
    order = [c.article_id for c in quote_sentences("What?", evidence).citations.items]
    assert order == ["Bells", "Cranes", "Arches"]
    course = replace(evidence, course=True)
    order = [c.article_id for c in quote_sentences("What?", course).citations.items]
    assert order == ["Arches", "Bells", "Cranes"]


def short(value: str, sentence: str, probability: float) -> Evidence:
    told = candidate(sentence, match=0.8)
    at = sentence.index(value)
    reading = Reading(
        hit=told.hit, relevance=0.9, null=0.1, text=value, start=at, end=at + len(value),
        answer=probability,
    )  # fmt: skip
    told = replace(told, reading=reading)
    return Evidence(
        candidates=(told,),
        asked="number",
        missing=(),
        short=(ShortAnswer(text=value, probability=probability, readings=(reading,)),),
    )


def test_a_likely_value_comes_first_then_the_sentence_it_stands_in() -> None:
    draft = quote_sentences("Who?", short("34 people", "The fire killed 34 people.", 0.7))
    assert [shown(s) for s in draft.sentences] == [
        "34 people. [1]",
        "The fire killed 34 people. [1]",
    ]
    assert all(s.verified for s in draft.sentences)


def test_a_value_is_worded_as_a_quote_that_can_be_cited_has_it() -> None:
    evidence = short("Oster", "The fire killed 34 people in Oster.", 0.6)
    [told] = evidence.candidates
    # The surest reading lies across two sentences of a quiz, so that none of them says it.
    quiz = Reading(
        hit=a_hit("A. Linden B. Oster", passage_id="quiz"), relevance=0.9, null=0.1,
        text="Linden B. Oster", start=3, end=18, answer=0.7,
    )  # fmt: skip
    assert told.reading
    both = ShortAnswer(text=quiz.text, probability=0.8, readings=(quiz, told.reading))
    draft = quote_sentences("Where?", replace(evidence, short=(both,)))
    assert [shown(s) for s in draft.sentences] == ["Oster. [1]", f"{told.text} [1]"]


def test_an_unlikely_value_stays_in_its_sentence() -> None:
    draft = quote_sentences("Who?", short("34 people", "The fire killed 34 people.", 0.4))
    assert [s.text for s in draft.sentences] == ["The fire killed 34 people."]


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
    assert "no sentence in them" in not_found("How many?", near).reason
    assert "no other sentence in them" in not_found("How many?", near, another=True).reason
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


def test_words_out_of_a_quotation_are_quoted_with_their_speaker() -> None:
    passage = "“The quay is gone. Nobody is to blame,” Ada Holm said."
    told = candidate("Nobody is to blame,” Ada Holm said.", start=19)
    whole = replace(told, hit=a_hit(passage), start=19, end=len(passage))
    draft = quoted(whole)
    assert draft.sentences[0].text == passage
    assert draft.citations.items[0].quote == passage
    assert draft.sentences[0].verified


def test_a_question_of_a_later_time_is_told_so() -> None:
    coverage = Coverage(first=date(2015, 11, 1), last=date(2015, 11, 24), articles=5, undated=0)
    evidence = Evidence(candidates=(), asked="open", missing=())
    later = not_found("What happened in Varna in 2018?", evidence, coverage)
    assert later.kind == "outside"
    assert later.reason == "The last article is of 2015-11-24; the question asks of 2018."
    earlier = not_found("What happened in Varna in 1999?", evidence, coverage)
    assert "last article" not in earlier.reason
    undated = replace(coverage, undated=1)
    assert "last article" not in not_found("What came in 2018?", evidence, undated).reason
