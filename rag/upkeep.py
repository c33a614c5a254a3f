"""What an archive holds, and the way back to what it held before."""

from dataclasses import dataclass
from pathlib import Path

from rag.types import Coverage, Record
from vectorstore import Generations
from vectorstore.recovery import kept, roll_back

__all__ = ["KeptGeneration", "Rollback", "Status", "rollback", "size_of", "status"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptGeneration(Record):
    """A finished generation on disk."""

    name: str
    created: str
    articles: int
    passages: int
    live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Status(Record):
    """An archive at a glance. Sizes are in bytes."""

    home: Path
    generation: str
    generations: tuple[str, ...]
    """All folders, unfinished ones among them; `kept` describes the finished ones."""
    fingerprint: str
    articles: int
    passages: int
    dead: int
    vectors: str
    """"embedded", or the collection and its server."""
    coverage: Coverage
    bytes: int
    created: str
    kept: tuple[KeptGeneration, ...]
    dead_share: float
    """Dead vectors for each live one; past 0.2 the next ingest builds the index anew."""
    bytes_index: int
    bytes_embeddings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback(Record):
    """What a rollback did: from which generation to which."""

    left: str
    generation: str
    created: str
    articles: int
    passages: int


def status(generations: Generations) -> Status:
    """What the archive holds. Raises ArchiveNotFound, ArchiveDamaged."""
    layout = generations.layout
    with generations.snapshot() as snapshot:
        first, last, articles, undated = snapshot.catalog.span_of_days()
        manifest = snapshot.manifest
    embeddings = layout.home.glob(f"{layout.embeddings.name}*")
    return Status(
        home=layout.home,
        generation=manifest.generation,
        generations=tuple(layout.names()),
        fingerprint=str(manifest.fingerprint),
        articles=articles,
        passages=manifest.passages,
        dead=manifest.dead,
        vectors=generations.place.shown(manifest),
        coverage=Coverage(first=first, last=last, articles=articles, undated=undated),
        bytes=size_of(layout.home),
        created=manifest.created,
        kept=tuple(
            KeptGeneration(
                name=name,
                created=one.created,
                articles=one.articles,
                passages=one.passages,
                live=name == manifest.generation,
            )
            for name, one in kept(layout).items()
        ),
        dead_share=round(manifest.dead / max(manifest.passages, 1), 3),
        bytes_index=size_of(layout.index),
        bytes_embeddings=sum(path.stat().st_size for path in embeddings),
    )


def rollback(generations: Generations, *, to: str = "") -> Rollback:
    """Make the generation that was live before live again, or the kept one named `to`.

    See `vectorstore.recovery.roll_back` for what comes of a second one, and of the next ingest.
    """
    left, manifest = roll_back(generations, to=to)
    return Rollback(
        left=left,
        generation=manifest.generation,
        created=manifest.created,
        articles=manifest.articles,
        passages=manifest.passages,
    )


def size_of(folder: Path) -> int:
    """Bytes in the files of a folder."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:  # a writer has just removed it
            continue
    return total
