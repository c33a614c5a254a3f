"""Ways to retrieve, side by side: python -m evaluation sweep --data DATA

Every configuration that is shipped or was rejected, by name. Only searches: nothing is answered, so
that a hundred questions take seconds for each. Articles rank where their best passage does. Ways to
cut and embed (`--cuts`) need an archive each, so that all is embedded anew for most of them.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from evaluation.archives import build_system
from evaluation.data import DataError, Dataset, Question
from evaluation.measures import rank_scores
from evaluation.stats import Interval, bootstrap, percentile, randomisation
from evaluation.systems import BASELINES, ArchiveSystem
from rag import Archive, Settings

__all__ = [
    "BY_MODEL",
    "CONFIGURATIONS",
    "CUTS",
    "Half",
    "Kind",
    "Row",
    "halved",
    "sliced",
    "sweep",
    "table",
]

_PLAIN = BASELINES["fused"]
_READ = _PLAIN | {"reader": "on"}
CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "fused": _PLAIN,
    "bm25": BASELINES["bm25"],
    "dense": BASELINES["dense"],
    "bm25 weighs half": _PLAIN | {"lexical_weight": 0.5},
    "bm25 weighs double": _PLAIN | {"lexical_weight": 2.0},
    "titles weigh as text": _PLAIN | {"title_weight": 1.0},
    "titles weigh 4": _PLAIN | {"title_weight": 4.0},
    "titles weigh 8": _PLAIN | {"title_weight": 8.0},
    "rank constant 10": _PLAIN | {"rank_constant": 10},
    "rank constant 30": _PLAIN | {"rank_constant": 30},
    "rank constant 120": _PLAIN | {"rank_constant": 120},
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
    "reread, prior 0": _READ | {"reader_prior": 0.0},
    "reread, prior 1": _READ | {"reader_prior": 1.0},
    "reread, prior 2": _READ | {"reader_prior": 2.0},
    "reread, prior 3": _READ | {"reader_prior": 3.0},
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

CUTS: dict[str, dict[str, Any]] = {
    "as shipped": {},
    "64 tokens": {"passage_tokens": 64},
    "100 tokens": {"passage_tokens": 100},
    "150 tokens": {"passage_tokens": 150},
    "256 tokens": {"passage_tokens": 256},
    "1 sentence repeated": {"passage_overlap": 1},
    "2 sentences repeated": {"passage_overlap": 2},
    "100 tokens, 1 repeated": {"passage_tokens": 100, "passage_overlap": 1},
    "no title": {"embed_title": False},
}
"""The same for ways to cut and embed."""

BY_MODEL: dict[str, dict[str, Any]] = {
    "shipped": {},
    "rewrite": {"rewrite": "rewrite"},
    "hyde": {"rewrite": "hyde"},
    "fused": _PLAIN,
    "fused, rewrite": _PLAIN | {"rewrite": "rewrite"},
    "fused, hyde": _PLAIN | {"rewrite": "hyde"},
}
"""The same for searches that a language model helps to write."""

Half = Literal["all", "first", "second"]
Kind = Literal["ways", "cuts", "by model"]
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


def sliced(dataset: Dataset, articles: int) -> Dataset:
    """So many articles: the gold ones of as many questions as fit, then the first others.

    The questions are taken in the order of a hash, the same each time, and those left out whose
    articles found no room. Raises DataError where the articles are the files of a folder, which are
    taken as they are.
    """
    if dataset.folder is not None:
        raise DataError(f"{dataset.folder}: a slice can be taken of docs.jsonl only")
    kept: set[str] = set()
    asked = []
    for question in _drawn(dataset.questions):
        wanted = kept.union(question.gold_doc_ids)
        if question.gold_doc_ids and len(wanted) <= articles:
            kept = wanted
            asked.append(question)
    others = [doc.doc_id for doc in dataset.documents if doc.doc_id not in kept]
    kept.update(others[: articles - len(kept)])
    documents = tuple(doc for doc in dataset.documents if doc.doc_id in kept)
    return replace(dataset, documents=documents, questions=tuple(asked))


def _drawn(questions: Sequence[Question]) -> list[Question]:
    """In an order by chance, the same each time, which has nothing to do with the halves."""
    return sorted(questions, key=lambda q: hashlib.sha256(q.qid.encode()).digest()[1:])


def sweep(
    dataset: Dataset,
    settings: Settings,
    *,
    home: Path,
    names: Sequence[str] = (),
    kind: Kind = "ways",
    half: Half = "all",
    sample: int = 0,
    step: Step | None = None,
) -> list[Row]:
    """Search for every question under each configuration, of the whole archive.

    `settings` hold what the configurations leave open, and `kind` says which of them there are. A
    `sample` is of so many questions, the same ones each time. Raises DataError where a name is
    unknown, no question has a gold article, or a language model is wanted and there is none.
    """
    known = {"ways": CONFIGURATIONS, "cuts": CUTS, "by model": BY_MODEL}[kind]
    base = next(iter(known))
    chosen = [base, *(name for name in names or known if name != base)]
    for name in chosen:
        if name not in known:
            raise DataError(f"{name}: no such configuration ({', '.join(known)})")
    asked = [q for q in halved(dataset.questions, half) if q.gold_doc_ids]
    if not asked:
        raise DataError("no question has a gold article")
    if sample:
        asked = _drawn(asked)[:sample]
    if kind == "by model" and not settings.model_configured:
        raise DataError("no language model: set openai_base_url or openai_api_key")
    told = step or (lambda *_: None)
    place = home / f"{dataset.name}-{dataset.digest}"
    system = build_system(dataset, settings, home=place, report=told)
    first: list[float] = []
    rows = []
    try:
        for name in chosen:
            given = settings.model_copy(update=known[name])
            if kind == "cuts" and known[name]:
                system.close()
                system = build_system(dataset, given, home=place, report=told)
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
