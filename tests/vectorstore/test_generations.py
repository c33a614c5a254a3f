"""Generations: one writer, any number of readers, and an old one that stays live when one fails."""

import contextlib
import json
import os
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from keeping import FINGERPRINT, PUBLISHED, cut, elsewhere, put, vector, vectors, write

from vectorstore import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveNotFound,
    ArchiveNotWritable,
    Catalog,
    Filters,
    Fingerprint,
    Generations,
    check_parity,
    layout,
)
from vectorstore.chroma import ChromaStore
from vectorstore.nearest import keep_vectors

BRIDGE, HARBOUR, TUNNEL, FERRY = PUBLISHED


def titles(generations: Generations) -> set[str]:
    with generations.snapshot() as snapshot:
        return {one.title for one in snapshot.catalog.articles()}


def names(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "index").iterdir())


# --- reading what is not there ---


def test_reading_from_nothing_creates_nothing(generations: Generations, archive_home: Path) -> None:
    with pytest.raises(ArchiveNotFound, match="no archive at"), generations.snapshot():
        pass
    assert not archive_home.exists()


def test_a_file_in_the_place_of_the_archive(generations: Generations, archive_home: Path) -> None:
    archive_home.write_text("x")
    with pytest.raises(ArchiveNotFound), generations.snapshot():
        pass
    with pytest.raises(ArchiveNotWritable, match="cannot be written"), generations.writer():
        pass
    assert archive_home.read_text() == "x"


# --- the life of a generation ---


def test_the_first_and_the_next(generations: Generations, archive_home: Path) -> None:
    assert write(generations, BRIDGE) == "g000001"
    assert (archive_home / "CURRENT").read_text() == "g000001\n"
    with generations.snapshot() as snapshot:
        assert snapshot.name == snapshot.manifest.generation == "g000001"
        assert snapshot.manifest.fingerprint == FINGERPRINT
        assert (snapshot.manifest.articles, snapshot.manifest.dead) == (1, 0)
        assert snapshot.manifest.passages == len(cut(BRIDGE))
    assert write(generations, HARBOUR) == "g000002"
    assert titles(generations) == {BRIDGE.title, HARBOUR.title}
    with generations.snapshot() as snapshot:
        wanted = {passage.id for one in (BRIDGE, HARBOUR) for passage in cut(one)}
        assert snapshot.vectors.ids() == snapshot.catalog.passage_ids() == wanted


def test_a_rebuild_begins_empty(generations: Generations) -> None:
    write(generations, BRIDGE)
    write(generations, HARBOUR, rebuild=True)
    assert titles(generations) == {HARBOUR.title}
    with generations.snapshot() as snapshot:
        assert snapshot.vectors.ids() == {passage.id for passage in cut(HARBOUR)}


def test_an_empty_generation(generations: Generations) -> None:
    write(generations)
    assert titles(generations) == set()


def test_dead_vectors_are_counted_on(generations: Generations) -> None:
    for number in (1, 2):
        with generations.writer(), generations.draft(FINGERPRINT) as draft:
            assert draft.copied is (number > 1)
            put(draft, BRIDGE)
            draft.dead += 7
    with generations.snapshot() as snapshot:
        assert snapshot.manifest.dead == 14


def test_two_are_kept(generations: Generations, archive_home: Path) -> None:
    for one in PUBLISHED:
        write(generations, one)
    assert names(archive_home) == ["g000003", "g000004"]
    assert len(titles(generations)) == 4


def test_one_that_is_read_is_kept(generations: Generations, archive_home: Path) -> None:
    write(generations, BRIDGE)
    reader = Generations(archive_home)
    with reader.snapshot() as held:
        for one in (HARBOUR, TUNNEL, FERRY):
            write(generations, one)
        assert names(archive_home) == ["g000001", "g000003", "g000004"]
        assert [one.title for one in held.catalog.articles()] == [BRIDGE.title]
        first = cut(BRIDGE)[0].id
        assert held.vectors.nearest(vector(first), limit=1)[0][0] == first
    # The next call of that reader is on the newest, and nothing holds the old one any more.
    assert len(titles(reader)) == 4
    write(generations)
    assert names(archive_home) == ["g000004", "g000005"]
    reader.close()


