"""Comparing texts without a judge: SQuAD's normalisation, values, and whether a quote supports.

Written apart from the code that it measures, so that a slip there is not repeated here. English.

Support: a quote supports a sentence where (1) every value of the sentence (number, month, name,
negation) occurs in the quote, (2) no word that both hold is negated in the quote alone ("did not
attend" for "attended"), and (3) at least SUPPORT_THRESHOLD of the sentence's content words occur
in the quote, by Snowball stem. The threshold was chosen on half of the 100 pairs labelled by hand
in tests/data/support_pairs.jsonl and checked on the other half; docs/evaluation.md has the
figures. Support so taken cannot see that words were put in another order (who did what to whom),
nor a paraphrase in quite other words.
"""

import re
import string
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from snowballstemmer import stemmer

__all__ = [
    "SUPPORT_THRESHOLD",
    "contains",
    "content_stems",
    "exact_match",
    "missing_values",
    "normalise",
    "support_share",
    "supports",
    "token_f1",
    "values",
]

SUPPORT_THRESHOLD = 0.8

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = frozenset(string.punctuation)
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*")
_NAME_GOES_ON = re.compile(r"(?: (?:de|la|le|van|von|der|du|bin|al|of))* [^\W\d_a-z]")
_UNITS = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
        " fifteen sixteen seventeen eighteen nineteen".split()
    )
}
_TENS = {
    word: 10 * number
    for number, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), 2
    )
}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_SHORT_SCALES = {"k": 1_000, "m": 1_000_000, "bn": 1_000_000_000}
_MONTHS = {
    short: name
    for name in (
        "january february march april may june july august september october november december"
    ).split()
    for short in (name, name[:3])
} | {"sept": "september"}  # fmt: skip
_NEGATIONS = frozenset("not no never none nobody nothing neither nor without cannot".split())
_STOP = frozenset(
    """
    a about after again all also although am among an and any are as at be because been before
    being but by can could did do does doing during each for from had has have having he her here
    him his how i if in into is it its itself may might more most much must of on once only or
    other our over own said same say says she should since so some such than that the their them
    then there these they this those through to too under until up upon very was we were what
    when where whether which while who whom whose why will with within would yet you your
    according mr mrs ms dr
    """.split()
)  # fmt: skip


