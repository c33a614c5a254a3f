"""What all tests share: the real embedder, the sample, an archive's folder, a clean environment."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from keeping import Ingest

from rag.embedder import OnnxEmbedder, load_embedder
from rag.ingest import ingest
from rag.settings import Settings
from rag.types import IngestReport
from vectorstore import Generations

# No example has a time of its own: on a loaded machine any of them may take a second.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

ROOT = Path(__file__).parents[1]
SEEDS = ROOT.parent / "shared" / "articles"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the developer's own reaches a test; the weights cache alone is shared."""
    for name in os.environ:
        if name.startswith(("DOSSIER_", "OPENAI_")) and name != "DOSSIER_CACHE":
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def embedder() -> OnnxEmbedder:
    return load_embedder()


@pytest.fixture(scope="session")
def sample() -> Path:
    return ROOT / "corpus" / "sample"


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The five real articles, which are not part of the repository."""
    if not SEEDS.is_dir():
        pytest.skip("the five real articles are not beside the repository")
    return SEEDS


@pytest.fixture
def archive_home(tmp_path: Path) -> Path:
    """Where an archive may be made; nothing is there yet."""
    return tmp_path / "archive"


@pytest.fixture
def generations(archive_home: Path) -> Iterator[Generations]:
    """The generations of the archive at `archive_home`, closed at the end."""
    opened = Generations(archive_home)
    yield opened
    opened.close()


@pytest.fixture
def do_ingest(generations: Generations, embedder: OnnxEmbedder) -> Ingest:
    """`ingest` into `archive_home`: paths, then any of its keyword arguments."""

    def run(*sources: Path, settings: Settings | None = None, **options: object) -> IngestReport:
        return ingest(
            sources,
            generations=generations,
            settings=settings or Settings(_env_file=None),
            embedder=embedder,
            count_tokens=embedder.count_tokens,
            **options,
        )

    return run
