"""Embedders that run on this machine: int8 models on ONNX Runtime, as LlamaIndex embeddings.

Models: sentence-transformers/all-MiniLM-L6-v2 (the mean over a text's tokens, then L2 norm) and
Snowflake/snowflake-arctic-embed-s (its first token, then L2 norm, and a prefix before questions).
"""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from llama_index.core.bridge.pydantic import PrivateAttr
from numpy.typing import NDArray
from tokenizers import Tokenizer

from rag.embedding import MINILM, OnnxModel
from rag.llama_embedder import ArrayEmbedding
from rag.onnx import open_model, thread_pool
from rag.weights import Report, fetch

__all__ = [
    "DIMENSIONS",
    "MAX_TOKENS",
    "OnnxEmbedder",
    "TokenVectors",
    "load_embedder",
    "load_model",
]

DIMENSIONS = 384
"""Of either model."""
MAX_TOKENS = MINILM.max_tokens
_WORDS_KEPT, _LONGEST_KEPT = 1 << 16, 64
"""Words whose size in tokens is remembered, and the characters of the longest of them."""

_LOADING = threading.Lock()


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """The tokens of one text, special tokens left out.

    `vectors` has shape (tokens, 384), float32, not normalised; `spans` are character offsets.
    """

    vectors: NDArray[np.float32]
    spans: list[tuple[int, int]]


class OnnxEmbedder(ArrayEmbedding):
    """Texts to unit vectors of 384 float32.

    Each text is a run of its own, longest first, on one single-threaded session shared by several
    threads. int8 activations are scaled by the largest value of a run, so in a padded batch the
    vector of a text would depend on its neighbours (cosine down to 0.965, measured), and batches
    are no faster for passages; see benchmarks/embedder.py.
    """

    _kind: OnnxModel = PrivateAttr()
    _session: onnxruntime.InferenceSession = PrivateAttr()
    _tokenizer: Tokenizer = PrivateAttr()
    _pool: ThreadPoolExecutor = PrivateAttr()
    _sizes: dict[str, int] = PrivateAttr()

    def __init__(
        self,
        *,
        model: Path,
        tokenizer: Path,
        kind: OnnxModel = MINILM,
        threads: int | None = None,
    ) -> None:
        super().__init__(model_name=f"{kind.name}-int8", embed_batch_size=256)
        self._kind = kind
        self._session, self._tokenizer = open_model(model, tokenizer)
        self._pool = thread_pool(threads, name="embedder")
        self._sizes = {}

    @classmethod
    def class_name(cls) -> str:
        """The name that LlamaIndex serialises."""
        return "OnnxEmbedder"

    @property
    def fingerprint(self) -> str:
        """Which vectors these are: two embedders with one fingerprint give the same ones."""
        return self._kind.fingerprint

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each text, special tokens left out and nothing cut."""
        # BERT cuts at every space before anything else, so the tokens of a text are those between
        # its spaces, added up: most words were counted before.
        if len(self._sizes) > _WORDS_KEPT:
            self._sizes = {}
        sizes = self._sizes
        split = [text.split(" ") for text in texts]
        if new := list({word for words in split for word in words if word not in sizes}):
            encoded = self._tokenizer.encode_batch(new, add_special_tokens=False)
            fresh = {word: len(one.ids) for word, one in zip(new, encoded, strict=True)}
            short = {word: size for word, size in fresh.items() if len(word) <= _LONGEST_KEPT}
            sizes.update(short)
            sizes = sizes if len(short) == len(fresh) else sizes | fresh
        return [sum(map(sizes.__getitem__, words)) for words in split]

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, one row a text: shape (len(texts), 384), float32."""
        if not texts:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        if len(texts) == 1:  # a question: it waits for no other thread
            return self._run(self._fitted(self._tokenizer.encode(texts[0]).ids))[None]
        encoded = [self._fitted(one.ids) for one in self._tokenizer.encode_batch(list(texts))]
        # Longest first, so that no thread is left alone with a long text at the end.
        order = sorted(range(len(encoded)), key=lambda index: -len(encoded[index]))
        vectors = np.empty((len(encoded), DIMENSIONS), dtype=np.float32)
        for index, vector in zip(
            order, self._pool.map(lambda index: self._run(encoded[index]), order), strict=True
        ):
            vectors[index] = vector
        return vectors

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """The unit vector of a question, shape (384,)."""
        vector: NDArray[np.float32] = self.embed([self._kind.query_prefix + text])[0]
        return vector

    def read(self, texts: Sequence[str]) -> list["TokenVectors"]:
        """A vector for every token of each text, as the model sees it in its context."""
        encoded = self._tokenizer.encode_batch(list(texts))
        hidden = self._pool.map(lambda one: self._hidden(self._fitted(one.ids)), encoded)
        return [
            TokenVectors(vectors=rows[1:-1], spans=one.offsets[1 : len(rows) - 1])
            for one, rows in zip(encoded, hidden, strict=True)
        ]

    def _run(self, ids: list[int]) -> NDArray[np.float32]:
        hidden = self._hidden(ids)
        return _unit(hidden[0] if self._kind.pooling == "cls" else hidden.mean(axis=0))

    def _hidden(self, ids: list[int]) -> NDArray[np.float32]:
        tokens = np.array([ids], dtype=np.int64)
        feed = {
            "input_ids": tokens,
            "attention_mask": np.ones_like(tokens),
            "token_type_ids": np.zeros_like(tokens),
        }
        [hidden, *_] = self._session.run(None, feed)
        rows: NDArray[np.float32] = hidden[0]
        return rows

    def _fitted(self, ids: list[int]) -> list[int]:
        """At most what the model reads; the last token, [SEP], stays last."""
        most = self._kind.max_tokens
        return ids if len(ids) <= most else [*ids[: most - 1], ids[-1]]

    def __getstate__(self) -> dict[str, Any]:
        raise TypeError("an embedder holds a running session and cannot be pickled")


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vector / max(float(np.linalg.norm(vector)), 1e-12)
    return unit


def load_embedder(report: Report | None = None) -> OnnxEmbedder:
    """all-MiniLM-L6-v2, the default embedder and the matcher; one per process."""
    return load_model(MINILM, report)


def load_model(kind: OnnxModel, report: Report | None = None) -> OnnxEmbedder:
    """An embedder on its pinned weights, fetched where they are not cached; one per process.

    Raises WeightsError where they cannot be had or loaded.
    """
    with _LOADING:
        model = fetch(kind.weights, report=report)
        return _open(kind, model, fetch(kind.tokenizer, report=report))


@lru_cache(maxsize=2)
def _open(kind: OnnxModel, model: Path, tokenizer: Path) -> OnnxEmbedder:
    return OnnxEmbedder(model=model, tokenizer=tokenizer, kind=kind)
