"""What a question asks for, read off its words."""

import re
from typing import Literal

from rag.values import days, names, numbers, years
from rag.words import STOP_WORDS, fold, words

__all__ = ["Asked", "asked_for", "asks_for_course", "counted", "holds"]

Asked = Literal["number", "date", "person", "place", "name", "reason", "open"]

_NUMBER = re.compile(
    r"\bhow (?:many|much|long|old|far|high|large|big|often|tall|wide|deep|fast)\b"
    r"|\bwhat (?:\w+ ){0,3}(?:number|count|tally|share|percentage|proportion|toll|age|size|length"
    r"|distance|price|cost|amount|figure|rate)\b|\bdeath toll\b"
)
_HOW_MANY = re.compile(
    r"\bhow many\s+(?:of the\s+|of\s+|more\s+|other\s+|different\s+)?", re.IGNORECASE
)
_COUNT_OF = re.compile(
    r"\b(?:number|count|tally|total) of (?:the |those |all )?(?P<what>[a-z]+)"
    r"|\b(?P<toll>death|casualty|injury) (?:toll|count)\b",
    re.IGNORECASE,
)
_DATE = re.compile(r"\bwhen\b|\b(?:what|which) (?:\w+ )?(?:date|day|year|month|time)\b")
_EXACT_DATE = re.compile(r"\b(?:what|which) (?:\w+ )?(?:date|day)\b")
_PERSON = re.compile(r"\bwho(?:se|m)?\b|\b(?:what|which) (?:person|man|woman)\b")
_PLACE = re.compile(
    r"\bwhere\b|\b(?:what|which) (?:\w+ ){0,2}(?:city|country|town|place|island|village|region"
    r"|state|province|river|street|capital|continent|suburb|border)\b"
)
_REASON = re.compile(r"\bwhy\b|\bwhat (?:caused|led|made)\b|\bfor what reason\b|\bhow come\b")
_NAME = re.compile(
    r"\b(?:what|which) (?:\w+ ){0,3}(?:name|title|group|band|company|firm|organi[sz]ation|agency"
    r"|app|channel|newspaper|magazine|party|team|school|university|institute|outlet|service|film|book"
    r"|song|airline|model|think tank|authority|body|paper|network|programme|program)\b|\bwhich\b"
)
_COURSE = re.compile(
    r"\bwhat (?:\w+ )?happen(?:s|ed|ing)?\b|\bbecame of\b|\b(?:unfold|develop|evolve)(?:ed|d|s)?\b"
    r"|\b(?:timeline|chronology|chronicle|course of events|step by step)\b"
)
_ORDER = re.compile(
    r"\bin (?:what|which) order\b|\bwhich\b.*\b(?:came|come|happened|was|took place)"
    r" (?:first|last|next|earliest|latest)\b"
)
_CAUSES = frozenset(
    "because since due cause caused reason so therefore owing order thus hence led means fear"
    " wanted as to observing saying blaming arguing".split()
)
_KINDS: dict[Asked, re.Pattern[str]] = {
    "reason": _REASON,
    "number": _NUMBER,
    "date": _DATE,
    "person": _PERSON,
    "place": _PLACE,
    "name": _NAME,
}


def asked_for(question: str) -> Asked:
    """The kind of thing that would answer a question; "open" where no rule tells."""
    text = fold(question)
    if _ORDER.search(text):
        return "open"  # all of them tell which was first
    found = [
        (match.start(), order, kind)
        for order, (kind, pattern) in enumerate(_KINDS.items())
        if (match := pattern.search(text))
    ]
    # The first question word rules: in "Which band played when ...?" the band is asked for.
    return min(found)[2] if found else "open"


def asks_for_course(question: str) -> bool:
    """Whether a course of events is asked for, which wants telling in time order."""
    text = fold(question)
    return bool(_COURSE.search(text) or _ORDER.search(text))


def counted(question: str) -> list[tuple[int, int]]:
    """The spans of the words that "how many" counts ("how many *people* ..."), two at most.

    Of a "death toll" it is "death", of the "number of people" it is "people".
    """
    asked = _HOW_MANY.search(question)
    found: list[tuple[int, int]] = []
    if not asked and (total := _COUNT_OF.search(question)):
        return [total.span("what" if total["what"] else "toll")]
    if asked:
        for word in re.finditer(r"[\w'’-]+", question[asked.end() :]):
            if word[0].lower() in STOP_WORDS or len(found) == 2:
                break
            if word[0][0].islower():  # a name tells whose they are, not what is counted
                found.append((asked.end() + word.start(), asked.end() + word.end()))
    return found


def holds(kind: Asked, sentence: str, question: str) -> bool:
    """Whether a sentence holds a thing of the kind that the question does not hold itself."""
    if kind == "number":
        return bool(numbers(sentence) - years(sentence) - numbers(question))
    if kind == "date":
        exact = bool(days(sentence))
        if _EXACT_DATE.search(fold(question)):
            return exact
        return exact or bool(years(sentence) - years(question) or set(words(sentence)) & _TIMES)
    if kind in ("person", "place", "name"):
        asked = set(words(question)) | (_PEOPLES if kind == "person" else frozenset())
        return any(set(words(name)) - asked for name in names(sentence))
    if kind == "reason":
        return bool(set(words(sentence)) & _CAUSES)
    return True


_PEOPLES = frozenset(
    """
    afghan african albanian algerian american arab argentine armenian asian australian austrian
    azerbaijani bangladeshi belarusian belgian bolivian bosnian brazilian british bulgarian burmese
    cambodian canadian chilean chinese colombian croatian cuban czech danish dutch egyptian english
    estonian ethiopian european filipino finnish french georgian german ghanaian greek hungarian
    icelandic indian indonesian iranian iraqi irish israeli italian jamaican japanese jordanian
    kazakh kenyan korean kurdish kuwaiti latvian lebanese libyan lithuanian malaysian maltese
    mexican moldovan mongolian moroccan nepalese nigerian norwegian pakistani palestinian peruvian
    polish portuguese romanian russian rwandan saudi scottish serbian slovak slovenian somali
    spanish sudanese swedish swiss syrian taiwanese tanzanian thai tunisian turkish ugandan
    ukrainian uzbek venezuelan vietnamese welsh western yemeni zimbabwean
    """.split()
)
"""Adjectives that are written as names are: "the Turkish capital" names nobody."""
_TIMES = frozenset(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april june july
    august september october november december yesterday today tomorrow week month ago spring
    summer autumn winter
    """.split()
)