def test_a_closed_reader_holds_nothing(generations: Generations, archive_home: Path) -> None:
    write(generations, BRIDGE)
    assert titles(generations)
    leases = archive_home / "index" / "g000001" / "readers"
    assert len(list(leases.iterdir())) == 1
    generations.close()
    assert list(leases.iterdir()) == []
    assert titles(generations)  # it opens again


def test_closing_waits_for_those_who_read(generations: Generations, archive_home: Path) -> None:
    write(generations, BRIDGE)
    with generations.snapshot() as held:
        generations.close()
        assert [one.title for one in held.catalog.articles()] == [BRIDGE.title]
        assert held.vectors.ids()
    assert list((archive_home / "index" / "g000001" / "readers").iterdir()) == []


def test_a_reader_keeps_its_snapshot_to_the_end_of_the_call(generations: Generations) -> None:
    write(generations, BRIDGE)
    with generations.snapshot() as held:
        write(generations, HARBOUR)
        with generations.snapshot() as fresh:
            assert (held.name, fresh.name) == ("g000001", "g000002")
            assert held._lease.is_locked
        assert [one.title for one in held.catalog.articles()] == [BRIDGE.title]


def test_many_threads_read_while_one_writes(generations: Generations) -> None:
    write(generations, BRIDGE)
    failed: list[BaseException] = []
    seen: set[str] = set()
    ending = threading.Event()

    def read() -> None:
        try:
            while not ending.is_set():
                with generations.snapshot() as snapshot:
                    seen.add(snapshot.name)
                    ids = snapshot.catalog.passage_ids()
                    hits = snapshot.vectors.nearest(vector("any"), limit=1000)
                    assert {ident for ident, _ in hits} == ids
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for one in (HARBOUR, TUNNEL, FERRY):
        while not seen and not failed:  # they are at it before the first change
            time.sleep(0.01)
        name = write(generations, one)
    while name not in seen and not failed:
        time.sleep(0.01)
    ending.set()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(seen) > 1


# --- other processes ---

READER = """
import sys
from pathlib import Path
from vectorstore import Generations
generations = Generations(Path(sys.argv[1]))
for line in sys.stdin:
    with generations.snapshot() as snapshot:
        print(snapshot.name, snapshot.catalog.counts()[0], len(snapshot.vectors.ids()), flush=True)
"""


def ask(process: object) -> list[str]:
    process.stdin.write("\n")
    return process.stdout.readline().split()


def test_a_reader_in_another_process(generations: Generations, archive_home: Path) -> None:
    write(generations, BRIDGE)
    size = len(cut(BRIDGE))
    with elsewhere(READER, archive_home) as process:
        assert ask(process) == ["g000001", "1", str(size)]
        for one in (HARBOUR, TUNNEL):
            write(generations, one)
        # Between its calls it holds the first one, which is kept; the next sees the newest.
        assert names(archive_home) == ["g000001", "g000002", "g000003"]
        assert ask(process) == ["g000003", "3", str(size + len(cut(HARBOUR)) + len(cut(TUNNEL)))]
        write(generations, FERRY)
        assert ask(process)[:2] == ["g000004", "4"]
        process.kill()
        process.wait()
    # The lease of a process that was killed counts for nothing.
    write(generations)
    write(generations)
    assert names(archive_home) == ["g000005", "g000006"]


