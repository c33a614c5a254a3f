"""What benchmarks/peers.py measured, as tables, sentences and a plot."""

import statistics
from collections.abc import Callable, Sequence

from benchmarks._measure import PAGE, machine, ratios, spread, table
from benchmarks.peers_results import BARE, KEPT, MAIN, NAMES, OURS, Results
from benchmarks.peers_verdict import TARGETS, losses

PACKAGES = (
    "chromadb",
    "onnxruntime",
    "llama-index-core",
    "llama-index-vector-stores-chroma",
    "llama-index-embeddings-huggingface",
    "langchain-core",
    "langchain-chroma",
    "langchain-huggingface",
    "txtai",
    "faiss-cpu",
    "sentence-transformers",
    "torch",
)


def ingest_table(results: Results) -> str:
    """The first ingest: rates, memory, disk, and how many times as fast Dossier was."""
    rows = []
    mine = results.rates(OURS)
    for name in (*MAIN, BARE):
        seconds = results.values("first", name, "seconds")
        by_passage = ratios(mine, results.rates(name))
        by_article = ratios(seconds, results.values("first", OURS, "seconds"))
        first = name == OURS
        rows.append(
            [
                NAMES[name],
                f"{results.median('first', name, 'passages'):,.0f}",
                spread(results.rates(name)),
                spread(seconds),
                "" if first else f"{spread(by_passage, 2)} times",
                "" if first or name == BARE else f"{spread(by_article, 2)} times",
                spread(results.peaks(name), 0),
                "" if name == BARE else f"{results.median('first', name, 'disk') / 1e6:,.1f}",
            ]
        )
    return table(
        [
            "",
            "passages",
            "passages a second",
            "seconds",
            "Dossier is faster by: passages",
            "articles",
            "peak memory, MB",
            "disk, MB",
        ],
        rows,
    )


def again_table(results: Results) -> str:
    """The second ingest."""
    rows = []
    for name in (OURS, *KEPT, *MAIN[1:]):
        built = results.median("kept" if name in KEPT else "first", name, "seconds")
        unchanged = results.values("unchanged", name, "seconds")
        changed = results.values("changed", name, "seconds")
        plain = "embeds everything again"
        rows.append(
            [
                NAMES[name],
                spread([built]),
                spread(unchanged, 2) if unchanged else plain,
                f"{built / statistics.median(unchanged):,.0f} times" if unchanged else "",
                spread(changed, 2) if changed else plain,
            ]
        )
    head = ["", "first, seconds", "nothing changed, seconds", "faster than the first by"]
    return table([*head, "one article changed, seconds"], rows)


def search_table(results: Results) -> str:
    """Milliseconds, and quality where there are labels."""
    rows = []
    for name in MAIN:
        figures = [
            spread(results.values("search", name, key))
            for key in ("p50", "p95", "p50_wide", "p95_wide")
        ]
        ratio = ratios(results.values("search", name, "p50"), results.values("search", OURS, "p50"))
        quality = [
            f"{results.median('rank', name, key):.3f}" if results.labelled else "not labelled"
            for key in ("hit1", "mrr10")
        ]
        faster = "" if name == OURS else f"{spread(ratio, 2)} times"
        rows.append([NAMES[name], *figures, faster, *quality])
    return table(
        [
            "",
            "p50, ms",
            "p95, ms",
            "p50, ten threads",
            "p95, ten threads",
            "Dossier is faster by (p50)",
            "hit@1",
            "MRR@10",
        ],
        rows,
    )


def start_table(results: Results) -> str:
    """From the start of a process to what it was asked for."""
    names = {
        "python -c pass": "Python itself",
        "import rag": '`python -c "import rag"`',
        "python -m rag status": "`python -m rag status`",
        "python -m rag ask": "`python -m rag ask`: a checked answer",
        **{name: f"{NAMES[name]}: passages found" for name in MAIN},
    }
    measured = results.runs["start"]
    return table(
        ["process", "seconds"],
        [[names[name], spread(results.values("start", name), 2)] for name in measured],
    )


def section(results: Results, *, name: str) -> str:
    """Markdown, from its heading on."""
    whole = "all of" if name.endswith("full") else "a slice of"
    command = "make bench-full" if name.endswith("full") else "make bench"
    lost = losses(results)
    labels = (
        f"hit@1 and MRR@10 rank articles, each where the best of its passages stands among 40, "
        f"over the {results.labelled} questions with labels: some of these were made by a person, "
        "the rest by finding the answer's words in an article, so that an article counts as wrong "
        "that answers too but was not labelled. "
        if results.labelled
        else "Ranking quality is not measured on this stand-in. "
    )
    return f"""\
## Beside its peers, on {whole} {results.collection}

![Ingest, memory and search beside the peers]({name}.png)

`{command}`, {results.minutes:.0f} minutes: {results.articles:,} articles \
({results.characters / 1e6:.2f} million characters), {results.questions} questions, \
{_rounds(results.rounds)}. {machine(PACKAGES)}. \
Other programs had at most {results.others:.0%} of the processor during a run that counts.

### First ingest

From files to a finished index, libraries and model loaded before. Passages are cut to about the \
same length, which benchmarks/pipelines.py states; "articles" compares the time for the same \
files. Memory is that of all processes of a contender together.

{ingest_table(results)}

### Second ingest

Plain scripts, run again, embed everything again (and those on LlamaIndex and LangChain then hold \
every passage twice); the two with a docstore and a record manager know what has changed.

{again_table(results)}

### Search

Ten passages for a question, warm, by one thread and by ten. {labels}

{search_table(results)}

### Starting

Over the demo corpus, from the start of the process to its end.

{start_table(results)}

### Held against its targets

{table(["", "target", "measured", "met"], [target.row(results) for target in TARGETS])}

### Where a peer is better

{chr(10).join(lost) if lost else "Nowhere in this run, by medians."}
"""


def _rounds(rounds: int) -> str:
    """How often, in words."""
    return "one round" if rounds == 1 else f"{rounds} rounds in turns; median (least to most)"


def plot(results: Results, *, name: str) -> None:
    """Three bar charts beside the page."""
    import matplotlib as mpl  # type: ignore[import-not-found, unused-ignore]

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 3, figsize=(11, 2.8), sharey=True, layout="constrained")
    panels: tuple[tuple[str, Callable[[str], Sequence[float]]], ...] = (
        ("passages ingested a second", results.rates),
        ("peak memory of ingest, MB", results.peaks),
        ("search p50, ms", lambda one: results.values("search", one, "p50")),
    )
    for axis, (title, values) in zip(axes, panels, strict=True):
        for place, one in enumerate(reversed(MAIN)):
            found = values(one)
            middle = statistics.median(found)
            ends = [[middle - min(found)], [max(found) - middle]]
            colour = "#1f5f8b" if one == OURS else "#b8c4ce"
            axis.barh(place, middle, xerr=ends, color=colour, ecolor="#444444", capsize=2)
        axis.set_title(title, fontsize=10)
        axis.spines[["top", "right"]].set_visible(False)
    labels = [NAMES[one].replace(", ", ",\n") for one in reversed(MAIN)]
    axes[0].set_yticks(range(len(MAIN)), labels, fontsize=8)
    figure.savefig(PAGE.with_name(f"{name}.png"), dpi=120, metadata={"Software": None})
    pyplot.close(figure)
