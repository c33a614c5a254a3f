"""Joining a passage with what stands before or behind it, where the answer lies at the cut."""

from collections.abc import Sequence
from dataclasses import replace

from corpus import sentence_spans
from rag.rerank import Reads
from rag.types import Hit, Reading
from vectorstore import Snapshot

__all__ = ["join_neighbours"]

_LOOKED_AT = 4
"""Of the readings, the surest ones that are looked at."""
_SENTENCES = 2
"""That are taken over from the neighbour."""


def join_neighbours(
    question: str,
    readings: Sequence[Reading],
    *,
    snapshot: Snapshot,
    reader: Reads,
) -> list[Reading]:
    """The readings, those of passages that gain by it read anew with their neighbour's sentences.

    A passage is tried where the reader's answer lies in its first or last sentence, so that what
    the sentence leans on may stand beyond the cut. It stays joined where that makes it more
    relevant. A joined hit keeps its id; its text and span are wider.
    """
    surest = sorted(range(len(readings)), key=lambda index: -readings[index].relevance)
    tried = {
        index: wider
        for index in surest[:_LOOKED_AT]
        if (wider := _widened(readings[index], snapshot))
    }
    joined = list(readings)
    again = reader.read(question, list(tried.values()))
    for index, reading in zip(tried, again, strict=True):
        if reading.relevance > readings[index].relevance:
            joined[index] = reading
    return joined


def _widened(reading: Reading, snapshot: Snapshot) -> Hit | None:
    """The hit with the nearest sentences of the neighbour on whose side the answer lies."""
    hit = reading.hit
    sentences = [(hit.start + a, hit.start + b) for a, b in sentence_spans(hit.text)]
    if not sentences or not reading.text:
        return None
    before = reading.start < sentences[0][1]
    behind = reading.end > sentences[-1][0]
    article = snapshot.catalog.article(hit.article_id) if before or behind else None
    if article is None:
        return None
    start, end = hit.start, hit.end
    for first, last in snapshot.catalog.spans(hit.article_id):
        # Of passages that overlap this one, only what it does not hold itself.
        if before and first < hit.start and first >= article.body_start:
            left = min(last, hit.start)
            nearest = list(sentence_spans(article.text, start=first, end=left))[-_SENTENCES:]
            start = nearest[0][0] if nearest else start
        if behind and first > hit.start and last > hit.end:
            right = max(first, hit.end)
            nearest = list(sentence_spans(article.text, start=right, end=last))[:_SENTENCES]
            end = nearest[-1][1] if nearest else end
            break
    if (start, end) == (hit.start, hit.end):
        return None
    return replace(hit, text=article.text[start:end], start=start, end=end)
