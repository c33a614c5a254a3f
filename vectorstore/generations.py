"""Reading the live generation and writing the next one.

Readers take a `Snapshot` and keep it for the length of one call. A writer holds the lock, builds
the next generation beside the live one and makes it live in one step; whatever fails before that
leaves the live one as it was.
"""

import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from vectorstore.catalog import Catalog
from vectorstore.errors import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveNotFound,
    translated,
    translated_database,
)
from vectorstore.layout import GenerationFiles, Layout, sync_tree, write_atomically
from vectorstore.leases import drop_lease, is_leased, take_lease
from vectorstore.nearest import HeldVectors
from vectorstore.parity import check_parity
from vectorstore.places import VectorPlace
from vectorstore.types import Fingerprint, Manifest

if TYPE_CHECKING:
    from vectorstore.chroma import ChromaStore

__all__ = ["Draft", "Generations", "Snapshot"]

_DEAD_SHARE = 0.2
_SAMPLE = 200
_FEW = 20_000
"""Passages whose vectors are held in memory: comparing all of them is still quicker than asking the
index (benchmarks/held.py)."""


@dataclass(eq=False)
class Snapshot:
    """An open generation. Its vectors are opened, or read, at their first use."""

    name: str
    manifest: Manifest
    catalog: Catalog
    _files: GenerationFiles
    _place: VectorPlace
    _lease: FileLock | None = None
    _copy: Path | None = None
    users: int = 0
    _vectors: "ChromaStore | None" = None
    _held: HeldVectors | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def vectors(self) -> "ChromaStore":
        """The vector index."""
        with self._lock:
            if self._vectors is None:
                self._vectors, self._copy = self._place.open(
                    self.manifest, self._files, self.catalog
                )
            return self._vectors

    @property
    def held(self) -> HeldVectors | None:
        """The vectors in memory, where they are few and not on a server; else None."""
        if self.manifest.passages > _FEW or not self._place.embeds(self.manifest):
            return None
        with self._lock:
            if self._held is None:
                self._held = HeldVectors(self.catalog)
            return self._held

    def close(self) -> None:
        """Let go of every file."""
        with self._lock:
            self._held = None
            if self._vectors is not None:
                self._vectors.close()
                self._vectors = None
            if self._copy is not None:
                shutil.rmtree(self._copy, ignore_errors=True)
        self.catalog.close()
        drop_lease(self._lease)


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

    def close(self) -> None:
        """Let go of every file."""
        self.catalog.close()
        self.vectors.close()

    def discard(self, ids: Sequence[str]) -> None:
        """Take vectors out. On a server they stay as long as a kept generation lists them."""
        if not self.vectors.shared:
            self.vectors.delete_nodes(list(ids))


