"""Fits what turns the reader's logits into odds that hold, on questions it was not trained on."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from sklearn.linear_model import LogisticRegression

from corpus import sentence_spans
from evaluation.matching import contains, exact_match
from rag.reader import Calibration, Reader
from training.data import Source, held_out

__all__ = ["Judged", "fit", "judge", "reliability"]

QUESTIONS, WRONG, SEED = 800, 5, 7
_BOUNDS = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the network says of a passage, whether it answers, and whether the best span is it."""

    relevance: float
    margin: float
    share: float
    holds: bool
    right: bool


def judge(
    reader: Reader,
    source: Source,
    negatives: Sequence[Sequence[int]],
    *,
    questions: int = QUESTIONS,
) -> Iterator[Judged]:
    """Held-out questions, each with about as many wrong passages to a right one as a search gives:
    its paragraph, that paragraph without the sentences that answer, and the five best others."""
    rng = random.Random(SEED)  # noqa: S311
    kept = [
        index
        for index, question in enumerate(source.questions)
        if held_out(source.paragraphs[question.paragraph].title)
    ]
    for index in rng.sample(kept, min(questions, len(kept))):
        question = source.questions[index]
        own = source.paragraphs[question.paragraph]
        answers = [answer for answer, _ in question.answers]
        wrong = [source.paragraphs[other] for other in negatives[index][:WRONG]]
        texts = [own.text, *(one.text for one in wrong)]
        titles = [own.title, *(one.title for one in wrong)]
        if rest := _without(own.text, answers):
            texts.append(rest)
            titles.append(own.title)
        read = reader.logits(question.text, texts, titles=titles)
        for number, (text, logits) in enumerate(zip(texts, read, strict=True)):
            first, last, margin, share = logits.best()
            said = text[logits.spans[first][0] : logits.spans[last][1]]
            right = number == 0 and bool(exact_match(said, answers))
            yield Judged(logits.relevance, margin, share, holds=number == 0, right=right)


def _without(text: str, answers: Sequence[str]) -> str:
    """The sentences that hold no answer."""
    sentences = [text[start:end] for start, end in sentence_spans(text)]
    return " ".join(s for s in sentences if not any(contains(s, answer) for answer in answers))


def fit(judged: Sequence[Judged]) -> Calibration:
    """Logistic regressions (Platt, 1999) of each of the three odds."""
    holds, right = [one.holds for one in judged], [one.right for one in judged]
    relevance = _fit([(one.relevance, one.margin) for one in judged], holds)
    null = _fit([(one.margin,) for one in judged], [not held for held in holds])
    answer = _fit([(one.relevance, one.margin, one.share) for one in judged], right)
    return Calibration(relevance, null, answer)


def _fit(features: Sequence[tuple[float, ...]], labels: Sequence[bool]) -> tuple[float, ...]:
    if len(set(labels)) < 2:
        # A reader that is never right, as one trained on scrambled labels: nothing tells anything.
        odds = math.log(len(labels) + 1) * (1 if labels and labels[0] else -1)
        return *(0.0 for _ in features[0]), round(odds, 4)
    model = LogisticRegression(C=1e4, max_iter=5000).fit(np.array(features), labels)
    return *(round(float(w), 4) for w in model.coef_[0]), round(float(model.intercept_[0]), 4)


def reliability(
    odds: Sequence[float], truth: Sequence[bool]
) -> list[tuple[float, float, float, float, int]]:
    """What the odds say and what was so, bin by bin: from, to, mean odds, share true, count."""
    found = []
    for low, high in pairwise(_BOUNDS):
        inside = [
            (o, t)
            for o, t in zip(odds, truth, strict=True)
            if low <= o < high or (o == 1.0 == high)
        ]
        if inside:
            said = sum(o for o, _ in inside) / len(inside)
            found.append((low, high, said, sum(t for _, t in inside) / len(inside), len(inside)))
    return found
