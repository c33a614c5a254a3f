"""Embedders and LlamaIndex: ours as a LlamaIndex embedding, any LlamaIndex embedding as ours."""

import asyncio
import re
from collections.abc import Sequence

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding
from numpy.typing import NDArray

from rag.errors import EmbeddingError

__all__ = ["ArrayEmbedding", "LlamaIndexEmbedder", "unit_rows"]

_STATED = ("dimensions", "dimension", "embed_dim", "output_dimensionality")
"""Where embeddings that can be had in several lengths say which one they give."""


class ArrayEmbedding(BaseEmbedding):
    """A LlamaIndex embedding of ours: what `embed` and `embed_query` give, as lists of floats."""

    # Not abstract: LlamaIndex would make a span, with random ids, of every call to what implements
    # them, which takes a tenth of the time of a question's vector.

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, one row a text."""
        raise NotImplementedError

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """The unit vector of a question."""
        raise NotImplementedError

    def _get_query_embedding(self, query: str) -> list[float]:
        return [float(value) for value in self.embed_query(query)]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await asyncio.to_thread(self._get_query_embedding, query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [[float(value) for value in row] for row in self.embed(texts)]

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return await asyncio.to_thread(self._get_text_embedding, text)

    async def _aget_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return await asyncio.to_thread(self._get_text_embeddings, texts)


class LlamaIndexEmbedder:
    """Any LlamaIndex embedding, as the archive asks for vectors.

    Its fingerprint is its class, its `model_name` and the dimension that it states, if it does:
    embeddings that differ in something else (a prefix, a version, a file) must differ in
    `model_name`. Raises EmbeddingError for whatever the embedding raises, without its words,
    which may hold a key, and where what it gives is no vector a text.
    """

    def __init__(self, model: BaseEmbedding) -> None:
        self.model = model
        stated = next((getattr(model, name) for name in _STATED if getattr(model, name, None)), "")
        parts = (type(model).__name__, model.model_name, stated)
        # An archive's whole fingerprint is kept as parts with bars between them.
        self.fingerprint = re.sub(r"[\s|]+", "_", ":".join(str(part) for part in parts if part))
        self._length: int | None = None

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, one row a text."""
        if not texts:
            return np.zeros((0, self._length or 0), dtype=np.float32)
        try:
            rows = self.model.get_text_embedding_batch(list(texts))
        except Exception as error:
            raise self._failed(error) from error
        return self._units(rows, count=len(texts))

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """The unit vector of a question, by the embedding's own way with queries."""
        try:
            row = self.model.get_query_embedding(text)
        except Exception as error:
            raise self._failed(error) from error
        vector: NDArray[np.float32] = self._units([row], count=1)[0]
        return vector

    def _units(self, rows: Sequence[Sequence[float]], *, count: int) -> NDArray[np.float32]:
        giver = f"the embedding {self.fingerprint}"
        units = unit_rows(rows, count=count, length=self._length, giver=giver)
        self._length = units.shape[1]
        return units

    def _failed(self, error: Exception) -> EmbeddingError:
        return EmbeddingError(f"the embedding {self.fingerprint} failed ({type(error).__name__})")


def unit_rows(
    rows: Sequence[Sequence[float]], *, count: int, length: int | None, giver: str
) -> NDArray[np.float32]:
    """Vectors that came from elsewhere as unit vectors, one row a text: shape (count, length).

    Raises EmbeddingError, which begins with `giver`, where there are not `count`, where they
    differ in length or are not `length` numbers long, or where one is not finite.
    """
    if len(rows) != count:
        raise EmbeddingError(f"{giver} gave {len(rows)} vectors for {count} texts")
    try:
        vectors = np.asarray(rows, dtype=np.float64)
    except (TypeError, ValueError):
        vectors = np.empty(0)
    if vectors.ndim != 2 or not vectors.size:
        raise EmbeddingError(f"{giver} gave what are not vectors of one length")
    if length and vectors.shape[1] != length:
        raise EmbeddingError(
            f"{giver} gave vectors of {vectors.shape[1]} numbers where {length} were expected"
        )
    if not np.isfinite(vectors).all():
        raise EmbeddingError(f"{giver} gave a vector with a number that is not finite")
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: NDArray[np.float32] = (vectors / np.maximum(norms, 1e-12)).astype(np.float32)
    return units
