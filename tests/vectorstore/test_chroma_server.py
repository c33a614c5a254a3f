"""Vectors on a real Chroma server: shared by processes, never half live, swept, mended."""

import shutil
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from keeping import FINGERPRINT, PUBLISHED, cut, elsewhere, put, vector, write
from servers.chroma_server import ChromaProcess, chroma_server

from corpus import Article
from vectorstore import (
    ArchiveDamaged,
    Filters,
    Generations,
    Manifest,
    VectorsElsewhere,
    VectorServerUnavailable,
    check_parity,
)
from vectorstore import server as module
from vectorstore.chroma import ChromaStore
from vectorstore.nearest import nearest
from vectorstore.server import ChromaServer, ServerCollection

BRIDGE, HARBOUR, TUNNEL, FERRY = PUBLISHED


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaProcess]:
    with chroma_server(tmp_path_factory.mktemp("server") / "data") as running:
        yield running


@pytest.fixture
def generations(chroma: ChromaProcess, archive_home: Path) -> Iterator[Generations]:
    opened = Generations(archive_home, chroma_url=chroma.url)
    yield opened
    opened.close()


def ids(*articles: Article) -> set[str]:
    return {passage.id for one in articles for passage in cut(one)}


def manifest(generations: Generations) -> Manifest:
    with generations.snapshot() as snapshot:
        return snapshot.manifest


def found(generations: Generations) -> set[str]:
    """Every passage that a search through the live generation finds."""
    with generations.snapshot() as snapshot:
        return {ident for ident, _ in snapshot.vectors.nearest(vector("any"), limit=1000)}


def stored(chroma: ChromaProcess, name: str) -> ChromaStore:
    return ChromaStore(ServerCollection(url=chroma.url, name=name), create=False)


def listed(chroma: ChromaProcess, generations: Generations) -> set[str]:
    """Every id in the live generation's collection."""
    store = stored(chroma, manifest(generations).vectors)
    try:
        return store.ids()
    finally:
        store.close()


def collections(chroma: ChromaProcess, generations: Generations) -> set[str]:
    """The archive's collections on the server."""
    with ChromaServer(chroma.url) as server:
        return server.names(f"dossier-{generations.layout.archive_id()}-")


def remove(generations: Generations, one: Article) -> None:
    with generations.writer(), generations.draft(FINGERPRINT) as draft:
        draft.discard(draft.catalog.remove(one.id))


# --- the same archive, elsewhere ---


def test_the_vectors_are_on_the_server(generations: Generations, archive_home: Path) -> None:
    assert write(generations, BRIDGE) == "g000001"
    assert not (archive_home / "index" / "g000001" / "chroma").exists()
    ident = (archive_home / "archive.id").read_text().strip()
    assert manifest(generations).vectors == f"dossier-{ident}-g000001"
    assert found(generations) == ids(BRIDGE)
    assert write(generations, HARBOUR) == "g000002"
    assert manifest(generations).vectors == f"dossier-{ident}-g000001"
    assert found(generations) == ids(BRIDGE, HARBOUR)
    with generations.snapshot() as snapshot:
        assert check_parity(snapshot.catalog, snapshot.vectors) == set()


def test_both_places_answer_alike(generations: Generations, tmp_path: Path) -> None:
    embedded = Generations(tmp_path / "embedded")
    several = [
        None,
        Filters(published_from=PUBLISHED[0].published),
        Filters(sources=["THE QUAY"], include_undated=False),
        Filters(authors=["ada moss", "ÅSA ÖBERG"]),
        Filters(article_ids=[BRIDGE.id, TUNNEL.id], sections=["city"]),
    ]
    for place in (generations, embedded):
        write(place, *PUBLISHED)
    sizes = set()
    with generations.snapshot() as served, embedded.snapshot() as own:
        for word in ("any", "other", cut(FERRY)[0].id):
            for filters in several:
                ours, theirs = (
                    nearest(vector(word), snapshot=place, limit=7, filters=filters)
                    for place in (served, own)
                )
                assert [ident for ident, _ in ours] == [ident for ident, _ in theirs]
                assert [s for _, s in ours] == pytest.approx([s for _, s in theirs], abs=5e-4)
                sizes.add(len(ours))
    assert sizes == {4, 7}
    embedded.close()


