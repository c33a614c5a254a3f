"""Status, doctor and rollback: every mend is followed to the letter, and doctor looks again."""

import json
import logging
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from keeping import FINGERPRINT, article, elsewhere, write
from typer.testing import CliRunner

from rag import (
    Archive,
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveNotFound,
    Finding,
    FingerprintMismatch,
    NoEarlierGeneration,
    Settings,
)
from rag.cli import app
from rag.doctor import doctor
from rag.embedder import OnnxEmbedder
from vectorstore import Generations, VectorServerUnavailable

SETTINGS = Settings(_env_file=None)
CHECKS = [
    "opens",
    "catalog",
    "parity",
    "recall",
    "fingerprint",
    "files",
    "embeddings",
    "conversations",
    "writable",
    "lock",
    "unfinished",
    "space",
]


def write_article(folder: Path, name: str, *, month: str = "March") -> None:
    people = " ".join(f"In {month} some {n} people walked past the {name}." for n in range(20, 45))
    (folder / f"{name}.md").write_text(
        f"---\ntitle: About the {name}\npublished: 2015-11-13\n---\n\n"
        f"The {name} will close in {month}. {people}\n"
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    for name in ("bridge", "ferry"):
        write_article(folder, name)
    return folder


@pytest.fixture
def two(archive_home: Path, folder: Path, embedder: OnnxEmbedder) -> Iterator[Archive]:
    """An archive with two generations kept; the tunnel came with the second."""
    with Archive.open(archive_home, settings=SETTINGS, embedder=embedder) as archive:
        archive.ingest(folder)
        write_article(folder, "tunnel")
        archive.ingest(folder)
        yield archive


def titles(archive: Archive) -> set[str]:
    return {article.title.removeprefix("About the ") for article in archive.articles()}


def folders(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "index").iterdir())


# --- rollback ---


def test_rollback_and_the_next_ingest(two: Archive, folder: Path) -> None:
    assert titles(two) == {"bridge", "ferry", "tunnel"}
    done = two.rollback()
    assert (done.left, done.generation, done.articles) == ("g000002", "g000001", 2)
    assert titles(two) == {"bridge", "ferry"}
    assert {hit.title for hit in two.search("When will the tunnel close?", k=20)} == {
        "About the bridge",
        "About the ferry",
    }
    report = two.ingest(folder)
    assert (report.added, report.unchanged, report.embedded) == (1, 2, 0)
    assert titles(two) == {"bridge", "ferry", "tunnel"}
    assert all(finding.passed for finding in two.doctor())
    # The one that was left is gone; it is the one gone back to that the new one can go back to.
    assert folders(two.home) == ["g000001", "g000003"]
    assert two.rollback().generation == "g000001"


def test_a_second_rollback_is_refused_and_forward_is_by_name(two: Archive) -> None:
    two.rollback()
    with pytest.raises(NoEarlierGeneration, match=r"before g000001: kept are g000002 .*--to"):
        two.rollback()
    assert two.rollback(to="g000002").generation == "g000002"
    assert titles(two) == {"bridge", "ferry", "tunnel"}
    for name in ("g000002", "g000009", "../index/g000001", "CURRENT"):
        with pytest.raises(NoEarlierGeneration, match="kept are g000001"):
            two.rollback(to=name)
    assert two.status().generation == "g000002"


def test_rollback_where_there_is_one_or_none(
    archive_home: Path, folder: Path, embedder: OnnxEmbedder
) -> None:
    with Archive.open(archive_home, settings=SETTINGS, embedder=embedder) as archive:
        with pytest.raises(ArchiveNotFound):
            archive.rollback()
        assert not archive_home.exists()
        archive.ingest(folder)
        with pytest.raises(NoEarlierGeneration, match="no other is kept"):
            archive.rollback()
        assert archive.status().generation == "g000001"


def test_what_another_process_reads_is_not_gone_back_to(two: Archive, folder: Path) -> None:
    """A generation that was left stays while it is read, and yet is not the one before."""
    reader = Generations(two.home)
    with reader.snapshot() as held:
        assert held.name == "g000002"
        two.rollback()
        two.ingest(folder)
        assert folders(two.home) == ["g000001", "g000002", "g000003"]
        assert held.vectors.ids() == held.catalog.passage_ids()
        assert two.rollback().generation == "g000001"
    reader.close()


