"""An archive of three articles that all state one number: which write a reader sees is plain."""

import re
from pathlib import Path

from keeping import HashedEmbedder

from rag import Archive, Settings

__all__ = ["hashed", "rounds", "write_round"]


def hashed(home: Path, **settings: object) -> Archive:
    """An archive whose vectors cost nothing."""
    chosen = Settings(_env_file=None, home=home, **settings)
    return Archive.open(settings=chosen, embedder=HashedEmbedder())


def write_round(folder: Path, number: int) -> None:
    """The three articles as of this number."""
    folder.mkdir(exist_ok=True)
    for name in ("bridge", "ferry", "tunnel"):
        use = f"People used the {name} daily. " * 40
        text = f"The {name} was counted in round {number}. {use}"
        (folder / f"{name}.txt").write_text(f"About the {name}\n\n{text}\n")


def rounds(archive: Archive) -> set[str]:
    """The numbers that its three articles state: one, but for a mixture of two writes."""
    texts = [article.text for article in archive.articles()]
    assert len(texts) == 3
    return {found for text in texts for found in re.findall(r"round (\d+)", text)}
