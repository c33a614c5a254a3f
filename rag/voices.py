"""Whose words a sentence says they are, held against the article: speakers and attribution.

What somebody said is nobody else's, in quotation marks or told ("Lind said that ..."), and no plain
fact. Where two voices may be one (a ministry and its minister) nothing is said.
"""

import re
from collections.abc import Sequence

from corpus import sentence_spans
from rag.checks import Quote, Source, find_words, quotations, without_quotations
from rag.speech import (
    FORMS,
    Speaker,
    same_speaker,
    speaker_of,
    speaker_of_quote,
    speaker_of_support,
    speakers_of,
)
from rag.types import Check
from rag.values import name_spans, names
from rag.words import content_words, fold, stems, words

__all__ = [
    "check_attribution",
    "check_reported",
    "check_speaker",
    "is_person",
    "speaker_behind",
    "speaks_for",
]

_SAME_THING = 0.5
"""Share of what somebody is said to say that a sentence must hold, to be what it comes from."""
_MANY_USE = 2
"""Words of a quotation that is a term rather than a saying."""
_REACTS = re.compile(
    r"\b(?:denie[ds]|deny|denying|confirm(?:s|ed)?|admit(?:s|ted)?|acknowledge[sd]?|replie[ds]"
    r"|agree[sd]?|disagree[sd]?|echoe[sd]|alleged?|quot(?:es|ed|ing)|repeat(?:s|ed)?)\b",
    re.IGNORECASE,
)
"""Verbs with which somebody takes up what somebody else has said."""
_AGREES = re.compile(
    r"\b(?:agree[sd]?|concur(?:s|red)|echoe[sd]|too|also|likewise|joined|backed|shared|repeated"
    r"|confirmed|the same)\b",
    re.IGNORECASE,
)


_TITLED = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Sir|President|Minister|Mayor|Chancellor|Senator|Judge|General|Pope)\.?\s+$"
)
_BODIES = frozenset(
    """
    agency air airlines airport airways army assembly association authority bank board broadcaster
    bureau center centre channel church city club college commission committee company congress
    corp corporation council county court courier daily democrats department federation force forces
    foundation front fund gazette government group guardian herald hospital house inc institute
    journal kremlin league limited ltd mail media ministry mirror movement museum nations navy
    network news observatory office organisation organization parliament party people police post
    press radio republicans resistance senate service services state states street telegraph
    television times tribune tv union university watch
    """.split()
)
"""Words in the names of what speaks without being a person."""
_PLACES = frozenset(
    """
    al cape central costa democratic east eastern el great hong islamic las latin los middle new
    north northern port puerto saint san santa saudi sierra south southern sri st united west
    western
    """.split()
)
"""First words of the names of places and of what is named after them."""
_APART = re.compile(
    r"[.;:!?\n“”\"]|\b(?:and|or|but|with|while|than|told|tells|asked|met|meets|against|versus"
    r"|succeeded|replaced|attacked|accused|blamed|criticised|criticized)\b"
)
"""What between two names tells that they are two."""


def check_speaker(sentence: str, sources: Sequence[Source]) -> Check | None:
    """Whether the words that a sentence quotes are those of whom it gives them to.

    None where it quotes nothing or names nobody, or where the article does not tell.
    """
    given = list(speakers_of(sentence))
    # Of two words several may have spoken.
    quoted = [said for said in quotations(sentence) if len(said.split()) > _MANY_USE]
    if not quoted or not given or any(speaker.is_pronoun for speaker in given):
        return None
    told = False
    for text in quoted:
        for source in sources:
            span = find_words(text, source.whole)
            said = speaker_of_quote(source.whole, *span) if span else None
            if said is None or said.is_pronoun:
                continue
            told = True
            if not any(_one_voice(speaker, said) for speaker in given):
                detail = f"the article gives these words to {said.name or said.words}"
                return Check(kind="speaker", passed=False, detail=detail)
    return Check(kind="speaker", passed=True) if told else None


def _one_voice(one: Speaker, other: Speaker) -> bool:
    return same_speaker(one.name or one.words, other.name or other.words)


def check_reported(
    sentence: str, quotes: Sequence[Quote], sources: Sequence[Source]
) -> Check | None:
    """Whether what a sentence says that somebody says is said by that somebody in the article.

    Fails only where both are persons by name who cannot be the same. None where the sentence gives
    nothing to anybody by name, where the article does not tell, and where it may still be right:
    the one speaks for the other, both are named, or what the article has from the one is like it.
    """
    bare = without_quotations(sentence)
    given = list(speakers_of(bare))
    if len(given) != 1 or given[0].is_pronoun or _REACTS.search(bare):
        return None
    who = given[0].name or given[0].words
    what = stems(content_words(bare)) - stems(words(who))
    support = max(quotes, key=lambda quote: _held(what, quote.text), default=None)
    if support is None or _held(what, support.text) < _SAME_THING:
        return None
    text, start, end = _in_article(support, sources)
    said = _teller(who, bare, text, start, end)
    if said is None or not said.name:
        return None
    if _one_voice(given[0], said):
        return Check(kind="speaker", passed=True)
    one = not (is_person(who, text) and is_person(said.name, text))
    one = one or bool(stems(words(said.name)) & stems(words(bare)))
    one = one or speaks_for(who, said.name, text)
    if one or _says_alike(who, what, text, most=_held(what, support.text)):
        return None
    detail = f"the article gives these words to {said.name}"
    return Check(kind="speaker", passed=False, detail=detail)


