"""How near the vector index comes to exact search, and what filters cost.

    .venv/bin/python -m benchmarks.recall --sizes 10000 100000 --write

Up to the first size that they fill, articles and vectors are real; above it come articles put
together from paragraphs of real ones, edited, whose vectors are mixtures of real ones
(benchmarks/growth.py and growth_worker.py say how). Real vectors are kept in runs/benchmarks, so
that the model works once. Each measurement is taken in a process of its own.
"""

import argparse
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import _measure
from benchmarks._measure import ROOT, table
from benchmarks.data import Collection, load
from benchmarks.growth import write_articles
from benchmarks.recall_worker import GRID, OURS, WIDTHS, dated

PAGE = ROOT / "docs" / "retrieval.md"
KEPT = ROOT / "runs" / "benchmarks" / "recall-embeddings.db"
_QUESTIONS = 250


@dataclass(frozen=True, slots=True)
class Size:
    """What was measured at one size, as the worker tells it."""

    passages: int
    real: int
    grid: dict[str, dict[str, float]]
    filters: dict[str, dict[str, Any]]
    others: float


def write_real(collection: Collection, folder: Path, *, characters: int) -> None:
    """The first articles, of so many characters together, each with an outlet and a day."""
    folder.mkdir(parents=True)
    size = 0
    for number, item in enumerate(collection.items):
        if size >= characters:
            break
        head = "\n".join(dated(number, item.title))
        (folder / item.file).write_text(f"---\n{head}\n---\n\n{item.text}\n", encoding="utf-8")
        size += len(item.text)


def measure(collection: Collection, folder: Path, *, passages: int) -> Size:
    """Everything at one size."""
    others = []

    def work(action: str, **task: Any) -> dict[str, Any]:
        run = _measure.worker(
            "recall_worker", {"action": action, "home": str(home), **task}, folder=folder
        )
        others.append(run.others)
        told = {"peak": run.peak, **run.result}
        print(f"  {action} {task.get('name', '')}: others {run.others:.0%}, {told}", flush=True)
        return told

    home, real, edited = folder / "home", folder / "real", folder / "edited"
    home.mkdir(parents=True)
    write_real(collection, real, characters=passages * 800)
    if KEPT.exists():
        shutil.copyfile(KEPT, home / "embeddings.db")
    first = work("ingest_real", files=str(real))
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(home / "embeddings.db", KEPT)
    if first["passages"] < 0.95 * passages:
        write_articles(collection, edited, passages=passages - first["passages"])
        work("ingest_edited", files=[str(real), str(edited)])
    questions = [query.text for query in collection.queries][:_QUESTIONS]
    told = work("prepare", questions=questions, passages=passages)
    grid = {}
    for name in GRID:
        place = folder / "grid" / name
        built = work("build", place=str(place), name=name)
        grid[name] = {**built, **work("look", place=str(place), name=name)}
        grid[name]["disk"] = _measure.disk(place)
        shutil.rmtree(place)
    filters = {name: work("filtered", name=name, questions=questions) for name in WIDTHS}
    return Size(told["passages"], first["passages"], grid, filters, max(others))


def section(collection: str, sizes: Sequence[Size]) -> str:
    """Markdown, from its heading on."""
    opening = (
        "`.venv/bin/python -m benchmarks.recall --write`. Recall is the share of the 40 passages"
        f" nearest to a question that the index finds, over {_QUESTIONS} questions, held against a"
        " product with all vectors; `doctor` measures it on your archive. The settings in bold are"
        " Dossier's, the first are Chroma's own; they apply when a collection is made."
        f" {_measure.machine(('chromadb', 'numpy'))}."
    )
    parts = ["## Nearest neighbours", "", opening]
    for size in sizes:
        made = max(size.passages - size.real, 0)
        what = f"{size.passages:,} passages of {collection}"
        if made:
            what = (
                f"{size.passages:,} passages, {size.real:,} of them of {collection} and {made:,}"
                " of articles put together from its paragraphs, edited, their vectors mixtures of"
                " real ones"
            )
        rows = [
            [
                f"**{name}**" if name == OURS else name,
                f"{of['recall']:.4f}",
                f"{of['least']:.3f}",
                f"{of['p50']:.1f}",
                f"{of['p95']:.1f}",
                f"{of['seconds']:.0f}",
                f"{of['disk'] / 1e6:.0f}",
                f"{of['peak'] / 1e6:.0f}",
            ]
            for name, of in size.grid.items()
        ]
        head = [
            "neighbours / construction / search", "recall@40", "least of a question", "p50, ms",
            "p95, ms", "build, s", "disk, MB", "memory, MB",
        ]  # fmt: skip
        narrow = [
            [
                name,
                f"{of['passing']:,}",
                *(f"{of[way][0]:.1f}, {of[way][1]:.1f}" for way in ("where", "dense", "exact")),
                f"{of['agreement']:.3f}",
                f"{of['lexical'][0]:.1f}, {of['lexical'][1]:.1f}",
            ]
            for name, of in size.filters.items()
        ]
        told = [
            "filter", "passages that pass", "Chroma's `where`: p50, p95 ms",
            "Dossier: p50, p95 ms", "one product, in memory: p50, p95 ms",
            "Dossier's recall@40", "words (BM25): p50, p95 ms",
        ]  # fmt: skip
        parts += [
            f"\n### {what}\n",
            f"Other programs had at most {size.others:.0%} of the processor meanwhile.\n",
            table(head, rows),
            "\nUnder filters, 40 passages; Dossier's figures include the reading of their texts:\n",
            table(told, narrow),
        ]
    return "\n".join(parts)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure the vector index and filters.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000], help="passages")
    parser.add_argument("--folder", type=Path, help="where to work (the system's for such)")
    parser.add_argument("--write", action="store_true", help="into docs/retrieval.md")
    given = parser.parse_args()
    collection, sizes = load(), []
    with tempfile.TemporaryDirectory(prefix="recall-", dir=given.folder) as root:
        for passages in given.sizes:
            folder = Path(root) / str(passages)
            sizes.append(measure(collection, folder, passages=passages))
            shutil.rmtree(folder)
            print(json.dumps({"size": passages, "filters": sizes[-1].filters}), flush=True)
    text = section(collection.name, sizes)
    print(f"\n{text}")
    if given.write:
        page = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else "# Retrieval\n"
        PAGE.write_text(_measure.placed(page, "nearest", text), encoding="utf-8")


if __name__ == "__main__":
    main()
