"""One measurement of benchmarks/growth.py in a process of its own, told in JSON."""

import hashlib
import json
import os
import random
import sys
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.worker import spent
from rag import Archive, Filters
from rag.embedder import DIMENSIONS, OnnxEmbedder, load_embedder
from rag.weights import MINILM_MODEL, MINILM_TOKENIZER, fetch

Result = dict[str, Any]
Vectors = NDArray[np.float32]
OUTLETS = tuple(f"Outlet {number}" for number in range(1, 21))
FIRST_DAY, DAYS = date(2015, 1, 1), 3652
"""The days on which the articles were published: ten years."""
_DEEP = 40
"""Passages that one search of the archive takes from its vector index."""
_REREAD = 50
"""Questions whose best passages are reread: that takes some ten times as long."""
_SPAN = timedelta(days=90)


class SyntheticEmbedder(OnnxEmbedder):
    """Counts tokens as ours does; its vectors are made from real ones, without the model.

    That of a text is a mixture of the vectors of two real passages (60 to 90 % of one) and a
    little noise (a tenth of its length), drawn by the text's hash. Each is appended to `sink`.
    """

    _base: Vectors
    _sink: Path

    def __init__(self, base: Vectors, sink: Path) -> None:
        super().__init__(model=fetch(MINILM_MODEL), tokenizer=fetch(MINILM_TOKENIZER))
        object.__setattr__(self, "_base", base)
        object.__setattr__(self, "_sink", sink)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, one row a text."""
        rows = np.stack([mixture(text, self._base) for text in texts])
        with self._sink.open("ab") as sink:
            sink.write(rows.tobytes())
        return rows


def mixture(text: str, base: Vectors) -> Vectors:
    """The vector that stands for a text."""
    chance = np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]))
    one, other = chance.integers(len(base), size=2)
    share = chance.uniform(0.6, 0.9)
    noise = chance.standard_normal(base.shape[1]) * 0.1 / np.sqrt(base.shape[1])
    mixed = share * base[one] + (1 - share) * base[other] + noise
    unit: Vectors = (mixed / np.linalg.norm(mixed)).astype(np.float32)
    return unit


def build(task: Result) -> Result:
    """The first ingest, without the time of the model."""
    embedder = SyntheticEmbedder(np.load(task["base"]), Path(task["vectors"]))
    with Archive.open(task["home"], embedder=embedder) as archive:
        began = time.perf_counter()
        report = archive.ingest(task["files"])
        seconds = time.perf_counter() - began
    return {"seconds": seconds, "passages": report.passages, "articles": report.articles}


def search(task: Result) -> Result:
    """Open, search with the real embedder, then by outlet and date."""
    queries = task["queries"]
    archive = Archive.open(task["home"])
    load_embedder().embed(["warm"])
    began = time.perf_counter()
    archive.search(queries[0], rerank=False)
    opened = time.perf_counter() - began
    for query in queries[:20]:
        archive.search(query, rerank=False)
    plain = spent(lambda query: archive.search(query, rerank=False), queries)
    reread = spent(archive.search, queries[:_REREAD])
    chance = random.Random(20151113)
    filters = {query: _random_filters(chance) for query in queries}
    narrow = spent(
        lambda query: archive.search(query, filters=filters[query], rerank=False), queries
    )
    return {
        "open": opened,
        **plain,
        **{f"reread_{key}": value for key, value in reread.items()},
        **{f"filtered_{key}": value for key, value in narrow.items()},
        "resident": _resident(),
    }


def _random_filters(chance: random.Random) -> Filters:
    """One outlet, ninety days."""
    start = FIRST_DAY + timedelta(days=chance.randrange(DAYS - _SPAN.days))
    return Filters(
        published_from=start, published_to=start + _SPAN, sources=[chance.choice(OUTLETS)]
    )


def recall(task: Result) -> Result:
    """Of the 40 vectors nearest to a question, the share that the index finds."""
    from benchmarks.recall_worker import index, live, nearest

    asked = load_embedder().embed(task["queries"])
    exact = exact_scores(
        np.memmap(task["vectors"], dtype=np.float32).reshape(-1, DIMENSIONS), asked
    )
    collection = index(live(Path(task["home"])) / "chroma")
    found = [nearest(collection, vector) for vector in asked]
    shares = [share_found(*pair) for pair in zip(found, exact, strict=True)]
    return {"recall": float(np.mean(shares))}


def exact_scores(vectors: Vectors, queries: Vectors, *, block: int = 50_000) -> Vectors:
    """The 40 highest cosines of each query with all vectors, highest first."""
    best = np.full((len(queries), _DEEP), -1.0, dtype=np.float32)
    for start in range(0, len(vectors), block):
        scores = queries @ np.asarray(vectors[start : start + block]).T
        best = np.partition(np.hstack([best, scores]), -_DEEP, axis=1)[:, -_DEEP:]
    return np.sort(best, axis=1)[:, ::-1]


def share_found(found: Sequence[float], exact: Vectors) -> float:
    """The share of found scores that stand among the exact ones; equal scores count as found."""
    return sum(score >= float(exact[-1]) - 1e-5 for score in found) / len(exact)


def update(task: Result) -> Result:
    """Ingest the folder again with one article changed; the real model embeds it."""
    with Archive.open(task["home"]) as archive:
        began = time.perf_counter()
        report = archive.ingest(task["files"])
        return {"seconds": time.perf_counter() - began, "updated": report.updated}


def _resident() -> int:
    """Bytes of this process in memory now; 0 where that is not told."""
    path = Path("/proc/self/statm")
    return int(path.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if path.is_file() else 0


def main() -> None:
    """The command line."""
    actions = {action.__name__: action for action in (build, search, recall, update)}
    task = json.loads(sys.argv[1])
    print(json.dumps(actions[task["action"]](task)))


if __name__ == "__main__":
    main()
