"""One question, from retrieval to the finished record.

`AnswerStream` runs the steps in the caller's thread as it is iterated, so that stopping to read
stops the work.
"""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date
from functools import partial
from typing import NamedTuple

from rag.answer import (
    Draft,
    cited_values,
    lead_with_figures,
    on_article,
    quote_sentences,
    short_values,
)
from rag.by_model import Event, WrittenAnswer, released
from rag.cite import name_carriers
from rag.compare import heard, of_outlet, quote_voices, say_what_is_missing, together
from rag.conversation import as_turns, standalone, unwanted
from rag.embedding import Embedder, Matcher
from rag.evidence import Evidence, weigh, without
from rag.metadata import asked_detail, find_article
from rag.query import Query, parse, with_days
from rag.refusals import not_found, phrase_not_found, premise_not_met
from rag.rerank import Reads
from rag.rewriting import stand_alone
from rag.search import Found, find_passages
from rag.settings import Settings
from rag.spending import cost_of, left_over, spending
from rag.types import Answer, Coverage, Hit, Turn, Usage
from rag.words import words
from vectorstore import Filters, Snapshot

__all__ = ["AnswerStream", "Event", "Resources"]

_NEAREST = 3


class Resources(NamedTuple):
    """What answering draws on; `snapshot` opens the live generation for the length of a block."""

    settings: Settings
    snapshot: Callable[[], object]
    embedder: Embedder
    matcher: Matcher
    reader: Reads | None


