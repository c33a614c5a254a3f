"""Damaged index files, full disks, lost permissions, writers and readers at once."""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from keeping import FINGERPRINT, HashedEmbedder, article, cut, elsewhere, put, write

from rag import Archive, Settings
from vectorstore import ArchiveDamaged, ArchiveNotFound, Generations
from vectorstore.recovery import check_generation

pytestmark = pytest.mark.slow  # real processes, a minute in all

SETTINGS = Settings(_env_file=None)
TESTS = Path(__file__).parents[1]
PATHS = f"import sys; sys.path[:0] = [{str(TESTS)!r}]\n"


def write_version(folder: Path, version: int, *, articles: int = 6) -> None:
    """The same files with other words: no article stays."""
    folder.mkdir(exist_ok=True)
    for number in range(articles):
        people = " ".join(f"Person {n} saw bridge {number} in year {version}." for n in range(40))
        (folder / f"{number}.md").write_text(
            f"---\ntitle: Bridge {number} in year {version}\n---\n\n{people}\n"
        )


def ingest(home: Path, folder: Path) -> None:
    with Archive.open(home, settings=SETTINGS, embedder=HashedEmbedder()) as archive:
        archive.ingest(folder)


def contents(home: Path) -> set[str]:
    """The titles in an archive that is whole."""
    generations = Generations(home)
    try:
        with generations.snapshot() as snapshot:
            check_generation(generations, snapshot.name)
            return {one.title for one in snapshot.catalog.articles()}
    except ArchiveNotFound:
        return set()
    finally:
        generations.close()


def expected(version: int, *, articles: int = 6) -> set[str]:
    return {f"Bridge {number} in year {version}" for number in range(articles)}


# --- damaged files of the vector index ---

OPENER = """
import sys
from pathlib import Path
from vectorstore import *
for home in sys.stdin.read().splitlines():
    generations = Generations(Path(home))
    try:
        with generations.snapshot() as snapshot:
            check_parity(snapshot.catalog, snapshot.vectors)
        print("whole", flush=True)
    except StoreError as error:
        print(type(error).__name__, str(error).count(chr(10)), flush=True)
    generations.close()
"""


