"""What the pages show, as Markdown: no Streamlit here, so that every rule can be tested alone."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TypeVar

from app_pages._text import byline, counted, escape, long_date
from rag import Answer, Article, Citation, Hit, Settings, Unverified, Value

__all__ = [
    "Excerpt",
    "Quote",
    "Segment",
    "Source",
    "answer_markdown",
    "apart",
    "article_markdown",
    "button_label",
    "cited_sources",
    "disagreement_rows",
    "excerpt",
    "excerpt_markdown",
    "how_answers_are_made",
    "how_made",
    "joined",
    "nearest_sources",
    "paragraph_spans",
    "paragraphs_markdown",
    "short_line",
    "source_line",
    "suggested_titles",
    "suggestion",
    "unverified_line",
]

_Item = TypeVar("_Item", Citation, Hit)

_MARKER = re.compile(r"[ \u00a0]*\[(\d{1,3})\]")
_LINE = re.compile(r"\S[^\n]*")

_LONG_PARAGRAPH = 1200
_LONGEST_HEADING = 80
_AROUND = 450
"""Characters kept on both sides of a quote where its paragraph is long."""


def badge(number: int, exchange: str = "") -> str:
    """A citation's number, with an exchange's id a link that opens its source.

    No badge of Streamlit's: lines break in front of those.
    """
    mark = f":blue-background[:blue[{number}]]"
    return f"[{mark}](#source-{number}-{exchange})" if exchange else mark


def how_answers_are_made(settings: Settings) -> str:
    """In the sidebar: who writes the answers."""
    return settings.openai_model if settings.model_configured else "Quotes the articles"


def how_made(answer: Answer) -> str:
    """Under an answer: who wrote it, and from how much."""
    articles = counted(len({citation.article_id for citation in answer.citations}), "article")
    if answer.model == "extractive":
        return f"Quoted word for word from {articles}."
    return f"Written by {escape(answer.model)} from {articles}."


# Answers


def answer_markdown(text: str, numbers: Iterable[int] | None = None) -> str:
    """An answer with its markers as badges; with `numbers`, only these are markers."""
    known = None if numbers is None else set(numbers)

    def paragraph(line: str) -> str:
        out, at = "", 0
        for marker in _MARKER.finditer(line):
            number = int(marker[1])
            if known is None or number in known:
                out += _piece(line[at : marker.start()], after=bool(out)) + f"\u00a0{badge(number)}"
                at = marker.end()
        return out + _piece(line[at:], after=bool(out))

    return "\n\n".join(paragraph(line) for line in text.splitlines() if line.strip())


def joined(pieces: Sequence[str], *, quoting: bool) -> str:
    """The text of an answer from its sentences; quotes of different articles stand apart."""
    if not quoting:
        return "".join(pieces)
    return apart([(_MARKER.sub("", piece), piece.strip()) for piece in pieces])


def apart(pieces: Sequence[tuple[str, str]]) -> str:
    """Paragraphs from sentences, each by its words and as it is shown; a list stays together."""
    parted = "".join(
        f"{shown} " if words.rstrip().endswith(",") else f"{shown}\n\n" for words, shown in pieces
    )
    return parted.strip()


def _piece(text: str, *, after: bool) -> str:
    """Escaped text that keeps the space which parts it from what comes before."""
    return (" " if after and text[:1].isspace() else "") + escape(text)


def unverified_line(item: Unverified) -> str:
    """A sentence that failed a check, what failed and what was done."""
    return f"{escape(item.sentence)} :gray[{escape(item.failed)}; {item.done}]"


def short_line(answer: Answer, exchange: str = "") -> str:
    """The values that answer, with their sources and how sure each is; "" where there are none.

    Of one that the text opens with only how sure it is. Where articles differ, their figures are
    the answer, and the likeliest of them would be one of them again.
    """
    if answer.disagreements:
        return ""
    said = []
    for value in answer.short[answer.leads_with_value :]:
        badges = "\u00a0".join(badge(number, exchange) for number in value.citations)
        said.append(f"**{escape(value.value)}** {badges}{_sure(value)}")
    if answer.leads_with_value:
        others = f"; else {' · '.join(said)}" if said else ""
        return f"{_sure(answer.short[0]).strip()}{others}"
    return f"In short: {' · '.join(said)}" if said else ""


def _sure(value: Value) -> str:
    return "" if value.probability is None else f" :gray[{value.probability:.0%} sure]"


def disagreement_rows(answer: Answer, exchange: str = "") -> list[tuple[str, list[dict[str, str]]]]:
    """A heading and a table for everything on which articles differ."""
    cited = {citation.number: citation for citation in answer.citations}
    tables = []
    for item in answer.disagreements:
        rows = [
            {
                "Value": escape(value.value),
                "Article": escape(cited[number].title) + f"\u00a0{badge(number, exchange)}",
                "Date": long_date(cited[number].published),
            }
            for value in item.values
            for number in value.citations
            if number in cited
        ]
        tables.append((escape(f"{item.subject.rstrip('?')}: {item.relation}"), rows))
    return tables


# Sources


@dataclass(frozen=True, slots=True)
class Quote:
    """A span of an article's text and the citation number that stands on it (None: a passage)."""

    start: int
    end: int
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of text that is highlighted or not; `numbers` are the quotes that end with it."""

    text: str
    marked: bool = False
    numbers: tuple[int, ...] = ()


Excerpt = tuple[tuple[Segment, ...], ...]
"""Paragraphs in segments."""


@dataclass(frozen=True, slots=True)
class Source:
    """An article that an answer stands on, with the quotes taken from it."""

    article_id: str
    title: str
    outlet: str
    published: date | None
    url: str
    quotes: tuple[Quote, ...]
    excerpt: Excerpt
    also: tuple[str, ...] = ()

    @property
    def numbers(self) -> list[int]:
        """Its citation numbers."""
        return [quote.number for quote in self.quotes if quote.number is not None]


def cited_sources(
    citations: Sequence[Citation], find: Callable[[str], Article | None]
) -> tuple[Source, ...]:
    """Citations grouped by article, in the order of their numbers.

    The paragraphs around the quotes come from the article that `find` gives; where it is gone or
    reads otherwise by now, from the passage that the citation carries.
    """
    sources = []
    for article_id, group in _by_article(citations).items():
        quotes = tuple(Quote(c.start, c.end, c.number) for c in group)
        article = find(article_id)
        if article and all(article.text[c.start : c.end] == c.quote for c in group):
            shown = excerpt(article.text, quotes)
        else:
            shown = tuple(block for c in group for block in _own_words(c))
        sources.append(_source(group[0], quotes, shown))
    return tuple(sources)


def nearest_sources(hits: Sequence[Hit]) -> tuple[Source, ...]:
    """Passages that were found but do not answer, grouped by article."""
    return tuple(
        _source(
            group[0],
            tuple(Quote(hit.start, hit.end) for hit in group),
            tuple(
                (Segment(hit.text[start:end]),)
                for hit in group
                for start, end in paragraph_spans(hit.text)
            ),
        )
        for group in _by_article(hits).values()
    )


def _by_article(items: Sequence[_Item]) -> dict[str, list[_Item]]:
    grouped: dict[str, list[_Item]] = {}
    for item in items:
        grouped.setdefault(item.article_id, []).append(item)
    return grouped


def _source(item: Citation | Hit, quotes: tuple[Quote, ...], shown: Excerpt) -> Source:
    return Source(
        article_id=item.article_id,
        title=item.title,
        outlet=item.source,
        published=item.published,
        url=item.url,
        quotes=quotes,
        excerpt=shown,
        also=item.also if isinstance(item, Citation) else (),
    )


def _own_words(citation: Citation) -> Excerpt:
    """The quote in the passage that the citation carries."""
    at = citation.passage.find(citation.quote)
    text, start = (citation.passage, at) if at >= 0 else (citation.quote, 0)
    return excerpt(text, [Quote(start, start + len(citation.quote), citation.number)])


def button_label(source: Source) -> str:
    """What opens a source: the numbers of its citations."""
    return " · ".join(map(str, source.numbers)) or "Read"


def source_line(source: Source) -> str:
    """A source's title, and below it outlet and date, and who else carries it."""
    also = f", also carried by {', '.join(source.also)}" if source.also else ""
    known = escape(f"{byline(source.outlet, source.published)}{also}")
    return f"**{escape(source.title)}**  \n:small[:gray[{known}]]"


