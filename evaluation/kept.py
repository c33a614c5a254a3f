"""The runs that a folder holds, finished or not."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["KeptRun", "kept_runs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRun:
    """A run's folder at a glance. `when` is its end, or its beginning where it has none yet."""

    folder: Path
    config: Mapping[str, Any]
    when: datetime
    finished: bool
    asked: int
    of: int


def kept_runs(folder: Path) -> list[KeptRun]:
    """The runs in a folder, the newest first; what is no run is passed over."""
    if not folder.is_dir():
        return []
    found = [_kept(path.parent) for path in folder.glob("[!.]*/config.json")]
    return sorted(filter(None, found), key=lambda run: run.when, reverse=True)


def _kept(folder: Path) -> KeptRun | None:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        summary = folder / "summary.json"
        finished = summary.is_file()
        changed = (summary if finished else folder / "config.json").stat().st_mtime
        questions, records = (_lines(folder / f"{name}.jsonl") for name in ("questions", "records"))
        if not {"data", "system", "settings", "fingerprint"} <= config.keys():
            return None
    except (OSError, ValueError, AttributeError):
        return None
    return KeptRun(
        folder=folder,
        config=config,
        when=datetime.fromtimestamp(changed, UTC),
        finished=finished,
        asked=records,
        of=questions,
    )


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.is_file() else 0
