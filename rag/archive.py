"""The facade: everything that can be asked of an archive."""

import os
import threading
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus import Article
from rag.conversation import as_turns
from rag.errors import ArticleNotFound
from rag.settings import Settings, load_settings
from rag.types import Answer, Coverage, Hit, IngestReport, Record, Turn, Verification
from vectorstore import ArchiveDamaged, Filters, FingerprintMismatch, Generations, Snapshot

if TYPE_CHECKING:
    from llama_index.core.base.base_query_engine import BaseQueryEngine
    from llama_index.core.retrievers import BaseRetriever

    from rag.embedder import OnnxEmbedder
    from rag.engine import AnswerStream
    from rag.ingest import Progress
    from rag.weights import Report

__all__ = ["Archive", "Finding", "Status"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status(Record):
    """An archive at a glance."""

    home: Path
    generation: str
    generations: tuple[str, ...]
    fingerprint: str
    articles: int
    passages: int
    dead: int
    coverage: Coverage
    bytes: int
    created: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Record):
    """One thing that `doctor` looked at; `mend` says what to do where it is not well."""

    check: str
    passed: bool
    detail: str = ""
    mend: str = ""


class Archive:
    """An archive of articles on disk.

    Opening is quick and touches nothing; the first call that needs it loads the embedder. Safe
    to share between threads. Reading where nothing was ingested raises ArchiveNotFound.

        archive = Archive.open("path/to/archive")
        archive.ingest("articles/")
        print(archive.ask("Who said what?").text)
    """

    def __init__(
        self,
        settings: Settings,
        *,
        embedder: "OnnxEmbedder | None" = None,
        report: "Report | None" = None,
    ) -> None:
        self.settings = settings
        self._generations = Generations(settings.home)
        self._embedder = embedder
        self._report = report
        self._lock = threading.Lock()

    @classmethod
    def open(
        cls,
        home: str | Path | None = None,
        *,
        settings: Settings | None = None,
        embedder: "OnnxEmbedder | None" = None,
        report: "Report | None" = None,
    ) -> "Archive":
        """The archive in the folder `home` (default: DOSSIER_HOME, else ./.dossier).

        `report` is told in one line when weights have to be fetched.
        """
        chosen = settings or load_settings()
        if home is not None:
            chosen = chosen.model_copy(update={"home": Path(home)})
        return cls(chosen, embedder=embedder, report=report)

    @property
    def home(self) -> Path:
        """The archive's folder."""
        return self.settings.home

    @property
    def embedder(self) -> "OnnxEmbedder":
        """The embedder, loaded at its first use."""
        with self._lock:
            if self._embedder is None:
                from rag.embedder import load_embedder

                self._embedder = load_embedder(self._report)
            return self._embedder

    def close(self) -> None:
        """Let go of the archive's files."""
        self._generations.close()

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Writing

    def ingest(
        self,
        sources: str | Path | Iterable[str | Path],
        *,
        prune: bool = False,
        progress: "Progress | None" = None,
    ) -> IngestReport:
        """Read a file, a folder or a list of them into the archive.

        Unchanged files cost a look; a file that cannot be read is listed in the report. With
        `prune`, articles leave whose files are gone. Raises IngestError where there is nothing to
        read, ArchiveBusy where another process writes, ArchiveNotWritable.
        """
        from rag.ingest import ingest

        listed = [sources] if isinstance(sources, str | Path) else list(sources)
        return ingest(
            [Path(source) for source in listed],
            generations=self._generations,
            settings=self.settings,
            embedder=self.embedder,
            prune=prune,
            progress=progress,
        )

    def remove(self, article_id: str) -> None:
        """Take an article out. Raises ArticleNotFound."""
        from rag.ingest import remove

        removed = remove(
            article_id,
            generations=self._generations,
            settings=self.settings,
            embedder=self.embedder,
        )
        if not removed:
            raise ArticleNotFound(f"no article {article_id} in {self.home}")

    # Asking

    def search(self, query: str, *, k: int = 10, filters: Filters | None = None) -> list[Hit]:
        """The `k` best passages for a query."""
        from rag.retrieve import retrieve

        with self._snapshot() as snapshot:
            if not query.strip() or not snapshot.manifest.passages:
                return []
            return retrieve(
                _encodable(query),
                snapshot=snapshot,
                embedder=self.embedder,
                limit=k,
                depth=max(k, self.settings.depth),
                sides=self.settings.retrieval,
                filters=filters,
            )

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Answer | Turn | tuple[str, str]] = (),
        filters: Filters | None = None,
        as_of: date | None = None,
    ) -> Answer:
        """Answer a question; where the articles do not, the status is "not_found".

        `history` makes follow-ups understood; `as_of` hides what was published later.
        """
        stream = self.stream(question, history=history, filters=filters, as_of=as_of)
        for _ in stream:
            pass
        return stream.answer

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Answer | Turn | tuple[str, str]] = (),
        filters: Filters | None = None,
        as_of: date | None = None,
    ) -> "AnswerStream":
        """The same, a checked sentence at a time; see AnswerStream."""
        from rag.engine import AnswerStream, Resources

        if as_of is not None:
            given = filters or Filters()
            latest = min(as_of, given.published_to) if given.published_to else as_of
            filters = replace(given, published_to=latest)
        resources = Resources(self.settings, self._snapshot, lambda: self.embedder)
        return AnswerStream(
            _encodable(question), resources=resources, history=as_turns(history), filters=filters
        )

    def explain(self, question: str, article_id: str) -> dict[str, Any]:
        """Where an article's passages came among all that were found for a question."""
        found = self.search(question, k=200)
        mine = [hit for hit in found if hit.article_id == article_id]
        self.article(article_id)
        used = self.settings.passages
        if not mine:
            verdict = f"neither search found it among the best {len(found)} passages"
        elif mine[0].rank <= used:
            verdict = f"its best passage was number {mine[0].rank}: it was given to the answer"
        else:
            verdict = f"its best passage was number {mine[0].rank}; answers use the first {used}"
        return {"article_id": article_id, "verdict": verdict, "hits": [h.to_dict() for h in mine]}

    # Looking

    def article(self, article_id: str) -> Article:
        """One article. Raises ArticleNotFound."""
        with self._generations.snapshot() as snapshot:
            found = snapshot.catalog.article(article_id)
        if found is None:
            raise ArticleNotFound(f"no article {article_id} in {self.home}")
        return found

    def articles(self, filters: Filters | None = None) -> list[Article]:
        """All articles that pass the filters, newest first, undated last."""
        with self._generations.snapshot() as snapshot:
            return list(snapshot.catalog.articles(filters))

    def verify(self, answer: Answer) -> list[Verification]:
        """Hold every citation of a stored answer against the archive as it is now."""
        checked = []
        with self._generations.snapshot() as snapshot:
            for citation in answer.citations:
                article = snapshot.catalog.article(citation.article_id)
                if article is None:
                    passed, detail = False, "the article is not in the archive in this form"
                elif article.text[citation.start : citation.end] != citation.quote:
                    passed, detail = False, "the article no longer holds these words there"
                else:
                    passed, detail = True, ""
                checked.append(Verification(number=citation.number, passed=passed, detail=detail))
        return checked

    def status(self) -> Status:
        """What the archive holds."""
        with self._generations.snapshot() as snapshot:
            first, last, articles, undated = snapshot.catalog.span_of_days()
            manifest = snapshot.manifest
        size = sum(path.stat().st_size for path in self.home.rglob("*") if path.is_file())
        return Status(
            home=self.home,
            generation=manifest.generation,
            generations=tuple(self._generations.layout.names()),
            fingerprint=str(manifest.fingerprint),
            articles=articles,
            passages=manifest.passages,
            dead=manifest.dead,
            coverage=Coverage(first=first, last=last, articles=articles, undated=undated),
            bytes=size,
            created=manifest.created,
        )

    def doctor(self) -> list[Finding]:
        """Look for what could be wrong with the archive, and how to mend it."""
        from vectorstore import check_parity

        findings = []
        again = f"python -m rag ingest PATH --home {self.home}"
        with self._generations.snapshot() as snapshot:
            findings.append(Finding(check="opens", passed=True, detail=snapshot.name))
            try:
                check_parity(snapshot.catalog, snapshot.vectors)
                findings.append(Finding(check="parity", passed=True))
            except ArchiveDamaged as error:
                # An ingest would begin with a copy of what is damaged.
                anew = f"delete {self.home / 'CURRENT'}, then {again}"
                findings.append(Finding(check="parity", passed=False, detail=str(error), mend=anew))
        try:
            with self._snapshot():
                findings.append(Finding(check="fingerprint", passed=True))
        except FingerprintMismatch as error:
            findings.append(
                Finding(check="fingerprint", passed=False, detail=str(error), mend=again)
            )
        writable = os.access(self.home, os.W_OK)
        findings.append(
            Finding(
                check="writable",
                passed=writable,
                detail="" if writable else "read-only: it can be read, not added to",
            )
        )
        return findings

    # LlamaIndex

    def as_retriever(self, *, k: int = 10, filters: Filters | None = None) -> "BaseRetriever":
        """This archive as a LlamaIndex retriever."""
        from rag.llama import ArchiveRetriever

        return ArchiveRetriever(self, k=k, filters=filters)

    def as_query_engine(self, *, filters: Filters | None = None) -> "BaseQueryEngine":
        """This archive as a LlamaIndex query engine; source nodes are the cited passages."""
        from rag.llama import ArchiveQueryEngine

        return ArchiveQueryEngine(self, filters=filters)

    def _snapshot(self) -> "AbstractContextManager[Snapshot]":
        return _Matching(self._generations, self)


def _encodable(text: str) -> str:
    """The text without lone surrogates, which a command line's bytes that are not UTF-8 become."""
    return text.encode("utf-8", "replace").decode()


class _Matching(AbstractContextManager[Snapshot]):
    """A snapshot whose vectors are those of the embedder in force."""

    def __init__(self, generations: Generations, archive: Archive) -> None:
        self._inner = generations.snapshot()
        self._archive = archive

    def __enter__(self) -> Snapshot:
        snapshot = self._inner.__enter__()
        built = snapshot.manifest.fingerprint.embedder
        wanted = self._archive.embedder.fingerprint
        if built != wanted:
            self._inner.__exit__(None, None, None)
            raise FingerprintMismatch(
                f"{self._archive.home} was built with the embedder {built} and this is {wanted};"
                " ingest once more to rebuild it"
            )
        return snapshot

    def __exit__(self, *error: Any) -> None:
        self._inner.__exit__(*error)
