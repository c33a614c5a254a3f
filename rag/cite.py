"""Citations: numbering them, finding the quote a sentence rests on, checking it word by word."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from corpus import sentence_spans
from rag.types import Check, Citation, Hit
from rag.values import days, names, numbers, years
from rag.words import content_words, fold, stem, stems, words

__all__ = [
    "CitationList",
    "check_names",
    "check_quotes",
    "check_values",
    "find_quote",
    "markers",
    "without_markers",
]

_MARKER = re.compile(r"\s*\[\s*(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\s*\]")
_MARKED = re.compile(r"(\d+)(?:\s*[–-]\s*(\d+))?")
_QUOTED = re.compile(r"“([^”]{2,})”|\"([^\"]{2,})\"")
_FEWEST_QUOTED_WORDS = 3


@dataclass
class CitationList:
    """The numbered quotes of one answer, in order of first use; the same quote has one number."""

    items: list[Citation] = field(default_factory=list)

    def add(self, hit: Hit, start: int, end: int) -> int:
        """The number of the quote `start` to `end` (offsets into the article) of a hit."""
        for known in self.items:
            if (known.article_id, known.start, known.end) == (hit.article_id, start, end):
                return known.number
        self.items.append(
            Citation(
                number=len(self.items) + 1,
                article_id=hit.article_id,
                title=hit.title,
                source=hit.source,
                published=hit.published,
                url=hit.url,
                path=hit.path,
                quote=hit.text[start - hit.start : end - hit.start],
                start=start,
                end=end,
                passage=hit.text,
            )
        )
        return len(self.items)


def markers(text: str) -> list[int]:
    """The numbers in the markers of a text, each once, in order; "[1-3]" names three."""
    found: list[int] = []
    for first, last in _MARKED.findall(" ".join(_MARKER.findall(text))):
        found += range(int(first), int(last or first) + 1) or [int(first), int(last)]
    return list(dict.fromkeys(found))


def without_markers(text: str) -> str:
    """The text with its markers taken out."""
    return _MARKER.sub("", text)


def find_quote(sentence: str, hit: Hit) -> tuple[int, int, float]:
    """The sentence of a passage that best supports a statement.

    Its span in the article, and the share (0 to 1) of the statement's content words that it
    holds; numbers do not count as words, but decide between sentences that hold as many.
    """
    wanted = stems(word for word in content_words(sentence) if not word.isdigit())
    values = numbers(sentence)
    best, rank = (hit.start, hit.end, 0.0), (-1.0, -1)
    for start, end in sentence_spans(hit.text):
        text = hit.text[start:end]
        share = len(wanted & stems(words(text))) / len(wanted) if wanted else 0.0
        held = len(values & numbers(text))
        # A value is worth as much as half the words: it is what a reader looks for in a quote.
        if (share + 0.5 * held, held) > rank:
            best, rank = (hit.start + start, hit.start + end, share), (share + 0.5 * held, held)
    return best


def check_quotes(sentence: str, sources: Sequence[str]) -> Check | None:
    """Whether all that stands in quotation marks stands word for word in a source.

    Quotation marks, dashes and spaces may differ. None where nothing is quoted; one or two words
    in quotation marks are a manner of speaking, not a quotation.
    """
    quoted = [" ".join((a or b).split()) for a, b in _QUOTED.findall(sentence)]
    quoted = [text for text in quoted if len(text.split()) >= _FEWEST_QUOTED_WORDS]
    if not quoted:
        return None
    held = [" ".join(_plain(source).split()) for source in sources]
    for text in quoted:
        needle = _plain(text).strip(" .,;:!?")
        if not any(needle in source for source in held):
            return Check(kind="quote", passed=False, detail=f"not verbatim: “{text}”")
    return Check(kind="quote", passed=True)


def _plain(text: str) -> str:
    return fold(text).replace('"', "").replace("'", "")


def check_values(sentence: str, sources: Sequence[str]) -> Check | None:
    """Whether every number, date and year of a sentence occurs in a source; None for none."""
    held_numbers = {value for source in sources for value in numbers(source)}
    held_days = [day for source in sources for day in days(source)]
    held_years = {y for source in sources for y in years(source)} | {d.year for d in held_days}
    wanted_numbers, wanted_days = numbers(sentence), days(sentence)
    if not wanted_numbers and not wanted_days:
        return None
    missing = [
        f"{value:g}"
        for value in sorted(wanted_numbers)
        if value not in held_numbers and value not in held_years
    ]
    missing += [
        f"{day.day}.{day.month}." for day in wanted_days if not any(map(day.matches, held_days))
    ]
    return Check(
        kind="value",
        passed=not missing,
        detail=f"not in the cited source: {', '.join(missing)}" if missing else "",
    )


def check_names(
    sentence: str, sources: Sequence[str], *, known: Collection[str] = ()
) -> Check | None:
    """Whether the words of every name in a sentence occur in a source; None for none.

    A capital at the head of a sentence says nothing by itself; a word there counts as a name
    where it is one of the `known` names (words in lower case).
    """
    found = names(sentence)
    opening = next(iter(words(sentence)), "")
    if opening in known:
        found = [opening, *found]
    if not found:
        return None
    held = stems(word for source in sources for word in words(source))
    missing = [name for name in found if not _all_in(words(name), held)]
    return Check(
        kind="name",
        passed=not missing,
        detail=f"not in the cited source: {', '.join(missing)}" if missing else "",
    )


def _all_in(parts: Iterable[str], held: set[str]) -> bool:
    return all(stem(part) in held for part in parts if len(part) > 1)
