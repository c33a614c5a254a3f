"""Backup and rebuild: beside readers and writers, broken off, damaged, and with no file left."""

import json
import os
import re
import shutil
import signal
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from keeping import elsewhere
from rounds import hashed, rounds, write_round
from servers.chroma_server import chroma_server
from typer.testing import CliRunner

import rag.ingest
from rag import Archive, ArchiveDamaged, ArchiveNotFound, BackupError, Settings
from rag.cli import app
from rag.embedder import OnnxEmbedder
from vectorstore import Generations, VectorsElsewhere
from vectorstore.server import ChromaServer

pytestmark = pytest.mark.slow  # real processes, a minute in all

SETTINGS = Settings(_env_file=None)
QUESTIONS = ("How many people died aboard the airliner?", "border controls", "the Bataclan")


@pytest.fixture
def small(archive_home: Path, tmp_path: Path) -> Iterator[Archive]:
    """Three articles, written twice, so that two generations are kept."""
    with hashed(archive_home) as archive:
        for number in (1, 2):
            write_round(tmp_path / "articles", number)
            archive.ingest(tmp_path / "articles")
        yield archive


def sound(archive: Archive) -> bool:
    return all(finding.passed for finding in archive.doctor())


def found(archive: Archive) -> list[str]:
    return [hit.text for hit in archive.search("the ferry")]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- backup ---


def test_a_backup_is_the_archive(
    archive: Archive, tmp_path: Path, sample: Path, embedder: OnnxEmbedder
) -> None:
    target = tmp_path / "new" / "copy"
    done = archive.backup(target)
    assert (done.articles, done.passages) == (22, done.embeddings)
    assert names(target) == ["CURRENT", "embeddings.db", "index"]
    assert done.bytes == sum(p.stat().st_size for p in target.rglob("*") if p.is_file())
    with Archive.open(target, settings=SETTINGS, embedder=embedder) as copy:
        for question in QUESTIONS:
            theirs = [hit.to_dict() for hit in archive.search(question, k=20)]
            assert [hit.to_dict() for hit in copy.search(question, k=20)] == theirs
            assert copy.verify(archive.ask(question)) == archive.verify(archive.ask(question))
        assert sound(copy)
        report = copy.ingest(sample)
        assert (report.unchanged, report.added) == (22, 0)


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, "tests")
from rounds import hashed, write_round
home, folder = map(Path, sys.argv[1:])
for number in range(3, 1000):
    write_round(folder, number)
    with hashed(home) as archive:
        archive.ingest(folder)
    print(number, flush=True)
"""


def test_while_another_process_writes(small: Archive, tmp_path: Path) -> None:
    """Every copy is one generation whole, and the writer is never held up."""
    copied = set()
    with elsewhere(WRITER, small.home, tmp_path / "articles") as writer:
        assert writer.stdout
        for number in range(5):
            assert writer.stdout.readline()
            small.backup(tmp_path / f"copy-{number}")
            with hashed(tmp_path / f"copy-{number}") as copy:
                [stated] = rounds(copy)
                assert sound(copy)
            copied.add(stated)
        # Killed wherever it is; what it was at is not part of a copy.
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    assert len(copied) > 1
    done = small.backup(tmp_path / "after")
    assert names(tmp_path / "after" / "index") == [done.generation]
    with hashed(tmp_path / "after") as copy:
        assert rounds(copy) == rounds(small)
        assert sound(copy)


def test_what_is_copied_is_not_removed_meanwhile(
    small: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two writes during one copy would else take the generation that is being copied."""
    copy_generation = rag.backup._copy_generation

    def slowly(*files: object) -> None:
        for number in (3, 4, 5):
            write_round(tmp_path / "articles", number)
            with hashed(small.home) as writer:
                writer.ingest(tmp_path / "articles")
        copy_generation(*files)

    monkeypatch.setattr(rag.backup, "_copy_generation", slowly)
    small.backup(tmp_path / "copy")
    with hashed(tmp_path / "copy") as copy:
        assert rounds(copy) == {"2"}
    assert rounds(small) == {"5"}


