"""The embedding cache gives back what was put, for that embedder and that text only."""

import logging
import sqlite3
import threading
import zlib
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from vectorstore import ArchiveDamaged, ArchiveNotWritable, EmbeddingCache
from vectorstore.cache import _MOVE, check_cache, text_key

ROWS = np.arange(12, dtype=np.float32).reshape(3, 4)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "embeddings.db"


def test_put_and_get_in_another_session(path: Path) -> None:
    cache = EmbeddingCache(path, embedder="e")
    cache.put(["a", "b", "ü"], ROWS)
    cache.close()
    cache = EmbeddingCache(path, embedder="e")
    found = cache.get(["ü", "missing", "a", "a"])
    cache.close()
    assert set(found) == {"ü", "a"}
    assert found["ü"].dtype == np.float32
    np.testing.assert_array_equal(found["ü"], ROWS[2])
    np.testing.assert_array_equal(found["a"], ROWS[0])


def test_another_embedder_knows_nothing(path: Path) -> None:
    one, other = EmbeddingCache(path, embedder="e"), EmbeddingCache(path, embedder="f")
    one.put(["a"], ROWS[:1])
    assert other.get(["a"]) == {}
    other.put(["a"], ROWS[1:2])
    np.testing.assert_array_equal(one.get(["a"])["a"], ROWS[0])
    one.close()
    other.close()


def test_each_embedder_has_its_own_length(path: Path) -> None:
    one, other = EmbeddingCache(path, embedder="e"), EmbeddingCache(path, embedder="f")
    long = np.arange(3072, dtype=np.float32).reshape(1, -1)
    one.put(["a"], ROWS[:1])
    other.put(["a"], long)
    np.testing.assert_array_equal(one.get(["a"])["a"], ROWS[0])
    np.testing.assert_array_equal(other.get(["a"])["a"], long[0])
    one.close()
    other.close()
    assert check_cache(path) == 2


def test_put_again_replaces(path: Path) -> None:
    cache = EmbeddingCache(path, embedder="e")
    cache.put(["a"], ROWS[:1])
    cache.put(["a"], ROWS[1:2])
    np.testing.assert_array_equal(cache.get(["a"])["a"], ROWS[1])
    cache.close()


def test_more_texts_than_sqlite_takes_in_one_query(path: Path) -> None:
    cache = EmbeddingCache(path, embedder="e")
    texts = [f"text {number}" for number in range(40_000)]
    cache.put(texts[::2], np.zeros((20_000, 2), dtype=np.float32))
    assert set(cache.get(texts)) == set(texts[::2])
    cache.close()


def test_rows_must_match_texts(path: Path) -> None:
    cache = EmbeddingCache(path, embedder="e")
    with pytest.raises(ValueError, match="argument 2"):
        cache.put(["a", "b"], ROWS)
    assert cache.get(["a", "b"]) == {}
    assert cache.get([]) == {}
    cache.close()


def test_threads_share_it(path: Path) -> None:
    cache = EmbeddingCache(path, embedder="e")

    def work(number: int) -> None:
        for turn in range(20):
            text = f"{number}-{turn}"
            cache.put([text], np.full((1, 4), number, dtype=np.float32))
            assert cache.get([text])[text][0] == number
        done.append(number)

    done: list[int] = []
    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cache.close()
    assert sorted(done) == [0, 1, 2, 3]


def filled(path: Path, *, texts: int = 3000) -> list[str]:
    cache = EmbeddingCache(path, embedder="e")
    names = [f"text {number}" for number in range(texts)]
    cache.put(names, np.ones((texts, 4), dtype=np.float32))
    cache.close()
    return names


def test_what_an_earlier_version_kept_is_kept(path: Path) -> None:
    blobs = [row.astype("<f4").tobytes() for row in ROWS[:2]]
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "CREATE TABLE vectors (embedder TEXT, key BLOB, vector BLOB NOT NULL, crc INTEGER"
            " NOT NULL, PRIMARY KEY (embedder, key)) WITHOUT ROWID"
        )
        db.executemany(
            "INSERT INTO vectors VALUES ('e', ?, ?, ?)",
            [(text_key(t), b, zlib.crc32(b)) for t, b in zip("ab", blobs, strict=True)],
        )
    assert check_cache(path) == 2
    cache = EmbeddingCache(path, embedder="e")
    assert {text: list(row) for text, row in cache.get(["a", "b", "c"]).items()} == {
        "a": list(ROWS[0]),
        "b": list(ROWS[1]),
    }
    cache.put(["b", "c"], ROWS[1:3])
    assert set(cache.get(["a", "b", "c"])) == {"a", "b", "c"}
    cache.close()
    assert check_cache(path) == 3
    cache = EmbeddingCache(path, embedder="e")  # nothing is moved twice
    assert len(cache.get(["a", "b", "c"])) == 3
    cache.close()
    with closing(sqlite3.connect(path)) as db:  # unless two find the old table at once
        db.executescript(";".join(_MOVE))
    assert check_cache(path) == 3


def test_looking_makes_no_file(path: Path) -> None:
    cache = EmbeddingCache(path, embedder="e")
    assert cache.get(["a"]) == {}
    cache.close()
    assert not path.exists()
    assert check_cache(path) == 0


def test_a_vector_that_has_changed_is_not_given(path: Path) -> None:
    cache = EmbeddingCache(path, embedder="e")
    cache.put(["a", "b"], ROWS[:2])
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE vectors SET vector = ? WHERE vector = ?", (b"x" * 16, ROWS[0].tobytes()))
    assert set(cache.get(["a", "b"])) == {"b"}
    with pytest.raises(ArchiveDamaged, match="1 of 2 vectors"):
        check_cache(path)
    cache.put(["a"], ROWS[:1])
    assert check_cache(path) == 2
    cache.close()


@pytest.mark.parametrize("torn", ["head", "middle"])
@pytest.mark.parametrize("writing", [True, False])
def test_a_damaged_file_is_set_aside(
    path: Path, caplog: pytest.LogCaptureFixture, torn: str, writing: bool
) -> None:
    names = filled(path)
    data = path.read_bytes()
    at = 0 if torn == "head" else 4096
    path.write_bytes(data[:at] + b"?" * (len(data) - at))
    with pytest.raises(ArchiveDamaged, match="is damaged"):
        check_cache(path)
    cache = EmbeddingCache(path, embedder="e")
    with caplog.at_level(logging.WARNING):
        if writing:
            cache.put(["a"], ROWS[:1])
        else:
            assert cache.get(names) == {}
    cache.put(["b"], ROWS[:1])
    assert set(cache.get(["a", "b"])) == ({"a", "b"} if writing else {"b"})
    cache.close()
    assert len(caplog.records) == 1
    assert path.with_name("embeddings.db.damaged").read_bytes()[-1:] == b"?"
    assert check_cache(path) == 1 + writing


def test_no_room_is_told(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path / "nowhere" / "embeddings.db", embedder="e")
    with pytest.raises(ArchiveNotWritable, match="cannot be written"):
        cache.put(["a"], ROWS[:1])
    cache.close()
