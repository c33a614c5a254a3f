"""Whether a generation is whole, and going back to an earlier one."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from vectorstore.errors import (
    REBUILD,
    ArchiveDamaged,
    ArchiveNotFound,
    NoEarlierGeneration,
    translated,
)
from vectorstore.generations import Generations
from vectorstore.layout import GenerationFiles, Layout, write_atomically
from vectorstore.parity import check_parity
from vectorstore.types import Manifest

__all__ = ["check_articles", "check_catalog", "check_generation", "kept", "roll_back"]


def kept(layout: Layout) -> dict[str, Manifest]:
    """The finished generations that are kept, by name, oldest first."""
    found = {}
    for name in layout.names():
        with suppress(ArchiveDamaged):
            found[name] = layout.generation(name).read_manifest()
    return found


def check_generation(generations: Generations, name: str) -> None:
    """Raises ArchiveDamaged where a generation is not whole: its files, their sense, parity."""
    files = generations.layout.generation(name)
    with generations.opened(name) as snapshot:
        files.verify(snapshot.manifest, files.folder)
        check_catalog(files.catalog)
        check_parity(snapshot.catalog, snapshot.vectors)


def check_articles(files: GenerationFiles) -> None:
    """Raises ArchiveDamaged where a generation's catalog is not whole; no vector is looked at."""
    files.verify(files.read_manifest(), files.catalog)
    check_catalog(files.catalog)


def check_catalog(path: Path) -> None:
    """Raises ArchiveDamaged where the file is damaged or its full-text search is out of step."""
    try:
        with _writable(path) as catalog, closing(sqlite3.connect(catalog, timeout=60)) as database:
            [first, *_] = database.execute("PRAGMA quick_check").fetchone()
            if first != "ok":
                told = " ".join(first.split())  # SQLite's reports have lines
                raise ArchiveDamaged(f"{path} is damaged ({told}): {REBUILD}")
            # It writes nothing, though SQLite asks for leave to write.
            database.execute(
                "INSERT INTO passages_fts (passages_fts, rank) VALUES ('integrity-check', 1)"
            )
            database.rollback()
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # even its messages may be torn
        raise ArchiveDamaged(f"{path} is damaged ({error}): {REBUILD}") from error


@contextmanager
def _writable(path: Path) -> Iterator[Path]:
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="dossier-") as folder, translated(Path(folder)):
        yield Path(shutil.copyfile(path, Path(folder) / path.name))


def roll_back(generations: Generations, *, to: str = "") -> tuple[str, Manifest]:
    """Make an earlier generation live; the name of the one that was, and the manifest of this.

    That is the one that was live before the present one was written, or the kept one named `to`:
    the way forward again. Rolling back twice goes back two steps where two are kept, and is
    refused where not. The generation left behind stays until the next one is written, which grows
    from the one rolled back to; an ingest of the same files brings their articles back.

    Raises NoEarlierGeneration, ArchiveDamaged where the target is not whole, ArchiveNotFound,
    ArchiveBusy, ArchiveNotWritable; then nothing has changed.
    """
    layout = generations.layout
    if not layout.pointer.is_file():
        raise ArchiveNotFound(f"no archive at {layout.home}")
    with generations.writer():
        left = _live(layout)
        target = _target(layout, left=left, to=to)
        check_generation(generations, target)
        manifest = layout.generation(target).read_manifest()
        with translated(layout.home):
            write_atomically(layout.pointer, target + "\n")
    return left, manifest


def _live(layout: Layout) -> str:
    """The name of the live generation; empty where the pointer is damaged."""
    try:
        return layout.current() or ""
    except ArchiveDamaged:
        return ""


def _target(layout: Layout, *, left: str, to: str) -> str:
    found = kept(layout)
    others = [name for name in found if name != left]
    held = f"kept are {', '.join(others)}" if others else "no other is kept"
    if to:
        if to not in others:
            raise NoEarlierGeneration(f"{layout.home} has no generation {to} to go to: {held}")
        return to
    if left in found:
        before = found[left].previous
    else:  # it cannot say
        before = max((name for name in others if not left or name < left), default="")
    if before not in others:
        raise NoEarlierGeneration(
            f"{layout.home} keeps no generation from before {left or 'the live one'}: {held}"
            + (" (choose one with --to)" if others else "")
        )
    return before
