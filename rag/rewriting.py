"""What a language model makes of a question before it is searched.

A follow-up question is made to stand alone (`stand_alone`), and, where the setting `rewrite` asks
for it, a question gets further searches or a passage as it might stand in an article that answers
it (`write_searches`; HyDE: Gao, Ma, Lin and Callan, ACL 2023). Each is one short call. Where the
model fails, or writes what cannot be used, the question is searched as it would be without one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from corpus.cleaning import clean_characters
from rag.conversation import wants_another
from rag.earlier import count_tokens, recalled
from rag.errors import ModelError
from rag.prompts import HYPOTHETICAL, SEARCHES, STAND_ALONE
from rag.question import asked_for
from rag.settings import Settings
from rag.spending import over_budget
from rag.types import Turn, Usage
from rag.values import date_spans, days, names, numbers, years
from rag.words import content_words, fold, stems, words

__all__ = ["Searches", "StandAlone", "stand_alone", "write_searches"]

_TOKENS = {"question": 80, "rewrite": 90, "hyde": 160}
"""Most tokens that the model writes."""
_MOST_SEARCHES = 3
_LONGEST_SEARCH = 25
_LONGEST_PASSAGE = 120
"""Words."""
_LONGER = 40
"""Words that a question may grow by."""
_KEPT = 0.5
"""Share of the question's own content words that must be left in it."""
_ROOM = 400
"""Tokens of the context that the instructions and the protocol take."""
_PRONOUNS = frozenset("he she him her his hers it its they them their theirs".split())
_LABEL = re.compile(
    r"^\s*(?:(?:[-*•>]|\d+[.)])\s+)?"
    r"(?:\W{0,2}(?:[\w-]+ ){0,3}"
    r"(?:question|quer(?:y|ies)|passage|article)(?: \d)?\W{0,2}:\W{0,2}\s+)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandAlone:
    """A question that stands alone; `by_model` is false where the rule's was taken instead."""

    question: str
    by_model: bool = False
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Searches:
    """What is searched for beside the question: `queries` on both sides, `passage` by meaning."""

    queries: tuple[str, ...] = ()
    passage: str = ""
    usage: Usage = field(default_factory=Usage)

    @property
    def shown(self) -> tuple[str, ...]:
        """All of it, for the record."""
        return (*self.queries, *filter(None, [self.passage]))


def stand_alone(
    question: str, history: Sequence[Turn], *, rule: str, settings: Settings
) -> StandAlone:
    """The follow-up question with what it leaves unsaid, by the model; `rule` where it fails.

    Where another answer than the last is wanted ("no, the other one") nobody is asked: the question
    is the one before. The model fails too where its question holds a name or a number that neither
    the question nor the history has, asks for another kind of thing, has lost the question's own
    words, or still leans on what was said.
    """
    if wants_another(question):
        return StandAlone(question=rule)
    room = settings.context_tokens - _TOKENS["question"] - _ROOM - count_tokens(question)
    earlier = recalled(history, tokens=min(settings.history_tokens, room), answers=True)
    if not earlier:
        return StandAlone(question=rule)
    user = f"{earlier}Follow-up question: {question}\nRewritten question:"
    reply, usage = _ask(STAND_ALONE, user, tokens=_TOKENS["question"], settings=settings)
    said = " ".join(text for turn in history for text in (*turn[:2], *turn.quotes))
    asked = next(filter(None, map(_plain, reply.splitlines())), "")
    leans = rule != question
    if not _usable(asked, question=question, said=said, leans=leans):
        return StandAlone(question=rule, usage=usage)
    return StandAlone(question=asked, by_model=True, usage=usage)


def write_searches(question: str, *, settings: Settings) -> Searches:
    """What the setting `rewrite` lets the model add; nothing where it is off or the model fails."""
    mode = settings.rewrite
    if mode == "off" or not settings.model_configured:
        return Searches()
    if count_tokens(question) > settings.context_tokens - _TOKENS[mode] - _ROOM:
        return Searches()
    system = SEARCHES if mode == "rewrite" else HYPOTHETICAL
    reply, usage = _ask(system, f"Question: {question}", tokens=_TOKENS[mode], settings=settings)
    if mode == "hyde":
        passage = " ".join(_plain(reply).split()[:_LONGEST_PASSAGE])
        return Searches(passage=passage if content_words(passage) else "", usage=usage)
    queries = [
        query
        for line in reply.splitlines()
        if (query := _plain(line))
        and content_words(query)
        and len(query.split()) <= _LONGEST_SEARCH
        and fold(query) != fold(question)
    ]
    return Searches(queries=tuple(dict.fromkeys(queries))[:_MOST_SEARCHES], usage=usage)


def _ask(system: str, user: str, *, tokens: int, settings: Settings) -> tuple[str, Usage]:
    """What the model writes, and the tokens used; "" where it fails or is too slow."""
    from rag.llm import ModelStream

    seconds = min(settings.timeout, settings.rewrite_timeout)
    small = settings.model_copy(update={"answer_tokens": tokens, "timeout": seconds})
    # Not asked again where it fails: there is a rule to fall back on.
    reply = ModelStream(small, system=system, user=user, retry=False, within=seconds)
    if over_budget(settings, most=reply.most):
        return "", Usage()
    try:
        text = "".join(reply)
    except ModelError:
        return "", reply.usage
    # A passage that reached its limit is good enough, half a question or search is not.
    whole = reply.complete or (reply.finish_reason == "length" and system == HYPOTHETICAL)
    return text if whole else "", reply.usage


def _plain(line: str) -> str:
    """A line without list mark, label, quotation marks around it and control characters."""
    bare = " ".join(_LABEL.sub("", clean_characters(line)).split())
    return bare.strip("\"“”'`*").strip()


def _usable(asked: str, *, question: str, said: str, leans: bool) -> bool:
    """Whether the model's question can stand for the reader's.

    Of one that leans on what was said, it must take something over, and keep no pronoun.
    """
    known = f"{question} {said}"
    if not content_words(asked) or len(asked.split()) > len(question.split()) + _LONGER:
        return False
    if question.rstrip().endswith("?") and not asked.endswith("?"):
        return False
    own = stems(content_words(question))
    taken = (stems(content_words(asked)) - own) & stems(words(said))
    if leans and (not taken or _PRONOUNS & set(words(asked)) & set(words(question))):
        return False
    kind = asked_for(question)
    return (
        len(own & stems(words(asked))) >= _KEPT * len(own)
        and (kind == "open" or asked_for(asked) == kind)
        and numbers(asked) <= numbers(known)
        and years(asked) <= years(known) | {day.year for day in days(known)}
        and all(any(day.matches(other) for other in days(known)) for day in days(asked))
        and numbers(question) | years(question) <= numbers(asked) | years(asked)
        and _name_words(asked) <= set(words(known))
        and _name_words(question) <= set(words(asked))
    )


def _name_words(text: str) -> set[str]:
    """The words of its names."""
    bare = list(text)
    for start, end in date_spans(text):
        bare[start:end] = " " * (end - start)
    return {word for name in names("".join(bare)) for word in words(name)}
