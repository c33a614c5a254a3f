"""The web page in a real browser: `python -m benchmarks.page`, `--write` into docs/benchmarks.md.

Starts the page on an archive of the demo corpus, with no language model, and measures in headless
Chromium: the first paint and the time until a question can be asked, on a server that was just
started and on a later visit; answers; clicks on citations. Then users of their own browser contexts
ask, click and change pages for some minutes, and it counts what was lost, what went wrong and the
server's memory. Needs the developers' requirements and a Chromium.
"""

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks._measure import (
    DISTURBED,
    ROOT,
    environment,
    family,
    machine,
    machine_busy,
    percentile,
    table,
    write,
)
from benchmarks.load import processor, until_it_answers
from rag import Archive, Settings

FIRST_PAINT, USABLE, CITATION = 2.0, 6.0, 0.3
"""The aims, in seconds."""
GROWTH = 0.1
"""The share by which memory may grow, once the models are loaded, and still be called stable."""
_LOADED = 0.3
"""The share of a run after which the models are loaded for sure."""


# -- What is measured ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Visits:
    """Seconds, a value for each time. Of the first visit and question to a server just started:

    `started` from the start of its process until it answers, `painted` and `usable` from the first
    request until something is drawn and until the question can be typed, `first_answer` from
    Enter to the finished answer. Of a browser that was here before: `again_painted`,
    `again_usable`, `answers`, and `citations` from the click until the quote is in the page.
    """

    started: list[float]
    painted: list[float]
    usable: list[float]
    first_answer: list[float]
    again_painted: list[float]
    again_usable: list[float]
    answers: list[float]
    citations: list[float]


@dataclass(frozen=True, slots=True)
class Crowd:
    """What became of the questions of all users: counts, seconds, faults as lines of text.

    `memory` holds (seconds since the start, bytes) of the server's process.
    """

    users: int
    seconds: float
    asked: int
    finished: int
    lost: list[str]
    page_faults: list[str]
    log_faults: list[str]
    answers: list[float]
    citations: list[float]
    searches: int
    reloads: int
    memory: list[tuple[float, int]]


@dataclass(frozen=True, slots=True)
class Shown:
    """An exchange as it stands on the page: its text, and whether its answer is complete."""

    text: str
    done: bool


def lost(asked: Sequence[str], shown: Sequence[Shown]) -> list[str]:
    """The questions that have no whole answer on the page, in the order of asking."""
    left = list(shown)
    missing = []
    for question in asked:
        words = _bare(question)
        found = next((one for one in left if words in _bare(one.text) and _whole(one)), None)
        if found:
            left.remove(found)
        else:
            missing.append(question)
    return missing


def _whole(one: Shown) -> bool:
    broken = ("Broken off: the server", "This was not answered", "it met a fault of its own")
    return one.done and not any(words.lower() in one.text.lower() for words in broken)


def _bare(text: str) -> str:
    """The words, without the joiners that have no width."""
    return " ".join(text.replace("\u2060", "").replace("\u00a0", " ").split())


def log_faults(log: str) -> list[str]:
    """What a server's log says went wrong: the last line of each traceback, and errors."""
    faults, inside = [], False
    for line in log.splitlines():
        if line.strip().startswith("Traceback (most recent call last)"):
            inside = True
        elif inside:
            if line.strip() and not line[0].isspace():
                faults.append(line.strip()[:200])
                inside = False
        elif "ERROR" in line or "CRITICAL" in line:
            faults.append(line.strip()[:200])
    return faults


def growth(memory: Sequence[tuple[float, int]]) -> float:
    """By what share memory is higher at the end than it was once the models were loaded."""
    end = memory[-1][0]
    early = next(taken for at, taken in memory if at >= end * _LOADED)
    return memory[-1][1] / early - 1


# -- The page's server -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Server:
    """A running page: address, process, the seconds that its start took, and its log."""

    address: str
    pid: int
    started: float
    log: Path


