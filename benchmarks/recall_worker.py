"""One measurement of benchmarks/recall.py in a process of its own, told in JSON."""

import json
import random
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from chromadb.config import Settings as ChromaSettings
from numpy.typing import NDArray

from benchmarks._measure import percentile
from benchmarks.growth_worker import DAYS, FIRST_DAY, OUTLETS, mixture, share_found
from rag import Archive, Filters, Settings
from rag.embedder import OnnxEmbedder, load_embedder
from rag.weights import MINILM_MODEL, MINILM_TOKENIZER, fetch

Result = dict[str, Any]
Vectors = NDArray[np.float32]
_DEEP = 40
_MONTH = (date(2016, 1, 1), date(2016, 1, 31))
OURS = "32 / 200 / 200"
GRID = {
    name: dict(zip(("max_neighbors", "ef_construction", "ef_search"), values, strict=True))
    for values in (
        (16, 100, 100), (16, 100, 200), (16, 200, 200), (24, 200, 200), (32, 200, 100),
        (32, 200, 200), (32, 200, 400), (48, 400, 200),
    )
    if (name := " / ".join(map(str, values)))
}  # fmt: skip
"""Chroma's own settings first."""
WIDTHS = ("one article", "an outlet in a month", "a tenth", "a half")


def dated(number: int, title: str) -> list[str]:
    """The head of a real article's file: it is given an outlet and a day."""
    chance = random.Random(number)
    day = FIRST_DAY + timedelta(days=chance.randrange(DAYS))
    return [
        f"title: {json.dumps(' '.join(title.split()))}",
        f"source: {chance.choice(OUTLETS)}",
        f"published: {day}",
    ]


class Mixing(OnnxEmbedder):
    """Mixtures of real vectors in place of the model's: for the articles that are made."""

    _base: Vectors

    def __init__(self, base: Vectors) -> None:
        super().__init__(model=fetch(MINILM_MODEL), tokenizer=fetch(MINILM_TOKENIZER))
        object.__setattr__(self, "_base", base)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, one row a text."""
        return np.stack([mixture(text, self._base) for text in texts])


class Known(OnnxEmbedder):
    """Vectors of questions that were embedded before: the model's time is left out."""

    _known: dict[str, Vectors]

    def __init__(self, known: dict[str, Vectors]) -> None:
        super().__init__(model=fetch(MINILM_MODEL), tokenizer=fetch(MINILM_TOKENIZER))
        object.__setattr__(self, "_known", known)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, one row a text."""
        return np.stack([self._known[text] for text in texts])


def ingest_real(task: Result) -> Result:
    """Real articles with their real vectors."""
    with Archive.open(task["home"]) as archive:
        archive.ingest(task["files"])
        return {"passages": archive.status().passages}


def ingest_edited(task: Result) -> Result:
    """The made ones, with mixtures of the vectors that are there."""
    base = _stored(Path(task["home"]))[1]
    with Archive.open(task["home"], embedder=Mixing(base)) as archive:
        archive.ingest(task["files"])
        return {"passages": archive.status().passages}


def prepare(task: Result) -> Result:
    """What the others measure with: ids, vectors, outlets and days, questions and their vectors."""
    home = Path(task["home"])
    rows, vectors = _stored(home)
    chosen = sorted(random.Random(1).sample(range(len(rows)), min(task["passages"], len(rows))))
    np.save(home / "all.npy", vectors[chosen])
    (home / "all.json").write_text(json.dumps([rows[at] for at in chosen]))
    np.save(home / "asked.npy", load_embedder().embed(task["questions"]))
    return {"passages": len(chosen)}


def _stored(home: Path) -> tuple[list[tuple[str, str, str, int]], Vectors]:
    """(passage, article, outlet, day) and, row by row, the vectors that the catalog keeps."""
    query = (
        "SELECT p.id, f.article_id, f.source, f.day, v.vector FROM passages p"
        " JOIN facets f ON f.article_id = p.article_id JOIN vectors v ON v.number = p.number"
        " ORDER BY p.number"
    )
    with closing(sqlite3.connect(live(home) / "catalog.db")) as catalog:
        rows = catalog.execute(query).fetchall()
    halves = np.frombuffer(b"".join(row[-1] for row in rows), dtype="<f2")
    return [row[:-1] for row in rows], halves.reshape(len(rows), -1).astype(np.float32)


def live(home: Path) -> Path:
    """The folder of the archive's live generation."""
    return home / "index" / (home / "CURRENT").read_text().strip()


def build(task: Result) -> Result:
    """Seconds that Chroma takes to index all vectors with some settings."""
    home, settings = Path(task["home"]), GRID[task["name"]]
    vectors, rows = np.load(home / "all.npy"), json.loads((home / "all.json").read_text())
    client = chromadb.PersistentClient(task["place"], ChromaSettings(anonymized_telemetry=False))
    made = client.create_collection(
        "all", configuration={"hnsw": {"space": "cosine", **settings}}, embedding_function=None
    )
    began = time.perf_counter()
    for start in range(0, len(rows), 250):
        part = slice(start, start + 250)
        made.upsert(ids=[row[0] for row in rows[part]], embeddings=vectors[part])
    return {"seconds": time.perf_counter() - began}


