"""The embedding cache gives back what was put, for that embedder and that text only."""

import threading
from pathlib import Path

import numpy as np
import pytest

from vectorstore import EmbeddingCache

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
