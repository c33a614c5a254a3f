"""Dossier beside plain LlamaIndex, LangChain and txtai: the same files on the same machine.

    make bench                                          on a slice of about 2,000 passages
    .venv-bench/bin/python -m benchmarks.peers --full   on all articles; hours on two cores
    .venv-bench/bin/python -m benchmarks.peers --from runs/benchmarks/peers.json --write

Every measurement is a process of its own. The contenders take turns (A B C A B C), so that a slow
minute falls on all of them alike, and a turn during which other programs took more than a tenth of
the processor is taken again, within the time that --minutes gives. What was measured is kept as
JSON in runs/benchmarks, from which --from makes the page again.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks import _measure, peers_report
from benchmarks._measure import ROOT, Run, quiet
from benchmarks.contenders import peer_folder
from benchmarks.data import Collection, hit_and_rank, load, sample
from benchmarks.peers_results import BARE, KEPT, MAIN, OURS, Results

RUNS = ROOT / "runs" / "benchmarks"
SLICE = 1_550_000
"""Characters of articles that make about 2,000 passages."""
_TIMED = 100
"""Questions that searches are timed with."""
_SAMPLE_QUESTION = "How many people died aboard the airliner?"


@dataclass
class Bench:
    """The files, the folder to work in, and what has been measured so far."""

    collection: Collection
    folder: Path
    rounds: int
    tries: int
    seconds: float
    """After which no disturbed turn is taken again; two thirds of it are for the first ingest."""
    results: Results = field(init=False)

    def __post_init__(self) -> None:
        self.began = time.monotonic()
        self.files = self.collection.write(self.folder / "articles")
        self.results = Results(
            collection=self.collection.name,
            articles=len(self.collection.items),
            characters=sum(len(item.text) for item in self.collection.items),
            questions=len(self.collection.queries),
            labelled=sum(bool(query.gold) for query in self.collection.queries),
            rounds=self.rounds,
        )

    def home(self, contender: str, *, empty: bool = False) -> Path:
        """Where a contender keeps its index."""
        home = self.folder / "homes" / contender
        if empty:
            shutil.rmtree(home, ignore_errors=True)
            home.parent.mkdir(exist_ok=True)
        return home

    def turn(self, stage: str, name: str, one: Callable[[], Run], *, again: bool = True) -> Run:
        """Take a turn, repeated where disturbed if `again`, and keep it."""
        found = quiet(one, tries=self.tries if again else 1, until=self.began + self.seconds)
        self.results.runs.setdefault(stage, {}).setdefault(name, []).append(found)
        seconds = found.result.get("seconds", found.seconds)
        print(
            f"  {stage}: {name} {seconds:.2f} s ({found.processor:.1f} s of processors in all),"
            f" {found.peak / 1e6:.0f} MB; others {found.others:.0%}",
            flush=True,
        )
        return found

    def work(self, action: str, contender: str, **more: Any) -> Run:
        """One action of benchmarks/worker.py."""
        home = more.pop("home", self.home(contender))
        task = {"action": action, "contender": contender, "files": str(self.files), **more}
        return _measure.worker("worker", {**task, "home": str(home)}, folder=self.folder)

    # What is measured

    def first(self) -> None:
        """From files to a finished index; fewer rounds, here and later, where it takes too long."""
        for number in range(self.rounds):
            spent = time.monotonic() - self.began
            if number and spent * (number + 1) / number > self.seconds * 2 / 3:
                self.rounds = self.results.rounds = number
                break
            for contender in MAIN:
                self.turn("first", contender, partial(self._build, contender))
            self.turn("first", BARE, partial(self.work, "bare", OURS))

    def _build(self, contender: str) -> Run:
        home = self.home(contender, empty=True)
        run = self.work("ingest", contender)
        return replace(run, result={**run.result, "disk": _measure.disk(home)})

    def search(self) -> None:
        """How fast, and how good where there are labels."""
        queries = [query.text for query in self.collection.queries]
        for _ in range(self.rounds):
            for contender in MAIN:
                again = partial(self.work, "search", contender, queries=queries[:_TIMED])
                self.turn("search", contender, again)
        labelled = [query for query in self.collection.queries if query.gold]
        for contender in MAIN if labelled else ():
            asked = [query.text for query in labelled]
            once = partial(self.work, "rank", contender, queries=asked)
            found = self.turn("rank", contender, once, again=False)
            rankings = zip(found.result.pop("rankings"), labelled, strict=True)
            scores = [hit_and_rank(*pair, self.collection.twins) for pair in rankings]
            hits, ranks = zip(*scores, strict=True)
            found.result["hit1"], found.result["mrr10"] = fmean(hits), fmean(ranks)

    def again(self, *, plain: bool) -> None:
        """The second ingest, of unchanged files and with one article changed.

        With `plain`, the plain scripts are run again too, once: they embed everything again.
        """
        for contender in KEPT:
            self.turn("kept", contender, partial(self._build, contender), again=False)
        for _ in range(self.rounds):
            for contender, action in ((OURS, "look"), *((name, "ingest") for name in KEPT)):
                self.turn("unchanged", contender, partial(self.work, action, contender))
        file = self.files / self.collection.items[len(self.collection.items) // 2].file
        text = file.read_text(encoding="utf-8")
        for number in range(self.rounds):
            file.write_text(f"{text}\nCorrection {number + 1}: a name was misspelt.\n", "utf-8")
            for contender in (OURS, *KEPT):
                # Once: a second try would find nothing changed.
                self.turn(
                    "changed",
                    contender,
                    partial(self.work, "ingest", contender),
                    again=False,
                )
        file.write_text(text, encoding="utf-8")
        for contender in MAIN[1:] if plain else ():
            self.turn("unchanged", contender, partial(self.work, "ingest", contender))

    def start(self) -> None:
        """From the start of a process to its first answer over the demo corpus."""
        demo = Bench(sample(), self.folder / "demo", 1, 1, 0.0)
        for contender in MAIN:
            demo.work("ingest", contender, home=demo.home(contender, empty=True))
        ours = str(demo.home(OURS))
        python = sys.executable
        commands = {
            "python -c pass": [python, "-c", "pass"],
            "import rag": [python, "-c", "import rag"],
            "python -m rag status": [python, "-m", "rag", "status", "--home", ours],
            "python -m rag ask": [python, "-m", "rag", "ask", _SAMPLE_QUESTION, "--home", ours],
        }
        for _ in range(self.rounds):
            for name, command in commands.items():
                self.turn("start", name, partial(self._command, command))
            for contender in MAIN:
                self.turn(
                    "start",
                    contender,
                    partial(demo.work, "first", contender, queries=[_SAMPLE_QUESTION]),
                )

    def _command(self, command: Sequence[str]) -> Run:
        environment = _measure.environment()
        return _measure.run(command, environment=environment, folder=self.folder)


@contextmanager
def bench(
    *, full: bool, rounds: int, tries: int, minutes: float, characters: int
) -> Iterator[Bench]:
    """A bench in a folder that is taken away afterwards."""
    collection = load()
    if not full:
        collection = collection.cut(characters)
    peer_folder()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        yield Bench(collection, Path(folder), rounds, tries, 60 * minutes)


def _store(results: Results, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(results), indent=1), encoding="utf-8")


def read(path: Path) -> Results:
    """What a run has kept."""
    found = json.loads(path.read_text(encoding="utf-8"))
    runs = {
        stage: {name: [Run(**run) for run in listed] for name, listed in by_name.items()}
        for stage, by_name in found.pop("runs").items()
    }
    return Results(**found, runs=runs)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Compare Dossier with its peers.")
    parser.add_argument("--full", action="store_true", help="all articles, not a slice")
    parser.add_argument("--characters", type=int, default=SLICE, help=f"of a slice ({SLICE})")
    parser.add_argument("--rounds", type=int, help="of each measurement at most (3; 1 with --full)")
    parser.add_argument("--tries", type=int, default=3, help="of a disturbed turn (3)")
    parser.add_argument(
        "--minutes",
        type=float,
        help="after which none is repeated; two thirds are for the first ingest (27; 600)",
    )
    parser.add_argument("--from", dest="source", type=Path, help="make the page from this file")
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    given = parser.parse_args()
    name = "peers-full" if given.full else "peers"
    if given.source:
        results, name = read(given.source), given.source.stem
    else:
        with bench(
            full=given.full,
            rounds=given.rounds or (1 if given.full else 3),
            tries=given.tries,
            minutes=given.minutes or (600 if given.full else 27),
            characters=given.characters,
        ) as going:
            began = time.monotonic()
            results = going.results
            print(f"{results.collection}: {results.articles} articles", flush=True)
            going.first()
            going.search()
            going.again(plain=given.full)
            going.start()
            results.minutes = (time.monotonic() - began) / 60
            _store(results, RUNS / f"{name}.json")
    section = peers_report.section(results, name=name)
    print(f"\n{section}")
    if given.write:
        peers_report.plot(results, name=name)
        _measure.write(name, section)


if __name__ == "__main__":
    main()
