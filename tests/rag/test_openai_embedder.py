"""Embeddings by a server: what is sent, what may come back, and every way in which it fails."""

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from llama_index.core.base.embeddings.base import BaseEmbedding
from servers.scripted import (
    CutShort,
    Empty,
    Garbage,
    Reply,
    ScriptedServer,
    Slow,
    Stall,
    Status,
    Step,
    Vectors,
    word_vector,
)

import rag.openai_embedder
from rag import Answer, Archive, EmbeddingError, Settings, SettingsError
from rag.openai_embedder import OpenAIEmbedder

KEY = "sk-test-0123456789"
AIRLINER = "How many people died aboard the airliner?"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


def settings_for(base_url: str, *, embedder: str = "openai:tiny", **given: object) -> Settings:
    return Settings(
        _env_file=None, openai_api_key=KEY, openai_base_url=base_url, embedder=embedder, **given
    )


@pytest.fixture
def make(server: ScriptedServer) -> Callable[..., OpenAIEmbedder]:
    """An embedder against the server's next steps."""

    def run(*steps: Step, **given: object) -> OpenAIEmbedder:
        server.queue_embeddings(*steps)
        return OpenAIEmbedder(settings_for(server.base_url, **given))

    return run


def test_unit_vectors_in_the_order_of_the_texts(
    server: ScriptedServer, make: Callable[..., OpenAIEmbedder]
) -> None:
    embedder = make(Vectors(length=16, backwards=True))
    vectors = embedder.embed(["The bridge.", "The ferry."])
    raw = np.array([word_vector("the bridge", 16), word_vector("the ferry", 16)])
    expected = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    np.testing.assert_allclose(vectors, expected, atol=1e-6)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(embedder.embed_query("The ferry."), expected[1], atol=1e-6)
    [request, _] = server.embeddings
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body["model"] == "tiny"
    assert embedder.fingerprint == "openai:tiny"


def test_no_texts_no_request(server: ScriptedServer, make: Callable[..., OpenAIEmbedder]) -> None:
    embedder = make()
    assert embedder.embed([]).shape == (0, 0)
    assert server.requests == []
    one = make(Vectors(length=1536), embedder="text-embedding-3-small")
    assert one.embed([]).shape == (0, 1536)


def test_requests_stay_within_the_limits(
    server: ScriptedServer, make: Callable[..., OpenAIEmbedder]
) -> None:
    """At most 32 texts, and none that could have more than 8,192 tokens."""
    texts = [f"text {number}" for number in range(70)]
    long = "ü🚆" * 9000
    vectors = make().embed([*texts, long])
    assert len(vectors) == 71
    sizes = [len(request.body["input"]) for request in server.embeddings]
    assert sizes == [32, 32, 7]
    sent = server.embeddings[-1].body["input"][-1]
    assert long.startswith(sent)
    assert 7990 < len(sent.encode()) <= 8000
    np.testing.assert_allclose(vectors[69] @ make().embed_query("text 69"), 1, atol=1e-5)


def test_it_is_a_llama_index_embedding(make: Callable[..., OpenAIEmbedder]) -> None:
    embedder = make(Vectors(length=8))
    assert isinstance(embedder, BaseEmbedding)
    [batched] = embedder.get_text_embedding_batch(["ferry"])
    assert (
        batched == embedder.get_query_embedding("ferry") == embedder.embed_query("ferry").tolist()
    )
    assert embedder.class_name() == "OpenAIEmbedder"
    for shown in (repr(embedder), str(embedder.to_dict()), str(embedder.to_payload())):
        assert KEY not in shown


