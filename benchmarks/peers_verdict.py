"""How Dossier did in a run of benchmarks/peers.py: its targets, and where a peer is better."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks._measure import ratios
from benchmarks.peers_results import BARE, KEPT, MAIN, NAMES, OURS, Results

_WHY = {
    "disk": (
        "Dossier keeps more: the articles whole, a full-text index beside the vectors, and every "
        "embedding a second time in a cache, from which an index can be built again"
    ),
    "memory": "Dossier holds a batch being embedded while the one before it is written",
    "search": (
        "Dossier makes two searches, by meaning and by words, and fuses and chooses among what "
        "they find in Python, of which one thread runs at a time"
    ),
    "hit@1": "its search by words ranks another article first",
    "first answer": "Dossier weighs sentences and answers; the others have found passages",
    "changed": "Dossier copies the live index before it changes it, so that a crash harms nothing",
}


@dataclass(frozen=True, slots=True)
class Target:
    """A figure that was set beforehand. At least `bar`, or at most with `most`."""

    what: str
    bar: float
    measured: Callable[[Results], float]
    most: bool = False

    def row(self, results: Results) -> list[str]:
        """What it is, the bar, the figure, whether it is met."""
        value = self.measured(results)
        met = value <= self.bar if self.most else value >= self.bar
        bar = f"{'at most' if self.most else 'at least'} {self.bar:g}"
        return [self.what, bar, f"{value:,.2f}", "yes" if met else "**no**"]


def _middle(mine: list[float], theirs: list[float]) -> float:
    return statistics.median(ratios(mine, theirs))


TARGETS = (
    Target(
        "passages a second, beside LlamaIndex with our embedder",
        1.3,
        lambda r: _middle(r.rates(OURS), r.rates("llamaindex-ours")),
    ),
    Target(
        "passages a second, beside LlamaIndex with HuggingFaceEmbedding",
        2.2,
        lambda r: _middle(r.rates(OURS), r.rates("llamaindex")),
    ),
    Target(
        "passages a second, beside our embedder alone",
        0.9,
        lambda r: _middle(r.rates(OURS), r.rates(BARE)),
    ),
    Target(
        "first ingest / second ingest of unchanged files",
        100,
        lambda r: r.median("first", OURS, "seconds") / r.median("unchanged", OURS, "seconds"),
    ),
    Target(
        "seconds of the second ingest of unchanged files",
        1.5,
        lambda r: r.median("unchanged", OURS, "seconds"),
        most=True,
    ),
    Target("seconds of `import rag`", 0.3, lambda r: r.median("start", "import rag"), most=True),
    Target(
        "seconds of `python -m rag status`",
        0.6,
        lambda r: r.median("start", "python -m rag status"),
        most=True,
    ),
    Target(
        "seconds to the first answer over the demo corpus",
        5,
        lambda r: r.median("start", "python -m rag ask"),
        most=True,
    ),
    Target(
        "search p50, beside LlamaIndex with our embedder",
        1,
        lambda r: _middle(
            r.values("search", OURS, "p50"), r.values("search", "llamaindex-ours", "p50")
        ),
        most=True,
    ),
    Target(
        "peak memory, beside LlamaIndex with our embedder",
        1,
        lambda r: _middle(r.peaks(OURS), r.peaks("llamaindex-ours")),
        most=True,
    ),
)


def losses(results: Results) -> list[str]:
    """Where a peer did better than Dossier, by medians, and why."""

    def of(stage: str, key: str = "") -> dict[str, float]:
        known = [name for name in (*MAIN, *KEPT) if results.runs[stage].get(name)]
        return {name: results.median(stage, name, key) for name in known}

    rates = {name: -statistics.median(results.rates(name)) for name in MAIN}
    found = [
        _loss("first ingest", rates, "passages a second", 1, "first"),
        _loss("peak memory", {n: statistics.median(results.peaks(n)) for n in MAIN}, "MB", 0),
        _loss("disk", {n: v / 1e6 for n, v in of("first", "disk").items()}, "MB", 1),
        _loss("one article changed", of("changed", "seconds"), "s", 2, "changed"),
        _loss("nothing changed", of("unchanged", "seconds"), "s", 2),
        *(
            _loss(f"search, {label}", of("search", key), "ms", 1, "search")
            for key, label in (
                ("p50", "p50"),
                ("p95", "p95"),
                ("p50_wide", "p50 of ten threads"),
                ("p95_wide", "p95 of ten threads"),
            )
        ),
    ]
    starts = {**of("start"), OURS: results.median("start", "python -m rag ask")}
    found.append(_loss("first answer", starts, "s", 2))
    if results.labelled:
        for key, label in (("hit1", "hit@1"), ("mrr10", "MRR@10")):
            quality = {name: -value for name, value in of("rank", key).items()}
            found.append(_loss(label, quality, "", 3, "hit@1"))
    return [line for line in found if line]


def _loss(what: str, values: dict[str, float], unit: str, digits: int, why: str = "") -> str:
    """One sentence, where any value is smaller than ours; better is smaller here."""
    mine = values[OURS]
    better = sorted((value, name) for name, value in values.items() if value < mine)
    if not better:
        return ""
    told = ", ".join(f"{NAMES[name]} {abs(value):,.{digits}f}" for value, name in better)
    reason = _WHY.get(why or what.removeprefix("peak "), "")
    return f"- **{what}**: {told}; Dossier {abs(mine):,.{digits}f} {unit}".rstrip() + (
        f". {reason[0].upper()}{reason[1:]}." if reason else "."
    )
