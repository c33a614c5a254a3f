"""The language model: OpenAI, or any server that speaks its protocol, and when it is asked again.

What the client libraries raise is turned into ModelError here and nowhere else. A message never
holds the key, nor what the server said, which may repeat it; so the library's error is not chained
to ours either.
"""

import logging
import math
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import openai
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.llms.llm import LLM
from llama_index.llms.openai_like import OpenAILike

from rag.earlier import count_tokens
from rag.errors import ModelError, ModelInterrupted
from rag.model_errors import pause_after, reason, too_long
from rag.patience import Patience
from rag.prompts import STRUCTURE
from rag.settings import Settings
from rag.types import Usage
from rag.withholding import Withholder

__all__ = ["NO_KEY", "OPENAI", "ModelStream", "open_model", "shown_address", "try_model"]

OPENAI = "https://api.openai.com/v1"
NO_KEY = "none"
"""Local servers want no key, but the client library insists on one."""
_PROTOCOL, _STRUCTURE = 50, 250
"""Tokens around the two messages, and of the structure asked for, counted generously."""
_NO_SUCH_API = (400, 404, 405, 501)
"""What servers answer that do not know the Responses API, or not the structure asked of it."""

_log = logging.getLogger("dossier.model")


def open_model(settings: Settings, *, http: openai.DefaultHttpxClient | None = None) -> LLM:
    """The model that the settings name. Nothing is sent yet. `http` is for its connections.

    It does not ask again of itself: LlamaIndex and the client each would, and multiply.
    """
    model: LLM = OpenAILike(
        model=settings.openai_model,
        api_base=settings.openai_base_url or OPENAI,
        api_key=_key(settings),
        context_window=settings.context_tokens,
        is_chat_model=True,
        max_tokens=settings.answer_tokens,
        temperature=0.0,
        timeout=settings.timeout,
        http_client=http,  # type: ignore[call-arg, unused-ignore]
        max_retries=0,
        additional_kwargs={"stream_options": {"include_usage": True}},
    )
    return model