# Articles


def excerpt(text: str, quotes: Sequence[Quote]) -> Excerpt:
    """The paragraphs of a text that hold a quote; a long one is cut to what is around it."""
    kept = []
    for start, end in paragraph_spans(text):
        inside = [quote for quote in quotes if quote.start < end and start < quote.end]
        if not inside:
            continue
        first, last = start, end
        if end - start > _LONG_PARAGRAPH:
            first = _word_start(text, min(q.start for q in inside) - _AROUND, least=start)
            last = _word_end(text, max(q.end for q in inside) + _AROUND, most=end)
        segments = list(_segments(text, first, last, inside))
        if first > start:
            segments.insert(0, Segment("… "))
        if last < end:
            segments.append(Segment(" …"))
        kept.append(tuple(segments))
    return tuple(kept)


def excerpt_markdown(paragraphs: Excerpt) -> str:
    """Paragraphs with the quotes highlighted, each followed by its number."""
    return "\n\n".join("".join(map(_segment_markdown, segments)) for segments in paragraphs)


def article_markdown(article: Article, quotes: Sequence[Quote] = ()) -> str:
    """A whole article in paragraphs, quotes highlighted, short lines as headings in bold.

    What it says of itself at its head is left out where no quote is in it: the page shows that
    above the text.
    """
    paragraphs = []
    for start, end in paragraph_spans(article.text):
        inside = [quote for quote in quotes if quote.start < end and start < quote.end]
        if start < article.body_start and not inside:
            continue
        block = excerpt_markdown((tuple(_segments(article.text, start, end, inside)),))
        is_heading = end - start <= _LONGEST_HEADING and article.text[end - 1].isalnum()
        paragraphs.append(f"**{block}**" if is_heading and not inside else block)
    return "\n\n".join(paragraphs)


