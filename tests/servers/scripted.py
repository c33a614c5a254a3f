"""An OpenAI-compatible server that says what a test tells it to.

It is a first-class fake: real sockets, real HTTP framing, and the faults that servers and
the boxes in front of them really have, so that the code under test keeps its real client.

    with ScriptedServer() as server:
        server.queue(Status(429, "slow down", {"Retry-After": "0"}), Reply("Paris [1]."))
        ...  # point OPENAI_BASE_URL at server.base_url
        assert len(server.chats) == 2

Each POST /v1/chat/completions plays the next step of the queue. When the queue is empty the
default plays if one was given, else the last step again: a fault that was queued once holds
however often the client tries. GET /v1/models never takes a step.

In the text of a step `[2]` stands for the marker that the prompt has given its second passage, as a
model would repeat it; what names no passage of the prompt is sent as it is, and so is a Reply that
is `literal`.

POST /v1/responses plays the same steps in its own events, if the server has `responses`; else it is
404, as with most servers.

POST /v1/embeddings has a queue of its own (`queue_embeddings`) and by default gives vectors in
which texts that share words are near each other.
"""

import json
import random
import re
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, TypeAlias

__all__ = [
    "COMMENT",
    "Call",
    "CutShort",
    "Empty",
    "Garbage",
    "Reply",
    "Request",
    "ScriptError",
    "ScriptedServer",
    "Slow",
    "Stall",
    "Status",
    "Step",
    "Vectors",
    "labels_of",
    "prompt_of",
    "word_vector",
]

Json: TypeAlias = dict[str, Any]

