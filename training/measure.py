"""What a reader reaches. Run from the project's root:

    python -m training.measure --data DATA

- SQuAD v1.1 dev and XQuAD (English): exact match and token F1 of the likeliest span.
- CLAP NQ: does relevance tell passages that answer from those that do not (area under the ROC
  curve)?
- RealTimeQA: articles and short answers by the fused ranking alone and reread, compared by the
  paired randomisation test.

Without `--data` SQuAD alone. `--folder` measures what a training run left instead of the reader
that Dossier comes with, `--full` its float32 model; `--agree N` tells how far the ranks of both
agree. Exit status 1 where a figure is below its floor.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from evaluation.archives import build_system
from evaluation.data import Dataset, Question, load_dataset
from evaluation.matching import exact_match, token_f1
from evaluation.stats import bootstrap, randomisation
from rag import Hit, load_settings
from rag.merge import merge
from rag.reader import Calibration, Reader, load_reader
from rag.rerank import rerank
from rag.weights import MINILM_TOKENIZER, fetch
from training.calibrate import reliability
from training.data import load_squad

FLOORS = {
    "squad_f1": 0.55,
    "clapnq_auc": 0.75,
}
"""What even a reader trained on a part must reach; one that learned nothing does not."""
CANDIDATES = 16


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of one text, with the answers that are right."""

    question: str
    title: str
    text: str
    answers: tuple[str, ...]


def squad_dev() -> Iterator[Asked]:
    """SQuAD's development set."""
    source = load_squad("dev")
    for question in source.questions:
        paragraph = source.paragraphs[question.paragraph]
        answers = tuple(answer for answer, _ in question.answers)
        yield Asked(question.text, paragraph.title, paragraph.text, answers)


def with_gold(dataset: Dataset) -> Iterator[tuple[Question, Asked]]:
    """Each question of a data set with the text that is to be read for it."""
    held = {document.doc_id: document for document in dataset.documents}
    for question in dataset.questions:
        document = held[(question.gold_doc_ids or question.doc_ids)[0]]
        yield question, Asked(question.question, document.title, document.text, question.answers)


def spans(reader: Reader, asked: Sequence[Asked]) -> tuple[list[float], list[float]]:
    """Exact match and F1 of the likeliest span, question by question."""

    def score(one: Asked) -> tuple[float, float]:
        [logits] = reader.logits(one.question, [one.text], titles=[one.title])
        first, last, *_ = logits.best()
        said = one.text[logits.spans[first][0] : logits.spans[last][1]]
        return exact_match(said, one.answers), token_f1(said, one.answers)

    with ThreadPoolExecutor() as pool:
        exact, f1 = zip(*pool.map(score, asked), strict=True)
    return list(exact), list(f1)


def answerability(reader: Reader, dataset: Dataset) -> tuple[list[float], list[bool]]:
    """Relevance of each question's own passage, and whether it answers."""
    odds, truth = [], []
    for question, one in with_gold(dataset):
        [reading] = reader.read(one.question, [as_hit(one)])
        odds.append(reading.relevance)
        truth.append(question.answerable)
    return odds, truth


