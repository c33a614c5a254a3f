"""Ingests that are killed: a process that has imported everything and forks one ingest a trial.

Starting an interpreter takes longer than the ingest of a few articles. The process forks before
any thread of Chroma or ONNX Runtime is started, and each child runs the command line's ingest.
"""

import json
import mmap
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["STAGES", "Crasher", "Ended", "crasher"]

ROOT = Path(__file__).parents[1]
STAGES = (
    "opening",  # lock, models, reading what changed
    "copying",
    "embedding",
    "cache",
    "upserting",
    "catalog",
    "parity",
    "syncing",
    "swapping",
    "pruning",
    "ended",
)


class Ended(NamedTuple):
    """How an ingest ended: the signal or status, in which stage, and the seconds that it took.

    `working` are those from its first step after opening on.
    """

    status: int
    stage: str
    seconds: float
    working: float


class Crasher:
    """The process that forks ingests, as seen from a test."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ingest(
        self,
        *arguments: object,
        kill_after: float | None = None,
        kill_at: str = "",
        opened: bool = False,
        **environment: str,
    ) -> Ended:
        """Run `python -m rag ingest` with these arguments and variables; perhaps kill it.

        That is some seconds after it began, or after it has `opened`; or as soon as it enters the
        stage `kill_at`.
        """
        assert self._process.stdin
        assert self._process.stdout
        order = {
            "arguments": list(map(str, arguments)),
            "after": kill_after,
            "at": kill_at,
            "opened": opened,
            "environment": environment,
        }
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the process that forks ingests is gone"
        return Ended(*json.loads(answer))


@contextmanager
def crasher() -> Iterator[Crasher]:
    """A crasher, ready to fork."""
    script = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'tests')!r}]\n"
    script += "import crashing\ncrashing.main()\n"
    quiet = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=os.environ | quiet,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        yield Crasher(process)
    finally:
        process.kill()
        process.communicate()


# In that process


def main() -> None:
    """Answer one line of JSON for each line of JSON read."""
    import chromadb  # noqa: F401
    import llama_index.core  # noqa: F401
    import onnxruntime  # noqa: F401

    import vectorstore.chroma  # noqa: F401

    stage = mmap.mmap(-1, 1)
    for line in sys.stdin:
        order = json.loads(line)
        stage[0] = 0
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            _run(order, stage)
        worked = _watch_over(child, stage, order, began)
        _, status = os.waitpid(child, 0)
        ended = time.monotonic()
        code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        told = [code, STAGES[stage[0]], ended - began, ended - worked]
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


def _watch_over(child: int, stage: mmap.mmap, order: dict[str, Any], began: float) -> float:
    """Kill the child when its time has come; when it took its first step after opening."""
    worked = None
    while not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        now = time.monotonic()
        if worked is None and stage[0]:
            worked = now
        start = worked if order["opened"] else began
        late = order["after"] is not None and start is not None and now - start >= order["after"]
        if late:
            os.kill(child, signal.SIGKILL)
            break
        time.sleep(0.0005)
    return worked or time.monotonic()


def _run(order: dict[str, Any], stage: mmap.mmap) -> None:
    import rag.cli

    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(null, stream)
    random.seed()
    _watch(stage, kill_at=order["at"])
    os.environ |= order["environment"]
    sys.argv = ["rag", "ingest", *order["arguments"], "--quiet"]
    try:
        rag.cli.main()
    except SystemExit as end:
        stage[0] = len(STAGES) - 1
        os._exit(end.code if isinstance(end.code, int) else bool(end.code))
    os._exit(0)


def _watch(stage: mmap.mmap, *, kill_at: str | None) -> None:
    """Have the steps of an ingest say when they begin; they do what they did.

    The step `kill_at` kills the process: some are too short for it to be done from outside.
    """
    from rag.embedder import OnnxEmbedder
    from vectorstore import EmbeddingCache, generations, places
    from vectorstore.catalog import Catalog
    from vectorstore.chroma import ChromaStore

    steps: list[tuple[Any, str, str]] = [
        (places, "copy_tree", "copying"),
        (Catalog, "copy_to", "copying"),
        (OnnxEmbedder, "embed", "embedding"),
        (EmbeddingCache, "put", "cache"),
        (ChromaStore, "upsert", "upserting"),
        (ChromaStore, "delete_nodes", "upserting"),
        (Catalog, "add", "catalog"),
        (generations, "check_parity", "parity"),
        (generations, "sync_tree", "syncing"),
        (generations, "write_atomically", "swapping"),
        (generations.Generations, "_prune", "pruning"),
    ]
    for owner, name, said in steps:
        setattr(owner, name, _telling(getattr(owner, name), stage, STAGES.index(said), kill_at))


def _telling(
    step: Callable[..., Any], stage: mmap.mmap, number: int, kill_at: str | None
) -> Callable[..., Any]:
    def told(*arguments: Any, **options: Any) -> Any:
        stage[0] = number
        if STAGES[number] == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return step(*arguments, **options)

    return told