_CHUNK = 4
"""Characters per chunk of a stream: about a token."""
_POLL_SECONDS = 0.02
_CLOSE_SECONDS = 10.0
_ALIVE_SECONDS = 0.1
COMMENT = b": ping\n\n"
"""The comment line by which servers and proxies keep a stream open."""
_BROKEN_EVENT = b'data: {"choices": [{"delta": {"content": "\xff\xfe\n\n'


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer. `chunks`, if given, are the pieces it is streamed in, as they are.

    `delay` is waited before each piece. `usage` is sent as the API does it: always in one
    piece, in a stream only if asked for; False is a server that counts nothing. A
    `finish_reason` of None is one that never says why it stopped.
    """

    text: str
    chunks: tuple[str, ...] | None = None
    finish_reason: str | None = "stop"
    usage: bool = True
    delay: float = 0
    literal: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """An error status with the API's error body, and any headers, such as Retry-After.

    `kind` is the error's code, by default the one that goes with the status, "" for none.
    """

    code: int
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class CutShort:
    """The first part of an answer, then the connection closes.

    By default nothing on the wire says that more was to come (the body ends where the
    connection does), which clients take for a normal end. With `broken` the body was
    announced in chunks and its last one is missing, which they can tell.
    """

    text: str
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Stall:
    """The first part of an answer, then silence for `seconds`, then a broken connection.

    With `alive` it is no silence: these bytes, which say nothing (COMMENT, or an event without a
    word), come all the while, so that a client which waits for a byte waits for ever.
    """

    text: str
    seconds: float
    alive: bytes = b""


@dataclass(frozen=True, slots=True)
class Slow:
    """Silence for `seconds`, before even the status line; then `then`."""

    seconds: float
    then: "Step" = Reply("Sorry to keep you waiting.")


@dataclass(frozen=True, slots=True)
class Garbage:
    """`text` as it should be, then bytes that are not an event, nor by default UTF-8."""

    data: bytes = _BROKEN_EVENT
    text: str = ""


@dataclass(frozen=True, slots=True)
class Empty:
    """Status 200 and no answer: a stop at once or, if `bare`, nothing at all, not one event."""

    bare: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """An answer made from the request's body, so that a scripted model can cite its prompt.

    A string is the text of a Reply; any other step is played as it is. What `fn` raises is
    a fault of the test: the client gets a 500, and the server raises ScriptError at its end.
    """

    fn: Callable[[Json], "str | Step"]


@dataclass(frozen=True, slots=True)
class Vectors:
    """The answer to a request for embeddings; what is no vector at all can be had by `fn`.

    `length` is that of each vector, `missing` how many of the last are left out, `backwards`
    whether they come in reverse, as the API allows; `same_index` numbers all of them 0. They are
    not normalised. `fn` makes one from a text instead.
    """

    length: int = 64
    missing: int = 0
    backwards: bool = False
    same_index: bool = False
    fn: Callable[[str], Any] | None = None


Step: TypeAlias = Reply | Vectors | Status | CutShort | Stall | Slow | Garbage | Empty | Call


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came; header names are in lower case.

    `client_left` is set when the client was gone before the answer was: a test of a stop
    button waits for it.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: Json
    client_left: threading.Event = field(default_factory=threading.Event, compare=False)


class ScriptError(AssertionError):
    """The script itself failed: a Call raised, or a handler met what it did not expect."""


class ScriptedServer:
    """The server, running for the length of a `with` block. Safe to use from any thread."""

    def __init__(
        self,
        *steps: Step,
        default: Step | None = None,
        models: Iterable[str] = ("scripted-model",),
        responses: bool = False,
    ) -> None:
        self.models = tuple(models)
        self.responses = responses
        self.stopping = threading.Event()
        self._default = default
        self._lock = threading.Lock()
        self._steps: deque[Step] = deque(steps)
        self._last: Step = Reply("OK.")
        self._embeddings: deque[Step] = deque()
        self._last_embeddings: Step = Vectors()
        self._requests: list[Request] = []
        self._faults: list[BaseException] = []
        self._http: _Http | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._http = _Http(self)
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(_POLL_SECONDS,), daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        if kind is None and self._faults:
            raise ScriptError(f"the script failed: {self._faults[0]!r}") from self._faults[0]

    @property
    def base_url(self) -> str:
        """What OPENAI_BASE_URL is to be set to."""
        if self._http is None:
            raise RuntimeError("the server runs only inside its with block")
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    @property
    def requests(self) -> list[Request]:
        """Every request so far, oldest first."""
        with self._lock:
            return list(self._requests)

    @property
    def chats(self) -> list[Request]:
        """The requests that asked for a completion."""
        return [r for r in self.requests if r.path == "/v1/chat/completions"]

    @property
    def structured(self) -> list[Request]:
        """The requests that asked for a response, whether or not the server has that."""
        return [r for r in self.requests if r.path == "/v1/responses"]

    @property
    def embeddings(self) -> list[Request]:
        """The requests that asked for embeddings."""
        return [r for r in self.requests if r.path == "/v1/embeddings"]

    @property
    def pending(self) -> int:
        """How many queued steps nobody has asked for yet."""
        with self._lock:
            return len(self._steps)

    def queue(self, *steps: Step) -> None:
        """Add steps after those that wait."""
        with self._lock:
            self._steps.extend(steps)

    def queue_embeddings(self, *steps: Step) -> None:
        """The same for requests for embeddings; the last one stays, as with completions."""
        with self._lock:
            self._embeddings.extend(steps)

    def reset(self) -> None:
        """Forget the steps, the last one too, and the requests: for a server tests share."""
        with self._lock:
            self._steps.clear()
            self._last = Reply("OK.")
            self._embeddings.clear()
            self._last_embeddings = Vectors()
            self._requests.clear()

    def close(self) -> None:
        """Stop at once, whatever the handlers are in the middle of."""
        self.stopping.set()
        if self._http is None or self._thread is None:
            return
        self._http.shutdown()
        self._http.server_close()
        self._http.hang_up()
        self._thread.join(_CLOSE_SECONDS)

    def next_step(self) -> Step:
        """For the handlers: the step to play now."""
        with self._lock:
            if self._steps:
                self._last = self._steps.popleft()
                return self._last
            return self._default or self._last

    def next_embeddings(self) -> Step:
        """For the handlers: the step to play for a request for embeddings."""
        with self._lock:
            if self._embeddings:
                self._last_embeddings = self._embeddings.popleft()
            return self._last_embeddings

    def record(self, request: Request) -> None:
        """For the handlers: keep a request."""
        with self._lock:
            self._requests.append(request)

    def fault(self, problem: BaseException) -> None:
        """For the handlers: keep a failure of the script, to be raised at the end."""
        with self._lock:
            self._faults.append(problem)


def prompt_of(body: Json) -> str:
    """All the text of a request's messages, joined by blank lines."""
    # Of embeddings the input is a list: texts, or numbers of tokens.
    texts = [body[name] for name in ("instructions", "input") if isinstance(body.get(name), str)]
    for message in body.get("messages", []):
        content = message.get("content") or ""
        parts = [{"text": content}] if isinstance(content, str) else content
        texts += [part["text"] for part in parts if part.get("text")]
    return "\n\n".join(texts)


