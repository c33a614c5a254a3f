"""From files to a new generation of the archive."""

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from corpus import (
    Article,
    CorpusError,
    Passage,
    find_files,
    parse_article,
    read_bytes,
    split_passages,
)
from rag.errors import IngestError
from rag.settings import Settings
from rag.types import IngestReport
from vectorstore import (
    Catalog,
    Draft,
    EmbeddingCache,
    FileRecord,
    Fingerprint,
    Generations,
    Manifest,
    day_number,
)
from vectorstore.generations import translated

if TYPE_CHECKING:
    from rag.embedder import OnnxEmbedder

__all__ = ["Progress", "fingerprint", "ingest", "remove"]

Progress = Callable[[str, int, int], None]
"""Told the stage ("reading" or "embedding"), how many are done and how many there are."""

CLEANING = "1"
"""Raise it when the same file would give another clean text, so that archives are rebuilt."""

_EMBED_STEP = 64
"""Passages between two commits of the embedding cache: what a crash can lose."""


def fingerprint(settings: Settings, embedder: "OnnxEmbedder") -> Fingerprint:
    """What the index depends on under these settings."""
    return Fingerprint(
        embedder=embedder.fingerprint,
        passages=f"sentences:{settings.passage_tokens}",
        cleaning=CLEANING,
    )


@dataclass
class _Plan:
    """The difference between the files and the archive."""

    articles: dict[str, Article] = field(default_factory=dict)
    """New ones by id."""
    files: list[FileRecord] = field(default_factory=list)
    """Files to note, with the article each holds."""
    gone: list[Path] = field(default_factory=list)
    """Files to forget."""
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)


def ingest(
    sources: Sequence[Path],
    *,
    generations: Generations,
    settings: Settings,
    embedder: "OnnxEmbedder",
    prune: bool = False,
    progress: Progress | None = None,
) -> IngestReport:
    """Bring the archive up to date with the files; a file that fails is listed, not fatal.

    With `prune`, articles leave whose file lay under one of `sources` and is gone. Nothing is
    written where nothing changed. Raises IngestError where no file could be read at all.
    """
    began = time.monotonic()
    report = progress or (lambda *_: None)
    for source in sources:
        if not os.path.lexists(source):
            raise IngestError(f"{source}: no such file or folder")
    paths = list(dict.fromkeys(_place(p) for source in sources for p in find_files(source)))
    if not paths and not (prune and generations.layout.current()):
        listed = ", ".join(map(str, sources))
        raise IngestError(f"{listed}: no article here (read are .md and .txt files)")

    with generations.writer():
        live = _live_manifest(generations)
        wanted = fingerprint(settings, embedder)
        known = _known_files(generations, live)
        reread = live is not None and live.fingerprint.cleaning != wanted.cleaning
        if reread:
            paths = list(dict.fromkeys((*paths, *(path for path in known if path.is_file()))))
        plan = _plan(paths, known, settings=settings, report=report, reread=reread)
        if prune:
            plan.gone += _vanished(known, sources, paths)
        if plan.failed and not plan.files and not plan.unchanged and not plan.gone:
            first = plan.failed[0]
            more = f" (and {len(plan.failed) - 1} more)" if len(plan.failed) > 1 else ""
            raise IngestError(f"{first[0]}: {first[1]}{more}; nothing could be read")
        rebuild = live is not None and (
            live.fingerprint != wanted or generations.worth_rebuilding(live)
        )
        removed = embedded = 0
        if plan.files or plan.gone or rebuild:
            removed, embedded = _apply(
                plan,
                generations=generations,
                wanted=wanted,
                settings=settings,
                embedder=embedder,
                rebuild=rebuild,
                report=report,
            )
        now = _live_manifest(generations)
    return IngestReport(
        added=plan.added,
        updated=plan.updated,
        unchanged=plan.unchanged,
        removed=removed,
        duplicates=plan.duplicates,
        failed=tuple(plan.failed),
        seconds=round(time.monotonic() - began, 3),
        articles=now.articles if now else 0,
        passages=now.passages if now else 0,
        embedded=embedded,
    )


def remove(
    article_id: str, *, generations: Generations, settings: Settings, embedder: "OnnxEmbedder"
) -> bool:
    """Take one article out of the archive; False where it was not in it."""
    with generations.snapshot():
        pass  # there is an archive: the writer's lock would make its folder
    with generations.writer(), generations.snapshot() as snapshot:
        if snapshot.catalog.article(article_id) is None:
            return False
        known = snapshot.catalog.files().values()
        _apply(
            _Plan(gone=[record.path for record in known if record.article_id == article_id]),
            generations=generations,
            wanted=snapshot.manifest.fingerprint,  # nothing is cut or embedded anew
            settings=settings,
            embedder=embedder,
            removing=[article_id],
        )
    return True


def _place(path: Path) -> Path:
    """The absolute path, links to folders resolved; a link to a file keeps its own name."""
    return path.parent.resolve() / path.name if path.name else path.resolve()


def _live_manifest(generations: Generations) -> Manifest | None:
    name = generations.layout.current()
    return generations.layout.generation(name).read_manifest() if name else None


def _known_files(generations: Generations, live: Manifest | None) -> dict[Path, FileRecord]:
    if live is None:
        return {}
    catalog = Catalog(generations.layout.generation(live.generation).catalog)
    try:
        with translated(generations.layout.home):
            return catalog.files()
    finally:
        catalog.close()


