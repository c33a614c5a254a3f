"""Embeddings that were computed once, kept across generations."""

import hashlib
import logging
import os
import sqlite3
import threading
import zlib
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from vectorstore.errors import ArchiveDamaged, translated

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["EmbeddingCache", "check_cache", "text_key"]

_CHUNK = 500
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_TABLE = """
CREATE TABLE IF NOT EXISTS vectors (
    number INTEGER PRIMARY KEY, embedder TEXT NOT NULL, key BLOB NOT NULL, vector BLOB NOT NULL,
    crc INTEGER NOT NULL, UNIQUE (key, embedder)
)
"""
# The keys are random: only they go into an ordered tree. With the vectors in it too, as in earlier
# versions, each one was written into the middle of a file that no memory holds when it is large.
_EARLIER = "SELECT 1 FROM sqlite_master WHERE name = 'vectors' AND sql LIKE '%WITHOUT ROWID%'"
_MOVE = (
    "BEGIN IMMEDIATE",
    "ALTER TABLE vectors RENAME TO earlier",
    _TABLE,
    "INSERT INTO vectors SELECT NULL, embedder, key, vector, crc FROM earlier",
    "DROP TABLE earlier",
    "COMMIT",
)
_EVERYTHING = "SELECT vector, crc FROM vectors"
_log = logging.getLogger(__name__)
_T = TypeVar("_T")


def text_key(text: str) -> bytes:
    """The key of a text: its SHA-256."""
    return hashlib.sha256(text.encode()).digest()


class EmbeddingCache:
    """embeddings.db: (embedder fingerprint, SHA-256 of the embedded text) to a float32 vector.

    Written as embedding goes on and committed in small steps, so that a crash loses little work.
    It holds nothing that cannot be computed again: a damaged file is set aside, with a warning,
    and a new one begun. Raises ArchiveNotWritable.
    """

    def __init__(self, path: Path, *, embedder: str) -> None:
        self.path = path
        self._embedder = embedder
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None

    def get(self, texts: Sequence[str]) -> "dict[str, NDArray[np.float32]]":
        """The vectors that are known, by text."""
        keys = {text_key(text): text for text in texts}
        if self._db is None and not self.path.exists():
            return {}  # looking makes no file
        return self._attempt(lambda db: self._read(db, keys))

    def _read(
        self, db: sqlite3.Connection, keys: dict[bytes, str]
    ) -> "dict[str, NDArray[np.float32]]":
        import numpy as np

        found: dict[str, NDArray[np.float32]] = {}
        wanted = list(keys)
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            rows = db.execute(
                "SELECT key, vector, crc FROM vectors WHERE embedder = ?"  # noqa: S608
                f" AND key IN ({','.join('?' * len(chunk))})",
                (self._embedder, *chunk),
            )
            for key, vector, crc in rows:
                if zlib.crc32(vector) == crc:  # else it is computed again, and replaced
                    found[keys[key]] = np.frombuffer(vector, dtype="<f4")
        return found

    def put(self, texts: Sequence[str], vectors: "NDArray[np.float32]") -> None:
        """Keep vectors, one row of the array for each text."""
        blobs = [vector.astype("<f4").tobytes() for vector in vectors]
        rows = [
            (self._embedder, text_key(text), blob, zlib.crc32(blob))
            for text, blob in zip(texts, blobs, strict=True)
        ]
        self._attempt(lambda db: self._write(db, rows))

    def _write(self, db: sqlite3.Connection, rows: Sequence[tuple[str, bytes, bytes, int]]) -> None:
        with db:
            db.executemany(
                "INSERT OR REPLACE INTO vectors (embedder, key, vector, crc) VALUES (?, ?, ?, ?)",
                rows,
            )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    def _attempt(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do it; where the file turns out to be damaged, do it on a new one."""
        with self._lock, translated(self.path):
            try:
                return work(self._open())
            except sqlite3.DatabaseError as error:
                if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGED:
                    raise
                self._set_aside(error)
                return work(self._open())

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            db = sqlite3.connect(self.path, check_same_thread=False, timeout=30)
            try:
                db.execute("PRAGMA journal_mode=WAL")
                db.execute("PRAGMA synchronous=NORMAL")
                if db.execute(_EARLIER).fetchone():
                    db.executescript(";".join(_MOVE))
                db.execute(_TABLE)
                db.execute("DROP TABLE IF EXISTS embeddings")  # of versions without checksums
            except BaseException:
                db.close()
                raise
            self._db = db
        return self._db

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        self._let_go()
        aside = self.path.with_name(f"{self.path.name}.damaged")
        self.path.replace(aside)
        for ending in ("-wal", "-shm"):
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
        _log.warning(
            "%s is damaged (%s) and was set aside as %s; embeddings are computed again",
            self.path,
            error,
            aside.name,
        )


def check_cache(path: Path) -> int:
    """How many vectors are kept at `path`. Raises ArchiveDamaged where one or all are damaged."""
    if not path.exists():
        return 0
    writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    mode = "rw" if writable else "ro&immutable=1"
    address = f"{path.absolute().as_uri()}?mode={mode}"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=30)) as db:
            [first] = db.execute("PRAGMA quick_check(1)").fetchone()
            if first != "ok":
                raise ArchiveDamaged(f"{path} is damaged ({' '.join(first.split())})")
            sound = [zlib.crc32(vector) == crc for vector, crc in db.execute(_EVERYTHING)]
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise ArchiveDamaged(f"{path} is damaged ({error})") from error
    if not all(sound):
        raise ArchiveDamaged(f"{path} is damaged ({sound.count(False)} of {len(sound)} vectors)")
    return len(sound)
