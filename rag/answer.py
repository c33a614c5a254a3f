"""From evidence to an answer: quoting without a model, refusing, answering on an article itself.

The functions here give drafts: sentences with their citations. `rag.engine` makes the record.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from corpus import Article
from rag.cite import CitationList
from rag.evidence import Candidate, Evidence
from rag.metadata import Detail, stated_line
from rag.types import Check, Disagreement, Hit, Sentence, Status, Unverified, Value
from rag.values import names
from rag.words import content_words, stems, words

__all__ = [
    "Draft",
    "add_quotes",
    "not_found",
    "on_article",
    "phrase_not_found",
    "quote_sentences",
    "short_values",
    "shown",
]

_MOST_SENTENCES = 4
_MARGIN, _MARGIN_READ = 2.0, 3.0
"""How far below the best sentence's score another may lie and still be quoted, without the reader
and with it: their scores are on other scales."""
_MATCHED = 0.8
"""Share of the best sentence's match that another must reach, to bear on the question too."""
_ALIKE = 0.6
_MOST_PER_ARTICLE = 3
_LIKELY = 0.3
"""The probability from which a short answer is worth showing."""
_SUPPORTS = 0.05
"""The probability from which a passage's answer counts as support of the value."""
_MOST_VALUES = 3
_MOST_SOURCES = 3
"""Values, and articles listed for each of them."""

_DETAILS: dict[Detail, str] = {"author": "author", "date": "date", "outlet": "outlet"}


