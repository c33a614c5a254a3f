"""The choice of an embedder: its names, its fingerprints, and archives on any LlamaIndex one."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.embeddings import MockEmbedding
from servers.scripted import word_vector

import rag.embedder
from rag import Archive, EmbeddingError, FingerprintMismatch, Settings, SettingsError, load_settings
from rag.embedder import OnnxEmbedder, load_model
from rag.embedding import ARCTIC, MINILM, LazyEmbedder, as_embedder, chosen_embedder, way_back
from rag.llama_embedder import LlamaIndexEmbedder

AIRLINER = "How many people died aboard the airliner?"


class WordEmbedding(BaseEmbedding):
    """Another's embedding, as LlamaIndex programs have them: lists, not normalised."""

    fault: Any = None
    asked: int = 0

    def _get_query_embedding(self, query: str) -> list[float]:
        self.asked += 1
        return self._get_text_embedding(query.removesuffix("?"))

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        if isinstance(self.fault, Exception):
            raise self.fault
        return self.fault if self.fault is not None else word_vector(text, 48)


# --- by name ---


def test_names_and_fingerprints() -> None:
    fingerprints = {
        "all-MiniLM-L6-v2": "all-MiniLM-L6-v2-int8:afdb6f1a0e45:mean",
        "snowflake-arctic-embed-s": "snowflake-arctic-embed-s-int8:f93ff2253206:cls",
        "text-embedding-3-small": "openai:text-embedding-3-small",
        "openai:text-embedding-3-small": "openai:text-embedding-3-small",
        "text-embedding-3-large": "openai:text-embedding-3-large",
        "openai:BAAI/bge-m3": "openai:BAAI/bge-m3",
    }
    assert Settings(_env_file=None).embedder == MINILM.name
    for name, fingerprint in fingerprints.items():
        chosen = chosen_embedder(Settings(_env_file=None, embedder=name))
        assert chosen.fingerprint == fingerprint
        short = name.removeprefix("openai:") if "text-embedding" in name else name
        assert way_back(fingerprint) == f"set DOSSIER_EMBEDDER={short}"


@pytest.mark.parametrize("name", ["", "minilm", "openai:", "openai:two words", "text-embedding-3"])
def test_a_wrong_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOSSIER_EMBEDDER", name)
    told = (
        "setting embedder: not one of all-MiniLM-L6-v2, snowflake-arctic-embed-s,"
        " text-embedding-3-small, text-embedding-3-large, openai:NAME"
    )
    with pytest.raises(SettingsError, match=f"^{re.escape(told)}$"):
        load_settings()


