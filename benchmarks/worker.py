"""One measurement in a process of its own, told in JSON: `python -m benchmarks.worker TASK`."""

import json
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks._measure import percentile
from benchmarks.pipelines import PIPELINES, Dossier, Pipeline

Result = dict[str, Any]
_DEEP = 40
"""Passages that a ranking of articles is made from."""
_WIDE = 10
"""Threads that search at a time."""
_WARM = 20
"""Searches that do not count."""


def ingest(task: Result) -> Result:
    """Seconds from the files to a finished index, libraries and model loaded before."""
    began = time.perf_counter()
    pipeline = PIPELINES[task["contender"]]()
    return {"load": time.perf_counter() - began, **_timed_ingest(pipeline, task)}


def look(task: Result) -> Result:
    """The same for Dossier without its model, which it loads where there is something to embed."""
    return _timed_ingest(Dossier(load=False), task)


def _timed_ingest(pipeline: Pipeline, task: Result) -> Result:
    began = time.perf_counter()
    passages = pipeline.ingest(Path(task["files"]), Path(task["home"]))
    return {"seconds": time.perf_counter() - began, "passages": passages}


def bare(task: Result) -> Result:
    """Seconds that our embedder takes for the texts of our passages, and for nothing else."""
    from corpus import find_files, read_article, split_passages
    from rag import Settings
    from rag.embedder import load_embedder

    embedder = load_embedder()
    budget = Settings.model_fields["passage_tokens"].default
    texts = [
        passage.embedded
        for path in find_files([Path(task["files"])])
        for passage in split_passages(
            read_article(path), count_tokens=embedder.count_tokens, budget=budget
        )
    ]
    embedder.embed(texts[:8])
    began = time.perf_counter()
    embedder.embed(texts)
    return {"seconds": time.perf_counter() - began, "passages": len(texts)}


def search(task: Result) -> Result:
    """Milliseconds of a search for 10 passages, by one thread and by ten."""
    pipeline = _opened(task)
    queries = task["queries"]
    for query in queries[:_WARM]:
        pipeline.search(query, 10)
    return spent(lambda query: pipeline.search(query, 10), queries)


def rank(task: Result) -> Result:
    """The files of the best passages for each question."""
    pipeline = _opened(task)
    return {"rankings": [pipeline.search(query, _DEEP) for query in task["queries"]]}


def spent(searching: Callable[[str], object], queries: Sequence[str]) -> Result:
    """p50 and p95, in milliseconds, for one thread and for ten; and searches a second by ten."""

    def one(query: str) -> float:
        began = time.perf_counter()
        searching(query)
        return (time.perf_counter() - began) * 1000

    alone = [one(query) for query in queries]
    with ThreadPoolExecutor(_WIDE) as pool:
        began = time.perf_counter()
        together = list(pool.map(one, queries))
        seconds = time.perf_counter() - began
    return {
        "p50": percentile(alone, 0.5),
        "p95": percentile(alone, 0.95),
        "p50_wide": percentile(together, 0.5),
        "p95_wide": percentile(together, 0.95),
        "rate_wide": len(queries) / seconds,
    }


def first(task: Result) -> Result:
    """Load, open and search once."""
    return {"found": len(_opened(task).search(task["queries"][0], 10))}


def _opened(task: Result) -> Pipeline:
    pipeline = PIPELINES[task["contender"]]()
    pipeline.open(Path(task["home"]))
    return pipeline


def main() -> None:
    """The command line."""
    actions = {action.__name__: action for action in (ingest, look, bare, search, rank, first)}
    task = json.loads(sys.argv[1])
    print(json.dumps(actions[task["action"]](task)))


if __name__ == "__main__":
    main()
