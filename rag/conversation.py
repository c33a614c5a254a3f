"""Follow-up questions: making them stand alone."""

import re
from collections.abc import Sequence

from rag.types import Answer, Turn
from rag.values import names
from rag.words import content_words, words

__all__ = ["as_turns", "standalone"]

_REFERS = frozenset(
    "he she they it him her them his hers their its this that these those there then one ones"
    " former latter same".split()
)
_CONTINUES = re.compile(
    r"^(?:and|but|or|so|also|what about|how about|why|when|where|who)\b", re.IGNORECASE
)
_SHORT = 3
_LONGEST_TOPIC = 12


def as_turns(history: Sequence[Answer | Turn | tuple[str, str]]) -> list[Turn]:
    """Earlier answers as question and answer, oldest first."""
    return [
        Turn(item.standalone_question, item.text) if isinstance(item, Answer) else Turn(*item)
        for item in history
    ]


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The question with what it leaves unsaid taken from the last one, in brackets.

    A question is taken to lean on the last one where it has a pronoun and no name of its own, or
    where it opens as a continuation and holds hardly a content word.
    """
    if not history:
        return question
    own = words(question)
    refers = bool(set(own) & _REFERS) and not names(question)
    continues = bool(_CONTINUES.match(question.strip())) and len(content_words(question)) < _SHORT
    if not refers and not continues:
        return question
    held = set(content_words(question))
    # Brackets that the last question was given itself go along: a chain keeps its subject.
    topic = [word for word in _topic(history[-1].question) if word.lower() not in held]
    topic = topic[:_LONGEST_TOPIC]
    return f"{question} ({' '.join(topic)})" if topic else question


def _topic(question: str) -> list[str]:
    """The content words of a question as it writes them."""
    content = set(content_words(question))
    return [word for word in re.findall(r"[\w’'-]+", question) if set(words(word)) & content]
