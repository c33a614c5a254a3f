"""From files to a new generation of the archive: what changed, and what to do about it."""

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path

from corpus import SUFFIXES, ReadOptions, TokenCounter, find_files
from corpus.finding import is_pattern
from rag.changes import Approve, Changes, Progress
from rag.embedding import Embedder
from rag.errors import IngestError
from rag.settings import Settings
from rag.types import IngestReport
from rag.uploads import uploads_folder
from rag.writing import Writing, next_generation
from vectorstore import Fingerprint, Generations, Manifest
from vectorstore.stories import count_stories

__all__ = ["fingerprint", "ingest", "remove"]

CLEANING = "2"
"""Raise it when the same file would give another clean text, so that archives are rebuilt."""
_PASSAGES = "sentences-3"
"""Raise it when the same text would be cut or embedded otherwise."""


def fingerprint(settings: Settings, embedder: Embedder) -> Fingerprint:
    """What the index depends on under these settings."""
    cut = [f"{_PASSAGES}:{settings.passage_tokens}"]
    # What is off by default has no name, so that archives from before it was a setting stand.
    cut += [f"overlap-{settings.passage_overlap}"] if settings.passage_overlap else []
    cut += [] if settings.embed_title else ["untitled"]
    return Fingerprint(
        embedder=embedder.fingerprint,
        passages=":".join(cut),
        cleaning=CLEANING,
    )


def ingest(
    sources: Sequence[Path],
    *,
    generations: Generations,
    settings: Settings,
    embedder: Embedder,
    count_tokens: TokenCounter,
    prune: bool = False,
    dry_run: bool = False,
    fields: Mapping[str, str] | None = None,
    approve: Approve | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Bring the archive up to date with the files; a file that fails is listed, not fatal.

    With `prune`, articles leave whose file lay under one of `sources` and is gone, or that are
    gone from their file. Nothing is written where nothing changed, nor with `dry_run`, which
    tells what would be done. `fields` is ReadOptions.fields; `approve` is asked before articles
    are taken out; `count_tokens` measures passages. Raises IngestError where no file could be read
    at all.
    """
    began = time.monotonic()
    home = generations.layout.home.resolve()
    uploads = uploads_folder(home)
    paths = [
        path for path in _paths(sources) if home not in path.parents or uploads in path.parents
    ]
    if not paths and not (prune and generations.layout.current()):
        kinds = " ".join(sorted(SUFFIXES))
        raise IngestError(f"{', '.join(map(str, sources))}: no article here (read are {kinds})")
    wanted = fingerprint(settings, embedder)
    with ExitStack() as stack:
        stack.enter_context(nullcontext() if dry_run else generations.writer())
        live = _live_manifest(generations)
        catalog = stack.enter_context(generations.snapshot()).catalog if live else None
        rebuild = live is not None and (
            live.fingerprint != wanted or generations.worth_rebuilding(live)
        )
        reread = live is not None and live.fingerprint.cleaning != wanted.cleaning
        known = [Path(path) for path in catalog.files()] if catalog and (reread or prune) else []
        if reread:
            paths = list(dict.fromkeys((*paths, *(path for path in known if path.is_file()))))

        def begin() -> Writing:
            return stack.enter_context(
                next_generation(
                    generations,
                    wanted,
                    settings=settings,
                    embedder=embedder,
                    count_tokens=count_tokens,
                    rebuild=rebuild,
                )
            )

        changes = Changes(
            live=catalog,
            options=ReadOptions(largest_file=settings.largest_file, fields=fields or {}),
            begin=None if dry_run else begin,
            report=progress or (lambda _: None),
            prune=prune,
            reread=reread,
            rebuild=rebuild,
        )
        vanished = _vanished(known, sources, paths) if prune else []
        changes.apply(paths, vanished=vanished, approve=approve)
        if changes.nothing_read and not vanished:
            path, reason = changes.failed[0]
            more = f" (and {len(changes.failed) - 1} more)" if len(changes.failed) > 1 else ""
            raise IngestError(
                f"{path}: {reason}{more}; nothing could be read", failed=changes.failed
            )
    manifest = _live_manifest(generations)
    return replace(
        changes.counted(),
        seconds=round(time.monotonic() - began, 3),
        articles=manifest.articles if manifest else 0,
        passages=manifest.passages if manifest else 0,
        stories=_stories(generations) if manifest else 0,
    )


def remove(
    article_id: str,
    *,
    generations: Generations,
    settings: Settings,
    embedder: Embedder,
    count_tokens: TokenCounter,
) -> bool:
    """Take one article out of the archive; False where it was not in it."""
    with generations.snapshot():
        pass  # there is an archive: the writer's lock would make its folder
    with generations.writer(), generations.snapshot() as snapshot:
        if not snapshot.catalog.holds(article_id):
            return False
        wanted = snapshot.manifest.fingerprint  # nothing else is cut or embedded anew
        with next_generation(
            generations,
            wanted,
            settings=settings,
            embedder=embedder,
            count_tokens=count_tokens,
        ) as writing:
            writing.remove([article_id])
    return True


def _paths(sources: Sequence[Path]) -> list[Path]:
    """The files at the sources, each once, by their absolute paths."""
    for source in sources:
        if not os.path.lexists(source) and not is_pattern(source):
            raise IngestError(f"{source}: no such file or folder")
    return list(dict.fromkeys(map(_place, find_files(sources))))


def _place(path: Path) -> Path:
    """The absolute path, links to folders resolved; a link to a file keeps its own name."""
    return path.parent.resolve() / path.name if path.name else path.resolve()


def _live_manifest(generations: Generations) -> Manifest | None:
    name = generations.layout.current()
    return generations.layout.generation(name).read_manifest() if name else None


def _stories(generations: Generations) -> int:
    with generations.snapshot() as snapshot:
        return count_stories(snapshot.catalog)


def _vanished(known: Iterable[Path], sources: Sequence[Path], found: Sequence[Path]) -> list[Path]:
    """Known files under `sources` that are gone; those in a folder that is not readable are not."""
    roots = {_place(source) for source in sources} | {source.resolve() for source in sources}
    here = set(found)
    return [
        path
        for path in known
        if here.isdisjoint((path, *path.parents)) and not roots.isdisjoint((path, *path.parents))
    ]