def test_a_snapshot_outlives_the_way_there_and_back(two: Archive) -> None:
    generations = Generations(two.home)
    two.rollback()
    with generations.snapshot() as old:
        assert old.vectors.ids()
        two.rollback(to="g000002")
        with generations.snapshot() as new:
            assert new.name == "g000002"
            two.rollback()
            with generations.snapshot() as again:
                assert again.name == old.name == "g000001"
                assert again.vectors.ids() == old.vectors.ids() == old.catalog.passage_ids()
        assert old.vectors.ids() == old.catalog.passage_ids()
    generations.close()


def test_a_damaged_one_is_not_gone_back_to(two: Archive) -> None:
    (two.home / "index/g000001/chroma/chroma.sqlite3").write_bytes(b"nonsense" * 2000)
    with pytest.raises(ArchiveDamaged):
        two.rollback()
    assert titles(two) == {"bridge", "ferry", "tunnel"}


def test_no_rollback_while_another_writes(two: Archive) -> None:
    with Generations(two.home).writer(), pytest.raises(ArchiveBusy):
        two.rollback()


# --- doctor ---


def by_name(archive: Archive) -> dict[str, Finding]:
    findings = {finding.check: finding for finding in archive.doctor()}
    assert all("\n" not in found.detail + found.mend for found in findings.values())
    assert [name for name, one in findings.items() if not one.passed and not one.mend] == []
    return findings


def follow(mend: str, *, path: Path) -> None:
    """Do what a mend says, as typed into a shell."""
    for command in mend.split("; "):
        words = [str(path) if word == "PATH" else word for word in shlex.split(command)]
        if words[:3] == ["python", "-m", "rag"]:
            told = CliRunner().invoke(app, words[3:])
            assert told.exit_code == 0, told.output
        else:
            subprocess.run(words, check=True)


def test_a_healthy_archive(two: Archive) -> None:
    findings = two.doctor()
    assert [finding.check for finding in findings] == CHECKS
    assert all(finding.passed and not finding.mend for finding in findings)


def spoil_catalog(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "catalog.db")) as catalog, catalog:
        catalog.execute("UPDATE articles SET title = title || ' again'")


def lose_words(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "catalog.db")) as catalog, catalog:
        catalog.execute("DELETE FROM passages_fts_docsize WHERE id = 1")


def lose_passages(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "catalog.db")) as catalog, catalog:
        catalog.execute("DELETE FROM passages WHERE number < 3")


