import numpy as np
import pytest

from benchmarks.growth import Size, article, merged
from benchmarks.growth_worker import exact_scores, mixture, share_found
from rag import Archive


def size(passages: int, **given) -> Size:
    names = [name for name in Size.__slots__ if name != "passages"]
    return Size(passages=passages, **(dict.fromkeys(names, 1) | given))


@pytest.fixture
def unit():
    rows = np.random.default_rng(1).standard_normal((500, 16)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_exact_scores_are_the_highest(unit):
    found = exact_scores(unit, unit[:3], block=70)
    expected = -np.sort(-(unit[:3] @ unit.T), axis=1)[:, :40]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_recall_counts_what_stands_among_the_nearest():
    exact = np.linspace(1.0, 0.61, 40, dtype=np.float32)
    assert share_found(list(exact), exact) == 1
    assert share_found([*exact[:30], *[0.5] * 10], exact) == 0.75


def test_a_made_vector_is_a_unit_and_its_own(unit):
    one, other = mixture("one", unit), mixture("other", unit)
    assert np.isclose(np.linalg.norm(one), 1)
    assert (one == mixture("one", unit)).all()
    assert not np.allclose(one, other)
    assert (unit @ one).max() > 0.6


def test_made_articles_can_be_read(tmp_path):
    text = article(3, ["A long paragraph about 12 ships and Harriet Quayle."] * 5, ['A "title"'])
    assert text == article(
        3, ["A long paragraph about 12 ships and Harriet Quayle."] * 5, ['A "title"']
    )
    (tmp_path / "one.txt").write_text(text, encoding="utf-8")
    with Archive.open(tmp_path / "home") as archive:
        archive.ingest(tmp_path / "one.txt")
        [found] = archive.articles()
    assert found.title == 'A "title"'
    assert found.source.startswith("Outlet ")
    assert 2015 <= found.day.year <= 2024


def test_a_fresh_size_takes_the_place_of_its_like():
    old, other, new = size(9_900), size(100_000), size(10_050)
    assert merged([other, old], [new]) == [new, other]
