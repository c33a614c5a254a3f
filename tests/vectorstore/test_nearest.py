"""Search under a filter: as exact search over what passes, whichever way it takes."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from keeping import cut, vector, vectors

from corpus import Article
from rag.writing import article_metadata
from vectorstore import Catalog, Filters
from vectorstore import nearest as module
from vectorstore.chroma import ChromaStore
from vectorstore.nearest import HeldVectors, compare_all, differing, keep_vectors, nearest

OUTLETS = ("The Quay", "The Wire", "ängby post", "")
AUTHORS = ("Ada Moss", "Bo Lind", "Åsa Öberg")
ARTICLES = [
    Article(
        title=f"About ship {number}",
        text=f"Ship {number} sails. " + f"Many people saw ship {number} sail away. " * 30,
        source=OUTLETS[number % 4],
        section="City" if number % 3 else "",
        authors=AUTHORS[: number % 4],
        published=date(2015, 1, 1) + timedelta(days=number) if number % 5 else None,
    )
    for number in range(40)
]


class Filled(NamedTuple):
    """What `nearest` wants of a Snapshot."""

    catalog: Catalog
    vectors: ChromaStore
    held: HeldVectors | None = None

    def __call__(self, word: str, limit: int, filters: Filters | None) -> list[tuple[str, float]]:
        return nearest(vector(word), snapshot=self, limit=limit, filters=filters)  # type: ignore[arg-type]


def fill(catalog: Catalog, store: ChromaStore, articles: list[Article]) -> None:
    for one in articles:
        passages = cut(one)
        ids = [passage.id for passage in passages]
        store.upsert(ids, vectors(passages), [article_metadata(one)] * len(ids))
        catalog.add(one, passages)
        keep_vectors(catalog, ids, vectors(passages))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    folder = tmp_path_factory.mktemp("filled")
    store = ChromaStore(folder / "chroma")
    with closing(Catalog.create(folder / "catalog.db")) as writing:
        fill(writing, store, ARTICLES)
        writing.commit()
    with closing(Catalog(folder / "catalog.db")) as catalog:
        yield Filled(catalog, store)
    store.close()


PARTS: list[dict[str, object]] = [
    {"published_from": date(2015, 1, 10)},
    {"published_to": date(2015, 1, 30)},
    {"include_undated": False},
    {"sources": ["THE QUAY", "Ängby Post"]},
    {"sources": ["nobody"]},
    {"authors": ["ÅSA ÖBERG", "bo lind"]},
    {"sections": ["CITY"]},
    {"article_ids": [one.id for one in ARTICLES[3:30]] + ["x"]},
    {"stories": [one.id for one in ARTICLES[5:35]]},
]
FILTERS = [
    Filters(**{key: value for part in parts for key, value in part.items()})  # type: ignore[arg-type]
    for size in (0, 1, 2)
    for parts in combinations(PARTS, size)
]


def passes(one: Article, filters: Filters) -> bool:
    """The filters, once more and plainly."""

    def among(values: object, wanted: object) -> bool:
        return not wanted or bool({v.casefold() for v in values} & {w.casefold() for w in wanted})  # type: ignore[attr-defined]

    day = one.published
    return (
        (filters.include_undated or day is not None)
        and (day is None or not filters.published_from or day >= filters.published_from)
        and (day is None or not filters.published_to or day <= filters.published_to)
        and among([one.source], filters.sources)
        and among([one.section], filters.sections)
        and among(one.authors, filters.authors)
        and among([one.id], filters.article_ids)
        and among([one.id], filters.stories)
    )


def expected(word: str, filters: Filters) -> list[tuple[str, float]]:
    ids = [passage.id for one in ARTICLES if passes(one, filters) for passage in cut(one)]
    scored = [(ident, float(vector(ident) @ vector(word))) for ident in ids]
    return sorted(scored, key=lambda one: -one[1])


def agree(
    found: list[tuple[str, float]], wanted: list[tuple[str, float]], scores: dict[str, float]
) -> None:
    """As many, as near, and each with its own cosine: copies of vectors are rounded."""
    assert [score for _, score in found] == pytest.approx([s for _, s in wanted], abs=5e-4)
    assert len(dict(found)) == len(found)
    assert [score for _, score in found] == pytest.approx([scores[i] for i, _ in found], abs=5e-4)


@pytest.mark.parametrize(
    ("held", "ratio"),
    [(True, 0), (False, 1e9), (False, 4), (False, 0.05)],
    ids=["in memory", "compared", "as it is", "through the index"],
)
def test_every_way_finds_what_exact_search_finds(
    filled: Filled, monkeypatch: pytest.MonkeyPatch, held: bool, ratio: float
) -> None:
    monkeypatch.setattr(module, "_READ_FOR_FOUND", ratio)
    if held:
        filled = Filled(filled.catalog, None, HeldVectors(filled.catalog))
    sizes = set()
    for filters in [None, *FILTERS]:
        for limit in (1, 7, 10_000):
            found, wanted = filled("any", limit, filters), expected("any", filters or Filters())
            agree(found, wanted[:limit], dict(wanted))
        sizes.add(len(found))
    assert len(sizes) > 8  # or the filters would all let pass the same


@pytest.mark.parametrize(("ratio", "used"), [(1e9, []), (0.5, [21, 84])])
def test_it_asks_deeper_where_what_is_near_does_not_pass(
    filled: Filled, monkeypatch: pytest.MonkeyPatch, ratio: float, used: list[int]
) -> None:
    """Half of the archive, and all of it farther away than the other half."""
    word = "any"
    order = [ident for ident, _ in expected(word, Filters())]
    middle = [ident.split("-")[0] for ident in order[: len(order) // 8]]
    far = Filters(article_ids=[one.id for one in ARTICLES if one.id not in middle])
    asked: list[int] = []

    class Counting(ChromaStore):
        def nearest(self, *args: object, limit: int, **given: object) -> list[tuple[str, float]]:
            asked.append(limit)
            return filled.vectors.nearest(*args, limit=limit, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_READ_FOR_FOUND", ratio)
    found = filled._replace(vectors=Counting.model_construct())(word, 9, far)
    agree(found, expected(word, far)[:9], dict(expected(word, far)))
    assert asked == used


def test_where_nothing_passes_nothing_is_searched(filled: Filled) -> None:
    nobody = Filters(sources=["nobody"])
    without = filled._replace(vectors=None)
    assert without("any", 5, nobody) == without("any", 0, None) == []


def test_without_a_filter_the_index_is_asked(filled: Filled) -> None:
    for filters in (None, Filters()):
        assert filled("any", 9, filters) == filled.vectors.nearest(vector("any"), limit=9)


def test_a_vector_of_another_dimension(filled: Filled) -> None:
    held = Filled(filled.catalog, None, HeldVectors(filled.catalog))
    for searched in (filled, held):
        for filters in (None, Filters(article_ids=[ARTICLES[0].id])):
            with pytest.raises(ValueError, match="dimension"):
                nearest(vector("any")[:3], snapshot=searched, limit=3, filters=filters)  # type: ignore[arg-type]


def test_in_memory_none_is_lost_among_equals(tmp_path: Path) -> None:
    """Copies of one text share a vector."""
    passages = cut(ARTICLES[0])
    ids = sorted(passage.id for passage in passages)
    with closing(Catalog.create(tmp_path / "catalog.db")) as catalog:
        assert HeldVectors(catalog).nearest(vector("any"), limit=3) == []
        catalog.add(ARTICLES[0], passages)
        keep_vectors(catalog, ids, np.stack([vector("one text")] * len(ids)))
        held = HeldVectors(catalog)
    assert len(ids) > 3
    for limit in range(1, len(ids) + 2):
        found = [ident for ident, _ in held.nearest(vector("any"), limit=limit)]
        assert found == sorted(set(found))
        assert len(found) == min(limit, len(ids))


def kept(catalog: Catalog) -> dict[str, np.ndarray]:
    rows = catalog.rows("SELECT p.id, v.vector FROM vectors v LEFT JOIN passages p USING (number)")
    return {ident: np.frombuffer(half, "<f2") for ident, half in rows}


def test_vectors_come_and_go_with_their_passages(tmp_path: Path) -> None:
    one, other = ARTICLES[:2]
    with closing(Catalog.create(tmp_path / "catalog.db")) as catalog:
        for each in (one, other):
            passages = cut(each)
            catalog.add(each, passages)
            ids = [passage.id for passage in passages]
            keep_vectors(catalog, [*ids, "no such"], 3 * vectors([*passages, passages[0]]))
        assert set(kept(catalog)) == catalog.passage_ids()
        for ident, half in kept(catalog).items():
            np.testing.assert_allclose(half, vector(ident), atol=1e-3)
        keep_vectors(catalog, [cut(one)[0].id], vector("new")[None])
        np.testing.assert_allclose(kept(catalog)[cut(one)[0].id], vector("new"), atol=1e-3)
        catalog.add(one, cut(one)[:1])
        assert set(kept(catalog)) == {passage.id for passage in cut(other)}
        catalog.shelve(other.id)
        assert kept(catalog) == {}


def test_a_vector_of_zeros_is_like_nothing(tmp_path: Path) -> None:
    with closing(Catalog.create(tmp_path / "catalog.db")) as catalog:
        passages = cut(ARTICLES[0])
        catalog.add(ARTICLES[0], passages)
        nothing = np.zeros((len(passages), 16), dtype=np.float32)
        keep_vectors(catalog, [passage.id for passage in passages], nothing)
        every = "SELECT p.id, v.vector FROM passages p JOIN vectors v USING (number)"
        [(ids, cosines)] = compare_all(vector("any")[None], catalog=catalog, query=every)
        assert set(ids) == catalog.passage_ids()
        assert not cosines.any()
        assert differing(catalog, dict.fromkeys(ids, nothing[0])) == set()


def test_blocks_do_not_change_what_is_found(
    filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = filled("any", 30, Filters(sections=["city"]))
    monkeypatch.setattr(module, "_BLOCK", 7)
    assert [i for i, _ in filled("any", 30, Filters(sections=["city"]))] == [i for i, _ in whole]
