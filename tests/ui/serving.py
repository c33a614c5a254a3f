"""The real page for tests and pictures: an archive, the server as a process, a browser."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[2]
START_LIMIT = 120.0
"""Seconds within which the server must answer."""

_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """The system's Chromium, if there is one."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=_QUIET)
        yield running
        running.close()


@contextmanager
def serving(
    home: Path, *, log: Path, secrets: Path | None = None, **settings: str
) -> Iterator[str]:
    """The address of a page that serves the archive at `home`; more settings by their names.

    `secrets` stands for .streamlit/secrets.toml; a developer's own is never read.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DOSSIER_", "OPENAI_", "STREAMLIT_")) or name == "DOSSIER_CACHE"
    }
    # A developer's own .env must not bring a model in.
    given = {"DOSSIER_LLM": "off"}
    for name, value in settings.items():
        prefix = "" if name.startswith("openai_") else "DOSSIER_"
        given[f"{prefix}{name.upper()}"] = value
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    command += ["--secrets.files", str(secrets or log.with_name("no-secrets.toml"))]
    with (
        log.open("wb") as out,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env={**kept, **given, "DOSSIER_HOME": str(home)},
            stdout=out,
            stderr=subprocess.STDOUT,
        ) as server,
    ):
        try:
            _wait_for(server, f"{address}/_stcore/health", log)
            yield address
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()


def _wait_for(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urlopen(address, timeout=1):
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise AssertionError(f"the page's server did not start:\n{log.read_text()[-2000:]}")