def normalise(text: str) -> str:
    """Lower case, without punctuation, articles and extra spaces.

    `normalize_answer` of the SQuAD v1.1 evaluation script (Rajpurkar et al., EMNLP 2016).
    """
    plain = "".join(character for character in text.lower() if character not in _PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", plain).split())


def exact_match(answer: str, expected: Sequence[str]) -> float:
    """1 where the normalised answer equals a normalised expected one (SQuAD v1.1)."""
    return float(any(normalise(answer) == normalise(one) for one in expected))


def token_f1(answer: str, expected: Sequence[str]) -> float:
    """The best F1 over the expected answers, of normalised tokens as bags (SQuAD v1.1).

    F1 = 2PR / (P + R), P and R the shares of the answer's and the expected one's tokens in common.
    """
    return max(
        (_f1(normalise(answer).split(), normalise(one).split()) for one in expected), default=0.0
    )


def _f1(got: list[str], wanted: list[str]) -> float:
    common = sum((Counter(got) & Counter(wanted)).values())
    if not common:
        return float(got == wanted)
    precision, recall = common / len(got), common / len(wanted)
    return 2 * precision * recall / (precision + recall)


def contains(text: str, value: str) -> bool:
    """Whether a value stands in a text as a run of whole words.

    Case, punctuation and articles aside; numbers in words equal those in digits.
    """
    wanted, held = _canonical(value), _canonical(text)
    if not wanted:
        return False
    length = len(wanted)
    return any(held[i : i + length] == wanted for i in range(len(held) - length + 1))


@lru_cache(maxsize=20_000)
def _canonical(text: str) -> list[str]:
    """Lower-case words, without articles and possessives, numbers in digits, months whole."""
    found = [match[0].replace("’", "'").lower() for match in _WORD.finditer(text)]
    kept: list[str] = []
    number: float | None = None
    total = 0.0
    for word in [*found, ""]:
        if word == "and" and number is not None and number % 100 == 0:
            continue  # "a hundred and one"; a stray "and" behind a round number is no loss
        value = _number(word)
        if word in _SCALES or (word in _SHORT_SCALES and number is not None):
            if number is None and kept[-1:] != ["a"]:
                kept.append(word)
                continue
            scale = _SCALES.get(word) or _SHORT_SCALES[word]
            number = (number or 1) * scale
            if scale > 100:
                total, number = total + number, 0.0
            continue
        if value is not None and number is not None and _continues(number or total, word):
            number += value
            continue
        if number is not None:
            kept.append(_written(total + number))
            number, total = None, 0.0
        if value is not None:
            number = value
        elif word:
            kept.append(_MONTHS.get(word, word.removesuffix("'s")))
    return [word for word in kept if word not in ("a", "an", "the")]


def _number(token: str) -> float | None:
    if token[:1].isdigit():
        plain = re.sub(r",(?=\d{3}(?!\d))", "", token).rstrip(".,")
        try:
            return float(plain)
        except ValueError:
            return None
    return _UNITS.get(token, _TENS.get(token))


def _continues(number: float, token: str) -> bool:
    """Whether a number in words goes on: "twenty" and "nine", "hundred" and "twenty"."""
    round_number = number > 0 and number % 100 == 0
    if token in _UNITS:
        return round_number or (number % 100 in _TENS.values() and 0 < _UNITS[token] < 10)
    return token in _TENS and round_number


def _written(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)


@lru_cache(maxsize=20_000)
def values(text: str) -> frozenset[str]:
    """What must not differ: numbers (not "one"), months, names word by word, and negation."""
    found = {word for word in _canonical(text) if word[0].isdigit() and word != "1"}
    months = set(_MONTHS.values()) - (set() if "May" in text else {"may"})
    found |= months & set(_canonical(text))
    if any(map(_negates, _canonical(text))):
        found.add("not")
    return frozenset(found | _names(text))


def _names(text: str) -> set[str]:
    """Capitalised words; at the head of a sentence only before another, or with odd capitals."""
    found: set[str] = set()
    for match in _WORD.finditer(text):
        word = match[0]
        if not word[0].isupper():
            continue
        before = text[: match.start()].rstrip()
        heads = not before or before[-1] in '.!?:“"‘\n'
        goes_on = bool(_NAME_GOES_ON.match(text, match.end()))
        odd = any(letter.isupper() for letter in word[1:])
        plain = re.sub(r"['’]s$", "", word).lower()
        if heads and not goes_on and not odd:
            continue
        if len(plain) > 1 and plain not in _STOP and plain not in _MONTHS:
            found.add(plain)
    return found


def support_share(sentence: str, quote: str) -> float:
    """The share (0 to 1) of a sentence's content words whose stems the quote holds; 1 for none."""
    wanted = content_stems(sentence)
    return len(wanted & content_stems(quote)) / len(wanted) if wanted else 1.0


def missing_values(sentence: str, quote: str) -> frozenset[str]:
    """The values of a sentence that its quote does not hold."""
    held = set(_canonical(quote)) | values(quote)
    return frozenset(value for value in values(sentence) if value not in held)


def supports(quote: str, sentence: str, *, threshold: float = SUPPORT_THRESHOLD) -> bool:
    """Whether a quote supports a sentence; see the head of this module."""
    if missing_values(sentence, quote) or support_share(sentence, quote) < threshold:
        return False
    return not _negated(quote) & content_stems(sentence) - _negated(sentence)


def _negated(text: str) -> frozenset[str]:
    """The stem of the content word next behind each negation, where it is one of the next three."""
    tokens = _canonical(text)
    found = set()
    for index, token in enumerate(tokens):
        if _negates(token):
            behind = tokens[index + 1 : index + 4]
            content = [word for word in behind if word not in _STOP and not word.isdigit()]
            found |= {str(_stem(word)) for word in content[:1]}
    return frozenset(found)


def _negates(word: str) -> bool:
    return word in _NEGATIONS or word.endswith("n't")


_stem = lru_cache(maxsize=100_000)(stemmer("english").stemWord)


@lru_cache(maxsize=20_000)
def content_stems(text: str) -> frozenset[str]:
    """The stems of a text's content words."""
    return frozenset(
        str(_stem(word)) for word in _canonical(text) if word not in _STOP and not _negates(word)
    )