def garble(name: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        path = folder / name
        data = bytearray(path.read_bytes())
        for at in range(len(data) // 3, len(data), 97):
            data[at] ^= 0xFF
        path.write_bytes(data)

    return spoil


def lose(name: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return spoil


def nonsense(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(b"nonsense") and None


lose_pointer = nonsense("../../CURRENT")
BREAKS = [
    (spoil_catalog, "catalog"),
    (lose_words, "catalog"),
    (lose_passages, "catalog"),
    (garble("catalog.db"), "catalog"),
    (lose("catalog.db"), "opens"),
    (lose("manifest.json"), "opens"),
    (nonsense("manifest.json"), "opens"),
    (lose("chroma"), "parity"),
    (garble("chroma/chroma.sqlite3"), "parity"),
    (lose("chroma/chroma.sqlite3"), "parity"),
    (lose_pointer, "opens"),
    (lose("../g000002"), "opens"),
]


@pytest.mark.parametrize("earlier", [True, False], ids=["earlier", "alone"])
@pytest.mark.parametrize(("spoil", "check"), BREAKS)
def test_a_damaged_generation(
    two: Archive, folder: Path, spoil: Callable[[Path], None], check: str, earlier: bool
) -> None:
    if not earlier:
        lose("../g000001")(two.home / "index/g000002")
    two.close()
    spoil(two.home / "index/g000002")
    found = by_name(two)
    assert not found[check].passed
    assert found[check].detail
    whole = earlier or spoil is lose_pointer  # then the generation itself is whole
    back = "python -m rag rollback --to g" if whole else "rm "
    way = "python -m rag rebuild --home " if check == "parity" else back  # the catalog is whole
    assert found[check].mend.startswith(way)
    two.close()
    follow(found[check].mend, path=folder)
    assert all(finding.passed for finding in by_name(two).values())
    assert titles(two) == {"bridge", "ferry", "tunnel"}
    assert {hit.title for hit in two.search("tunnel", k=1)} == {"About the tunnel"}


def test_damaged_embeddings(two: Archive, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """They are reported as themselves; an ingest does without them and says so."""
    path = two.home / "embeddings.db"
    for spoil in (nonsense("embeddings.db"), garble("embeddings.db")):
        spoil(two.home)
        found = by_name(two)
        assert [name for name, one in found.items() if not one.passed] == ["embeddings"]
        assert "is damaged" in found["embeddings"].detail
        follow(found["embeddings"].mend, path=folder)
        assert by_name(two)["embeddings"].detail == "0 kept"
        write_article(folder, "market", month="May" * (1 + len(titles(two))))
        two.ingest(folder)
        assert by_name(two)["embeddings"].passed
    nonsense("embeddings.db")(two.home)
    write_article(folder, "station")
    with caplog.at_level(logging.WARNING):
        report = two.ingest(folder)
    assert report.added == 1
    assert report.embedded > 0
    assert [record.name for record in caplog.records] == ["vectorstore.cache"]
    assert "was set aside as embeddings.db.damaged" in caplog.text
    assert path.with_name("embeddings.db.damaged").is_file()
    assert all(finding.passed for finding in two.doctor())


def test_an_unfinished_generation(two: Archive, folder: Path) -> None:
    left = two.home / "index/g000003"
    shutil.copytree(two.home / "index/g000002", left)
    (left / "manifest.json").unlink()
    found = by_name(two)["unfinished"]
    assert found.passed
    assert "g000003" in found.detail
    with Generations(two.home).writer():
        assert by_name(two)["unfinished"].mend == ""  # it may be at work on it
    follow(found.mend, path=folder)
    assert by_name(two)["unfinished"] == Finding(check="unfinished", passed=True)
    assert folders(two.home) == ["g000001", "g000002"]


@pytest.mark.slow
def test_an_index_that_misses_what_is_nearest(
    generations: Generations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One made with other settings than ours: what is found is told, and `rebuild` mends it."""
    bad = {"space": "cosine", "max_neighbors": 6, "ef_construction": 10, "ef_search": 10}
    long = article("canal", text="Many boats use the canal each day. " * 22_000)
    with monkeypatch.context() as patched:
        patched.setattr("vectorstore.chroma._HNSW", bad)
        write(generations, long)
    found = {one.check: one for one in doctor(generations, wanted=lambda: FINGERPRINT)}
    assert found["parity"].passed
    assert not found["recall"].passed
    assert re.fullmatch(
        r"vector search finds \d\d\.\d% of the 40 nearest \(50 tries\)", found["recall"].detail
    )
    home = generations.layout.home
    assert found["recall"].mend == f"python -m rag rebuild --home {home}"
    monkeypatch.setattr("rag.doctor._COMPARED", 1_000)
    found = {one.check: one for one in doctor(generations, wanted=lambda: FINGERPRINT)}
    assert re.search(r"\(50 tries, an estimate from \d+ of \d+ passages\)", found["recall"].detail)
    write(generations, long, rebuild=True)
    assert all(one.passed for one in doctor(generations, wanted=lambda: FINGERPRINT))


def test_an_index_that_fails_while_it_is_measured(
    two: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise VectorServerUnavailable("the server does not answer: start it")

    monkeypatch.setattr("rag.doctor.measure_recall", fail)
    found = by_name(two)["recall"]
    assert (found.passed, found.mend) == (False, "start it")


def test_files_that_are_gone(two: Archive, folder: Path) -> None:
    (folder / "ferry.md").unlink()
    found = by_name(two)["files"]
    assert found.passed
    assert found.detail.startswith(f"1 of 3 are gone, such as {folder / 'ferry.md'};")
    follow(f"{found.mend} --yes" if "--yes" in _help() else found.mend, path=folder)
    assert by_name(two)["files"] == Finding(check="files", passed=True, detail="2 noted, all there")
    assert titles(two) == {"bridge", "tunnel"}


def _help() -> str:
    return CliRunner().invoke(app, ["ingest", "--help"]).output


HOLDER = """
import sys
from pathlib import Path
from vectorstore import Generations
with Generations(Path(sys.argv[1])).writer():
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_the_lock(two: Archive) -> None:
    with elsewhere(HOLDER, two.home) as process:
        assert process.stdout.readline() == "held\n"
        found = by_name(two)["lock"]
        assert found.passed
        assert re.fullmatch(
            rf"held: another process is writing( \(number {process.pid}\))?", found.detail
        )
        process.kill()
        process.wait()
        assert by_name(two)["lock"].detail == "free"


def test_a_disk_that_is_too_full(two: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(9, 9, 0))
    found = by_name(two)["space"]
    assert not found.passed
    assert found.mend.startswith("free ")
    assert str(two.home) in found.mend


class OtherEmbedder:
    """As the real one, under another name."""

    def __init__(self, real: OnnxEmbedder) -> None:
        self._real = real
        self.fingerprint = "another embedder"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def test_another_embedder_and_another_budget(
    two: Archive, folder: Path, embedder: OnnxEmbedder
) -> None:
    small = Settings(_env_file=None, passage_tokens=64)
    other = OtherEmbedder(embedder)
    with Archive.open(two.home, settings=small, embedder=embedder) as archive:
        found = by_name(archive)["fingerprint"]
        assert found.passed
        assert "the next ingest rebuilds it" in found.detail
        assert archive.search("tunnel")
        archive.ingest(folder)
        assert by_name(archive)["fingerprint"] == Finding(check="fingerprint", passed=True)
    with Archive.open(two.home, settings=small, embedder=other) as archive:
        assert not by_name(archive)["fingerprint"].passed
        with pytest.raises(FingerprintMismatch, match="ingest once more"):
            archive.search("tunnel")
        archive.ingest(folder)
        assert all(found.passed for found in by_name(archive).values())
        assert archive.search("tunnel")
        # Going back to where another embedder was is told as such, not as a dimension error.
        archive.rollback()
        with pytest.raises(FingerprintMismatch, match="ingest once more"):
            archive.search("tunnel")


AS_ANOTHER_USER = """
import json, os, subprocess, sys, tempfile
from pathlib import Path
from rag import Archive, Settings
from vectorstore.chroma import ChromaStore
with tempfile.TemporaryDirectory() as warm:  # loads all modules while they may be read
    ChromaStore(Path(warm)).close()
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
with Archive.open(sys.argv[1], settings=Settings(_env_file=None)) as archive:
    for _ in range(2):
        found = {one.check: one for one in archive.doctor()}
        print(json.dumps([[name, one.passed] for name, one in found.items() if not one.passed]))
        if mend := found["writable"].mend:
            subprocess.run(mend, shell=True, check=True)
"""


def test_a_read_only_archive(two: Archive) -> None:
    top = Path(tempfile.mkdtemp(prefix="dossier-test-"))
    try:
        top.chmod(0o777)
        home = top / "an archive"
        two.close()
        shutil.copytree(two.home, home)
        for path in (home, *home.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
            if os.geteuid() == 0:
                os.chown(path, 65534, 65534)
        with elsewhere(AS_ANOTHER_USER, home) as process:
            first, second = map(json.loads, process.communicate(timeout=240)[0].splitlines())
        assert first == [["writable", False]]
        assert second == []
    finally:
        for path in (top, *top.rglob("*")):
            path.chmod(0o777)
        shutil.rmtree(top)


# --- the command line ---


def told(*arguments: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, list(map(str, arguments)))
    return done.exit_code, done.stdout, done.stderr


def test_status_in_words(two: Archive) -> None:
    code, out, _ = told("status", "--home", two.home)
    assert code == 0
    lines = [line.split(maxsplit=1) for line in out.splitlines()]
    words = dict(lines)
    assert words["articles"] == "3"
    assert words["coverage"] == "2015-11-13 to 2015-11-13"
    assert words["cut"] == f"{words['cut'].split(',')[0]}, at most 200 tokens"
    assert [rest for name, rest in lines if name == "kept"][1].endswith("live")
    assert re.fullmatch(r"[\d.]+ MB: index [\d.]+ MB, embeddings [\d.]+ MB", words["disk"])
    record = two.status()
    assert [one.name for one in record.kept] == ["g000001", "g000002"]
    assert [one.live for one in record.kept] == [False, True]
    assert record.bytes_index + record.bytes_embeddings <= record.bytes
    assert record.bytes_embeddings > 0
    assert json.loads(told("status", "--home", two.home, "--json")[1])["kept"][0]["articles"] == 2


def test_rollback_by_command(two: Archive) -> None:
    code, out, err = told("rollback", "--home", two.home)
    assert (code, err) == (0, "")
    assert out.startswith("Live again: g000001 of 20")
    code, out, err = told("rollback", "--home", two.home)
    assert (code, out) == (1, "")
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    code, out, _ = told("rollback", "--home", two.home, "--to", "g000002", "--json")
    assert json.loads(out)["generation"] == "g000002"
    assert told("rollback", "--home", two.home, "--quiet") == (0, "", "")


def test_doctor_by_command(two: Archive) -> None:
    assert told("doctor", "--home", two.home, "--quiet") == (0, "", "")
    lose("chroma")(two.home / "index/g000002")
    code, out, _ = told("doctor", "--home", two.home)
    assert code == 1
    assert "FAIL  parity" in out
    assert "to mend it: python -m rag rebuild --home" in out
    assert not all(
        item["passed"] for item in json.loads(told("doctor", "--json", "--home", two.home)[1])
    )