def labels_of(body: Json) -> list[str]:
    """The markers, without brackets, of the passages that a request gives, in their order."""
    return re.findall(r"^\[([a-z]\d\d)\] ", prompt_of(body), re.MULTILINE)


def word_vector(text: str, length: int) -> list[float]:
    """A vector that is the sum of its words': texts that share words are near each other."""
    total = [0.0] * length
    for word in re.findall(r"\w+", text.lower()):
        draw = random.Random(word)
        total = [value + draw.gauss() for value in total]
    return total


class _GoneError(Exception):
    """The client has left, or the server is closing: there is nobody to answer."""


class _Http(ThreadingHTTPServer):
    """Knows its open connections, so that it can close without waiting for any of them."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, script: ScriptedServer) -> None:
        self.script = script
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        me = threading.current_thread()
        with self._lock:
            # After hang_up nobody would close this one.
            welcome = not self.script.stopping.is_set()
            if welcome:
                self._open[me] = request
        if not welcome:
            self.shutdown_request(request)
            return
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                del self._open[me]

    def hang_up(self) -> None:
        """Wake the handlers that read or write, and give all of them a moment to end."""
        with self._lock:
            still_open = dict(self._open)
        for connection in still_open.values():
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        deadline = time.monotonic() + _CLOSE_SECONDS
        for thread in still_open:
            thread.join(max(0.0, deadline - time.monotonic()))

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep the exception for the end of the test; the base class prints it."""
        problem = sys.exc_info()[1]
        if problem is not None and not isinstance(problem, ConnectionError):
            self.script.fault(problem)