def test_two_archives_do_not_mix(
    generations: Generations, chroma: ChromaProcess, tmp_path: Path
) -> None:
    other = Generations(tmp_path / "other", chroma_url=chroma.url)
    write(generations, BRIDGE)
    write(other, HARBOUR)
    write(other, rebuild=True)
    write(other)
    assert found(generations) == listed(chroma, generations) == ids(BRIDGE)
    assert found(other) == set()
    assert not collections(chroma, generations) & collections(chroma, other)
    other.close()


def test_wrong_arguments_stay_so(generations: Generations) -> None:
    write(generations, BRIDGE)
    with generations.snapshot() as snapshot:
        with pytest.raises(ValueError, match="dimension"):
            snapshot.vectors.nearest(vector("any")[:3], limit=3)
        with pytest.raises(ValueError, match="operator"):
            snapshot.vectors.nearest(vector("any"), limit=3, where={"day": {"$about": 1}})
        assert snapshot.vectors.nearest(vector("any"), limit=0) == []


# --- what is taken out, and what was never live ---


def test_a_kept_generation_keeps_its_vectors(
    generations: Generations, chroma: ChromaProcess
) -> None:
    write(generations, BRIDGE, HARBOUR)
    remove(generations, BRIDGE)
    assert found(generations) == ids(HARBOUR)
    assert listed(chroma, generations) == ids(BRIDGE, HARBOUR)
    (generations.layout.home / "CURRENT").write_text("g000001\n")
    assert found(generations) == ids(BRIDGE, HARBOUR)
    (generations.layout.home / "CURRENT").write_text("g000002\n")
    assert found(generations) == ids(HARBOUR)
    write(generations, TUNNEL)
    assert listed(chroma, generations) == ids(HARBOUR, TUNNEL)


def test_a_reader_keeps_the_vectors_of_its_generation(
    generations: Generations, chroma: ChromaProcess, archive_home: Path
) -> None:
    write(generations, BRIDGE)
    reader = Generations(archive_home, chroma_url=chroma.url)
    with reader.snapshot() as held:
        remove(generations, BRIDGE)
        for one in (HARBOUR, TUNNEL):
            write(generations, one, rebuild=True)
        hits = held.vectors.nearest(vector("any"), limit=100)
        assert {ident for ident, _ in hits} == ids(BRIDGE)
        assert len(collections(chroma, generations)) == 3
    reader.close()
    write(generations, FERRY)
    assert len(collections(chroma, generations)) == 1


def test_vectors_that_the_catalog_does_not_know_are_never_found(
    generations: Generations, chroma: ChromaProcess
) -> None:
    write(generations, BRIDGE, HARBOUR)
    mine = cut(BRIDGE)[0].id
    strangers = [f"stranger-{number}" for number in range(40)]
    store = stored(chroma, manifest(generations).vectors)
    store.upsert(strangers, vector(mine)[None].repeat(40, axis=0), [{"day": 0}] * 40)
    assert len(store.nearest(vector(mine), limit=10)) == 10
    store.close()
    with generations.snapshot() as snapshot:
        hits = snapshot.vectors.nearest(vector(mine), limit=3)
        assert hits[0] == (mine, pytest.approx(1.0, abs=1e-5))
        assert len(hits) == 3
        assert {ident for ident, _ in hits} <= ids(BRIDGE, HARBOUR)
        assert check_parity(snapshot.catalog, snapshot.vectors) == set(strangers)
    assert found(generations) == ids(BRIDGE, HARBOUR)
    write(generations, TUNNEL)
    assert listed(chroma, generations) == ids(BRIDGE, HARBOUR, TUNNEL)


@pytest.mark.parametrize("rebuild", [False, True])
def test_a_draft_that_fails_is_not_seen(
    generations: Generations, chroma: ChromaProcess, rebuild: bool
) -> None:
    write(generations, BRIDGE)
    with (
        pytest.raises(RuntimeError),
        generations.writer(),
        generations.draft(FINGERPRINT, rebuild=rebuild) as draft,
    ):
        put(draft, HARBOUR)
        draft.discard(sorted(ids(BRIDGE)))
        raise RuntimeError
    assert found(generations) == ids(BRIDGE)
    write(generations, TUNNEL, rebuild=rebuild)
    assert found(generations) == (ids(TUNNEL) if rebuild else ids(BRIDGE, TUNNEL))
    assert listed(chroma, generations) == found(generations)
    assert len(collections(chroma, generations)) == 1 + rebuild


