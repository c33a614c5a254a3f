"""From evidence to an answer: quoting without a model, answering on an article itself.

The functions here give drafts: sentences with their citations. `rag.engine` makes the record.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from corpus import Article
from rag.cite import CitationList
from rag.disagree import find_disagreements
from rag.escaping import one_line
from rag.evidence import SURE, Candidate, Evidence
from rag.instructions import is_instruction
from rag.metadata import Detail, stated_line
from rag.question import Asked
from rag.speech import whole_speech
from rag.types import Check, Disagreement, Hit, Sentence, Status, Unverified, Value
from rag.values import days, quantities
from rag.words import content_words, stems

__all__ = [
    "Draft",
    "add_quotes",
    "cited_values",
    "lead_with_figures",
    "lead_with_value",
    "on_article",
    "quote",
    "quote_sentences",
    "short_values",
    "shown",
]

_MOST_SENTENCES = 4
_MOST_OPEN, _FEWEST_OPEN = 5, 3
"""Sentences where a question is open ("why", "what happened"): it wants covering, not a value."""
_MARGIN, _MARGIN_READ = 2.0, 3.0
"""How far below the best sentence's score another may lie and still be quoted, without the reader
and with it: their scores are on other scales."""
_MARGIN_OPEN = 4.5
_MATCHED, _MATCHED_OPEN, _MATCHED_FILL = 0.8, 0.7, 0.6
"""Share of the best sentence's match that another must reach, to bear on the question too; the
last while an open question has too few sentences."""
_OPEN: frozenset[Asked] = frozenset({"open", "reason"})
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
    opening: str = ""
    """What stands before the first sentence: our own words, which state nothing by themselves."""

    @property
    def shown(self) -> list[str]:
        """Each sentence with its markers, the first behind the opening."""
        told = [shown(sentence) for sentence in self.sentences]
        return [f"{self.opening} {told[0]}".strip(), *told[1:]] if told else []

    def add(self, text: str, numbers: Sequence[int], checks: Sequence[Check] = ()) -> str:
        """Add a sentence, put on one line; the text to show for it, markers included."""
        said = Sentence(text=one_line(text), citations=tuple(numbers), checks=tuple(checks))
        self.sentences.append(said)
        return shown(self.sentences[-1])


def shown(sentence: Sentence) -> str:
    """A sentence with its markers, and a word of warning where a check failed."""
    parts = [sentence.text, "".join(f"[{number}]" for number in sentence.citations)]
    return " ".join(filter(None, [*parts, "" if sentence.verified else "(unverified)"]))


def quote_sentences(question: str, evidence: Evidence) -> Draft:
    """One to five sentences, verbatim, that best answer; each its own citation.

    Where articles give different figures, these come first. Else a value that is likely right
    comes first, by itself, then the sentence that it stands in.
    Others follow while they score nearly as well and add words that the ones before do not have:
    up to four, or, where the question is open ("why", "what happened"), three to five.
    """
    draft = Draft(kind="extractive")
    if (
        not lead_with_figures(draft, question=question, evidence=evidence)
        and evidence.asked not in _OPEN
    ):
        lead_with_value(draft, evidence)
    add_quotes(draft, evidence)
    return draft


def lead_with_figures(draft: Draft, *, question: str, evidence: Evidence) -> bool:
    """Say first which different figures or days articles give, as a list; whether they do."""
    draft.disagreements = find_disagreements(question, evidence, draft.citations)
    for found in draft.disagreements:
        dated = any(days(value.value) for value in found.values)
        what = "days" if dated else "figures"
        draft.opening = f"The articles give different {what}:"
        for value in found.values:
            # As within a sentence: "at least 129", where it began one.
            said = value.value
            said = said if dated else said[:1].lower() + said[1:]
            _add_value(draft, value, said, stop="." if value is found.values[-1] else ",")
    return bool(draft.disagreements)


def _add_value(draft: Draft, value: Value, words: str, *, stop: str = ".") -> None:
    """Say a value by itself in these words, with the quotes that hold it."""
    quotes = {number: draft.citations.items[number - 1].quote for number in value.citations}
    holding = [number for number, quote in quotes.items() if _says(one_line(quote), value.value)]
    check = Check(kind="value", passed=bool(holding))
    draft.add(f"{words.rstrip('.,;: ')}{stop}", holding or value.citations, [check])


def _says(quote: str, value: str) -> bool:
    """Whether a quote holds a value: its own words, or its figures in words or digits."""
    figures = {(figure.value, figure.bound) for figure in quantities(value)}
    held = {(figure.value, figure.bound) for figure in quantities(quote)}
    return value in quote or bool(figures and figures <= held)


def lead_with_value(draft: Draft, evidence: Evidence) -> None:
    """Say the likeliest short answer first, where it is more likely right than wrong."""
    for value in short_values(evidence, draft.citations, least=SURE, most=1):
        _add_value(draft, value, value.value)


def add_quotes(
    draft: Draft,
    evidence: Evidence,
    *,
    most: int = 0,
    after: Sequence[Candidate] = (),
) -> list[Candidate]:
    """Quote the best sentences, up to `most`, that do not repeat those quoted before (`after`)."""
    chosen = _chosen(evidence, most=most, after=after)
    for candidate in chosen:
        quote(draft, candidate)
    return chosen


def quote(draft: Draft, candidate: Candidate) -> None:
    """Add a sentence verbatim; one out of somebody's words with the rest of these."""
    hit = candidate.hit
    start, end, text = candidate.start, candidate.end, candidate.text
    if (wide := _spoken(candidate)) and wide != (start, end):
        start, end = wide
        text = hit.text[start - hit.start : end - hit.start]
    number = draft.citations.add(hit, start, end)
    # Verbatim by construction; compared all the same, so that the check is never a promise.
    kept = draft.citations.items[number - 1].quote == text
    draft.add(text, [number], [Check(kind="quote", passed=kept)])