def paragraphs_markdown(text: str) -> str:
    """A text in paragraphs, nothing in it highlighted."""
    return "\n\n".join(escape(text[start:end]) for start, end in paragraph_spans(text))


def paragraph_spans(text: str) -> list[tuple[int, int]]:
    """Lines with something on them, without the white space around."""
    return [(m.start(), m.start() + len(m[0].rstrip())) for m in _LINE.finditer(text)]


def _segments(text: str, start: int, end: int, quotes: Sequence[Quote]) -> Iterable[Segment]:
    """A paragraph cut wherever a quote starts or ends; quotes may overlap."""
    inner = {edge for q in quotes for edge in (q.start, q.end) if start < edge < end}
    cuts = [start, *sorted(inner), end]
    for first, last in pairwise(cuts):
        marked = any(q.start <= first and last <= q.end for q in quotes)
        ending = {quote.number for quote in quotes if quote.end == last}
        numbers = sorted(number for number in ending if number is not None)
        yield Segment(text[first:last], marked, tuple(numbers))


def _segment_markdown(segment: Segment) -> str:
    text = segment.text
    inner = escape(text)
    before = " " if text[:1].isspace() else ""
    after = " " if text[-1:].isspace() and inner else ""
    if segment.marked and inner:
        inner = f":yellow-background[{inner}]"
    badges = "".join(f"\u00a0{badge(number)}" for number in segment.numbers)
    return f"{before}{inner}{badges}{after}"


def _word_start(text: str, position: int, *, least: int) -> int:
    if position <= least:
        return least
    space = text.find(" ", position)
    return space + 1 if space >= 0 else position


def _word_end(text: str, position: int, *, most: int) -> int:
    return most if position >= most else max(text.rfind(" ", 0, position), 0)


# Suggestions


def suggestion(title: str) -> str:
    """The question that a suggested title asks."""
    return f"What is reported about “{title}”?"


def suggested_titles(articles: Sequence[Article], *, most: int = 3) -> list[str]:
    """Titles to ask about: of a readable length, from different times, outlets and subjects."""
    fit = [a for a in articles if 20 <= len(a.title) <= 90 and "\n" not in a.title]
    chosen: list[Article] = []
    for step in range(most):
        part = fit[len(fit) * step // most : len(fit) * (step + 1) // most]
        used = {word for article in chosen for word in _title_words(article)}
        outlets = {article.source for article in chosen}
        chosen += sorted(part, key=lambda a: (len(used & _title_words(a)), a.source in outlets))[:1]
    return [article.title for article in chosen]


def _title_words(article: Article) -> set[str]:
    return {word.lower() for word in article.title.split() if len(word) > 3}
