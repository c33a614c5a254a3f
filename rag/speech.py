"""Who says what: speakers of sentences, and quotations that run over several of them.

Rules over the words of a sentence, for English news prose: a verb of saying outside quotation marks
with the name beside it ("Moss said", "said Ada Holm", "according to officials"). What no rule tells
is left open, never guessed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from corpus import sentence_spans
from rag.values import name_spans
from rag.words import content_words, fold, stems, words

__all__ = [
    "FORMS",
    "Speaker",
    "quoted_spans",
    "same_speaker",
    "speaker_of",
    "speaker_of_quote",
    "speaker_of_support",
    "speakers_of",
    "whole_speech",
]

_SAID = (
    r"(?:said|says|say|told|tells|added|adds|wrote|writes|tweeted|announced|announces|argued|argues"
    r"|warned|warns|claimed|claims|declared|declares|insisted|insists|explained|explains|noted|notes"
    r"|stated|states|suggested|suggests|replied|admitted|admits|acknowledged|promised|vowed"
    r"|reported|reports|estimated|estimates|believes|believed|thinks|recalled|remarked|confirmed"
    r"|denied|denies|alleged|alleges|asserted|asserts|quipped|urged|demanded)"
)
_VERB = re.compile(rf"\b{_SAID}\b", re.IGNORECASE)
_ACCORDING = re.compile(r"\b(?:according to|in the words of|in the view of)\s+", re.IGNORECASE)
_BESIDE = r"(?:\s+(?:\w+ly|has|had|have|also|later|then|once|again))*\s*"
"""What may stand between a speaker and the verb."""
_PRONOUN = re.compile(rf"\b(he|she|they|it){_BESIDE}$", re.IGNORECASE)
_APPOSED = re.compile(rf"\s*,\s*(?:the|a|an|who|his|her|its|one)\b[^,]*,{_BESIDE}$")
_CLOSE = re.compile(rf"(?:,|’s?)?{_BESIDE}$")
_CAPITAL = re.compile(rf"(?:^|[“”\"])\s*([^\W\d_a-z][\w’'-]*){_BESIDE}$")
_NOUN = re.compile(
    rf"\b((?:(?:the|a|an|his|her|its|their|some|several|many|most|senior)\s+)"
    rf"(?:[\w’'-]+\s+){{0,3}}?[a-z][\w’'-]*|officials|police|authorities|witnesses|experts|analysts"
    rf"|investigators|prosecutors|ministers|reports|media){_BESIDE}$",
    re.IGNORECASE,
)
_INVERTED = re.compile(
    r"^(?:said|says|added|adds|wrote|writes|explained|argued|warned|replied|noted|recalled)$",
    re.IGNORECASE,
)
_OF = re.compile(r"\bof\s+(?:the\s+)?$")
_OFFICE = re.compile(r"\s+(?:the|a|an|its|his|her)\s+[^,.;“”]{1,70},\s+")
_QUOTES = re.compile(r"“[^“”\n]*”|\"[^\"\n]*\"|“[^“”\n]*$")
FORMS = frozenset("mr mrs ms dr sir president prime minister general the of".split())
"""Words of a name that tell an office or a courtesy, in lower case."""
_LONGEST_SPEECH = 600
_LONGEST_TAIL = 8
"""Words of a sentence that tells no more than who said it."""
_MOST_SENTENCES = 4


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks in a sentence: the name, empty where only a pronoun or a noun tells, and the words
    that tell ("police", "she", "Ada Holm")."""

    name: str
    words: str

    @property
    def is_pronoun(self) -> bool:
        """Whether another sentence must tell who it is."""
        return self.words.lower() in ("he", "she", "they", "it")


def quoted_spans(text: str) -> list[tuple[int, int]]:
    """Where quotations stand in a text, their marks included."""
    return [match.span() for match in _QUOTES.finditer(text)]


