"""Citations: numbering them, finding the quotes a sentence rests on, verifying them later."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

from corpus import sentence_spans
from rag.checks import Quote, Source, find_words, lacking, quotations, without_quotations
from rag.types import Citation, Hit
from rag.values import CALENDAR, counted, date_spans, days, name_spans, number_spans, numbers
from rag.words import content_words, stems, words
from vectorstore import Catalog
from vectorstore.stories import story_of

__all__ = [
    "CitationList",
    "find_quote",
    "find_quotes",
    "markers",
    "name_carriers",
    "sources_of",
    "without_markers",
]

_MARKER = re.compile(r"\s*\[\s*(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\s*\]")
_MARKED = re.compile(r"(\d+)(?:\s*[–-]\s*(\d+))?")
_PRONOUN = r"^\W*(?:it|he|she|they|this|that|these|those|there|then)\b"
_GOES_ON = re.compile(_PRONOUN, re.IGNORECASE)
_SAME_TIME = re.compile(
    _PRONOUN + r"|\b(?:that|the same) (?:day|night|evening|morning|afternoon|week|month|year)\b"
    r"|\b(?:hours|minutes) later\b",
    re.IGNORECASE,
)
"""What a sentence has that goes on with what the one before began."""
_MOST_MORE = 3
"""Quotes beside the best ones that a sentence may take its values from."""


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


def name_carriers(citations: CitationList, *, catalog: Catalog) -> None:
    """Say of each citation which other outlets carry its article."""
    carried: dict[str, tuple[str, ...]] = {}
    for at, citation in enumerate(citations.items):
        if citation.article_id not in carried:
            members = story_of(catalog, citation.article_id).members
            copies = [catalog.article(other) for other in members if other != citation.article_id]
            names = [copy.source or copy.shown_title for copy in copies if copy]
            carried[citation.article_id] = tuple(
                dict.fromkeys(name for name in names if name != citation.source)
            )
        if carried[citation.article_id]:
            citations.items[at] = replace(citation, also=carried[citation.article_id])


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
    wanted = _wanted(sentence)
    values = numbers(sentence)
    best, rank = (hit.start, hit.end, 0.0), (-1.0, -1)
    for start, end in sentence_spans(hit.text):
        text = hit.text[start:end]
        share = _share(wanted, text)
        held = len(values & numbers(text))
        # A value is worth as much as half the words: it is what a reader looks for in a quote.
        if (share + 0.5 * held, held) > rank:
            best, rank = (hit.start + start, hit.start + end, share), (share + 0.5 * held, held)
    return best


def _wanted(sentence: str) -> set[str]:
    return stems(word for word in content_words(sentence) if not word.isdigit())


def _share(wanted: set[str], text: str) -> float:
    return len(wanted & stems(words(text))) / len(wanted) if wanted else 0.0


def _own_stems(sentence: str, *, known: Collection[str] = ()) -> set[str]:
    """The stems of a statement's content words that are no values: no number, date or name."""
    bare = list(sentence)
    for start, end in [*date_spans(sentence), *number_spans(sentence), *name_spans(sentence)]:
        bare[start:end] = " " * (end - start)
    opening = next(iter(words(sentence)), "")
    left = [word for word in content_words("".join(bare)) if word not in CALENDAR]
    if opening in known:
        left = [word for word in left if word != opening]
    return stems(word for word in left if not word.isdigit())


def find_quotes(
    sentence: str,
    hits: Sequence[Hit],
    *,
    wholes: Sequence[str] = (),
    known: Collection[str] = (),
    foreign: bool = False,
) -> list[Quote]:
    """The sentences of the hits that a statement is to cite: the best of each, and what they lack.

    What a statement quotes is cited where it stands, in the passage or beyond it in its article,
    which `wholes` gives. A value that the best sentences do not hold is looked for in the other
    ones: a figure or a day only where the sentence shares with the statement a word that is no
    value, for else it counts something else; a name also in one before, which tells who "she" is.
    Where the statement is `foreign` to its sources, words tell nothing, and values alone are
    looked for. `known` are the words of names that may open a sentence.
    """
    finding = _Finding(sentence, hits, wholes or [hit.text for hit in hits], known, foreign)
    if not hits:
        return []
    finding.quote()
    finding.support()
    finding.complete()
    order = {hit.passage_id: place for place, hit in enumerate(hits)}
    return sorted(finding.quotes, key=lambda quote: order[quote.hit.passage_id])


