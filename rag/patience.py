"""How long a model's server is waited for: until a word comes, not until a byte does.

The client library counts its timeout anew with every byte, and a server, or a proxy before it, that
keeps a stream open (comment lines, events without a word) sends bytes for ever. So each time that
bytes are read, no more is waited for them than is left until our own deadline.
"""

import math
import time
from typing import Any

import openai

__all__ = ["Patience"]

_OPENED = ("connect_tcp.complete", "connect_unix_socket.complete", "start_tls.complete")
"""Steps of the transport after which there is a stream to read from, given with them."""
_SENT = "send_request_body.complete"


class Patience:
    """A deadline for what is read over `client`: `seconds` from the request or the last `renew`.

    `within` are those for all of it, which nothing renews. Reading later than that raises a
    timeout of the transport or TimeoutError, and `over` is true. Writing and connecting have the
    client's own timeout. One thread reads.
    """

    def __init__(self, seconds: float, *, within: float = math.inf) -> None:
        self._seconds = seconds
        self._last = time.monotonic() + within
        self.over = False
        self.sent = False
        """Whether the server has the whole request."""
        self.renew()

    def renew(self) -> None:
        """Begin to wait anew."""
        self._until = min(time.monotonic() + self._seconds, self._last)

    def client(self) -> openai.DefaultHttpxClient:
        """What makes the connections."""
        hooks = {"request": [self._follow]}
        return openai.DefaultHttpxClient(timeout=self._seconds, event_hooks=hooks)

    def _follow(self, request: Any) -> None:
        request.extensions["trace"] = self._traced

    def _traced(self, step: str, info: Any) -> None:
        if step.endswith(_OPENED):
            self._bound(info["return_value"])
        elif step.endswith(_SENT):
            self.sent = True
            self.renew()

    def _bound(self, stream: Any) -> None:
        """Let the stream wait for no byte longer than there is time for a word."""
        plain = stream.read

        def read(size: int, timeout: float | None = None) -> bytes:
            left = self._until - time.monotonic()
            if left <= 0:
                self.over = True
                raise TimeoutError
            try:
                got: bytes = plain(size, left if timeout is None else min(left, timeout))
            except Exception:
                self.over = time.monotonic() >= self._until
                raise
            return got

        stream.read = read
