"""The facade: everything that can be asked of an archive."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from rag import upkeep
from rag.backup import Backup, Rebuilt, backup, rebuild
from rag.conversation_file import CONVERSATIONS
from rag.conversations import Conversations
from rag.doctor import Finding, doctor
from rag.embedding import (
    Embedder,
    LazyEmbedder,
    LazyMatcher,
    as_embedder,
    chosen_embedder,
    matching,
)
from rag.errors import ArticleNotFound
from rag.rerank import LazyReader, Reads
from rag.shelves import Shelves
from rag.types import Answer, Explanation, Hit, IngestReport, Turn
from rag.upkeep import Rollback, Status
from rag.words import encodable
from vectorstore import Filters, Generations, Snapshot

if TYPE_CHECKING:
    from llama_index.core.base.base_query_engine import BaseQueryEngine
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from llama_index.core.retrievers import BaseRetriever

    from rag.changes import Approve, Progress
    from rag.engine import AnswerStream
    from rag.search import Found
    from rag.settings import Settings
    from rag.weights import Report

__all__ = ["Archive"]


class Archive(Shelves):
    """An archive of articles on disk; `conversations` keeps what was asked of it.

    Opening is quick and touches nothing; the first call that needs it loads the embedder. Safe
    to share between threads. Reading where nothing was ingested raises ArchiveNotFound.

        archive = Archive.open("path/to/archive")
        archive.ingest("articles/")
        print(archive.ask("Who said what?").text)
    """

    def __init__(
        self,
        settings: "Settings",
        *,
        embedder: "Embedder | BaseEmbedding | None" = None,
        reader: Reads | None = None,
        report: "Report | None" = None,
    ) -> None:
        self.settings = settings
        self._generations = Generations(settings.home, chroma_url=settings.chroma_url)
        self._embedder = as_embedder(embedder) if embedder else chosen_embedder(settings, report)
        self._matcher = LazyMatcher(report)
        self._reader = (reader or LazyReader(report)) if settings.reader == "on" else None
        self.conversations = Conversations(settings.home / CONVERSATIONS)

    @classmethod
    def open(
        cls,
        home: str | Path | None = None,
        *,
        settings: "Settings | None" = None,
        embedder: "Embedder | BaseEmbedding | None" = None,
        reader: Reads | None = None,
        report: "Report | None" = None,
    ) -> "Archive":
        """The archive in the folder `home` (default: DOSSIER_HOME, else ./.dossier).

        The setting `embedder` says what searches by meaning, unless one is given: one of ours
        (`rag.embedding.Embedder`) or any LlamaIndex embedding. `report` is told in one line when
        weights have to be fetched.
        """
        from rag.settings import load_settings

        chosen = settings or load_settings()
        if home is not None:
            chosen = chosen.model_copy(update={"home": Path(home)})
        return cls(chosen, embedder=embedder, reader=reader, report=report)

    @property
    def embedder(self) -> Embedder:
        """The embedder, loaded at its first use."""
        return self._embedder.load() if isinstance(self._embedder, LazyEmbedder) else self._embedder

    def close(self) -> None:
        """Let go of the archive's files."""
        self._generations.close()
        self.conversations.close()

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def load(self) -> None:
        """Load the models and open the index now, and not when the first question comes.

        Raises WeightsError, and what reading an archive raises.
        """
        from rag import engine  # noqa: F401  with the libraries that it takes

        for part in (self._embedder, self._matcher, self._reader):
            if isinstance(part, LazyEmbedder | LazyMatcher | LazyReader):
                part.load()
        with self._snapshot() as snapshot:
            _ = snapshot.held or snapshot.vectors

    # Writing

    def ingest(
        self,
        sources: str | Path | Iterable[str | Path],
        *,
        prune: bool = False,
        dry_run: bool = False,
        fields: Mapping[str, str] | None = None,
        approve: "Approve | None" = None,
        progress: "Progress | None" = None,
    ) -> IngestReport:
        """Read a file, a folder, a pattern ("news/**/*.html") or a list of them into the archive.

        Unchanged files cost a look; a file that cannot be read is listed in the report. With
        `prune`, articles leave whose files are gone; `approve` is asked first, with the list of
        them. With `dry_run` nothing is written. `fields` names the columns or keys of tables that
        do not go by a usual name: {"text": "body"}. Raises IngestError where there is nothing to
        read, ArchiveBusy where another process writes, ArchiveNotWritable.
        """
        from rag.ingest import ingest

        listed = [sources] if isinstance(sources, str | Path) else list(sources)
        return ingest(
            [Path(source) for source in listed],
            generations=self._generations,
            settings=self.settings,
            embedder=self._embedder,
            count_tokens=self._matcher.count_tokens,
            prune=prune,
            dry_run=dry_run,
            fields=fields,
            approve=approve,
            progress=progress,
        )

    def remove(self, article_id: str) -> None:
        """Take an article out. Raises ArticleNotFound."""
        from rag.ingest import remove

        removed = remove(
            article_id,
            generations=self._generations,
            settings=self.settings,
            embedder=self._embedder,
            count_tokens=self._matcher.count_tokens,
        )
        if not removed:
            raise ArticleNotFound(f"no article {article_id} in {self.home}")

    # Asking

    def search(
        self,
        query: str,
        *,
        k: int = 10,
        filters: Filters | None = None,
        rerank: bool = True,
    ) -> list[Hit]:
        """The `k` best passages for a query; words in quotation marks must stand there as they are.

        First come those that an answer would see; of the others, which follow as they were found,
        `dropped` says why it would not. The first are read by the reader and put into its order,
        unless `rerank` is false or the setting `reader` is "off": quicker by what reading 16
        passages takes.
        """
        found = self._find(query, depth=k, most=k, filters=filters, rerank=rerank)
        return [*found.hits, *found.others][:k]

    def _find(
        self,
        query: str,
        *,
        depth: int = 0,
        most: int | None = None,
        filters: Filters | None = None,
        rerank: bool = True,
    ) -> "Found":
        from rag.query import parse
        from rag.search import Found, find_passages

        query = encodable(query)
        with self._snapshot() as snapshot:
            if not query.strip() or not snapshot.manifest.passages:
                return Found(hits=[], others=[], readings=[])
            return find_passages(
                query,
                snapshot=snapshot,
                embedder=self._embedder,
                reader=self._reader if rerank else None,
                settings=self.settings,
                filters=filters,
                phrases=parse(query, today=date.today()).phrases,
                depth=depth,
                most=most,
            )

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Answer | Turn | tuple[str, str]] = (),
        filters: Filters | None = None,
        as_of: date | None = None,
        by_days: bool = True,
    ) -> Answer:
        """Answer a question; where the articles do not, the status is "not_found".

        `history` makes follow-ups understood. Words of the question about publication ("in last
        week's articles") become part of the answer's `filters`, unless `by_days` is false, counted
        from today or, where it is given, from `as_of`, which hides what was published later.
        """
        stream = self.stream(
            question, history=history, filters=filters, as_of=as_of, by_days=by_days
        )
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
        by_days: bool = True,
    ) -> "AnswerStream":
        """The same, a checked sentence at a time; see AnswerStream."""
        from rag.engine import AnswerStream, Resources
        from rag.query import up_to

        resources = Resources(
            self.settings, self._snapshot, self._embedder, self._matcher, self._reader
        )
        return AnswerStream(
            encodable(question),
            resources=resources,
            history=history,
            filters=up_to(as_of, filters),
            today=as_of,
            by_days=by_days,
        )

    def explain(
        self,
        question: str,
        article_id: str,
        *,
        filters: Filters | None = None,
        as_of: date | None = None,
        by_days: bool = True,
    ) -> Explanation:
        """Why an article was or was not used for a question: "why not this one?".

        The question is read as `ask` reads it under the same arguments. Raises ArticleNotFound.
        """
        from rag.compare import of_outlet, together
        from rag.explain import explain
        from rag.query import parse, up_to, with_days

        self.article(article_id)
        query = parse(encodable(question), today=as_of or date.today(), by_days=by_days)
        filters = with_days(up_to(as_of, filters), query)
        with self._snapshot() as snapshot:
            outlets = snapshot.catalog.outlets() if query.parts else ()
            parts = [
                self._find(part.question, filters=of_outlet(part, outlets, filters))
                for part in query.parts
            ]
            return explain(
                query.text,
                article_id,
                found=together(parts) if parts else self._find(query.text, filters=filters),
                snapshot=snapshot,
                embedder=self._embedder,
                filters=filters,
                phrases=query.phrases,
            )

    # Upkeep

    def status(self) -> Status:
        """What the archive holds."""
        return upkeep.status(self._generations)

    def doctor(self) -> list[Finding]:
        """Look for what could be wrong with the archive, and how to mend it."""
        from rag.ingest import fingerprint

        return doctor(self._generations, wanted=lambda: fingerprint(self.settings, self._embedder))

    def rollback(self, *, to: str = "") -> Rollback:
        """Make the generation that was live before live again, or the kept one named `to`.

        Raises NoEarlierGeneration, ArchiveDamaged where that one is not whole, ArchiveBusy,
        ArchiveNotWritable; then the live one stays.
        """
        return upkeep.rollback(self._generations, to=to)

    def backup(self, target: str | Path) -> Backup:
        """Copy the archive as it is now to a new folder, while it may be read and written.

        The copy is an archive itself. Raises BackupError, ArchiveDamaged, ArchiveNotWritable.
        """
        return backup(self._generations, Path(target))

    def rebuild(self, *, progress: "Progress | None" = None) -> Rebuilt:
        """Build the index anew from the archive's own articles; see `rag.backup.rebuild`."""
        return rebuild(
            self._generations,
            settings=self.settings,
            embedder=self._embedder,
            count_tokens=self._matcher.count_tokens,
            progress=progress,
        )

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
        return matching(self._generations, self._embedder)
