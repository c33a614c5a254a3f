"""Training examples: token ids with where the answer stands, or that there is none.

An example is `[CLS] question [SEP] title [SEP] passage [SEP]`, as rag/reader.py reads it. Passages
are runs of whole sentences cut to a budget around the answer, so that many more examples fit into
the same time than with whole paragraphs.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tokenizers import Tokenizer

from corpus import sentence_spans
from evaluation.matching import normalise
from training.data import Source

__all__ = ["NONE", "UNKNOWN", "Example", "Maker", "Recipe"]

CLS, SEP = 101, 102
QUESTION_TOKENS, TITLE_TOKENS = 64, 24
NONE, UNKNOWN = 0, -1
"""Of a span's ends: the token that stands for "no answer here"; an answer without a span."""
_LOWERED = 0.2
"""The share of questions written as people search."""
_SWAPPED = 0.375
"""Of the negatives that are made, the share with a false premise; of the others the own paragraph
is left without its answer."""
_NAME = re.compile(r"\b(?:\d[\d,.]*\d|\d+|[A-Z][a-z]+(?: [A-Z][a-z]+)*)\b")


@dataclass(frozen=True, slots=True)
class Example:
    """One row: ids, where the passage begins in them, and the labels.

    `title` and `passage` are where the two begin in `ids`; `start` and `end` (inclusive) are
    positions in them too, both NONE where the passage holds no answer and both UNKNOWN where it
    holds one without a span to point at.
    """

    ids: list[int]
    title: int
    passage: int
    start: int
    end: int
    relevant: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How examples are made: of up to `budget` tokens; a share `made` of the wrong passages out of
    the right one, the others mined. A share `untitled` has no title, and of the mined ones a share
    `borrowed` has the right passage's, so that a title by itself proves nothing.
    """

    budget: int
    made: float = 0.4
    untitled: float = 0.1
    borrowed: float = 0.0


@dataclass(frozen=True, slots=True)
class _Sentence:
    """Ids and character offsets (in the paragraph) of its tokens."""

    ids: list[int]
    offsets: list[tuple[int, int]]


class Maker:
    """Makes examples of a source's questions; each call draws from the generator it is given."""

    def __init__(
        self, source: Source, tokenizer: Tokenizer, negatives: Sequence[Sequence[int]]
    ) -> None:
        self.source = source
        self.negatives = negatives
        self._tokenizer = tokenizer
        self._sentences: dict[int, list[_Sentence]] = {}
        self._short: dict[str, list[int]] = {}
        self._names: dict[str, list[str]] = {}
        for paragraph in source.paragraphs:
            names = self._names.setdefault(paragraph.title, [])
            names += _NAME.findall(paragraph.text)

    def positive(self, index: int, *, recipe: Recipe, rng: random.Random) -> Example:
        """The question with the paragraph that answers it."""
        question = self.source.questions[index]
        answer = None
        if question.answers:
            text, begin = question.answers[0]
            answer = (begin, begin + len(text))
        sentences = self._of(question.paragraph)
        made = self._lay_out(
            question.text, question.paragraph, sentences, answer, recipe=recipe, rng=rng
        )
        return made if answer else replace(made, start=UNKNOWN, end=UNKNOWN)

    def negative(self, index: int, *, recipe: Recipe, rng: random.Random) -> Example | None:
        """The question with a passage that does not answer it; None where there is none."""
        draw = rng.random()
        makers = [self._mined]
        if draw < _SWAPPED * recipe.made:
            makers = [self._swapped, self._cut, self._mined]
        elif draw < recipe.made:
            makers = [self._cut, self._mined]
        for make in makers:
            example = make(index, recipe=recipe, rng=rng)
            if example:
                return replace(example, start=NONE, end=NONE, relevant=False)
        return None

    def _mined(self, index: int, *, recipe: Recipe, rng: random.Random) -> Example | None:
        """A passage that a search finds for the question."""
        if not self.negatives[index]:
            return None
        paragraph = rng.choice(self.negatives[index])
        question = self.source.questions[index]
        borrowed = recipe.borrowed > 0 and rng.random() < recipe.borrowed
        return self._lay_out(
            question.text,
            question.paragraph if borrowed else paragraph,
            self._of(paragraph),
            None,
            recipe=recipe,
            rng=rng,
        )

    def _cut(self, index: int, *, recipe: Recipe, rng: random.Random) -> Example | None:
        """The question's own paragraph without the sentences that hold an answer."""
        question = self.source.questions[index]
        text = self.source.paragraphs[question.paragraph].text
        answers = [f" {normalise(answer)} " for answer, _ in question.answers]
        kept = [
            one
            for one in self._of(question.paragraph)
            if not any(answer in f" {normalise(_said(one, text))} " for answer in answers)
        ]
        if not answers or not kept:
            return None
        return self._lay_out(question.text, question.paragraph, kept, None, recipe=recipe, rng=rng)

    def _swapped(self, index: int, *, recipe: Recipe, rng: random.Random) -> Example | None:
        """The question with one of its names or numbers put for another of the same article."""
        question = self.source.questions[index]
        if not question.answers:
            return None
        paragraph = self.source.paragraphs[question.paragraph]
        here = [m for m in _NAME.finditer(question.text) if m.start() and m[0] in paragraph.text]
        rng.shuffle(here)
        for found in here:
            fitting = [
                name
                for name in self._names[paragraph.title]
                if name[0].isdigit() == found[0][0].isdigit()
                and len(name.split()) == len(found[0].split())
                and name not in paragraph.text
                and name not in question.text
            ]
            if fitting:
                asked = "".join(
                    (
                        question.text[: found.start()],
                        rng.choice(fitting),
                        question.text[found.end() :],
                    )
                )
                text, begin = question.answers[0]
                return self._lay_out(
                    asked,
                    question.paragraph,
                    self._of(question.paragraph),
                    (begin, begin + len(text)),
                    recipe=recipe,
                    rng=rng,
                )
        return None

    def _lay_out(
        self,
        asked: str,
        titled: int,
        sentences: Sequence[_Sentence],
        answer: tuple[int, int] | None,
        *,
        recipe: Recipe,
        rng: random.Random,
    ) -> Example:
        """One row under the title of the paragraph `titled` that holds the answer, a character
        span, where one is given, and else begins anywhere."""
        if rng.random() < _LOWERED:
            asked = asked.lower().rstrip("?").strip()
        title = "" if rng.random() < recipe.untitled else self.source.paragraphs[titled].title
        head = [CLS, *self._ids(asked)[:QUESTION_TOKENS], SEP]
        second = len(head)
        head += [*self._ids(title)[:TITLE_TOKENS], SEP]
        room = recipe.budget - len(head) - 1
        core = _holding(sentences, answer) if answer else _anywhere(sentences, rng)
        first, last = _widened(sentences, core, room=room, rng=rng)
        ids = [token for one in sentences[first:last] for token in one.ids]
        offsets = [pair for one in sentences[first:last] for pair in one.offsets]
        start, end = NONE, NONE
        if answer:
            inside = [n for n, (a, b) in enumerate(offsets) if a < answer[1] and b > answer[0]]
            start, end = inside[0], inside[-1]
        if len(ids) > room:  # a sentence alone is over the budget
            skipped = max(0, min(start - room // 2, len(ids) - room)) if answer else 0
            ids = ids[skipped : skipped + room]
            start, end = start - skipped, min(end - skipped, room - 1)
        if answer:
            start, end = start + len(head), end + len(head)
        return Example([*head, *ids, SEP], second, len(head), start, end, relevant=True)

    def _ids(self, text: str) -> list[int]:
        ids = self._short.get(text)
        if ids is None:
            ids = self._short[text] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def _of(self, paragraph: int) -> list[_Sentence]:
        found = self._sentences.get(paragraph)
        if found is None:
            found = list(self._read(self.source.paragraphs[paragraph].text))
            self._sentences[paragraph] = found
        return found

    def _read(self, text: str) -> Iterator[_Sentence]:
        for begin, end in sentence_spans(text):
            encoded = self._tokenizer.encode(text[begin:end], add_special_tokens=False)
            offsets = [(begin + left, begin + right) for left, right in encoded.offsets]
            if offsets:
                yield _Sentence(encoded.ids, offsets)


def _said(sentence: _Sentence, text: str) -> str:
    return text[sentence.offsets[0][0] : sentence.offsets[-1][1]]


def _holding(sentences: Sequence[_Sentence], answer: tuple[int, int]) -> tuple[int, int]:
    """The sentences that an answer lies in."""
    inside = [
        n
        for n, one in enumerate(sentences)
        if one.offsets[0][0] < answer[1] and one.offsets[-1][1] > answer[0]
    ]
    return inside[0], inside[-1] + 1


def _anywhere(sentences: Sequence[_Sentence], rng: random.Random) -> tuple[int, int]:
    at = rng.randrange(len(sentences))
    return at, at + 1


def _widened(
    sentences: Sequence[_Sentence], core: tuple[int, int], *, room: int, rng: random.Random
) -> tuple[int, int]:
    """As many sentences around the core as there is room for, now before it and now after it."""
    first, last = core
    left = room - sum(len(one.ids) for one in sentences[first:last])
    while True:
        sides = []
        if first > 0 and len(sentences[first - 1].ids) <= left:
            sides.append(-1)
        if last < len(sentences) and len(sentences[last].ids) <= left:
            sides.append(1)
        if not sides:
            return first, last
        if rng.choice(sides) < 0:
            first -= 1
            left -= len(sentences[first].ids)
        else:
            left -= len(sentences[last].ids)
            last += 1
