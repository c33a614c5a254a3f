"""Which sentences of the passages found bear on the question, and whether any answers it.

A sentence is compared with the question by late interaction: every token of the question looks
for its most similar token in the sentence, each read in its own context (the MaxSim of ColBERT,
Khattab and Zaharia, SIGIR 2020, here on the token vectors of all-MiniLM-L6-v2, whatever embeds the
passages). So "lost their lives" meets "were murdered", although they share no word.

The weights were fitted by logistic regression on questions of the SQuAD v1.1 training set
(training/fit_evidence.py); docs/evaluation.md says what they reach.
"""

import math
import re
from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from corpus import sentence_spans
from rag.embedding import Matcher
from rag.instructions import is_instruction
from rag.merge import merge
from rag.opposed import Placed, opposed
from rag.premise import Told, not_said_to_happen, presupposed
from rag.question import Asked, asked_for, asks_for_course, counted, holds
from rag.rerank import log_odds
from rag.types import Hit, Reading, ShortAnswer
from rag.values import names, number_spans
from rag.words import content_words, fold, stem, stems, words
from vectorstore import Snapshot

__all__ = ["SURE", "Candidate", "Evidence", "speaks_of", "weigh", "without"]

_SHORTEST = 4
"""Words; a shorter sentence says too little to be quoted alone."""
_TYPED: frozenset[Asked] = frozenset({"number", "date", "person", "place", "name"})
ANSWERABLE = -1.6
ON_SUBJECT = -2.6
"""Log-odds. Refusing what could be answered costs a reader more than a quote that falls short, for
that shows itself; so the bar lies below even odds. docs/evaluation.md has the curve."""
ANSWERABLE_READ = -4.5
"""The same where the reader was asked. Chosen with a look at CLAP NQ, the golden set and the
questions over five articles, since the reader is surer of encyclopaedias than of news."""
_LEAST_COUNTED = -1.7
"""Log-odds that the best sentence with a fitting figure must reach by its words, where one is asked
for: a count of something else stands near every name in the news."""
_WORST = -8.0
SURE = 0.5
"""The probability from which a short answer is more likely right than wrong."""
_BESIDE = 45
"""Characters on each side of a number in which the thing counted is looked for."""
_SAME_UNIT = 0.45
"""Of the sentences that answer a "how many" of SQuAD's training set 92 % are above this, of the
others with a number 31 %."""
_APART = 0.2
"""What a comma between the two takes from it: "129 were killed, by four days"."""
_COMMA = re.compile(r"[,;:()–—]\s")
_FALL_OFF = 0.004
"""What a character of distance takes from the closeness of number and thing counted."""
_COMMON = 0.15
"""The weight of a stop word beside the rarity of a content word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A sentence of a hit: its span in the article, and its features.

    `match` is the late interaction with the sentence, the question's tokens weighted by rarity;
    `weakest` the match of the content token that is matched worst; `around` the late interaction
    with its whole passage, unweighted; `context` the cosine of question and sentence, read within
    its passage; `fitting` whether it holds a thing of the kind asked for; `count` where in `text`
    the number stands that counts what the question counts, None where none does. `reading` is the
    reader's of the whole passage, None where there was no reader.
    """

    hit: Hit
    start: int
    end: int
    text: str
    match: float
    weakest: float
    around: float
    context: float
    fitting: bool
    count: tuple[int, int] | None = None
    reading: Reading | None = None

    @property
    def score(self) -> float:
        """How well it bears on the question; comparable within one question only."""
        if self.reading is None:
            return 9.5 * self.match + 5.5 * self.context + 1.1 * self.fitting
        return (
            4.3 * self.match
            + 4.6 * self.context
            + 2.2 * self.fitting
            + 0.62 * self.relevance
            + self.says * (2.2 + 0.25 * self.answer)
        )

    @property
    def says(self) -> bool:
        """Whether what the reader takes for the answer stands in it."""
        read = self.reading
        return bool(read and read.text and self.start <= read.start and read.end <= self.end)

    @property
    def relevance(self) -> float:
        """Log-odds that its passage answers; 0 without a reader."""
        return log_odds(self.reading.relevance) if self.reading else 0.0

    @property
    def answer(self) -> float:
        """Log-odds that what the reader takes for the passage's answer is right; 0 without one."""
        return log_odds(self.reading.answer) if self.reading else 0.0

    @property
    def confidence(self) -> float:
        """The log-odds that it answers the question rather than only speaking of its subject."""
        return 4.1 * self.match + 2.5 * self.weakest + 2.9 * self.around - 5.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Candidates, best first, and how likely it is that they hold an answer.

    `missing` lists content words of the question that no passage found holds, `unknown` those
    that the whole archive does not hold in any form. `course`: a course of events is asked for.
    `premise` is the sentence by which what the question takes for granted was only asked for,
    considered or denied, or went otherwise; None where it is said to have happened, or nothing is
    said of it.
    """

    candidates: tuple[Candidate, ...]
    asked: Asked
    missing: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    short: tuple[ShortAnswer, ...] = ()
    course: bool = False
    premise: Candidate | None = None

    @property
    def read(self) -> bool:
        """Whether the reader was asked."""
        return any(candidate.reading for candidate in self.candidates)

    @property
    def confidence(self) -> float:
        """How likely it is that there is an answer: the reader's log-odds for the likeliest
        passage, raised or lowered by how well the words match."""
        if not self.read:
            return self.matched
        relevance = max(candidate.relevance for candidate in self.candidates)
        return relevance + max(self.matched, _WORST)

    @property
    def matched(self) -> float:
        """The best candidate's, of those that hold a thing of the kind asked for."""
        typed = self.asked in _TYPED
        fitting = [c for c in self.candidates if c.fitting or not typed]
        return max((c.confidence for c in fitting[:3]), default=-math.inf)

    @property
    def answerable(self) -> bool:
        """Whether the best sentences are likely to hold an answer.

        The reader alone is not believed: of what is no question it was taught nothing.
        """
        if not self.read:
            return self.confidence > ANSWERABLE
        if self.asked == "number" and self.matched < _LEAST_COUNTED:
            return False
        return self.on_subject and self.confidence > ANSWERABLE_READ

    @property
    def on_subject(self) -> bool:
        """Whether the best sentence at least speaks of what is asked."""
        return max((c.confidence for c in self.candidates), default=-math.inf) > ON_SUBJECT