def _spoken(candidate: Candidate) -> tuple[int, int] | None:
    """The span to quote: with the rest of what somebody says, so that it reads as theirs.

    None where it is part of a speech that is too long to quote or does not tell whose it is.
    """
    hit = candidate.hit
    wide = whole_speech(hit.text, candidate.start - hit.start, candidate.end - hit.start)
    return (wide[0] + hit.start, wide[1] + hit.start) if wide else None


def _chosen(
    evidence: Evidence, *, most: int = 0, after: Sequence[Candidate] = ()
) -> list[Candidate]:
    candidates = _led(evidence)
    if not candidates:
        return []
    # Out of somebody's speech is better than nothing: it is quoted, with the passage beside it.
    lead = next(filter(_spoken, candidates), candidates[0])
    is_open = evidence.asked in _OPEN
    most = most or (_MOST_OPEN if is_open else _MOST_SENTENCES)
    # Beside a figure that fits, one that counts something else would mislead.
    counting = evidence.asked == "number" and bool(lead.count)
    margin = _MARGIN_OPEN if is_open else _MARGIN_READ
    matched = (_MATCHED_OPEN if is_open else _MATCHED) * lead.match
    chosen = _Chosen(said=[stems(content_words(candidate.text)) for candidate in after])
    for candidate in candidates:
        if len(chosen.items) == most or lead.score - candidate.score > (
            margin if evidence.read else _MARGIN
        ):
            break
        bears = candidate.match >= matched and (candidate.fitting or not counting)
        if candidate is lead or (bears and _spoken(candidate)):
            chosen.add(candidate)
    if is_open and len(chosen.items) < min(most, _FEWEST_OPEN):
        # What a sentence opens ("for two reasons") stands in those that follow it.
        near = [c for c in candidates if lead.score - c.score <= margin]
        weaker = [c for c in near if c.match >= _MATCHED_FILL * lead.match]
        for candidate in [*_beside(lead, candidates), *weaker]:
            if len(chosen.items) < min(most, _FEWEST_OPEN) and _spoken(candidate):
                chosen.add(candidate)
    return sorted(chosen.items, key=_in_time) if evidence.course else chosen.items