def test_a_key_is_missed_only_when_it_is_needed(
    sample_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOSSIER_EMBEDDER", "text-embedding-3-large")
    with Archive.open(sample_home, settings=load_settings()) as archive:
        assert archive.status().articles == 22
        with pytest.raises(FingerprintMismatch, match="set DOSSIER_EMBEDDER=all-MiniLM-L6-v2, or"):
            archive.search("ferry")
        [found] = [f for f in archive.doctor() if f.check == "fingerprint"]
        assert not found.passed
        assert "to leave it as it is, set DOSSIER_EMBEDDER=all-MiniLM-L6-v2" in found.detail
        with pytest.raises(SettingsError, match="needs OPENAI_API_KEY"):
            archive.embedder  # noqa: B018


def test_loading_is_put_off_and_done_once() -> None:
    loaded: list[str] = []

    class Counted(WordEmbedding):
        pass

    def load() -> LlamaIndexEmbedder:
        loaded.append("one")
        return LlamaIndexEmbedder(Counted())

    lazy = LazyEmbedder("words", load)
    assert (lazy.fingerprint, loaded) == ("words", [])
    assert lazy.embed(["a b"]).shape == (1, 48)
    assert lazy.embed_query("a b").shape == (48,)
    assert loaded == ["one"]


# --- arctic, on its own weights ---


@pytest.fixture(scope="module")
def arctic() -> OnnxEmbedder:
    return load_model(ARCTIC)


def test_arctic_asks_with_a_prefix_and_takes_the_first_token(arctic: OnnxEmbedder) -> None:
    assert arctic.fingerprint == ARCTIC.fingerprint
    question = "When does the bridge shut?"
    asked = arctic.embed_query(question)
    prefix = "Represent this sentence for searching relevant passages: "
    np.testing.assert_array_equal(asked, arctic.embed([prefix + question])[0])
    assert not np.allclose(asked, arctic.embed([question])[0])
    assert asked.tolist() == arctic.get_query_embedding(question)
    [tokens] = arctic._tokenizer.encode_batch([question])
    first = arctic._hidden(tokens.ids)[0]
    np.testing.assert_allclose(
        arctic.embed([question])[0], first / np.linalg.norm(first), atol=1e-6
    )
    near, far = arctic.embed(["The bridge will close in March.", "Soup needs leeks."])
    assert asked @ near > asked @ far + 0.2
    assert np.linalg.norm(near) == pytest.approx(1, abs=1e-5)


def test_arctic_reads_more_and_cuts_alike(arctic: OnnxEmbedder, embedder: OnnxEmbedder) -> None:
    full = "bridge " * 510
    same, longer, shorter = arctic.embed([full, full + "ferry " * 40, "bridge " * 300])
    np.testing.assert_array_equal(same, longer)
    assert not np.array_equal(same, shorter)
    texts = ["The Zürich ferry carried 34 people.", "日本 🚆"]
    assert arctic.count_tokens(texts) == embedder.count_tokens(texts)


def test_both_are_kept_loaded() -> None:
    first = rag.embedder.load_embedder()
    other = load_model(ARCTIC)
    assert rag.embedder.load_embedder() is first
    assert load_model(ARCTIC) is other


def test_an_archive_on_arctic(
    own_home: Path, sample: Path, archive: Archive, arctic: OnnxEmbedder
) -> None:
    settings = Settings(_env_file=None, embedder="snowflake-arctic-embed-s", home=own_home)
    with Archive.open(settings=settings) as opened:
        with pytest.raises(FingerprintMismatch, match="ingest once more"):
            opened.ask(AIRLINER)
        report = opened.ingest(sample)
        assert report.embedded == report.passages == archive.status().passages
        assert opened.embedder is arctic
        answer = opened.ask(AIRLINER)
        assert "224" in answer.citations[0].quote
        assert answer.short
        # What is said of the sentences is the matcher's, and stays: the passages alone may differ.
        assert opened.ask("What is the boiling point of mercury?").status == "not_found"
        assert all(found.passed for found in opened.doctor())
    with Archive.open(own_home, settings=Settings(_env_file=None)) as back:
        told = "set DOSSIER_EMBEDDER=snowflake-arctic-embed-s, or ingest once more"
        with pytest.raises(FingerprintMismatch, match=told):
            back.search("ferry")
        back.rollback()
        assert back.search("ferry")


# --- any LlamaIndex embedding ---


def test_ours_stay_as_they_are(embedder: OnnxEmbedder) -> None:
    assert as_embedder(embedder) is embedder


def test_fingerprints_of_others() -> None:
    given = {
        "WordEmbedding:unknown": WordEmbedding(),
        "WordEmbedding:words-2": WordEmbedding(model_name="words-2"),
        "WordEmbedding:a_b_c": WordEmbedding(model_name="a | b\nc"),
        "MockEmbedding:unknown:8": MockEmbedding(embed_dim=8),
    }
    assert {as_embedder(one).fingerprint: one for one in given.values()} == given


def test_vectors_of_others_are_normalised() -> None:
    ours = as_embedder(WordEmbedding())
    assert ours.embed([]).shape == (0, 0)
    vectors = ours.embed(["the ferry line", "a bridge"])
    assert (vectors.shape, vectors.dtype) == ((2, 48), np.float32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(ours.embed_query("a bridge?"), vectors[1], atol=1e-6)
    assert ours.model.asked == 1  # type: ignore[attr-defined]
    assert not ours.embed(["…"]).any()  # of no words: nothing is near it, and nothing fails


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (RuntimeError("sk-secret"), r"failed \(RuntimeError\)"),
        ([[1.0], [2.0]], r"failed \(ValidationError\)"),
        ([float("inf")] * 48, "not finite"),
        ([1e308, float("nan")] * 24, "not finite"),
        ([], "are not vectors"),
        ([1.0, 2.0], "vectors of 2 numbers where 48 were expected"),
    ],
)
def test_others_that_fail(fault: Any, told: str) -> None:
    model = WordEmbedding(model_name="w")
    ours = as_embedder(model)
    ours.embed(["a"])
    model.fault = fault
    for call in (lambda: ours.embed(["a", "b"]), lambda: ours.embed_query("a")):
        with pytest.raises(EmbeddingError, match=f"^the embedding WordEmbedding:w .*{told}") as it:
            call()
        assert "sk-secret" not in str(it.value)