def look(task: Result) -> Result:
    """Recall against a product with all vectors, and milliseconds."""
    home = Path(task["home"])
    collection = index(Path(task["place"]))
    asked = np.load(home / "asked.npy")
    exact = _exact(np.load(home / "all.npy", mmap_mode="r"), asked)
    _spent(lambda at: nearest(collection, asked[at]), range(20))
    found: list[list[float]] = []
    times = _spent(lambda at: found.append(nearest(collection, asked[at])), range(len(asked)))
    shares = [share_found(*pair) for pair in zip(found, exact, strict=True)]
    return {
        "recall": float(np.mean(shares)),
        "least": min(shares),
        "p50": times[0],
        "p95": times[1],
    }


def filtered(task: Result) -> Result:
    """Milliseconds (p50, p95) under a filter: Chroma's own, Dossier's, a product in memory."""
    home = Path(task["home"])
    rows, vectors = _stored(home)
    asked, questions = np.load(home / "asked.npy"), task["questions"]
    filters, where = _filter(task["name"], rows)
    passing = np.array([_passes(row, filters) for row in rows])
    own = vectors[passing]
    exact = _exact(own, asked)
    searching = dict(zip(questions, asked, strict=True))
    turns = range(len(questions))

    def ours(sides: str) -> tuple[tuple[float, float], list[list[float]]]:
        settings = Settings(home=home, retrieval=sides, depth=_DEEP, _env_file=None)
        scores: list[list[float]] = []

        def one(at: int) -> None:
            hits = archive.search(questions[at], k=_DEEP, filters=filters, rerank=False)
            scores.append([hit.dense or -1.0 for hit in hits])

        with Archive.open(settings=settings, embedder=Known(searching)) as archive:
            _spent(one, range(20))
            scores.clear()
            return _spent(one, turns), scores

    dense, found = ours("dense")
    depth = exact.shape[1]
    found_of = [
        sum(score >= best[-1] - 5e-4 for score in scores) / depth if depth else 1.0 - len(scores)
        for scores, best in zip(found, exact, strict=True)
    ]
    lexical, _ = ours("lexical")
    collection = index(live(home) / "chroma")
    _spent(lambda at: nearest(collection, asked[at], where), range(5))
    return {
        "passing": int(passing.sum()),
        "where": _spent(lambda at: nearest(collection, asked[at], where), turns),
        "dense": dense,
        "lexical": lexical,
        "exact": _spent(lambda at: np.sort(own @ asked[at])[-_DEEP:], turns),
        "agreement": float(np.mean(found_of)),
    }


def _filter(name: str, rows: Sequence[tuple[str, str, str, int]]) -> tuple[Filters, Result]:
    """A filter of some width in both forms, Dossier's and Chroma's."""
    if name == "one article":
        ident = rows[len(rows) // 2][1]
        return Filters(article_ids=[ident]), {"article_id": ident}
    if name == "an outlet in a month":
        first, last = (day.year * 10_000 + day.month * 100 + day.day for day in _MONTH)
        within = [{"day": {"$gte": first}}, {"day": {"$lte": last}}]
        return (
            Filters(
                sources=OUTLETS[:1],
                published_from=_MONTH[0],
                published_to=_MONTH[1],
                include_undated=False,
            ),
            {"$and": [{"source": OUTLETS[0].casefold()}, *within]},
        )
    outlets = OUTLETS[: 2 if name == "a tenth" else 10]
    return Filters(sources=outlets), {"source": {"$in": [o.casefold() for o in outlets]}}


def _passes(row: Sequence[Any], filters: Filters) -> bool:
    _, article, source, day = row
    if filters.article_ids:
        return article in filters.article_ids
    if source not in [outlet.casefold() for outlet in filters.sources]:
        return False
    return not filters.published_from or _MONTH[0] <= _day(day) <= _MONTH[1]


def _day(number: int) -> date:
    return date(number // 10_000, number // 100 % 100, number % 100)


def index(place: Path) -> Any:
    """The one collection in a folder."""
    client = chromadb.PersistentClient(str(place), ChromaSettings(anonymized_telemetry=False))
    [found] = client.list_collections()
    return client.get_collection(found.name, embedding_function=None)


def nearest(collection: Any, vector: Vectors, where: Result | None = None) -> list[float]:
    """Cosines of the 40 nearest."""
    found = collection.query(
        query_embeddings=[vector], n_results=_DEEP, where=where, include=["distances"]
    )
    return [1 - distance for distance in found["distances"][0]]


def _exact(vectors: Vectors, asked: Vectors) -> Vectors:
    """The 40 highest cosines of each question, or as many as there are, highest first."""
    depth = min(_DEEP, len(vectors))
    if not depth:
        return np.zeros((len(asked), 0), dtype=np.float32)
    best = [np.partition(np.asarray(vectors) @ one, -depth)[-depth:] for one in asked]
    return np.sort(np.stack(best), axis=1)[:, ::-1]


def _spent(one: Callable[[int], object], turns: Sequence[int]) -> tuple[float, float]:
    """p50 and p95 in milliseconds."""
    times = []
    for at in turns:
        began = time.perf_counter()
        one(at)
        times.append((time.perf_counter() - began) * 1000)
    return percentile(times, 0.5), percentile(times, 0.95)


def main() -> None:
    """The command line."""
    actions = (ingest_real, ingest_edited, prepare, build, look, filtered)
    task = json.loads(sys.argv[1])
    print(json.dumps({one.__name__: one for one in actions}[task["action"]](task)))


if __name__ == "__main__":
    main()