def _in_time(candidate: Candidate) -> tuple[str, str, int]:
    """The order of a course of events: by day of publication, undated last, then as written."""
    hit = candidate.hit
    day = hit.published.isoformat()[:10] if hit.published else "9999"
    return day, hit.article_id, candidate.start


@dataclass(slots=True)
class _Chosen:
    """Sentences that add to one another; `said` has the stems of each, and of those before."""

    items: list[Candidate] = field(default_factory=list)
    said: list[set[str]] = field(default_factory=list)

    def add(self, candidate: Candidate) -> None:
        """Take a sentence, unless it repeats another or its article has had its share."""
        stemmed = stems(content_words(candidate.text))
        repeats = any(len(stemmed & earlier) > _ALIKE * len(stemmed) for earlier in self.said)
        share = sum(held.hit.article_id == candidate.hit.article_id for held in self.items)
        if not repeats and share < _MOST_PER_ARTICLE:
            self.items.append(candidate)
            self.said.append(stemmed)


def _beside(lead: Candidate, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The two sentences that follow the best one, while its paragraph lasts.

    One that is a paragraph by itself is followed into the next; never past a heading.
    """
    alone = lead.hit.text[: lead.start - lead.hit.start][-1:] in ("", "\n")
    reach = len("\n\n") if alone else len(" ")
    near = {c.start: c for c in candidates if c.hit.article_id == lead.hit.article_id}
    found: list[Candidate] = []
    end = lead.end
    for start in sorted(near):
        if len(found) < 2 and 0 <= start - end <= reach:
            found.append(near[start])
            end = near[start].end
    return found


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


def short_values(
    evidence: Evidence, citations: CitationList, *, least: float = _LIKELY, most: int = _MOST_VALUES
) -> tuple[Value, ...]:
    """The likely short answers, each with the sentences that give it: one an article.

    `least` is the probability from which one is likely, `most` how many of them are wanted.
    """
    found: list[Value] = []
    saying = {c.hit.passage_id: c for c in reversed(evidence.candidates) if c.says}
    for answer in evidence.short:
        by_article: dict[str, Candidate] = {}
        wording = ""
        for reading in answer.readings:
            candidate = saying.get(reading.hit.passage_id)
            likely = reading.answer >= _SUPPORTS
            if candidate and likely and len(by_article) < _MOST_SOURCES:
                by_article.setdefault(reading.hit.article_id, candidate)
                # That of the surest may lie across sentences, of which none can be cited.
                wording = wording or reading.text
        if len(found) == most or answer.probability < least:
            break
        if by_article:
            numbers = sorted(citations.add(c.hit, c.start, c.end) for c in by_article.values())
            found.append(
                Value(
                    value=one_line(wording),
                    citations=tuple(numbers),
                    probability=round(answer.probability, 4),
                )
            )
    return tuple(found)


def cited_values(evidence: Evidence, citations: CitationList) -> tuple[Value, ...]:
    """The likely short answers on the quotes that an answer cites already; it gets no new ones."""
    known = len(citations.items)
    found = short_values(evidence, CitationList(list(citations.items)))
    cited = (
        replace(value, citations=tuple(n for n in value.citations if n <= known)) for value in found
    )
    return tuple(value for value in cited if value.citations)


def on_article(article: Article, detail: Detail, hit: Hit) -> Draft:
    """Quote the line at the head of an article that states its author, date or outlet."""
    draft = Draft(kind="metadata")
    span = stated_line(article, detail)
    if span is None or is_instruction(article.text[slice(*span)]):
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
