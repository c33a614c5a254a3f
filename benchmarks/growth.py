"""How an archive grows: ingest, search, recall, memory, disk and update against its size.

    make bench-full
    .venv-bench/bin/python -m benchmarks.growth --sizes 10000 --write

The articles are put together from paragraphs of different real articles, their numbers changed and
half of their names swapped, under one of 20 outlets and a day of ten years. Vectors are mixtures of
real ones (benchmarks/growth_worker.py says how), so that an ingest exercises everything but the
model. Questions are real and embedded by the model as they are asked. What was measured is kept in
runs/benchmarks/growth.json: a run replaces its own sizes there and leaves the others.
"""

import argparse
import json
import random
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from pathlib import Path

import numpy as np

from benchmarks import _measure
from benchmarks._measure import PAGE, ROOT, Run, table
from benchmarks.data import Collection, edited, load
from benchmarks.growth_worker import DAYS, FIRST_DAY, OUTLETS

KEPT = ROOT / "runs" / "benchmarks" / "growth.json"
SIZES = (10_000, 100_000, 1_000_000)
_PASSAGE = 750
"""Characters of a passage, about."""
_ARTICLE = 7_000
"""Characters of an article, about."""
_BASE = 3_000
"""Real passages whose vectors the others are made from."""
_QUERIES = 200


@dataclass(frozen=True, slots=True)
class Size:
    """What was measured at one size; bytes, seconds and (for searches) milliseconds."""

    passages: int
    articles: int
    ingest: float
    ingest_peak: int
    disk: int
    open: float
    p50: float
    p95: float
    p50_wide: float
    p95_wide: float
    reread_p50: float
    reread_p95: float
    filtered_p50: float
    filtered_p95: float
    recall: float
    resident: int
    update: float
    others: float

    @property
    def rate(self) -> float:
        """Passages a second, the model left out."""
        return self.passages / self.ingest


# -- The articles ----------------------------------------------------------------------------------


def write_articles(collection: Collection, folder: Path, *, passages: int) -> int:
    """Files of about so many passages together; how many files."""
    pool = [
        part
        for item in collection.items
        for part in item.text.split("\n")
        if 80 <= len(part) <= 1_500
    ]
    titles = [item.title or item.text[:60] for item in collection.items]
    size = count = 0
    while size < passages * _PASSAGE:
        text = article(count, pool, titles)
        place = folder / f"{count // 1000:03}" / f"{count:06}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        size += len(text)
        count += 1
    return count


def article(number: int, pool: Sequence[str], titles: Sequence[str]) -> str:
    """One article, the same for a number."""
    chance = random.Random(number)
    parts: list[str] = []
    while sum(map(len, parts)) < _ARTICLE:
        parts.append(chance.choice(pool))
    day = FIRST_DAY + timedelta(days=chance.randrange(DAYS))
    title = json.dumps(edited(" ".join(chance.choice(titles).split()), chance))
    body = edited("\n\n".join(parts), chance)
    outlet = chance.choice(OUTLETS)
    return f"---\ntitle: {title}\nsource: {outlet}\npublished: {day}\n---\n\n{body}\n"


def base_vectors(collection: Collection, path: Path) -> None:
    """Real vectors of real passages, cut evenly from all articles."""
    from rag.embedder import load_embedder

    texts = [
        item.text[start : start + _PASSAGE]
        for item in collection.items
        for start in range(0, len(item.text), _PASSAGE)
    ]
    chosen = random.Random(20151113).sample(texts, min(_BASE, len(texts)))
    np.save(path, load_embedder().embed(chosen))


# -- Measuring -------------------------------------------------------------------------------------


def measure(collection: Collection, folder: Path, base: Path, *, passages: int) -> Size:
    """Everything at one size, each part in a process of its own."""
    files, home, vectors = folder / "articles", folder / "home", folder / "vectors.f32"
    count = write_articles(collection, files, passages=passages)
    print(f"{passages:,} passages: {count:,} articles written", flush=True)
    queries = [query.text for query in collection.queries][:_QUERIES]
    given = {"files": files, "home": home, "vectors": vectors, "base": base}
    others = []

    def work(action: str) -> Run:
        task = {"action": action, "queries": queries, **{k: str(v) for k, v in given.items()}}
        run = _measure.worker("growth_worker", task, folder=folder)
        others.append(run.others)
        told = {k: round(v, 3) for k, v in run.result.items()}
        print(
            f"  {action}: {run.seconds:.1f} s ({run.processor:.1f} s of processors),"
            f" others {run.others:.0%}: {told}",
            flush=True,
        )
        return run

    built = work("build")
    disk = _measure.disk(home)
    searched, recalled = work("search").result, work("recall").result
    changed = files / "000" / "000000.txt"
    text = changed.read_text(encoding="utf-8")
    changed.write_text(f"{text}\nCorrection: a name was misspelt.\n", encoding="utf-8")
    updated = work("update").result
    names = [f"{kind}{end}" for kind in ("", "reread_", "filtered_") for end in ("p50", "p95")]
    names += ["p50_wide", "p95_wide", "resident"]
    return Size(
        passages=built.result["passages"],
        articles=built.result["articles"],
        ingest=built.result["seconds"],
        ingest_peak=built.peak,
        disk=disk,
        open=searched["open"],
        recall=recalled["recall"],
        update=updated["seconds"],
        others=max(others),
        **{name: searched[name] for name in names},
    )


