"""Several hosts with a read-only copy of the catalog, one writer, the vectors on one server."""

import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from keeping import elsewhere
from rounds import hashed, rounds, write_round
from servers.chroma_server import ChromaProcess, chroma_server

from rag import Archive
from vectorstore import Generations, VectorsElsewhere
from vectorstore.layout import Layout

SCRIPT = Path(__file__).parents[2] / "docs" / "deploy" / "publish.sh"
RSYNC = pytest.mark.skipif(not shutil.which("rsync"), reason="there is no rsync here")

READER = """
import json, os, re, sys, time
from pathlib import Path
sys.path.insert(0, "tests")
from rounds import hashed
home, url, warm = sys.argv[1:]
with hashed(Path(warm), chroma_url=url) as archive:  # loads all modules while they may be read
    archive.search("the ferry")
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
print(json.dumps(os.access(home, os.W_OK)), flush=True)
with hashed(Path(home), chroma_url=url) as archive:
    while True:
        try:
            hits = [hit.text for hit in archive.search("people used the ferry daily", k=50)]
            told = {"live": archive.status().generation}
        except Exception as error:
            told = {"error": repr(error)}
        else:
            told["hits"] = sorted({n for text in hits for n in re.findall(r"round (\\d+)", text)})
            told["titles"] = sorted({text.split("\\n")[0] for text in hits if "round" in text})
        print(json.dumps(told), flush=True)
        time.sleep(0.02)
"""


class Reader:
    """An application process on another host, which searches without a pause."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout
        self._lines = process.stdout
        self.told: list[dict[str, Any]] = []
        self.may_write = json.loads(self._lines.readline())
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in self._lines:
            self.told.append(json.loads(line))

    def wait_for(self, number: int) -> None:
        """Until it has found what that write wrote."""
        deadline = time.monotonic() + 60
        while not any(one.get("hits") == [str(number)] for one in self.told):
            assert time.monotonic() < deadline, self.told[-3:]
            time.sleep(0.02)


@pytest.fixture
def top() -> Iterator[Path]:
    """A folder that any user may look into."""
    made = Path(tempfile.mkdtemp(prefix="dossier-test-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def chroma(top: Path) -> Iterator[ChromaProcess]:
    with chroma_server(top / "data") as running:
        yield running


@pytest.fixture
def writer(top: Path, chroma: ChromaProcess) -> Iterator[Archive]:
    with hashed(top / "writer", chroma_url=chroma.url) as archive:
        yield archive


def write(archive: Archive, number: int) -> None:
    folder = archive.home.parent / "articles"
    write_round(folder, number)
    archive.ingest(folder)


def copy_by_hand(home: Path, target: Path, *, named_first: bool = False) -> None:
    """What publish.sh does, so slowly that every state between is seen."""
    layout = Layout(home)
    name = layout.current() or ""
    folder = target / "index" / name
    folder.mkdir(parents=True, exist_ok=True)

    def pointer() -> None:
        (target / ".CURRENT").write_text(name + "\n")
        (target / ".CURRENT").rename(target / "CURRENT")
        time.sleep(0.3)

    if named_first:
        pointer()
    for path in (layout.generation(name).catalog, layout.generation(name).manifest):
        data = path.read_bytes()
        for end in (len(data) // 3, len(data)):
            (folder / path.name).write_bytes(data[:end])
            time.sleep(0.3)
    if not named_first:
        pointer()


@pytest.mark.slow
@pytest.mark.parametrize("named_first", [False, True], ids=["as said", "the other way round"])
def test_readers_of_a_copy_see_whole_generations(
    top: Path, chroma: ChromaProcess, writer: Archive, named_first: bool
) -> None:
    write(writer, 1)
    hosts = [top / "host-a", top / "host-b"]
    for host in hosts:
        copy_by_hand(writer.home, host)
    with ExitStack() as processes:
        readers = [
            Reader(processes.enter_context(elsewhere(READER, host, chroma.url, writer.home)))
            for host in hosts
        ]
        for number in (1, 2, 3):
            if number > 1:
                write(writer, number)
                for host in hosts:
                    copy_by_hand(writer.home, host, named_first=named_first)
            for reader in readers:
                reader.wait_for(number)
        told = [list(reader.told) for reader in readers]
    errors = [one["error"] for ones in told for one in ones if "error" in one]
    if named_first:
        assert errors  # so these readers would have seen a half state
        return
    assert errors == []
    for ones, reader in zip(told, readers, strict=True):
        assert not reader.may_write or os.geteuid() != 0
        assert all(len(one["hits"]) == 1 and len(one["titles"]) == 3 for one in ones)
        seen = [int(one["hits"][0]) for one in ones]
        assert seen == sorted(seen)
        assert set(seen) == {1, 2, 3}


@pytest.mark.slow
@RSYNC
def test_the_script(top: Path, chroma: ChromaProcess, writer: Archive) -> None:
    def publish(home: Path, target: Path) -> "subprocess.CompletedProcess[str]":
        command = ["sh", str(SCRIPT), str(home), str(target)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    target = top / "a host"
    with hashed(target, chroma_url=chroma.url) as reader:
        for number in (1, 2, 3, 4, 5):
            write(writer, number)
            if number == 4:
                continue  # a copy that missed one still keeps what it served
            left = writer.home / "index" / "g000099"
            left.mkdir()  # of a writer that is at work, or dead
            done = publish(writer.home, target)
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
            left.rmdir()
            assert rounds(reader) == {str(number)}
            assert all(finding.passed for finding in reader.doctor())
        kept = sorted(path.name for path in (target / "index").iterdir())
        assert kept == ["g000003", "g000005"]
        assert sorted(path.name for path in target.iterdir()) == ["CURRENT", "index"]
    with hashed(top / "own") as own:
        own.ingest(top / "articles")
    done = publish(top / "own", top / "another")
    assert done.returncode == 1
    assert "python -m rag backup" in done.stderr
    assert publish(top / "none", top / "another").returncode != 0
    assert not (top / "another").exists()


def lag(home: Path, url: str) -> tuple[int, int]:
    """How many of the copy's passages the server still has vectors of, and how many there are."""
    generations = Generations(home, chroma_url=url)
    with generations.snapshot() as snapshot:
        known, there = snapshot.catalog.passage_ids(), snapshot.vectors.ids()
    generations.close()
    return len(known & there), len(known)


@pytest.mark.slow
def test_how_far_a_copy_may_lag(top: Path, chroma: ChromaProcess, writer: Archive) -> None:
    """One write behind it is whole; two behind, what has changed is found by its words alone."""
    host = top / "host"
    write(writer, 1)
    copy_by_hand(writer.home, host)
    write(writer, 2)
    there, known = lag(host, chroma.url)
    assert there == known
    write(writer, 3)
    there, known = lag(host, chroma.url)
    assert there < known
    with hashed(host, chroma_url=chroma.url) as reader:
        assert any("round 1." in hit.text for hit in reader.search("ferry counted in round"))
    copy_by_hand(writer.home, host)
    writer.rebuild()  # into a collection of its own: the one before goes two writes later
    there, known = lag(host, chroma.url)
    assert there == known
    write(writer, 4)
    with hashed(host, chroma_url=chroma.url) as reader:
        with pytest.raises(VectorsElsewhere):
            reader.search("the ferry")
        copy_by_hand(writer.home, host)
        assert any("round 4." in hit.text for hit in reader.search("ferry counted in round"))