def spoiled(data: bytes, how: str, draw: random.Random) -> bytes:
    if how == "half":
        return data[: len(data) // 2]
    if how == "head":
        return draw.randbytes(64) + data[64:]
    changed = bytearray(data)
    for _ in range(200):
        changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


def test_damaged_vectors_end_no_process(tmp_path: Path) -> None:
    """Loading HNSW files with a few wrong bytes is a fault of memory; they are not loaded."""
    text = " ".join(
        f"Some {number} people walked over the bridge at noon." for number in range(9000)
    )
    home = tmp_path / "archive"
    generations = Generations(home)
    with generations.writer(), generations.draft(FINGERPRINT) as draft:
        assert len(put(draft, article("bridge", text=text))) > 1000  # saved from there on
    generations.close()
    files = [path for path in (home / "index").rglob("chroma/**/*") if path.is_file()]
    assert {path.name for path in files} >= {"header.bin", "data_level0.bin", "chroma.sqlite3"}
    draw, cases = random.Random(1), []
    for path in files:
        for how in ("none", "half", "head", "bytes"):
            place = tmp_path / f"{len(cases)}"
            shutil.copytree(home, place)
            if how != "none":
                victim = place / path.relative_to(home)
                victim.write_bytes(spoiled(victim.read_bytes(), how, draw))
            cases.append((place, path.name, how))
    with elsewhere(OPENER) as process:
        said = process.communicate("\n".join(str(place) for place, *_ in cases), timeout=240)[0]
    assert process.returncode == 0
    for (_, name, how), line in zip(cases, said.splitlines(), strict=True):
        # SQLite does not look at what it has no need of.
        allowed = {"whole"} if how == "none" else {"ArchiveDamaged 0"}
        allowed |= {"whole"} if name == "chroma.sqlite3" else set()
        assert line in allowed, (name, how, line)


def test_no_writer_begins_with_a_damaged_copy(generations: Generations, archive_home: Path) -> None:
    write(generations, article("bridge"))
    catalog = archive_home / "index/g000001/catalog.db"
    data = bytearray(catalog.read_bytes())
    data[-100] ^= 1
    catalog.write_bytes(data)
    with pytest.raises(ArchiveDamaged, match=r"catalog\.db is not as it was written"):
        write(generations, article("ferry"))
    assert [path.name for path in (archive_home / "index").iterdir()] == ["g000001"]


# --- a full disk ---

LIMITED = (
    PATHS
    + """
import resource, signal
from pathlib import Path
import chromadb, llama_index.core
from corpus import read_articles
from keeping import HashedEmbedder
from rag import Archive, Settings
from vectorstore import StoreError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
list(read_articles(Path(sys.argv[2]) / "0.md"))  # some models unpack in a file of their own
home, folder = sys.argv[1:]
settings = Settings(_env_file=None)
for line in sys.stdin:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(line), resource.RLIM_INFINITY))
    with Archive.open(home, settings=settings, embedder=HashedEmbedder()) as archive:
        try:
            archive.ingest(folder)
            said = "done"
        except StoreError as error:
            said = f"{type(error).__name__} {error}"
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(said.replace(chr(10), "|"), flush=True)
"""
)


def test_files_that_may_not_grow(tmp_path: Path) -> None:
    """Every write past a limit fails, as on a full disk, wherever the limit falls."""
    home, folder = tmp_path / "archive", tmp_path / "articles"
    write_version(folder, 1)
    ingest(home, folder)
    write_version(folder, 2)
    refused = 0
    with elsewhere(LIMITED, home, folder) as process:
        assert process.stdin
        assert process.stdout
        for limit in (8_000, 15_000, 30_000, 60_000, 100_000, 130_000, 160_000, 200_000, 1 << 40):
            process.stdin.write(f"{limit}\n")
            process.stdin.flush()
            said = process.stdout.readline().strip()
            if said == "done":
                assert contents(home) == expected(2)
                break
            assert said.startswith("ArchiveNotWritable "), (limit, said)
            assert "|" not in said
            assert contents(home) == expected(1)
            refused += 1
    assert refused >= 4
    assert said == "done"
    assert (home / "CURRENT").read_text() == "g000002\n"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1.2 MB, where this user may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1200k", "tmpfs", str(place)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if done.returncode:
        pytest.skip(f"this user may not mount a small disk: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk(small_disk: Path, tmp_path: Path) -> None:
    home, folder = small_disk / "archive", tmp_path / "articles"
    write_version(folder, 1)
    ingest(home, folder)
    write_version(folder, 2, articles=60)
    with elsewhere(LIMITED, home, folder) as process:
        said = process.communicate(f"{1 << 40}\n", timeout=240)[0]
    assert said.startswith("ArchiveNotWritable "), said
    assert contents(home) == expected(1)
    assert [path.name for path in (home / "index").iterdir()] == ["g000001"]
    with Archive.open(home, settings=SETTINGS, embedder=HashedEmbedder()) as archive:
        assert all(found.passed for found in archive.doctor() if found.check != "space")
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    ingest(home, folder)
    assert contents(home) == expected(2, articles=60)


# --- permission lost midway ---

CLOSING = (
    PATHS
    + """
import os, tempfile
from pathlib import Path
from keeping import FINGERPRINT, article, put
from vectorstore import *
from vectorstore.chroma import ChromaStore
with tempfile.TemporaryDirectory() as warm:  # loads all modules while they may be read
    ChromaStore(Path(warm)).close()
if os.geteuid() == 0:  # the superuser may write anywhere
    os.setgid(65534)
    os.setuid(65534)
home = Path(sys.argv[1])
generations = Generations(home)
for place in sys.argv[2:]:
    try:
        with generations.writer(), generations.draft(FINGERPRINT) as draft:
            put(draft, article("ferry"))
            folder = home / place.replace("NEW", draft.name)
            folder.chmod(0o555)
            put(draft, article("tunnel"))
        print("written")
    except StoreError as error:
        print(type(error).__name__, error)
    folder.chmod(0o755)
    with generations.snapshot() as snapshot:
        check_parity(snapshot.catalog, snapshot.vectors)
        print(snapshot.name, snapshot.catalog.counts()[0])
"""
)


def test_permission_lost_midway() -> None:
    top = Path(tempfile.mkdtemp(prefix="dossier-test-"))
    try:
        home = top / "archive"
        generations = Generations(home)
        write(generations, article("bridge"))
        generations.close()
        for path in (top, *top.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
            if os.geteuid() == 0:
                os.chown(path, 65534, 65534)
        with elsewhere(CLOSING, home, ".", "index/NEW") as process:
            said = process.communicate(timeout=240)[0].splitlines()
        assert len(said) == 4
        for refused, left in zip(said[::2], said[1::2], strict=True):
            assert refused.startswith(f"ArchiveNotWritable {home} cannot be written (")
            assert left == "g000001 1"
        generations = Generations(home)
        write(generations, article("ferry"))
        generations.close()
        assert len(contents(home)) == 2
    finally:
        for path in (top, *top.rglob("*")):
            path.chmod(0o777)
        shutil.rmtree(top)


# --- two writers ---

HOLDER = """
import sys
from pathlib import Path
from vectorstore import Generations
with Generations(Path(sys.argv[1])).writer():
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_second_ingest_is_refused_until_the_first_one_is_killed(tmp_path: Path) -> None:
    home, folder = tmp_path / "archive", tmp_path / "articles"
    write_version(folder, 1)
    ingest(home, folder)
    write_version(folder, 2)
    command = [sys.executable, "-m", "rag", "ingest", str(folder), "--home", str(home)]
    with elsewhere(HOLDER, home) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=TESTS.parent, check=False, timeout=240
        )
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("Error: ")
        assert "is being written by another process" in done.stderr
        assert done.stderr.count("\n") == 1
        process.kill()
        process.wait()
        began = time.monotonic()
        with Generations(home).writer(wait=0):
            assert time.monotonic() - began < 30
    assert contents(home) == expected(1)


INGESTER = (
    PATHS
    + """
import time
from keeping import HashedEmbedder
from rag import Archive, ArchiveBusy, Settings
home, *files = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
with Archive.open(home, settings=Settings(_env_file=None), embedder=HashedEmbedder()) as archive:
    for file in files:
        while True:
            try:
                archive.ingest(file)
                break
            except ArchiveBusy:
                time.sleep(0.05)
"""
)


def test_two_ingests_at_once_lose_nothing(tmp_path: Path) -> None:
    home, folder = tmp_path / "archive", tmp_path / "articles"
    write_version(folder, 1, articles=8)
    files = sorted(folder.iterdir())
    with (
        elsewhere(INGESTER, home, *files[::2]) as one,
        elsewhere(INGESTER, home, *files[1::2]) as two,
    ):
        for process in (one, two):
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        for process in (one, two):
            assert process.stdin
            process.stdin.write("\n")
            process.stdin.flush()
        assert [process.wait(240) for process in (one, two)] == [0, 0]
    assert contents(home) == expected(1, articles=8)
    assert (home / "CURRENT").read_text() == "g000008\n"


# --- readers during swaps ---

SEARCHER = (
    PATHS
    + """
import threading
from keeping import HashedEmbedder
from rag import Archive, Settings

ending = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), ending.set()), daemon=True).start()
seen, answers = [], 0
archive = Archive.open(sys.argv[1], settings=Settings(_env_file=None), embedder=HashedEmbedder())
while True:
    last = ending.is_set()
    found = [{hit.title.split()[-1] for hit in archive.search("bridge in year", k=40)}]
    found.append({article.title.split()[-1] for article in archive.articles()})
    assert [len(years) for years in found] == [1, 1], found
    assert len(archive.articles()) == 6
    for years in found:
        seen += [y for y in years if [y] != seen[-1:]]
    if not answers:
        print("reading", flush=True)
    answers += 1
    if last:
        break