HOLDER = """
import sys
from pathlib import Path
from vectorstore import Generations
with Generations(Path(sys.argv[1])).writer():
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_one_writer_at_a_time(generations: Generations, archive_home: Path) -> None:
    write(generations, BRIDGE)
    with elsewhere(HOLDER, archive_home) as process:
        assert process.stdout.readline() == "held\n"
        began = time.monotonic()
        with (
            pytest.raises(ArchiveBusy, match="is being written"),
            generations.writer(wait=0.3),
        ):
            pass
        assert 0.2 < time.monotonic() - began < 30
        assert titles(generations) == {BRIDGE.title}  # readers do not wait
        process.kill()
        process.wait()
        assert write(generations, HARBOUR) == "g000002"


def test_one_writer_among_threads(generations: Generations, archive_home: Path) -> None:
    caught: list[Exception] = []

    def try_it() -> None:
        try:
            with Generations(archive_home).writer(wait=0.1):
                pass
        except ArchiveBusy as error:
            caught.append(error)

    with generations.writer():
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
    assert len(caught) == 1
    try_it()
    assert len(caught) == 1


def test_a_writer_may_end_in_another_thread(generations: Generations) -> None:
    """A generator's steps may run on any thread, and the lock must go where its owner goes."""
    writing = generations.writer()
    writing.__enter__()
    thread = threading.Thread(target=writing.__exit__, args=(None, None, None))
    thread.start()
    thread.join()
    with generations.writer(wait=0.1):
        pass


# --- failures while writing ---


@pytest.mark.parametrize("failure", [RuntimeError("x"), KeyboardInterrupt(), SystemExit(1)])
def test_a_failure_leaves_the_old_one(
    generations: Generations, archive_home: Path, failure: BaseException
) -> None:
    write(generations, BRIDGE)
    with (
        pytest.raises(type(failure)),
        generations.writer(),
        generations.draft(FINGERPRINT) as draft,
    ):
        put(draft, HARBOUR)
        raise failure
    assert names(archive_home) == ["g000001"]
    assert titles(generations) == {BRIDGE.title}
    assert write(generations, HARBOUR) == "g000002"
    assert titles(generations) == {BRIDGE.title, HARBOUR.title}


def test_a_first_one_that_fails_leaves_no_archive(
    generations: Generations, archive_home: Path
) -> None:
    with (
        pytest.raises(RuntimeError),
        generations.writer(),
        generations.draft(FINGERPRINT) as draft,
    ):
        put(draft, BRIDGE)
        raise RuntimeError
    assert not archive_home.exists()
    with pytest.raises(ArchiveNotFound), generations.snapshot():
        pass