class Generations:
    """All generations of the archive at `home`, their vectors on a server where one is named."""

    def __init__(self, home: Path, *, chroma_url: str = "") -> None:
        self.layout = Layout(home)
        self.place = VectorPlace(self.layout, chroma_url=chroma_url)
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
        # Read outside of the lock: else each of many threads waits for the disk of all others.
        name = self.layout.current()
        with self._lock:
            if self._live is not None and self._live.name == name:
                self._live.users += 1
                return self._live
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
                    if self.layout.current() != name:
                        fresh.close()  # the writer may not have seen the lease
                        continue
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

    @contextmanager
    def opened(self, name: str) -> Iterator[Snapshot]:
        """A kept generation, live or not, for the length of the block. Raises ArchiveDamaged."""
        snapshot = self._open(name)
        try:
            yield snapshot
        finally:
            snapshot.close()

    def _open(self, name: str) -> Snapshot:
        files = self.layout.generation(name)
        lease = take_lease(files)
        try:
            manifest, catalog = files.read_manifest(), Catalog(files.catalog)
            return Snapshot(name, manifest, catalog, files, self.place, lease)
        except BaseException:
            drop_lease(lease)
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

        Folders are made where they are missing, and removed where nothing came into them. Raises
        ArchiveBusy after `wait` seconds, ArchiveNotWritable where the folder is read-only.
        """
        home, index = self.layout.home, self.layout.index
        made = [folder for folder in (index, home, *home.parents) if not folder.exists()]
        with translated(home):
            lock = FileLock(self.layout.writer_lock, timeout=wait, thread_local=False)
            try:
                index.mkdir(parents=True, exist_ok=True)
                try:
                    lock.acquire()
                except FileNotFoundError:  # the one before wrote nothing, and removed the folder
                    index.mkdir(parents=True, exist_ok=True)
                    lock.acquire()
                index.mkdir(exist_ok=True)
            except Timeout as error:
                raise ArchiveBusy(
                    f"{home} is being written by another process; try again when it is done"
                ) from error
        try:
            yield
        finally:
            self._remove_empty(made)
            lock.release()

    def _remove_empty(self, made: Sequence[Path]) -> None:
        if self.layout.index in made:
            with suppress(OSError):  # not empty: then all of it stays
                self.layout.index.rmdir()
                if [path.name for path in self.layout.home.iterdir()] == ["writer.lock"]:
                    self.layout.writer_lock.unlink()
                for folder in made[1:]:
                    folder.rmdir()

    @contextmanager
    def draft(self, fingerprint: Fingerprint, *, rebuild: bool = False) -> Iterator[Draft]:
        """Build the next generation; it becomes live when the block ends without an error.

        It begins as a copy of the live one, or empty with `rebuild`. Call it holding `writer()`.
        """
        name = self.layout.next_name()
        files = self.layout.generation(name)
        before = self.layout.current()
        home = self.layout.home
        try:
            with translated(home):
                draft = self._begin(files, fingerprint, live=None if rebuild else before)
            try:
                with translated_database(home):  # an article that cannot be read is none of it
                    yield draft
                    draft.catalog.commit()
                strangers = check_parity(draft.catalog, draft.vectors)
                articles, passages, _ = draft.catalog.counts()
            finally:
                draft.close()
            with translated(home):
                files.write_manifest(
                    Manifest(
                        generation=name,
                        fingerprint=fingerprint,
                        articles=articles,
                        passages=passages,
                        dead=draft.dead,
                        created=datetime.now(UTC).isoformat(timespec="seconds"),
                        vectors=draft.vectors.collection,
                        previous=before or "",
                        checksums=files.checksums(files.folder),
                    )
                )
                sync_tree(files.folder)
                write_atomically(self.layout.pointer, name + "\n")
        except BaseException:
            if self.layout.current() != name:  # an interrupt may come after the last step
                shutil.rmtree(files.folder, ignore_errors=True)
            raise
        self._prune(keep=before)
        self.place.sweep(draft.vectors.collection, strangers)

    def _begin(
        self, files: GenerationFiles, fingerprint: Fingerprint, *, live: str | None
    ) -> Draft:
        name = files.folder.name
        files.folder.mkdir(parents=True)
        if live is None:
            catalog, dead = Catalog.create(files.catalog), 0
            old = None
        else:
            old = self.layout.generation(live)
            manifest = old.read_manifest()
            old.verify(manifest, old.folder)
            with closing(Catalog(old.catalog)) as source:
                source.copy_to(files.catalog)
            catalog, dead = Catalog(files.catalog, writable=True), manifest.dead
        try:
            vectors = self.place.begin(files, live=old)
        except BaseException:
            catalog.close()
            raise
        return Draft(name, files, catalog, vectors, fingerprint, dead, live is not None)

    def worth_rebuilding(self, manifest: Manifest) -> bool:
        """Whether the vector index should be built anew.

        That is: so much of it is dead, or it is not where the settings want it. Raises
        VectorServerUnavailable.
        """
        many = manifest.dead > _DEAD_SHARE * max(manifest.passages, 1) and manifest.dead > _SAMPLE
        return many or not self.place.fits(manifest)

    def _prune(self, *, keep: str | None) -> None:
        """Remove all but the live generation and `keep`, and none that a reader holds."""
        current = self.layout.current()
        for name in self.layout.names():
            files = self.layout.generation(name)
            if name not in (current, keep) and not is_leased(files):
                # First, so that what is left by a crash does not pass for a whole one.
                with suppress(OSError):
                    files.manifest.unlink()
                shutil.rmtree(files.folder, ignore_errors=True)
