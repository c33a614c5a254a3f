"""What the benchmarks share: quiet turns, processes with their peak memory, tables, the page."""

import json
import math
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol, TypeVar

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
DISTURBED = 0.1
"""The share of the processor in other hands above which a turn does not count."""
_SAMPLING = 0.05
"""Seconds between two looks at a process's memory."""
_REST = 2.0
"""Seconds to wait before a disturbed turn is taken again."""


# -- Quiet turns -----------------------------------------------------------------------------------


class Disturbable(Protocol):
    """A turn that knows what share of the processor other programs had."""

    @property
    def others(self) -> float:
        """0 where nobody else ran, 1 where others had the whole machine."""


T = TypeVar("T", bound=Disturbable)


def machine_busy() -> float:
    """Processor seconds that all programs together have used; 0 where that is not told."""
    stat = Path("/proc/stat")
    if not stat.is_file():
        return 0.0
    user, nice, system, _idle, _wait, *rest = map(int, stat.read_text().split("\n")[0].split()[1:])
    return (user + nice + system + sum(rest[:3])) / os.sysconf("SC_CLK_TCK")


def quiet(turn: Callable[[], T], *, tries: int, until: float = math.inf) -> T:
    """The first turn that the machine did not disturb, else the least disturbed one.

    None is taken again after `until`, in the seconds of `time.monotonic`.
    """
    best = turn()
    for _ in range(tries - 1):
        if best.others <= DISTURBED or time.monotonic() > until:
            break
        time.sleep(_REST)
        best = min(best, turn(), key=lambda one: one.others)
    return best


# -- Processes -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """What one process did: seconds by the clock and of processors, peak memory, disturbance.

    `peak` and `processor` are those of the process and its children together.
    """

    seconds: float
    processor: float
    peak: int
    others: float
    result: dict[str, Any]


def run(command: Sequence[str], *, environment: dict[str, str], folder: Path) -> Run:
    """Run a process to its end, watching its memory. Its last line, where JSON, is the result.

    Memory is the most that the process and its children had resident at one time; pages that
    they share count once for each. Raises RuntimeError where it fails.
    """
    busy, own, start = machine_busy(), _own_seconds(), time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    watch = _Watch(process.pid)
    watch.start()
    out, err = process.communicate()
    seconds = time.perf_counter() - start
    watch.stop()
    processor = _own_seconds() - own
    others = (machine_busy() - busy - processor) / seconds / (os.cpu_count() or 1)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)[:200]}: status {process.returncode}\n{err[-2000:]}")
    result: Any = {}
    with suppress(ValueError, IndexError):
        result = json.loads(out.strip().split("\n")[-1])
    return Run(
        seconds,
        processor,
        watch.peak,
        max(others, 0.0),
        result if isinstance(result, dict) else {},
    )


def worker(module: str, task: dict[str, Any], *, folder: Path) -> Run:
    """Run a module of this package on a task, which it takes as JSON, in a process of its own."""
    command = [sys.executable, "-m", f"benchmarks.{module}", json.dumps(task)]
    return run(command, environment=environment(), folder=folder)


def environment() -> dict[str, str]:
    """This one without what would change a measurement: keys, settings, a hub to ask."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OPENAI_", "DOSSIER_"))
    }
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "true",
    }


def _own_seconds() -> float:
    """Processor seconds of this process and of the children that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


class _Watch(threading.Thread):
    """Looks at the memory of a process and its children until it is told to stop."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._pid = pid
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(_SAMPLING):
            self.peak = max(self.peak, sum(map(_resident, family(self._pid))))

    def stop(self) -> None:
        self._over.set()
        self.join()


def family(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += family(int(child))
    return found


def _resident(pid: int) -> int:
    """Bytes of a process that are in memory."""
    with suppress(OSError, IndexError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    return 0


def disk(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


# -- Figures and the page --------------------------------------------------------------------------


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """How many times one was the other, round by round."""
    return [mine / its for mine, its in zip(ours, theirs, strict=True)]


def spread(values: Sequence[float], digits: int = 1) -> str:
    """Median (least to most); the value alone where there is one."""
    low, middle, high = min(values), statistics.median(values), max(values)
    if len(values) == 1:
        return f"{middle:,.{digits}f}"
    return f"{middle:,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f})"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of them (0 to 1) do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def machine(packages: Sequence[str]) -> str:
    """Processor, cores, memory and versions, in one line."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    facts = {key.strip(): value for key, _, value in (line.partition(": ") for line in lines)}
    known = ("avx2", "avx512f", "avx512_vnni", "amx_bf16", "amx_int8")
    flags = [flag for flag in known if flag in facts.get("flags", "").split()]
    processor = facts.get("model name") or platform.processor() or platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        f"{processor} ({', '.join(flags) or 'no vector extension known'}), {os.cpu_count()} cores, "
        f"{memory:.0f} GB of memory; Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in packages)
    )


def placed(page: str, name: str, section: str) -> str:
    """The page with the section between its marks, which are added at the end where missing."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    if begin not in page:
        page = f"{page.rstrip()}\n\n{begin}\n{end}\n".lstrip()
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n\n{section.strip()}\n\n{end}{after}"


def write(name: str, section: str) -> None:
    """Put a section into docs/benchmarks.md."""
    page = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else "# Benchmarks\n"
    PAGE.write_text(placed(page, name, section), encoding="utf-8")
