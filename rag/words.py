"""Words, and what of a sentence can be compared: stems, names, numbers, dates."""

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snowballstemmer.english_stemmer import EnglishStemmer

__all__ = ["STOP_WORDS", "content_words", "encodable", "fold", "stem", "stems", "words"]

STOP_WORDS = frozenset(
    """
    a about after again all also am an and any are as at be because been before being between both
    but by can could did do does doing done down during each either else ever every few for from
    further get gets give given go goes had has have having he her here hers him his how however i
    if in into is it its itself just kind let like made make makes many may me might more most much
    must my near no nor not now of off on once one only or other our out over own per please really
    said same say says shall she should since so some such take tell than that the their them then
    there these they this those through to too under until up upon us use used very was we were
    what when where whether which while who whom whose why will with within without would yet you
    your according article articles news report reported reports
    """.split()
)
_NAMES = frozenset({"May", "Will", "Said"})
"""Stop words that people and a month have for a name."""
_OPENING = "\"'“”‘’«»„([ \n\t"
"""What stands before the first word of a sentence, behind the full stop."""
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_FOLDED = str.maketrans(
    dict.fromkeys("’‘‚‛ʼ′", "'")
    | dict.fromkeys("“”„‟«»″", '"')
    | dict.fromkeys("‐\u2011‒–—―−", "-")
    | {"\u00a0": " ", "\u202f": " "}
)


def fold(text: str) -> str:
    """Case, quotation marks and dashes made alike, one character for one."""
    lowered = text.translate(_FOLDED).lower()
    if len(lowered) == len(text):
        return lowered
    # A capital I with a dot grows when lowered; offsets must not move.
    return "".join(character.lower()[0] for character in text.translate(_FOLDED))


def encodable(text: str) -> str:
    """The text without lone surrogates, which a command line's bytes that are not UTF-8 become."""
    return text.encode("utf-8", "replace").decode()


def words(text: str) -> list[str]:
    """Lower-case words; a possessive 's is left out."""
    return [_possessive(word) for word in _WORD.findall(fold(text))]


def _possessive(word: str) -> str:
    return word.removesuffix("'s")


def content_words(text: str) -> list[str]:
    """Words that are not stop words, each once, in order; of these "the US" and "Theresa May" too.

    A stop word is a name where it stands in capitals among others that do not, and where a word
    that is a name as well has a capital within a sentence.
    """
    shouted = text.isupper()
    found: dict[str, None] = {}
    for match in _WORD.finditer(text.translate(_FOLDED)):
        written = _possessive(match[0])
        word = fold(written)
        capitals = len(written) > 1 and written.isupper() and not shouted
        if word not in STOP_WORDS or capitals or _is_name(written, text[: match.start()]):
            found[word] = None
    return list(found)


def _is_name(word: str, before: str) -> bool:
    return word in _NAMES and before.rstrip(_OPENING)[-1:] not in ("", ".", "!", "?", ":")


@cache
def _stemmer() -> "EnglishStemmer":
    # The package brings some thirty languages along, which take 30 ms to import.
    from snowballstemmer import stemmer

    return stemmer("english")


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The Snowball stem of an English word."""
    return str(_stemmer().stemWord(word))


def stems(items: Iterable[str]) -> set[str]:
    """The stems of words."""
    return {stem(item) for item in items}
