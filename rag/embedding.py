"""Which embedder: what is asked of one, those that can be chosen, and none of them loaded here.

There are two roles. The embedder places passages and questions in a space where near means alike;
which one does is a choice. The matcher counts tokens and compares words and titles; it is always
all-MiniLM-L6-v2, because the weights of rag/evidence.py were fitted to its vectors. Passages are
cut by its count whatever embeds them: so they, their ids and what was cited of them outlast a
change of embedder, two embedders are measured on the same passages, and the reader, which has
this tokenizer, sees what the budget promises.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, cast

from rag.errors import EmbeddingError
from rag.weights import (
    ARCTIC_MODEL,
    ARCTIC_TOKENIZER,
    MINILM_MODEL,
    MINILM_TOKENIZER,
    Report,
    WeightsFile,
)
from vectorstore import FingerprintMismatch, Generations, Snapshot

if TYPE_CHECKING:
    import numpy as np
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from numpy.typing import NDArray

    from rag.embedder import OnnxEmbedder, TokenVectors
    from rag.settings import Settings

__all__ = [
    "ARCTIC",
    "MINILM",
    "Embedder",
    "LazyEmbedder",
    "LazyMatcher",
    "Matcher",
    "OnnxModel",
    "as_embedder",
    "chosen_embedder",
    "matching",
    "mismatch",
    "other_length",
    "way_back",
]


class Embedder(Protocol):
    """Texts to unit vectors. Two embedders with one `fingerprint` give the same vectors."""

    @property
    def fingerprint(self) -> str:
        """Which vectors these are; known without loading anything."""

    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Unit vectors of passages, one row a text."""

    def embed_query(self, text: str) -> "NDArray[np.float32]":
        """The unit vector of a question, near those of the passages that answer it."""


class Matcher(Protocol):
    """What counts the tokens of texts and compares their words."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each text, special tokens left out and nothing cut."""

    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Unit vectors, one row a text."""

    def read(self, texts: Sequence[str]) -> "list[TokenVectors]":
        """A vector for every token of each text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxModel:
    """An embedding model that runs on this machine, as it has to be used.

    A text's vector is the mean of its tokens' or that of its first token ([CLS]); `query_prefix`
    stands before a question; what is over `max_tokens` is cut.
    """

    name: str
    weights: WeightsFile
    tokenizer: WeightsFile
    pooling: Literal["mean", "cls"]
    query_prefix: str = ""
    max_tokens: int

    @property
    def fingerprint(self) -> str:
        """Which vectors it gives."""
        return f"{self.name}-int8:{self.weights.sha256[:12]}:{self.pooling}"


MINILM = OnnxModel(
    name="all-MiniLM-L6-v2",
    weights=MINILM_MODEL,
    tokenizer=MINILM_TOKENIZER,
    pooling="mean",
    max_tokens=256,  # what it was trained to read
)
ARCTIC = OnnxModel(
    name="snowflake-arctic-embed-s",
    weights=ARCTIC_MODEL,
    tokenizer=ARCTIC_TOKENIZER,
    pooling="cls",
    query_prefix="Represent this sentence for searching relevant passages: ",
    max_tokens=512,
)


class LazyEmbedder:
    """An embedder that is loaded when it is first asked for vectors.

    Its fingerprint is known before: whether an archive is up to date is told without a model.
    """

    def __init__(self, fingerprint: str, load: Callable[[], Embedder]) -> None:
        self.fingerprint = fingerprint
        self._load = load
        self._loaded: Embedder | None = None
        self._lock = threading.Lock()

    def load(self) -> Embedder:
        """The embedder itself. Raises WeightsError or SettingsError where it cannot be had."""
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """As the embedder does."""
        return self.load().embed(texts)

    def embed_query(self, text: str) -> "NDArray[np.float32]":
        """As the embedder does."""
        return self.load().embed_query(text)


class LazyMatcher:
    """all-MiniLM-L6-v2, loaded when it is first asked. Raises WeightsError where it is not had."""

    def __init__(self, report: Report | None = None) -> None:
        self._report = report
        self._loaded: OnnxEmbedder | None = None

    def load(self) -> "OnnxEmbedder":
        """The model itself, one per process."""
        if self._loaded is None:
            from rag import embedder

            self._loaded = embedder.load_embedder(self._report)
        return self._loaded

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """As the model's tokenizer does."""
        return self.load().count_tokens(texts)

    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """As the model does."""
        return self.load().embed(texts)

    def read(self, texts: Sequence[str]) -> "list[TokenVectors]":
        """As the model does."""
        return self.load().read(texts)


def chosen_embedder(settings: "Settings", report: Report | None = None) -> LazyEmbedder:
    """The embedder that the settings name; nothing is loaded or asked yet."""
    from rag.settings import ON_A_SERVER

    name = settings.embedder
    if name == MINILM.name:
        return LazyEmbedder(MINILM.fingerprint, LazyMatcher(report).load)
    if name == ARCTIC.name:

        def load_arctic() -> Embedder:
            from rag.embedder import load_model

            return load_model(ARCTIC, report)

        return LazyEmbedder(ARCTIC.fingerprint, load_arctic)

    def connect() -> Embedder:
        from rag.openai_embedder import OpenAIEmbedder

        return OpenAIEmbedder(settings)

    return LazyEmbedder(f"{ON_A_SERVER}{name.removeprefix(ON_A_SERVER)}", connect)


def as_embedder(given: "Embedder | BaseEmbedding") -> Embedder:
    """An embedder of ours as it is; any other embedding of LlamaIndex's as one of ours."""
    if hasattr(given, "fingerprint"):
        return cast("Embedder", given)
    from rag.llama_embedder import LlamaIndexEmbedder

    return LlamaIndexEmbedder(given)


@contextmanager
def matching(generations: Generations, embedder: Embedder) -> Iterator[Snapshot]:
    """A snapshot whose vectors are those of the embedder in force. Raises FingerprintMismatch."""
    with generations.snapshot() as snapshot:
        built, wanted = snapshot.manifest.fingerprint.embedder, embedder.fingerprint
        if built != wanted:
            raise mismatch(generations.layout.home, built=built, wanted=wanted)
        yield snapshot


def mismatch(home: Path, *, built: str, wanted: str) -> FingerprintMismatch:
    """The error for an archive of one embedder's vectors where another is in force."""
    return FingerprintMismatch(
        f"{home} was built with the embedder {built} and this is {wanted};"
        f" {way_back(built)}, or ingest once more to rebuild it"
    )


def other_length(fingerprint: str) -> EmbeddingError:
    """The error for a vector of another length than those that its fingerprint gave before."""
    return EmbeddingError(
        f"{fingerprint} gives vectors of another length than those that the archive has of it, so"
        " it is another model under the same name; to go on with this one delete embeddings.db in"
        " the archive's folder and run python -m rag rebuild"
    )


def way_back(built: str) -> str:
    """How to have the embedder of a fingerprint again."""
    from rag.settings import ON_A_SERVER, OPENAI_MODELS

    for model in (MINILM, ARCTIC):
        if built == model.fingerprint:
            return f"set DOSSIER_EMBEDDER={model.name}"
    if built.startswith(ON_A_SERVER):
        name = built.removeprefix(ON_A_SERVER)
        return f"set DOSSIER_EMBEDDER={name if name in OPENAI_MODELS else built}"
    return "open it with the embedder that it was built with"