class AnswerStream:
    """Iterate for the answer's text, a checked sentence at a time; then take `answer`.

    `events()` gives the provisional text of a language model as well. Taking `answer` early gives
    what has come so far, marked incomplete.
    """

    def __init__(
        self,
        question: str,
        *,
        resources: Resources,
        history: Sequence[Answer | Turn | tuple[str, str]] = (),
        filters: Filters | None = None,
        today: date | None = None,
        by_days: bool = True,
    ) -> None:
        settings = left_over(resources.settings, spending(history).usage)
        self._resources = resources._replace(settings=settings)
        self._history = as_turns(history)
        self._parse = partial(parse, today=today or date.today(), by_days=by_days)
        self._given = filters
        self._usage = Usage()
        """Of all but the writing."""
        self._draft = Draft()
        self._timings: dict[str, float] = {}
        self._found = Found(hits=[], others=[], readings=[])
        self._record = Answer(
            question=question,
            standalone_question="",
            text="",
            status="answered",
            complete=False,
        )
        self._take(standalone(question, self._history))
        self._finished = False

    @property
    def _leans(self) -> bool:
        """Whether the question takes something from what was said before it."""
        return self._record.standalone_question != self._record.question

    def _cost(self) -> float | None:
        """What the answer cost; None where no model wrote, or no prices are set."""
        used = self._record.usage + self._usage
        return cost_of(used, self._resources.settings) if used != Usage() else None

    def _take(self, whole: str) -> None:
        """Ask the question as it stands alone."""
        self._query = self._parse(whole)
        self._filters = with_days(self._given, self._query)
        self._record = replace(self._record, standalone_question=whole, filters=self._filters)

    @property
    def answer(self) -> Answer:
        """The record; incomplete where the stream was not read to its end."""
        draft = self._draft
        text = " ".join(draft.shown)
        return replace(
            self._record,
            text=text or draft.reason,
            opening=draft.opening,
            status=draft.status,
            kind=draft.kind,
            reason=draft.reason,
            sentences=tuple(draft.sentences),
            citations=tuple(draft.citations.items),
            short=draft.short,
            disagreements=draft.disagreements,
            unverified=tuple(draft.unverified),
            nearest=tuple(self._found.hits[:_NEAREST]) if draft.status == "not_found" else (),
            complete=self._finished and self._record.complete,
            usage=self._record.usage + self._usage,
            cost=self._cost(),
            timings=self._timings,
            trace=self._found.trace,
        )

    def __iter__(self) -> Iterator[str]:
        first = True
        for event in self.events():
            if event.kind == "sentence":
                yield event.text if first else f" {event.text}"
                first = False

    def events(self) -> Iterator[Event]:
        """Every step. Raises what opening or searching the archive raises."""
        began = time.monotonic()
        with self._resources.snapshot() as snapshot:  # type: ignore[attr-defined]
            yield from self._run(snapshot)
            name_carriers(self._draft.citations, catalog=snapshot.catalog)
        self._timings["total"] = round(time.monotonic() - began, 4)
        self._finished = True

    def _run(self, snapshot: Snapshot) -> Iterator[Event]:
        first, last, articles, undated = snapshot.catalog.span_of_days()
        self._record = replace(
            self._record,
            complete=True,
            coverage=Coverage(first=first, last=last, articles=articles, undated=undated),
            index_version=f"{snapshot.name} {snapshot.manifest.fingerprint}",
        )
        refusal = self._nothing_to_search(snapshot)
        if not refusal and self._history and self._resources.settings.model_configured:
            self._stand_alone()
            refusal = self._nothing_to_search(snapshot)
        if refusal:
            self._draft = refusal
            yield Event("sentence", refusal.reason)
            return
        if self._query.parts:
            compared = yield from self._compare(snapshot)
            if compared:
                return
        yield from self._answer(self._query.text, snapshot)

    def _stand_alone(self) -> None:
        """Let the model make the follow-up question stand alone."""
        with self._timed("understand"):
            made = stand_alone(
                self._record.question,
                self._history,
                rule=self._record.standalone_question,
                settings=self._resources.settings,
            )
        self._used(made.usage)
        self._take(made.question)

    def _used(self, usage: Usage) -> None:
        """Count what understanding and searching cost; it is no longer in the budget."""
        self._usage += usage
        settings = left_over(self._resources.settings, usage)
        self._resources = self._resources._replace(settings=settings)

    def _answer(self, question: str, snapshot: Snapshot) -> Iterator[Event]:
        self._found = self._find(
            question, snapshot, self._filters, self._query.phrases, rewrite=True
        )
        self._used(self._found.written.usage)
        self._record = replace(self._record, searches=self._found.written.shown)
        if not self._found.hits and self._query.phrases:
            # The nearest passages are worth showing all the same.
            self._found = self._find(question, snapshot, self._filters)
            self._draft = phrase_not_found(self._query.phrases)
            yield from released(self._draft)
            return
        hits = self._found.hits
        matcher = self._resources.matcher
        if (detail := asked_detail(question)) and (
            article := find_article(question, hits, snapshot=snapshot, matcher=matcher)
        ):
            hit = next(h for h in hits if h.article_id == article.id)
            self._draft = on_article(article, detail, hit)
            yield from released(self._draft)
            return
        evidence = self._weigh(question, self._found, snapshot)
        if not evidence.answerable:
            self._draft = not_found(
                question, evidence, self._record.coverage, another=bool(self._unwanted)
            )
            yield from released(self._draft)
            return
        if evidence.premise:
            self._draft = premise_not_met(evidence.premise)
            yield from released(self._draft)
            return
        yield from self._say(
            question,
            _passages_for(evidence, hits),
            quoting=partial(quote_sentences, question, evidence),
            opening=partial(lead_with_figures, question=question, evidence=evidence),
            snapshot=snapshot,
        )
        if self._draft.status == "not_found":
            return
        # Where figures differ these are listed; likely values beside them are not shown.
        values = cited_values if self._draft.disagreements else short_values
        self._draft.short = values(evidence, self._draft.citations)

    def _compare(self, snapshot: Snapshot) -> Generator[Event, None, bool]:
        """Look for each voice by itself; whether any of them speaks."""
        outlets = snapshot.catalog.outlets()
        voices, found = [], []
        for part in self._query.parts:
            filters = of_outlet(part, outlets, self._filters)
            held = [phrase for phrase in self._query.phrases if phrase in part.question]
            found.append(self._find(part.question, snapshot, filters, held))
            evidence = self._weigh(part.question, found[-1], snapshot)
            voices.append(heard(part, evidence, outlet=filters is not self._filters))
        doubted = [voice.evidence.premise for voice in voices if not voice.part.name]
        if premise := next(filter(None, doubted), None):
            self._found = together(found)
            self._draft = premise_not_met(premise)
            yield from released(self._draft)
            return True
        if not any(voice.speaks for voice in voices):
            return False
        self._found = together(found)
        part, evidence = voices[0].part, voices[0].evidence
        figures = partial(lead_with_figures, question=part.question, evidence=evidence)
        yield from self._say(
            self._query.text,
            self._found.hits,
            quoting=partial(quote_voices, voices),
            opening=(lambda _: None) if part.name else figures,
            snapshot=snapshot,
        )
        if self._record.model != "extractive":
            say_what_is_missing(self._draft, voices)
        return True

    def _find(
        self,
        question: str,
        snapshot: Snapshot,
        filters: Filters | None,
        phrases: Sequence[str] = (),
        *,
        rewrite: bool = False,
    ) -> Found:
        resources = self._resources
        found = find_passages(
            question,
            snapshot=snapshot,
            embedder=resources.embedder,
            reader=resources.reader,
            settings=resources.settings,
            filters=filters,
            phrases=phrases,
            rewrite=rewrite,
        )
        for stage, seconds in found.timings.items():
            self._timings[stage] = round(self._timings.get(stage, 0.0) + seconds, 4)
        return found

    def _weigh(self, question: str, found: Found, snapshot: Snapshot) -> Evidence:
        with self._timed("rank"):
            evidence = weigh(
                question,
                found.hits,
                snapshot=snapshot,
                matcher=self._resources.matcher,
                readings=found.readings,
            )
        quoted = {quote for turn in self._unwanted for quote in turn.quotes}
        return without(evidence, quoted) if quoted else evidence

    @property
    def _unwanted(self) -> list[Turn]:
        return unwanted(self._record.question, self._history)

    def _say(
        self,
        question: str,
        passages: Sequence[Hit],
        *,
        quoting: Callable[[], Draft],
        snapshot: Snapshot,
        opening: Callable[[Draft], object] = lambda _: None,
    ) -> Iterator[Event]:
        """Let the model write from the passages where there is one, else quote."""
        if self._resources.settings.model_configured:
            with self._timed("write"):
                yield from self._write(
                    WrittenAnswer(
                        self._resources.settings,
                        question=question,
                        passages=passages,
                        # A question that stands alone opens a subject of its own.
                        history=self._history if self._leans else (),
                        quoting=quoting,
                        opening=opening,
                        article_text=partial(_text_of, snapshot),
                        unwanted=self._unwanted,
                    )
                )
        else:
            self._draft = quoting()
            yield from released(self._draft)

    def _write(self, written: WrittenAnswer) -> Iterator[Event]:
        try:
            with closing(written.events()) as events:
                for event in events:
                    self._draft = written.draft
                    yield event
        finally:  # also where the reader has stopped
            self._draft = written.draft
            self._record = replace(
                self._record,
                model=written.model,
                usage=written.usage,
                complete=written.complete,
            )

    def _nothing_to_search(self, snapshot: Snapshot) -> Draft | None:
        if not words(self._record.question):
            return Draft(status="not_found", kind="empty_question", reason="There is no question.")
        if not snapshot.manifest.passages:
            reason = "The archive is empty: ingest articles first."
            return Draft(status="not_found", kind="empty_archive", reason=reason)
        if self._filters and not snapshot.catalog.has_article(self._filters):
            reason = "No article passes the filters."
            if self._query.since or self._query.until:
                reason = f"No article was published {_worded_days(self._query)}."
            return Draft(status="not_found", kind="filtered_out", reason=reason)
        return None

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            seconds = time.monotonic() - began
            self._timings[stage] = round(self._timings.get(stage, 0.0) + seconds, 4)


def _text_of(snapshot: Snapshot, article_id: str) -> str:
    article = snapshot.catalog.article(article_id)
    return article.text if article else ""


def _worded_days(query: Query) -> str:
    since, until = query.since, query.until
    if since and since == until:
        return f"on {since}"
    return " ".join(f"{word} {day}" for word, day in (("since", since), ("up to", until)) if day)


def _passages_for(evidence: Evidence, hits: Sequence[Hit]) -> list[Hit]:
    """The passages in the order of their best sentence, then the rest."""
    ranked = {c.hit.passage_id: c.hit for c in evidence.candidates}
    return [*ranked.values(), *(hit for hit in hits if hit.passage_id not in ranked)]
