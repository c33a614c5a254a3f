"""Whether what a question takes for granted has happened at all, by what the articles say of it.

"Why did the agency block it?" presupposes that it did (Kim et al., "Which Linguist Invented the
Lightbulb?", ACL 2021). Where the sentences that speak of it have the blocking only as something
asked for, considered, possible or denied, none says so. By rule, for English, and only for
questions about the circumstances of an event: a question that is wrongly taken for one of these
loses its answer, so what is not sure is let be.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rag.words import STOP_WORDS, fold

__all__ = [
    "BEST_SENTENCES",
    "Told",
    "asks_for_circumstance",
    "not_said_to_happen",
    "presupposed",
    "unrealised",
]

Span = tuple[int, int]

_CIRCUMSTANCE = re.compile(
    r"\b(?:why|when|where|how(?! (?:many|much|often))"
    r"|(?:at|by|for|from|in|on|since|until) (?:how|what|which))\b"
)
_HAPPENED = re.compile(r"\b(?:did|was|were|has|have|had)\b")
_FORMS = r"(?:e|ed|es|ing|s)?"
"""Endings of the verbs below."""
_UNSURE = re.compile(
    r"\b(?:may|might|could|would|should|must|can|will|shall|if|whether|den(?:y|ied|ies|ying)"
    r"|plan(?:s|ned|ning)?|sa(?:id|ys?|ying)|told|thought"
    r"|(?:announc|argu|ask|believ|call|claim|consider|declar|demand|describ|expect|fear|promis"
    rf"|propos|refus|reject|report|suggest|tell|think|urg|want|warn){_FORMS})\b"
)
"""A question with one of these speaks of words and thoughts itself."""
_PURPOSE = re.compile(r"\bto (?P<word>\w+)")
_SPECIFIC = frozenset("clear clarified explained given known mentioned named reported said".split())
"""What an article does not do rather than deny: "is not known"."""
_BETWEEN = (
    r"(?:(?:a|also|an|any|be|been|being|even|ever|had|has|have|her|his|it|its|more|new|no|now"
    r"|soon|still|the|their|then|to|yet)\s+)*"
)
_WORD = r"(?P<word>[a-z][\w'-]*)"
_WANTED = (
    r"(?:ask|declin|demand|expect|fail|hop|intend|propos|refus|request|threaten|urg|want|wish)"
    rf"{_FORMS}|plan(?:s|ned|ning)?|sought|seeks?|seeking|call(?:ed|s|ing)? (?:on|for)"
)
_NO_ADJECTIVE = "".join(
    rf"(?<!\b{word} )" for word in ("a", "an", "his", "her", "its", "the", "their", "this")
)
"""Before a verb: "the planned bridge" may stand by now."""
# may block it; not would and could, which tell of what happened, too
_MAY = re.compile(rf"\b(?:may|might|should|must|cannot|will|shall)\s+(?:not\s+)?{_BETWEEN}{_WORD}")
_AFTER: tuple[re.Pattern[str], ...] = (
    _MAY,
    # asked the agency to block it; wants it to be blocked
    re.compile(rf"\b(?:{_WANTED})\b[^.;:?!]{{0,70}}?\bto\s+{_BETWEEN}{_WORD}"),
    # considers limits
    re.compile(
        rf"(?<![\w-]){_NO_ADJECTIVE}(?:plan(?:s|ned|ning)?|(?:consider|contemplat|debat|demand"
        rf"|discuss|oppos|propos|reject|request|threaten|weigh){_FORMS})\s+{_BETWEEN}{_WORD}"
    ),
    # a call by deputies for a ban
    re.compile(
        rf"\b(?:call|demand|plea|push|request)s?\b[^.;:?!]{{0,70}}?\bfor\s+{_BETWEEN}{_WORD}"
    ),
    # the possibility of limits, a statement about limiting
    re.compile(
        r"\b(?:chance|discussion|fear|hope|idea|plan|possibility|proposal|prospect|statement|talk"
        r"|threat)s?\s+(?:about|against|for|of|to)\s+" + _BETWEEN + _WORD
    ),
)
_ASIDE = re.compile(r"\([^()]*\)")
_DENIED = re.compile(rf"(?:\b(?:never|no|neither|nor|not|without)|n't)\s+{_BETWEEN}{_WORD}")
_DENIED_IN_PART = re.compile(
    r"\b(?:before|but|except|instead|only|rather|since|than|till|unless|until)\b"
)
_CONDITION = re.compile(r"\b(?:if|unless)\b(?P<word>[^,.;:?!]*)")
_NEAR = 40
"""Characters behind a denial in which it may be taken back: "not until"."""
_SAME = 0.5
"""Cosine of two tokens that speak of the same: "block" and "ban" have 0.54."""
BEST_SENTENCES = 4
"""Of those that match best; the others speak of something else."""


class Told(NamedTuple):
    """A sentence, how well it matches the question, and for each presupposed word of this the
    token nearest to it: their cosine, and where the token begins in `text`."""

    match: float
    text: str
    nearest: tuple[tuple[float, int], ...]


def asks_for_circumstance(question: str) -> int | None:
    """Where the auxiliary ends of a question for the circumstances of an event; None for others."""
    plain = fold(question)
    asked = _CIRCUMSTANCE.search(plain)
    happened = _HAPPENED.search(plain, asked.end()) if asked else None
    return happened.end() if happened else None


def presupposed(question: str) -> list[Span]:
    """The words of an event that the question takes to have happened; none for other questions."""
    plain = fold(question)
    begins = asks_for_circumstance(question)
    if begins is None or _UNSURE.search(plain):
        return []
    spans = [word.span() for word in re.finditer(r"[^\W\d_][\w'’-]*", question)]
    aside = unrealised(question) + [match.span("word") for match in _PURPOSE.finditer(plain)]
    return [
        (start, end)
        for start, end in spans
        if start >= begins
        and question[start].islower()
        and plain[start:end] not in STOP_WORDS | _SPECIFIC
        and not _within(start, aside)
    ]


def unrealised(text: str) -> list[Span]:
    """Words that a text has only as asked for, considered, possible, conditional or denied."""
    plain = _told(text)
    found = [match.span("word") for match in _CONDITION.finditer(plain)]
    for pattern in _AFTER:
        found += [
            match.span("word")
            for match in _overlapping(pattern, plain)
            if pattern is not _MAY or text[match.start()].islower()  # May is a month
        ]
    return found + _denied(plain)


def not_said_to_happen(told: Sequence[Told]) -> int | None:
    """Which sentence shows best that what a question presupposes is not said to have happened.

    Its place among `told`, one that denies it before others; None where any of the sentences that
    match best says that it did, or where none of them speaks of it. What the last of the words
    stands for, which is the verb or its object, is done in no sentence.
    """
    best = sorted(range(len(told)), key=lambda place: -told[place].match)[:BEST_SENTENCES]
    left_open = {place: unrealised(told[place].text) for place in best}
    found = None
    for word in range(len(told[0].nearest) if told else 0):
        at = {place: told[place].nearest[word][1] for place in best if _speaks(told[place], word)}
        is_open = all(_within(start, left_open[place]) for place, start in at.items())
        if at and not is_open and word == len(told[0].nearest) - 1:
            return None
        if at and is_open and found is None:
            denying = (p for p, start in at.items() if _within(start, _denied(_told(told[p].text))))
            found = next(denying, next(iter(at)))
    return found


def _speaks(sentence: Told, word: int) -> bool:
    """Whether a sentence has what a presupposed word says; little words are near to any."""
    closeness, start = sentence.nearest[word]
    said = re.compile(r"\w+").match(sentence.text, start)
    return closeness >= _SAME and said is not None and fold(said[0]) not in STOP_WORDS


def _told(text: str) -> str:
    """A text folded, and blank where it speaks aside, in brackets; offsets do not move."""
    return _ASIDE.sub(lambda aside: " " * len(aside[0]), fold(text))


def _denied(plain: str) -> list[Span]:
    """Words that a text denies."""
    return [
        match.span("word")
        for match in _overlapping(_DENIED, plain)
        if match["word"] not in _SPECIFIC
        and not _DENIED_IN_PART.search(plain, match.end(), match.end() + _NEAR)
    ]


def _overlapping(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Every match, of those that begin within another too: "asked to call for a ban"."""
    found = pattern.search(text)
    while found:
        yield found
        found = pattern.search(text, found.start() + 1)


def _within(position: int, spans: Sequence[Span]) -> bool:
    return any(start <= position < end for start, end in spans)
