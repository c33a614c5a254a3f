"""Follow-up questions: making them stand alone, by rule.

Five forms are known, in English: a correction ("No, I meant Ankara", "No, the other one"), an
ellipsis ("And in Ankara?"), a personal pronoun ("What did she want?"), a word that points back
("When was that?") and a bare question word ("Why?"). What is none of these opens a subject of its
own and takes nothing from what was said before.
"""

import re
from collections.abc import Sequence
from itertools import takewhile

from rag.question import asked_for
from rag.types import Answer, Turn
from rag.values import date_spans, names
from rag.words import STOP_WORDS, content_words, fold, words

__all__ = ["as_turns", "standalone", "topic_of", "unwanted", "wants_another"]

_REFERS = frozenset(
    "they it them their its this that these those there then one ones former latter same so"
    " he she him her his hers".split()
)
_PERSON = re.compile(r"\b(he|she|him|his|her|hers)\b", re.IGNORECASE)
_CONTINUES = re.compile(
    r"^(?:and|but|or|so|also|what about|how about|why|when|where|who|(?:by|to|for|with) whom)\b",
    re.IGNORECASE,
)
_ELLIPSIS = re.compile(
    r"^(?:(?:and|but|or|so)\s+)?(?:(?:what|how) about\s+)?(?P<rest>[^?!.]+)[?!.\s]*$", re.IGNORECASE
)
_OPENED = re.compile(r"^(?:and|but|or|so|what about|how about)\b", re.IGNORECASE)
_ASKS = re.compile(
    r"^(?:who|whom|whose|what|which|when|where|why|how|did|do|does|is|are|was|were|has|have|had"
    r"|can|could|will|would|should|in which|on which|at which|for how|from which)\b",
    re.IGNORECASE,
)
_MEANT = r"i (?:meant|mean|was asking about|asked about)\s+"
_CORRECTS = re.compile(
    r"^(?:(?:no|nope|sorry|not quite|wrong|not that)"
    r"(?:\s*[,!:;]|\.(?!\s*\d)|(?=\s+(?:but\s+)?i\s))\s*"  # "no casualties" corrects nothing
    rf"(?:but\s+)?(?:{_MEANT})?|{_MEANT}"
    r"|(?=not\s[^,;]+?(?:[,;]|\sbut\s)))(?P<rest>.+?)[?!.\s]*$",
    re.IGNORECASE,
)
_NOT_THAT = re.compile(
    r"^not\s+[^,;]+?(?:[,;]\s*(?:but\s+)?|\s+but\s+)|[,;]\s*(?:and\s+)?not\s+[^,;]+$", re.IGNORECASE
)
_ANOTHER = re.compile(
    r"^(?:(?:the|an)\s*other(?:\s+(?:one|man|woman|person|article|report|figure|attack|day))?"
    r"|(?:some(?:one|body|thing)|any(?:one|body|thing)|who|what) else|a different one)$",
    re.IGNORECASE,
)
_PLACED = re.compile(r"\b(?:in|at|from|near|to|on|over)\s+(?:the\s+)?$", re.IGNORECASE)
"""Before a name that is a place's more often than a person's."""
_PREPOSITION = re.compile(
    r"^(in|at|on|from|to|near|of|for|with|by|about|against|after|before|during|since)\s+",
    re.IGNORECASE,
)
_GIVES_NAMES = ("person", "name")
_THINGS = frozenset("it its they them their".split())
_SHORT = 3
_LONGEST_TOPIC = 12
_LONGEST_REST = 8
_TURNS = 20


def as_turns(history: Sequence[Answer | Turn | tuple[str, str]]) -> list[Turn]:
    """Earlier answers as question and answer, oldest first; the questions made to stand alone."""
    turns: list[Turn] = []
    for item in history[-_TURNS:]:
        if isinstance(item, Answer):
            quotes = tuple(citation.quote for citation in item.citations)
            turns.append(Turn(item.standalone_question, item.text, quotes))
        else:
            turn = Turn(*item)
            turns.append(turn._replace(question=standalone(turn.question, turns)))
    return turns


def wants_another(question: str) -> bool:
    """Whether a question asks for another answer than the one that was given."""
    return bool((found := _CORRECTS.match(question.strip())) and _ANOTHER.match(found["rest"]))