REFUSALS = [
    (Status(400, f"no {KEY}"), "failed (status 400)", 1),
    (Status(401, f"Incorrect API key provided: {KEY}"), "refused the key", 1),
    (Status(403, "no"), "refused the key", 1),
    (Status(404, "no"), "has no model tiny", 1),
    (Status(429, "slow down", {"Retry-After": "0"}), "is over its limit; try again later", 3),
    (Status(500, f"crash {KEY}"), "failed (status 500)", 3),
    (Status(503, "busy"), "failed (status 503)", 3),
    (Slow(60), "did not answer in time", 3),
    (Stall("x", 60), "did not answer in time", 3),
    (Garbage(b"{not json"), "gave an answer that holds no vectors", 1),
    (Garbage(b'"text"'), "gave an answer that holds no vectors", 1),
    (Garbage(b'{"data": [{"index": 0}, {}]}'), "gave an answer that holds no vectors", 1),
    (Garbage(b'{"data": null}'), "gave an answer that holds no vectors", 1),
    (CutShort("x"), "gave an answer that holds no vectors", 1),
    (CutShort("x", broken=True), "cannot be reached", 3),
    (Empty(bare=True), "gave an answer that holds no vectors", 1),
    (Reply("x"), "gave an answer that holds no vectors", 1),
    (Vectors(missing=1), "gave 1 vectors for 2 texts", 1),
    (Vectors(missing=2), "gave 0 vectors for 2 texts", 1),
    (Vectors(same_index=True), "gave vectors that are not numbered as the texts", 1),
    (Vectors(fn=lambda text: [1.0] * len(text)), "gave what are not vectors of one length", 1),
    (Vectors(fn=lambda _: []), "gave what are not vectors of one length", 1),
    (Vectors(fn=lambda _: "AAAA"), "gave what are not vectors of one length", 1),
    (Vectors(fn=lambda _: [1.0, float("nan")]), "that is not finite", 1),
]


@pytest.mark.parametrize(("step", "told", "requests"), REFUSALS)
def test_what_fails_is_one_clear_line(
    server: ScriptedServer,
    make: Callable[..., OpenAIEmbedder],
    caplog: pytest.LogCaptureFixture,
    step: Step,
    told: str,
    requests: int,
) -> None:
    caplog.set_level(logging.DEBUG)
    began = time.monotonic()
    patience = 0.4 if isinstance(step, Slow | Stall) else 30  # the others answer, if late
    with pytest.raises(EmbeddingError) as caught:
        make(step, timeout=patience).embed(["a bridge", "the ferry line"])
    assert str(caught.value).startswith(f"the embedding server at {server.base_url} ")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert KEY not in str(caught.value)
    assert KEY not in caplog.text
    assert len(server.embeddings) == requests
    assert time.monotonic() - began < 30


def test_a_reader_waits_for_one_retry_only(
    server: ScriptedServer, make: Callable[..., OpenAIEmbedder]
) -> None:
    with pytest.raises(EmbeddingError, match="status 500"):
        make(Status(500, "no")).embed_query("ferry")
    assert len(server.embeddings) == 2


def test_a_busy_server_is_waited_for(
    server: ScriptedServer, make: Callable[..., OpenAIEmbedder]
) -> None:
    began = time.monotonic()
    embedder = make(Status(429, "slow down", {"Retry-After": "1"}), Vectors(length=4))
    assert embedder.embed(["ferry"]).shape == (1, 4)
    assert time.monotonic() - began >= 1
    assert len(server.embeddings) == 2


@pytest.mark.parametrize(
    ("embedder", "length"), [("text-embedding-3-small", 1536), ("text-embedding-3-large", 3072)]
)
def test_the_lengths_of_openais_own(
    make: Callable[..., OpenAIEmbedder], embedder: str, length: int
) -> None:
    assert make(Vectors(length=length), embedder=embedder).embed(["a"]).shape == (1, length)
    told = f"gave vectors of 64 numbers where {length} were expected"
    with pytest.raises(EmbeddingError, match=told):
        make(Vectors(), embedder=embedder).embed(["a"])


def test_a_length_that_changes(make: Callable[..., OpenAIEmbedder]) -> None:
    embedder = make(Vectors(length=8), Vectors(length=9))
    embedder.embed(["a"])
    with pytest.raises(EmbeddingError, match="gave vectors of 9 numbers where 8 were expected"):
        embedder.embed(["b"])


def test_a_server_that_is_not_there() -> None:
    settings = settings_for("http://someone:secret@127.0.0.1:9/v1")
    with pytest.raises(EmbeddingError, match="cannot be reached") as caught:
        OpenAIEmbedder(settings).embed_query("ferry")
    assert str(caught.value).startswith("the embedding server at http://127.0.0.1:9/v1 ")


def test_no_key_and_no_address() -> None:
    settings = Settings(_env_file=None, embedder="text-embedding-3-small")
    with pytest.raises(SettingsError, match=r"text-embedding-3-small needs OPENAI_API_KEY, or in"):
        OpenAIEmbedder(settings)


