"""Reading the live generation and writing the next one.

Readers take a `Snapshot` and keep it for the length of one call. A writer holds the lock, builds
the next generation beside the live one and makes it live in one step; whatever fails before that
leaves the live one as it was.
"""

import os
import shutil
import tempfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from vectorstore.catalog import Catalog
from vectorstore.errors import (
    REBUILD,
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveNotFound,
    ArchiveNotWritable,
)
from vectorstore.layout import GenerationFiles, Layout, copy_tree, sync_tree, write_atomically
from vectorstore.types import Fingerprint, Manifest

if TYPE_CHECKING:
    from vectorstore.chroma import ChromaStore

__all__ = ["Draft", "Generations", "Snapshot"]

_KEPT = 2
_DEAD_SHARE = 0.2
_FULL_PARITY = 5_000
_SAMPLE = 200


@dataclass(eq=False)
class Snapshot:
    """An open generation. The vector index is opened at its first use."""

    name: str
    manifest: Manifest
    catalog: Catalog
    _chroma: Path
    _lease: FileLock | None = None
    _copy: Path | None = None
    users: int = 0
    _vectors: "ChromaStore | None" = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def vectors(self) -> "ChromaStore":
        """The vector index."""
        from vectorstore.chroma import ChromaStore

        with self._lock:
            if self._vectors is None:
                if not self._chroma.is_dir():
                    raise ArchiveDamaged(f"{self._chroma} is missing: {REBUILD}")
                if os.access(self._chroma, os.W_OK):
                    self._vectors = ChromaStore(self._chroma)
                else:
                    # Opening rewrites chroma.sqlite3, so a read-only archive is read from a copy.
                    self._copy = self._copy or Path(tempfile.mkdtemp(prefix="dossier-"))
                    with translated(self._copy):
                        copy_tree(self._chroma, self._copy)
                    self._vectors = ChromaStore(self._copy)
            return self._vectors

    def close(self) -> None:
        """Let go of every file."""
        with self._lock:
            if self._vectors is not None:
                self._vectors.close()
                self._vectors = None
            if self._copy is not None:
                shutil.rmtree(self._copy, ignore_errors=True)
        self.catalog.close()
        _drop_lease(self._lease)


@dataclass
class Draft:
    """The next generation while it is written."""

    name: str
    files: GenerationFiles
    catalog: Catalog
    vectors: "ChromaStore"
    fingerprint: Fingerprint
    dead: int
    copied: bool
    """Whether it began as a copy of the live generation (else: empty)."""


