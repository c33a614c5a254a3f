"""A run as a page: report.md with every figure and its interval, and plots as PNG."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from evaluation.measures import LESS_IS_BETTER, MEASURES
from evaluation.runs import Run
from evaluation.summary import Comparison

__all__ = ["comparison_table", "figure_table", "write_report"]

Json = Mapping[str, Any]

_ORDER = [*MEASURES, "balanced_accuracy"]
_PLOTTED = (
    "article_hit@1", "article_hit@5", "article_ndcg@10", "passage_mrr@10", "value_in_answer",
    "value_in_quotes", "values_shown", "assertion_coverage", "citation_precision",
    "citation_recall", "value_guard", "verbatim", "balanced_accuracy",
)  # fmt: skip
_WORST = 20
_SCOPES = {
    "all": "Every question, over all articles",
    "own": "Each question over its own articles",
    "pooled": "Each question over all articles",
}


def shown(figure: Json) -> str:
    """A figure with its interval."""
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"


def figure_table(figures: Mapping[str, Json]) -> list[str]:
    """Figures as a table in Markdown, in the order of `evaluation.measures`."""
    lines = ["| measure | value [95 % interval] | questions |", "|---|---|---|"]
    for name in _ORDER:
        if name in figures:
            less = " (less is better)" if name in LESS_IS_BETTER else ""
            lines.append(f"| {name}{less} | {shown(figures[name])} | {figures[name]['n']:.0f} |")
    return lines


def comparison_table(rows: Sequence[Comparison]) -> list[str]:
    """A paired comparison as a table in Markdown."""
    lines = [
        "| measure | first | second | difference [95 % interval] | p (Holm) | questions | |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        change = row.difference
        lines.append(
            f"| {row.measure} | {row.first:.3f} | {row.second:.3f} | {change.value:+.3f}"
            f" [{change.low:+.3f}, {change.high:+.3f}] | {row.p:.4f} | {change.n} | {row.verdict} |"
        )
    return lines


def write_report(run: Run, *, plots: bool = True) -> Path:
    """Write report.md and the plots into the run's folder; the report's path.

    Without matplotlib, which is one of the developers' requirements, there are no plots.
    """
    lines = [f"# {run.name}", ""]
    config = run.config
    lines += [
        f"Run {config['fingerprint']}: {len(run.questions)} questions; index {config['index']}.",
        "Intervals: 95 %, bootstrapped over questions. docs/evaluation.md explains each measure.",
        "",
    ]
    for scope, part in run.summary["scopes"].items():
        lines += [f"## {_SCOPES[scope]}", "", *figure_table(part["figures"]), ""]
        lines += _types(part["types"]) if part["types"] else []
        lines += _seconds(part)
    lines += _judged(run.summary.get("judged"))
    lines += _lost(run.summary["lost"])
    lines += _failures(run)
    if plots and find_spec("matplotlib"):
        lines += ["## Plots", "", *(f"![{p.stem}]({p.name})" for p in _plots(run)), ""]
    lines += ["## Settings", "", "| | |", "|---|---|"]
    stated = {**config["settings"], **config["versions"], "code": config["code"]}
    lines += [f"| {key} | {value} |" for key, value in stated.items()]
    path = run.folder / "report.md"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _types(types: Mapping[str, Json]) -> list[str]:
    """One column a type, only measures that some type has."""
    names = [name for name in _ORDER if any(name in part["figures"] for part in types.values())]
    names = [name for name in names if name in _PLOTTED or name in LESS_IS_BETTER]
    heads = [f"{kind} ({part['questions']})" for kind, part in types.items()]
    lines = ["### By type of question", "", f"| measure | {' | '.join(heads)} |"]
    lines.append("|---" * (len(heads) + 1) + "|")
    for name in names:
        cells = [
            shown(part["figures"][name]) if name in part["figures"] else ""
            for part in types.values()
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return [*lines, ""]


def _seconds(part: Json) -> list[str]:
    lines = ["### Seconds by stage", "", "| stage | p50 | p95 |", "|---|---|---|"]
    for stage, found in part["seconds"].items():
        lines.append(f"| {stage} | {shown(found['p50'])} | {shown(found['p95'])} |")
    lines.append("")
    for name in ("tokens", "cost"):
        if name in part:
            lines += [f"Mean {name} a question: {shown(part[name])}.", ""]
    return lines


def _judged(judged: Json | None) -> list[str]:
    if not judged:
        return []
    lines = [
        f"## Judged by {judged['judge']}",
        "",
        "A model's opinions, apart from the measures above.",
        "",
        "| measure | value [95 % interval] | questions |",
        "|---|---|---|",
    ]
    for name, figure in judged["figures"].items():
        lines.append(f"| {name} | {shown(figure)} | {figure['n']:.0f} |")
    lines += [
        "",
        "| judged | deterministic | agreement | kappa | questions |",
        "|---|---|---|---|---|",
    ]
    for row in judged["agreement"]:
        lines.append(
            f"| {row['judged']} | {row['deterministic']} | {row['agreement']:.3f}"
            f" | {row['kappa']:.3f} | {row['n']} |"
        )
    if judged["failed"]:
        lines += ["", f"{judged['failed']} verdicts could not be had or read."]
    return [*lines, ""]


def _lost(lost: Mapping[str, str]) -> list[str]:
    if not lost:
        return []
    lines = [f"## Articles that could not be read ({len(lost)})", ""]
    return [*lines, *(f"- {doc_id}: {reason}" for doc_id, reason in lost.items()), ""]


def _failures(run: Run) -> list[str]:
    """Some questions that went wrong, to look at."""
    lines: list[str] = []
    for record in run.records:
        question, answer = run.questions[record["qid"]], record["answer"]
        if answer is None:
            continue
        refused = answer["status"] == "not_found"
        if refused == question.answerable:
            what = "refused" if refused else "answered though there is no answer"
            lines.append(f"- {record['key']}: {question.question} ({what})")
    if not lines:
        return []
    more = [f"- and {len(lines) - _WORST} more"] if len(lines) > _WORST else []
    return ["## Wrongly refused or answered", "", *lines[:_WORST], *more, ""]


def _plots(run: Run) -> list[Path]:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib.figure import Figure

    paths = []
    for scope, part in run.summary["scopes"].items():
        figures = {name: part["figures"][name] for name in _PLOTTED if name in part["figures"]}
        if figures:
            figure = Figure(figsize=(8, 0.4 * len(figures) + 1.2), layout="constrained")
            axes = figure.subplots()
            names = list(reversed(figures))
            centres = [figures[name]["value"] for name in names]
            spread = [
                [max(0.0, figures[n]["value"] - figures[n]["low"]) for n in names],
                [max(0.0, figures[n]["high"] - figures[n]["value"]) for n in names],
            ]
            axes.barh(names, centres, xerr=spread, color="#4c78a8", ecolor="#333333", capsize=3)
            axes.set(xlim=(0, 1), title=f"{run.name} ({scope}), 95 % intervals")
            paths.append(run.folder / f"figures-{scope}.png")
            figure.savefig(paths[-1], dpi=120)
        seconds = [r["timings"] for r in run.records if r["scope"] == scope]
        stages = list(dict.fromkeys(stage for timings in seconds for stage in timings))
        if stages:
            figure = Figure(figsize=(8, 0.5 * len(stages) + 1.2), layout="constrained")
            axes = figure.subplots()
            held = [[t[stage] for t in seconds if stage in t] for stage in stages]
            axes.boxplot(held, tick_labels=stages, orientation="horizontal", whis=(5, 95))
            axes.set(xlabel="seconds", title=f"{run.name} ({scope}), whiskers at 5 and 95 %")
            paths.append(run.folder / f"seconds-{scope}.png")
            figure.savefig(paths[-1], dpi=120)
    return paths
