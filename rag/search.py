"""From a question to the passages that its answer sees: retrieved, chosen, reread."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rag.embedding import Embedder
from rag.neighbours import join_neighbours
from rag.rerank import Reads, rerank
from rag.retrieve import retrieve
from rag.rewriting import Searches, write_searches
from rag.settings import Settings
from rag.types import Considered, Hit, Reading
from rag.variety import Limits, choose
from vectorstore import Filters, Snapshot

__all__ = ["Found", "find_passages"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`hits` are what the answer sees, best first; `others` what it does not, each with why.

    `readings` are the reader's, one for each of the hits; none where there is no reader.
    `timings` are seconds by stage.
    """

    hits: list[Hit]
    others: list[Hit]
    readings: list[Reading]
    timings: Mapping[str, float] = field(default_factory=dict)
    written: Searches = field(default_factory=Searches)
    """What the language model had searched for too."""

    @property
    def trace(self) -> tuple[Considered, ...]:
        """All of them, for the record."""
        return tuple(Considered.of(hit) for hit in (*self.hits, *self.others))


def find_passages(
    question: str,
    *,
    snapshot: Snapshot,
    embedder: Embedder,
    reader: Reads | None,
    settings: Settings,
    filters: Filters | None = None,
    phrases: Sequence[str] = (),
    depth: int = 0,
    most: int | None = None,
    rewrite: bool = True,
) -> Found:
    """Search, choose as the settings say, and read what was chosen.

    Each side contributes its best `depth` passages, at least what the settings say. With `most`,
    others are left out that would come behind so many in all. Without `rewrite` no language model
    is asked for further searches, nor for a question with phrases.
    """
    began = time.monotonic()
    timings = {}
    written = Searches()
    if rewrite and not phrases and settings.rewrite != "off":
        written = write_searches(question, settings=settings)
        timings["rewrite"] = round(time.monotonic() - began, 4)
        began = time.monotonic()
    found = retrieve(
        question,
        snapshot=snapshot,
        embedder=embedder,
        depth=max(depth, settings.depth),
        sides=settings.retrieval,
        lexical_weight=settings.lexical_weight,
        title_weight=settings.title_weight,
        rank_constant=settings.rank_constant,
        filters=filters,
        phrases=phrases,
        queries=written.queries,
        passage=written.passage,
    )
    hits, others = choose(found, limits=limits_of(settings), most=most)
    timings["retrieve"] = round(time.monotonic() - began, 4)
    readings: Sequence[Reading] = ()
    if reader:
        readings = reader.read(question, hits)
        if settings.join_neighbours:
            readings = join_neighbours(question, readings, snapshot=snapshot, reader=reader)
        hits = rerank([one.hit for one in readings], readings, prior=settings.reader_prior)
        timings["read"] = round(time.monotonic() - began - timings["retrieve"], 4)
    return Found(
        hits=hits, others=others, readings=list(readings), timings=timings, written=written
    )


def limits_of(settings: Settings) -> Limits:
    """The limits of variety that the settings set."""
    return Limits(
        passages=settings.passages,
        collapse=settings.collapse_stories,
        per_article=settings.per_article,
        per_source=settings.per_source,
        diversity=settings.diversity,
    )
