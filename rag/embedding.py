"""What the archive asks of an embedder, without loading one."""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from rag.weights import MINILM_MODEL, Report

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rag.embedder import OnnxEmbedder, TokenVectors

__all__ = ["DEFAULT_FINGERPRINT", "Embedder", "LazyEmbedder"]

DEFAULT_FINGERPRINT = f"all-MiniLM-L6-v2-int8:{MINILM_MODEL.sha256[:12]}:mean"
"""Which vectors the default embedder gives."""


class Embedder(Protocol):
    """Texts to unit vectors. Two embedders with one `fingerprint` give the same vectors."""

    @property
    def fingerprint(self) -> str:
        """Which vectors these are."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each text, special tokens left out and nothing cut."""

    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Unit vectors, one row a text."""

    def read(self, texts: Sequence[str]) -> "list[TokenVectors]":
        """A vector for every token of each text."""


class LazyEmbedder:
    """The default embedder, loaded when it is first asked for vectors or tokens.

    Its fingerprint is known before: whether an archive is up to date is told without a model.
    """

    fingerprint = DEFAULT_FINGERPRINT

    def __init__(self, report: Report | None = None) -> None:
        self._report = report
        self._loaded: OnnxEmbedder | None = None
        self._lock = threading.Lock()

    def load(self) -> "OnnxEmbedder":
        """The embedder itself. Raises WeightsError where its weights cannot be had."""
        with self._lock:
            if self._loaded is None:
                from rag.embedder import load_embedder

                self._loaded = load_embedder(self._report)
            return self._loaded

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """As the embedder does."""
        return self.load().count_tokens(texts)

    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """As the embedder does."""
        return self.load().embed(texts)

    def read(self, texts: Sequence[str]) -> "list[TokenVectors]":
        """As the embedder does."""
        return self.load().read(texts)