# -- The page --------------------------------------------------------------------------------------

Figure = tuple[str, str, Callable[[Size], float]]
FIGURES: tuple[Figure, ...] = (
    ("ingest without the model, passages a second", ",.0f", lambda s: s.rate),
    ("peak memory of the ingest, MB", ",.0f", lambda s: s.ingest_peak / 1e6),
    ("disk, MB", ",.0f", lambda s: s.disk / 1e6),
    ("open and first search, seconds", ".2f", lambda s: s.open),
    ("search p50, ms", ".1f", lambda s: s.p50),
    ("search p95, ms", ".1f", lambda s: s.p95),
    ("search p50, ten threads, ms", ".1f", lambda s: s.p50_wide),
    ("search p95, ten threads, ms", ".1f", lambda s: s.p95_wide),
    ("search, 16 passages reread, p50, ms", ".1f", lambda s: s.reread_p50),
    ("search, 16 passages reread, p95, ms", ".1f", lambda s: s.reread_p95),
    ("search by outlet and 90 days, p50, ms", ".1f", lambda s: s.filtered_p50),
    ("search by outlet and 90 days, p95, ms", ".1f", lambda s: s.filtered_p95),
    ("recall@40 of the vector index", ".3f", lambda s: s.recall),
    ("memory after the searches, MB", ",.0f", lambda s: s.resident / 1e6),
    ("update of one article, seconds", ".2f", lambda s: s.update),
)


def section(sizes: Sequence[Size]) -> str:
    """Markdown, from its heading on."""
    head = ["", *(f"{size.passages:,} passages" for size in sizes)]
    rows = [["articles", *(f"{size.articles:,}" for size in sizes)]]
    rows += [[name, *(format(of(size), form) for size in sizes)] for name, form, of in FIGURES]
    rows.append(["most that other programs had", *(f"{size.others:.0%}" for size in sizes)])
    machine = _measure.machine(("chromadb", "numpy", "onnxruntime"))
    return f"""\
## Growth

![Each figure against the number of passages, on logarithmic axes](growth.png)

`make bench-full`; benchmarks/growth.py says how the articles and their vectors are made: real \
text and real vectors, changed, so that everything but the model's own time is measured as it is. \
Searches include the embedding of the question, and reread nothing but where it says so. Recall is \
held against an exact search over all vectors for {_QUERIES} questions. The update looks through \
the whole folder and embeds one article. {machine}.

{table(head, rows)}
"""


def plot(sizes: Sequence[Size]) -> None:
    """A panel for each figure, on logarithmic axes."""
    import matplotlib as mpl  # type: ignore[import-not-found, unused-ignore]

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(4, 4, figsize=(12, 9), layout="constrained")
    for axis, (name, _, of) in zip(axes.flat, FIGURES, strict=False):
        axis.plot([s.passages for s in sizes], [of(s) for s in sizes], "o-", color="#1f5f8b")
        axis.set_xscale("log")
        axis.set_yscale("linear" if name.startswith("recall") else "log")
        if name.startswith("recall"):
            axis.set_ylim(0, 1.05)
        else:  # whole decades: a small change is not to look like a large one
            values = np.log10([of(s) for s in sizes])
            axis.set_ylim(10 ** np.floor(values.min()), 10 ** np.ceil(values.max() + 0.05))
        for each in (axis.xaxis, axis.yaxis):
            each.set_major_formatter("{x:,g}")
            each.set_minor_formatter("")
        axis.set_title(name, fontsize=9)
        axis.tick_params(labelsize=8)
        axis.grid(which="both", color="#e6e6e6")
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes.flat[len(FIGURES) :]:
        axis.set_visible(False)
    figure.savefig(PAGE.with_name("growth.png"), dpi=100, metadata={"Software": None})
    pyplot.close(figure)


def merged(kept: Sequence[Size], fresh: Sequence[Size]) -> list[Size]:
    """By size; a fresh one takes the place of a kept one within a tenth of it."""
    left = [
        old
        for old in kept
        if all(abs(old.passages - new.passages) > new.passages / 10 for new in fresh)
    ]
    return sorted([*left, *fresh], key=lambda size: size.passages)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure an archive against its size.")
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=SIZES, help="passages; none: only draw the page"
    )
    parser.add_argument("--folder", type=Path, help="where to work (the system's for such)")
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    given = parser.parse_args()
    collection = load()
    kept = [
        Size(**one)
        for one in (json.loads(KEPT.read_text()) if KEPT.exists() else [])
        if set(one) == {field.name for field in fields(Size)}  # else of an earlier version
    ]
    with tempfile.TemporaryDirectory(prefix="growth-", dir=given.folder) as root:
        base = Path(root) / "base.npy"
        if given.sizes:
            base_vectors(collection, base)
        for passages in given.sizes:
            folder = Path(root) / str(passages)
            folder.mkdir()
            kept = merged(kept, [measure(collection, folder, base, passages=passages)])
            shutil.rmtree(folder)
            KEPT.parent.mkdir(parents=True, exist_ok=True)
            KEPT.write_text(json.dumps([asdict(size) for size in kept], indent=1))
    text = section(kept)
    print(f"\n{text}")
    if given.write:
        plot(kept)
        _measure.write("growth", text)


if __name__ == "__main__":
    main()
