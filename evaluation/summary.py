"""From records to figures with intervals: overall, by type of question, and of two runs."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evaluation.data import Question
from evaluation.measures import LESS_IS_BETTER, MEASURES, score
from evaluation.stats import Interval, balanced, bootstrap, holm, percentile, randomisation

__all__ = ["Comparison", "compare", "figures", "summarise"]

Json = Mapping[str, Any]
Scores = Mapping[str, Mapping[str, float]]
"""Scores of records by their keys."""

SIGNIFICANT = 0.05


def figures(scores: Sequence[Mapping[str, float]]) -> dict[str, Interval]:
    """The mean of every measure over the questions that it applies to."""
    found = {}
    for name in MEASURES:
        if held := [one[name] for one in scores if name in one]:
            found[name] = bootstrap(held)
    refused = [1 - one["wrongly_refused"] for one in scores if "wrongly_refused" in one]
    answered = [1 - one["wrongly_answered"] for one in scores if "wrongly_answered" in one]
    if refused and answered:
        found["balanced_accuracy"] = balanced([refused, answered])
    return found


def summarise(records: Sequence[Json], questions: Mapping[str, Question]) -> dict[str, Any]:
    """Figures by scope ("all"; "own" and "pooled" where questions have articles of their own)."""
    scores = score(records, questions)
    scopes = {}
    for scope in dict.fromkeys(record["scope"] for record in records):
        mine = [n for n, record in enumerate(records) if record["scope"] == scope]
        types: dict[str, list[Mapping[str, float]]] = {}
        for number in mine:
            types.setdefault(questions[records[number]["qid"]].type or "-", []).append(
                scores[number]
            )
        held = [records[number] for number in mine]
        scopes[scope] = {
            "questions": len(mine),
            "figures": _plain(figures([scores[number] for number in mine])),
            "types": {
                kind: {"questions": len(rows), "figures": _plain(figures(rows))}
                for kind, rows in sorted(types.items())
                if len(types) > 1
            },
            "seconds": _latency(held),
            **_expense(held),
        }
    return scopes


def _plain(found: Mapping[str, Interval]) -> dict[str, dict[str, float]]:
    return {name: _rounded(interval) for name, interval in found.items()}


def _rounded(interval: Interval) -> dict[str, float]:
    return {key: round(value, 4) for key, value in asdict(interval).items()}


def _latency(records: Sequence[Json]) -> dict[str, Any]:
    """Median and 95th percentile of each stage, in seconds, over the questions that had it."""
    stages = dict.fromkeys(stage for record in records for stage in record["timings"])
    found = {}
    for stage in stages:
        held = [r["timings"][stage] for r in records if stage in r["timings"]]
        found[stage] = {
            name: _rounded(bootstrap(held, statistic=percentile(share)))
            for name, share in (("p50", 50), ("p95", 95))
        }
    return found


def _expense(records: Sequence[Json]) -> dict[str, Any]:
    """Mean tokens a question, and cost where it is known."""
    found: dict[str, Any] = {}
    tokens = [sum(record["usage"].values()) for record in records]
    if any(tokens):
        found["tokens"] = _rounded(bootstrap(tokens))
    if costs := [record["cost"] for record in records if record["cost"] is not None]:
        found["cost"] = _rounded(bootstrap(costs))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One measure in two runs over the questions that both have. `p` is Holm's."""

    measure: str
    first: float
    second: float
    difference: Interval
    p: float

    @property
    def verdict(self) -> str:
        """In words; without evidence of a difference that is what it says."""
        if self.p >= SIGNIFICANT:
            return "no difference shown"
        better = (self.difference.value > 0) != (self.measure in LESS_IS_BETTER)
        return "second better" if better else "first better"


def compare(
    first: Sequence[Json], second: Sequence[Json], questions: Mapping[str, Question]
) -> dict[str, list[Comparison]]:
    """Every measure that both runs have, paired by question, for each scope by itself."""
    sides = [
        {record["key"]: one for record, one in zip(side, score(side, questions), strict=True)}
        for side in (first, second)
    ]
    scopes: dict[str, list[str]] = {}
    for record in first:
        if record["key"] in sides[1]:
            scopes.setdefault(record["scope"], []).append(record["key"])
    return {scope: _compared(sides[0], sides[1], keys) for scope, keys in scopes.items()}


def _compared(first: Scores, second: Scores, shared: Sequence[str]) -> list[Comparison]:
    rows = []
    for name in MEASURES:
        keys = [key for key in shared if name in first[key] and name in second[key]]
        if not keys:
            continue
        before = [first[key][name] for key in keys]
        after = [second[key][name] for key in keys]
        change = bootstrap([b - a for a, b in zip(before, after, strict=True)])
        rows.append((name, before, after, change))
    adjusted = holm([randomisation(before, after) for _, before, after, _ in rows])
    return [
        Comparison(
            measure=name,
            first=statistics.mean(before),
            second=statistics.mean(after),
            difference=change,
            p=p,
        )
        for (name, before, after, change), p in zip(rows, adjusted, strict=True)
    ]