def test_an_interrupt_after_the_last_step_keeps_the_new_one(
    generations: Generations, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(generations, BRIDGE)
    sync = layout._sync_folder

    def interrupted(folder: Path) -> None:
        sync(folder)
        if (folder / "CURRENT").is_file():
            raise KeyboardInterrupt

    monkeypatch.setattr(layout, "_sync_folder", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(generations, HARBOUR)
    monkeypatch.undo()
    assert titles(generations) == {BRIDGE.title, HARBOUR.title}
    write(generations, TUNNEL)


def test_what_a_crash_left_is_swept(generations: Generations, archive_home: Path) -> None:
    write(generations, BRIDGE)
    left = archive_home / "index" / "g000002"
    shutil.copytree(archive_home / "index" / "g000001", left)
    (left / "manifest.json").unlink()
    assert titles(generations) == {BRIDGE.title}
    assert write(generations, HARBOUR) == "g000003"
    assert names(archive_home) == ["g000001", "g000003"]


CRASHER = """
import os, sys
from pathlib import Path
from keeping import FINGERPRINT, PUBLISHED, put
from vectorstore import Generations
generations = Generations(Path(sys.argv[1]))
with generations.writer(), generations.draft(FINGERPRINT) as draft:
    put(draft, PUBLISHED[1])
    os.kill(os.getpid(), 9)
"""


def test_a_writer_killed_half_way(generations: Generations, archive_home: Path) -> None:
    write(generations, BRIDGE)
    paths = f"import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r})"
    with elsewhere(paths + CRASHER, archive_home) as process:
        assert process.wait(120) == -9
    assert names(archive_home) == ["g000001", "g000002"]
    assert titles(generations) == {BRIDGE.title}
    assert write(generations, HARBOUR) == "g000003"
    assert names(archive_home) == ["g000001", "g000003"]


# --- parity ---


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda d: d.vectors.delete_nodes([cut(BRIDGE)[0].id]), "lists 3 of 4 passages"),
        (lambda d: d.vectors.upsert(["x"], vector("x")[None], [{"a": 1}]), "1 that are not in"),
        (lambda d: d.catalog._db.execute("DELETE FROM passages_fts_docsize WHERE id = 1"),
         "full-text search holds 3 of 4 passages"),
        (lambda d: d.catalog._db.execute("DELETE FROM vectors WHERE number = 1"),
         "the catalog holds the vectors of 3 of 4 passages"),
        (lambda d: keep_vectors(d.catalog, [cut(BRIDGE)[0].id], vector("other")[None]),
         "1 passages have other vectors in the catalog"),
    ],
)  # fmt: skip
def test_parity_that_fails_leaves_the_old_one(
    generations: Generations, archive_home: Path, spoil: object, message: str
) -> None:
    write(generations, BRIDGE)
    assert len(cut(BRIDGE)) == 4
    with (
        pytest.raises(ArchiveDamaged, match=message),
        generations.writer(),
        generations.draft(FINGERPRINT) as draft,
    ):
        spoil(draft)
    assert names(archive_home) == ["g000001"]
    assert titles(generations) == {BRIDGE.title}


class Forgetful(ChromaStore):
    """An index that lists a passage but does not find it, as a broken HNSW file does."""

    def nearest(self, *args: object, **options: object) -> list[tuple[str, float]]:
        return [hit for hit in super().nearest(*args, **options) if hit[0] != cut(BRIDGE)[0].id]


@pytest.mark.parametrize("whole", [5000, 2])
def test_a_passage_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: int
) -> None:
    monkeypatch.setattr("vectorstore.parity._FULL_PARITY", whole)
    monkeypatch.setattr("vectorstore.parity._SAMPLE", 4)
    catalog = Catalog.create(tmp_path / "catalog.db")
    unanswered = pytest.raises(ArchiveDamaged, match="1 passages do not")
    for kind, ending in ((ChromaStore, contextlib.nullcontext()), (Forgetful, unanswered)):
        store = kind(tmp_path / "chroma")
        passages = cut(BRIDGE)
        ids = [passage.id for passage in passages]
        store.upsert(ids, vectors(passages), [{"a": 1}] * len(ids))
        catalog.add(BRIDGE, passages)
        keep_vectors(catalog, ids, vectors(passages))
        with ending:
            check_parity(catalog, store)
        store.close()
    catalog.close()


