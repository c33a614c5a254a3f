"""Reading in a process of its own: it runs beside the embedding, and a bad file costs only itself.

    with ReadingProcess() as reading:
        for event in reading.read(paths, options=options, known=hashes):
            match event: ...

The child reads ahead as far as the pipe holds (a megabyte) and then waits: a table of any length
needs the memory of a few articles. It bounds its own memory and time by the system's means, which
hold inside a library's C code too; when it dies, the file that it was at has failed and a new one
takes over the rest. What it sends is unpickled into the values below and nothing else.
"""

import contextlib
import io
import os
import pickle
import signal
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import IO

from corpus.errors import CorpusError, ReadingFailed
from corpus.events import ArticleFailed, ArticleRead, FileDone, FileEvent, FileStarted
from corpus.raw import ReadOptions
from corpus.readers import open_file, parse, sha256_of

__all__ = ["ReadingProcess", "read_here"]

_PIPE = 1 << 20
_BATCH = 64
"""Events in one frame at most."""
_AHEAD = 4
"""Files that the child knows of beyond the one it is at; they fit the pipe that it reads."""
_PATIENCE = 1.0
"""Seconds that an article waits in the child for others to be sent with."""
_LENGTH = struct.Struct("<I")
_ROOT = Path(__file__).parents[1]

# By module: what an event is made of. Nothing else is built from what the child sends.
_VALUES = {
    "corpus.article": {"Article", "Removed", "TimeMention"},
    "corpus.events": {"ArticleFailed", "ArticleRead", "FileDone", "FileStarted"},
    "datetime": {"date", "datetime", "timedelta", "timezone"},
    "dateparser.timezone_parser": {"StaticTzInfo"},
    "pathlib": {"PosixPath", "WindowsPath"},
}
_Request = tuple[Path, str, ReadOptions]


def read_here(
    paths: Iterable[Path],
    *,
    options: ReadOptions | None = None,
    known: Mapping[Path, str] | None = None,
) -> Iterator[FileEvent]:
    """Read files in this process, for few and plain ones; `known` is the hash last seen of each."""
    for path in paths:
        yield from _read(path, (known or {}).get(path, ""), options or ReadOptions())