@contextmanager
def serving(home: Path, place: Path) -> Iterator[Server]:
    """The page on the archive at `home`, as users start it; its log is kept in `place`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address, log = f"http://127.0.0.1:{port}", place / f"server-{port}.log"
    kept = {k: v for k, v in environment().items() if not k.startswith("STREAMLIT_")}
    if cache := os.environ.get("DOSSIER_CACHE"):
        kept["DOSSIER_CACHE"] = cache
    # A developer's own .env must not bring a model in.
    given = {"DOSSIER_LLM": "off", "DOSSIER_HOME": str(home)}
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    began = time.perf_counter()
    with (
        log.open("wb") as out,
        subprocess.Popen(
            command, cwd=ROOT, env={**kept, **given}, stdout=out, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            until_it_answers(f"{address}/_stcore/health")
            yield Server(address, process.pid, time.perf_counter() - began, log)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


# -- The section -----------------------------------------------------------------------------------


def section(visits: Visits, crowd: Crowd, *, others: float, load: tuple[float, float]) -> str:
    """Both as a section of the page; `load` is the load average before and after."""
    said = (
        "The demo corpus, no language model; the server, headless Chromium and the script that"
        " drives it share one machine. Times are taken inside the page. A first visit is by a new"
        " browser to a server that was just started; a later one by the same browser. A citation is"
        " open when its quote stands in the page, an answer is finished when it can be copied. The"
        f" figures of first visits are medians of {len(visits.painted)} (least to most)."
    )
    parts = [
        "## The page",
        "    python -m benchmarks.page --write    # five minutes; the developers' environment",
        said,
        f"{machine(['streamlit', 'playwright'])}. {_disturbance(others, load)}",
        table(("", "seconds", "aim"), _rows(visits)),
        _crowd_said(crowd),
        table(("", f"{crowd.users} users", "aim"), _crowd_rows(crowd)),
        f"Memory of the server, MB: {_memory(crowd.memory)}.",
    ]
    return "\n\n".join(parts)


def _disturbance(others: float, load: tuple[float, float]) -> str:
    told = (
        f"Other programs had {others:.0%} of the processor meanwhile (load average {load[0]:.1f}"
        f" before, {load[1]:.1f} after)"
    )
    if others <= DISTURBED:
        return f"{told}."
    return f"{told}: these times are upper bounds, and a quiet machine does better."


def _rows(visits: Visits) -> list[tuple[str, str, str]]:
    ready = [sum(pair) for pair in zip(visits.started, visits.usable, strict=True)]
    return [
        ("start of the server, until it answers", _median(visits.started), ""),
        ("first visit: first paint", *_aimed(visits.painted, FIRST_PAINT)),
        ("first visit: the question can be typed", *_aimed(visits.usable, USABLE)),
        ("the same, from the start of the server", *_aimed(ready, USABLE)),
        ("first question, models not loaded yet", _median(visits.first_answer), ""),
        ("later visit: first paint", *_aimed(visits.again_painted, FIRST_PAINT)),
        ("later visit: the question can be typed", *_aimed(visits.again_usable, USABLE)),
        (f"later questions ({len(visits.answers)}), p50 / p95", _tail(visits.answers), ""),
        (
            f"click on a citation ({len(visits.citations)}), p50 / p95",
            _tail(visits.citations),
            _verdict(statistics.median(visits.citations), CITATION),
        ),
    ]


def _crowd_said(crowd: Crowd) -> str:
    return (
        f"Then {crowd.users} users, each in a browser context of its own, for {crowd.seconds:g}"
        " seconds on a server that has answered one question: they ask questions of the golden set,"
        " each in an order of their own, some leaving for the search page meanwhile; open a"
        " citation; search and come back; reload; begin a new conversation after four questions."
        " A pause of one to three seconds stands between two steps. A question is lost if no whole"
        " answer came within a minute, or if none is there after a reload."
    )


def _crowd_rows(crowd: Crowd) -> list[tuple[str, str, str]]:
    share = growth(crowd.memory)
    faults = len(crowd.page_faults) + len(crowd.log_faults)
    return [
        ("questions asked", str(crowd.asked), ""),
        ("answers finished", str(crowd.finished), ""),
        ("questions lost", str(len(crowd.lost)), f"0: {'missed' if crowd.lost else 'met'}"),
        (
            "errors on the page / in the log",
            f"{len(crowd.page_faults)} / {len(crowd.log_faults)}",
            f"0: {'missed' if faults else 'met'}",
        ),
        ("citations opened", str(len(crowd.citations)), ""),
        ("searches / reloads", f"{crowd.searches} / {crowd.reloads}", ""),
        (
            f"answer, waited for ({len(crowd.answers)}), p50 / p95, seconds",
            _tail(crowd.answers),
            "",
        ),
        ("citation, p50 / p95, seconds", _tail(crowd.citations), ""),
        (
            "growth of the server's memory once the models are loaded",
            f"{share:+.1%}",
            f"under {GROWTH:.0%}: {'met' if share < GROWTH else 'missed'}",
        ),
    ]


def _median(seconds: Sequence[float]) -> str:
    low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def _aimed(seconds: Sequence[float], aim: float) -> tuple[str, str]:
    return _median(seconds), _verdict(statistics.median(seconds), aim)


def _verdict(seconds: float, aim: float) -> str:
    return f"under {aim:g}: {'met' if seconds < aim else 'missed'}"


def _tail(seconds: Sequence[float]) -> str:
    if not seconds:
        return "none"
    return f"{percentile(seconds, 0.5):.2f} / {percentile(seconds, 0.95):.2f}"


def _memory(memory: Sequence[tuple[float, int]]) -> str:
    said = [f"{taken / 1e6:.0f} after {at:.0f} s" for at, taken in memory[1:]]
    return ", ".join([f"{memory[0][1] / 1e6:.0f} at the start", *said])


# -- All of it -------------------------------------------------------------------------------------


def main() -> None:
    """Measure, print, write; status 1 where an answer was lost or something went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=120.0, help="that the users stay")
    parser.add_argument("--starts", type=int, default=3, help="of the server")
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    given = parser.parse_args()
    from benchmarks.page_browser import stay, visit

    before, busy, began = os.getloadavg()[0], machine_busy(), time.perf_counter()
    already, own = processor(os.getpid()), _Own()
    own.start()
    with tempfile.TemporaryDirectory(prefix="dossier-page-") as temporary:
        place = Path(temporary)
        home = place / "home"
        chosen: dict[str, Any] = {"home": home, "llm": "off"}
        with Archive.open(settings=Settings(_env_file=None, **chosen)) as archive:
            archive.ingest(ROOT / "corpus" / "sample")
        visits = asyncio.run(visit(home, place, starts=given.starts))
        crowd = asyncio.run(stay(home, place, users=given.users, seconds=given.seconds))
    seconds = time.perf_counter() - began
    used = own.stop() - already
    others = (machine_busy() - busy - used) / seconds / (os.cpu_count() or 1)
    told = section(visits, crowd, others=max(others, 0.0), load=(before, os.getloadavg()[0]))
    print(told)
    if given.write:
        write("page", told)
    if wrong := [*crowd.lost, *crowd.page_faults, *crowd.log_faults]:
        sys.exit("\n".join([f"{len(wrong)} lost or wrong:", *wrong]))


class _Own(threading.Thread):
    """Adds up the processor seconds of this process and all below it, those that ended too."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._used: dict[int, float] = {}
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(1.0):
            self._look()

    def stop(self) -> float:
        """The seconds so far."""
        self._over.set()
        self.join()
        self._look()
        return sum(self._used.values())

    def _look(self) -> None:
        for pid in family(os.getpid()):
            with suppress(OSError):
                self._used[pid] = processor(pid)


if __name__ == "__main__":
    main()
