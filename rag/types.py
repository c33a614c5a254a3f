"""The records that asking gives: hits, citations, answers, reports.

All are frozen, complete enough to be read without the archive, and JSON-serialisable by
`to_dict()`. Spans are character offsets into the article's clean text, end exclusive.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Literal, NamedTuple

from corpus import TimeMention
from rag.records import Record
from vectorstore.types import Filters

__all__ = [
    "Answer",
    "Check",
    "Citation",
    "Considered",
    "Coverage",
    "Disagreement",
    "Explanation",
    "Figure",
    "FigureChange",
    "Hit",
    "IngestReport",
    "Reading",
    "Record",
    "Sentence",
    "ShortAnswer",
    "Status",
    "Story",
    "StoryMember",
    "Turn",
    "Unverified",
    "Usage",
    "Value",
    "Verification",
]

Status = Literal["answered", "partial", "not_found"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit(Record):
    """A passage that retrieval found. `rank` counts from 1.

    Scores: `dense` is a cosine similarity, `lexical` BM25; a side that did not find the passage has
    None. `fused` and `fused_rank` are its score and place among all that both sides found, before
    variety was seen to.
    `relevance` is the reader's, None where it did not read it. `score` is what the order is by: the
    fused one, or, of hits that were reread, the reader's odds weighed with the rank before.
    Articles that are copies of one another have one `story`.
    """

    rank: int
    passage_id: str
    article_id: str
    title: str
    source: str
    published: date | None
    url: str
    path: str
    text: str
    start: int
    end: int
    score: float
    dense: float | None = None
    lexical: float | None = None
    dense_rank: int | None = None
    lexical_rank: int | None = None
    fused: float | None = None
    fused_rank: int | None = None
    relevance: float | None = None
    story: str = ""
    dropped: str = ""
    """Why it was left out of what the answer sees; empty where it was not."""
    times: tuple[TimeMention, ...] = ()
    """Words such as "on Tuesday" with the days that they mean, offsets into the article."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered(Record):
    """A passage that a search considered, with what became of it.

    `rank` is its place in what the answer saw, None where it was left out, with `dropped` for the
    reason. The other ranks and scores are those of Hit.
    """

    passage_id: str
    article_id: str
    title: str
    source: str
    rank: int | None
    dense: float | None
    dense_rank: int | None
    lexical: float | None
    lexical_rank: int | None
    fused_rank: int | None
    relevance: float | None
    dropped: str
    fused: float | None = None

    @classmethod
    def of(cls, hit: Hit) -> "Considered":
        """What a trace keeps of a hit."""
        kept = {field.name: getattr(hit, field.name) for field in fields(cls)}
        return cls(**kept | {"rank": None if hit.dropped else hit.rank})


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation(Record):
    """Why an article was or was not used for a question: in a sentence, and by its passages."""

    question: str
    article_id: str
    verdict: str
    passages: tuple[Considered, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Record):
    """What the reader makes of a passage for a question. All three odds are from 0 to 1.

    `relevance`: that the passage answers the question; `null`: that no words in it do; `answer`:
    that `text` is right. `text` is the likeliest answer, a span of the article:
    `article.text[start:end] == text`; empty where the passage holds no words.
    """

    hit: Hit
    relevance: float
    null: float
    text: str = ""
    start: int = 0
    end: int = 0
    answer: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortAnswer(Record):
    """A value that answers, as its surest reading words it, with every reading that gives it.

    `probability` is that of the value: each further article that gives it adds to it.
    """

    text: str
    probability: float
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation(Record):
    """One number in the answer: the quote it stands on. `article.text[start:end] == quote`.

    `also` names who else carries the article: the outlets of its copies (titles where they have
    none), each once.
    """

    number: int
    article_id: str
    title: str
    source: str
    published: date | None
    url: str
    path: str
    quote: str
    start: int
    end: int
    passage: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Record):
    """One thing that was compared: its kind, whether it held, and what differed where not."""

    kind: Literal["marker", "quote", "value", "name", "speaker", "attribution", "support"]
    passed: bool
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence(Record):
    """A sentence of the answer without its markers, the citations it rests on, and its checks."""

    text: str
    citations: tuple[int, ...] = ()
    checks: tuple[Check, ...] = ()

    @property
    def verified(self) -> bool:
        """Whether it is cited and every check held."""
        return bool(self.citations) and all(check.passed for check in self.checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unverified(Record):
    """A sentence that failed a check: what failed, and whether it was removed or marked."""

    sentence: str
    failed: str
    done: Literal["removed", "marked", "repaired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Value(Record):
    """What articles give for a thing, with the citations that give it.

    `probability` is that of its being the answer, as far as the reader can tell; None where it
    was not asked.
    """

    value: str
    citations: tuple[int, ...]
    probability: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement(Record):
    """Articles that give different values for the same thing."""

    subject: str
    relation: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage(Record):
    """What the archive spans: first and last day of publication, articles, undated ones."""

    first: date | None
    last: date | None
    articles: int
    undated: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage(Record):
    """Tokens as the model's server counted them, or as tiktoken does where it did not."""

    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Record):
    """How a question was answered.

    `text` carries `[1]` markers that stand for `citations`, and begins with `opening`, where there
    is one: our own words, which state nothing by themselves. `short` lists the values that answer,
    likeliest first, where the question asks for one (and nothing for a question that no few words
    answer). `kind` names the way it was answered
    (or the way it was not) and `reason` says in one line why there is no answer, or why it is not
    the one that was asked for (the model's server was down, the stream broke off). `unverified`
    lists what failed a check and `nearest` the closest passages where nothing was found. `trace` is
    every passage that was considered, those that the answer saw first.
    """

    question: str
    standalone_question: str
    text: str
    status: Status
    kind: str = ""
    reason: str = ""
    opening: str = ""
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    short: tuple[Value, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    unverified: tuple[Unverified, ...] = ()
    nearest: tuple[Hit, ...] = ()
    coverage: Coverage | None = None
    filters: Filters | None = None
    complete: bool = True
    model: str = "extractive"
    usage: Usage = field(default_factory=Usage)
    cost: float | None = None
    timings: Mapping[str, float] = field(default_factory=dict)
    index_version: str = ""
    trace: tuple[Considered, ...] = ()

    @property
    def leads_with_value(self) -> bool:
        """Whether the text opens with the likeliest short answer by itself."""
        if not self.short or not self.sentences or self.disagreements:
            return False
        return self.sentences[0].text.rstrip(".") == self.short[0].value.rstrip(".,;: ")

    searches: tuple[str, ...] = ()
    """What the language model had searched for beside the question; see the setting `rewrite`."""


class Turn(NamedTuple):
    """An earlier question with the text of its answer, for `history`, and what it quoted."""

    question: str
    answer: str
    quotes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport(Record):
    """What an ingest did. `failed` pairs each path with the reason, `gone` lists where the
    articles stood that were removed; the rest are counts, of articles where nothing else is said.
    `articles`, `passages` and `stories` are what the archive then holds, `superseded` how many
    articles have become earlier versions.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    duplicates: int = 0
    failed: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    articles: int = 0
    passages: int = 0
    embedded: int = 0
    gone: tuple[str, ...] = ()
    stories: int = 0
    superseded: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification(Record):
    """A citation of a stored answer held against the archive as it is now."""

    number: int
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryMember(Record):
    """An article of a story, with what tells it from the others."""

    article_id: str
    title: str
    source: str
    published: date | None
    url: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story(Record):
    """Articles that carry the same text or nearly so, the lead first.

    `id` changes only with the articles that belong to it; `lead` is the article that stands for
    all: the earliest published, then the longest.
    """

    id: str
    lead: str
    members: tuple[StoryMember, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure(Record):
    """A figure as an article words it ("at least 129"), and the sentence that it stands in.

    `start` and `end` are the sentence's span in the text of the article.
    """

    value: str
    sentence: str
    start: int
    end: int
    article_id: str
    published: date | None
    updated: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureChange(Record):
    """A number, percentage or date that differs between two consecutive versions of an article."""

    before: Figure
    after: Figure