class ModelStream:
    """One streamed reply: iterate it for text; afterwards `complete`, `finish_reason` and `usage`.

    With `structured` the answer is asked for as JSON where the setting `api` allows, and where the
    server has that. `requests` counts what was sent: one, another where the server is busy or
    failed before it began, and another where it has no Responses API. The setting `timeout` is for
    each word, `within` are seconds for all of it. Raises ModelUnreachable, ModelRefused
    (PromptTooLong) or ModelInterrupted. To stop reading hangs up. The key is in no word of it.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        system: str,
        user: str,
        structured: bool = False,
        retry: bool = True,
        within: float = math.inf,
    ) -> None:
        self._settings = settings
        self._system, self._user = system, user
        self._around = _PROTOCOL + (_STRUCTURE if structured else 0)
        self._responses = structured and _has_responses(settings)
        self._retry = retry
        self._within = within
        self._withholder = Withholder(_key(settings))
        self._patience = Patience(settings.timeout)
        self._began = False
        self._words: list[str] = []
        self._counted = Usage()
        self.requests = 0
        self.finish_reason = ""

    @property
    def complete(self) -> bool:
        """Whether the model ended of its own accord; a connection closed early looks no other."""
        return self.finish_reason == "stop"

    @property
    def most(self) -> Usage:
        """What it may use at most, as far as tiktoken can tell."""
        read = count_tokens(self._system) + count_tokens(self._user) + self._around
        return Usage(prompt_tokens=read, completion_tokens=self._settings.answer_tokens)

    @property
    def usage(self) -> Usage:
        """What it has used so far, also in the middle: counted here where the server has not.

        Nothing where the server was not there or refused: else it has read the prompt, and may
        want to be paid for it though not a word came.
        """
        if self._counted != Usage() or not self._patience.sent:
            return self._counted
        return replace(self.most, completion_tokens=count_tokens("".join(self._words)))

    def __iter__(self) -> Iterator[str]:
        problem, pause = yield from self._tried()
        if problem and pause is not None and self._retry:
            time.sleep(pause)
            problem, _ = yield from self._tried()
        if rest := self._withholder.end():
            yield rest
        if problem:
            raise problem  # outside of any `except`, so that no other error goes along

    def _tried(self) -> Generator[str, None, tuple[ModelError | None, float | None]]:
        """One try: our error where it failed, and the seconds after which another may help."""
        self._patience = Patience(self._settings.timeout, within=self._within)
        try:
            # A client of its own, closed at the end: the library's stream is part of a cycle of
            # references, so that its connection would stay open until the garbage is collected.
            with self._patience.client() as http:
                for word in self._either(http) if self._responses else self._chat(http):
                    if fit := self._withholder.feed(word):
                        yield fit
                    self._patience.renew()
        except Exception as error:  # noqa: BLE001  whatever the iterator raises, the reply is over
            if self.complete:  # only what follows the last word is missing
                return None, None
            if isinstance(error, openai.APIStatusError) or not (self._patience.over or self._began):
                self._patience.sent = False  # refused, or dropped without an answer
            # Without a word a reply has not broken off, it has not come.
            late = self._patience.over and not self._began
            where = f"the model server at {shown_address(self._settings)}"
            known = TimeoutError() if late else error
            ours, told = reason(known, where=where, name=self._settings.openai_model)
            request = getattr(error, "request_id", None)
            _log.debug("%s (%s, request %s)", told, type(error).__name__, request)
            return ours(told), None if self._began else pause_after(known)
        return None, None

    def _either(self, http: openai.DefaultHttpxClient) -> Iterator[str]:
        """By the Responses API; by chat where the server does not know it. "" is a thought."""
        try:
            yield from self._respond(http)
        except openai.APIStatusError as error:
            model_missing = getattr(error, "code", "") == "model_not_found"
            if error.status_code not in _NO_SUCH_API or model_missing or too_long(error):
                raise
            self._responses = False
        if not self._responses:
            yield from self._chat(http)

    def _chat(self, http: openai.DefaultHttpxClient) -> Iterator[str]:
        self.requests += 1
        messages = [
            ChatMessage(role=MessageRole.SYSTEM, content=self._system),
            ChatMessage(role=MessageRole.USER, content=self._user),
        ]
        for part in open_model(self._settings, http=http).stream_chat(messages):
            self._began = True
            choices = getattr(part.raw, "choices", None) or []
            if choices and choices[0].finish_reason:
                self.finish_reason = choices[0].finish_reason
            if usage := getattr(part.raw, "usage", None):
                self._used(usage.prompt_tokens, usage.completion_tokens)
            thought = part.additional_kwargs.get("thinking_delta", "")
            if part.delta or thought:
                self._words += [thought, part.delta or ""]
                yield part.delta or ""

    def _respond(self, http: openai.DefaultHttpxClient) -> Iterator[str]:
        settings = self._settings
        self.requests += 1
        form = {"type": "json_schema", "name": "answer", "schema": STRUCTURE, "strict": True}
        client = openai.OpenAI(
            api_key=_key(settings),
            base_url=settings.openai_base_url or OPENAI,
            timeout=settings.timeout,
            max_retries=0,
            http_client=http,
        )
        request: dict[str, Any] = {
            "model": settings.openai_model,
            "instructions": self._system,
            "input": self._user,
            "text": {"format": form},
            "max_output_tokens": settings.answer_tokens,
            "store": False,  # nothing is to be kept by the server
            "stream": True,
        }
        # No temperature: reasoning models refuse it.
        with client.responses.create(**request) as events:
            for event in events:
                self._began = True
                yield from self._heard(event)

    def _heard(self, event: Any) -> Iterator[str]:
        """The text of an event of the Responses API, "" for a thought; notes what it says of the
        end."""
        match event.type:
            case "response.output_text.delta":
                self._words.append(event.delta)
                yield event.delta
            case "response.reasoning_text.delta" | "response.reasoning_summary_text.delta":
                self._words.append(event.delta)
                yield ""
            case "response.completed" | "response.incomplete":
                if event.response.usage:
                    usage = event.response.usage
                    self._used(usage.input_tokens, usage.output_tokens)
                ends = {"max_output_tokens": "length"}
                details = event.response.incomplete_details
                why = (details and details.reason) or "unknown"
                completed = event.type == "response.completed"
                self.finish_reason = "stop" if completed else ends.get(why, why)
            case "response.failed" | "error":
                raise ModelInterrupted("the server said that it failed")

    def _used(self, read: int | None, written: int | None) -> None:
        self._counted = Usage(prompt_tokens=read or 0, completion_tokens=written or 0)


def try_model(settings: Settings, *, timeout: float = 20.0) -> float:
    """Ask the model for a word; the seconds until its first. Raises ModelError.

    No article goes with it.
    """
    small = settings.model_copy(
        update={"answer_tokens": 16, "timeout": min(timeout, settings.timeout)}
    )
    began = time.monotonic()
    for _ in ModelStream(small, system="Answer in one word.", user="Say: ready", retry=False):
        return time.monotonic() - began
    raise ModelInterrupted(f"the model server at {shown_address(settings)} answered without a word")


def shown_address(settings: Settings) -> str:
    """The server's address without the name and password that may stand in it."""
    try:
        parts = urlsplit(settings.openai_base_url or OPENAI)
    except ValueError:
        return "an address that is none"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _has_responses(settings: Settings) -> bool:
    """Whether to try the Responses API: by the setting, else at OpenAI's own address alone."""
    if settings.api != "auto":
        return settings.api == "responses"
    try:
        return urlsplit(settings.openai_base_url or OPENAI).hostname == urlsplit(OPENAI).hostname
    except ValueError:
        return False


def _key(settings: Settings) -> str:
    key = settings.openai_api_key
    return (key.get_secret_value() if key else "") or NO_KEY
