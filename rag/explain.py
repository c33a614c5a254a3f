"""Why an article was or was not used for a question."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from rag.embedding import Embedder
from rag.retrieve import retrieve
from rag.search import Found
from rag.types import Considered, Explanation, Hit
from rag.words import content_words, stem, stems, words
from vectorstore import Filters, Snapshot

__all__ = ["explain"]


def explain(
    question: str,
    article_id: str,
    *,
    found: Found,
    snapshot: Snapshot,
    embedder: Embedder,
    filters: Filters | None = None,
    phrases: Sequence[str] = (),
) -> Explanation:
    """`found` is what the question finds under these filters, with these phrases word for word."""
    mine = [hit for hit in (*found.hits, *found.others) if hit.article_id == article_id]
    if mine:
        verdict = _considered(mine, found)
    elif filters and not snapshot.catalog.has_article(_narrowed(filters, article_id)):
        verdict = "Not considered: the filters leave this article out."
    elif lacking := _lacking(phrases, article_id, snapshot):
        verdict = f"Not considered: no passage of it says {lacking} word for word."
    else:
        own = retrieve(
            question,
            snapshot=snapshot,
            embedder=embedder,
            filters=Filters(article_ids=[article_id]),
        )
        verdict = _not_found(question, own, found)
        mine = [replace(hit, dropped="found by neither search") for hit in own]
        mine = [replace(hit, fused=None, fused_rank=None) for hit in mine]
        mine = [replace(hit, dense_rank=None, lexical_rank=None) for hit in mine]
    return Explanation(
        question=question,
        article_id=article_id,
        verdict=verdict,
        passages=tuple(Considered.of(hit) for hit in mine),
    )


def _narrowed(filters: Filters, article_id: str) -> Filters:
    """These filters on that article alone, a stranger to them where they name others."""
    named = not filters.article_ids or article_id in filters.article_ids
    return replace(filters, article_ids=[article_id if named else ""])


def _lacking(phrases: Sequence[str], article_id: str, snapshot: Snapshot) -> str:
    """Which of the phrases the article does not hold, in quotation marks."""
    article = snapshot.catalog.article(article_id)
    held = f" {' '.join(words(f'{article.title} {article.text}'))} " if article else ""
    lacking = [phrase for phrase in phrases if f" {' '.join(words(phrase))} " not in held]
    return ", ".join(f"“{phrase}”" for phrase in lacking)


def _considered(mine: Sequence[Hit], found: Found) -> str:
    used = [hit for hit in mine if not hit.dropped]
    if not used:
        first = min(mine, key=lambda hit: hit.fused_rank or 0)
        came = f"its best passage came {_nth(first.fused_rank)} of those found, {_ranks(first)}"
        return f"Not used: {came}; {first.dropped}."
    best = used[0]
    read = "" if best.relevance is None else f", and the reader gives it {best.relevance:.0%}"
    places = f"{len(used)} of the {len(found.hits)} passages used are its own; the best of them"
    if len(used) == 1:
        places = f"One of the {len(found.hits)} passages used is its own; it"
    return f"Used: {places[0].lower()}{places[1:]} is number {best.rank}, {_ranks(best)}{read}."


def _ranks(hit: Hit) -> str:
    sides = [
        f"{_nth(rank)} {by}"
        for by, rank in (("by meaning", hit.dense_rank), ("by words", hit.lexical_rank))
        if rank
    ]
    return " and ".join(sides)


def _nth(number: int | None) -> str:
    count = number or 0
    ending = "th" if count % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(count % 10)
    return f"{count}{ending or 'th'}"


def _not_found(question: str, own: Sequence[Hit], found: Found) -> str:
    everything = [*found.hits, *found.others]
    parts = []
    score: Callable[[Hit], float | None]
    for by, score in (("meaning", lambda hit: hit.dense), ("words", lambda hit: hit.lexical)):
        others = [value for hit in everything if (value := score(hit)) is not None]
        best = max((value for hit in own if (value := score(hit)) is not None), default=None)
        if others:
            reached = "nothing" if best is None else f"{best:.2f}"
            parts.append(
                f"by {by} its best passage scores {reached} and the last found {min(others):.2f}"
            )
    held = stems(word for hit in own for word in words(f"{hit.title} {hit.text}"))
    missing = [word for word in content_words(question) if stem(word) not in held]
    lacks = f" It never says {', '.join(f'“{word}”' for word in missing)}." if missing else ""
    return f"Not found by either search: {'; '.join(parts) or 'nothing was found'}.{lacks}"
