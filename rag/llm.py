"""The language model: OpenAI, or any server that speaks its chat protocol, through LlamaIndex.

What the client libraries raise is turned into ModelError here and nowhere else; a message never
holds the key.
"""

import time
from collections.abc import Iterator
from typing import Any

import openai
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.llms.llm import LLM
from llama_index.llms.openai_like import OpenAILike

from rag.errors import ModelError, ModelInterrupted, ModelRefused, ModelUnreachable
from rag.settings import Settings
from rag.types import Usage

__all__ = ["NO_KEY", "OPENAI", "ModelStream", "open_model", "reason", "translate", "try_model"]

OPENAI = "https://api.openai.com/v1"
NO_KEY = "none"
"""Local servers want no key, but the client library insists on one."""


def open_model(settings: Settings, *, http: openai.DefaultHttpxClient | None = None) -> LLM:
    """The model that the settings name. Nothing is sent yet. `http` is for its connections."""
    key = settings.openai_api_key
    model: LLM = OpenAILike(
        model=settings.openai_model,
        api_base=settings.openai_base_url or OPENAI,
        api_key=(key.get_secret_value() if key else "") or NO_KEY,
        context_window=settings.context_tokens,
        is_chat_model=True,
        max_tokens=settings.answer_tokens,
        temperature=0.0,
        timeout=settings.timeout,
        http_client=http,  # type: ignore[call-arg, unused-ignore]
        max_retries=1,  # LlamaIndex and the client each retry: their numbers multiply
        additional_kwargs={"stream_options": {"include_usage": True}},
    )
    return model


class ModelStream:
    """One streamed reply: iterate it for text; afterwards `complete`, `finish_reason` and `usage`.

    Raises ModelUnreachable, ModelRefused or ModelInterrupted. To stop reading hangs up.
    """

    def __init__(self, settings: Settings, *, system: str, user: str) -> None:
        self._settings = settings
        self._messages = [
            ChatMessage(role=MessageRole.SYSTEM, content=system),
            ChatMessage(role=MessageRole.USER, content=user),
        ]
        self.finish_reason = ""
        self.usage = Usage()

    @property
    def complete(self) -> bool:
        """Whether the model ended of its own accord; a connection closed early looks no other."""
        return self.finish_reason == "stop"

    def __iter__(self) -> Iterator[str]:
        # A client of its own, closed at the end: the library's stream is part of a cycle of
        # references, so that its connection would stay open until the garbage is collected.
        with openai.DefaultHttpxClient(timeout=self._settings.timeout) as http:
            model = open_model(self._settings, http=http)
            try:
                for part in model.stream_chat(self._messages):
                    self._note(part.raw)
                    if part.delta:
                        yield part.delta
            except Exception as error:
                raise translate(error, model) from error

    def _note(self, raw: Any) -> None:
        """Keep what a chunk says of its end and of the tokens used."""
        choices = getattr(raw, "choices", None) or []
        if choices and choices[0].finish_reason:
            self.finish_reason = choices[0].finish_reason
        if usage := getattr(raw, "usage", None):
            self.usage = Usage(
                prompt_tokens=usage.prompt_tokens or 0,
                completion_tokens=usage.completion_tokens or 0,
            )


def try_model(settings: Settings, *, timeout: float = 20.0) -> float:
    """Ask the model for a word; the seconds until its first. Raises ModelError.

    No article goes with it.
    """
    small = settings.model_copy(
        update={"answer_tokens": 16, "timeout": min(timeout, settings.timeout)}
    )
    began = time.monotonic()
    for _ in ModelStream(small, system="Answer in one word.", user="Say: ready"):
        return time.monotonic() - began
    where = f"the model server at {settings.openai_base_url or OPENAI}"
    raise ModelInterrupted(f"{where} answered without a word")


def translate(error: Exception, model: LLM) -> ModelError:
    """Our error for one of the client libraries', in one line that a reader understands."""
    if isinstance(error, ModelError):
        return error
    where = f"the model server at {getattr(model, 'api_base', None) or OPENAI}"
    ours, told = reason(error, where=where, name=getattr(model, "model", ""))
    return ours(told)


def reason(error: Exception, *, where: str, name: str) -> tuple[type[ModelError], str]:
    """The kind of a client library's error, and a line about it that opens with the server."""
    for kind, ours, what in _TRANSLATIONS:
        if isinstance(error, kind):
            status = getattr(error, "status_code", "")
            return ours, what.format(where=where, name=name, status=status)
    # Whatever else comes out of the iterator (a stall raises the transport's own error, bad bytes
    # a decoder's) means that the reply broke off.
    return ModelInterrupted, f"the reply of {where} broke off"


_TRANSLATIONS: tuple[tuple[type[Exception], type[ModelError], str], ...] = (
    # A timeout is a connection error too, and every refusal a status error: the narrow ones first.
    (openai.APITimeoutError, ModelUnreachable, "{where} did not answer in time"),
    (openai.APIConnectionError, ModelUnreachable, "{where} cannot be reached"),
    (openai.AuthenticationError, ModelRefused, "{where} refused the key"),
    (openai.PermissionDeniedError, ModelRefused, "{where} refused the key"),
    (openai.NotFoundError, ModelRefused, "{where} has no model {name}"),
    (openai.RateLimitError, ModelRefused, "{where} is over its limit; try again later"),
    (openai.APIStatusError, ModelRefused, "{where} failed (status {status})"),
)