def test_a_local_server_wants_no_key(server: ScriptedServer) -> None:
    settings = Settings(_env_file=None, embedder="openai:bge", openai_base_url=server.base_url)
    assert OpenAIEmbedder(settings).embed_query("ferry").shape == (64,)
    assert server.embeddings[0].body["model"] == "bge"


def test_it_does_not_take_the_librarys_own_settings(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert OpenAIEmbedder(settings_for(server.base_url)).embed_query("ferry").shape == (64,)


# --- an archive on it ---


@pytest.fixture
def served(
    server: ScriptedServer, archive_home: Path, sample: Path
) -> Iterator[Callable[..., Archive]]:
    opened: list[Archive] = []

    def run(**given: object) -> Archive:
        settings = settings_for(server.base_url, home=archive_home, llm="off", **given)
        opened.append(Archive.open(settings=settings))
        return opened[-1]

    yield run
    for archive in opened:
        archive.close()


def test_an_archive_answers_with_it(
    server: ScriptedServer, served: Callable[..., Archive], sample: Path, archive: Archive
) -> None:
    remote = served()
    report = remote.ingest(sample)
    assert report.failed == ()
    assert report.embedded == report.passages == archive.status().passages
    assert remote.status().fingerprint.startswith("openai:tiny | ")
    asked = len(server.embeddings)
    answer: Answer = remote.ask(AIRLINER)
    assert "224" in answer.citations[0].quote
    assert answer.short
    assert len(server.embeddings) == asked + 1
    assert remote.ask('Who wrote "Port Levin fire kills 34"?').status == "not_found"
    hits = remote.search("border controls", k=3)
    assert any(hit.dense is not None for hit in hits)
    assert all(found.passed for found in remote.doctor())
    # The same passages, under the same ids, whatever embeds them.
    with archive._generations.snapshot() as one, remote._generations.snapshot() as other:
        assert one.catalog.passage_ids() == other.catalog.passage_ids()


def test_looking_asks_nobody(
    server: ScriptedServer,
    served: Callable[..., Archive],
    sample: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served().ingest(sample)
    server.reset()

    def refuse(*_: object) -> None:
        pytest.fail("a model was loaded")

    monkeypatch.setattr(rag.openai_embedder, "OpenAIEmbedder", refuse)
    monkeypatch.setattr("rag.embedder.load_embedder", refuse)
    archive = served()
    assert archive.articles()
    assert archive.status().passages
    assert all(found.passed for found in archive.doctor())
    assert server.requests == []


def test_a_server_that_breaks_off_leaves_the_archive_and_keeps_what_came(
    server: ScriptedServer,
    served: Callable[..., Archive],
    sample: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rag.writing._STEP", 16)
    archive = served()
    server.queue_embeddings(Vectors(), Vectors(), Status(401, f"no {KEY}"))
    with pytest.raises(EmbeddingError, match="refused the key"):
        archive.ingest(sample)
    server.queue_embeddings(Vectors())
    report = archive.ingest(sample)
    assert report.embedded == report.passages - 32
    server.queue_embeddings(Status(500, "no"))
    with pytest.raises(EmbeddingError, match="status 500"):
        archive.ask(AIRLINER)


def test_another_model_under_the_same_name(
    server: ScriptedServer, served: Callable[..., Archive], tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.txt").write_text(f"Ferry {name}\n\nThe ferry carried 34 people.\n")
    archive = served()
    archive.ingest(tmp_path / "one.txt")
    archive.close()
    server.queue_embeddings(Vectors(length=32))
    other = served()
    told = "openai:tiny gives vectors of another length .* delete embeddings.db"
    with pytest.raises(EmbeddingError, match=told):
        other.search("ferry")
    with pytest.raises(EmbeddingError, match=told):
        other.ingest(tmp_path / "two.txt")
    (other.home / "embeddings.db").unlink()
    assert other.rebuild().embedded == 1
    assert other.search("ferry")


def test_going_to_another_and_back_embeds_nothing_twice(
    served: Callable[..., Archive], server: ScriptedServer, tmp_path: Path
) -> None:
    path = tmp_path / "ferry.txt"
    path.write_text("The ferry\n\nThe ferry carried 34 people that day.\n")
    first, second = served(), served(embedder="text-embedding-3-small")
    assert first.ingest(path).embedded == 1
    server.queue_embeddings(Vectors(length=1536))
    assert second.ingest(path).embedded == 1
    assert second.search("ferry")
    assert first.rebuild().embedded == second.rebuild().embedded == 0
