"""A real small model writes the answers: their sense is its own, their shape must hold."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from asking import settings_for
from servers.local_model import local_model_server

from rag import Archive, Turn
from rag.cite import markers
from rag.conversation import standalone
from rag.embedder import OnnxEmbedder
from rag.rewriting import stand_alone

pytestmark = pytest.mark.model

QUESTIONS = [
    "How many people died aboard the airliner?",
    pytest.param("Which messenger app did deputies ask the FSB to ban?", marks=pytest.mark.slow),
]


@pytest.fixture(scope="module")
def asked(sample_home: Path, embedder: OnnxEmbedder) -> Iterator[Archive]:
    with local_model_server(ctx=2048) as url:
        settings = settings_for(url, timeout=60, passages=4, context_tokens=2048, answer_tokens=64)
        with Archive.open(sample_home, settings=settings, embedder=embedder) as archive:
            yield archive


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_marker_resolves_and_every_quote_is_verbatim(asked: Archive, question: str) -> None:
    answer = asked.ask(question)
    assert answer.status in ("answered", "not_found")
    assert answer.kind in ("generative", "extractive", "not_stated")
    numbers = {citation.number for citation in answer.citations}
    assert set(markers(answer.text)) <= numbers
    assert not re.search(r"\[\d+\]", "".join(s.text for s in answer.sentences))
    for citation in answer.citations:
        article = asked.article(citation.article_id)
        assert article.text[citation.start : citation.end] == citation.quote
    if answer.status == "answered":
        assert any(sentence.verified for sentence in answer.sentences)
    if answer.kind == "generative":
        assert answer.usage.completion_tokens > 0
    else:
        assert answer.reason


@pytest.mark.slow
def test_a_follow_up_is_understood_by_the_model_or_by_the_rule(asked: Archive) -> None:
    """A question comes out either way, made of words that were said; a search never fails."""
    settings = asked.settings.model_copy(
        update={"rewrite": "hyde", "rewrite_timeout": 60.0, "history_tokens": 200}
    )
    before = [Turn(QUESTIONS[0], "All 224 people aboard died [1].")]
    rule = standalone("And when did it crash?", before)
    made = stand_alone("And when did it crash?", before, rule=rule, settings=settings)
    assert made.usage.completion_tokens > 0
    assert (made.question == rule) is not made.by_model
    assert made.question.endswith("?") or not made.by_model
    with Archive.open(settings=settings, embedder=asked.embedder) as archive:
        answer = archive.ask(QUESTIONS[0])
    assert answer.usage.completion_tokens > 0
    assert len(answer.searches) == 1
    assert 3 < len(answer.searches[0].split()) <= 120


def test_a_model_that_is_asked_for_more_than_its_context(asked: Archive) -> None:
    """The server refuses, also half of it; the answer quotes and says so."""
    settings = asked.settings.model_copy(
        update={"context_tokens": 32_768, "passages": 40, "answer_tokens": 64}
    )
    with Archive.open(settings=settings, embedder=asked.embedder) as archive:
        answer = archive.ask(QUESTIONS[0])
    assert answer.kind == "extractive"
    assert "224" in answer.citations[0].quote
    assert "too long for its model" in answer.reason
