"""From how many passages on the vector index is quicker than comparing all of them.

    .venv-bench/bin/python -m benchmarks.held --write       puts the table into docs/benchmarks.md

Vectors are mixtures of those of the demo corpus's sentences. The index is Chroma's with the
settings that an archive gives it; comparing is done as an archive does it. Both take turns,
question by question, and so do ten threads of each.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import chromadb
import numpy as np
from chromadb.config import Settings as ChromaSettings

from benchmarks import _measure
from benchmarks._measure import PAGE, ROOT, machine_busy, spread, table
from benchmarks.data import sample
from benchmarks.growth_worker import Vectors, mixture
from benchmarks.recall_worker import GRID, OURS
from corpus import sentence_spans
from rag.embedder import load_embedder

SIZES = (2_000, 10_000, 20_000, 50_000)
_DEEP = 40
_QUESTIONS = 60
_WIDE = 10
_AT_ONCE = 5_000


def compare(vectors: Vectors, asked: Vectors) -> list[int]:
    """The 40 nearest, best first."""
    cosines = np.einsum("ij,j->i", vectors, asked)
    found = np.argpartition(cosines, -_DEEP)[-_DEEP:]
    return sorted(found.tolist(), key=lambda at: (-cosines[at], at))


def row(passages: int, base: Vectors, folder: Path, *, rounds: int) -> list[str]:
    """One size: the table's cells."""
    vectors = np.stack([mixture(f"passage {number}", base) for number in range(passages)])
    questions = np.stack([mixture(f"question {number}", base) for number in range(_QUESTIONS)])
    client = chromadb.PersistentClient(str(folder), ChromaSettings(anonymized_telemetry=False))
    collection = client.create_collection(
        "passages",
        configuration={"hnsw": {"space": "cosine", **GRID[OURS]}},
        embedding_function=None,
    )
    for first in range(0, passages, _AT_ONCE):
        part = vectors[first : first + _AT_ONCE]
        collection.add(ids=[str(first + at) for at in range(len(part))], embeddings=part)

    def by_index(asked: Vectors) -> list[int]:
        found = collection.query(query_embeddings=[asked], n_results=_DEEP, include=["distances"])
        return [int(ident) for ident in found["ids"][0]]

    def by_comparing(asked: Vectors) -> list[int]:
        return compare(vectors, asked)

    ways = (by_index, by_comparing)
    same = [len({*by_index(one)} & {*by_comparing(one)}) / _DEEP for one in questions]
    alone: list[list[float]] = [[], []]
    wide: list[list[float]] = [[], []]
    for _ in range(rounds):
        times: list[list[float]] = [[], []]
        for one in questions:
            for way, taken in zip(ways, times, strict=True):
                began = time.perf_counter()
                way(one)
                taken.append((time.perf_counter() - began) * 1000)
        for found, taken in zip(alone, times, strict=True):
            found.append(statistics.median(taken))
        for found, way in zip(wide, ways, strict=True):
            found.append(_rate(way, questions))
    return [
        f"{passages:,}",
        *(spread(found, 2) for found in alone),
        spread(_measure.ratios(alone[0], alone[1]), 1),
        *(spread(found, 0) for found in wide),
        f"{statistics.mean(same):.3f}",
    ]


def _rate(way: Callable[[Vectors], object], questions: Vectors) -> float:
    """Questions a second by ten threads."""
    with ThreadPoolExecutor(_WIDE) as pool:
        began = time.perf_counter()
        list(pool.map(way, questions))
        return len(questions) / (time.perf_counter() - began)


def report(sizes: Sequence[int], *, rounds: int) -> str:
    """The section of docs/benchmarks.md."""
    articles = sample().items
    sentences = [one.text[a:b] for one in articles for a, b in sentence_spans(one.text)]
    base = load_embedder().embed(sentences)
    busy, began, own = machine_busy(), time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        rows = [row(size, base, Path(folder, str(size)), rounds=rounds) for size in sizes]
    used = machine_busy() - busy - (time.process_time() - own)
    others = max(0.0, used / (time.perf_counter() - began) / (os.cpu_count() or 1))
    head = [
        "passages",
        "the index, ms",
        "comparing all, ms",
        "quicker by, times",
        "the index, ten threads, a second",
        "comparing all, ten threads, a second",
        "of the 40 nearest, the index finds",
    ]
    return f"""\
## The index, or comparing all

`python -m benchmarks.held`, a part of `make bench`: the 40 nearest of vectors that are mixtures \
of those of {len(sentences)} sentences, {_QUESTIONS} questions, {rounds} rounds in turns; median \
(least to most). \
{_measure.machine(("chromadb", "numpy"))}. Other programs had at most {others:.0%} of the processor.

{table(head, rows)}

An archive of up to 20,000 passages holds its vectors in memory (1.7 KB a passage) and compares all
of them, which misses none; a larger one asks the index.
"""


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Compare the index with comparing all.")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="passages")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help=f"into {PAGE.relative_to(ROOT)}")
    given = parser.parse_args()
    section = report(given.sizes, rounds=given.rounds)
    print(f"\n{section}")
    if given.write:
        _measure.write("held", section)


if __name__ == "__main__":
    main()
