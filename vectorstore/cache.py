"""Embeddings that were computed once, kept across generations."""

import hashlib
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["EmbeddingCache", "text_key"]

_CHUNK = 500


def text_key(text: str) -> bytes:
    """The key of a text: its SHA-256."""
    return hashlib.sha256(text.encode()).digest()


class EmbeddingCache:
    """embeddings.db: (embedder fingerprint, SHA-256 of the embedded text) to a float32 vector.

    Written as embedding goes on and committed in small steps, so that a crash loses little work.
    """

    def __init__(self, path: Path, *, embedder: str) -> None:
        self._embedder = embedder
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, timeout=30)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS embeddings (embedder TEXT, key BLOB, vector BLOB NOT NULL,"
            " PRIMARY KEY (embedder, key)) WITHOUT ROWID"
        )

    def get(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors that are known, by text."""
        keys = {text_key(text): text for text in texts}
        found: dict[str, NDArray[np.float32]] = {}
        wanted = list(keys)
        with self._lock:
            for start in range(0, len(wanted), _CHUNK):
                chunk = wanted[start : start + _CHUNK]
                rows = self._db.execute(
                    "SELECT key, vector FROM embeddings WHERE embedder = ?"  # noqa: S608
                    f" AND key IN ({','.join('?' * len(chunk))})",
                    (self._embedder, *chunk),
                )
                for key, vector in rows:
                    found[keys[key]] = np.frombuffer(vector, dtype="<f4")
        return found

    def put(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Keep vectors, one row of the array for each text."""
        rows = [
            (self._embedder, text_key(text), vector.astype("<f4").tobytes())
            for text, vector in zip(texts, vectors, strict=True)
        ]
        with self._lock, self._db:
            self._db.executemany("INSERT OR REPLACE INTO embeddings VALUES (?, ?, ?)", rows)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()