def test_in_a_sample_a_few_may_be_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index of a million vectors is approximate: it does not find each by its own."""
    monkeypatch.setattr("vectorstore.parity._FULL_PARITY", 2)
    passages = cut(BRIDGE)
    monkeypatch.setattr("vectorstore.parity._MISSED", 1 / len(passages))
    catalog, store = Catalog.create(tmp_path / "catalog.db"), Forgetful(tmp_path / "chroma")
    ids = [passage.id for passage in passages]
    store.upsert(ids, vectors(passages), [{"a": 1}] * len(ids))
    catalog.add(BRIDGE, passages)
    keep_vectors(catalog, ids, vectors(passages))
    assert check_parity(catalog, store) == set()
    monkeypatch.setattr("vectorstore.parity._MISSED", 0.5 / len(passages))
    with pytest.raises(ArchiveDamaged, match="1 passages do not"):
        check_parity(catalog, store)
    store.close()
    catalog.close()


# --- damage ---


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("CURRENT", "nonsense"),
        ("CURRENT", ""),
        ("CURRENT", "../../etc"),
        ("CURRENT", "g999999"),
        ("CURRENT", b"\xff\xfe"),
        ("index/g000001/manifest.json", None),
        ("index/g000001/manifest.json", "{"),
        ("index/g000001/manifest.json", "[]"),
        ("index/g000001/manifest.json", '{"format": 3}'),
        ("index/g000001/catalog.db", None),
        ("index/g000001/catalog.db", "not a database at all" * 200),
        ("index/g000001/chroma", None),
        ("index/g000001/chroma/chroma.sqlite3", "not a database at all" * 200),
    ],
)
def test_damage_is_told(
    generations: Generations, archive_home: Path, name: str, content: str | bytes | None
) -> None:
    write(generations, BRIDGE)
    path = archive_home / name
    if content is None:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    reader = Generations(archive_home)
    with pytest.raises(ArchiveDamaged) as caught, reader.snapshot() as snapshot:
        assert snapshot.catalog.counts()
        assert snapshot.vectors.ids()
    assert "\n" not in str(caught.value)
    assert "python -m rag doctor" in str(caught.value) or "cannot be read" in str(caught.value)
    reader.close()
    leases = archive_home / "index" / "g000001" / "readers"
    assert not leases.is_dir() or list(leases.iterdir()) == []


def test_a_format_of_another_version(generations: Generations) -> None:
    write(generations, BRIDGE)
    path = generations.layout.generation("g000001").manifest
    path.write_text(path.read_text().replace('"format": 3', '"format": 99'))
    with pytest.raises(ArchiveDamaged, match="has format 99; this version reads 3"):
        titles(generations)


def test_current_names_no_folder_elsewhere(generations: Generations) -> None:
    write(generations, BRIDGE)
    generations.layout.pointer.write_text("../index/g000001")
    with pytest.raises(ArchiveDamaged, match="does not name a generation"):
        titles(generations)


def test_a_damaged_live_one_is_not_written_over(
    generations: Generations, archive_home: Path
) -> None:
    write(generations, BRIDGE)
    (archive_home / "index" / "g000001" / "manifest.json").write_text("{")
    with pytest.raises(ArchiveDamaged):
        write(generations, HARBOUR)
    assert names(archive_home) == ["g000001"]


# --- folders that cannot be written ---


@pytest.fixture
def public(tmp_path: Path) -> Iterator[Path]:
    """A folder that other users reach too: pytest's own is closed to them."""
    folder = Path(tempfile.mkdtemp(prefix="dossier-test-"))
    folder.chmod(0o755)
    yield folder
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


AS_ANOTHER_USER = """
import os, sys, tempfile
from pathlib import Path
from vectorstore import *
from vectorstore.chroma import ChromaStore
with tempfile.TemporaryDirectory() as warm:  # loads all modules while they may be read
    ChromaStore(Path(warm)).close()
if os.geteuid() == 0:  # the superuser may write anywhere
    os.setgid(65534)
    os.setuid(65534)
tempfile.tempdir = sys.argv[2]
generations = Generations(Path(sys.argv[1]))
try:
    with generations.snapshot() as snapshot:
        passages = len(snapshot.vectors.ids())
        print(snapshot.catalog.counts()[0], passages, len(os.listdir(sys.argv[2])))
    generations.close()
    print(len(os.listdir(sys.argv[2])))
    with generations.writer():
        print("written")
except StoreError as error:
    print(type(error).__name__, error)
"""


def test_a_read_only_archive_is_read_from_a_copy(public: Path) -> None:
    home, scratch = public / "archive", public / "scratch"
    generations = Generations(home)
    write(generations, BRIDGE, HARBOUR)
    generations.close()
    scratch.mkdir()
    scratch.chmod(0o777)
    inside = [home, *home.rglob("*")]
    for path in inside:
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in inside}
    with elsewhere(AS_ANOTHER_USER, home, scratch) as process:
        read, closed, refused = process.communicate(timeout=120)[0].splitlines()
    assert read == f"2 {len(cut(BRIDGE)) + len(cut(HARBOUR))} 1"
    assert closed == "0"  # the copy went with the reader
    assert refused.startswith(f"ArchiveNotWritable {home} cannot be written (")
    assert {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in inside} == before