archive.close()
print(answers, *seen)
"""
)


def test_readers_in_other_processes_during_swaps(tmp_path: Path) -> None:
    """Each answer is of one generation, later ones of later ones, and the last is noticed."""
    home, folder = tmp_path / "archive", tmp_path / "articles"
    versions = 8
    write_version(folder, 1)
    ingest(home, folder)
    with ExitStack() as stack:
        readers = [stack.enter_context(elsewhere(SEARCHER, home)) for _ in range(2)]
        for reader in readers:
            assert reader.stdout
            assert reader.stdout.readline() == "reading\n"
        for version in range(2, versions + 1):
            write_version(folder, version)
            ingest(home, folder)
        for reader in readers:
            answers, *seen = map(int, reader.communicate("\n", timeout=240)[0].split())
            assert reader.returncode == 0
            assert answers > versions
            assert seen == sorted(set(seen))  # never back
            assert seen[-1] == versions
            assert len(seen) > versions // 2
    ingest(home, folder)
    assert len(list((home / "index").iterdir())) <= 3


# --- another embedder, another budget ---


def test_another_dimension_is_a_rebuild_beside_the_old_one(tmp_path: Path) -> None:
    class Wider(HashedEmbedder):
        fingerprint = "hashed-32"

        def embed(self, texts: object) -> object:
            return super().embed(texts).repeat(2, axis=1) / 2**0.5

    home, folder = tmp_path / "archive", tmp_path / "articles"
    write_version(folder, 1)
    ingest(home, folder)
    seen = []

    class Watching(Wider):
        def embed(self, texts: object) -> object:
            with Archive.open(home, settings=SETTINGS, embedder=HashedEmbedder()) as reader:
                seen.append({hit.title for hit in reader.search("bridge", k=40)})
            return super().embed(texts)

    with Archive.open(home, settings=SETTINGS, embedder=Watching()) as archive:
        assert archive.ingest(folder).embedded > 0
    assert seen
    assert all(titles == expected(1) for titles in seen)  # the old one answered all the while
    with Archive.open(home, settings=SETTINGS, embedder=Wider()) as archive:
        assert {hit.title for hit in archive.search("bridge", k=40)} == expected(1)
        assert all(found.passed for found in archive.doctor())
        small = Settings(_env_file=None, passage_tokens=48)
        before = archive.status().passages
    with Archive.open(home, settings=small, embedder=Wider()) as archive:
        assert archive.ingest(folder).unchanged == 6
        assert archive.status().passages > before
        assert {hit.title for hit in archive.search("bridge", k=80)} == expected(1)
    assert contents(home) == expected(1)


@pytest.mark.parametrize("known", [True, False])
def test_what_an_article_does_is_not_the_archives_failing(
    generations: Generations, archive_home: Path, known: bool
) -> None:
    """An error of the writer's own comes out as it is."""
    if known:
        write(generations, article("bridge"))
    with (
        pytest.raises(PermissionError, match="weights"),
        generations.writer(),
        generations.draft(FINGERPRINT) as draft,
    ):
        put(draft, article("ferry"))
        raise PermissionError(13, "no weights")
    assert archive_home.exists() is known
    assert len(cut(article("ferry"))) > 1
