"""What an export says of an answer, before it is Markdown, HTML or text: parts in their order.

Nothing here is escaped: each form does that with every string.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from rag.conversation_types import Conversation, Exchange, ExchangeState
from rag.types import Answer, Citation, Hit, Verification

__all__ = ["Entry", "Outline", "Row", "Source", "Subject", "Table", "long_date", "outline"]

Subject = Conversation | Exchange | Answer

_MARKER = re.compile(r"[ \u00a0]*\[(\d{1,3})\]")
_STATES: dict[ExchangeState, str] = {
    "asked": "This question was not answered.",
    "running": "This answer was still being written.",
    "stopped": "This answer was stopped before it was complete.",
    "failed": "This question could not be answered.",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A quote with where it stands; `number` is None for a passage that was only near.

    `warning` says what is no longer so.
    """

    number: int | None
    quote: str
    origin: str
    url: str
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A value, the citations that give it, and what is said of it."""

    value: str
    numbers: tuple[int, ...]
    remark: str


@dataclass(frozen=True, slots=True)
class Table:
    """Values under a heading."""

    heading: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A question and its answer. A paragraph is in pieces: text, and numbers of citations."""

    question: str
    notes: tuple[str, ...]
    paragraphs: tuple[tuple[str | int, ...], ...]
    tables: tuple[Table, ...] = ()
    sources: tuple[Source, ...] = ()
    unverified: tuple[str, ...] = ()
    nearest: tuple[Source, ...] = ()
    closing: str = ""


@dataclass(frozen=True, slots=True)
class Outline:
    """All of an export. A title is for more than one question; `about` is a line below it."""

    title: str
    about: str
    entries: tuple[Entry, ...]


def outline(
    subject: Subject, failed: Mapping[str, Sequence[Verification]] | None = None
) -> Outline:
    """The parts of a conversation, one exchange of it, or an answer alone.

    `failed` is what `archive.recheck` gave; for an answer alone, under the key "".
    """
    known = failed or {}
    if isinstance(subject, Answer):
        entry = _entry(subject.question, subject.text, subject, known.get("", ()))
        return Outline("", "", (entry,))
    if isinstance(subject, Exchange):
        return Outline("", "", (_of_exchange(subject, known),))
    entries = tuple(_of_exchange(exchange, known) for exchange in subject.exchanges)
    count = f"{len(entries)} question{'' if len(entries) == 1 else 's'}"
    about = f"{count}, begun on {long_date(subject.created)}"
    return Outline(subject.title or "Conversation", about, entries)


def _of_exchange(exchange: Exchange, failed: Mapping[str, Sequence[Verification]]) -> Entry:
    notes = []
    if exchange.scope:
        notes.append(f"Asked of: {exchange.scope}.")
    if state := _STATES.get(exchange.state):
        notes.append(" ".join(filter(None, [state, exchange.error])))
    text = exchange.text or (exchange.answer.text if exchange.answer else "")
    return _entry(exchange.question, text, exchange.answer, failed.get(exchange.id, ()), notes)


def _entry(
    question: str,
    text: str,
    answer: Answer | None,
    failed: Sequence[Verification],
    notes: Sequence[str] = (),
) -> Entry:
    if answer is None:
        return Entry(question, tuple(notes), _paragraphs(text, ()))
    cited = {citation.number: citation for citation in answer.citations}
    warnings = {found.number: found.detail for found in failed if not found.passed}
    return Entry(
        question=question,
        notes=(*notes, *_notes(answer, stopped=bool(notes))),
        paragraphs=_paragraphs(text, cited),
        tables=tuple(_tables(answer, cited)),
        sources=tuple(
            Source(number, c.quote, _origin(c) + _also(c), c.url, warnings.get(number, ""))
            for number, c in cited.items()
        ),
        unverified=tuple(f"{u.sentence} ({u.failed}; {u.done})" for u in answer.unverified),
        nearest=tuple(Source(None, hit.text, _origin(hit), hit.url) for hit in answer.nearest),
        closing=_closing(answer),
    )


def _notes(answer: Answer, *, stopped: bool) -> list[str]:
    notes = []
    if answer.standalone_question not in ("", answer.question):
        notes.append(f"Understood as: {answer.standalone_question}")
    if answer.filters:
        since, until = answer.filters.published_from, answer.filters.published_to
        ends = [("from", since), ("to", until)]
        days = " ".join(f"{word} {long_date(day)}" for word, day in ends if day)
        undated = " or undated" if answer.filters.include_undated else ""
        if since or until:
            notes.append(f"Articles published {days}{undated}.")
    if not answer.complete and not stopped:
        notes.append("This answer is not complete.")
    if answer.status == "partial":
        notes.append("Only a part of the question is answered.")
    if answer.reason and answer.status != "not_found":
        notes.append(f"Note: {answer.reason}")
    return notes


def _paragraphs(
    text: str, cited: Mapping[int, Citation] | Sequence[int]
) -> tuple[tuple[str | int, ...], ...]:
    """The lines of a text; only numbers of citations are markers."""
    paragraphs = []
    for line in text.splitlines():
        pieces: list[str | int] = []
        at = 0
        for marker in _MARKER.finditer(line):
            if int(marker[1]) in cited:
                pieces += [line[at : marker.start()], int(marker[1])]
                at = marker.end()
        pieces.append(line[at:])
        kept = tuple(piece for piece in pieces if isinstance(piece, int) or piece.strip())
        if kept:
            paragraphs.append(kept)
    return tuple(paragraphs)


def _tables(answer: Answer, cited: Mapping[int, Citation]) -> list[Table]:
    tables = []
    if answer.short and not answer.disagreements:
        rows = tuple(
            Row(
                value.value,
                value.citations,
                "" if value.probability is None else f"{value.probability:.0%} sure",
            )
            for value in answer.short
        )
        tables.append(Table("In short", rows))
    for item in answer.disagreements:
        rows = tuple(
            Row(
                value.value,
                value.citations,
                "; ".join(_byline(cited[n]) for n in value.citations if n in cited),
            )
            for value in item.values
        )
        subject = "" if item.subject == answer.question else f" on {item.subject}"
        tables.append(Table(f"The articles differ{subject} ({item.relation})", rows))
    return tables


def _origin(item: Citation | Hit) -> str:
    return ", ".join(filter(None, [item.title, item.source, long_date(item.published)]))


def _also(citation: Citation) -> str:
    return f"; also carried by {', '.join(citation.also)}" if citation.also else ""


def _byline(citation: Citation) -> str:
    return f"{citation.source or citation.title}, {long_date(citation.published)}"


def _closing(answer: Answer) -> str:
    parts = []
    if answer.status == "not_found" and (span := answer.coverage):
        days = ""
        if span.first and span.last:
            days = f", published from {long_date(span.first)} to {long_date(span.last)}"
        undated = f", {span.undated} of them undated" if span.undated else ""
        parts.append(f"The archive held {_counted(span.articles)}{days}{undated}.")
    if answer.citations:
        articles = _counted(len({citation.article_id for citation in answer.citations}))
        how = (
            "Quoted word for word" if answer.model == "extractive" else f"Written by {answer.model}"
        )
        parts.append(f"{how} from {articles}.")
    return " ".join(parts)


def _counted(articles: int) -> str:
    return f"{articles:,} article{'' if articles == 1 else 's'}"


def long_date(day: date | None) -> str:
    """17 November 2015."""
    return f"{day.day} {day:%B} {day.year}" if day else "undated"
