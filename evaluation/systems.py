"""What is measured: an archive under given settings, and the baselines beside it.

dossier      hybrid retrieval and answers, as the settings say
bm25         lexical search alone, answered as Dossier answers without its reader
dense        vector search alone, answered as Dossier answers without its reader
fused        both searches, answered without the reader
llamaindex   VectorStoreIndex on Chroma with LlamaIndex's defaults and our embedder: retrieval
             only, since it has no answer without a language model
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from evaluation.data import DataError, Question
from evaluation.matching import contains
from rag import Answer, Archive, ArticleNotFound, Citation, Filters, Hit

__all__ = [
    "BASELINES",
    "ArchiveSystem",
    "Outcome",
    "Passage",
    "System",
    "holds_answer",
]

_PLAIN = {
    "reader": "off",
    "collapse_stories": False,
    "per_article": 0,
    "per_source": 0,
    "diversity": 0.0,
    "join_neighbours": False,
}
BASELINES: dict[str, dict[str, Any]] = {
    "bm25": _PLAIN | {"retrieval": "lexical"},
    "dense": _PLAIN | {"retrieval": "dense"},
    "fused": _PLAIN,
}
"""Baselines that are settings of ours."""

Report = Callable[[str, int, int], None]
"""Told a stage, how many are done and how many there are."""

_GOLD_PASSAGES = 500


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage that was found, and the document that it stands in."""

    doc_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a system made of a question. `relevant` counts all passages that hold an answer;
    `titles` are those of the documents that were found, cited or expected, by id.
    """

    passages: Sequence[Passage]
    relevant: int | None
    answer: dict[str, Any] | None
    timings: dict[str, float]
    usage: dict[str, int] = field(default_factory=dict)
    cost: float | None = None
    titles: Mapping[str, str] = field(default_factory=dict)


class System(Protocol):
    """Anything that can be asked; `lost` names documents that it could not hold, with reasons."""

    lost: dict[str, str]
    digest: str
    """Changes with anything in the articles."""

    @property
    def fingerprint(self) -> str:
        """What its index depends on."""

    def ask(self, question: Question, *, pooled: bool) -> Outcome:
        """Retrieve and answer; of the question's own articles only, unless pooled."""

    def close(self) -> None:
        """Let go of files."""


class ArchiveSystem:
    """An archive; `lost` lists documents that it does not hold, with reasons."""

    def __init__(
        self,
        archive: Archive,
        *,
        articles: Mapping[str, str],
        names: Mapping[str, str],
        digest: str,
        twins: Mapping[str, str],
        lost: dict[str, str],
    ) -> None:
        """Ask `archive`, which is closed with this.

        `articles` are the articles' ids by those of documents, `names` the other way; an article
        that has none goes by its own. `twins` are documents that go by the name of another.
        """
        self.archive = archive
        self._wide = Archive.open(
            settings=archive.settings.model_copy(
                update=BASELINES["fused"] | {"retrieval": "hybrid"}
            ),
            embedder=archive.embedder,
        )
        self._articles, self._names = articles, names
        self.digest, self.twins, self.lost = digest, twins, lost
        self._titles: dict[str, str] = {}
        self._full: dict[str, str] = {}

    @property
    def fingerprint(self) -> str:
        """The index's own."""
        return self.archive.status().fingerprint

    def close(self) -> None:
        """Let go of the archive's files."""
        self.archive.close()
        self._wide.close()

    def doc_id(self, article_id: str) -> str:
        """The document that an article was made of."""
        return self._names.get(article_id, article_id)

    def _filters(self, doc_ids: Sequence[str]) -> Filters | None:
        held = [self._articles[doc_id] for doc_id in doc_ids if doc_id in self._articles]
        if doc_ids and not held:
            raise DataError(f"none of the articles {', '.join(doc_ids)} could be read")
        return Filters(article_ids=held) if held else None

    def ask(self, question: Question, *, pooled: bool) -> Outcome:
        """Answer, then search for the ranking that the answer was made from."""
        filters = None if pooled else self._filters(question.doc_ids)
        answer = self.archive.ask(question.question, history=question.history, filters=filters)
        began = time.monotonic()
        hits = self.archive.search(
            answer.standalone_question, k=self.archive.settings.depth, filters=filters
        )
        timings = {**answer.timings, "search": round(time.monotonic() - began, 4)}
        return Outcome(
            passages=[Passage(self.doc_id(hit.article_id), hit.text) for hit in hits],
            relevant=self._relevant(question),
            answer=self._plain(answer),
            timings=timings,
            usage=answer.usage.to_dict(),
            cost=answer.cost,
            titles=self._titles_of(question, [*hits, *answer.citations]),
        )

    def _titles_of(self, question: Question, seen: Sequence[Hit | Citation]) -> dict[str, str]:
        titles = {self.doc_id(one.article_id): one.title for one in seen}
        for doc_id in question.gold_doc_ids:
            if (ident := self._articles.get(doc_id)) and self.doc_id(ident) not in titles:
                if ident not in self._titles:
                    self._titles[ident] = self.archive.article(ident).shown_title
                titles[self.doc_id(ident)] = self._titles[ident]
        return titles

    def _relevant(self, question: Question) -> int | None:
        """How many passages of the gold articles hold an answer; the same for every setting."""
        gold = [doc_id for doc_id in question.gold_doc_ids if doc_id in self._articles]
        if not gold or not question.answers:
            return None
        found: list[Hit] = self._wide.search(
            question.question, k=_GOLD_PASSAGES, filters=self._filters(gold)
        )
        return sum(holds_answer(hit.text, question) for hit in found)

    def _plain(self, answer: Answer) -> dict[str, Any]:
        """What of an answer is measured, and whether each quote stands where it says."""
        record = answer.to_dict()
        return {
            **{
                key: record[key]
                for key in ("text", "status", "kind", "reason", "model", "complete")
            },
            "standalone_question": answer.standalone_question,
            "sentences": [
                {"text": sentence.text, "citations": list(sentence.citations)}
                for sentence in answer.sentences
            ],
            "citations": [
                {
                    "number": citation.number,
                    "doc_id": self.doc_id(citation.article_id),
                    "quote": citation.quote,
                    "start": citation.start,
                    "end": citation.end,
                    "stands": self._text(citation.article_id)[citation.start : citation.end]
                    == citation.quote,
                }
                for citation in answer.citations
            ],
            "short": record["short"],
            "disagreements": record["disagreements"],
        }

    def _text(self, article_id: str) -> str:
        if article_id not in self._full:
            try:
                self._full[article_id] = self.archive.article(article_id).text
            except ArticleNotFound:
                return ""
        return self._full[article_id]


def holds_answer(text: str, question: Question) -> bool:
    """Whether a passage holds one of the question's answers."""
    return any(contains(text, answer) for answer in question.answers)