def test_a_folder_that_is_closed_to_this_user(public: Path) -> None:
    home, scratch = public / "archive", public / "scratch"
    generations = Generations(home)
    write(generations, BRIDGE)
    generations.close()
    scratch.mkdir()
    (home / "CURRENT").chmod(0)
    with elsewhere(AS_ANOTHER_USER, home, scratch) as process:
        said = process.communicate(timeout=120)[0]
    assert said.startswith("ArchiveDamaged ")
    assert "cannot be read" in said
    assert "Permission denied" in said


# --- when to build anew, and the small files ---


@pytest.mark.parametrize(
    ("passages", "dead", "worth"),
    [
        (10_000, 2001, True),
        (10_000, 2000, False),
        (100, 90, False),
        (100, 300, True),
        (0, 0, False),
    ],
)
def test_worth_rebuilding(generations: Generations, passages: int, dead: int, worth: bool) -> None:
    write(generations, BRIDGE)
    with generations.snapshot() as snapshot:
        values = snapshot.manifest
    manifest = type(values)(
        generation="g1",
        fingerprint=Fingerprint(embedder="", passages="", cleaning=""),
        articles=1,
        passages=passages,
        dead=dead,
        created="",
    )
    assert generations.worth_rebuilding(manifest) is worth


def test_the_manifest_is_plain_json(generations: Generations, archive_home: Path) -> None:
    write(generations, BRIDGE)
    read = json.loads((archive_home / "index" / "g000001" / "manifest.json").read_text())
    assert read["format"] == 3
    assert read["vectors"] == "embedded"
    assert read["fingerprint"] == {
        "embedder": "hashed",
        "passages": "sentences:64",
        "cleaning": "1",
    }


def test_copies_of_databases_are_whole_and_without_journals(tmp_path: Path) -> None:
    source = tmp_path / "source"
    store = ChromaStore(source)
    store.upsert(["x"], vector("x")[None], [{"a": 1}])
    (source / "x.sqlite3-journal").write_text("half a change")
    layout.copy_tree(source, tmp_path / "target")
    store.close()
    copied = [path.name for path in (tmp_path / "target").rglob("*")]
    assert "chroma.sqlite3" in copied
    assert not any(name.endswith(("-wal", "-shm", "-journal")) for name in copied)
    copy = ChromaStore(tmp_path / "target")
    assert copy.ids() == {"x"}
    copy.close()


def test_small_files_are_replaced_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "CURRENT"
    layout.write_atomically(path, "none")
    with path.open() as reading:
        layout.write_atomically(path, "one")
        assert reading.read() == "none"  # another file, not the old one written over

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        layout.write_atomically(path, "two")
    assert path.read_text() == "one"
    assert stat.S_ISREG(path.stat().st_mode)


def test_filters_pass_through_a_snapshot(generations: Generations) -> None:
    write(generations, *PUBLISHED)
    with generations.snapshot() as snapshot:
        assert snapshot.catalog.has_article(Filters(sources=["The Wire"]))
        assert not snapshot.catalog.has_article(Filters(sources=["Nobody"]))


# --- vectors in memory ---


def test_few_vectors_are_held_and_many_are_not(
    generations: Generations, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(generations, BRIDGE, HARBOUR)
    with generations.snapshot() as snapshot:
        held = snapshot.held
        assert held is snapshot.held
        assert held is not None
        ids = [passage.id for passage in (*cut(BRIDGE), *cut(HARBOUR))]
        assert {ident for ident, _ in held.nearest(vector("any"), limit=99)} == set(ids)
        monkeypatch.setattr("vectorstore.generations._FEW", len(ids) - 1)
        assert snapshot.held is None
