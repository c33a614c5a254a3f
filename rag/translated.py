"""Dates and figures of other languages in the forms that the checks compare, which are English.

"Am 17. November 2015" is 17 November 2015, "3,5 Millionen" 3.5 million and "2.500" 2,500 in an
answer that is not in English. German, French, Spanish, Italian, Dutch. Words that are no value stay
as they are, so that nothing else can be compared in what comes of it.
"""

import re

from rag.words import fold, words

__all__ = ["english_figures", "language_by_common_words"]

_ENGLISH = (
    "January February March April May June July August September October November December".split()
)
_MONTHS = {
    name: english
    for english, names in zip(
        _ENGLISH,
        (
            "januar jänner janvier enero gennaio januari",
            "februar feber février fevrier febrero febbraio februari",
            "märz maerz mars marzo maart",
            "april avril abril aprile",
            "mai mayo maggio mei",
            "juni juin junio giugno",
            "juli juillet julio luglio",
            "august août aout agosto augustus",
            "september septembre septiembre setiembre settembre",
            "oktober octobre octubre ottobre",
            "november novembre noviembre",
            "dezember décembre decembre diciembre dicembre december",
        ),
        strict=True,
    )
    for name in names.split()
}
_SCALES = {
    "tausend": "thousand", "mille": "thousand", "mil": "thousand", "mila": "thousand",
    "duizend": "thousand",
    "million": "million", "millionen": "million", "millions": "million", "millón": "million",
    "millones": "million", "milione": "million", "milioni": "million", "miljoen": "million",
    "milliarde": "billion", "milliarden": "billion", "milliard": "billion",
    "milliards": "billion", "miliardo": "billion", "miliardi": "billion", "miljard": "billion",
}  # fmt: skip
_BOUNDS = {
    "over": "über|mehr als|plus de|más de|più di|oltre|meer dan",
    "at least": "mindestens|wenigstens|au moins|al menos|por lo menos|almeno|minstens|ten minste",
    "under": "weniger als|unter|moins de|menos de|meno di|minder dan",
    "up to": "bis zu|höchstens|jusqu'à|hasta|fino a|tot wel",
    "about": "etwa|rund|ungefähr|fast|environ|près de|unos|unas|casi|cerca de|circa|quasi|ongeveer",
}
_BOUND = re.compile(
    rf"\b(?:{'|'.join(f'({forms})' for forms in _BOUNDS.values())})(?=\s+\d)", re.IGNORECASE
)
_COMMON = {
    "de": "der die das den dem des ein eine einer und ist war wurde wurden mit von bei nach im am",
    "fr": "le la les des du un une et est était été dans par pour sur avec au aux il elle ont",
    "es": "el la los las del un una y es fue fueron en por para con se su al murieron que",
    "it": "il lo la gli le del della di un una e è era nel nella per con da sono stato stata che",
    "nl": "de het een en is was werd werden van op in met bij naar voor door zijn aan",
}
"""Small words by which the language of one sentence can be told."""
_KNOWN = {code: frozenset(known.split()) for code, known in _COMMON.items()}
_FEWEST_COMMON, _SHARE_COMMON = 3, 0.25
_PERCENT = r"prozent|pour\s+cent|por\s+ciento|per\s+cento|procent"
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY = re.compile(
    rf"\b([0-3]?\d)(?:\.|er|º|°)?\s+(?:de\s+|di\s+)?({_MONTH})\b(?:\s+(?:de\s+|del\s+)?(\d{{4}})\b)?",
    re.IGNORECASE,
)
_BARE = re.compile(
    rf"\b(?:im|en|em|in|seit|depuis|desde|da|sinds)\s+({_MONTH})\b(?:\s+(?:de\s+|del\s+)?(\d{{4}})\b)?",
    re.IGNORECASE,
)
_FIGURE = re.compile(
    rf"(?<![\w.,])(\d{{1,3}}(?:[. \u00a0\u202f]\d{{3}}(?!\d))+|\d+)(?:,(\d+))?(?![\w.,]*\d)"
    rf"(?:\s*(%|(?:{_PERCENT})\b))?(?:\s+(?:(de|di)\s+)?({'|'.join(_SCALES)})\b)?",
    re.IGNORECASE,
)


def english_figures(text: str) -> str:
    """A text of another language with its dates and figures as an English one would write them."""
    text = _BOUND.sub(lambda m: list(_BOUNDS)[(m.lastindex or 1) - 1], text)
    text = _DAY.sub(lambda m: f"{m[1]} {_month(m[2])} {m[3] or ''}".rstrip(), text)
    text = _BARE.sub(lambda m: f"in {_month(m[1])} {m[2] or ''}".rstrip(), text)
    return _FIGURE.sub(_figure, text)


def language_by_common_words(text: str) -> str:
    """The language of a short sentence by its small words; "" where they do not tell."""
    own = words(text)
    counts = {code: sum(word in known for word in own) for code, known in _KNOWN.items()}
    best = max(counts, key=lambda code: counts[code])
    alone = sum(count == counts[best] for count in counts.values()) == 1
    enough = counts[best] >= max(_FEWEST_COMMON, _SHARE_COMMON * len(own))
    return best if alone and enough else ""


def _month(name: str) -> str:
    return _MONTHS[fold(name)]


def _figure(match: re.Match[str]) -> str:
    whole = re.sub(r"\D", "", match[1])
    told = f"{whole}.{match[2]}" if match[2] else whole
    unit = " percent" if match[3] else ""
    scale = f" {_SCALES[fold(match[5])]}" if match[5] else ""
    return f"{told}{unit}{scale}"
