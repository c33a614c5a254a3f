"""Answers that come as JSON: parsed as they arrive, checked as any other."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from asking import settings_for, with_patience
from servers.scripted import (
    Call,
    CutShort,
    Reply,
    ScriptedServer,
    Stall,
    Status,
    Step,
    labels_of,
    prompt_of,
)

from rag import Answer, Archive, Settings
from rag.embedder import OnnxEmbedder
from rag.llm import ModelStream
from rag.prompts import REFUSAL, STRUCTURE
from rag.structured import as_prose

QUESTION = "How many people died aboard the airliner?"
TRUE = "The airliner was lost with 224 people aboard."


def answer_in(*sentences: tuple[str, list[str]], answered: bool = True) -> str:
    listed = [{"text": text, "passages": labels} for text, labels in sentences]
    return json.dumps({"answered": answered, "sentences": listed}, ensure_ascii=False)


FORMS = [
    (
        answer_in(("One is 1.", ["k42"]), ("Two.", ["k42", "p17"])),
        "One is 1. [k42]\nTwo. [k42][p17]\n",
    ),
    (answer_in(), ""),
    (answer_in(answered=False), REFUSAL),
    (answer_in(("One is 1.", ["k42"]), answered=False), f"One is 1. [k42]\n{REFUSAL}"),
    ('{"answered": false, "sentences": [{"text": "The airl', "The airl"),
    (answer_in(('He said "no\\way" – “yes” 🙂.', [])), 'He said "no\\way" – “yes” 🙂. \n'),
    ('{"answer": "Tab\\t and \\u00e9\\ud83d\\ude42 [k42]."}', "Tab\t and é🙂 [k42]. \n"),
    ('[{"text": "One", "source": 3}, {"text": "Two", "source": "[k42]"}]', "One [3]\nTwo [k42]\n"),
    ('```json\n{"sentences": ["One.", "Two."]}\n```', "One.\nTwo.\n"),
    ('{"sentences": [{"passages": ["k42"], "text": "One."}]}', "One. [k42]\n"),
    ('{"query": "x", "limit": 3}', ""),
    ("[k42] is prose. {So} is this.", "[k42] is prose. {So} is this."),
    ("```\nOne. [k42]\n```", "```\nOne. [k42]\n```"),
    ("", ""),
    ("{", ""),
    ('{"text": "half a sen', "half a sen"),
]


@pytest.mark.parametrize(("text", "prose"), FORMS)
def test_json_becomes_prose_however_it_is_cut(text: str, prose: str) -> None:
    for size in (1, 2, 3, 7, 1000):
        pieces = [text[i : i + size] for i in range(0, len(text), size)]
        assert "".join(as_prose(pieces)).rstrip(" ") == prose.rstrip(" ")


def test_a_sentence_comes_before_the_next_has_ended() -> None:
    text = answer_in(("One is here.", ["k42"]), ("Two is here.", ["p17"]))
    at = text.index("Two")
    assert "".join(as_prose([text[:at]])) == "One is here. [k42]\n"
    assert "".join(as_prose([text[: text.index("is")]])) == "One "


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(responses=True) as running:
        yield running


@pytest.fixture
def ask(
    server: ScriptedServer, sample_home: Path, embedder: OnnxEmbedder
) -> Iterator[Callable[..., Answer]]:
    def run(*steps: Step, **given: object) -> Answer:
        server.queue(*steps)
        settings = settings_for(server.base_url, **{"api": "responses"} | given)
        with Archive.open(sample_home, settings=settings, embedder=embedder) as archive:
            return archive.ask(QUESTION)

    return run


def told(*texts: str, **changed: object) -> Call:
    """A model that answers in the form asked for and cites the first passage."""

    def answer(body: dict[str, object]) -> Reply:
        label = labels_of(body)[0]
        return Reply(answer_in(*((text, [label]) for text in texts)), **changed)

    return Call(answer)


def test_an_answer_in_the_structure(server: ScriptedServer, ask: Callable[..., Answer]) -> None:
    answer = ask(told(TRUE, "Some 4,711 tickets were sold."))
    assert answer.text == f"{TRUE} [1]"
    assert (answer.kind, answer.complete, answer.reason) == ("generative", True, "")
    assert [item.done for item in answer.unverified] == ["removed"]
    assert answer.usage.prompt_tokens > 0
    assert answer.usage.completion_tokens > 0
    [request] = server.requests
    assert request.path == "/v1/responses"
    assert request.body["text"]["format"]["schema"] == STRUCTURE
    assert request.body["text"]["format"]["strict"] is True
    assert (request.body["stream"], request.body["store"]) == (True, False)
    assert f"Question: {QUESTION}" in prompt_of(request.body)


def test_sentences_come_one_at_a_time(
    server: ScriptedServer, sample_home: Path, embedder: OnnxEmbedder
) -> None:
    server.queue(told(TRUE, "The airliner was lost over Sinai."))
    settings = settings_for(server.base_url, api="responses")
    with Archive.open(sample_home, settings=settings, embedder=embedder) as archive:
        events = list(archive.stream(QUESTION).events())
    kinds = [event.kind for event in events]
    assert "provisional" in kinds[kinds.index("sentence") :]
    assert not any(
        "{" in event.text or "[" in event.text for event in events if event.kind != "sentence"
    )


@pytest.mark.parametrize(
    "fault", [Status(404, "no such path", kind=""), Status(400, "text.format unknown")]
)
def test_chat_where_the_server_has_no_responses(
    server: ScriptedServer, ask: Callable[..., Answer], fault: Status
) -> None:
    assert ask(fault, Reply(f"{TRUE} [1]")).text == f"{TRUE} [1]"
    assert [request.path for request in server.requests] == [
        "/v1/responses",
        "/v1/chat/completions",
    ]


@pytest.mark.parametrize(
    ("step", "reason", "requests"),
    [
        (Status(401, "no"), "refused the key", 1),
        (Status(404, "no", kind="model_not_found"), "has no model scripted-model", 1),
        (Status(429, "slow down", {"Retry-After": "0"}), "is over its limit", 2),
        (Status(500, "no", {"Retry-After": "0"}), "failed (status 500)", 2),
        (Status(400, "no", kind="context_length_exceeded"), "too long", 2),
        (told("The airliner was lo", finish_reason="length"), "length limit", 1),
        (CutShort('{"answered": true, "sentences": [{"text": "The airl'), "broke off", 1),
        (Stall('{"answered": true, "sentences": [{"text": "The airl', 60), "broke off", 1),
        (Reply("{}"), "wrote nothing", 1),
    ],
)
def test_faults_give_the_quotes(
    server: ScriptedServer, ask: Callable[..., Answer], step: Step, reason: str, requests: int
) -> None:
    answer = with_patience(
        server,
        lambda seconds: ask(step, timeout=seconds if isinstance(step, Stall) else 30),
        lambda made: "did not answer in time" not in made.reason,
    )
    assert (answer.kind, answer.status) == ("extractive", "answered")
    assert reason in answer.reason
    assert len(server.requests) == len(server.structured) == requests


def test_the_part_that_came_is_kept(ask: Callable[..., Answer]) -> None:
    def broken(body: dict[str, object]) -> CutShort:
        whole = answer_in((TRUE, [labels_of(body)[0]]), ("All of its passengers were not", []))
        return CutShort(whole[: whole.index(" were not")])

    answer = ask(Call(broken))
    assert answer.text == f"{TRUE} [1]"
    assert not answer.complete
    assert answer.reason.endswith("; the answer is incomplete.")


def test_a_model_that_says_there_is_no_answer(ask: Callable[..., Answer]) -> None:
    answer = ask(Reply(answer_in(answered=False)))
    assert (answer.status, answer.kind) == ("not_found", "not_stated")


@pytest.mark.parametrize(
    ("given", "responses"),
    [
        ({}, False),
        ({"api": "chat"}, False),
        ({"api": "responses"}, True),
        ({"openai_base_url": ""}, True),
        ({"openai_base_url": "", "api": "chat"}, False),
        ({"openai_base_url": "http://[", "api": "auto"}, False),
        ({"openai_base_url": "https://api.openai.com.example/v1"}, False),
    ],
)
def test_which_api_is_asked(given: dict[str, str], responses: bool) -> None:
    address = {"openai_base_url": "http://127.0.0.1:1/v1"}
    settings = Settings(_env_file=None, **address | given)
    stream = ModelStream(settings, system="s", user="u", structured=True)
    assert stream._responses is responses
    assert not ModelStream(settings, system="s", user="u")._responses