def as_hit(one: Asked) -> Hit:
    """A text as if a search had found it."""
    return Hit(
        rank=1, passage_id="", article_id="", title=one.title, source="", published=None, url="",
        path="", text=one.text, start=0, end=len(one.text), score=0.0,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ranked:
    """A question's article ranks (1 is best, None where not found) and short answers' F1."""

    fused: int | None
    reread: int | None
    short: float


def rankings(reader: Reader, dataset: Dataset, *, home: Path) -> Iterator[Ranked]:
    """Ask every question that has a right article; the first 16 passages are reread."""
    system = build_system(dataset, load_settings(llm="off", reader="off"), home=home)
    try:
        for question in dataset.questions:
            hits = system.archive.search(question.question, k=CANDIDATES)
            readings = reader.read(question.question, hits)
            short = merge(question.question, readings)
            reread = rerank(hits, readings)
            yield Ranked(
                _rank(question, [system.doc_id(hit.article_id) for hit in hits]),
                _rank(question, [system.doc_id(hit.article_id) for hit in reread]),
                token_f1(short[0].text, question.answers) if short else 0.0,
            )
    finally:
        system.close()


def _rank(question: Question, doc_ids: Sequence[str]) -> int | None:
    distinct = list(dict.fromkeys(doc_ids))
    return next((n for n, d in enumerate(distinct, 1) if d in question.gold_doc_ids), None)


def compare(ranked: Sequence[Ranked]) -> Iterator[tuple[str, float, float, float]]:
    """Measure, fused, reread, and p of the paired randomisation test."""
    for name, score in (
        ("article hit@1", lambda rank: float(rank == 1)),
        ("article MRR@10", lambda rank: 1 / rank if rank and rank <= 10 else 0.0),
    ):
        fused = [score(one.fused) for one in ranked]
        reread = [score(one.reread) for one in ranked]
        yield name, _mean(fused), _mean(reread), randomisation(fused, reread)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def measure(reader: Reader, *, data: Path | None, limit: int | None) -> dict[str, float]:
    """Print the figures as they come; those that have a floor are given back too."""
    figures = {}
    exact, f1 = spans(reader, list(squad_dev())[:limit])
    figures["squad_f1"] = _mean(f1)
    say(f"SQuAD v1.1 dev: EM {_mean(exact):.3f}, F1 {_interval(f1)}")
    if data is None:
        return figures
    asked = [one for _, one in with_gold(load_dataset(data / "xquad_en"))]
    exact, f1 = spans(reader, asked[:limit])
    say(f"XQuAD (English): EM {_mean(exact):.3f}, F1 {_interval(f1)}")
    odds, truth = answerability(reader, load_dataset(data / "clapnq_dev"))
    figures["clapnq_auc"] = float(roc_auc_score(truth, odds))
    say(f"CLAP NQ: AUC {figures['clapnq_auc']:.3f} over {len(odds)} questions")
    for low, high, said, so, count in reliability(odds, truth):
        say(f"  odds {low:.2f} to {high:.2f}: {said:.2f} said, {so:.2f} so, of {count}")
    dataset = load_dataset(data / "realtimeqa_dev")
    home = user_cache_path("dossier") / "evaluation" / f"{dataset.name}-{dataset.digest}"
    ranked = list(rankings(reader, dataset, home=home))
    for name, fused, reread, p in compare(ranked):
        say(f"RealTimeQA: {name} {fused:.3f} fused, {reread:.3f} reread (p {p:.4f})")
    say(f"RealTimeQA: short answer F1 {_interval([one.short for one in ranked])}")
    return figures


def _interval(values: Sequence[float]) -> str:
    found = bootstrap(values)
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f}, {found.n} questions)"


def reader_of(folder: Path, *, full: bool) -> Reader:
    """What a training run left: its int8 or its float32 model, with its calibration."""
    return Reader(
        model=folder / ("model-fp32.onnx" if full else "model.onnx"),
        tokenizer=fetch(MINILM_TOKENIZER),
        calibration=Calibration.read(folder / "calibration.json"),
    )


def agreement(one: Reader, other: Reader, asked: Sequence[Asked]) -> tuple[float, float]:
    """Spearman's rank correlation of two readers' relevance, and of how much their best spans beat
    "no answer here", over each text and the one of the next question."""

    def both(number: int) -> list[tuple[float, float]]:
        texts = [asked[number], asked[(number + 1) % len(asked)]]
        found = []
        for reader in (one, other):
            read = reader.logits(
                asked[number].question,
                [text.text for text in texts],
                titles=[text.title for text in texts],
            )
            found += [(logits.relevance, logits.best()[2]) for logits in read]
        return found

    with ThreadPoolExecutor() as pool:
        rows = list(pool.map(both, range(len(asked))))
    mine, theirs = ([pair for row in rows for pair in row[at : at + 2]] for at in (0, 2))
    relevance, margin = (
        float(spearmanr([a[n] for a in mine], [b[n] for b in theirs]).statistic) for n in (0, 1)
    )
    return relevance, margin


def say(line: str) -> None:
    """To standard output, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """The exit status: 1 where a figure is below its floor."""
    parser = argparse.ArgumentParser(description="Measure a reader.")
    parser.add_argument("--data", type=Path, help="folder with xquad_en, clapnq_dev, ...")
    parser.add_argument("--folder", type=Path, help="what a training run left")
    parser.add_argument("--full", action="store_true", help="the float32 model")
    parser.add_argument(
        "--agree", type=int, help="compare the ranks of both models' logits over so many questions"
    )
    parser.add_argument("--limit", type=int, help="questions of SQuAD and XQuAD")
    given = parser.parse_args()
    if given.agree and not given.folder:
        parser.error("--agree compares the two models of a --folder")
    if given.agree:
        # Not one paragraph after the other: those of an article would be too alike.
        asked = list(squad_dev())
        asked = asked[:: max(1, len(asked) // given.agree)]
        int8, full = (reader_of(given.folder, full=full) for full in (False, True))
        relevance, margin = agreement(int8, full, asked)
        say(f"{len(asked)} questions: Spearman of relevance {relevance:.4f}, of spans {margin:.4f}")
        return 0
    reader = reader_of(given.folder, full=given.full) if given.folder else load_reader()
    figures = measure(reader, data=given.data, limit=given.limit)
    low = {name: f for name, f in figures.items() if f < FLOORS[name]}
    say(json.dumps({name: round(figure, 4) for name, figure in figures.items()}))
    for name, figure in low.items():
        say(f"FAIL {name}: {figure:.3f} is below {FLOORS[name]}")
    return 1 if low else 0


if __name__ == "__main__":
    raise SystemExit(main())
