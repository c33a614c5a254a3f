"""Whether a statement denies what its quotes say, or says what they deny.

By rule, for English, and only where the very word that is denied on one side stands on the other
without anything like a denial about it: "did not close" against "closed". What is denied in part
("not all", "not only"), for a time ("not until") or for something else ("not ... but") is let be.
"""

import re
from collections.abc import Sequence

from rag.types import Check
from rag.words import STOP_WORDS, fold, stem, words

__all__ = ["check_negation", "denied"]

_DENIALS = frozenset("not never cannot nobody none nothing no neither without".split())
_BETWEEN = frozenset(
    "a an any are be been being ever had has have in is longer one the to was were yet".split()
)
"""What may stand between a denial and what it denies."""
_PARTLY = frozenset(
    """
    all alone always because enough entirely even every everybody everyone everything exactly far
    fewer fully just later least less long merely more much necessarily one's only quite really so
    solely surprisingly too very yet
    """.split()
)
_TELLING = frozenset(
    """
    announce clear comment confirm detail disclose elaborate explain give identify immediately know
    known mention name provide reveal say sign specify state tell word
    """.split()
)
"""What an article does not do rather than say: "did not specify when the quay will open"."""
_ELSE = re.compile(r"\b(?:until|till|unless|but|except|before|rather|instead|than|if|whether)\b")
_LIKE_DENIAL = re.compile(
    r"\b(?:not|never|cannot|nobody|none|nothing|no|neither|nor|without|hardly|barely|scarcely|few"
    r"|little|seldom|rarely|yet|against|instead|rather|other than|far from|short of|away from"
    r"|fail\w*|refus\w*|den(?:y|ie)\w*|declin\w*|reject\w*|lack\w*|unable|avoid\w*|prevent\w*|stop\w*"
    r"|ban(?:s|ned)?|halt\w*|cancel\w*|absen\w*|miss\w*|ceas\w*|false\w*|doubt\w*|disput\w*|dismiss\w*"
    r"|rul(?:e|es|ed|ing) out|oppos\w*|contradict\w*|abandon\w*|drop\w*|end(?:s|ed)?|block\w*"
    r"|spare\w*|escap\w*|un(?!der|it|i)\w+|im(?!m|port)\w+|in[a-z]*able|dis\w+|non-?\w+)\b|n't\b"
)


def denied(text: str) -> set[str]:
    """The stems of the words that a sentence denies: {"close"} in "it did not close"."""
    plain = fold(text)
    found: set[str] = set()
    if "?" in plain or _ELSE.search(plain):
        return found
    said = words(plain)
    for place, word in enumerate(said):
        if word not in _DENIALS and not word.endswith("n't"):
            continue
        behind = said[place + 1 : place + 5]
        while behind and behind[0] in _BETWEEN:
            behind = behind[1:]
        if not behind or behind[0] in _PARTLY | _TELLING | STOP_WORDS | _DENIALS:
            continue
        if behind[0].isalpha() and not _LIKE_DENIAL.fullmatch(behind[0]):
            found.add(stem(behind[0]))
    return found


def check_negation(sentence: str, quotes: Sequence[str]) -> Check | None:
    """Whether a sentence and its quotes agree on what is so and what is not; None where nothing
    that both name is denied on either side."""
    told = [(_stems(quote), quote) for quote in quotes]
    for word in sorted(denied(sentence)):
        holding = [quote for held, quote in told if word in held]
        if holding and not any(_LIKE_DENIAL.search(fold(quote)) for quote in holding):
            return Check(
                kind="value", passed=False, detail=f"the cited source does not deny “{word}”"
            )
    if _LIKE_DENIAL.search(fold(sentence)):
        return None
    for word in sorted(set(_stems(sentence))):
        holding = [quote for held, quote in told if word in held]
        if holding and all(word in denied(q) and _stems(q).count(word) == 1 for q in holding):
            return Check(kind="value", passed=False, detail=f"the cited source denies “{word}”")
    return None


def _stems(text: str) -> list[str]:
    return [stem(word) for word in words(text)]
