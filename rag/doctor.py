"""What could be wrong with an archive, and the command that mends it."""

import os
import shlex
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from rag.conversation_file import CONVERSATIONS, check_conversations
from rag.embedding import way_back
from rag.errors import ConversationsTooNew
from rag.types import Record
from rag.upkeep import size_of
from vectorstore import (
    ArchiveDamaged,
    ArchiveNotFound,
    Fingerprint,
    Generations,
    Manifest,
    Snapshot,
    StoreError,
    VectorsElsewhere,
    VectorServerUnavailable,
    check_parity,
)
from vectorstore.cache import check_cache
from vectorstore.errors import REBUILD
from vectorstore.layout import GenerationFiles
from vectorstore.recall import measure_recall
from vectorstore.recovery import check_articles, check_catalog, check_generation, kept

__all__ = ["Finding", "doctor"]

_RECALL = 0.95
"""The share of the nearest passages below which vector search is called unwell."""
_COMPARED = 200_000
"""Passages that each try is compared with at most: a few seconds' work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Record):
    """One thing that `doctor` looked at.

    `passed` says whether it is well; `mend` what to do where it is not, or could be done.
    """

    check: str
    passed: bool
    detail: str = ""
    mend: str = ""


def doctor(generations: Generations, *, wanted: Callable[[], Fingerprint]) -> list[Finding]:
    """Look for what could be wrong with the archive, and how to mend it.

    `wanted` gives the fingerprint under the settings in force. Raises ArchiveNotFound, and
    nothing else of what is wrong: it is told.
    """
    if not generations.layout.pointer.exists():
        with generations.snapshot():
            pass
    return list(_Doctor(generations, wanted).findings())


class _Doctor:
    def __init__(self, generations: Generations, wanted: Callable[[], Fingerprint]) -> None:
        self._generations = generations
        self._layout = generations.layout
        self._home = generations.layout.home
        self._wanted = wanted
        self._again = f"python -m rag ingest PATH --home {_quoted(self._home)}"
        self._undo: str | None = None

    def findings(self) -> Iterator[Finding]:
        try:
            with self._generations.snapshot() as snapshot:
                manifest = snapshot.manifest
                yield Finding(check="opens", passed=True, detail=snapshot.name)
                files = self._layout.generation(snapshot.name)
                yield self._tried("catalog", lambda: check_catalog(files.catalog))
                parity = self._tried("parity", lambda: _check_parity(snapshot, files))
                yield parity
                if parity.passed:
                    yield self._recall(snapshot)
                yield self._fingerprint(manifest)
                yield self._files(snapshot.catalog.files)
        except ArchiveNotFound:
            raise
        except StoreError as error:
            yield self._failed("opens", error)
        yield self._embeddings()
        yield self._conversations()
        yield self._writable()
        writing, lock = self._lock()
        yield lock
        yield self._unfinished(writing=writing)
        yield self._space()

    # The index

    def _tried(self, check: str, attempt: Callable[[], None]) -> Finding:
        try:
            attempt()
        except StoreError as error:
            return self._failed(check, error)
        return Finding(check=check, passed=True)

    def _failed(self, check: str, error: StoreError) -> Finding:
        """A failure with the way out: the same articles, an earlier generation, or anew."""
        detail = str(error).removesuffix(f": {REBUILD}")
        if isinstance(error, VectorsElsewhere | VectorServerUnavailable):
            detail, _, mend = detail.rpartition(": ")
            return Finding(check=check, passed=False, detail=detail, mend=mend)
        if not isinstance(error, ArchiveDamaged):
            return Finding(check=check, passed=False, detail=detail, mend=self._again)
        if self._undo is None:
            self._undo = self._way_back()
        return Finding(check=check, passed=False, detail=detail, mend=self._undo)

    def _way_back(self) -> str:
        try:
            live = self._layout.current()
        except ArchiveDamaged:
            live = None
        if live:
            with suppress(StoreError):
                check_articles(self._layout.generation(live))
                return f"python -m rag rebuild --home {_quoted(self._home)}"
        for name in reversed(kept(self._layout)):
            if name == live:
                continue
            try:
                check_generation(self._generations, name)
            except StoreError:
                continue
            return f"python -m rag rollback --to {name} --home {_quoted(self._home)}; {self._again}"
        # An ingest would begin with a copy of what is damaged; the embeddings are kept.
        return f"rm {_quoted(self._layout.pointer)}; {self._again}"

    def _recall(self, snapshot: Snapshot) -> Finding:
        """Whether vector search finds what is nearest; an index only comes close to it."""
        try:
            found = measure_recall(snapshot.catalog, snapshot.vectors, most=_COMPARED)
        except StoreError as error:
            return self._failed("recall", error)
        if found is None:
            told = "too few passages for vector search to miss any"
            return Finding(check="recall", passed=True, detail=told)
        told = (
            f"vector search finds {found.share:.1%} of the {found.depth} nearest"
            f" ({found.tries} tries"
        )
        if found.compared < snapshot.manifest.passages:
            told += f", an estimate from {found.compared} of {snapshot.manifest.passages} passages"
        told += ")"
        if found.share >= _RECALL:
            return Finding(check="recall", passed=True, detail=told)
        again = f"python -m rag rebuild --home {_quoted(self._home)}"
        return Finding(check="recall", passed=False, detail=told, mend=again)

    def _fingerprint(self, manifest: Manifest) -> Finding:
        built, wanted = manifest.fingerprint, self._wanted()
        if built == wanted:
            return Finding(check="fingerprint", passed=True)
        told = f"built with {built} and the settings now say {wanted}"
        if built.embedder != wanted.embedder:
            told += f"; to leave it as it is, {way_back(built.embedder)}"
            return Finding(check="fingerprint", passed=False, detail=told, mend=self._again)
        told += ": it answers as it is, and the next ingest rebuilds it"
        return Finding(check="fingerprint", passed=True, detail=told, mend=self._again)

    def _files(self, known: Callable[[], Iterable[object]]) -> Finding:
        try:
            paths = [Path(str(path)) for path in known()]
        except ArchiveDamaged as error:
            return self._failed("files", error)
        gone = [path for path in paths if _is_gone(path)]
        if not gone:
            return Finding(check="files", passed=True, detail=f"{len(paths)} noted, all there")
        return Finding(
            check="files",
            passed=True,
            detail=f"{len(gone)} of {len(paths)} are gone, such as {gone[0]}; their articles stay"
            " until an ingest with --prune",
            mend=f"{self._again} --prune",
        )

    # What lies beside it

    def _embeddings(self) -> Finding:
        path = self._layout.embeddings
        try:
            return Finding(check="embeddings", passed=True, detail=f"{check_cache(path)} kept")
        except ArchiveDamaged as error:
            told = f"{error}; it is a cache, the index does not need it"
        everything = " ".join(_quoted(Path(f"{path}{end}")) for end in ("", "-wal", "-shm"))
        return Finding(check="embeddings", passed=False, detail=told, mend=f"rm -f {everything}")

    def _conversations(self) -> Finding:
        path = self._home / CONVERSATIONS
        try:
            return Finding(
                check="conversations", passed=True, detail=f"{check_conversations(path)} kept"
            )
        except (StoreError, ConversationsTooNew) as error:
            told, _, mend = str(error).rpartition(": ")
            if isinstance(error, ArchiveDamaged):
                beside = " ".join(_quoted(Path(f"{path}{end}")) for end in ("-wal", "-shm"))
                aside = _quoted(path.with_name(f"{path.name}.damaged"))
                mend = f"mv {_quoted(path)} {aside}; rm -f {beside}"
        return Finding(check="conversations", passed=False, detail=told, mend=mend)

    def _writable(self) -> Finding:
        places = [self._home, *self._layout.home.iterdir(), *self._layout.index.glob("*")]
        closed = [path for path in places if not os.access(path, os.W_OK)]
        if not closed:
            return Finding(check="writable", passed=True)
        return Finding(
            check="writable",
            passed=False,
            detail=f"{closed[0]} is read-only: the archive can be read, not added to",
            mend=f"chmod -R u+w {_quoted(self._home)}",
        )

    def _lock(self) -> tuple[bool, Finding]:
        """Whether another process writes; a lock whose owner died is free."""
        path = self._layout.writer_lock
        if not path.exists():
            return False, Finding(check="lock", passed=True, detail="free")
        probe = FileLock(path, timeout=0, thread_local=False)
        try:
            probe.acquire()
        except Timeout:
            told = "held: another process is writing"
            if owner := _owner(path):
                told += f" (number {owner})"
            return True, Finding(check="lock", passed=True, detail=told)
        except OSError:
            return False, Finding(check="lock", passed=True, detail="not to be tried: read-only")
        probe.release()
        return False, Finding(check="lock", passed=True, detail="free")

    def _unfinished(self, *, writing: bool) -> Finding:
        names = [
            name
            for name in self._layout.names()
            if not self._layout.generation(name).manifest.exists()
        ]
        live = self._layout.pointer.read_bytes().strip().decode("utf-8", "replace")
        left = [self._layout.generation(name).folder for name in names if name != live]
        if not left or writing:
            told = "one is being written" if left else ""
            return Finding(check="unfinished", passed=True, detail=told)
        size = sum(map(size_of, left))
        return Finding(
            check="unfinished",
            passed=True,
            detail=f"{', '.join(path.name for path in left)} ({size / 1e6:.1f} MB), left by a"
            " writer that was stopped; the next one removes it",
            mend=f"rm -r {' '.join(map(_quoted, left))}",
        )

    def _space(self) -> Finding:
        """The next generation is written beside the live one, and is about as large."""
        needed = max(map(size_of, self._layout.index.glob("g*")), default=0)
        free = shutil.disk_usage(self._home).free
        told = f"{free / 1e6:.0f} MB free, {needed / 1e6:.0f} MB needed to write a generation"
        if free >= needed:
            return Finding(check="space", passed=True, detail=told)
        short = (needed - free) / 1e6
        return Finding(
            check="space",
            passed=False,
            detail=told,
            mend=f"free {short:.0f} MB on the disk that holds {self._home}",
        )


def _check_parity(snapshot: Snapshot, files: GenerationFiles) -> None:
    files.verify(snapshot.manifest, files.folder)
    check_parity(snapshot.catalog, snapshot.vectors)


def _owner(path: Path) -> int | None:
    """The process that holds a lock, where the system tells (Linux)."""
    try:
        node = path.stat().st_ino
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in lines:
        fields = line.split()
        if len(fields) > 5 and fields[5].endswith(f":{node}") and fields[4].isdigit():
            return int(fields[4])
    return None


def _is_gone(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):  # a folder that is closed to us says nothing
        return False
    return False


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
