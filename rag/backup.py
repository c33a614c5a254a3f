"""A copy of an archive to keep elsewhere, and an index built anew from the archive alone."""

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from corpus import ReadOptions, TokenCounter
from rag.conversation_file import CONVERSATIONS, check_conversations
from rag.embedding import Embedder
from rag.errors import BackupError
from rag.types import Record
from rag.uploads import uploads_folder
from vectorstore import ArchiveDamaged, Generations
from vectorstore.cache import check_cache
from vectorstore.errors import translated
from vectorstore.layout import GenerationFiles, Layout, copy_tree, sync_tree, write_atomically
from vectorstore.recovery import check_articles, check_generation
from vectorstore.types import EMBEDDED

if TYPE_CHECKING:
    from rag.changes import Progress
    from rag.settings import Settings

__all__ = ["Backup", "Rebuilt", "backup", "rebuild"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup(Record):
    """What a backup holds. `bytes` is its size on disk."""

    home: Path
    target: Path
    generation: str
    articles: int
    passages: int
    vectors: str
    """"embedded": they are in the copy; else the collection on a server, where they stayed."""
    embeddings: int
    """Vectors in the copy of the embedding cache; 0 where there is none, or none that is whole."""
    bytes: int
    seconds: float
    conversations: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt(Record):
    """What building the index anew made. `embedded` passages were in no cache."""

    generation: str
    articles: int
    passages: int
    embedded: int
    seconds: float


def backup(generations: Generations, target: Path) -> Backup:
    """Copy the live generation, embeddings, conversations and uploads into a new archive.

    `target` must not exist, or be an empty folder. Readers and a writer may go on meanwhile: the
    generation that is live at the beginning is kept until it is copied. The copy is checked
    before CURRENT is written into it, so one that was broken off is no archive. It is another
    archive than this one to a Chroma server: it reads the same vectors and touches none of them.

    Raises BackupError where the target cannot be one, ArchiveNotFound, ArchiveDamaged where the
    archive is not whole, ArchiveNotWritable.
    """
    began = time.monotonic()
    with generations.snapshot() as snapshot:
        name, manifest = snapshot.name, snapshot.manifest
        copy = Layout(target)
        with _made(target, home=generations.layout.home):
            _copy_generation(generations.layout.generation(name), copy.generation(name))
            if manifest.vectors == EMBEDDED:
                check_generation(Generations(target), name)
                with suppress(OSError):
                    copy.generation(name).leases.rmdir()
            else:
                check_articles(copy.generation(name))
            embeddings = _copy_cache(generations.layout.embeddings, copy.embeddings)
            if (kept := generations.layout.home / CONVERSATIONS).is_file():
                _copy_database(kept, target / CONVERSATIONS)
            conversations = check_conversations(target / CONVERSATIONS)
            if (handed_in := uploads_folder(generations.layout.home)).is_dir():
                unfinished = shutil.ignore_patterns(".*")
                shutil.copytree(handed_in, uploads_folder(target), ignore=unfinished)
            sync_tree(target)
            write_atomically(copy.pointer, name + "\n")
    return Backup(
        home=generations.layout.home,
        target=target,
        generation=name,
        articles=manifest.articles,
        passages=manifest.passages,
        vectors=manifest.vectors,
        embeddings=embeddings,
        conversations=conversations,
        bytes=sum(path.stat().st_size for path in target.rglob("*") if path.is_file()),
        seconds=round(time.monotonic() - began, 3),
    )


@contextmanager
def _made(target: Path, *, home: Path) -> Iterator[None]:
    """The target as a folder to write in; emptied where the block fails."""
    if target.resolve().is_relative_to(home.resolve()):
        raise BackupError(f"{target} lies in the archive that is to be copied: name another place")
    try:
        taken = os.path.lexists(target) and (not target.is_dir() or any(target.iterdir()))
    except OSError as error:
        raise BackupError(f"{target} cannot be looked at ({error.strerror})") from error
    if taken:
        raise BackupError(f"{target} is there and not an empty folder: name one that is not there")
    there = target.is_dir()
    try:
        with translated(target):
            target.mkdir(parents=True, exist_ok=True)
            yield
    except BaseException:
        for path in target.iterdir() if target.is_dir() else ():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if target.is_dir() and not there:
            target.rmdir()
        raise


def _copy_generation(source: GenerationFiles, copy: GenerationFiles) -> None:
    """A live generation's files do not change, but for what Chroma keeps in SQLite."""
    copy.folder.mkdir(parents=True)
    try:
        for path in (source.catalog, source.manifest):
            shutil.copyfile(path, copy.folder / path.name)
        if source.chroma.is_dir():
            copy_tree(source.chroma, copy.chroma)
    except FileNotFoundError as error:  # in a folder that is read-only to us, and not to a writer
        raise BackupError(f"{source.folder} went while it was copied: try again") from error


def _copy_cache(source: Path, copy: Path) -> int:
    """How many vectors the copy holds; a cache that is damaged is left behind."""
    try:
        if source.is_file():
            _copy_database(source, copy)
        return check_cache(copy)
    except ArchiveDamaged:
        copy.unlink(missing_ok=True)
        return 0


def _copy_database(source: Path, copy: Path) -> None:
    """By SQLite's own backup: whole, whatever is being written meanwhile."""
    writable = os.access(source, os.W_OK) and os.access(source.parent, os.W_OK)
    address = f"{source.absolute().as_uri()}?mode={'rw' if writable else 'ro&immutable=1'}"
    with (
        translated(source),
        closing(sqlite3.connect(address, uri=True, timeout=30)) as old,
        closing(sqlite3.connect(copy)) as new,
    ):
        old.backup(new)


def rebuild(
    generations: Generations,
    *,
    settings: "Settings",
    embedder: Embedder,
    count_tokens: TokenCounter,
    progress: "Progress | None" = None,
) -> Rebuilt:
    """Build a new generation from the articles of the live one; no file is read.

    Embeddings come from the cache, and from the embedder where it lacks them. Nothing of the old
    vectors is looked at, so this mends an index that is lost or damaged, moves it to where the
    settings want it, and gives back the room of dead vectors. The old generation is kept as after
    an ingest.

    Raises ArchiveNotFound, ArchiveDamaged where the articles themselves are, ArchiveBusy,
    ArchiveNotWritable, VectorServerUnavailable; then the live one stays.
    """
    from rag.changes import Changes
    from rag.ingest import fingerprint
    from rag.writing import next_generation

    began = time.monotonic()
    with generations.snapshot():
        pass  # there is an archive: the writer's lock would make its folder
    with generations.writer(), generations.snapshot() as snapshot:
        check_articles(generations.layout.generation(snapshot.name))
        # The texts stay as they were cleaned; where cleaning has changed, an ingest reads anew.
        cleaned = snapshot.manifest.fingerprint.cleaning
        wanted = replace(fingerprint(settings, embedder), cleaning=cleaned)
        with next_generation(
            generations,
            wanted,
            settings=settings,
            embedder=embedder,
            count_tokens=count_tokens,
            rebuild=True,
        ) as writing:
            Changes(
                live=snapshot.catalog,
                options=ReadOptions(),
                begin=lambda: writing,
                report=progress or (lambda _: None),
                rebuild=True,
            ).apply([], vanished=())
    manifest = generations.layout.generation(writing.draft.name).read_manifest()
    return Rebuilt(
        generation=manifest.generation,
        articles=manifest.articles,
        passages=manifest.passages,
        embedded=writing.embedded,
        seconds=round(time.monotonic() - began, 3),
    )
