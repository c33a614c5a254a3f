"""Articles into the next generation: cut, embedded and kept, a bounded batch at a time."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from corpus import Article, Passage, TimeMention, TokenCounter, split_passages
from corpus.times import time_mentions
from rag.embedding import Embedder, mismatch, other_length
from rag.settings import Settings
from vectorstore import (
    Catalog,
    Draft,
    EmbeddingCache,
    FileRecord,
    Fingerprint,
    Generations,
    day_number,
)
from vectorstore.errors import translated
from vectorstore.nearest import keep_vectors
from vectorstore.settle import Settled, settle

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = dict[str, NDArray[np.float32]]

__all__ = ["Writing", "article_metadata", "next_generation"]

_FIRST, _BATCH = 64, 256
"""Passages that wait together: few at first, so that embedding begins at once; then enough to keep
every core at work, little enough to hold."""
_STEP = 256
"""Passages between two commits of the embedding cache: what a crash can lose. At the end of each a
core waits for the other: by itself the embedder took 4 to 8 % longer in steps of 64."""


@dataclass
class _Batch:
    """Articles with their passages, and the files that end among them."""

    articles: list[tuple[Article, list[Passage], list[TimeMention]]] = field(default_factory=list)
    files: list[FileRecord] = field(default_factory=list)
    passages: int = 0


class Writing:
    """One write of a draft. While one batch is embedded the one before it is written.

    Use it as a context manager: what is queued is written when the block ends without an error.
    An embedding is in the cache as soon as it is computed, whatever becomes of the draft.
    """

    def __init__(
        self,
        draft: Draft,
        *,
        settings: Settings,
        embedder: Embedder,
        count_tokens: TokenCounter,
        cache: EmbeddingCache,
    ) -> None:
        self.draft = draft
        self.embedded = 0
        """Passages that no cache knew."""
        self.written = 0
        """Passages written."""
        self.built_from: Catalog | None = None
        """The catalog that a draft which began empty is built from."""
        self.settled = Settled()
        """What became of copies and versions, once the writing has ended."""
        self._settings = settings
        self._embedder = embedder
        self._count_tokens = count_tokens
        self._cache = cache
        self._batch = _Batch()
        self._enough = _FIRST
        self._embedding: tuple[_Batch, Future[Vectors]] | None = None
        self._stopped = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embedding")

    def __enter__(self) -> "Writing":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self.flush()
                self._settle()
        finally:
            self._stopped = True
            self._thread.shutdown(cancel_futures=True)

    def put(self, article: Article) -> None:
        """Add an article, or replace the one of its id."""
        passages = split_passages(
            article,
            count_tokens=self._count_tokens,
            budget=self._settings.passage_tokens,
            overlap=self._settings.passage_overlap,
            titled=self._settings.embed_title,
        )
        self._batch.articles.append((article, passages, time_mentions(article)))
        self._batch.passages += len(passages)
        if self._batch.passages >= self._enough:
            self._turn()
            self._enough = min(2 * self._enough, _BATCH)

    def note(self, record: FileRecord) -> None:
        """Note a file as read, once the articles put before it are written."""
        self._batch.files.append(record)
        if len(self._batch.files) >= _BATCH:
            self._turn()

    def forget(self, path: Path) -> None:
        """Take a file's name off its articles."""
        self.draft.catalog.drop_file(path)

    def remove(self, article_ids: Iterable[str]) -> None:
        """Take articles out."""
        for article_id in article_ids:
            gone = self.draft.catalog.remove(article_id)
            self.draft.discard(gone)
            self.draft.dead += len(gone)

    def flush(self) -> None:
        """Write all that was put."""
        self._turn()
        self._land()

    def _settle(self) -> None:
        """Group copies and versions as they are now; an older version may become live again."""
        self.settled = settle(self.draft.catalog, earlier=self.built_from)
        self.draft.discard(self.settled.passages)
        self.draft.dead += len(self.settled.passages)
        for article in self.settled.revived:
            self.put(article)
        self.flush()

    def _turn(self) -> None:
        """Begin to embed what is queued and write what has been embedded meanwhile."""
        batch, self._batch = self._batch, _Batch()
        texts = [passage.embedded for _, passages, _ in batch.articles for passage in passages]
        embedding = self._thread.submit(self._embed, texts)
        self._land()
        self._embedding = batch, embedding

    def _embed(self, texts: list[str]) -> "Vectors":
        known = self._cache.get(texts)
        # Longest first: no thread is left alone with a long text at the end.
        missing = sorted((t for t in dict.fromkeys(texts) if t not in known), key=len, reverse=True)
        built, wanted = self.draft.fingerprint.embedder, self._embedder.fingerprint
        if missing and built != wanted:
            # Removing goes on with another embedder in force, until an older version comes back.
            raise mismatch(self._cache.path.parent, built=built, wanted=wanted)
        for start in range(0, len(missing), _STEP):
            if self._stopped:
                break
            part = missing[start : start + _STEP]
            vectors = self._embedder.embed(part)
            self._cache.put(part, vectors)
            known |= dict(zip(part, vectors, strict=True))
            self.embedded += len(part)
        return known

    def _land(self) -> None:
        """Write the batch whose embeddings are ready."""
        if self._embedding is None:
            return
        import numpy as np

        (batch, embedding), self._embedding = self._embedding, None
        vectors = embedding.result()
        rows = [(article, passage) for article, cut, _ in batch.articles for passage in cut]
        for article, passages, times in batch.articles:
            gone = self.draft.catalog.add(article, passages, times)
            stale = set(gone) - {passage.id for passage in passages}
            self.draft.discard(sorted(stale))
            self.draft.dead += len(gone)
        if rows:
            ids = [passage.id for _, passage in rows]
            metadatas = [article_metadata(article) for article, _ in rows]
            try:
                stacked = np.stack([vectors[passage.embedded] for _, passage in rows])
                self.draft.vectors.upsert(ids, stacked, metadatas)
            except ValueError as error:
                raise other_length(self._embedder.fingerprint) from error
            keep_vectors(self.draft.catalog, ids, stacked)
        for record in batch.files:
            self.draft.catalog.put_file(record)
        self.written += len(rows)


def article_metadata(article: Article) -> dict[str, Any]:
    """What the vector index can filter a passage of this article by."""
    metadata: dict[str, Any] = {
        "article_id": article.id,
        "day": day_number(article.day),
        "source": article.source.casefold(),
        "section": article.section.casefold(),
    }
    if article.authors:
        metadata["authors"] = [author.casefold() for author in article.authors]
    return metadata


@contextmanager
def next_generation(
    generations: Generations,
    wanted: Fingerprint,
    *,
    settings: Settings,
    embedder: Embedder,
    count_tokens: TokenCounter,
    rebuild: bool = False,
) -> Iterator[Writing]:
    """The next generation, open for writing; it is live when the block ends without an error."""
    with translated(generations.layout.home):
        cache = EmbeddingCache(generations.layout.embeddings, embedder=wanted.embedder)
    with (
        closing(cache),
        generations.draft(wanted, rebuild=rebuild) as draft,
        Writing(
            draft, settings=settings, embedder=embedder, count_tokens=count_tokens, cache=cache
        ) as writing,
    ):
        yield writing
