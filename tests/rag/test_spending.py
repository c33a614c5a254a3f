"""What answers cost, and a budget that is never exceeded."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from asking import settings_for
from servers.scripted import Reply, ScriptedServer, Slow, Status, prompt_of

from rag import Answer, Archive, Conversations, Turn, Usage, load_settings, spending
from rag.embedder import OnnxEmbedder
from rag.errors import SettingsError
from rag.spending import cost_of, left_over, over_budget

QUESTION = "How many people died aboard the airliner?"
TRUE = "The airliner was lost with 224 people aboard [1]."
PRICES = {"price_read": 2.0, "price_written": 8.0}


def used(read: int, written: int, cost: float | None = None) -> Answer:
    return Answer(
        question="q",
        standalone_question="q",
        text="t",
        status="answered",
        usage=Usage(prompt_tokens=read, completion_tokens=written),
        cost=cost,
    )


def test_a_conversation_is_summed() -> None:
    total = spending([used(1000, 20, 0.5), Turn("a", "b"), used(0, 0), used(500, 10, 0.25)])
    assert total.to_dict() == {
        "answers": 3,
        "usage": {"prompt_tokens": 1500, "completion_tokens": 30},
        "cost": 0.75,
    }
    assert spending([used(1000, 20, 0.5), used(1, 1)]).cost is None
    assert spending([used(0, 0)]).cost is None
    assert spending([]).answers == 0


def test_no_price_is_built_in() -> None:
    usage = Usage(prompt_tokens=1_000_000, completion_tokens=500_000)
    assert cost_of(usage, settings_for()) is None
    assert cost_of(usage, settings_for(price_read=2.0)) is None
    assert cost_of(usage, settings_for(**PRICES)) == 6.0
    assert cost_of(usage, settings_for(price_read=0, price_written=0)) == 0.0


@pytest.mark.parametrize(
    ("given", "over"),
    [
        ({}, False),
        ({"budget": 3000}, False),  # tokens, all that is asked for
        ({"budget": 2999}, True),
        ({"budget": 0.012} | PRICES, False),  # money: 2000 read, 1000 written
        ({"budget": 0.0119} | PRICES, True),
        ({"budget": 2999, "price_read": 2.0}, True),  # one price is none
    ],
)
def test_the_budget_is_never_exceeded(given: dict[str, float], over: bool) -> None:
    spent = Usage(prompt_tokens=1000, completion_tokens=300)
    most = Usage(prompt_tokens=1000, completion_tokens=700)
    assert over_budget(left_over(settings_for(**given), spent), most=most) is over


@pytest.mark.parametrize(
    "given", [{"budget": 0}, {"budget": "inf"}, {"price_read": -1}, {"api": "x"}]
)
def test_settings_that_cannot_be(given: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match=rf"setting {next(iter(given))}: "):
        load_settings(**given)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(default=Reply(TRUE)) as running:
        yield running


@pytest.fixture
def ask(
    server: ScriptedServer, sample_home: Path, embedder: OnnxEmbedder
) -> Iterator[Callable[..., Answer]]:
    def run(*history: Answer, **given: object) -> Answer:
        settings = settings_for(server.base_url, answer_tokens=100, **given)
        with Archive.open(sample_home, settings=settings, embedder=embedder) as archive:
            return archive.ask(QUESTION, history=history)

    return run


def test_an_answer_has_its_cost(ask: Callable[..., Answer]) -> None:
    answer = ask(**PRICES)
    read, written = answer.usage.prompt_tokens, answer.usage.completion_tokens
    assert answer.cost == pytest.approx((2 * read + 8 * written) / 1_000_000)
    assert answer.to_dict()["cost"] > 0
    assert ask().cost is None


def test_a_conversation_stops_before_its_budget(ask: Callable[..., Answer]) -> None:
    """The second question would fit what it will use, but not what it could."""
    history: list[Answer] = []
    while len(history) < 9 and (answer := ask(*history, budget=5000)).kind == "generative":
        history.append(answer)
    assert 1 < len(history) < 9
    used = spending([*history, answer]).usage
    assert 2500 < used.prompt_tokens + used.completion_tokens <= 5000
    assert answer.reason == (
        "This answer could cost more than the conversation's budget has left; "
        "the answer quotes the articles instead."
    )
    assert (answer.status, answer.model, answer.complete) == ("answered", "extractive", True)
    assert "224" in answer.citations[0].quote


def test_asking_again_brings_no_budget_back(
    server: ScriptedServer, archive_home: Path, sample_home: Path, embedder: OnnxEmbedder
) -> None:
    """The answer in whose place another is asked for was paid for."""
    settings = settings_for(server.base_url, answer_tokens=100, budget=4000)
    archive = Archive.open(sample_home, settings=settings, embedder=embedder)
    talks = Conversations(archive_home.parent / "conversations.db")
    with archive, closing(talks):
        talk = talks.create("ada")
        for _ in range(9):
            exchange = talks.add(talk.id, owner="ada", question=QUESTION)
            history = talks.read(talk.id, owner="ada").earlier(exchange.id)
            answer = archive.ask(QUESTION, history=history)
            talks.save(replace(exchange, state="done", answer=answer), owner="ada")
            if answer.model == "extractive":
                break
            talks.cut(exchange.id, owner="ada")
    assert "budget" in answer.reason
    total = spending([*history, answer]) + history.dropped
    assert 2000 < total.tokens <= 4000


@pytest.mark.parametrize(("budget", "requests"), [(60, 0), (100_000, 2)])
def test_nor_is_the_model_asked_for_help_beyond_it(
    server: ScriptedServer, ask: Callable[..., Answer], budget: int, requests: int
) -> None:
    answer = ask(budget=budget, rewrite="rewrite")
    assert len(server.chats) == requests
    assert (answer.kind == "generative") is (requests == 2)


def test_tokens_are_counted_where_the_server_does_not(
    server: ScriptedServer, ask: Callable[..., Answer]
) -> None:
    server.queue(Reply(TRUE, usage=False))
    answer = ask()
    words = len(prompt_of(server.chats[0].body).split())
    assert words < answer.usage.prompt_tokens < 3 * words
    assert 10 < answer.usage.completion_tokens < 30


def test_what_failed_at_once_is_free(server: ScriptedServer, ask: Callable[..., Answer]) -> None:
    server.queue(Status(401, "no"))
    assert ask(**PRICES).usage == Usage()


def test_a_prompt_that_was_read_is_counted_though_no_word_came(
    server: ScriptedServer, ask: Callable[..., Answer]
) -> None:
    server.queue(Slow(60))
    answer = ask(timeout=0.5, **PRICES)
    words = len(prompt_of(server.chats[0].body).split())
    assert words < answer.usage.prompt_tokens < 3 * words
    assert answer.cost


def test_what_came_before_the_reader_left_is_counted(
    server: ScriptedServer, sample_home: Path, embedder: OnnxEmbedder
) -> None:
    server.queue(Reply(f"{TRUE} " + "More words follow here. " * 200, delay=0.02))
    settings = settings_for(server.base_url, **PRICES)
    with Archive.open(sample_home, settings=settings, embedder=embedder) as archive:
        stream = archive.stream(QUESTION)
        events = stream.events()
        next(event for event in events if event.kind == "sentence")
        events.close()  # type: ignore[attr-defined]
    assert stream.answer.usage.completion_tokens > 10
    assert stream.answer.cost
