"""The embedder: unit vectors that depend on their own text alone, and LlamaIndex's interface."""

import asyncio
import pickle
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core import Settings
from llama_index.core.base.embeddings.base import BaseEmbedding

import rag.embedder
from rag.embedder import DIMENSIONS, MAX_TOKENS, OnnxEmbedder, load_embedder
from rag.errors import WeightsError

TEXTS = ["A short one.", "The harbour bridge will close in March. " * 12, "", "🚆 Zug nach Köln"]


def test_unit_vectors_one_a_text(embedder: OnnxEmbedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), DIMENSIONS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts(embedder: OnnxEmbedder) -> None:
    assert embedder.embed([]).shape == (0, DIMENSIONS)
    assert embedder.get_text_embedding_batch([]) == []
    assert embedder.count_tokens([]) == []


def test_neighbours_and_order_do_not_count(embedder: OnnxEmbedder) -> None:
    together = embedder.embed(TEXTS)
    for text, vector in zip(TEXTS, together, strict=True):
        np.testing.assert_array_equal(embedder.embed([text])[0], vector)
    np.testing.assert_array_equal(embedder.embed(TEXTS[::-1]), together[::-1])


@given(
    st.lists(
        st.text("ab Z9.,-'’éÅ\u0301\u0000\u001c\u200b\u00a0\u3000\n\t中国🚆[]CLSEP", max_size=90),
        max_size=4,
    )
)
def test_tokens_counted_by_words_are_those_of_the_whole(texts: list[str]) -> None:
    embedder = load_embedder()
    whole = embedder._tokenizer.encode_batch(texts, add_special_tokens=False)
    assert embedder.count_tokens(texts) == [len(one.ids) for one in whole]


def test_the_words_that_are_remembered_are_bounded(
    embedder: OnnxEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rag.embedder, "_WORDS_KEPT", 3)
    embedder._sizes = {}
    assert embedder.count_tokens(["one two three four five", "b" * 65]) == [5, 1 + 64 // 2]
    assert set(embedder._sizes) == set("one two three four five".split())  # the longest is not
    assert embedder.count_tokens(["six"]) == [1]
    assert set(embedder._sizes) == {"six"}


def test_meaning(embedder: OnnxEmbedder) -> None:
    question, near, far = embedder.embed(
        ["When does the bridge shut?", "The bridge will close in March.", "Soup needs leeks."]
    )
    assert question @ near > question @ far + 0.3


def test_known_values(embedder: OnnxEmbedder) -> None:
    """Guards pooling and special tokens: neighbours in meaning of the original fp32 model."""
    one, two = embedder.embed(["That is a happy person", "That is a very happy person"])
    assert float(one @ two) == pytest.approx(0.943, abs=0.03)


def test_what_is_over_the_limit_is_cut(embedder: OnnxEmbedder) -> None:
    [one] = embedder.count_tokens(["bridge"])
    assert one == 1
    full = "bridge " * (MAX_TOKENS - 2)
    same, longer, shorter = embedder.embed([full, full + "ferry " * 400, "bridge " * 200])
    np.testing.assert_array_equal(same, longer)
    assert not np.array_equal(same, shorter)


def test_tokens_are_counted_uncut(embedder: OnnxEmbedder) -> None:
    assert embedder.count_tokens(["bridge " * 900, "", "a b"]) == [900, 0, 2]


def test_llama_index_interface(embedder: OnnxEmbedder) -> None:
    assert isinstance(embedder, BaseEmbedding)
    expected = embedder.embed(["bridge"])[0].tolist()
    assert embedder.get_query_embedding("bridge") == expected
    assert embedder.get_text_embedding("bridge") == expected
    assert embedder.get_text_embedding_batch(["ferry", "bridge"])[1] == expected
    assert all(type(value) is float for value in embedder.get_text_embedding("bridge"))
    assert embedder.class_name() == "OnnxEmbedder"


def test_llama_index_interface_awaited(embedder: OnnxEmbedder) -> None:
    async def ask() -> list[list[float]]:
        query, text, batch = await asyncio.gather(
            embedder.aget_query_embedding("bridge"),
            embedder.aget_text_embedding("bridge"),
            embedder.aget_text_embedding_batch(["ferry", "bridge"]),
        )
        return [query, text, batch[1]]

    expected = embedder.embed(["bridge"])[0].tolist()
    assert asyncio.run(ask()) == [expected] * 3


def test_llama_index_takes_it_as_its_default(embedder: OnnxEmbedder) -> None:
    Settings.embed_model = embedder
    try:
        assert Settings.embed_model is embedder
    finally:
        Settings.embed_model = None


def test_the_event_loop_stays_free(embedder: OnnxEmbedder) -> None:
    async def count() -> int:
        work = asyncio.create_task(embedder.aget_text_embedding_batch(["bridge " * 250] * 20))
        turns = 0
        while not work.done():
            await asyncio.sleep(0.005)
            turns += 1
        return turns

    assert asyncio.run(count()) > 5


def test_threads_get_their_own_answers(embedder: OnnxEmbedder) -> None:
    texts = [f"text number {number} " * (number + 1) for number in range(8)]
    expected = embedder.embed(texts)
    right: list[bool] = []

    def work(number: int) -> None:
        for _ in range(5):
            vector = embedder.embed([texts[number]])[0]
            right.append(np.array_equal(vector, expected[number]))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert right == [True] * 40


def test_one_in_a_process_whoever_asks() -> None:
    rag.embedder._open.cache_clear()  # so that it is loaded while several wait for it
    asked: list[OnnxEmbedder] = []
    threads = [
        threading.Thread(target=lambda: asked.append(load_embedder(lambda _: None)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 4
    assert all(one is load_embedder(print) for one in asked)


def test_the_fingerprint_names_the_weights(embedder: OnnxEmbedder) -> None:
    assert embedder.fingerprint == "all-MiniLM-L6-v2-int8:afdb6f1a0e45:mean"


def test_it_is_not_pickled(embedder: OnnxEmbedder) -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(embedder)


def test_files_that_are_no_model(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    with pytest.raises(WeightsError, match="the model does not load") as caught:
        OnnxEmbedder(model=tmp_path / "x", tokenizer=tmp_path / "x")
    assert "\n" not in str(caught.value)
