"""Whether the articles say the opposite of what a question takes for granted.

Beside what was never said to happen (rag/premise.py) there is what went otherwise: "the survivors"
of a flight on which all were killed, help "without conditions" that was given only on condition, a
bombing that another claimed, a man acquitted who was convicted. By rule, for English, and few: each
is a pair of which only one can be true.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from rag.premise import BEST_SENTENCES, asks_for_circumstance
from rag.values import name_spans, names
from rag.words import fold, stem, stems, words

__all__ = ["Placed", "opposed"]

_SURVIVED = re.compile(r"\b(?<!any )(?<!no )surviv(?:ors?|ed)\b")
_THE_SURVIVORS = re.compile(r"\bthe (?:[\w'-]+ ){0,2}survivors?\b")
_ALL_DIED = re.compile(
    r"\b(?<!almost )(?<!nearly )(?:all|every\w*)\b"
    r"(?:\W+(?!(?:but|except|not|that|those|which|whom?)\b)\w+){0,8}?"
    r"\W+(?:died|perished|(?:are|been|was|were)\W+(?:\w+\W+)?(?:dead|killed))\b"
    r"|\bkill(?:ed|ing) (?:all|every\w*)\b(?! (?:but|except)\b)|\bdeaths? of (?:all|every\w*)\b"
    r"|\bno (?:one )?surviv\w+|\bnobody survived\b"
)
_WITHOUT = re.compile(r"\bwithout (?:any |a |an |its |their )?(?P<thing>[a-z]{3,})")
_ONLY_WITH = r"\bonly (?:if|in|on|under|with)\b(?:\W+\w+){{0,3}}?\W+{thing}"
_DONE_BY = re.compile(
    r"\b(?:did|had|has|have)\s+(?:the\s+)?"
    r"(?P<name>(?:al-)?[A-Z][\w’'-]*(?:\s+[A-Z][\w’'-]*)*)\s+(?P<verb>[a-z]{3,})\b"
)
_OPPOSITES = (
    (("acquit",), ("convict",)),
    (("accept",), ("declin", "refus", "reject")),
    (("approv",), ("reject", "veto")),
)
"""Stems of what is done to a thing once, one way or the other."""
_PERFECT = frozenset({"had", "has", "have"})
_BESIDE = 40
"""Characters from one name to another that may explain it: "Islamic State, also known as Daesh"."""


class Placed(NamedTuple):
    """A sentence, how well it matches the question, and its passage: the title and the text before
    the sentence, and after it."""

    match: float
    text: str
    before: str
    after: str


def opposed(question: str, said: Sequence[Placed]) -> int | None:
    """The place of the sentence that says the opposite best, None where none does.

    Only of questions for the circumstances of something, and of "the survivors" whatever is asked;
    what any of the sentences says as the question has it is let be.
    """
    circumstance = asks_for_circumstance(question) is not None
    if not said or not (circumstance or _THE_SURVIVORS.search(fold(question))):
        return None
    best = sorted(range(len(said)), key=lambda place: -said[place].match)
    named = {stem(word) for name in names(question) for word in words(name)}
    named |= {word for word in words(question) if word.isdigit()}  # Flight 12
    about = [place for place in best[:BEST_SENTENCES] if _speaks_of(named, said[place])]
    found = _with_all_dead(question, about, said)
    if circumstance:
        found = chain(
            found,
            _only_with(question, about, said),
            _done_otherwise(question, about, said),
            _done_by_another(question, best, said),
        )
    return next(found, None)


def _with_all_dead(question: str, about: Sequence[int], said: Sequence[Placed]) -> Iterator[int]:
    """Sentences by which nobody survived what the question has survivors of."""
    if _SURVIVED.search(fold(question)):
        told = {place: fold(said[place].text) for place in about}
        if not any(_SURVIVED.search(_ALL_DIED.sub("", text)) for text in told.values()):
            yield from (place for place, text in told.items() if _ALL_DIED.search(text))


def _only_with(question: str, about: Sequence[int], said: Sequence[Placed]) -> Iterator[int]:
    """Sentences by which there was only with it what the question has without it."""
    for match in _WITHOUT.finditer(fold(question)):
        thing = re.escape(stem(match["thing"]))
        if not any(re.search(rf"\bwithout\b[^.]*\b{thing}", fold(one.text)) for one in said):
            only = re.compile(_ONLY_WITH.format(thing=thing))
            yield from (place for place in about if only.search(fold(said[place].text)))


def _done_otherwise(question: str, about: Sequence[int], said: Sequence[Placed]) -> Iterator[int]:
    """Sentences in which what the question has done one way was done the other."""
    asked = stems(words(question))
    for pair in _OPPOSITES:
        for these, those in (pair, pair[::-1]):
            if asked.isdisjoint(these) or not asked.isdisjoint(those):
                continue
            if any(not stems(words(one.text)).isdisjoint(these) for one in said):
                continue
            for place in about:
                if not stems(words(said[place].text)).isdisjoint(those):
                    yield place


def _done_by_another(question: str, best: Sequence[int], said: Sequence[Placed]) -> Iterator[int]:
    """Sentences in which another does what the question has its subject do to the same thing.

    The subject must be a stranger to the passage, do it in no sentence, and be told apart from the
    other somewhere: "ISIS" may be who is called "Islamic State".
    """
    asked = _DONE_BY.search(question)
    if not asked:
        return
    subject, verb = stems(words(asked["name"])), stem(asked["verb"])
    things = {stem(w) for name in names(question[asked.end() :]) for w in words(name)} - subject
    if not things or any({verb, *subject} <= stems(words(one.text)) for one in said):
        return
    for place in best:
        one = said[place]
        passage = stems(words(f"{one.before} {one.text} {one.after}"))
        if passage & subject or not things <= stems(words(f"{one.before} {one.text}")):
            continue
        for start, end in name_spans(one.text):
            following = [word for word in words(one.text[end:])[:2] if word not in _PERFECT]
            if stem(next(iter(following), "")) == verb and _are_two(
                asked["name"], one.text[start:end], said
            ):
                yield place
                break


def _are_two(name: str, other: str, said: Sequence[Placed]) -> bool:
    """Whether a passage has both names, and not one beside the other as its explanation."""
    if name.isupper() or other.isupper():
        return False  # initials of anything
    for one in said:
        text = fold(f"{one.before} {one.text} {one.after}")
        here, there = (
            [match.start() for match in re.finditer(rf"\b{re.escape(fold(of))}\b", text)]
            for of in (name, other)
        )
        if here and there:
            return min(abs(a - b) for a in here for b in there) > _BESIDE
    return False


def _speaks_of(named: Collection[str], one: Placed) -> bool:
    """Whether what the question names stands in a sentence or before it in its passage."""
    return stems(words(f"{one.before} {one.text}")).issuperset(named)
