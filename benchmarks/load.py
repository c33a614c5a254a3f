"""Ten users at a time: `python -m benchmarks.load`, with `--write` into docs/benchmarks.md.

Application processes share one archive and a writer adds an article every so often, with the
vectors in the archive's folder and then on a Chroma server. Users search and ask in turn, with no
language model, each question of the golden set as often as time allows.
"""

import argparse
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from benchmarks._measure import ROOT, machine, machine_busy, percentile, table, worker, write
from rag import Archive, Settings

Task = dict[str, Any]
_EVERY = 20.0
"""Seconds between two articles that are added."""
_START = 180.0
"""Seconds within which all processes must be ready."""
_FIRST = 0.25
"""The share of a run after which memory is looked at, to be held against its end."""


# -- In a process of its own ---------------------------------------------------------------------


def use(task: Task) -> Task:
    """Some users, a thread each, until time is up."""
    took: dict[str, list[float]] = {"search": [], "ask": []}
    errors: list[str] = []
    seen: set[str] = set()
    memory: list[int] = []
    with _opened(task) as archive:
        archive.search(task["questions"][0])
        archive.ask(task["questions"][0])
        end = _wait(task) + task["seconds"]

        def user(number: int) -> None:
            drawn = random.Random(number)  # each in an order of their own, the same every run
            while True:
                for question in drawn.sample(task["questions"], len(task["questions"])):
                    for kind, seconds in took.items():
                        began = time.perf_counter()
                        try:
                            if kind == "search":
                                archive.search(question)
                            else:
                                seen.add(archive.ask(question).index_version.split()[0])
                        except Exception as error:  # noqa: BLE001  all are counted
                            errors.append(f"{type(error).__name__}: {error}"[:200])
                        if time.monotonic() > end:
                            return
                        seconds.append(time.perf_counter() - began)

        threads = [threading.Thread(target=user, args=(number,)) for number in task["users"]]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            memory.append(resident(os.getpid()))
            time.sleep(0.5)
    return {"took": took, "errors": errors, "seen": sorted(seen), "memory": memory}


def add(task: Task) -> Task:
    """An article more every so often; the seconds that each ingest took."""
    folder, took = Path(task["folder"]), []
    with _opened(task) as archive:
        end, number = _wait(task) + task["seconds"], 0
        while time.monotonic() + task["every"] < end:
            time.sleep(task["every"])
            number += 1
            text = (
                f"The council of Northmere voted for plan {number} of the harbour on Tuesday. "
                f"It sets aside {number * 1_000:,} crowns for the quay and names no contractor. "
                f"Member {number} of the board said that the work would begin in spring. "
            )
            path = folder / f"northmere-{number}.md"
            path.write_text(f"---\ntitle: Northmere votes for plan {number}\n---\n\n{text * 4}\n")
            began = time.perf_counter()
            assert archive.ingest(folder).added == 1
            took.append(time.perf_counter() - began)
        last = archive.status().generation
    return {"took": took, "last": last}


def _opened(task: Task) -> Archive:
    chosen = {"home": Path(task["home"]), "chroma_url": task["url"], "llm": "off"}
    return Archive.open(settings=Settings(_env_file=None, **chosen))


def _wait(task: Task) -> float:
    """Say that this process is ready, and wait until all are; the time by `time.monotonic`."""
    place = Path(task["place"])
    (place / f"ready-{os.getpid()}").touch()
    while not (place / "go").exists():
        time.sleep(0.01)
    return time.monotonic()


def resident(pid: int) -> int:
    """Bytes of a process that are in memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def processor(pid: int) -> float:
    """Processor seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# -- One run --------------------------------------------------------------------------------------


