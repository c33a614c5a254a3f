"""How the weights in rag/evidence.py were found, and what they reach. Run from the project's root:

    python -m training.fit_evidence --questions 260

SQuAD v1.1's training set gives questions with the paragraph that answers them. Those articles of
it that the reader was not trained on are ingested among others, a part of their questions is
asked, and two things are fitted by logistic regression, with the reader and without: which
sentence holds the answer, and, with the right paragraph taken away for the counterpart, whether
any sentence does. One half of the questions is fitted on and the other measured on.
"""

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from evaluation.matching import contains
from rag import Archive, load_settings
from rag.embedder import load_embedder
from rag.evidence import Candidate, Evidence, weigh
from rag.merge import merge
from rag.rerank import log_odds
from rag.retrieve import retrieve
from training.data import Question, Source, held_out, load_squad

OTHERS, PARAGRAPHS, DEPTH, SEED = 20, 30, 16, 1
RANKING = {
    "match": lambda c: c.match,
    "context": lambda c: c.context,
    "fitting": lambda c: c.fitting,
    "relevance": lambda c: c.relevance,
    "says": lambda c: c.says,
    "says x answer": lambda c: c.says * c.answer,
}
MATCHING = {
    "match": lambda c: c.match,
    "weakest": lambda c: c.weakest,
    "around": lambda c: c.around,
}
READING = {
    "relevance": lambda e: max(c.relevance for c in e.candidates),
    "said": lambda e: log_odds(e.short[0].probability if e.short else 0.0),
    "matched": lambda e: max(e.matched, -4.0),
}


@dataclass(frozen=True, slots=True)
class Example:
    """A question's evidence and which of its candidates answer; then the same with the right
    paragraph taken away."""

    evidence: Evidence
    holds: list[bool]
    without: Evidence


def write_articles(source: Source, folder: Path, *, titles: Sequence[str]) -> dict[int, str]:
    """One file a paragraph; file names by paragraph."""
    names: dict[int, str] = {}
    taken = dict.fromkeys(titles, 0)
    for index, paragraph in enumerate(source.paragraphs):
        if taken.get(paragraph.title, PARAGRAPHS) < PARAGRAPHS:
            taken[paragraph.title] += 1
            names[index] = f"{index:05d}.txt"
            head = f"---\ntitle: {json.dumps(paragraph.title)}\n---\n"
            (folder / names[index]).write_text(f"{head}{paragraph.text}\n")
    return names


def examples(
    archive: Archive, asked: Sequence[Question], names: dict[int, str]
) -> Iterator[Example]:
    """Ask each question and label its candidates."""
    with archive._snapshot() as snapshot:
        for question in asked:
            answers = [answer for answer, _ in question.answers]
            found = retrieve(question.text, snapshot=snapshot, embedder=archive.embedder)
            hits = found[:DEPTH]
            readings = archive._reader.read(question.text, hits)
            evidence = weigh(
                question.text,
                hits,
                snapshot=snapshot,
                matcher=load_embedder(),
                readings=readings,
            )
            name = names[question.paragraph]
            right = [Path(c.hit.path).name == name for c in evidence.candidates]
            holds = [
                ok and any(contains(c.text, answer) for answer in answers)
                for ok, c in zip(right, evidence.candidates, strict=True)
            ]
            others = [r for r in readings if Path(r.hit.path).name != name]
            left = [c for ok, c in zip(right, evidence.candidates, strict=True) if not ok]
            if evidence.candidates and left:
                without = replace(
                    evidence,
                    candidates=tuple(left),
                    short=tuple(merge(question.text, others)),
                )
                yield Example(evidence, holds, without)


def unread(evidence: Evidence) -> Evidence:
    """The evidence as it is where there is no reader."""
    bare = [replace(candidate, reading=None) for candidate in evidence.candidates]
    bare.sort(key=lambda candidate: -candidate.score)
    return replace(evidence, candidates=tuple(bare), short=())


