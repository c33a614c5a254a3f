"""Citations: numbering them, finding the quote a sentence rests on, verifying it later."""

import re
from dataclasses import dataclass, field, replace

from corpus import sentence_spans
from rag.types import Citation, Hit
from rag.values import numbers
from rag.words import content_words, stems, words
from vectorstore import Catalog
from vectorstore.stories import story_of

__all__ = [
    "CitationList",
    "find_quote",
    "markers",
    "name_carriers",
    "without_markers",
]

_MARKER = re.compile(r"\s*\[\s*(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\s*\]")
_MARKED = re.compile(r"(\d+)(?:\s*[–-]\s*(\d+))?")


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
