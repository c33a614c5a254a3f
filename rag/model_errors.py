"""What the client library's errors mean: our error in one line, and whether to ask once more.

A message never holds the key, nor what the server said, which may repeat it.
"""

import email.utils
import math
import re
import time
from collections.abc import Callable
from typing import Any

import openai

from rag.errors import (
    ModelError,
    ModelInterrupted,
    ModelRefused,
    ModelUnreachable,
    PromptTooLong,
)

__all__ = ["pause_after", "reason", "too_long"]

_LONGEST_WAIT = 4.0
"""Seconds that a server may ask us to wait: a reader waits too, and could have the quotes."""
_PAUSE = 0.5
"""Seconds where it does not say how long."""
_FINAL = ("insufficient_quota", "billing_hard_limit_reached")
"""What no waiting helps against."""
_TOO_LONG = re.compile(
    r"context_length_exceeded|exceed_context_size|context (?:length|window|size)"
    r"|prompt is too long|too many (?:input )?tokens",
    re.IGNORECASE,
)


def reason(error: Exception, *, where: str, name: str) -> tuple[type[ModelError], str]:
    """The kind of a client library's error, and a line about it that opens with the server."""
    if isinstance(error, openai.BadRequestError) and too_long(error):
        return PromptTooLong, f"{where} says that the passages are too long for its model"
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
    (TimeoutError, ModelUnreachable, "{where} did not answer in time"),
    (openai.APIConnectionError, ModelUnreachable, "{where} cannot be reached"),
    (openai.AuthenticationError, ModelRefused, "{where} refused the key"),
    (openai.PermissionDeniedError, ModelRefused, "{where} refused the key"),
    (openai.NotFoundError, ModelRefused, "{where} has no model {name}"),
    (openai.RateLimitError, ModelRefused, "{where} is over its limit; try again later"),
    (openai.APIStatusError, ModelRefused, "{where} failed (status {status})"),
)


def pause_after(error: Exception) -> float | None:
    """Seconds after which to ask once more; None where that is of no use, or too long to wait.

    A timeout is not tried again: it would double the wait.
    """
    if isinstance(error, openai.APITimeoutError) or getattr(error, "code", "") in _FINAL:
        return None
    if isinstance(error, openai.APIConnectionError):
        return _PAUSE
    if not isinstance(error, openai.RateLimitError | openai.InternalServerError):
        return None
    asked = _retry_after(error.response.headers)
    pause = _PAUSE if asked is None else max(asked, 0.0)
    return pause if pause <= _LONGEST_WAIT else None


def _retry_after(headers: Any) -> float | None:
    """What Retry-After says, in seconds: a number or a date; None where it says nothing."""
    plain: tuple[tuple[str, Callable[[str], float]], ...] = (
        ("retry-after-ms", lambda value: float(value) / 1000),
        ("retry-after", float),
        (
            "retry-after",
            lambda value: email.utils.parsedate_to_datetime(value).timestamp() - time.time(),
        ),
    )
    for name, read in plain:
        try:
            seconds = read(headers[name])
        except (KeyError, ValueError, OverflowError):
            continue
        if math.isfinite(seconds):
            return seconds
    return None


def too_long(error: openai.APIStatusError) -> bool:
    """Whether a refusal means that the prompt is longer than the model's context."""
    said = (getattr(error, "code", ""), getattr(error, "type", ""), error.message)
    return any(_TOO_LONG.search(str(text)) for text in said)
