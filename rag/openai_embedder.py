"""Embeddings of OpenAI's, or of any server that speaks its protocol.

What the client library raises is turned into EmbeddingError here and nowhere else; a message never
holds the key, nor what the server said, which may repeat it.
"""

from collections.abc import Sequence

import numpy as np
import openai
from llama_index.core.bridge.pydantic import PrivateAttr
from numpy.typing import NDArray

from rag.errors import EmbeddingError, SettingsError
from rag.llama_embedder import ArrayEmbedding, unit_rows
from rag.llm import NO_KEY, OPENAI, shown_address
from rag.model_errors import reason
from rag.settings import ON_A_SERVER, OPENAI_MODELS, Settings

__all__ = ["OpenAIEmbedder"]

_BATCH = 32
"""Texts in a request: what the narrowest of the usual servers take."""
_LONGEST = 8000
"""Bytes of a text. A token has at least one, so that neither 8,192 tokens of a text nor the
300,000 of a request are ever exceeded, which would fail all of it; a passage has about 1,000."""
_RETRIES = 2
_RETRIES_ASKING = 1
"""A reader waits for it."""


class OpenAIEmbedder(ArrayEmbedding):
    """Texts to unit vectors by a server. Nothing is sent before the first text.

    Raises SettingsError where neither a key nor an address is set, and EmbeddingError.
    """

    _client: openai.OpenAI = PrivateAttr()
    _where: str = PrivateAttr()
    _length: int | None = PrivateAttr()

    def __init__(self, settings: Settings) -> None:
        name = settings.embedder.removeprefix(ON_A_SERVER)
        super().__init__(model_name=name, embed_batch_size=_BATCH)
        key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else ""
        if not key and not settings.openai_base_url:
            raise SettingsError(
                f"setting embedder: {settings.embedder} needs OPENAI_API_KEY, or in OPENAI_BASE_URL"
                " the address of a server that has it"
            )
        address = settings.openai_base_url or OPENAI
        self._client = openai.OpenAI(
            api_key=key or NO_KEY, base_url=address, timeout=settings.timeout
        )
        self._where = f"the embedding server at {shown_address(settings)}"
        self._length = OPENAI_MODELS.get(name)

    @classmethod
    def class_name(cls) -> str:
        """The name that LlamaIndex serialises."""
        return "OpenAIEmbedder"

    @property
    def fingerprint(self) -> str:
        """Which vectors these are. The address is no part of it: a server may move."""
        return f"{ON_A_SERVER}{self.model_name}"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, one row a text: shape (len(texts), what the model gives), float32."""
        if not texts:
            return np.zeros((0, self._length or 0), dtype=np.float32)
        parts = [texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH)]
        return np.concatenate([self._ask(part, retries=_RETRIES) for part in parts])

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """The unit vector of a question, embedded as a passage is."""
        vector: NDArray[np.float32] = self._ask([text], retries=_RETRIES_ASKING)[0]
        return vector

    def _ask(self, texts: Sequence[str], *, retries: int) -> NDArray[np.float32]:
        fitted = [text.encode()[:_LONGEST].decode(errors="ignore") for text in texts]
        try:
            # The retries are the client's own, and the only ones; it heeds Retry-After.
            found = self._client.with_options(max_retries=retries).embeddings.create(
                model=self.model_name, input=fitted, encoding_format="float"
            )
            listed = sorted((one.index, one.embedding) for one in found.data)
        except openai.OpenAIError as error:
            _, told = reason(error, where=self._where, name=self.model_name)
            raise EmbeddingError(told) from error
        except Exception as error:  # what is no JSON, or JSON of another shape
            raise EmbeddingError(f"{self._where} gave an answer that holds no vectors") from error
        if [index for index, _ in listed] != list(range(len(listed))):
            raise EmbeddingError(f"{self._where} gave vectors that are not numbered as the texts")
        units = unit_rows(
            [row for _, row in listed], count=len(texts), length=self._length, giver=self._where
        )
        self._length = units.shape[1]
        return units
