"""What a model makes of a question before it is searched, and what becomes of it where it fails."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from asking import settings_for, with_patience
from servers.scripted import (
    COMMENT,
    Call,
    CutShort,
    Empty,
    Garbage,
    Reply,
    ScriptedServer,
    Slow,
    Stall,
    Status,
    Step,
    prompt_of,
)

from rag import Answer, Archive, Hit, Settings, Turn, Usage
from rag.earlier import count_tokens
from rag.embedder import OnnxEmbedder
from rag.rewriting import Searches, StandAlone, stand_alone, write_searches

BEFORE = [Turn("How many people died aboard the airliner?", "All 224 died over Sinai [1].")]
RULE = "And where did it crash? (people died aboard airliner)"
WHOLE = "And where did the airliner crash?"


@pytest.fixture(scope="module")
def running() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def server(running: ScriptedServer) -> ScriptedServer:
    running.reset()
    return running


def alone(server: ScriptedServer, step: Step, **given: object) -> StandAlone:
    server.queue(step)
    settings = settings_for(server.base_url, **given)
    return stand_alone("And where did it crash?", BEFORE, rule=RULE, settings=settings)


# --- follow-up questions ---


def test_the_model_makes_it_stand_alone(server: ScriptedServer) -> None:
    made = alone(server, Reply(WHOLE))
    assert made.question == WHOLE
    assert made.by_model
    assert made.usage.prompt_tokens > 0
    assert made.usage.completion_tokens > 0
    [request] = server.chats
    prompt = prompt_of(request.body)
    assert "Answer: All 224 died over Sinai" in prompt
    assert "Follow-up question: And where did it crash?" in prompt
    assert request.body["max_tokens"] <= 100


@pytest.mark.parametrize(
    "reply",
    [
        f"Rewritten question: {WHOLE}",
        f'"{WHOLE}"',
        f"\n  {WHOLE}\n\nThis question asks for the place.",
        f"1. **Question:** {WHOLE}",
        f"\x07{WHOLE}\x00",
    ],
)
def test_what_stands_around_it_is_left_out(server: ScriptedServer, reply: str) -> None:
    made = alone(server, Reply(reply))
    assert made.question == WHOLE


@pytest.mark.parametrize(
    "reply",
    [
        "Where did the airliner of Lufthansa crash?",  # a name of nowhere
        "Where did the airliner crash with 225 aboard?",  # a number of nowhere
        "Where did the airliner crash on 4 May?",  # a date of nowhere
        "Where did the airliner crash in 1999?",  # a year of nowhere
        "When did the airliner crash?",  # asks for something else
        "Where did the airliner land?",  # lost its own word
        "The airliner crashed over Sinai.",  # answers
        "And where did it crash?",  # as it was
        "Where did it crash, the airliner?",  # it is still there
        "Where on earth was the crash?",  # takes nothing over
        "Where did it crash? " + "And why was that so? " * 20,  # too long
        "?",
        "I cannot help with that.",
        f"\x1b[31m{WHOLE}",
        "",
    ],
)
def test_what_cannot_be_used_gives_way_to_the_rule(server: ScriptedServer, reply: str) -> None:
    made = alone(server, Reply(reply))
    assert (made.question, made.by_model) == (RULE, False)
    assert made.usage.prompt_tokens > 0


def test_names_and_numbers_of_the_question_stay(server: ScriptedServer) -> None:
    server.queue(Reply("How many of the 224 died?"))
    settings = settings_for(server.base_url)
    for question in ("Did 7 of them fly with Metrojet?", "Did Metrojet fly them?"):
        made = stand_alone(question, BEFORE, rule="rule", settings=settings)
        assert made.question == "rule"


FAULTS = [
    Status(401, "no"),
    Status(500, "crash"),
    Garbage(text=WHOLE),
    CutShort(WHOLE),
    CutShort(WHOLE, broken=True),
    Empty(),
    Empty(bare=True),
    Reply(WHOLE, finish_reason="length"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
def test_a_model_that_fails_gives_way_to_the_rule(server: ScriptedServer, fault: Step) -> None:
    assert alone(server, fault).question == RULE
    assert len(server.chats) <= 2


SLOW = {
    "slow": Slow(60),
    "stall": Stall("And", 60),
    "drip": Reply(WHOLE, delay=0.4),
    "kept open": Stall("", 60, alive=COMMENT),
    "kept open later": Stall("And", 60, alive=COMMENT),
}


@pytest.mark.parametrize("fault", SLOW.values(), ids=SLOW)
def test_a_model_that_is_slow_is_not_waited_for(server: ScriptedServer, fault: Step) -> None:
    began = time.monotonic()
    assert alone(server, fault, rewrite_timeout=0.3).question == RULE
    assert time.monotonic() - began < 30


def test_the_seconds_are_those_of_the_whole_call(server: ScriptedServer) -> None:
    """Not of what comes after the first word."""
    began = time.monotonic()
    late = Slow(0.5, then=Reply("Where did the jet fall, " * 20 + WHOLE, delay=1))
    assert alone(server, late, rewrite_timeout=2).question == RULE
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    "fault",
    [*list(SLOW.values()), *FAULTS[3:5], Reply(WHOLE, usage=False), Reply("?", usage=False)],
    ids=repr,
)
def test_what_nobody_counted_is_estimated(server: ScriptedServer, fault: Step) -> None:
    silent = isinstance(fault, Slow) or (isinstance(fault, Stall) and not fault.text)
    made = with_patience(
        server,
        lambda seconds: alone(server, fault, rewrite_timeout=seconds),
        lambda made: made.usage.completion_tokens > 0 or (silent and made.usage.prompt_tokens > 0),
    )
    words = len(prompt_of(server.chats[0].body).split())
    assert words < made.usage.prompt_tokens < 3 * words
    assert (made.usage.completion_tokens > 0) is not silent


def test_what_was_refused_is_free(server: ScriptedServer) -> None:
    assert alone(server, Status(500, "crash")).usage == Usage()


def test_a_long_history_stays_within_its_budget(server: ScriptedServer) -> None:
    history = [Turn(f"What of ferry {n}? " * 40, "It sank in the ice. " * 40) for n in range(50)]
    for tokens, most in ((300, 300), (5000, 1024)):
        server.reset()
        server.queue(Reply("?"))
        settings = settings_for(server.base_url, history_tokens=tokens, context_tokens=1024)
        stand_alone("And why?", history, rule="rule", settings=settings)
        [request] = server.chats
        assert count_tokens(prompt_of(request.body)) < most + 250 * (tokens == 300)


def test_another_answer_is_no_matter_for_the_model(server: ScriptedServer) -> None:
    settings = settings_for(server.base_url)
    made = stand_alone("No, the other one.", BEFORE, rule="rule", settings=settings)
    assert made.question == "rule"
    assert not server.chats


def test_names_of_the_quotes_are_known(server: ScriptedServer) -> None:
    server.queue(Reply("When did Dmitri Peskov speak?"))
    before = [Turn("Who spoke?", "He did.", ("Dmitri Peskov spoke on Friday.",))]
    settings = settings_for(server.base_url)
    assert stand_alone("When did he speak?", before, rule="rule", settings=settings).by_model


def test_no_room_for_any_history_asks_nobody(server: ScriptedServer) -> None:
    settings = settings_for(server.base_url, history_tokens=0)
    assert stand_alone("Why?", BEFORE, rule=RULE, settings=settings).question == RULE
    assert not server.chats


# --- searches ---


def searches(server: ScriptedServer, step: Step, mode: str, **given: object) -> Searches:
    server.queue(step)
    settings = settings_for(server.base_url, rewrite=mode, **given)
    return write_searches("Where did the airliner crash?", settings=settings)


def test_up_to_three_queries(server: ScriptedServer) -> None:
    reply = """1. plane lost over Sinai
    - "wreckage of the jet found"

    Search query: Metrojet 9268 crash site
    where did the airliner crash?
    a fourth one"""
    found = searches(server, Reply(reply), "rewrite")
    assert found.queries == (
        "plane lost over Sinai",
        "wreckage of the jet found",
        "Metrojet 9268 crash site",
    )
    assert found.shown == found.queries
    assert found.usage.completion_tokens > 0


def test_a_passage(server: ScriptedServer) -> None:
    found = searches(server, Reply("CAIRO - The jet fell\nin Sinai. " * 60), "hyde")
    assert found.passage.startswith("CAIRO - The jet fell in Sinai.")
    assert len(found.passage.split()) == 120
    assert not found.queries
    cut = searches(server, Reply("The jet fell in", finish_reason="length"), "hyde")
    assert cut.passage == "The jet fell in"


@pytest.mark.parametrize("mode", ["rewrite", "hyde"])
@pytest.mark.parametrize("fault", [*FAULTS[:-1], Reply("? !"), Slow(60)], ids=repr)
def test_a_model_that_fails_adds_nothing(server: ScriptedServer, fault: Step, mode: str) -> None:
    found = searches(server, fault, mode, rewrite_timeout=2)
    assert found.shown == ()


def test_off_and_without_a_model_nothing_is_asked(server: ScriptedServer) -> None:
    assert searches(server, Reply("jet"), "off") == Searches()
    without = Settings(_env_file=None, rewrite="hyde", llm="off", openai_base_url=server.base_url)
    assert write_searches("Why?", settings=without) == Searches()
    long = settings_for(server.base_url, rewrite="hyde", context_tokens=1024)
    assert write_searches("Why did it fall? " * 400, settings=long) == Searches()
    assert not server.chats


# --- in the archive ---

Asking = Callable[..., Archive]


@pytest.fixture
def opened(server: ScriptedServer, sample_home: Path, embedder: OnnxEmbedder) -> Iterator[Asking]:
    archives = []

    def open_with(**given: object) -> Archive:
        settings = settings_for(server.base_url, **given)
        archives.append(Archive.open(sample_home, settings=settings, embedder=embedder))
        return archives[-1]

    yield open_with
    for archive in archives:
        archive.close()


def writes(body: dict[str, object]) -> str:
    """What the scripted model writes: a question, searches, a passage or an answer."""
    prompt = prompt_of(body)
    if "Follow-up question" in prompt:
        return "Where did the airliner that crashed take off?"
    if "search queries" in prompt:
        return "Telegram messenger ban\nDurov"
    if "might stand in a news article" in prompt:
        return "MOSCOW - A deputy asked the FSB to ban the messenger Telegram."
    return "The airliner was lost with 224 people aboard [1]."


def test_an_answer_to_a_follow_up_says_how_it_was_understood(
    server: ScriptedServer, opened: Asking
) -> None:
    server.queue(Call(writes))
    archive = opened()
    answer = archive.ask("And where did it take off?", history=BEFORE_TAKE_OFF)
    assert answer.standalone_question == "Where did the airliner that crashed take off?"
    assert len(server.chats) == 2
    asked, written = (prompt_of(request.body) for request in server.chats)
    assert "Follow-up question: And where did it take off?" in asked
    assert "Question: Where did the airliner that crashed take off?" in written
    assert answer.timings["understand"] > 0
    alone = archive.ask("How many people died aboard the airliner?")
    assert answer.usage.prompt_tokens > alone.usage.prompt_tokens


BEFORE_TAKE_OFF = [Turn("When was the airliner that crashed lost?", "On a Saturday [1].")]


def test_days_of_publication_are_read_off_the_model_s_question(
    server: ScriptedServer, opened: Asking
) -> None:
    before = [Turn("What do articles published in 1999 say of the airliner?", "Nothing.")]
    whole = "Who flew the airliner, in articles published in 1999?"
    server.queue(Reply(whole))
    answer = opened().ask("Who flew the airliner?", history=before)
    assert answer.standalone_question == whole
    assert (answer.status, answer.kind) == ("not_found", "filtered_out")
    assert len(server.chats) == 1


@pytest.mark.parametrize("mode", ["rewrite", "hyde"])
def test_searches_are_shown_and_find_more(
    server: ScriptedServer, opened: Asking, mode: str
) -> None:
    server.queue(Call(writes))
    archive = opened(rewrite=mode)
    answer: Answer = archive.ask("How many people died aboard the airliner?")
    assert answer.searches == (
        ("Telegram messenger ban", "Durov")
        if mode == "rewrite"
        else ("MOSCOW - A deputy asked the FSB to ban the messenger Telegram.",)
    )
    assert len(server.chats) == 2
    assert answer.to_dict()["searches"] == list(answer.searches)
    plain = opened().ask("How many people died aboard the airliner?")
    assert plain.searches == ()
    assert answer.usage.prompt_tokens > plain.usage.prompt_tokens

    def telegram(record: Answer) -> int:
        ranks = [
            considered.fused_rank or 999
            for considered in record.trace
            if "Telegram" in considered.title and considered.dense_rank
        ]
        return min(ranks, default=999)

    assert telegram(answer) < telegram(plain)


def test_a_failing_model_leaves_the_plain_search(server: ScriptedServer, opened: Asking) -> None:
    question = "Which messenger app did deputies ask the FSB to ban?"
    server.queue(Status(500, "crash"))

    def found(archive: Archive) -> list[Hit]:
        return archive.search(question, k=20)

    assert found(opened(rewrite="rewrite")) == found(opened()) == found(opened(rewrite="hyde"))


def test_a_comparison_and_a_phrase_are_not_rewritten(
    server: ScriptedServer, opened: Asking
) -> None:
    server.queue(Call(writes))
    archive = opened(rewrite="rewrite")
    archive.search('Who said "enough is enough"?')
    assert not server.chats
    archive.ask("What do Obama and Lavrov say about Assad?")
    assert not any("search queries" in prompt_of(request.body) for request in server.chats)


def test_the_prompt_of_the_answer_holds_the_history_within_its_budget(
    server: ScriptedServer, opened: Asking
) -> None:
    server.queue(Call(writes))
    history = [Turn(f"What of ferry {n}? " * 60, "It sank. " * 90) for n in range(30)]
    archive = opened(context_tokens=1500, answer_tokens=100, passages=16)
    archive.ask("How many people died aboard it, the airliner?", history=history)
    for request in server.chats:
        assert count_tokens(prompt_of(request.body)) < 1400
    assert "Earlier question: What of ferry 29?" in prompt_of(server.chats[-1].body)


def test_a_question_of_its_own_goes_without_the_history(
    server: ScriptedServer, opened: Asking
) -> None:
    server.queue(Call(writes))
    opened(passages=4).ask(
        "How many people died aboard the airliner?", history=[Turn("What of ferry 29?", "It sank.")]
    )
    assert "ferry" not in prompt_of(server.chats[-1].body)