def _unquoted(text: str) -> str:
    """The text with its quotations blanked out, every offset kept."""
    return _QUOTES.sub(lambda match: " " * len(match[0]), text)


def speaker_of(sentence: str) -> Speaker | None:
    """Who, by the sentence itself, says what it says; None where it is nobody's speech."""
    return next(speakers_of(sentence), None)


def speakers_of(sentence: str) -> Iterator[Speaker]:
    """All who say something in a sentence, "according to" first."""
    bare = _unquoted(sentence)
    for found in _ACCORDING.finditer(bare):
        yield _behind(bare, found.end())
    for verb in _VERB.finditer(bare):
        spoken = _before(bare[: verb.start()])
        if not spoken and _INVERTED.match(verb[0]):
            spoken = _after(bare[verb.end() :])
        if spoken:
            yield spoken


def _behind(bare: str, at: int) -> Speaker:
    """Whom "according to" names."""
    for start, end in name_spans(bare):
        if start >= at and len(bare[at:start].split()) <= 5:
            return Speaker(bare[start:end], bare[at:end])
    rest = re.match(r"[^,.;:–]{1,60}", bare[at:])
    return Speaker("", rest[0].strip() if rest else "")


def _after(rest: str) -> Speaker | None:
    """The speaker right behind the verb: "said Ada Holm", "said the head of the port, Ada Holm"."""
    office = _OFFICE.match(rest)
    at = office.end() if office else len(rest) - len(rest.lstrip())
    for start, end in name_spans(rest):
        if start == at:
            return Speaker(rest[start:end], rest[start:end])
    return None


def _before(left: str) -> Speaker | None:
    """The speaker before the verb: a name, an apposition behind it let be, a pronoun or a noun."""
    left = left[max(left.rfind(mark) for mark in (";", ":", " – ", " — ")) + 1 :]
    if pronoun := _PRONOUN.search(left):
        return Speaker("", pronoun[1])
    spans = name_spans(left)
    for start, end in spans:
        if _APPOSED.fullmatch(left, end) and not _OF.search(left[:start]):
            return Speaker(left[start:end], left[start:end])
    for start, end in reversed(spans):
        if _CLOSE.fullmatch(left, end):
            return Speaker(left[start:end], left[start:end])
    # At the head of a sentence every word has its capital.
    told = _CAPITAL.search(left) or _NOUN.search(left)
    return Speaker("", told[1].strip()) if told else None


def same_speaker(one: str, other: str) -> bool:
    """Whether two names can be one person's: they share a word that is no title."""
    mine, yours = (stems(w for w in words(name) if w not in FORMS) for name in (one, other))
    return bool(mine & yours) or not mine or not yours


def speaker_of_quote(text: str, start: int, end: int) -> Speaker | None:
    """Who says, in an article's text, the words from `start` to `end`; None where it does not tell.

    Looked for in the sentences that hold the words, then in the next and the last one of the
    paragraph, the last one first where somebody's quotation is broken off there ("“A,” Holm said.
    “B.”"); "he said" is whoever was named before it.
    """
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    paragraph = text[first : last if last >= 0 else len(text)]
    spans = list(sentence_spans(paragraph))
    holding = [i for i, (a, b) in enumerate(spans) if a < end - first and b > start - first]
    if not holding:
        return None
    for index in [*holding, *_beside(paragraph, spans, holding[0], holding[-1])]:
        a, b = spans[index]
        spoken = speaker_of(paragraph[a:b])
        if spoken and not spoken.is_pronoun:
            return spoken
        if spoken:
            return _named_before(text, first + a)
    return None