class ReadingProcess:
    """A process that reads files, as a context manager; it starts with the first file.

    `memory` bounds its address space in bytes (0: no bound), `seconds` the time from one article
    or file to the next; past either, the file fails and a new process goes on.
    """

    def __init__(self, *, memory: int = 4 << 30, seconds: int = 120) -> None:
        self._memory = memory
        self._seconds = seconds
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "ReadingProcess":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def read(
        self,
        paths: Iterable[Path],
        *,
        options: ReadOptions | None = None,
        known: Mapping[Path, str] | None = None,
    ) -> Iterator[FileEvent]:
        """The events of every path, in order; `known` is the hash last seen of each.

        One call at a time. A caller that leaves early ends the process.
        """
        options, known = options or ReadOptions(), known or {}
        to_send = ((path, known.get(path, ""), options) for path in paths)
        waiting: deque[_Request] = deque()  # sent, and not done
        started = False
        try:
            while True:
                for request in islice(to_send, 1 + _AHEAD - len(waiting)):
                    waiting.append(request)
                    self._send(request)
                if not waiting:
                    return
                events = self._receive()
                if events is None:
                    path, *_ = waiting.popleft()
                    if not started:
                        yield FileStarted(path)
                    yield FileDone(path=path, error=ReadingFailed(path, self._ended()))
                    started = False
                    for request in waiting:
                        self._send(request)
                    continue
                for event in events:
                    started = isinstance(event, FileStarted) or (
                        started and not isinstance(event, FileDone)
                    )
                    if isinstance(event, FileDone):
                        waiting.popleft()
                    yield event
        finally:
            if waiting:  # what the child still sends is nobody's
                self._stop()

    def _send(self, request: _Request) -> None:
        child = self._child or self._start()
        assert child.stdin
        with contextlib.suppress(BrokenPipeError):  # it died: `_receive` will tell
            _write(child.stdin, request)

    def _receive(self) -> list[FileEvent] | None:
        """The next frame; None where the child has died."""
        assert self._child
        assert self._child.stdout
        frame = _read_frame(self._child.stdout)
        if frame is None:
            return None
        try:
            events: list[FileEvent] = _Values(io.BytesIO(frame)).load()
        except Exception:  # noqa: BLE001  it sends what is no event: not to be believed any more
            self._child.terminate()
            return None
        return events

    def _start(self) -> subprocess.Popen[bytes]:
        # Not `-m`, and `-P`: a module in the folder that we stand in is not ours.
        script = f"from corpus.worker import _serve; _serve({self._memory}, {self._seconds})"
        paths = filter(None, (str(_ROOT), os.environ.get("PYTHONPATH")))
        self._child = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pipesize=_PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        return self._child

    def _ended(self) -> str:
        """Bury the child that died, and say why it did."""
        assert self._child
        status = self._child.wait()
        self._stop()
        if status == -signal.SIGALRM:
            return f"takes longer than {self._seconds} seconds; it was left"
        if status == -signal.SIGKILL:
            return "needs more memory than there is; it was left"
        return f"the process that read it ended ({_status(status)}); it may be damaged"

    def _stop(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        with contextlib.suppress(BrokenPipeError):
            child.communicate()  # closes the pipes and waits
        child.wait()


class _Values(pickle.Unpickler):
    """Builds the values of events and refuses every other name."""

    def find_class(self, module: str, name: str) -> object:
        if name in _VALUES.get(module, ()):
            return super().find_class(module, name)
        if module == "corpus.errors":
            found = super().find_class(module, name)
            ours = isinstance(found, type) and issubclass(found, CorpusError)
            if name == "_rebuilt" or ours:
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is no part of an event")


def _read(path: Path, known: str, options: ReadOptions) -> Iterator[FileEvent]:
    yield FileStarted(path)
    size = mtime_ns = 0
    sha256, unchanged, error = "", False, None
    try:
        with open_file(path, options=options) as stream:
            status = os.fstat(stream.fileno())
            size, mtime_ns = status.st_size, status.st_mtime_ns
            sha256 = sha256_of(stream)
            unchanged = sha256 == known
            items = iter(()) if unchanged else parse(stream, path=path, options=options)
            for item in items:
                if isinstance(item, CorpusError):
                    yield ArticleFailed(item)
                else:
                    yield ArticleRead(item)
    except CorpusError as wrong:
        error = wrong
    yield FileDone(
        path=path, size=size, mtime_ns=mtime_ns, sha256=sha256, unchanged=unchanged, error=error
    )


# -- The child -------------------------------------------------------------------------------------


def _serve(memory: int, seconds: int) -> None:
    """Read what is asked for on standard input until it ends."""
    requests = os.fdopen(os.dup(0), "rb")
    frames = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not write into the frames
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when we end
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # the system's: it kills, whatever runs
    _bound(memory)
    with contextlib.suppress(BrokenPipeError):
        while frame := _read_frame(requests):
            _answer(pickle.loads(frame), frames, seconds)  # noqa: S301  our parent's
    os._exit(0)


def _answer(request: _Request, frames: IO[bytes], seconds: int) -> None:
    path, known, options = request
    batch: list[FileEvent] = []
    sent = time.monotonic()
    signal.alarm(seconds)
    for event in _read(path, known, options):
        batch.append(event)
        late = time.monotonic() - sent > _PATIENCE
        if late or len(batch) >= _BATCH or isinstance(event, FileDone):
            signal.alarm(0)  # waiting for the parent is not the file's fault
            _write(frames, batch)
            batch, sent = [], time.monotonic()
            signal.alarm(seconds)
    signal.alarm(0)


def _bound(memory: int) -> None:
    if not memory:
        return
    with contextlib.suppress(ImportError, ValueError, OSError):  # not on every system
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


# -- Frames: a length of four bytes, then a pickle -------------------------------------------------


def _write(stream: IO[bytes], value: object) -> None:
    data = pickle.dumps(value, protocol=5)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def _read_frame(stream: IO[bytes]) -> bytes | None:
    """The bytes of the next frame; None at the end, be it in the middle of one."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    data = stream.read(length)
    return data if len(data) == length else None


def _status(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"status {status}"
