"""A real Chroma server for tests, that can be killed, held up and started again on its data."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

__all__ = ["ChromaProcess", "chroma_server"]

_START_LIMIT = 120.0
"""Seconds within which the server must answer."""


class ChromaProcess:
    """`chroma run` on a loopback port of its own, its data in a folder."""

    def __init__(self, data: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._data = data
        self._log = data.with_suffix(".log")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, or start it again; returns when it answers."""
        command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(self._data)]
        command += ["--host", "127.0.0.1", "--port", str(self.port)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + _START_LIMIT
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with urlopen(f"{self.url}/api/v2/heartbeat", timeout=1):
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"Chroma did not start:\n{self._log.read_text()[-2000:]}")

    def kill(self) -> None:
        """End it as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """Inside the block it takes connections and answers nothing."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._process.pid, signal.SIGCONT)


@contextmanager
def chroma_server(data: Path) -> Iterator[ChromaProcess]:
    """A running server; killed at the end."""
    server = ChromaProcess(data)
    server.start()
    try:
        yield server
    finally:
        server.kill()
