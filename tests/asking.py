"""What tests of answering share: hits and answers made by hand, settings of no environment."""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from servers.scripted import ScriptedServer

from rag import Answer, Check, Citation, Coverage, Hit, Sentence, Settings, Usage

__all__ = ["a_hit", "an_answer", "settings_for", "with_patience"]

Made = TypeVar("Made")


def a_hit(text: str, *, name: str = "a", start: int = 0, **changed: Any) -> Hit:
    """A hit whose passage stands at `start` in the article `name`."""
    given: dict[str, Any] = {
        "rank": 1,
        "passage_id": f"{name}-{start}-{start + len(text)}",
        "article_id": name,
        "title": "Harbour closes",
        "source": "The Quay",
        "published": date(2020, 3, 1),
        "url": "https://quay.example/harbour",
        "path": "/articles/harbour.md",
        "text": text,
        "start": start,
        "end": start + len(text),
        "score": 0.03,
    }
    return Hit(**given | changed)


def an_answer(*quotes: str, **changed: Any) -> Answer:
    """An answer that quotes these sentences of one article, each its own citation."""
    citations = tuple(
        Citation(
            number=number,
            article_id="a",
            title="Harbour closes",
            source="The Quay",
            published=date(2020, 3, 1),
            url="https://quay.example/harbour",
            path="/articles/harbour.md",
            quote=quote,
            start=0,
            end=len(quote),
            passage=quote,
        )
        for number, quote in enumerate(quotes, 1)
    )
    given: dict[str, Any] = {
        "question": "What happened?",
        "standalone_question": "What happened?",
        "text": " ".join(f"{c.quote} [{c.number}]" for c in citations),
        "status": "answered",
        "kind": "extractive",
        "sentences": tuple(
            Sentence(
                text=c.quote, citations=(c.number,), checks=(Check(kind="quote", passed=True),)
            )
            for c in citations
        ),
        "citations": citations,
        "coverage": Coverage(first=date(2020, 3, 1), last=date(2020, 3, 9), articles=7, undated=1),
        "usage": Usage(prompt_tokens=1),
        "timings": {"total": 0.5},
        "index_version": "g000001",
    }
    return Answer(**given | changed)


def settings_for(base_url: str = "", *, key: str = "sk-test-0123456789", **given: Any) -> Settings:
    """Settings with a model at `base_url`; no .env file is read."""
    return Settings(
        _env_file=None,
        openai_base_url=base_url,
        openai_api_key=key,
        openai_model="scripted-model",
        **{"timeout": 30.0, "passages": 6} | given,
    )


def with_patience(
    server: ScriptedServer, ask: Callable[[float], Made], came: Callable[[Made], bool]
) -> Made:
    """Ask with so many seconds of patience, and with more where the first word did not come in
    them: a loaded machine may stand still for longer than a test can wait each time."""
    for seconds in (1.0, 5.0, 25.0):
        server.reset()
        made = ask(seconds)
        if came(made):
            break
    return made
