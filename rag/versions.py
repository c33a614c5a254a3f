"""What changed between two versions of an article: the figures, and the sentences around them."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from corpus import Article, sentence_spans
from rag.types import Figure, FigureChange, Story, StoryMember
from rag.values import Day, date_spans, days, number_spans, numbers
from rag.words import fold
from vectorstore import Catalog
from vectorstore.stories import StoredStory

__all__ = ["as_story", "figure_changes"]

_ALIKE = 0.5
"""Share of the words of two sentences, figures left out, from which they say the same thing."""
_MOST = 400
"""Changed sentences of a version that are compared; a text written anew has no changed figures."""
_BOUND = re.compile(
    r"(?:\b(?:at least|more than|over|about|around|some|almost|nearly|up to|(?:no )?fewer than"
    r"|(?:no )?less than|an estimated|approximately|roughly))\s+$",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"\s?(?:%|per ?cent\b|percent\b|percentage points?\b)", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_NUMBER, _DATE = "#", "@"  # no word of a text holds either


@dataclass(frozen=True, slots=True)
class _Value:
    """A figure in a sentence: what it says, and how it is worded."""

    said: float | Day
    unit: str
    worded: str

    def differs(self, other: "_Value") -> bool:
        """Whether two figures for the same thing say something else."""
        if isinstance(self.said, Day) and isinstance(other.said, Day):
            return not self.said.matches(other.said)
        units = {self.unit, other.unit}
        # A currency may be named in words in one of them.
        return self.said != other.said or (len(units) == 2 and ("%" in units or "" not in units))


@dataclass(frozen=True, slots=True)
class _Sentence:
    start: int
    end: int
    tokens: tuple[str, ...]
    """Its words; a figure is one sign, whatever it says."""
    values: tuple[_Value, ...]
    """One for each of those signs, in order."""
    words: Counter[str]


def figure_changes(versions: Sequence[Article]) -> list[FigureChange]:
    """The figures that differ between consecutive versions, given newest first.

    The latest change comes first; within one version they stand in the order of its text. A
    figure counts only where a sentence of both versions says the same of it.
    """
    return [change for new, old in pairwise(versions) for change in _between(old, new)]


def _between(old: Article, new: Article) -> Iterator[FigureChange]:
    here = {old.text[start:end] for start, end in _spans(old)}
    there = {new.text[start:end] for start, end in _spans(new)}
    before = _changed(old, there)
    for after in _changed(new, here):
        best = max(before, key=lambda one: _likeness(one, after), default=None)
        if best is None or _likeness(best, after)[0] < _ALIKE:
            continue
        before.remove(best)
        for was, now in _paired(best, after):
            if was.differs(now):
                yield FigureChange(before=_figure(was, best, old), after=_figure(now, after, new))


def _changed(article: Article, elsewhere: set[str]) -> list[_Sentence]:
    """The sentences with a figure that do not stand as they are in the other version."""
    spans = [span for span in _spans(article) if article.text[slice(*span)] not in elsewhere]
    read = (_read(article.text, start, end) for start, end in spans[:_MOST])
    return [sentence for sentence in read if sentence.values]


def _spans(article: Article) -> Iterator[tuple[int, int]]:
    """The title where the text opens with it, and the sentences of the story."""
    if article.title and article.text.startswith(article.title, 0, article.body_start):
        yield 0, len(article.title)
    yield from sentence_spans(article.text, start=article.body_start)


def _read(text: str, start: int, end: int) -> _Sentence:
    sentence = text[start:end]
    found: list[tuple[int, int, str, _Value]] = []
    for first, last in date_spans(sentence):
        worded = sentence[first:last]
        found += [(first, last, _DATE, _Value(day, "", worded)) for day in days(worded)[:1]]
    for first, last in number_spans(sentence):
        percent = _PERCENT.match(sentence, last)
        unit = "%" if percent else sentence[first] if sentence[first] in "$€£" else ""
        bound = _BOUND.search(sentence[:first])
        opens, closes = bound.start() if bound else first, percent.end() if percent else last
        worded = sentence[opens:closes].strip(" -,")
        for said in numbers(sentence[first:last]):
            found.append((opens, closes, _NUMBER, _Value(said, unit, worded)))
    found.sort(key=lambda one: one[0])
    tokens: list[str] = []
    at = 0
    for first, last, sign, _ in found:
        tokens += [*_WORD.findall(fold(sentence[at:first])), sign]
        at = max(at, last)
    tokens += _WORD.findall(fold(sentence[at:]))
    words = Counter(token for token in tokens if token not in (_NUMBER, _DATE))
    return _Sentence(start, end, tuple(tokens), tuple(value for *_, value in found), words)


def _likeness(one: _Sentence, other: _Sentence) -> tuple[float, int]:
    """How much two sentences have in common, 0 to 1, and then how near they stand."""
    total = one.words.total() + other.words.total()
    shared = 2 * (one.words & other.words).total() / total if total else 0.0
    return float(one.tokens == other.tokens) or shared, -abs(one.start - other.start)


def _paired(one: _Sentence, other: _Sentence) -> Iterator[tuple[_Value, _Value]]:
    """The figures that stand in the same place of two sentences, a word beside them alike."""
    matcher = SequenceMatcher(None, one.tokens, other.tokens, autojunk=False)
    for kind, a1, a2, b1, b2 in matcher.get_opcodes():
        ours, theirs = _places(one, a1, a2), _places(other, b1, b2)
        # Where words were replaced, figures stand for each other only if there are as many.
        if kind not in ("equal", "replace") or len(ours) != len(theirs):
            continue
        for (mine, was), (its, now) in zip(ours, theirs, strict=True):
            beside, there = _beside(one.tokens, mine), _beside(other.tokens, its)
            if one.tokens[mine] == other.tokens[its] and any(map(str.__eq__, beside, there)):
                yield was, now


def _places(sentence: _Sentence, first: int, last: int) -> list[tuple[int, _Value]]:
    """Where figures stand among the tokens `first` to `last`, each with what it says."""
    signs = [at for at, token in enumerate(sentence.tokens) if token in (_NUMBER, _DATE)]
    placed = zip(signs, sentence.values, strict=True)
    return [(at, value) for at, value in placed if first <= at < last]


def _beside(tokens: Sequence[str], at: int) -> tuple[str, str]:
    """The words before and behind a figure, "" at the ends of a sentence."""
    return "".join(tokens[at - 1 : at] if at else ()), "".join(tokens[at + 1 : at + 2])


def _figure(value: _Value, sentence: _Sentence, article: Article) -> Figure:
    return Figure(
        value=value.worded,
        sentence=article.text[sentence.start : sentence.end],
        start=sentence.start,
        end=sentence.end,
        article_id=article.id,
        published=article.published,
        updated=article.updated,
    )


def as_story(stored: StoredStory, *, catalog: Catalog) -> Story:
    """A story with what tells its articles apart."""
    found = [article for ident in stored.members if (article := catalog.article(ident))]
    return Story(
        id=stored.id,
        lead=stored.lead,
        members=tuple(
            StoryMember(
                article_id=article.id,
                title=article.shown_title,
                source=article.source,
                published=article.published,
                url=article.url,
                path=article.origin,
            )
            for article in found
        ),
    )
