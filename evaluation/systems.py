"""What is measured: an archive under given settings, and the baselines beside it.

    dossier      hybrid retrieval and answers, as the settings say
    bm25         lexical search alone, answered as Dossier answers without its reader
    dense        vector search alone, answered as Dossier answers without its reader
    fused        both searches, answered without the reader
    llamaindex   VectorStoreIndex on Chroma with LlamaIndex's defaults and our embedder: retrieval
                 only, since it has no answer without a language model

An archive is kept in a cache folder named after its articles, so that a second run embeds nothing.
"""

import json
import re
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from evaluation.data import DataError, Dataset, Document, Question, duplicates
from evaluation.matching import contains
from rag import (
    Answer,
    Archive,
    ArchiveDamaged,
    ArticleNotFound,
    DossierError,
    Filters,
    Hit,
    IngestReport,
    Settings,
)

__all__ = [
    "BASELINES",
    "ArchiveSystem",
    "Outcome",
    "Passage",
    "System",
    "holds_answer",
    "prepare",
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
    """What a system made of a question. `relevant` counts all passages that hold an answer."""

    passages: Sequence[Passage]
    relevant: int | None
    answer: dict[str, Any] | None
    timings: dict[str, float]
    usage: dict[str, int] = field(default_factory=dict)
    cost: float | None = None


class System(Protocol):
    """Anything that can be asked; `lost` names documents that it could not hold, with reasons."""

    lost: dict[str, str]

    @property
    def fingerprint(self) -> str:
        """What its index depends on."""

    def ask(self, question: Question, *, pooled: bool) -> Outcome:
        """Retrieve and answer; of the question's own articles only, unless pooled."""

    def close(self) -> None:
        """Let go of files."""


def write_articles(dataset: Dataset, folder: Path) -> dict[str, str]:
    """Write the documents as files with front matter; their ids by file name.

    Plain text, so that no sign in it is taken for Markdown. An archive leaves unchanged files
    alone, so they are written once.
    """
    width = len(str(len(dataset.documents)))
    names = {f"{n:0{width}}.txt": d for n, d in enumerate(dataset.documents, 1)}
    done = folder / ".complete"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name, document in names.items():
            (folder / name).write_text(_as_file(document), encoding="utf-8")
        done.touch()
    return {name: document.doc_id for name, document in names.items()}


def _as_file(document: Document) -> str:
    given = {
        "title": document.title,
        "source": document.source,
        "published": document.date,
        "url": document.url,
    }
    # JSON strings are YAML strings.
    lines = [f"{key}: {json.dumps(value)}" for key, value in given.items() if value]
    return "\n".join(["---", *lines, "---", document.text, ""])


class ArchiveSystem:
    """An archive of the data set's articles; `lost` lists documents that it could not hold."""

    def __init__(
        self, dataset: Dataset, settings: Settings, *, home: Path, report: Report | None = None
    ) -> None:
        if dataset.folder is None:
            folder = home / "articles"
            names = write_articles(dataset, folder)
        else:
            folder = dataset.folder
            names = {document.doc_id: document.doc_id for document in dataset.documents}
        place = home / f"archive-{settings.passage_tokens}{_of_cut(settings)}"
        told = report or (lambda *_: None)
        self.archive = Archive.open(place, settings=settings)
        try:
            ingested = self._ingest(folder, told)
        except ArchiveDamaged:
            # It is only a cache: one of an older format, or broken, is built anew.
            self.archive.close()
            told("building the archive anew", 1, 1)
            forget_index(place)
            self.archive = Archive.open(place, settings=settings, embedder=self.archive.embedder)
            ingested = self._ingest(folder, told)
        self._wide = Archive.open(
            place,
            settings=settings.model_copy(update=BASELINES["fused"] | {"retrieval": "hybrid"}),
            embedder=self.archive.embedder,
        )
        self._doc_ids = {
            article.id: names[article.path.name]
            for article in self.archive.articles()
            if article.path and article.path.name in names
        }
        self._articles = {doc_id: ident for ident, doc_id in self._doc_ids.items()}
        self.twins = self._find_twins(dataset)
        failed = {names.get(Path(path).name, path): reason for path, reason in ingested.failed}
        self.lost = {
            document.doc_id: failed.get(document.doc_id, "the archive took it for another article")
            for document in dataset.documents
            if document.doc_id not in self._articles
        }
        self._full: dict[str, str] = {}

    def _ingest(self, folder: Path, told: Report) -> IngestReport:
        return self.archive.ingest(
            folder,
            prune=True,
            progress=lambda step: told("reading", step.files_done, step.files),
        )

    @property
    def fingerprint(self) -> str:
        """The index's own."""
        return self.archive.status().fingerprint

    def close(self) -> None:
        """Let go of the archive's files."""
        self.archive.close()
        self._wide.close()

    def _find_twins(self, dataset: Dataset) -> dict[str, str]:
        """Documents that share the article of another one, with that one's id."""
        firsts = duplicates(dataset.documents)
        groups: dict[str, list[str]] = {}
        for document in dataset.documents:
            groups.setdefault(firsts.get(document.doc_id, document.doc_id), []).append(
                document.doc_id
            )
        twins = {}
        for members in groups.values():
            kept = next((doc_id for doc_id in members if doc_id in self._articles), None)
            for doc_id in members:
                if kept and doc_id not in self._articles:
                    twins[doc_id] = kept
        self._articles |= {doc_id: self._articles[kept] for doc_id, kept in twins.items()}
        return twins

    def doc_id(self, article_id: str) -> str:
        """The document that an article was made of."""
        return self._doc_ids.get(article_id, article_id)

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
        )

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


def forget_index(place: Path) -> None:
    """Delete an archive but for its embeddings, which any later format can use."""
    (place / "CURRENT").unlink(missing_ok=True)
    shutil.rmtree(place / "index", ignore_errors=True)


def _of_cut(settings: Settings) -> str:
    """What keeps apart the folders of archives that are cut or embedded otherwise."""
    overlap = f"-overlap-{settings.passage_overlap}" if settings.passage_overlap else ""
    return f"{overlap}{'' if settings.embed_title else '-untitled'}{_of_embedder(settings)}"


def _of_embedder(settings: Settings) -> str:
    """What keeps the folders of two embedders' vectors apart; nothing for the default one."""
    if settings.embedder == Settings.model_fields["embedder"].default:
        return ""
    return "-" + re.sub(r"[^\w.-]+", "-", settings.embedder)


def holds_answer(text: str, question: Question) -> bool:
    """Whether a passage holds one of the question's answers."""
    return any(contains(text, answer) for answer in question.answers)


def prepare(
    name: str, dataset: Dataset, settings: Settings, *, home: Path, report: Report | None = None
) -> System:
    """The system of that name, its index built or found in the cache folder."""
    place = home / f"{dataset.name}-{dataset.digest}"
    if name == "llamaindex":
        from evaluation.baselines import PlainLlamaIndex

        place = place.with_name(f"{place.name}{_of_embedder(settings)}")
        return PlainLlamaIndex(dataset, settings, home=place, report=report)
    if name in BASELINES:
        settings = settings.model_copy(update=BASELINES[name])
    elif name != "dossier":
        raise DossierError(f"{name}: no such system (dossier, bm25, dense, fused, llamaindex)")
    return ArchiveSystem(dataset, settings, home=place, report=report)