def test_what_a_failed_build_left_does_not_hinder_another(generations: Generations) -> None:
    with (
        pytest.raises(RuntimeError),
        generations.writer(),
        generations.draft(FINGERPRINT) as draft,
    ):
        draft.vectors.upsert(["x"], vector("x")[None, :3], [{"day": 0}])  # of another embedder
        raise RuntimeError
    assert write(generations, BRIDGE) == "g000001"
    assert found(generations) == ids(BRIDGE)


CRASHER = """
import os, sys
sys.path.insert(0, sys.argv[4])
from pathlib import Path
from keeping import FINGERPRINT, PUBLISHED, put
from vectorstore import Generations
generations = Generations(Path(sys.argv[1]), chroma_url=sys.argv[2])
with generations.writer(), generations.draft(FINGERPRINT, rebuild=sys.argv[3] == "True") as draft:
    put(draft, PUBLISHED[1])
    os.kill(os.getpid(), 9)
"""
TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("rebuild", [False, True])
def test_a_writer_killed_before_the_switch(
    generations: Generations, chroma: ChromaProcess, archive_home: Path, rebuild: bool
) -> None:
    write(generations, BRIDGE)
    with elsewhere(CRASHER, archive_home, chroma.url, rebuild, TESTS) as process:
        assert process.wait(120) == -9
    left = collections(chroma, generations)
    assert len(left) == 1 + rebuild
    assert listed(chroma, generations) == ids(BRIDGE) | (set() if rebuild else ids(HARBOUR))
    assert found(generations) == ids(BRIDGE)
    assert write(generations, TUNNEL) == "g000003"
    assert listed(chroma, generations) == found(generations) == ids(BRIDGE, TUNNEL)
    assert len(collections(chroma, generations)) == 1


# --- a server that goes ---


def test_a_server_that_dies_while_it_is_written(
    generations: Generations, chroma: ChromaProcess, archive_home: Path
) -> None:
    write(generations, BRIDGE)
    with (
        pytest.raises(VectorServerUnavailable, match="does not answer") as caught,
        generations.writer(),
        generations.draft(FINGERPRINT) as draft,
    ):
        put(draft, HARBOUR)
        chroma.kill()
        put(draft, TUNNEL)
    assert "\n" not in str(caught.value)
    assert chroma.url in str(caught.value)
    assert "chroma run --path" in str(caught.value)
    assert (archive_home / "CURRENT").read_text() == "g000001\n"
    assert [path.name for path in (archive_home / "index").iterdir()] == ["g000001"]
    chroma.start()
    assert found(generations) == ids(BRIDGE)
    write(generations, HARBOUR, TUNNEL)
    assert found(generations) == listed(chroma, generations) == ids(BRIDGE, HARBOUR, TUNNEL)


def test_a_server_that_dies_at_the_last_step(
    generations: Generations, chroma: ChromaProcess, archive_home: Path
) -> None:
    """After the switch the generation is live, and what should have been deleted goes later."""
    write(generations, BRIDGE, HARBOUR)
    remove(generations, BRIDGE)
    sweep = generations.place.sweep

    def cut_off(*arguments: object) -> None:
        chroma.kill()
        sweep(*arguments)

    generations.place.sweep = cut_off  # type: ignore[method-assign]
    assert write(generations, TUNNEL) == "g000003"
    chroma.start()
    assert listed(chroma, generations) == ids(BRIDGE, HARBOUR, TUNNEL)
    assert found(generations) == ids(HARBOUR, TUNNEL)
    generations.place.sweep = sweep  # type: ignore[method-assign]
    write(generations, FERRY)
    assert listed(chroma, generations) == ids(HARBOUR, TUNNEL, FERRY)


