"""Ways to retrieve, side by side: python -m evaluation sweep --data DATA

Every configuration that is shipped or was rejected, by name. Only searches: nothing is answered, so
that a hundred questions take seconds for each. Articles rank where their best passage does.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from evaluation.archives import build_system
from evaluation.data import DataError, Dataset, Question
from evaluation.measures import rank_scores
from evaluation.stats import Interval, bootstrap, percentile, randomisation
from evaluation.systems import BASELINES, ArchiveSystem
from rag import Archive, Settings

__all__ = ["CONFIGURATIONS", "Half", "Row", "halved", "sweep", "table"]

_PLAIN = BASELINES["fused"]
_READ = _PLAIN | {"reader": "on"}
CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "fused": _PLAIN,
    "bm25": BASELINES["bm25"],
    "dense": BASELINES["dense"],
    "bm25 weighs half": _PLAIN | {"lexical_weight": 0.5},
    "bm25 weighs double": _PLAIN | {"lexical_weight": 2.0},
    "depth 10": _PLAIN | {"depth": 10},
    "depth 20": _PLAIN | {"depth": 20},
    "depth 80": _PLAIN | {"depth": 80},
    "depth 160": _PLAIN | {"depth": 160},
    "copies once": _PLAIN | {"collapse_stories": True},
    "3 an article": _PLAIN | {"per_article": 3},
    "1 an article": _PLAIN | {"per_article": 1},
    "8 an outlet": _PLAIN | {"per_source": 8},
    "diversity 0.3": _PLAIN | {"diversity": 0.3},
    "reread": _READ,
    "reread 8": _READ | {"passages": 8},
    "reread 32": _READ | {"passages": 32},
    "reread, diversity 0.1": _READ | {"diversity": 0.1},
    "reread, diversity 0.3": _READ | {"diversity": 0.3},
    "reread, diversity 0.5": _READ | {"diversity": 0.5},
    "reread, copies once": _READ | {"collapse_stories": True},
    "reread, 2 an article": _READ | {"per_article": 2},
    "reread, 3 an article": _READ | {"per_article": 3},
    "reread, 8 an outlet": _READ | {"per_source": 8},
    "reread, joined": _READ | {"join_neighbours": True},
    "shipped": {},
}
"""Settings by name. The first is what the others are compared with."""

Half = Literal["all", "first", "second"]
Step = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Row:
    """A configuration's figures; `p` compares mrr@10 with the first configuration's."""

    name: str
    figures: Mapping[str, Interval]
    milliseconds: Interval
    p: float


def halved(questions: Sequence[Question], half: Half) -> list[Question]:
    """One half of the questions, by a hash of their ids: choose on one, report the other."""
    if half == "all":
        return list(questions)
    wanted = 0 if half == "first" else 1
    return [q for q in questions if hashlib.sha256(q.qid.encode()).digest()[0] % 2 == wanted]


def sweep(
    dataset: Dataset,
    settings: Settings,
    *,
    home: Path,
    names: Sequence[str] = (),
    half: Half = "all",
    step: Step | None = None,
) -> list[Row]:
    """Search for every question under each configuration, of the whole archive.

    `settings` hold what the configurations leave open. Raises DataError where a name is unknown or
    no question has a gold article.
    """
    chosen = [*CONFIGURATIONS][:1] + [name for name in names or CONFIGURATIONS if name != "fused"]
    for name in chosen:
        if name not in CONFIGURATIONS:
            raise DataError(f"{name}: no such configuration ({', '.join(CONFIGURATIONS)})")
    asked = [q for q in halved(dataset.questions, half) if q.gold_doc_ids]
    if not asked:
        raise DataError("no question has a gold article")
    told = step or (lambda *_: None)
    system = build_system(
        dataset, settings, home=home / f"{dataset.name}-{dataset.digest}", report=told
    )
    first: list[float] = []
    rows = []
    try:
        for name in chosen:
            given = settings.model_copy(update=CONFIGURATIONS[name])
            with Archive.open(
                system.archive.home, settings=given, embedder=system.archive.embedder
            ) as archive:
                scores, seconds = _searched(
                    archive, system, asked, partial(_tell, told, name, len(asked))
                )
            mrr = [one["mrr@10"] for one in scores]
            first = first or mrr
            rows.append(
                Row(
                    name=name,
                    figures={
                        key: bootstrap([one[key] for one in scores])
                        for key in ("hit@1", "hit@10", "mrr@10")
                    },
                    milliseconds=bootstrap(
                        [1000 * second for second in seconds], statistic=percentile(50)
                    ),
                    p=randomisation(first, mrr),
                )
            )
    finally:
        system.close()
    return rows


def _tell(told: Step, name: str, of: int, done: int) -> None:
    told(name, done, of)


def _searched(
    archive: Archive,
    system: ArchiveSystem,
    asked: Sequence[Question],
    done: Callable[[int], None],
) -> tuple[list[dict[str, float]], list[float]]:
    """The ranking's scores and the seconds of each question."""
    archive.search(asked[0].question)  # loads the models
    rankings, seconds = {}, []
    for number, question in enumerate(asked, 1):
        began = time.monotonic()
        hits = archive.search(question.question, k=archive.settings.depth)
        seconds.append(time.monotonic() - began)
        ranked = dict.fromkeys(system.doc_id(hit.article_id) for hit in hits)
        gold = {system.twins.get(doc_id, doc_id) for doc_id in question.gold_doc_ids}
        rankings[question.qid] = (list(ranked), gold)
        done(number)
    scores = rank_scores(rankings)
    return [scores[question.qid] for question in asked], seconds


def table(rows: Sequence[Row]) -> Iterator[str]:
    """The rows as a Markdown table."""
    yield "| configuration | hit@1 | hit@10 | MRR@10 | p | ms |"
    yield "|---|---|---|---|---|---|"
    for row in rows:
        cells = [
            f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})" for one in row.figures.values()
        ]
        p = "" if row is rows[0] else f"{row.p:.3f}"
        yield f"| {row.name} | {' | '.join(cells)} | {p} | {row.milliseconds.value:.0f} |"