@dataclass
class _Finding:
    """The search for the quotes of one statement."""

    sentence: str
    hits: Sequence[Hit]
    wholes: Sequence[str]
    known: Collection[str]
    foreign: bool
    quotes: list[Quote] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._own = _own_stems(self.sentence, known=self.known)
        self._wanted = _wanted(self.sentence)

    def quote(self) -> None:
        """Cite the sentences in which the quotations of the statement stand."""
        for said in quotations(self.sentence):
            for hit, whole in zip(self.hits, self.wholes, strict=True):
                if found := _where(said, hit, whole):
                    self._add(*found)
                    break

    def support(self) -> None:
        """Cite the best sentence of each hit, of the others only what bears on the statement."""
        rest = self._own
        if self.quotes:
            rest = _own_stems(without_quotations(self.sentence), known=self.known)
            rest -= stems(word for quote in self.quotes for word in words(quote.text))
            if not rest:
                return
        found = [(hit, *find_quote(self.sentence, hit)) for hit in self.hits]
        best = max(found, key=lambda item: item[3])
        for item in found:
            hit, start, end, share = item
            text = hit.text[start - hit.start : end - hit.start]
            leads = item is best and not self.quotes
            if leads or self.foreign or rest & stems(words(text)):
                self._add(hit, start, end, share)

    def complete(self) -> None:
        """Cite further sentences for the values, and the words, that those found do not hold."""
        lack = self._lack(self.quotes)
        for _ in range(_MOST_MORE):
            if not lack:
                break
            told = [(self._lack([*self.quotes, quote]), quote) for quote in self._others()]
            left, quote = min(
                told, key=lambda item: (len(item[0]), -item[1].share), default=(lack, None)
            )
            if quote is None or len(left) >= len(lack):
                break
            self.quotes.append(quote)
            lack = left
        rest = self._own - stems(word for quote in self.quotes for word in words(quote.text))
        if len(rest) >= max(2, len(self._own) / 3):
            # It says two things: the sentence that says the other one goes along.
            others = [(len(rest & stems(words(quote.text))), quote) for quote in self._others()]
            held, quote = max(others, key=lambda item: item[0], default=(0, None))
            if quote and held >= max(2, len(rest) / 2):
                self.quotes.append(quote)

    def _add(self, hit: Hit, start: int, end: int, share: float | None = None) -> None:
        quote = Quote(hit, start, end)
        if not any(_same(quote, known) for known in self.quotes):
            held = _share(self._wanted, quote.text) if share is None else share
            self.quotes.append(replace(quote, share=held))

    def _lack(self, quotes: Sequence[Quote]) -> set[tuple[str, str]]:
        sources = sources_of(quotes, self.hits, self.wholes)
        return lacking(self.sentence, sources, known=self.known)

    def _others(self) -> Iterator[Quote]:
        """The sentences that are not yet quoted, as far as they may vouch for a value."""
        own = self._own - self._counted()
        for hit in self.hits:
            spans = [(hit.start + a, hit.start + b) for a, b in sentence_spans(hit.text)]
            sentences = [Quote(hit, start, end) for start, end in spans]
            held = [any(_same(quote, known) for known in self.quotes) for quote in sentences]
            for place, quote in enumerate(sentences):
                if held[place]:
                    continue
                if self.foreign or not self._own or own & stems(words(quote.text)):
                    gives = quote.gives
                else:
                    gives = _beside(sentences, held, place)
                if gives:
                    yield replace(quote, share=_share(self._wanted, quote.text), gives=gives)

    def _counted(self) -> set[str]:
        """What both the statement and a quote count: another count of it is of another thing."""
        wanted = counted(self.sentence).keys()
        return {noun for quote in self.quotes for noun in counted(quote.text) if noun in wanted}


def _beside(sentences: Sequence[Quote], held: Sequence[bool], place: int) -> frozenset[str]:
    """What a sentence may vouch for by its place alone: who "she" is in one that is quoted behind
    it, and the day where one goes on with the other."""
    gives = {"name"} if any(held[place:]) else set()
    behind = sentences[place + 1].text if held[place + 1 : place + 2] == [True] else ""
    if _SAME_TIME.search(behind) and not days(behind):
        gives.add("day")
    if place and held[place - 1] and _GOES_ON.match(sentences[place].text):
        gives |= {"name", "day"}
    return frozenset(gives)


def sources_of(
    quotes: Sequence[Quote], hits: Sequence[Hit], wholes: Sequence[str] = ()
) -> list[Source]:
    """The sources that quotes make, one for each passage that is quoted."""
    texts = wholes or [hit.text for hit in hits]
    return [
        Source.of(hit, whole=whole, quotes=own)
        for hit, whole in zip(hits, texts, strict=True)
        if (own := [quote for quote in quotes if quote.hit.passage_id == hit.passage_id])
    ]


def _same(one: Quote, other: Quote) -> bool:
    places = [(quote.hit.article_id, quote.start, quote.end) for quote in (one, other)]
    return places[0] == places[1]


def _where(said: str, hit: Hit, whole: str) -> tuple[Hit, int, int] | None:
    """The sentence of a passage that holds a quotation, else that of its article."""
    for text, first in ((hit.text, hit.start), (whole, 0)):
        if not (found := find_words(said, text)):
            continue
        held = [(a, b) for a, b in sentence_spans(text) if a < found[1] and b > found[0]]
        if not held:
            continue
        start, end = held[0][0], held[-1][1]
        if text is whole and text != hit.text:
            begin = whole.rfind("\n", 0, start) + 1
            stop = whole.find("\n", end)
            paragraph = whole[begin : stop if stop >= 0 else len(whole)]
            hit = replace(hit, text=paragraph, start=begin, end=begin + len(paragraph))
        return hit, first + start, first + end
    return None