def _beside(text: str, spans: list[tuple[int, int]], first: int, last: int) -> list[int]:
    """The sentences beside a quotation that may tell whose it is, the likelier one first."""
    before = first - 1 if first > 0 else None
    behind = last + 1 if last + 1 < len(spans) else None
    broken_off = before is not None and bool(quoted_spans(text[slice(*spans[before])]))
    if behind is not None and broken_off:
        # It has words of its own to give to somebody, or tells what else was said.
        told = text[slice(*spans[behind])]
        behind = None if quoted_spans(told) or len(told.split()) > _LONGEST_TAIL else behind
    order = [before, behind] if broken_off else [behind, before]
    return [index for index in order if index is not None]


def speaker_of_support(text: str, start: int, end: int, statement: str) -> Speaker | None:
    """Who says, in an article's text, what a statement takes from its sentence `start` to `end`.

    The sentence itself may tell. Where the words that it shares with the statement stand in
    quotation marks, the sentences beside it may.
    """
    sentence = text[start:end]
    if spoken := speaker_of(sentence):
        return spoken
    shared = stems(words(statement)) & stems(content_words(sentence))
    bare = stems(content_words(_unquoted(sentence))) if not _open_at(text, start) else set()
    if not shared or 2 * len(shared & bare) >= len(shared):
        return None
    return speaker_of_quote(text, start, end)


def _named_before(text: str, at: int) -> Speaker | None:
    """Who was named last in the 600 characters before a place, somebody who speaks there first."""
    before = _unquoted(text[max(0, at - 600) : at])
    for start, end in reversed(list(sentence_spans(before))):
        sentence = before[start:end]
        if (spoken := speaker_of(sentence)) and spoken.name:
            return spoken
        if named := name_spans(sentence):
            first = sentence[slice(*named[0])]
            return Speaker(first, first)
    return None


def whole_speech(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The span of a passage's sentence, widened to the quotation that it is part of.

    A sentence out of the middle of somebody's words would read as a plain fact: it goes with the
    sentences before and behind it until the quotation is whole and its speaker is told. None where
    that takes more than four sentences, or the passage does not hold it all.
    """
    if not _runs(text, start, end):
        return start, end
    spans = list(sentence_spans(text))
    at = [i for i, (a, b) in enumerate(spans) if a < end and b > start]
    if not at:
        return start, end
    first, last = at[0], at[-1]
    while _open_at(text, spans[first][0]) and first > 0:
        first -= 1
    while _open_at(text, spans[last][1]) and last + 1 < len(spans):
        last += 1
    if _open_at(text, spans[first][0]) or _open_at(text, spans[last][1]):
        return None
    if any(speaker_of(text[a:b]) for a, b in spans[first : last + 1]):
        return _fitting(spans, first, last)
    for index in _beside(text, spans, first, last):
        a, b = spans[index]
        # The paragraph before is about something else.
        apart = index < first and "\n" in text[b : spans[first][0]]
        if speaker_of(text[a:b]) and not apart:
            wide = _fitting(spans, min(first, index), max(last, index))
            if wide or index > last:
                return wide
    return _fitting(spans, first, last)


def _fitting(spans: list[tuple[int, int]], first: int, last: int) -> tuple[int, int] | None:
    """The span of these sentences; None where they are too many or too long."""
    span = spans[first][0], spans[last][1]
    fits = last - first < _MOST_SENTENCES and span[1] - span[0] <= _LONGEST_SPEECH
    return span if fits else None


def _runs(text: str, start: int, end: int) -> bool:
    """Whether a quotation runs over an end of the span, or fills it without saying whose it is."""
    if _open_at(text, start) or _open_at(text, end):
        return True
    sentence = text[start:end].strip()
    spans = quoted_spans(sentence)
    return bool(spans) and spans[0] == (0, len(sentence))


def _open_at(text: str, at: int) -> bool:
    """Whether a quotation is open at a place of a text; none reaches over a line's end."""
    line = fold(text[text.rfind("\n", 0, at) + 1 : at]) if "“" not in text else ""
    if line:
        return line.count('"') % 2 == 1
    before = text[text.rfind("\n", 0, at) + 1 : at]
    return before.count("“") > before.count("”")