def _plan(
    paths: Sequence[Path],
    known: dict[Path, FileRecord],
    *,
    settings: Settings,
    report: Progress,
    reread: bool,
) -> _Plan:
    """What the files hold that the archive does not; `reread` takes none as read."""
    plan = _Plan()
    held = {record.article_id for record in known.values()}
    for done, path in enumerate(paths, 1):
        report("reading", done, len(paths))
        name = str(path).encode("utf-8", "replace").decode()
        if name != str(path):
            plan.failed.append((name, "its name is not valid UTF-8"))
            continue
        try:
            stat = path.stat() if path.is_file() else None
            old = known.get(path)
            seen = (stat.st_size, stat.st_mtime_ns) if stat else None
            if old and not reread and (old.size, old.mtime_ns) == seen:
                plan.unchanged += 1
                continue
            data = read_bytes(path, limit=settings.largest_file)
            sha256 = hashlib.sha256(data).hexdigest()
            if old and not reread and old.sha256 == sha256:
                plan.unchanged += 1
                continue
            article = parse_article(data, path=path)
        except CorpusError as error:
            plan.failed.append((name, error.reason))
            continue
        except OSError as error:
            plan.failed.append((name, error.strerror or type(error).__name__))
            continue
        plan.files.append(
            FileRecord(
                path=path,
                article_id=article.id,
                size=len(data),
                mtime_ns=stat.st_mtime_ns if stat else 0,
                sha256=sha256,
            )
        )
        if old:
            plan.updated += old.sha256 != sha256
            plan.unchanged += old.sha256 == sha256
        elif article.id in held:
            plan.duplicates += 1
            continue
        else:
            plan.added += 1
        held.add(article.id)
        plan.articles.setdefault(article.id, article)
    return plan


def _vanished(known: Iterable[Path], sources: Sequence[Path], found: Sequence[Path]) -> list[Path]:
    """Known files under `sources` that are gone; those in a folder that is not readable are not."""
    roots = {_place(source) for source in sources} | {source.resolve() for source in sources}
    here = set(found)
    return [
        path
        for path in known
        if here.isdisjoint((path, *path.parents)) and not roots.isdisjoint((path, *path.parents))
    ]


@dataclass(frozen=True)
class _Writing:
    """What the steps of one write share."""

    draft: Draft
    settings: Settings
    embedder: "OnnxEmbedder"
    cache: EmbeddingCache
    report: Progress

    def add(self, articles: Sequence[Article]) -> int:
        """Add articles with their passages and vectors; how many passages had to be embedded."""
        cut = [(article, self._cut(article)) for article in articles]
        work = [(article, passage) for article, passages in cut for passage in passages]
        embedded = 0
        for start in range(0, len(work), _EMBED_STEP):
            part = work[start : start + _EMBED_STEP]
            embedded += self._upsert(part)
            self.report("embedding", start + len(part), len(work))
        for article, passages in cut:
            gone = self.draft.catalog.add(article, passages)
            stale = set(gone) - {passage.id for passage in passages}
            self.draft.vectors.delete_nodes(sorted(stale))
            self.draft.dead += len(gone)
        return embedded

    def _cut(self, article: Article) -> list[Passage]:
        budget = self.settings.passage_tokens
        return split_passages(article, count_tokens=self.embedder.count_tokens, budget=budget)

    def _upsert(self, part: Sequence[tuple[Article, Passage]]) -> int:
        texts = [passage.embedded for _, passage in part]
        known = self.cache.get(texts)
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            vectors = self.embedder.embed(missing)
            self.cache.put(missing, vectors)
            known |= dict(zip(missing, vectors, strict=True))
        self.draft.vectors.upsert(
            [passage.id for _, passage in part],
            np.stack([known[text] for text in texts]),
            [article_metadata(article) for article, _ in part],
        )
        return len(missing)


def _apply(
    plan: _Plan,
    *,
    generations: Generations,
    wanted: Fingerprint,
    settings: Settings,
    embedder: "OnnxEmbedder",
    rebuild: bool = False,
    report: Progress = lambda *_: None,
    removing: Sequence[str] = (),
) -> tuple[int, int]:
    """Write the next generation; how many articles left it and how many passages were embedded."""
    with translated(generations.layout.home):
        cache = EmbeddingCache(generations.layout.embeddings, embedder=wanted.embedder)
    try:
        with generations.draft(wanted, rebuild=rebuild) as draft:
            catalog = draft.catalog
            writing = _Writing(draft, settings, embedder, cache, report)
            embedded = _carry_over(writing, generations) if rebuild else 0
            before = {record.path: record.article_id for record in catalog.files().values()}
            embedded += writing.add(list(plan.articles.values()))
            for record in plan.files:
                catalog.put_file(record)
            for path in plan.gone:
                catalog.drop_file(path)
            held = {record.article_id for record in catalog.files().values()}
            # A file that now holds another text leaves its old one too: updated, not removed.
            replaced = {before[r.path] for r in plan.files if r.path in before} - held
            left = ({before[path] for path in plan.gone if path in before} - held) | {*removing}
            for article_id in sorted(replaced | left):
                gone = catalog.remove(article_id)
                draft.vectors.delete_nodes(gone)
                draft.dead += len(gone)
        return len(left), embedded
    finally:
        cache.close()


def _carry_over(writing: _Writing, generations: Generations) -> int:
    """Cut and embed anew every article that the live generation holds."""
    with generations.snapshot() as live:
        embedded = writing.add(list(live.catalog.articles()))
        for record in live.catalog.files().values():
            writing.draft.catalog.put_file(record)
    return embedded


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