BROKEN_OFF = """
import sys
from pathlib import Path
sys.path.insert(0, "tests")
import rag.backup
from rounds import hashed

def stop(*arguments):
    print("there", flush=True)
    sys.stdin.read()

setattr(rag.backup, sys.argv[3], stop)
hashed(Path(sys.argv[1])).backup(Path(sys.argv[2]))
"""


@pytest.mark.parametrize("step", ["copy_tree", "check_generation", "write_atomically"])
def test_a_backup_that_is_killed_is_no_archive(small: Archive, tmp_path: Path, step: str) -> None:
    target = tmp_path / "copy"
    with elsewhere(BROKEN_OFF, small.home, target, step) as process:
        assert process.stdout
        assert process.stdout.readline() == "there\n"
    with pytest.raises(ArchiveNotFound):
        hashed(target).articles()
    with pytest.raises(BackupError, match="not an empty folder"):
        small.backup(target)
    shutil.rmtree(target)
    assert small.backup(target).articles == 3
    assert names(small.home / "index") == ["g000001", "g000002"]


def test_where_no_backup_can_be(small: Archive, tmp_path: Path) -> None:
    full, file, link = tmp_path / "full", tmp_path / "file", tmp_path / "link"
    full.mkdir()
    (full / "letter.txt").write_text("mine")
    file.write_text("mine")
    link.symlink_to(tmp_path / "nowhere")
    for target in (full, file, link):
        with pytest.raises(BackupError, match="not an empty folder"):
            small.backup(target)
    for target in (small.home, small.home / "copy", small.home / "index" / ".." / "copy"):
        with pytest.raises(BackupError, match="lies in the archive"):
            small.backup(target)
    assert names(full) == ["letter.txt"]
    assert not (tmp_path / "nowhere").exists()
    with pytest.raises(ArchiveNotFound):
        hashed(tmp_path / "none").backup(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    (tmp_path / "empty").mkdir()
    assert small.backup(tmp_path / "empty").articles == 3


@pytest.mark.parametrize("lost", ["chroma/chroma.sqlite3", "catalog.db"])
def test_a_damaged_archive_is_not_passed_on(small: Archive, tmp_path: Path, lost: str) -> None:
    path = small.home / "index" / "g000002" / lost
    data = bytearray(path.read_bytes())
    data[len(data) // 3 :: 97] = b"\xff" * len(data[len(data) // 3 :: 97])
    path.write_bytes(data)
    (tmp_path / "empty").mkdir()
    for target in (tmp_path / "empty", tmp_path / "copy"):
        with pytest.raises(ArchiveDamaged):
            small.backup(target)
    assert names(tmp_path / "empty") == []
    assert not (tmp_path / "copy").exists()


def test_what_lies_beside_the_index(small: Archive, tmp_path: Path) -> None:
    """Conversations are copied while they are written; a damaged cache is left behind."""
    talks = small.conversations
    talk = talks.create("ada")
    exchange = talks.add(talk.id, owner="ada", question="first")
    with talks._file.writing() as db:
        db.execute("UPDATE exchanges SET question = 'second'")  # not committed
        done = small.backup(tmp_path / "one")
    assert done.embeddings > 0
    assert done.conversations == 1
    with hashed(tmp_path / "one") as copy:
        [kept] = copy.conversations.read(talk.id, owner="ada").exchanges
        assert kept == exchange
    (small.home / "embeddings.db").write_bytes(b"nonsense" * 1000)
    assert small.backup(tmp_path / "two").embeddings == 0
    assert names(tmp_path / "two") == ["CURRENT", "conversations.db", "index"]
    # Conversations cannot be made again: a copy without them would not be one.
    talks.close()
    (small.home / "conversations.db").write_bytes(b"nonsense" * 1000)
    with pytest.raises(ArchiveDamaged, match=r"conversations\.db"):
        small.backup(tmp_path / "three")
    assert not (tmp_path / "three").exists()


AS_ANOTHER_USER = """
import os, sys, tempfile
from pathlib import Path
sys.path.insert(0, "tests")
from rounds import hashed
from vectorstore.chroma import ChromaStore

with tempfile.TemporaryDirectory() as warm:  # loads all modules while they may be read
    ChromaStore(Path(warm)).close()
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
with hashed(Path(sys.argv[1])) as archive:
    print(archive.backup(sys.argv[2]).articles, os.access(sys.argv[1], os.W_OK))
"""


def test_a_read_only_archive(small: Archive) -> None:
    top = Path(tempfile.mkdtemp(prefix="dossier-test-"))
    try:
        top.chmod(0o777)
        home = top / "archive"
        small.close()
        shutil.copytree(small.home, home)
        for path in (home, *home.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        with elsewhere(AS_ANOTHER_USER, home, top / "copy") as process:
            assert process.communicate(timeout=240)[0] == "3 False\n"
        with hashed(top / "copy") as copy:
            assert rounds(copy) == {"2"}
            assert sound(copy) or os.geteuid() == 0
    finally:
        for path in (top, *top.rglob("*")):
            path.chmod(0o777)
        shutil.rmtree(top)


# --- rebuild ---


def test_a_rebuild_needs_neither_files_nor_vectors(
    own: Archive, archive: Archive, sample: Path
) -> None:
    before = own.status()
    shutil.rmtree(own.home / "index" / before.generation / "chroma")
    own.close()
    done = own.rebuild()
    assert (done.articles, done.passages, done.embedded) == (22, before.passages, 0)
    assert own.status().generation == done.generation == "g000002"
    for question in QUESTIONS:
        theirs = [hit.to_dict() for hit in archive.search(question, k=20)]
        assert [hit.to_dict() for hit in own.search(question, k=20)] == theirs
    assert [story.to_dict() for story in own.stories()] == [s.to_dict() for s in archive.stories()]
    for one in archive.articles():
        assert own.article(one.id) == one
        assert own.paths(one.id) == archive.paths(one.id)
        assert own.versions(one.id) == archive.versions(one.id)
    assert sound(own)
    assert own.ingest(sample).unchanged == 22
    assert own.status().generation == "g000002"


def test_a_rebuild_embeds_what_the_cache_lacks(small: Archive) -> None:
    for path in small.home.glob("embeddings.db*"):
        path.unlink()
    done = small.rebuild()
    assert done.embedded == done.passages > 3
    assert rounds(small) == {"2"}
    assert small.rebuild().embedded == 0


def test_earlier_versions_stay(archive_home: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    stated = "---\ntitle: The mill\nurl: https://paper.example/mill\npublished: 2015-11-{}\n---\n\n"
    with hashed(archive_home) as archive:
        for day, hurt in ((13, "Nobody was"), (14, "Two people were")):
            fire = f"The paper mill at Torbay burned down. {hurt} hurt in the fire. "
            page.write_text(stated.format(day) + fire + "The fire began in a store of rags. " * 5)
            archive.ingest(page)
        page.unlink()
        [live] = archive.articles()
        listed = archive.versions(live.id)
        assert len(listed) == 2
        archive.rebuild()
        assert archive.versions(live.id) == listed
        assert archive.articles() == [live]


def test_settings_in_force_are_taken_but_for_cleaning(
    small: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The texts are as they were cleaned, and the next ingest still knows it."""
    cleaned = small.status().fingerprint.split(" | ")[2]
    monkeypatch.setattr(rag.ingest, "CLEANING", "another")
    with hashed(small.home, passage_tokens=64) as shorter:
        before = shorter.status().passages
        assert shorter.rebuild().passages > before
        _, cut, cleaning = shorter.status().fingerprint.split(" | ")
        assert cut.endswith(":64")
        assert cleaning == cleaned
        shorter.ingest(tmp_path / "articles")
        assert shorter.status().fingerprint.endswith(" | another")


def test_damaged_articles_are_not_rebuilt_from(small: Archive) -> None:
    path = small.home / "index" / "g000002" / "catalog.db"
    with closing(sqlite3.connect(path)) as catalog, catalog:
        catalog.execute("UPDATE articles SET title = title || ' again'")
    with pytest.raises(ArchiveDamaged, match="not as it was written"):
        small.rebuild()
    assert names(small.home / "index") == ["g000001", "g000002"]
    with pytest.raises(ArchiveNotFound):
        hashed(small.home / "none").rebuild()
    assert not (small.home / "none").exists()


# --- vectors on a server ---


def collections(url: str) -> set[str]:
    with ChromaServer(url) as server:
        return server.names("dossier-")


def test_a_copy_of_an_archive_on_a_server(tmp_path: Path, archive_home: Path) -> None:
    """It is made without the server, reads the same vectors, and gets its own when it writes."""
    write_round(tmp_path / "articles", 1)
    with (
        chroma_server(tmp_path / "data") as chroma,
        hashed(archive_home, chroma_url=chroma.url) as archive,
    ):
        archive.ingest(tmp_path / "articles")
        [theirs] = collections(chroma.url)
        chroma.kill()
        done = archive.backup(tmp_path / "copy")
        assert done.vectors == theirs
        assert names(tmp_path / "copy") == ["CURRENT", "embeddings.db", "index"]
        chroma.start()
        hits = found(archive)
        with hashed(tmp_path / "copy", chroma_url=chroma.url) as copy:
            assert found(copy) == hits
            assert copy.rebuild().embedded == 0
            assert len(collections(chroma.url)) == 2
            copy.rebuild()
            copy.rebuild()
            assert found(copy) == hits
        assert theirs in collections(chroma.url)
        assert found(archive) == hits
        assert sound(archive)


def test_a_server_that_lost_its_data(tmp_path: Path, archive_home: Path) -> None:
    write_round(tmp_path / "articles", 1)
    with (
        chroma_server(tmp_path / "data") as chroma,
        hashed(archive_home, chroma_url=chroma.url) as archive,
    ):
        archive.ingest(tmp_path / "articles")
        hits = found(archive)
    shutil.rmtree(tmp_path / "articles")
    with (
        chroma_server(tmp_path / "other") as empty,
        hashed(archive_home, chroma_url=empty.url) as archive,
    ):
        with pytest.raises(VectorsElsewhere):
            archive.search("the ferry")
        archive.rebuild()
        assert found(archive) == hits
        assert sound(archive)
        with hashed(archive_home) as own:  # and back into the folder
            own.rebuild()
            assert found(own) == hits


# --- the command line ---


def told(*arguments: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def by_command(own_home: Path, monkeypatch: pytest.MonkeyPatch, embedder: OnnxEmbedder) -> Path:
    monkeypatch.setattr("rag.embedder.load_embedder", lambda report=None: embedder)
    return own_home


def test_the_commands(by_command: Path, tmp_path: Path) -> None:
    code, out, err = told("backup", tmp_path / "one", "--home", by_command)
    assert (code, err) == (0, "")
    assert re.match(r"Copied g000001 to .*/one: 22 articles in \d+ passages, \d+ embeddings", out)
    code, out, err = told("backup", tmp_path / "one", "--home", by_command)
    assert (code, out) == (1, "")
    assert re.fullmatch(r"Error: .*/one is there and not an empty folder: .*\n", err)
    code, out, _ = told("backup", tmp_path / "two", "--home", by_command, "--json")
    assert json.loads(out)["target"] == str(tmp_path / "two")
    code, out, err = told("rebuild", "--home", tmp_path / "two")
    assert (code, err) == (0, "")
    assert re.match(r"Built g000002: 22 articles in \d+ passages, 0 of them embedded anew", out)
    code, out, _ = told("rebuild", "--home", tmp_path / "two", "--json")
    assert json.loads(out)["generation"] == "g000003"
    assert told("rebuild", "--home", tmp_path / "two", "--quiet") == (0, "", "")
    assert told("rebuild", "--home", tmp_path / "none")[0] == 1


def test_readers_notice_a_rebuild(small: Archive) -> None:
    reader = Generations(small.home)
    with reader.snapshot() as held:
        small.rebuild()
        assert held.vectors.ids() == held.catalog.passage_ids()
        with reader.snapshot() as new:
            assert new.name == "g000003"
            assert new.vectors.ids() == held.vectors.ids()
    reader.close()
