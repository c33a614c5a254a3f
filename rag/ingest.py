"""From files to a new generation of the archive."""

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from corpus import Article, CorpusError, Passage, find_files, parse_article, read_bytes, split_passages
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
        if not source.exists():
            raise IngestError(f"{source}: no such file or folder")
    paths = list(dict.fromkeys(p.resolve() for source in sources for p in find_files(source)))
    if not paths and not prune:
        listed = ", ".join(map(str, sources))
        raise IngestError(f"{listed}: no article here (read are .md and .txt files)")

    with generations.writer():
        live = _live_manifest(generations)
        wanted = fingerprint(settings, embedder)
        known = _known_files(generations, live)
        plan = _plan(paths, known, settings=settings, report=report)
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
        if plan.files or plan.gone or rebuild or live is None:
            removed, embedded = _apply(
                plan, generations, wanted, settings, embedder, rebuild=rebuild, report=report
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
    with generations.writer():
        with generations.snapshot() as snapshot:
            if snapshot.catalog.article(article_id) is None:
                return False
            files = [r.path for r in snapshot.catalog.files().values() if r.article_id == article_id]
        plan = _Plan(gone=files)
        _apply(plan, generations, fingerprint(settings, embedder), settings, embedder,
               rebuild=False, report=lambda *_: None, removing=[article_id])
    return True


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
) -> _Plan:
    plan = _Plan()
    held = {record.article_id for record in known.values()}
    for done, path in enumerate(paths, 1):
        report("reading", done, len(paths))
        try:
            stat = path.stat() if path.is_file() else None
            old = known.get(path)
            if old and stat and (old.size, old.mtime_ns) == (stat.st_size, stat.st_mtime_ns):
                plan.unchanged += 1
                continue
            data = read_bytes(path, limit=settings.largest_file)
            sha256 = hashlib.sha256(data).hexdigest()
            if old and old.sha256 == sha256:
                plan.unchanged += 1
                continue
            article = parse_article(data, path=path)
        except CorpusError as error:
            plan.failed.append((str(path), error.reason))
            continue
        except OSError as error:
            plan.failed.append((str(path), error.strerror or type(error).__name__))
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
            plan.updated += 1
        elif article.id in held:
            plan.duplicates += 1
        else:
            plan.added += 1
        held.add(article.id)
        plan.articles.setdefault(article.id, article)
    return plan


def _vanished(
    known: Iterable[Path], sources: Sequence[Path], found: Sequence[Path]
) -> list[Path]:
    roots = [source.resolve() for source in sources]
    here = set(found)
    return [
        path
        for path in known
        if path not in here and any(path == root or root in path.parents for root in roots)
    ]


def _apply(
    plan: _Plan,
    generations: Generations,
    wanted: Fingerprint,
    settings: Settings,
    embedder: "OnnxEmbedder",
    *,
    rebuild: bool,
    report: Progress,
    removing: Sequence[str] = (),
) -> tuple[int, int]:
    """Write the next generation; how many articles left it and how many passages were embedded."""
    with translated(generations.layout.home):
        cache = EmbeddingCache(generations.layout.embeddings, embedder=wanted.embedder)
    try:
        with generations.draft(wanted, rebuild=rebuild) as draft:
            embedded = 0
            if rebuild:
                embedded += _carry_over(draft, generations, settings, embedder, cache, report)
            before = {record.path: record.article_id for record in draft.catalog.files().values()}
            embedded += _add(draft, list(plan.articles.values()), settings, embedder, cache, report)
            for record in plan.files:
                draft.catalog.put_file(record)
            for path in plan.gone:
                draft.catalog.drop_file(path)
            touched = {before[r.path] for r in plan.files if r.path in before}
            touched |= {before[path] for path in plan.gone if path in before}
            still = {record.article_id for record in draft.catalog.files().values()}
            orphans = [*removing, *sorted(touched - still - set(removing))]
            for article_id in orphans:
                gone = draft.catalog.remove(article_id)
                draft.vectors.delete_nodes(gone)
                draft.dead += len(gone)
        # An article whose file now holds another text was updated, not removed.
        left = len([p for p in plan.gone if p in before]) if not removing else len(removing)
        return left, embedded
    finally:
        cache.close()


def _carry_over(
    draft: Draft,
    generations: Generations,
    settings: Settings,
    embedder: "OnnxEmbedder",
    cache: EmbeddingCache,
    report: Progress,
) -> int:
    """Cut and embed anew every article that the live generation holds."""
    with generations.snapshot() as live:
        articles = list(live.catalog.articles())
        files = list(live.catalog.files().values())
        embedded = _add(draft, articles, settings, embedder, cache, report)
        for record in files:
            draft.catalog.put_file(record)
    return embedded


def _add(
    draft: Draft,
    articles: Sequence[Article],
    settings: Settings,
    embedder: "OnnxEmbedder",
    cache: EmbeddingCache,
    report: Progress,
) -> int:
    """Add articles with their passages and vectors; how many passages had to be embedded."""
    cut = [
        (article, split_passages(
            article, count_tokens=embedder.count_tokens, budget=settings.passage_tokens
        ))
        for article in articles
    ]
    work = [(article, passage) for article, passages in cut for passage in passages]
    embedded = 0
    for start in range(0, len(work), _EMBED_STEP):
        part = work[start : start + _EMBED_STEP]
        embedded += _upsert(draft, part, embedder, cache)
        report("embedding", min(start + _EMBED_STEP, len(work)), len(work))
    for article, passages in cut:
        gone = draft.catalog.remove(article.id)
        stale = set(gone) - {passage.id for passage in passages}
        draft.vectors.delete_nodes(sorted(stale))
        draft.dead += len(gone)
        draft.catalog.add(article, passages)
    return embedded


def _upsert(
    draft: Draft,
    part: Sequence[tuple[Article, Passage]],
    embedder: "OnnxEmbedder",
    cache: EmbeddingCache,
) -> int:
    texts = [passage.embedded for _, passage in part]
    known = cache.get(texts)
    missing = [text for text in dict.fromkeys(texts) if text not in known]
    if missing:
        vectors = embedder.embed(missing)
        cache.put(missing, vectors)
        known |= dict(zip(missing, vectors, strict=True))
    draft.vectors.upsert(
        [passage.id for _, passage in part],
        np.stack([known[text] for text in texts]),
        [article_metadata(article) for article, _ in part],
    )
    return len(missing)


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


