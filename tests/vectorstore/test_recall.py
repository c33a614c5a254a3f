"""How many of the nearest the index finds: measured right, of good indexes and of bad ones."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import chromadb
import numpy as np
import pytest
from chromadb.config import Settings
from keeping import cut

from corpus import Article, Passage
from vectorstore import Catalog
from vectorstore.chroma import ChromaStore
from vectorstore.nearest import keep_vectors
from vectorstore.recall import measure_recall

PASSAGES = 3_000
BAD = {"space": "cosine", "max_neighbors": 2, "ef_construction": 2, "ef_search": 2}


def unit_vectors(count: int, *, seed: int = 1) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((count, 32)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def article() -> tuple[Article, list[Passage]]:
    one = Article(title="Long", text="x" * PASSAGES)
    spans = range(PASSAGES)
    return one, [
        Passage(article_id=one.id, start=n, end=n + 1, text="x", embedded="x", tokens=1)
        for n in spans
    ]


@pytest.fixture(scope="module")
def catalog(
    tmp_path_factory: pytest.TempPathFactory, article: tuple[Article, list[Passage]]
) -> Iterator[Catalog]:
    path = tmp_path_factory.mktemp("catalog") / "catalog.db"
    with closing(Catalog.create(path)) as writing:
        writing.add(*article)
        ids = [passage.id for passage in article[1]]
        keep_vectors(writing, ids, unit_vectors(PASSAGES))
        writing.commit()
    with closing(Catalog(path)) as reading:
        yield reading


@pytest.fixture(scope="module", params=["ours", "bad"])
def index(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    article: tuple[Article, list[Passage]],
) -> Iterator[tuple[str, ChromaStore]]:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "bad":  # the settings of the first making stay
        client = chromadb.PersistentClient(str(folder), Settings(anonymized_telemetry=False))
        client.create_collection("passages", configuration={"hnsw": BAD}, embedding_function=None)
        client.close()
    store = ChromaStore(folder)
    ids = [passage.id for passage in article[1]]
    store.upsert(ids, unit_vectors(PASSAGES), [{"article_id": "a"}] * PASSAGES)
    yield request.param, store
    store.close()


def test_a_good_index_and_a_bad_one(catalog: Catalog, index: tuple[str, ChromaStore]) -> None:
    kind, store = index
    found = measure_recall(catalog, store)
    assert found is not None
    assert (found.tries, found.depth, found.compared) == (50, 40, PASSAGES)
    assert measure_recall(catalog, store) == found  # the same tries each time
    if kind == "ours":
        assert found.share >= 0.98
    else:
        assert 0 < found.share < 0.9
    # The same, counted plainly: of what is nearest by numpy, how much the index gives.
    ids = catalog.rows("SELECT id FROM passages ORDER BY number")
    place = {ident: number for number, (ident,) in enumerate(ids)}
    rows, shares = unit_vectors(PASSAGES), []
    for number in np.random.default_rng(2).choice(PASSAGES, 200, replace=False):
        nearest = set(np.argsort(-(rows @ rows[number]))[:40])
        given = {place[ident] for ident, _ in store.nearest(rows[number], limit=40)}
        shares.append(len(nearest & given) / 40)
    assert found.share == pytest.approx(np.mean(shares), abs=0.06)


def test_an_estimate_from_every_third(catalog: Catalog, index: tuple[str, ChromaStore]) -> None:
    _, store = index
    whole = measure_recall(catalog, store, tries=200)
    part = measure_recall(catalog, store, tries=200, most=PASSAGES // 3)
    assert whole is not None
    assert part is not None
    assert part.compared == PASSAGES // 3
    assert part.share == pytest.approx(whole.share, abs=0.06)


def test_copies_of_one_text_may_stand_for_each_other(tmp_path: Path) -> None:
    """A hundred passages share a vector: any forty of them are the nearest."""
    one = Article(title="Same", text="The same words again. " * 2_000)
    passages = cut(one)[:100]
    ids = [passage.id for passage in passages]
    same = np.repeat(unit_vectors(1), len(ids), axis=0)
    with closing(Catalog.create(tmp_path / "catalog.db")) as catalog:
        catalog.add(one, passages)
        keep_vectors(catalog, ids, same)
        store = ChromaStore(tmp_path / "chroma")
        store.upsert(ids, same, [{"article_id": one.id}] * len(ids))
        found = measure_recall(catalog, store)
        store.close()
    assert len(ids) > 40
    assert found is not None
    assert found.share == 1


def test_few_passages(tmp_path: Path) -> None:
    none: ChromaStore = None  # type: ignore[assignment]
    with closing(Catalog.create(tmp_path / "catalog.db")) as catalog:
        assert measure_recall(catalog, none) is None


class Lossy(ChromaStore):
    """An index that gives fewer than it is asked for."""

    def nearest(self, *args: object, limit: int, **given: object) -> list[tuple[str, float]]:
        return super().nearest(*args, limit=limit, **given)[:10]  # type: ignore[arg-type]


def test_an_index_that_gives_too_few(
    catalog: Catalog, tmp_path: Path, article: tuple[Article, list[Passage]]
) -> None:
    store = Lossy(tmp_path)
    ids = [passage.id for passage in article[1]]
    store.upsert(ids, unit_vectors(PASSAGES), [{"article_id": "a"}] * PASSAGES)
    found = measure_recall(catalog, store, tries=5)
    store.close()
    assert found is not None
    assert found.share == pytest.approx(0.25, abs=0.01)
