"""The README is run, not believed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_example_runs(tmp_path: Path) -> None:
    [code] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    script = tmp_path / "example.py"
    script.write_text(code.replace("path/to/archive", str(tmp_path / "home")))
    done = subprocess.run(
        [sys.executable, str(script)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "224" in done.stdout
    for value in ("More than 100", "At least 129", "130"):
        assert value in done.stdout


def test_every_command_in_the_table_exists() -> None:
    table = README.split("| command |")[1].split("\n\n")[0]
    named = set(re.findall(r"`([a-z]+)(?: [A-Z.]+)?`", table))
    assert {"ingest", "ask", "search", "articles", "status", "doctor"} <= named
    environment = {**os.environ, "COLUMNS": "200"}
    shown = subprocess.run(
        [sys.executable, "-m", "rag", "--help"],
        capture_output=True, text=True, check=True, env=environment, cwd=ROOT,
    ).stdout  # fmt: skip
    for name in ("ingest", "ask", "search", "articles", "status", "doctor"):
        assert re.search(rf"\b{name}\b", shown)


@pytest.mark.parametrize(
    "target", re.findall(r"`make ([a-z-]+)`|^    make ([a-z-]+)", README, re.MULTILINE)
)
def test_every_make_target_exists(target: tuple[str, str]) -> None:
    name = "".join(target)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{name}:", makefile, re.MULTILINE)


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#:]+)\)", README))
def test_every_file_linked_is_there(link: str) -> None:
    assert (ROOT / link).is_file()