class Generations:
    """All generations of the archive at `home`."""

    def __init__(self, home: Path) -> None:
        self.layout = Layout(home)
        self._lock = threading.Lock()
        self._live: Snapshot | None = None

    # Reading

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The generation that is live now, held open for the length of the block.

        Raises ArchiveNotFound where there is no archive and ArchiveDamaged where it is not whole.
        """
        snapshot = self._acquire()
        try:
            yield snapshot
        finally:
            self._let_go(snapshot)

    def _acquire(self) -> Snapshot:
        with self._lock:
            for _ in range(10):
                name = self.layout.current()
                if name is None:
                    raise ArchiveNotFound(
                        f"no archive at {self.layout.home}; build one with: python -m rag ingest"
                        f" PATH --home {self.layout.home}"
                    )
                if self._live is None or self._live.name != name:
                    try:
                        fresh = self._open(name)
                    except ArchiveDamaged:
                        if self.layout.current() != name:
                            continue  # it was replaced, and removed, while it was being opened
                        raise
                    old, self._live = self._live, fresh
                    if old is not None and old.users == 0:
                        old.close()
                self._live.users += 1
                return self._live
            raise ArchiveDamaged(f"{self.layout.home}: the live generation keeps changing")

    def _let_go(self, snapshot: Snapshot) -> None:
        with self._lock:
            snapshot.users -= 1
            if snapshot.users == 0 and snapshot is not self._live:
                snapshot.close()

    def _open(self, name: str) -> Snapshot:
        files = self.layout.generation(name)
        lease = _take_lease(files)
        try:
            return Snapshot(
                name, files.read_manifest(), Catalog(files.catalog), files.chroma, lease
            )
        except BaseException:
            _drop_lease(lease)
            raise

    def close(self) -> None:
        """Close the snapshot that is kept open between calls."""
        with self._lock:
            if self._live is not None and self._live.users == 0:
                self._live.close()
            self._live = None

    # Writing

    @contextmanager
    def writer(self, *, wait: float = 2.0) -> Iterator[None]:
        """Hold the writer's lock. The system frees it when its owner dies.

        Raises ArchiveBusy after `wait` seconds, ArchiveNotWritable where the folder is read-only.
        """
        home = self.layout.home
        with translated(home):
            self.layout.index.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.layout.writer_lock, timeout=wait, thread_local=False)
            try:
                lock.acquire()
            except Timeout as error:
                raise ArchiveBusy(
                    f"{home} is being written by another process; try again when it is done"
                ) from error
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def draft(self, fingerprint: Fingerprint, *, rebuild: bool = False) -> Iterator[Draft]:
        """Build the next generation; it becomes live when the block ends without an error.

        It begins as a copy of the live one, or empty with `rebuild`. Call it holding `writer()`.
        """
        from vectorstore.chroma import ChromaStore

        name = self.layout.next_name()
        files = self.layout.generation(name)
        live = None if rebuild else self.layout.current()
        with translated(self.layout.home):
            try:
                files.folder.mkdir(parents=True)
                if live is None:
                    catalog, dead = Catalog.create(files.catalog), 0
                else:
                    old = self.layout.generation(live)
                    source = Catalog(old.catalog)
                    source.copy_to(files.catalog)
                    source.close()
                    copy_tree(old.chroma, files.chroma)
                    catalog, dead = Catalog(files.catalog, writable=True), old.read_manifest().dead
                vectors = ChromaStore(files.chroma)
                draft = Draft(name, files, catalog, vectors, fingerprint, dead, live is not None)
                try:
                    yield draft
                    catalog.commit()
                    check_parity(catalog, vectors)
                    articles, passages, _ = catalog.counts()
                finally:
                    catalog.close()
                    vectors.close()
                files.write_manifest(
                    Manifest(
                        generation=name,
                        fingerprint=fingerprint,
                        articles=articles,
                        passages=passages,
                        dead=draft.dead,
                        created=datetime.now(UTC).isoformat(timespec="seconds"),
                    )
                )
                sync_tree(files.folder)
                write_atomically(self.layout.pointer, name + "\n")
            except BaseException:
                if self.layout.current() != name:  # an interrupt may come after the last step
                    shutil.rmtree(files.folder, ignore_errors=True)
                raise
        self._prune()

    def worth_rebuilding(self, manifest: Manifest) -> bool:
        """Whether so much of the vector index is dead that it should be built anew."""
        return manifest.dead > _DEAD_SHARE * max(manifest.passages, 1) and manifest.dead > _SAMPLE

    def _prune(self) -> None:
        """Remove all but the newest two generations, and none that a reader holds."""
        current = self.layout.current()
        others = [name for name in self.layout.names() if name != current]
        whole = [name for name in others if self.layout.generation(name).manifest.is_file()]
        for name in others:
            files = self.layout.generation(name)
            if name not in whole[-(_KEPT - 1) :] and not _is_leased(files):
                shutil.rmtree(files.folder, ignore_errors=True)


def check_parity(catalog: Catalog, vectors: "ChromaStore") -> None:
    """Every passage is in the catalog, in full-text search, and answers to a vector query.

    Raises ArchiveDamaged that says which one differs. Above 5,000 passages the vector queries
    are a sample: 200 passages must each find themselves by their own vector.
    """
    _, passages, indexed = catalog.counts()
    wanted = catalog.passage_ids()
    if indexed != passages:
        raise ArchiveDamaged(f"full-text search holds {indexed} of {passages} passages")
    listed = vectors.ids()
    if listed != wanted:
        raise ArchiveDamaged(
            f"the vector index lists {len(listed & wanted)} of {passages} passages"
            f" and {len(listed - wanted)} that are not in the catalog"
        )
    ordered = sorted(wanted)
    if not ordered:
        return
    sample = ordered if passages <= _FULL_PARITY else ordered[:: passages // _SAMPLE]
    probes = vectors.vectors(sample[:: max(1, len(sample) // _SAMPLE)])
    if passages <= _FULL_PARITY:
        first = next(iter(probes.values()))
        answered = {ident for ident, _ in vectors.nearest(first, limit=passages)}
        missing = wanted - answered
    else:
        missing = set()
        for ident, vector in probes.items():
            nearest = vectors.nearest(vector, limit=3)
            # Passages with the same words share a vector: a perfect score stands for itself.
            if not any(found == ident or score > 0.9999 for found, score in nearest):
                missing.add(ident)
    if missing:
        raise ArchiveDamaged(f"{len(missing)} passages do not answer to a vector query")


@contextmanager
def translated(home: Path) -> Iterator[None]:
    """Turn the system's refusals into ArchiveNotWritable."""
    import sqlite3

    try:
        yield
    except sqlite3.OperationalError as error:
        if "readonly" in str(error) or "full" in str(error) or "unable to open" in str(error):
            raise ArchiveNotWritable(f"{home} cannot be written ({error})") from error
        raise ArchiveDamaged(f"{home}: the catalog fails ({error})") from error
    except sqlite3.DatabaseError as error:
        raise ArchiveDamaged(f"{home}: the catalog is damaged ({error})") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ArchiveNotWritable(f"{home} cannot be written ({reason})") from error


def _take_lease(files: GenerationFiles) -> FileLock | None:
    """A lock file that tells writers that this process reads the generation.

    None where the disk is read-only: then no writer can remove anything either.
    """
    if not os.access(files.folder, os.W_OK):
        return None
    try:
        files.leases.mkdir(exist_ok=True)
        path = files.leases / f"{os.getpid()}-{uuid.uuid4().hex[:8]}.lock"
        lease = FileLock(path, timeout=0, thread_local=False)
        lease.acquire()
    except (OSError, Timeout):
        return None
    return lease


def _drop_lease(lease: FileLock | None) -> None:
    if lease is not None:
        # Unlinked first: a writer never finds a free lock file that is about to go.
        with suppress(OSError):
            Path(lease.lock_file).unlink()
        lease.release(force=True)


def _is_leased(files: GenerationFiles) -> bool:
    for path in files.leases.glob("*.lock"):
        probe = FileLock(path, timeout=0)
        try:
            probe.acquire()
        except (Timeout, OSError):
            return True
        probe.release()
    return False