def weigh(
    question: str,
    hits: Sequence[Hit],
    *,
    snapshot: Snapshot,
    matcher: Matcher,
    readings: Sequence[Reading] = (),
) -> Evidence:
    """Score every quotable sentence of the hits against the question.

    `readings` are the reader's of these hits, in any order.
    """
    asked = asked_for(question)
    terms = content_words(question) or words(question)
    frequency = snapshot.catalog.document_frequency(terms)
    rarity = _rarity(frequency, snapshot.manifest.passages)
    heads = [f"{hit.title}\n" if not hit.text.startswith(hit.title) else "" for hit in hits]
    texts = [head + hit.text for head, hit in zip(heads, hits, strict=True)]
    asking, *read = matcher.read([question, *texts])
    weights = _token_weights(question, asking.spans, rarity)
    content = weights > _COMMON
    granted = [list(range(*_token_range(asking.spans, *span))) for span in presupposed(question)]
    units = [i for span in counted(question) for i in range(*_token_range(asking.spans, *span))]
    readings = _of_the_story(readings, snapshot)
    by_passage = {reading.hit.passage_id: reading for reading in readings}
    wanted = _normalised(asking.vectors)
    whole = asking.vectors.mean(axis=0)
    candidates, told, placed = [], [], []
    for hit, head, tokens in zip(hits, heads, read, strict=True):
        matches = wanted @ _normalised(tokens.vectors).T
        around = float(matches.max(axis=1).mean())
        for start, end in sentence_spans(hit.text):
            text = hit.text[start:end]
            first, last = _token_range(tokens.spans, len(head) + start, len(head) + end)
            # An order to a language model is no evidence.
            if not quotable(text) or first == last or is_instruction(text):
                continue
            best = matches[:, first:last].max(axis=1)
            count = _counting(text, matches[units], tokens.spans, len(head) + start)
            candidates.append(
                Candidate(
                    hit=hit,
                    start=hit.start + start,
                    end=hit.start + end,
                    text=text,
                    match=float(best @ weights / weights.sum()),
                    weakest=float(best[content].min()) if content.any() else 0.0,
                    around=around,
                    context=_cosine(whole, tokens.vectors[first:last].mean(axis=0)),
                    fitting=holds(asked, text, question) and (bool(count) or not units),
                    count=count,
                    reading=by_passage.get(hit.passage_id),
                )
            )
            nearest = [
                (float(near.max()), tokens.spans[first + int(near.argmax())][0] - len(head) - start)
                for near in (matches[rows, first:last].max(axis=0) for rows in granted if rows)
            ]
            told.append(Told(candidates[-1].match, text, tuple(nearest)))
            placed.append(
                Placed(candidates[-1].match, text, head + hit.text[:start], hit.text[end:])
            )
    short = tuple(merge(question, readings))
    # What gives the very value that is asked for tells of what happened.
    sure = bool(short) and short[0].probability >= SURE
    unsaid = opposed(question, placed)
    unsaid = not_said_to_happen(told) if unsaid is None else unsaid
    premise = None if unsaid is None or sure else candidates[unsaid]
    if premise and premise.confidence <= ANSWERABLE:
        premise = None  # it speaks of something else
    everywhere = stems(word for text in texts for word in words(text))
    return Evidence(
        candidates=tuple(
            sorted(_of_the_named(question, candidates), key=lambda candidate: -candidate.score)
        ),
        asked=asked,
        missing=tuple(term for term in terms if stem(term) not in everywhere),
        unknown=tuple(term for term in terms if not frequency.get(term)),
        short=short,
        course=asks_for_course(question),
        premise=premise,
    )