def test_a_server_that_is_away_and_comes_back(
    generations: Generations, chroma: ChromaProcess, archive_home: Path
) -> None:
    write(generations, BRIDGE)
    assert found(generations) == ids(BRIDGE)
    chroma.kill()
    fresh = Generations(archive_home, chroma_url=chroma.url)
    for reader in (generations, fresh):
        with pytest.raises(VectorServerUnavailable), reader.snapshot() as snapshot:
            assert snapshot.catalog.counts()[0] == 1  # what is in the catalog can be read
            assert snapshot.vectors.nearest(vector("any"), limit=1)
    with pytest.raises(VectorServerUnavailable):
        write(generations, HARBOUR)
    with pytest.raises(VectorServerUnavailable):
        generations.worth_rebuilding(manifest(generations))
    chroma.start()
    assert found(generations) == found(fresh) == ids(BRIDGE)
    fresh.close()


def test_a_server_that_stalls(
    generations: Generations, chroma: ChromaProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SILENCE", 2.0)
    write(generations, BRIDGE)
    assert found(generations) == ids(BRIDGE)
    began = time.monotonic()
    with chroma.stalled():
        with pytest.raises(VectorServerUnavailable, match="timed out"):
            found(generations)
        with pytest.raises(VectorServerUnavailable, match="timed out"):
            ChromaServer(chroma.url).names("")
    assert time.monotonic() - began < 30
    assert found(generations) == ids(BRIDGE)


class Page(BaseHTTPRequestHandler):
    """Another program on the server's port."""

    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(b"<html>\n<h1>Welcome\nto  a proxy</h1></html>")

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("status", [200, 404, 502])
def test_what_answers_is_no_chroma_server(tmp_path: Path, status: int) -> None:
    other = HTTPServer(("127.0.0.1", 0), type("Said", (Page,), {"status": status}))
    thread = threading.Thread(target=other.serve_forever, args=(0.01,))
    thread.start()
    try:
        url = f"http://someone:secret@127.0.0.1:{other.server_port}/chroma"
        generations = Generations(tmp_path / "archive", chroma_url=url)
        with pytest.raises(VectorServerUnavailable, match="does not answer") as caught:
            write(generations, BRIDGE)
    finally:
        other.shutdown()
        thread.join()
        other.server_close()
    assert f"http://127.0.0.1:{other.server_port}/chroma " in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert generations.layout.current() is None


# --- what is lost on the server ---


def test_a_lost_collection_is_built_anew(generations: Generations, chroma: ChromaProcess) -> None:
    write(generations, BRIDGE)
    assert not generations.worth_rebuilding(manifest(generations))
    with ChromaServer(chroma.url) as server:
        server.drop(manifest(generations).vectors)
        server.drop(manifest(generations).vectors)  # it is no error that it is gone
    fresh = Generations(generations.layout.home, chroma_url=chroma.url)
    with pytest.raises(VectorsElsewhere, match="ingest once more to build"):
        found(fresh)
    with pytest.raises(VectorsElsewhere, match="ingest once more to build"):
        write(fresh, HARBOUR)
    assert fresh.worth_rebuilding(manifest(fresh))
    write(fresh, BRIDGE, rebuild=True)
    assert found(fresh) == ids(BRIDGE)
    fresh.close()


def test_lost_vectors_fail_parity(generations: Generations, chroma: ChromaProcess) -> None:
    write(generations, BRIDGE)
    store = stored(chroma, manifest(generations).vectors)
    store.delete_nodes([cut(BRIDGE)[0].id])
    store.close()
    with pytest.raises(ArchiveDamaged, match="lists 7 of 8 passages and 0 that"):
        write(generations, HARBOUR)
    assert generations.layout.current() == "g000001"


# --- moving ---


def test_an_archive_that_the_settings_want_elsewhere(
    generations: Generations, chroma: ChromaProcess, archive_home: Path
) -> None:
    embedded = Generations(archive_home)
    write(embedded, BRIDGE)
    with pytest.raises(VectorsElsewhere, match="in its own folder and DOSSIER_CHROMA_URL"):
        found(generations)
    with pytest.raises(VectorsElsewhere):
        write(generations, HARBOUR)
    assert generations.layout.current() == "g000001"
    assert generations.worth_rebuilding(manifest(generations))
    assert generations.place.shown(manifest(generations)) == "embedded"

    write(generations, BRIDGE, rebuild=True)
    assert found(generations) == ids(BRIDGE)
    assert generations.place.shown(manifest(generations)).endswith(f"-g000002 at {chroma.url}")
    with pytest.raises(VectorsElsewhere, match="set DOSSIER_CHROMA_URL"):
        found(embedded)
    with pytest.raises(VectorsElsewhere):
        write(embedded, HARBOUR)
    assert embedded.worth_rebuilding(manifest(embedded))
    assert "not named" in embedded.place.shown(manifest(embedded))

    write(embedded, BRIDGE, rebuild=True)
    assert found(embedded) == ids(BRIDGE)
    embedded.close()


def test_a_copy_of_an_archive_with_an_identity_of_its_own(
    generations: Generations, chroma: ChromaProcess, tmp_path: Path
) -> None:
    write(generations, BRIDGE, HARBOUR)
    generations.close()
    shutil.copytree(generations.layout.home, tmp_path / "copy")
    (tmp_path / "copy" / "archive.id").unlink()
    copy = Generations(tmp_path / "copy", chroma_url=chroma.url)
    assert found(copy) == ids(BRIDGE, HARBOUR)
    assert copy.worth_rebuilding(manifest(copy))
    for _ in range(2):  # the second time no kept generation of the copy lists them
        remove(copy, BRIDGE)
    assert listed(chroma, generations) == ids(BRIDGE, HARBOUR)
    write(copy, HARBOUR, rebuild=True)
    write(copy, TUNNEL)
    assert found(copy) == listed(chroma, copy) == ids(HARBOUR, TUNNEL)
    assert found(generations) == listed(chroma, generations) == ids(BRIDGE, HARBOUR)
    copy.close()


@pytest.mark.parametrize("name", ["", "../other", "dossier-x", "dossier-0123456789ab-g1/..", 7])
def test_a_manifest_that_names_no_place(generations: Generations, name: object) -> None:
    write(generations, BRIDGE)
    path = generations.layout.generation("g000001").manifest
    said = manifest(generations).vectors
    path.write_text(path.read_text().replace(f'"{said}"', f'"{name}"' if name != 7 else "7"))
    with pytest.raises(ArchiveDamaged, match="cannot be read"):
        found(Generations(generations.layout.home, chroma_url="http://127.0.0.1:1"))


# --- several processes ---


READER = """
import sys, threading
from pathlib import Path
import numpy as np
from vectorstore import Generations
generations = Generations(Path(sys.argv[1]), chroma_url=sys.argv[2])
probe = np.ones(16, dtype=np.float32)
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
seen, reads = [], 0
while not stop.is_set():
    with generations.snapshot() as snapshot:
        found = {ident for ident, _ in snapshot.vectors.nearest(probe, limit=1000)}
        assert found == snapshot.catalog.passage_ids(), (snapshot.name, len(found))
    reads += 1
    if snapshot.name not in seen:
        seen.append(snapshot.name)
        print(snapshot.name, flush=True)
generations.close()
print("done", reads, flush=True)
"""


@pytest.mark.slow
def test_two_readers_while_one_writes(
    generations: Generations, chroma: ChromaProcess, archive_home: Path
) -> None:
    write(generations, BRIDGE)
    with (
        elsewhere(READER, archive_home, chroma.url) as one,
        elsewhere(READER, archive_home, chroma.url) as two,
    ):
        readers = (one, two)
        for name, change in (
            ("g000001", lambda: None),
            ("g000002", lambda: write(generations, HARBOUR)),
            ("g000003", lambda: remove(generations, BRIDGE)),
            ("g000004", lambda: write(generations, TUNNEL, FERRY)),
            ("g000005", lambda: write(generations, BRIDGE, rebuild=True)),
        ):
            change()
            for reader in readers:
                assert reader.stdout.readline() == f"{name}\n"
        for reader in readers:
            reader.stdin.write("\n")
            done, reads = reader.stdout.readline().split()
            assert done == "done"
            assert int(reads) > 5
            assert reader.wait(60) == 0
