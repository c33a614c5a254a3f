"""Evidence: which sentences bear on a question, and when none does."""

import math

import pytest
from asking import a_hit

from rag import Archive
from rag.evidence import Candidate, Evidence, quotable, weigh


def evidence(archive: Archive, question: str, k: int = 16) -> Evidence:
    hits = archive.search(question, k=k)
    with archive._generations.snapshot() as snapshot:
        return weigh(question, hits, snapshot=snapshot, matcher=archive.embedder)


def candidate(text: str = "A sentence of words.", **changed: object) -> Candidate:
    hit = a_hit(text)
    given = {
        "hit": hit,
        "start": 0,
        "end": len(text),
        "text": text,
        "match": 0.5,
        "weakest": 0.4,
        "around": 0.5,
        "context": 0.3,
        "fitting": True,
    }
    return Candidate(**given | changed)  # type: ignore[arg-type]


def test_spans_are_those_of_the_article(archive: Archive) -> None:
    found = evidence(archive, "How many people died aboard the airliner?")
    assert found.candidates
    for one in found.candidates:
        article = archive.article(one.hit.article_id)
        assert article.text[one.start : one.end] == one.text
        if one.count:
            assert one.text[slice(*one.count)].strip()
    scores = [one.score for one in found.candidates]
    assert scores == sorted(scores, reverse=True)


def test_the_best_sentence_answers(archive: Archive) -> None:
    found = evidence(archive, "How many people died aboard the airliner?")
    assert found.asked == "number"
    assert found.answerable
    best = found.candidates[0]
    assert best.fitting
    assert best.count is not None
    assert best.text[slice(*best.count)] == "224"
    assert found.missing == ()


def test_nothing_bears_on_another_subject(archive: Archive) -> None:
    found = evidence(archive, "What is the boiling point of mercury?")
    assert not found.answerable
    assert not found.on_subject
    assert found.missing == ("boiling", "mercury")


@pytest.mark.parametrize(
    "question", ["what is it about?", "🙂", "bomb " * 1000, "Сколько?", "how many", "a"]
)
def test_odd_questions_give_finite_scores(archive: Archive, question: str) -> None:
    found = evidence(archive, question)
    assert all(math.isfinite(c.score) and math.isfinite(c.confidence) for c in found.candidates)


def test_no_hits(archive: Archive) -> None:
    with archive._generations.snapshot() as snapshot:
        found = weigh("Why?", [], snapshot=snapshot, matcher=archive.embedder)
    assert found.candidates == ()
    assert not found.answerable


def test_only_fitting_sentences_make_a_typed_question_answerable() -> None:
    good = candidate(match=0.9, weakest=0.9, around=0.9)
    unfit = candidate(match=0.9, weakest=0.9, around=0.9, fitting=False)
    assert Evidence(candidates=(good,), asked="number", missing=()).answerable
    assert not Evidence(candidates=(unfit,), asked="number", missing=()).answerable
    assert Evidence(candidates=(unfit,), asked="open", missing=()).answerable


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        ("The fire killed 34 people.", True),
        ("“We will rebuild every quay,” she said.”", True),
        ("Will it close in March?", True),
        ("By Ada Moss and Bo Lind", False),
        ("The Quay, 3 March 2020", False),
        ("He left.", False),
        ("", False),
    ],
)
def test_quotable(sentence: str, wanted: bool) -> None:
    assert quotable(sentence) is wanted
