"""Search in a large archive, by one thread and by ten, beside plain LlamaIndex on Chroma.

    .venv/bin/python -m benchmarks.scale --passages 100000 --folder /tmp/scale --write

The articles and their vectors are made as those of benchmarks/growth.py. LlamaIndex is given the
same passages with the same vectors, with its and Chroma's own settings, and the same embedder for
the questions. A folder that is named keeps both indexes, and the next run with it only searches.
"""

import argparse
import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks import _measure
from benchmarks._measure import percentile, table
from benchmarks.data import load
from benchmarks.growth import base_vectors, write_articles

Result = dict[str, Any]
_QUERIES = 200
_WARM = 20
"""Searches that do not count."""
_WIDE = 10
"""Threads that search at a time."""
_SHOWN = 10
"""Passages that are asked for."""
_AT_ONCE = 5000
"""Nodes that Chroma is given at once; it takes 5,461."""
WAYS = {
    "dossier": "Dossier",
    "words": "its search by words alone",
    "meaning": "its search by meaning alone",
    "reread": "Dossier, 16 passages reread",
    "llamaindex": "LlamaIndex on Chroma, by meaning",
}


# -- In a process of its own -----------------------------------------------------------------------


def build(task: Result) -> Result:
    """Our archive, without the time of the model."""
    from benchmarks.growth_worker import build as ingest

    return ingest(task)


def build_llamaindex(task: Result) -> Result:
    """LlamaIndex's own index of the archive's passages, under the same vectors."""
    import numpy as np
    from llama_index.core.schema import TextNode

    query = (
        "SELECT p.id, a.title, substr(a.text, p.first + 1, p.last - p.first), v.vector"
        " FROM passages p JOIN articles a ON a.id = p.article_id"
        " JOIN vectors v ON v.number = p.number"
    )
    began = time.perf_counter()
    store = _llamaindex_store(Path(task["home"]))
    live = Path(task["archive"], "index", Path(task["archive"], "CURRENT").read_text().strip())
    with closing(sqlite3.connect(live / "catalog.db")) as catalog:
        rows = catalog.execute(query)
        while block := rows.fetchmany(_AT_ONCE):
            vectors = np.frombuffer(b"".join(row[3] for row in block), dtype="<f2")
            shaped = vectors.reshape(len(block), -1).astype(np.float32)
            store.add(
                [
                    TextNode(
                        id_=ident, text=text, metadata={"title": title}, embedding=vector.tolist()
                    )
                    for (ident, title, text, _), vector in zip(block, shaped, strict=True)
                ]
            )
    return {"seconds": time.perf_counter() - began, "passages": store.client.count()}


def search(task: Result) -> Result:
    """Milliseconds by one thread and by ten, searches a second, cores at work, and memory."""
    way, queries = task["way"], task["queries"]
    searching = _llamaindex(task) if way == "llamaindex" else _ours(task)
    for query in queries[:_WARM]:
        searching(query)

    def one(query: str) -> float:
        began = time.perf_counter()
        searching(query)
        return (time.perf_counter() - began) * 1000

    began, used = time.perf_counter(), time.process_time()
    alone = [one(query) for query in queries]
    used = (time.process_time() - used) * 1000 / len(queries)
    rate = len(queries) / (time.perf_counter() - began)
    began, used_wide = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(_WIDE) as pool:
        together = list(pool.map(one, queries))
    seconds = time.perf_counter() - began
    busy = (time.process_time() - used_wide) / seconds / (os.cpu_count() or 1)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "p50": percentile(alone, 0.5),
        "p95": percentile(alone, 0.95),
        "p50_wide": percentile(together, 0.5),
        "p95_wide": percentile(together, 0.95),
        "processor": used,
        "rate": rate,
        "rate_wide": len(queries) / seconds,
        "busy_wide": busy,
        "resident": pages * os.sysconf("SC_PAGE_SIZE"),
    }


def _ours(task: Result) -> Callable[[str], object]:
    from rag import Archive, Settings

    sides = {"words": "lexical", "meaning": "dense"}.get(task["way"], "hybrid")
    settings = Settings(_env_file=None, home=Path(task["archive"]), retrieval=sides)
    archive = Archive.open(settings=settings)
    return lambda query: archive.search(query, k=_SHOWN, rerank=task["way"] == "reread")