@contextmanager
def chroma(data: Path) -> Iterator[tuple[str, int]]:
    """A Chroma server of its own: its address and process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(data)]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            until_it_answers(f"http://127.0.0.1:{port}/api/v2/heartbeat")
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()


def until_it_answers(url: str) -> None:
    """Wait for a server; raises OSError where it takes too long."""
    deadline = time.monotonic() + _START
    while True:
        try:
            with urlopen(url, timeout=1):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def measured(given: argparse.Namespace, *, server: bool) -> Task:
    """What one run gave, all processes together."""
    with tempfile.TemporaryDirectory(prefix="dossier-load-") as temporary:
        place = Path(temporary)
        shutil.copytree(given.articles, place / "articles")
        if not server:
            return _run(given, place, url="", pid=None)
        with chroma(place / "data") as (url, pid):
            return _run(given, place, url=url, pid=pid)


def _run(given: argparse.Namespace, place: Path, *, url: str, pid: int | None) -> Task:
    lines = Path(given.questions).read_text(encoding="utf-8").splitlines()
    asked = [one for one in map(json.loads, lines) if not one.get("history")]
    shared = {
        "home": str(place / "home"),
        "folder": str(place / "articles"),
        "place": str(place),
        "url": url,
        "seconds": given.seconds,
        "every": min(_EVERY, given.seconds / 4),
        "questions": [one["question"] for one in asked],
    }
    with _opened(shared) as archive:
        report = archive.ingest(place / "articles")
    split = [list(range(given.users))[at :: given.processes] for at in range(given.processes)]
    tasks = [{"role": "use", "users": users, **shared} for users in split]
    with ThreadPoolExecutor(len(tasks) + 1) as pool:
        runs = [
            pool.submit(worker, "load", task, folder=place)
            for task in (*tasks, {"role": "add", **shared})
        ]
        deadline = time.monotonic() + _START
        while len(list(place.glob("ready-*"))) < len(runs):
            if time.monotonic() > deadline or any(run.done() for run in runs):
                (place / "go").touch()  # what failed says so
                break
            time.sleep(0.05)
        busy, served = machine_busy(), processor(pid) if pid else 0.0
        began = time.monotonic()
        (place / "go").touch()
        *users, writer = (run.result().result for run in runs)
        elapsed = time.monotonic() - began
        used = sum(one["processor"] for one in (*users, writer))
        used += processor(pid) - served if pid else 0.0
        others = (machine_busy() - busy - used) / elapsed / (os.cpu_count() or 1)
    took = {
        kind: sorted(seconds for one in users for seconds in one["took"][kind])
        for kind in ("search", "ask")
    }
    return {
        "articles": report.articles,
        "passages": report.passages,
        "took": took,
        "errors": [error for one in users for error in one["errors"]],
        "memory": [one["memory"] for one in users],
        "server": resident(pid) if pid else 0,
        "written": writer["took"],
        "noticed": sum(writer["last"] in one["seen"] for one in users),
        "rate": sum(map(len, took.values())) / given.seconds,
        "others": max(others, 0.0),
    }


# -- The page --------------------------------------------------------------------------------------


def section(runs: dict[str, Task], given: argparse.Namespace) -> str:
    """The runs as a section of the page."""
    one = next(iter(runs.values()))
    rows = [
        ("requests a second", *(f"{run['rate']:.1f}" for run in runs.values())),
        *(
            (f"{kind}, p50 / p95, ms", *(_shown(run["took"][kind]) for run in runs.values()))
            for kind in ("search", "ask")
        ),
        ("requests", *(f"{sum(map(len, run['took'].values())):,}" for run in runs.values())),
        ("of them failed", *(str(len(run["errors"])) for run in runs.values())),
        (
            "generations written, seconds each",
            *(f"{len(r['written'])}, {_median(r['written']):.1f}" for r in runs.values()),
        ),
        (
            "processes that answered from the last one",
            *(f"{run['noticed']} of {given.processes}" for run in runs.values()),
        ),
        (
            "memory of a process, MB, after a quarter of the time / at the end",
            *("; ".join(map(_memory, run["memory"])) for run in runs.values()),
        ),
        ("memory of the server, MB", "", f"{runs['server']['server'] / 1e6:.0f}"),
        ("processor in other hands", *(f"{run['others']:.0%}" for run in runs.values())),
    ]
    ratio = runs["server"]["rate"] / runs["embedded"]["rate"]
    heading = "## Ten users" if given.users == 10 else f"## {given.users} users"
    said = (
        f"{given.users} users search and ask in turn without a pause for {given.seconds:g} seconds,"
        f" with no language model, over {one['articles']} articles ({one['passages']} passages), in"
        f" {given.processes} application processes on one archive; another process adds an article"
        f" every {min(_EVERY, given.seconds / 4):g} seconds. All of it runs on one machine, the"
        " Chroma server too."
    )
    shown = table(("", "vectors in the folder", "vectors on a Chroma server"), rows)
    told = f"With the server, requests come at {ratio:.2f} times the rate."
    return "\n\n".join((heading, said, f"{machine(['chromadb', 'onnxruntime'])}.", shown, told))


def _shown(seconds: list[float]) -> str:
    return f"{percentile(seconds, 0.5) * 1000:.0f} / {percentile(seconds, 0.95) * 1000:.0f}"


def _median(seconds: list[float]) -> float:
    return statistics.median(seconds) if seconds else 0.0


def _memory(samples: list[int]) -> str:
    part = max(1, round(len(samples) * _FIRST))
    early, late = samples[part : 2 * part] or samples, samples[-part:]
    return f"{statistics.median(early) / 1e6:.0f} / {statistics.median(late) / 1e6:.0f}"


def main() -> None:
    """Both runs, then the table; status 1 where a request failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--users", type=int, default=10)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--articles", type=Path, default=ROOT / "corpus" / "sample")
    golden = ROOT / "evaluation" / "golden" / "questions.jsonl"
    parser.add_argument("--questions", type=Path, default=golden, help="JSON lines: question")
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    given = parser.parse_args()
    runs = {name: measured(given, server=name == "server") for name in ("embedded", "server")}
    told = section(runs, given)
    print(told)
    if given.write:
        write("load", told)
    if errors := [error for run in runs.values() for error in run["errors"]]:
        sys.exit(f"{len(errors)} requests failed, such as: {errors[0]}")


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1].startswith("{"):
        chosen: Task = json.loads(sys.argv[1])
        began = time.process_time()
        done = {"use": use, "add": add}[chosen["role"]](chosen)
        print(json.dumps({**done, "processor": time.process_time() - began}))
    else:
        main()
