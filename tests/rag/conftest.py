"""An archive of the sample corpus, made once; tests that write get a copy."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag import Archive, Settings
from rag.embedder import OnnxEmbedder

SETTINGS = Settings(_env_file=None)


@pytest.fixture(scope="session")
def sample_home(
    tmp_path_factory: pytest.TempPathFactory, embedder: OnnxEmbedder, sample: Path
) -> Path:
    home = tmp_path_factory.mktemp("sample") / "archive"
    with Archive.open(home, settings=SETTINGS, embedder=embedder) as archive:
        assert archive.ingest(sample).failed == ()
    return home


@pytest.fixture(scope="session")
def archive(sample_home: Path, embedder: OnnxEmbedder) -> Iterator[Archive]:
    """For reading only: tests share it."""
    with Archive.open(sample_home, settings=SETTINGS, embedder=embedder) as opened:
        yield opened


@pytest.fixture
def own_home(sample_home: Path, archive_home: Path) -> Path:
    shutil.copytree(sample_home, archive_home)
    return archive_home


@pytest.fixture
def own(own_home: Path, embedder: OnnxEmbedder) -> Iterator[Archive]:
    """A copy that a test may change."""
    with Archive.open(own_home, settings=SETTINGS, embedder=embedder) as opened:
        yield opened