def _llamaindex_store(home: Path) -> Any:
    import chromadb
    from llama_index.vector_stores.chroma import ChromaVectorStore

    client = chromadb.PersistentClient(path=str(home))
    collection = client.get_or_create_collection("articles", embedding_function=None)
    return ChromaVectorStore(chroma_collection=collection)


def _llamaindex(task: Result) -> Callable[[str], object]:
    from llama_index.core import VectorStoreIndex

    from rag.embedder import load_embedder

    store = _llamaindex_store(Path(task["home"]))
    index = VectorStoreIndex.from_vector_store(store, embed_model=load_embedder())
    retriever = index.as_retriever(similarity_top_k=_SHOWN)
    searching: Callable[[str], object] = retriever.retrieve
    return searching


# -- The page --------------------------------------------------------------------------------------


def measure(
    folder: Path, *, passages: int, ways: Sequence[str], questions: int = _QUERIES
) -> dict[str, Result]:
    """What each way took, by its name; indexes that are in the folder already stay."""
    collection = load()
    queries = [query.text for query in collection.queries][:questions]
    given = {"archive": str(folder / "home"), "home": str(folder / "llamaindex")}
    if not (folder / "home" / "CURRENT").exists():
        write_articles(collection, folder / "files", passages=passages)
        base_vectors(collection, folder / "base.npy")
        paths = {name: str(folder / name) for name in ("files", "vectors", "home")}
        task = {"action": "build", "base": str(folder / "base.npy"), **paths}
        print(f"  build: {_measure.worker('scale', task, folder=folder).result}", flush=True)
    if "llamaindex" in ways and not (folder / "llamaindex.built").exists():
        task = {"action": "build_llamaindex", **given}
        print(f"  llamaindex: {_measure.worker('scale', task, folder=folder).result}", flush=True)
        (folder / "llamaindex.built").touch()
    found = {}
    for way in ways:
        task = {"action": "search", "way": way, "queries": queries, **given}
        run = _measure.worker("scale", task, folder=folder)
        found[way] = {**run.result, "others": run.others}
        print(f"  {way}: { {k: round(v, 2) for k, v in found[way].items()} }", flush=True)
    return found


def section(found: dict[str, Result], *, passages: int, questions: int = _QUERIES) -> str:
    """Markdown, from its heading on."""
    rows = [
        [
            WAYS[way],
            f"{of['p50']:.0f} / {of['p95']:.0f}",
            f"{of['processor']:.0f}",
            f"{of['p50_wide']:.0f} / {of['p95_wide']:.0f}",
            f"{of['rate']:.0f}",
            f"{of['rate_wide']:.0f} ({of['rate_wide'] / of['rate']:.2f} times)",
            f"{of['busy_wide']:.0%}",
            f"{of['resident'] / 1e6:.0f}",
            f"{of['others']:.0%}",
        ]
        for way, of in found.items()
    ]
    head = [
        "", "p50 / p95, ms", "processor ms a search", "ten at once: p50 / p95, ms",
        "searches a second",
        "ten at once, a second", "of all cores, ten at once", "memory, MB",
        "processor in other hands",
    ]  # fmt: skip
    machine = _measure.machine(("chromadb", "llama-index-core", "onnxruntime"))
    return f"""\
## Searching {passages:,} passages

    .venv/bin/python -m benchmarks.scale --passages {passages} --write

{questions} questions for {_SHOWN} passages each, by one thread and then by ten; the embedding of \
the question is part of it, and memory is that of the whole process afterwards. Articles and \
vectors are made as for the section on growth. LlamaIndex has the same passages, vectors and \
embedder, and searches by meaning only. {machine}.

{table(head, rows)}
"""


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=_QUERIES)
    parser.add_argument("--folder", type=Path, help="where the indexes are kept for the next run")
    parser.add_argument("--only", action="append", choices=list(WAYS), help="repeatable")
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="scale-") as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        found = measure(
            folder,
            passages=given.passages,
            ways=given.only or list(WAYS),
            questions=given.questions,
        )
    text = section(found, passages=given.passages, questions=given.questions)
    print(f"\n{text}")
    if given.write:
        _measure.write("scale", text)


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1].startswith("{"):
        chosen: Result = json.loads(sys.argv[1])
        actions = {one.__name__: one for one in (build, build_llamaindex, search)}
        print(json.dumps(actions[chosen["action"]](chosen)))
    else:
        main()
