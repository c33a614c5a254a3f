"""docs/deployment.md is run, not believed: its commands in order, its files, its options."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from deploy.proxies import ROOT
from servers.chroma_server import chroma_server

PAGE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
BLOCKS = [
    block.replace("\\\n", " ") for block in re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL)
]
SERVERS = ("python -m streamlit", "chroma run", "apt-get")
"""How lines begin that are not for this test: it or others of this folder start the servers."""


def runnable(block: str) -> str:
    return "".join(line for line in block.splitlines(True) if not line.startswith(SERVERS))


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("rsync"), reason="there is no rsync here")
def test_the_commands_run_in_order(tmp_path: Path, sample: Path) -> None:
    shutil.copytree(sample, tmp_path / "articles")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "DOSSIER_LLM": "off"}
    done = ""
    with chroma_server(tmp_path / "chroma") as chroma:
        for block in BLOCKS:
            if block.startswith("apt-get"):
                continue
            script = runnable(block).replace("/srv/", f"{tmp_path}/")
            script = script.replace("http://127.0.0.1:8000", chroma.url)
            ended = subprocess.run(
                ["sh", "-e", "-c", script],
                cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert ended.returncode == 0, f"{script}\n{ended.stdout}{ended.stderr}"
            done += ended.stdout
    assert re.search(r"22 added\. The archive holds 22 articles", done)
    assert re.search(r"Copied g\d+ to .*/backups/monday: 22 articles", done)
    assert (
        len(re.findall(r"Built g\d+: 22 articles in \d+ passages, 0 of them embedded", done)) == 2
    )
    assert f"dossier-{(tmp_path / 'dossier' / 'archive.id').read_text().strip()}" in done
    assert "FAIL" not in done
    for home in ("dossier", "dossier.lost", "backups/monday", "app-1/dossier", "restored"):
        assert (tmp_path / home / "CURRENT").is_file()


def test_the_page_is_started_as_make_run_does() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    [recipe] = re.findall(r"exec \$\(PY\) (-m streamlit run .*\\\n.*)", makefile)
    said = " ".join(recipe.replace("\\\n", " ").replace("$(PORT)", "8501").split())
    lines = [" ".join(line.split()) for block in BLOCKS for line in block.splitlines()]
    started = [line for line in lines if "streamlit" in line]
    assert len(started) == 2
    assert all(line.startswith(f"python {said}") for line in started)


@pytest.mark.parametrize("option", sorted(set(re.findall(r"`(server\.\w+)`", PAGE))))
def test_streamlit_has_the_option(option: str) -> None:
    from streamlit import config

    assert option in config.get_config_options()


@pytest.mark.parametrize(
    "name", sorted({*re.findall(r"docs/deploy/[\w.-]+", PAGE), *re.findall(r"tests/\w+", PAGE)})
)
def test_what_is_named_is_there(name: str) -> None:
    assert (ROOT / name).exists()


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#:]+)\)", PAGE))
def test_every_file_linked_is_there(link: str) -> None:
    assert (ROOT / "docs" / link).is_file()