def fit_ranking(train: Sequence[Example], test: Sequence[Example]) -> None:
    """Which sentence of those found holds the answer."""
    found = [e for e in train if any(e.holds)]
    for names in (list(RANKING)[:3], list(RANKING)[3:], list(RANKING)):
        rows = [[RANKING[n](c) for n in names] for e in found for c in e.evidence.candidates]
        model = LogisticRegression(class_weight="balanced", max_iter=5000)
        model.fit(np.array(rows, dtype=float), [held for e in found for held in e.holds])
        first = four = 0
        for e in test:
            scored = model.decision_function(
                np.array([[RANKING[n](c) for n in names] for c in e.evidence.candidates], float)
            )
            ordered = [e.holds[at] for at in np.argsort(-scored)]
            first, four = first + ordered[0], four + any(ordered[:4])
        report("which sentence", names, model)
        say(f"  answer in the first {first / len(test):.3f}, in four {four / len(test):.3f}")
    for what, view in (("no reader", unread), ("reader", lambda evidence: evidence)):
        first = four = 0
        for e in test:
            held = {id(c.hit) * 10**6 + c.start for c, h in zip(
                e.evidence.candidates, e.holds, strict=True) if h}  # fmt: skip
            ordered = [id(c.hit) * 10**6 + c.start in held for c in view(e.evidence).candidates]
            first, four = first + ordered[0], four + any(ordered[:4])
        say(f"shipped weights, {what}: in the first {first / len(test):.3f},"
            f" in four {four / len(test):.3f}")  # fmt: skip


def fit_answerability(train: Sequence[Example], test: Sequence[Example]) -> None:
    """Whether the best sentences answer, or only speak of the subject."""
    pairs = [(e.evidence, e.without) for e in train if any(e.holds)]
    tested = [(e.evidence, e.without) for e in test if any(e.holds)]
    labels = [True, False] * len(pairs)
    truth = [True, False] * len(tested)
    best = [_first(unread(evidence)) for pair in pairs for evidence in pair]
    rows = [[of(candidate) for of in MATCHING.values()] for candidate in best]
    model = LogisticRegression(max_iter=5000).fit(np.array(rows), labels)
    report("answerable, no reader", list(MATCHING), model)
    for names in (["relevance"], ["said"], ["relevance", "said"], list(READING)):
        rows = [[READING[n](evidence) for n in names] for pair in pairs for evidence in pair]
        model = LogisticRegression(max_iter=5000).fit(np.array(rows), labels)
        report("answerable", names, model)
        rows = [[READING[n](evidence) for n in names] for pair in tested for evidence in pair]
        say(f"  AUC {roc_auc_score(truth, model.decision_function(np.array(rows))):.3f}")
    for what, view in (("no reader", unread), ("reader", lambda evidence: evidence)):
        odds = [max(view(e).confidence, -99.0) for pair in tested for e in pair]
        say(f"shipped weights, {what}: AUC {roc_auc_score(truth, odds):.3f}")


def _first(evidence: Evidence) -> Candidate:
    return evidence.candidates[0]


def report(what: str, names: Sequence[str], model: LogisticRegression) -> None:
    """Print the weights."""
    weights = ", ".join(f"{n} {w:.2f}" for n, w in zip(names, model.coef_[0], strict=True))
    say(f"{what}, fitted: {weights}, constant {model.intercept_[0]:.2f}")


def say(line: str) -> None:
    """To standard output, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Fetch, ingest, ask, fit, print."""
    parser = argparse.ArgumentParser(description="Fit the weights of rag/evidence.py.")
    parser.add_argument("--questions", type=int, default=260)
    given = parser.parse_args()
    source = load_squad("train", report=say)
    draw = random.Random(SEED)  # noqa: S311  a fixed sample, not a secret
    titles = sorted({paragraph.title for paragraph in source.paragraphs})
    unseen = [title for title in titles if held_out(title)]
    others = draw.sample([title for title in titles if not held_out(title)], OTHERS)
    with tempfile.TemporaryDirectory() as folder:
        articles = Path(folder, "articles")
        articles.mkdir()
        names = write_articles(source, articles, titles=[*unseen, *others])
        kept = [
            question
            for question in source.questions
            if question.paragraph in names and held_out(source.paragraphs[question.paragraph].title)
        ]
        asked = draw.sample(kept, given.questions)
        settings = load_settings(llm="off")
        with Archive.open(Path(folder, "home"), settings=settings) as archive:
            archive.ingest(articles)
            items = list(examples(archive, asked, names))
    draw.shuffle(items)
    half = len(items) // 2
    fit_ranking(items[:half], items[half:])
    fit_answerability(items[:half], items[half:])


if __name__ == "__main__":
    main()