def _teller(who: str, sentence: str, text: str, start: int, end: int) -> Speaker | None:
    """Who says in an article what a sentence takes from there; None where it may be `who`."""
    said = speaker_of_support(text, start, end, sentence)
    if said is None or not said.is_pronoun:
        return said
    before = text[max(0, start - 600) : start]
    named = stems(words(who)) & stems(words(before))
    return None if named else speaker_of_quote(text, start, end)


def _says_alike(who: str, what: set[str], text: str, *, most: float) -> bool:
    """Whether a sentence of an article that names somebody may be what is said of them."""
    for start, end in sentence_spans(text):
        told = text[start:end]
        named = [name for name in names(told) if same_speaker(who, name)]
        if named and (_held(what, told) >= most / 3 or _AGREES.search(told)):
            return True
    return False


def _held(what: set[str], text: str) -> float:
    """The share of stems that a text holds."""
    return len(what & stems(words(text))) / len(what) if what else 0.0


def _in_article(quote: Quote, sources: Sequence[Source]) -> tuple[str, int, int]:
    """The text around a quote, of its article where that is at hand, and where it stands there."""
    for source in sources:
        whole = source.whole
        if source.hit.article_id == quote.hit.article_id and (
            whole[quote.start : quote.end] == quote.text
        ):
            return whole, quote.start, quote.end
    return quote.hit.text, quote.start - quote.hit.start, quote.end - quote.hit.start


def speaker_behind(
    sentence: str, quotes: Sequence[Quote], sources: Sequence[Source]
) -> tuple[Speaker | None, str]:
    """Who says, in the article, what a sentence rests on, and the words that it rests on.

    What stands in quotation marks is given to somebody by them: the rest of the sentence counts.
    """
    bare = stems(content_words(without_quotations(sentence)))
    support = max(quotes, key=lambda quote: (_held(bare, quote.text), quote.share), default=None)
    if support is None:
        return None, ""
    return speaker_of_support(*_in_article(support, sources), sentence), support.text


def check_attribution(sentence: str, speaker: Speaker | None, *, support: str = "") -> Check | None:
    """Whether a sentence says of what somebody said that somebody said it.

    `speaker` is who says, in the article, what it rests on; None gives None. Quotation marks tell
    it too, but only around what it takes from there: the `support`.
    """
    if speaker is None:
        return None
    who = speaker.name or speaker.words
    named = set(content_words(who)) & set(words(sentence))
    passed = bool(named) or speaker_of(sentence) is not None or _quotes_it(sentence, support)
    return Check(
        kind="attribution", passed=passed, detail="" if passed else f"the article has it from {who}"
    )


def _quotes_it(sentence: str, support: str) -> bool:
    """Whether most of what a sentence shares with its support stands in quotation marks."""
    quoted = stems(word for said in quotations(sentence) for word in content_words(said))
    if not support:
        return bool(quoted)
    held = stems(words(support))
    bare = stems(content_words(without_quotations(sentence)))
    return bool(quoted & held) and len(bare & held - quoted) <= len(quoted & held)


def is_person(name: str, text: str) -> bool:
    """Whether a name is a person's, as far as it shows: by its form, and in a text that has it.

    A surname by itself is one where the text has it whole or with a title. In doubt it is none: a
    country or a ministry speaks by somebody's mouth.
    """
    parts = [part for part in re.findall(r"[\w’'-]+", name) if fold(part) not in FORMS]
    odd = any((part.isupper() and len(part) > 1) or not part[0].isupper() for part in parts)
    if not parts or odd or {fold(part) for part in parts} & _BODIES or fold(parts[0]) in _PLACES:
        return False
    if re.search(rf"\b[Tt]he {re.escape(' '.join(parts))}\b", text):
        return False
    if len(parts) > 1:
        return True
    for start, end in name_spans(text):
        whole = [part for part in text[start:end].split() if fold(part).strip(".") not in FORMS]
        titled = len(whole) < len(text[start:end].split()) or _TITLED.search(
            text[max(0, start - 12) : start]
        )
        if whole[-1:] == parts and (
            titled or (len(whole) > 1 and is_person(" ".join(whole), text))
        ):
            return True
    return False


def speaks_for(one: str, other: str, text: str) -> bool:
    """Whether a text has two names so close to each other that one may speak for the other: "Bo
    Lind, head of Portwatch"."""
    mine, yours = _last(one), _last(other)
    for first, second in ((mine, yours), (yours, mine)):
        near = rf"\b{first}\b((?:(?!\b{first}\b).){{0,60}}?)\b{second}\b"
        for found in re.finditer(near, text, re.DOTALL):
            if not _APART.search(found[1]):
                return True
    return False


def _last(name: str) -> str:
    """The pattern of the word that a name goes by."""
    return re.escape((name.split() or [""])[-1])
