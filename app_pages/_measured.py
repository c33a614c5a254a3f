"""What the evaluation says of runs and figures, in words and tables. No Streamlit here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app_pages._text import counted, escape, long_date
from evaluation.kept import KeptRun
from evaluation.outcomes import RIGHT
from evaluation.summary import Comparison

__all__ = [
    "HEADLINES",
    "SYSTEMS",
    "Bar",
    "bars",
    "by_type",
    "comparison_rows",
    "difference_bars",
    "figure_rows",
    "headline_rows",
    "lost_line",
    "main_rows",
    "measure_name",
    "run_label",
    "scope_name",
    "seconds_rows",
    "system_name",
    "type_name",
]

Json = Mapping[str, Any]

SYSTEMS = {
    "dossier": "Dossier, as it is set",
    "bm25": "By words alone",
    "dense": "By meaning alone",
    "fused": "By both, without the reader",
}
"""The systems that the page offers, and what each is."""

_SCOPES = {
    "all": "All articles",
    "own": "Each question over its own articles",
    "pooled": "Each question over all articles",
}

_RANKS = {
    "hit@1": "first is right",
    "hit@5": "right one in the first 5",
    "hit@10": "right one in the first 10",
    "recall@5": "right ones found in 5",
    "recall@10": "right ones found in 10",
    "mrr@10": "reciprocal rank",
    "ndcg@10": "nDCG of 10",
}
_NAMES = {
    **{f"article_{key}": f"Articles: {said}" for key, said in _RANKS.items()},
    **{f"passage_{key}": f"Passages: {said}" for key, said in _RANKS.items()},
    "value_in_answer": "Expected value in the answer",
    "value_in_quotes": "Expected value in a quote",
    "value_in_first_quote": "Expected value in the first quote",
    "exact_match": "Short answer matches exactly",
    "token_f1": "Short answer, words in common (F1)",
    "assertion_coverage": "What a full answer covers",
    "values_shown": "Differing values shown",
    "wrong_values_shown": "Wrong values shown",
    "citation_precision": "Quotes support their sentence",
    "citation_recall": "Sentences are supported",
    "value_guard": "Numbers and names stand in quotes",
    "verbatim": "Quotes stand verbatim",
    "wrongly_refused": "Refused, but there is an answer",
    "wrongly_answered": "Answered, but there is none",
    "balanced_accuracy": "Answers or refuses rightly",
    RIGHT: "The answer is right",
}
_GROUPS = {
    "Finding": tuple(name for name in _NAMES if name.startswith(("article_", "passage_"))),
    "Answering": (
        "value_in_answer", "value_in_quotes", "value_in_first_quote", "exact_match", "token_f1",
        "assertion_coverage", "values_shown", "wrong_values_shown",
    ),
    "Citing": ("citation_precision", "citation_recall", "value_guard", "verbatim"),
    "Refusing": ("balanced_accuracy", "wrongly_refused", "wrongly_answered"),
}  # fmt: skip
HEADLINES = (
    "article_hit@1", "article_hit@5", "value_in_answer", "value_in_quotes", "assertion_coverage",
    "values_shown", "citation_precision", "verbatim", "balanced_accuracy", "wrongly_refused",
    "wrongly_answered",
)  # fmt: skip
"""The measures that are drawn."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure to draw, with its 95 % interval."""

    name: str
    value: float
    low: float
    high: float
    n: int
    said: str
    """The same in words."""


def measure_name(measure: str) -> str:
    """A measure as it is shown."""
    return _NAMES.get(measure, measure)


def system_name(system: str) -> str:
    """A system as it is shown; one that only the command line has by its own name."""
    return SYSTEMS.get(system, system)


def scope_name(scope: str) -> str:
    """Over which articles the questions were asked."""
    return _SCOPES.get(scope, scope)


def type_name(kind: str) -> str:
    """A type of question."""
    return kind.replace("_", " ") if kind not in {"", "-"} else "no type"


def run_label(run: KeptRun) -> str:
    """A run in a list, as plain text: golden · By words alone · 21 November 2015, 21:40."""
    over = "this archive" if run.config.get("over") == "archive" else ""
    when = f"{long_date(run.when.date())}, {run.when:%H:%M} UTC"
    parts = [str(run.config["data"]), over, system_name(str(run.config["system"])), when]
    return " · ".join(filter(None, parts))