def without(evidence: Evidence, quotes: Collection[str]) -> Evidence:
    """The evidence less the sentences that were quoted before, and what they gave for a value."""
    left = [c for c in evidence.candidates if c.text not in quotes]
    short = [
        answer for answer in evidence.short if not any(answer.text in quote for quote in quotes)
    ]
    premise = evidence.premise if evidence.premise in left else None
    return replace(evidence, candidates=tuple(left), short=tuple(short), premise=premise)


def _of_the_story(readings: Sequence[Reading], snapshot: Snapshot) -> list[Reading]:
    """The readings, without words that they take from an article's head: who wrote it and where
    is asked in other ways (`rag.metadata`), and an outlet's name answers nothing else."""
    kept = []
    for reading in readings:
        # Only the first passage of an article holds its head.
        article = (
            snapshot.catalog.article(reading.hit.article_id) if not reading.hit.start else None
        )
        in_head = article is not None and reading.start < article.body_start
        kept.append(replace(reading, text="", answer=0.0) if in_head else reading)
    return kept


def _of_the_named(question: str, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Of sentences that count what is asked, only those that hold the question's names fit.

    Where no sentence holds them all fit as before.
    """
    named = {stem(word) for name in names(question) for word in words(name)}
    holding = [bool(c.count) and speaks_of(named, c) for c in candidates]
    if not named or not any(holding):
        return list(candidates)
    return [replace(c, fitting=held) for c, held in zip(candidates, holding, strict=True)]


def speaks_of(named: Collection[str], candidate: Candidate) -> bool:
    """Whether a sentence speaks of what the names (as stems) of a question name.

    It holds them, or some of them and the others stand before it in its passage, or it names
    nothing itself. One that names only other things may count the dead of another place.
    """
    wanted = set(named)
    held = stems(words(candidate.text))
    if not wanted & held and names(candidate.text):
        return False
    before = candidate.hit.text[: candidate.start - candidate.hit.start]
    return wanted <= held | stems(words(before))


def _counting(
    text: str,
    matches: NDArray[np.float32],
    spans: Sequence[tuple[int, int]],
    offset: int,
) -> tuple[int, int] | None:
    """The number in a sentence that counts what the question counts.

    `matches` are the rows of the counted words (shape: words, tokens of the passage); one of them
    must be close in meaning to a token that stands beside the number, and of several such
    numbers the one nearest to its token is taken.
    """
    if not len(matches):
        return None
    closeness = matches.max(axis=0)
    found: tuple[float, tuple[int, int]] | None = None
    for start, end in number_spans(text):
        left, right = max(0, start - _BESIDE), min(len(text), end + _BESIDE)
        for index in range(*_token_range(spans, offset + left, offset + right)):
            if closeness[index] >= _SAME_UNIT:
                middle = spans[index][0] - offset
                away = max(start - middle, middle - end, 0)
                rank = float(closeness[index]) - away * _FALL_OFF
                between = text[min(end, int(middle)) : max(start, int(middle))]
                rank -= _APART * bool(_COMMA.search(between))
                if found is None or rank > found[0]:
                    found = rank, (start, end)
    return found[1] if found else None


def _token_weights(
    question: str, spans: Sequence[tuple[int, int]], rarity: dict[str, float]
) -> NDArray[np.float64]:
    """The weight of each token of the question: the rarity of the word it is part of."""
    weights = np.full(len(spans), _COMMON)
    folded = fold(question)
    for match in re.finditer(r"[^\W_]+", folded):
        if match[0] in rarity:
            for index, (start, end) in enumerate(spans):
                if match.start() <= start and end <= match.end():
                    weights[index] = rarity[match[0]]
    return weights


def _token_range(spans: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    """Which tokens lie in a span of characters: first and, exclusive, last."""
    first = bisect_left(spans, start, key=lambda span: span[0])
    return first, bisect_left(spans, end, key=lambda span: span[0])


def _normalised(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def _cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


def quotable(sentence: str) -> bool:
    """Whether a sentence can stand alone: long enough, and ended as sentences are."""
    enough = len(sentence.split()) >= _SHORTEST
    return enough and sentence.rstrip("\"'”’)]").endswith((".", "!", "?", "…"))


def _rarity(frequency: dict[str, int], passages: int) -> dict[str, float]:
    """The inverse document frequency of each term in the archive, as BM25 has it."""
    return {
        term: math.log(1 + (passages - count + 0.5) / (count + 0.5))
        for term, count in frequency.items()
    }