def unwanted(question: str, history: Sequence[Turn]) -> list[Turn]:
    """The turns, latest first, whose answers a question does not want again; none as a rule.

    These are the last one and those before it that answered the same, where another was wanted
    of them already.
    """
    if not history or not wants_another(question):
        return []
    return list(takewhile(lambda turn: turn.question == history[-1].question, reversed(history)))


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The question with what it leaves unsaid taken from the turn before.

    Where a name or a day takes another's place, or a pronoun stands for a person, it is put there;
    else the subject of the last question follows in brackets.
    """
    if not history:
        return question
    asked = question.strip()
    last = history[-1]
    if found := _CORRECTS.match(asked):
        rest = _NOT_THAT.sub("", found["rest"], count=1).strip()
        if _ANOTHER.match(rest):
            return last.question
        if rest and not _ASKS.match(rest):
            return _put_in(last.question, rest)
        return standalone(f"{rest[:1].upper()}{rest[1:]}?", history) if rest else question
    if rest := _left_over(asked):
        return _put_in(last.question, rest)
    whole = _with_person(question, last)
    return _with_topic(whole, last)


def _left_over(asked: str) -> str:
    """What an ellipsis names ("in Ankara"); empty where the question is none."""
    found = _ELLIPSIS.match(asked)
    if not found or not _OPENED.match(asked):
        return ""
    rest = found["rest"].strip()
    named = names(f"x {rest}") or date_spans(rest)
    short = len(rest.split()) <= _LONGEST_REST
    return rest if named and short and not _ASKS.match(rest) else ""


def _put_in(question: str, rest: str) -> str:
    """The question with what `rest` names in the place of what it named itself."""
    opened = _PREPOSITION.match(rest)
    bare = rest[opened.end() :] if opened else rest
    old = _replaced(question, bare, opened[1] if opened else "")
    # "The French" are not where somebody stood who is named without an article.
    people = not opened and bare[:4].lower() == "the " and bare.split()[-1][0].isupper()
    if old is None or (people and not _the(question, old[0])):
        joint = " " if opened else ": "
        return f"{question.rstrip('?!. ')}{joint}{rest}?"
    start, end = old
    # An article that stands there already is not said twice.
    put = re.sub(r"^the\s+", "", bare, flags=re.IGNORECASE) if _the(question, start) else bare
    return f"{question[:start]}{put}{question[end:]}"


def _the(question: str, start: int) -> bool:
    """Whether an article stands before what starts here."""
    return bool(re.search(r"\bthe\s+$", question[:start], re.IGNORECASE))


def _replaced(question: str, new: str, preposition: str) -> tuple[int, int] | None:
    """The span of the name (or the day, where `new` is one) that a new one takes the place of."""
    days = date_spans(question)
    if date_spans(new):
        return days[-1] if days else None
    found = []
    for name in names(question):
        start = question.find(name)
        if start >= 0 and not any(first <= start < last for first, last in days):
            found.append((start, start + len(name)))
    if not found:
        return None
    if preposition:
        led = re.compile(rf"\b{preposition}\s+(?:the\s+)?$", re.IGNORECASE)
        behind = [span for span in found if led.search(question[: span[0]])]
        return max(behind or found)
    return max(found)


def _with_person(question: str, last: Turn) -> str:
    """The question with its first "he" or "she" named, where it names nobody before."""
    pronoun = _PERSON.search(question)
    if not pronoun or names(question[: pronoun.start()]):
        return question
    person = _person_of(last)
    if not person:
        return question
    word = pronoun[1].lower()
    owns = word in ("his", "hers") or (
        word == "her" and bool(re.match(r"\s+[a-z]", question[pronoun.end() :]))
    )
    named = f"{person}’s" if owns else person
    return f"{question[: pronoun.start()]}{named}{question[pronoun.end() :]}"


def _person_of(turn: Turn) -> str:
    """The person of whom the turn speaks: whom it answers with, or whom it asks about."""
    if asked_for(turn.question) == "person" and (heard := _answered(turn)):
        return heard
    asked = [
        name
        for name in names(turn.question)
        # "The FSB" is nobody, and who is named behind "in" is a place.
        if not name.isupper() and not _PLACED.search(turn.question[: turn.question.find(name)])
    ]
    whole = [name for name in asked if len(name.split()) > 1]
    return next(iter(whole or asked), "")


def _answered(turn: Turn) -> str:
    """The first name that the answer gives and the question does not have."""
    asked = names(turn.question)
    # A word before it, so that a name at the head counts as one.
    return next((name for name in names(f"x {turn.answer}") if name not in asked), "")


def _with_topic(question: str, last: Turn) -> str:
    """The question with the subject of the last one in brackets, where it points back to it.

    It points back where it has a pronoun and no name of its own, where a person has been named in
    the place of one and "so" or "that" is left, or where it opens as a continuation and holds
    hardly a content word.
    """
    own = set(words(question))
    refers = bool(own & _REFERS) and not _named_beside(question, last)
    continues = bool(_CONTINUES.match(question.strip())) and len(content_words(question)) < _SHORT
    if not refers and not continues:
        return question
    held = {fold(word) for word in words(question)}
    # Brackets that the last question was given itself go along: a chain keeps its subject.
    given = _answered(last) if asked_for(last.question) in _GIVES_NAMES else ""
    topic = [word for word in topic_of(last.question) if not set(words(word)) <= held]
    if own & _THINGS:
        # "Had it acted?" behind "Whom did they ask?" is about the one that was named.
        topic = [word for word in given.split() if word not in topic] + topic
    topic = topic[:_LONGEST_TOPIC]
    return f"{question} ({' '.join(topic)})" if topic else question


def _named_beside(question: str, last: Turn) -> list[str]:
    """The names of a question, without those of the person put into it."""
    person = _person_of(last)
    return [name for name in names(question) if name.removesuffix("’s") != person]


def topic_of(question: str) -> list[str]:
    """The content words of a question as it writes them."""
    content = set(content_words(question)) - STOP_WORDS
    return [word for word in re.findall(r"[\w’'-]+", question) if set(words(word)) & content]