class _Handler(BaseHTTPRequestHandler):
    """One connection. The methods below `do_POST` are in the order an answer is made in."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http

    _request: Request
    _chunked = False

    def log_message(self, *args: object) -> None:
        """Say nothing: standard error is the test runner's."""

    def do_GET(self) -> None:
        self._receive()
        if self.path == "/v1/models":
            names = self.server.script.models
            models = [{"id": name, "object": "model", "owned_by": "tests"} for name in names]
            self._send_json(HTTPStatus.OK, {"object": "list", "data": models})
        else:
            self._send_status(Status(404, f"no such path: {self.path}", kind=""))

    def do_POST(self) -> None:
        self._receive()
        script = self.server.script
        needs = {"/v1/chat/completions": "messages", "/v1/embeddings": "input"}
        if script.responses:
            needs["/v1/responses"] = "input"
        needed = needs.get(self.path)
        if not needed:
            self._send_status(Status(404, f"no such path: {self.path}", kind=""))
            return
        given = self._request.body.get(needed)
        if not given or (isinstance(given, list) and "" in given):
            self._send_status(Status(400, f"the body must be a JSON object with {needed}"))
            return
        embeds = self.path == "/v1/embeddings"
        try:
            self._play(script.next_embeddings() if embeds else script.next_step())
        except (_GoneError, ConnectionError):
            self.close_connection = True
            if not self.server.script.stopping.is_set():
                self._request.client_left.set()

    def _receive(self) -> None:
        """Read the whole body, even if it is not for us: the connection is used again."""
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(raw or b"{}")
        except ValueError:
            body = {}
        self._request = Request(
            method=self.command,
            path=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body if isinstance(body, dict) else {},
        )
        self.server.script.record(self._request)

    def _play(self, step: Step) -> None:
        match step:
            case Call():
                self._play(self._called(step))
            case Slow():
                self._wait(step.seconds)
                self._play(step.then)
            case Status():
                self._send_status(step)
            case Vectors():
                self._send_json(HTTPStatus.OK, self._vectors(step))
            case _ if self._request.body.get("stream"):
                self._play_stream(step)
            case _:
                self._play_whole(step)

    def _called(self, step: Call) -> Step:
        try:
            made = step.fn(self._request.body)
        except BaseException as problem:  # pytest.fail raises one that is no Exception
            self.server.script.fault(problem)
            return Status(500, f"the script failed: {problem!r}")
        return Reply(made) if isinstance(made, str) else made

    def _play_stream(self, step: Step) -> None:
        quiet_cut = isinstance(step, CutShort) and not step.broken
        self._start_stream(chunked=not quiet_cut)
        match step:
            case Reply() if self._by_response:
                self._send_text(step.text, step.chunks or self._pieces(step), step.delay)
                self._send_end(step)
                self._end_stream()
            case Reply():
                self._send_text(step.text, step.chunks or self._pieces(step), step.delay)
                self._send_event(self._chunk({}, step.finish_reason))
                options = self._request.body.get("stream_options") or {}
                if step.usage and options.get("include_usage"):
                    self._send_event(self._chunk(None, None) | {"usage": self._usage(step.text)})
                self._send_piece(b"data: [DONE]\n\n")
                self._end_stream()
            case CutShort():
                self._send_text(step.text)
                self.close_connection = True
            case Stall():
                self._send_text(step.text)
                self._say_nothing(step)
                self.close_connection = True
            case Garbage():
                self._send_text(step.text)
                self._send_piece(step.data)
                self._end_stream()
            case Empty():
                if not step.bare:
                    self._send_text("")
                    self._send_event(self._chunk({}, "stop"))
                    self._send_piece(b"data: [DONE]\n\n")
                self._end_stream()

    def _play_whole(self, step: Step) -> None:
        """The same faults for a client that did not ask for a stream."""
        match step:
            case Reply():
                self._wait(step.delay)
                self._send_json(HTTPStatus.OK, self._completion(step))
            case CutShort() | Stall():
                body = json.dumps(self._completion(Reply(step.text))).encode()
                announced = isinstance(step, Stall) or step.broken
                self._send_head(HTTPStatus.OK, len(body) if announced else None)
                self.wfile.write(body[: len(body) // 2])
                if isinstance(step, Stall):
                    self._wait(step.seconds)
                self.close_connection = True
            case Garbage():
                self._send_head(HTTPStatus.OK, len(step.data))
                self.wfile.write(step.data)
            case Empty():
                reply = self._completion(Reply(""))
                self._send_json(HTTPStatus.OK, reply | {"choices": []} if step.bare else reply)

    def _say_nothing(self, step: Stall) -> None:
        deadline = time.monotonic() + step.seconds
        while step.alive and time.monotonic() < deadline:
            self._wait(_ALIVE_SECONDS)
            self._send_piece(step.alive)
        self._wait(deadline - time.monotonic())

    def _wait(self, seconds: float) -> None:
        """Sleep, unless the client leaves or the server closes first: then raise _GoneError."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if self.server.script.stopping.wait(min(left, _POLL_SECONDS)) or self._client_left():
                raise _GoneError

    def _client_left(self) -> bool:
        try:
            return not self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False

    def _send_head(self, status: int, length: int | None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("x-request-id", "req_scripted")
        if length is None:
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def _send_json(self, status: int, body: Json) -> None:
        data = json.dumps(body, ensure_ascii=False).encode()
        self._send_head(status, len(data))
        self.wfile.write(data)

    def _send_status(self, step: Status) -> None:
        codes = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}
        error = {
            "message": step.message,
            "type": "invalid_request_error" if step.code < 500 else "server_error",
            "param": None,
            "code": codes.get(step.code) if step.kind is None else step.kind or None,
        }
        data = json.dumps({"error": error}).encode()
        self.send_response(step.code)
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(data)),
            "x-request-id": "req_scripted",
        }
        for name, value in (headers | dict(step.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _start_stream(self, *, chunked: bool) -> None:
        self._chunked = chunked
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("x-request-id", "req_scripted")
        self.send_header(*("Transfer-Encoding", "chunked") if chunked else ("Connection", "close"))
        self.end_headers()

    def _send_text(self, text: str, chunks: Iterable[str] | None = None, delay: float = 0) -> None:
        self._send_event(self._chunk({"role": "assistant", "content": ""}, None))
        for piece in self._pieces(Reply(text)) if chunks is None else chunks:
            self._wait(delay)
            if self._client_left():
                # The kernel takes a write or two more after that before it says so.
                raise _GoneError
            self._send_event(self._chunk({"content": piece}, None))

    def _pieces(self, step: Reply) -> list[str]:
        """A text as it is streamed, its markers those of the prompt."""
        text = step.text if step.literal else self._cited(step.text)
        return [text[i : i + _CHUNK] for i in range(0, len(text), _CHUNK)]

    def _cited(self, text: str) -> str:
        given = dict(enumerate(labels_of(self._request.body), 1))
        return re.sub(r"\[(\d+)\]", lambda found: f"[{given.get(int(found[1]), found[1])}]", text)

    @property
    def _by_response(self) -> bool:
        return self.path == "/v1/responses"

    def _send_end(self, step: Reply) -> None:
        """The last event of a response, which says how it ended."""
        whole = step.finish_reason == "stop"
        ends = {"length": "max_output_tokens"}
        why = ends.get(step.finish_reason or "", step.finish_reason)
        counts = self._usage(step.text)
        response = {
            "id": "resp_scripted",
            "object": "response",
            "status": "completed" if whole else "incomplete",
            "incomplete_details": None if whole else {"reason": why},
            "usage": {
                "input_tokens": counts["prompt_tokens"],
                "output_tokens": counts["completion_tokens"],
                "total_tokens": counts["total_tokens"],
            }
            if step.usage
            else None,
        }
        kind = "response.completed" if whole else "response.incomplete"
        self._send_event({"type": kind, "response": response})

    def _send_event(self, body: Json) -> None:
        if "type" in body:
            self._send_piece(f"event: {body['type']}\n".encode())
        # Not escaped to ASCII: real servers send UTF-8, and decoding it is the client's work.
        self._send_piece(b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\n\n")

    def _send_piece(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data) if self._chunked else data)

    def _end_stream(self) -> None:
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, delta: Json | None, finish_reason: str | None) -> Json:
        if self._by_response:
            place = {"item_id": "msg_scripted", "output_index": 0, "content_index": 0}
            words = (delta or {}).get("content", "")
            return {"type": "response.output_text.delta", "delta": words} | place
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return self._common("chat.completion.chunk") | {
            "choices": [] if delta is None else [choice]
        }

    def _completion(self, step: Reply) -> Json:
        text = step.text if step.literal else self._cited(step.text)
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": step.finish_reason}
        usage = {"usage": self._usage(step.text)} if step.usage else {}
        return self._common("chat.completion") | {"choices": [choice]} | usage

    def _common(self, kind: str) -> Json:
        model = self._request.body.get("model", "scripted-model")
        return {
            "id": "chatcmpl-scripted",
            "object": kind,
            "created": int(time.time()),
            "model": model,
        }

    def _vectors(self, step: Vectors) -> Json:
        given = self._request.body["input"]
        texts = [given] if isinstance(given, str) else list(given)
        make = step.fn or (lambda text: word_vector(text, step.length))
        kept = texts[: len(texts) - step.missing]
        data = [
            {
                "object": "embedding",
                "index": 0 if step.same_index else index,
                "embedding": make(one),
            }
            for index, one in enumerate(kept)
        ]
        tokens = sum(len(text.split()) for text in texts)
        return {
            "object": "list",
            "data": data[::-1] if step.backwards else data,
            "model": self._request.body.get("model", ""),
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }

    def _usage(self, text: str) -> Json:
        """Words for tokens: it is the presence of the numbers that matters."""
        prompt, answer = len(prompt_of(self._request.body).split()), len(text.split())
        return {
            "prompt_tokens": prompt,
            "completion_tokens": answer,
            "total_tokens": prompt + answer,
        }