def test_one_that_forgets_a_text() -> None:
    class Forgetful(WordEmbedding):
        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            return super()._get_text_embeddings(texts[1:])

    with pytest.raises(EmbeddingError, match="gave 1 vectors for 2 texts"):
        as_embedder(Forgetful()).embed(["a", "b"])


@pytest.fixture
def words(archive_home: Path) -> Iterator[Archive]:
    settings = Settings(_env_file=None)
    with Archive.open(archive_home, settings=settings, embedder=WordEmbedding()) as opened:
        yield opened


def test_an_archive_on_another(words: Archive, sample: Path) -> None:
    words.ingest(sample)
    assert words.status().fingerprint.startswith("WordEmbedding:unknown | ")
    answer = words.ask(AIRLINER)
    assert "224" in answer.citations[0].quote
    assert answer.short
    assert all(found.passed for found in words.doctor())
    assert any(hit.dense_rank == 1 for hit in words.search("airliner"))
    retriever = words.as_retriever(k=3)
    assert len(retriever.retrieve("border controls")) == 3
    other = WordEmbedding(model_name="words-2")
    with Archive.open(words.home, settings=words.settings, embedder=other) as wrong:
        told = "WordEmbedding:words-2; open it with the embedder that it was built with, or ingest"
        with pytest.raises(FingerprintMismatch, match=told):
            wrong.search("ferry")


def test_an_older_version_is_not_embedded_by_another(
    words: Archive, archive_home: Path, tmp_path: Path, embedder: OnnxEmbedder
) -> None:
    """To remove embeds nothing, but for what comes back into its place."""
    folder = tmp_path / "articles"
    folder.mkdir()
    for day in (1, 2):
        (folder / f"{day}.txt").write_text(
            f"---\ntitle: Ferry\nurl: https://quay.example/ferry\npublished: 2020-03-0{day}\n---\n"
            f"The ferry carried {day} people. It was loved by all on the quay and beyond.\n"
        )
    words.ingest(folder)
    [live] = [one for one in words.articles() if len(words.versions(one.id)) == 2][:1]
    newest = words.versions(live.id)[0]
    for path in archive_home.glob("embeddings.db*"):
        path.unlink()
    with (
        Archive.open(archive_home, settings=words.settings, embedder=embedder) as other,
        pytest.raises(FingerprintMismatch, match="is all-MiniLM-L6-v2"),
    ):
        other.remove(newest.id)
    words.remove(newest.id)
    assert [hit.text for hit in words.search("ferry") if "carried 1" in hit.text]


def test_settings_of_a_model_are_a_value() -> None:
    assert replace(ARCTIC, pooling="mean").fingerprint != ARCTIC.fingerprint