def lost_line(number: int, *, over_archive: bool) -> str:
    """That articles were missing, and what comes of it."""
    if over_archive:
        return (
            f"{counted(number, 'article')} that questions name as right"
            f" {'is' if number == 1 else 'are'} not in the archive, and count as not found."
        )
    return f"{counted(number, 'article')} could not be read or came twice."


# Figures


def _shown(figure: Json) -> str:
    return f"{figure['value']:.3f}"


def _interval(figure: Json) -> str:
    return f"{figure['low']:.3f} to {figure['high']:.3f}"


def figure_rows(figures: Mapping[str, Json]) -> list[dict[str, Any]]:
    """Every figure, by what it is about, which the first of each group says."""
    rows = []
    for group, names in _GROUPS.items():
        held = [name for name in names if name in figures]
        rows += [
            {
                "": group if name == held[0] else "",
                "Measure": measure_name(name),
                "Value (95 % interval)": f"{_shown(figures[name])} ({_interval(figures[name])})",
                "Questions": int(figures[name]["n"]),
            }
            for name in held
        ]
    return rows


def headline_rows(figures: Mapping[str, Json]) -> list[tuple[str, str, str]]:
    """What is said first: label, value, and interval with the number of questions."""
    wanted = {
        "article_hit@1": "First article is right",
        "value_in_answer": "Answer holds the value",
        "verbatim": "Quotes verbatim",
        "balanced_accuracy": "Answers or refuses rightly",
    }
    found = []
    for name, label in wanted.items():
        if figure := figures.get(name):
            over = counted(int(figure["n"]), "question")
            span = f"{figure['low']:.0%} to {figure['high']:.0%}, {over}"
            found.append((label, f"{figure['value']:.0%}", span))
    return found


def bars(figures: Mapping[str, Json]) -> list[Bar]:
    """The headline measures, to draw."""
    return [_bar(measure_name(name), figures[name]) for name in HEADLINES if name in figures]


def _bar(name: str, figure: Json) -> Bar:
    number = int(figure["n"])
    said = f"{_shown(figure)} ({_interval(figure)}), {counted(number, 'question')}"
    return Bar(name, figure["value"], figure["low"], figure["high"], number, said)


def by_type(types: Mapping[str, Json], measure: str) -> list[Bar]:
    """One measure for each type of question that it applies to."""
    return [
        _bar(type_name(kind), part["figures"][measure])
        for kind, part in types.items()
        if measure in part["figures"]
    ]


def seconds_rows(seconds: Mapping[str, Json]) -> list[dict[str, str]]:
    """How long each stage took."""
    return [
        {
            "Stage": escape(stage),
            "Median": f"{found['p50']['value']:.2f} s",
            "95th percentile": f"{found['p95']['value']:.2f} s",
        }
        for stage, found in seconds.items()
    ]


# Two runs


def comparison_rows(rows: Sequence[Comparison]) -> list[dict[str, Any]]:
    """Measures of two runs, what is shown to differ first."""
    ordered = sorted(rows, key=lambda row: row.verdict == "no difference shown")
    return [
        {
            "Measure": measure_name(row.measure),
            "First": f"{row.first:.3f}",
            "Second": f"{row.second:.3f}",
            "Difference (95 % interval)": _difference(row),
            "p": f"{row.p:.3f}" if row.p >= 0.001 else "< 0.001",
            "Questions": row.difference.n,
            "Verdict": row.verdict,
        }
        for row in ordered
    ]


def _difference(row: Comparison) -> str:
    change = row.difference
    return f"{change.value:+.3f} ({change.low:+.3f} to {change.high:+.3f})"


def main_rows(rows: Sequence[Comparison]) -> list[Comparison]:
    """Those of the headline measures, and those that are shown to differ."""
    return [row for row in rows if row.measure in HEADLINES or row.verdict != "no difference shown"]


def difference_bars(rows: Sequence[Comparison]) -> list[Bar]:
    """The differences of the headline measures, to draw."""
    found = {row.measure: row for row in rows}
    drawn = []
    for name in HEADLINES:
        if row := found.get(name):
            change = row.difference
            said = f"{_difference(row)}, p {row.p:.3f}: {row.verdict}"
            drawn.append(
                Bar(measure_name(name), change.value, change.low, change.high, change.n, said)
            )
    return drawn