@dataclass
class Draft:
    """An answer while it is made."""

    status: Status = "answered"
    kind: str = ""
    reason: str = ""
    sentences: list[Sentence] = field(default_factory=list)
    citations: CitationList = field(default_factory=CitationList)
    short: tuple[Value, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    unverified: list[Unverified] = field(default_factory=list)

    def add(self, text: str, numbers: Sequence[int], checks: Sequence[Check] = ()) -> str:
        """Add a sentence; the text to show for it, markers included."""
        self.sentences.append(Sentence(text=text, citations=tuple(numbers), checks=tuple(checks)))
        return shown(self.sentences[-1])


def shown(sentence: Sentence) -> str:
    """A sentence with its markers, and a word of warning where a check failed."""
    parts = [sentence.text, "".join(f"[{number}]" for number in sentence.citations)]
    return " ".join(filter(None, [*parts, "" if sentence.verified else "(unverified)"]))


def quote_sentences(evidence: Evidence) -> Draft:
    """One to four sentences, verbatim, that best answer; each its own citation.

    The best comes first; others follow while they score nearly as well and add words that the
    ones before do not have.
    """
    draft = Draft(kind="extractive")
    add_quotes(draft, evidence)
    return draft


def add_quotes(
    draft: Draft,
    evidence: Evidence,
    *,
    most: int = _MOST_SENTENCES,
    after: Sequence[Candidate] = (),
) -> list[Candidate]:
    """Quote the best sentences, up to `most`, that do not repeat those quoted before (`after`)."""
    chosen = _chosen(evidence, most=most, after=after)
    for candidate in chosen:
        number = draft.citations.add(candidate.hit, candidate.start, candidate.end)
        # Verbatim by construction; compared all the same, so that the check is never a promise.
        kept = draft.citations.items[number - 1].quote == candidate.text
        draft.add(candidate.text, [number], [Check(kind="quote", passed=kept)])
    return chosen


def _chosen(evidence: Evidence, *, most: int, after: Sequence[Candidate] = ()) -> list[Candidate]:
    candidates = _led(evidence)
    chosen: list[Candidate] = []
    said = [stems(content_words(candidate.text)) for candidate in after]
    # Beside a figure that fits, one that counts something else would mislead.
    counting = evidence.asked == "number" and bool(candidates) and bool(candidates[0].count)
    margin = _MARGIN_READ if evidence.read else _MARGIN
    for candidate in candidates:
        if len(chosen) == most or candidates[0].score - candidate.score > margin:
            break
        if counting and not candidate.fitting:
            continue
        if candidate.match < _MATCHED * candidates[0].match:
            continue
        stemmed = stems(content_words(candidate.text))
        repeats = any(len(stemmed & earlier) > _ALIKE * len(stemmed) for earlier in said)
        share = sum(c.hit.article_id == candidate.hit.article_id for c in chosen)
        if not repeats and share < _MOST_PER_ARTICLE:
            chosen.append(candidate)
            said.append(stemmed)
    return chosen


def _led(evidence: Evidence) -> list[Candidate]:
    """The candidates, behind the best of those that give the likely short answer."""
    candidates = list(evidence.candidates)
    if evidence.short and evidence.short[0].probability >= _LIKELY:
        passages = {reading.hit.passage_id for reading in evidence.short[0].readings}
        giving = [c for c in candidates if c.says and c.hit.passage_id in passages]
        if giving:
            candidates.remove(giving[0])
            candidates.insert(0, giving[0])
    return candidates


def short_values(evidence: Evidence, citations: CitationList) -> tuple[Value, ...]:
    """The likely short answers, each with the sentences that give it: one an article."""
    found: list[Value] = []
    saying = {c.hit.passage_id: c for c in reversed(evidence.candidates) if c.says}
    for answer in evidence.short:
        by_article: dict[str, Candidate] = {}
        for reading in answer.readings:
            candidate = saying.get(reading.hit.passage_id)
            likely = reading.answer >= _SUPPORTS
            if candidate and likely and len(by_article) < _MOST_SOURCES:
                by_article.setdefault(reading.hit.article_id, candidate)
        if len(found) == _MOST_VALUES or answer.probability < _LIKELY:
            break
        if by_article:
            numbers = sorted(citations.add(c.hit, c.start, c.end) for c in by_article.values())
            found.append(
                Value(
                    value=answer.text,
                    citations=tuple(numbers),
                    probability=round(answer.probability, 4),
                )
            )
    return tuple(found)


def on_article(article: Article, detail: Detail, hit: Hit) -> Draft:
    """Quote the line at the head of an article that states its author, date or outlet."""
    draft = Draft(kind="metadata")
    span = stated_line(article, detail)
    if span is None:
        return Draft(
            status="not_found",
            kind="not_stated",
            reason=f"“{article.shown_title}” does not state its {_DETAILS[detail]}.",
        )
    start, end = span
    number = draft.citations.add(_head_hit(article, hit), start, end)
    draft.add(article.text[start:end], [number], [Check(kind="quote", passed=True)])
    return draft


def _head_hit(article: Article, hit: Hit) -> Hit:
    """The hit of the article's head, made from any hit of the article."""
    return Hit(
        rank=hit.rank,
        passage_id=hit.passage_id,
        article_id=article.id,
        title=article.shown_title,
        source=article.source,
        published=article.published,
        url=article.url,
        path=str(article.path or ""),
        text=article.text[: article.body_start].rstrip(),
        start=0,
        end=article.body_start,
        score=hit.score,
    )


def phrase_not_found(phrases: Sequence[str]) -> Draft:
    """Say that no passage holds what was asked for word for word."""
    reason = f"No passage says {_listed(phrases)} word for word."
    return Draft(status="not_found", kind="not_stated", reason=reason)


def not_found(question: str, evidence: Evidence) -> Draft:
    """Say that there is no answer, and of which kind that is."""
    named = {word for name in names(question) for word in words(name)}
    strange = [word for word in evidence.unknown if word in named]
    if strange:
        kind, reason = "outside", f"The archive never mentions {_listed(strange)}."
    elif evidence.on_subject:
        kind = "not_stated"
        reason = "The articles speak of this subject, but no sentence in them answers the question."
    else:
        kind, reason = "outside", "The archive holds nothing on this subject."
    if others := [word for word in evidence.missing if word not in strange]:
        reason += f" Not in the nearest passages: {_listed(others[:5])}."
    return Draft(status="not_found", kind=kind, reason=reason)


def _listed(items: Sequence[str]) -> str:
    return ", ".join(f"“{item}”" for item in items)
