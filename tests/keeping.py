"""Small archives made by hand: articles, their passages and vectors, written as a generation."""

import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus import Article, Passage, split_passages
from rag.types import IngestReport
from rag.writing import article_metadata
from vectorstore import Draft, FileRecord, Fingerprint, Generations
from vectorstore.nearest import keep_vectors

__all__ = [
    "FINGERPRINT",
    "PUBLISHED",
    "HashedEmbedder",
    "Ingest",
    "article",
    "cut",
    "elsewhere",
    "put",
    "vector",
    "vectors",
    "write",
]

FINGERPRINT = Fingerprint(embedder="hashed", passages="sentences:64", cleaning="1")
ROOT = Path(__file__).parents[1]

Ingest = Callable[..., IngestReport]
"""The fixture `do_ingest`."""


def article(name: str, *, text: str = "", **metadata: Any) -> Article:
    """An article about `name`, of several passages."""
    body = text or f"The {name} will close in March. " + f"Many people used the {name} daily. " * 30
    return Article(title=f"About the {name}", text=body.strip(), **metadata)


def cut(one: Article) -> list[Passage]:
    """Its passages, counting words for tokens."""
    return split_passages(
        one, count_tokens=lambda texts: [len(t.split()) for t in texts], budget=64
    )


def vector(text: str) -> NDArray[np.float32]:
    """A unit vector that only this text has."""
    drawn = np.random.default_rng(zlib.crc32(text.encode())).normal(size=16)
    return (drawn / np.linalg.norm(drawn)).astype(np.float32)


def vectors(passages: Sequence[Passage]) -> NDArray[np.float32]:
    """One row a passage."""
    return np.stack([vector(passage.id) for passage in passages])


class HashedEmbedder:
    """Vectors of 16 numbers, quick and without sense: another embedder, of another dimension."""

    fingerprint = "hashed-16"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([vector(text) for text in texts])

    def embed_query(self, text: str) -> NDArray[np.float32]:
        return self.embed([text])[0]


def put(draft: Draft, one: Article) -> list[Passage]:
    """Add an article to a draft as ingest does."""
    passages = cut(one)
    ids = [passage.id for passage in passages]
    draft.vectors.upsert(ids, vectors(passages), [article_metadata(one)] * len(ids))
    draft.catalog.add(one, passages)
    keep_vectors(draft.catalog, ids, vectors(passages))
    path = Path(f"/articles/{one.id}.txt")
    record = FileRecord(path=path, size=1, mtime_ns=1, sha256="00", articles=(("", one.id),))
    draft.catalog.put_file(record)
    return passages


def write(generations: Generations, *articles: Article, rebuild: bool = False) -> str:
    """Write a generation with these articles added; its name."""
    with generations.writer(), generations.draft(FINGERPRINT, rebuild=rebuild) as draft:
        for one in articles:
            put(draft, one)
        return draft.name


PUBLISHED = [
    article("bridge", source="The Quay", published=date(2015, 11, 13), authors=("Ada Moss",)),
    article("harbour", source="The Wire", published=date(2015, 11, 19), section="City"),
    article("tunnel", source="the quay", authors=("Bo Lind", "ADA MOSS"), section="city"),
    article("ferry", source="Ängby Post", published=date(1999, 1, 2), authors=("Åsa Öberg",)),
]
"""Articles that filters tell apart."""


@contextmanager
def elsewhere(script: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Another process that runs a script; killed at the end if it still runs."""
    command = [sys.executable, "-W", "error", "-c", script, *map(str, arguments)]
    process = subprocess.Popen(
        command, cwd=ROOT, text=True, bufsize=1, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream:
                stream.close()
