"""The parts of the recall benchmark that no measurement shows to be right."""

from datetime import date

import numpy as np

from benchmarks.data import Collection, Item
from benchmarks.growth_worker import OUTLETS
from benchmarks.recall import Size, section, write_real
from benchmarks.recall_worker import GRID, OURS, WIDTHS, _exact, _filter, _passes
from corpus import read_article
from vectorstore.chroma import _HNSW

ROWS = [
    ("p1", "a", OUTLETS[0].casefold(), 20160115),
    ("p2", "b", OUTLETS[0].casefold(), 20160215),
    ("p3", "c", OUTLETS[1].casefold(), 20160115),
    ("p4", "d", OUTLETS[5].casefold(), 20160115),
    ("p5", "e", OUTLETS[15].casefold(), 20160115),
]


def test_ours_is_what_the_product_uses():
    assert {"space": "cosine", **GRID[OURS]} == dict(_HNSW)


def test_filters_of_each_width():
    passing = {
        name: [row[0] for row in ROWS if _passes(row, _filter(name, ROWS)[0])] for name in WIDTHS
    }
    assert passing == {
        "one article": ["p3"],
        "an outlet in a month": ["p1"],
        "a tenth": ["p1", "p2", "p3"],
        "a half": ["p1", "p2", "p3", "p4"],
    }


def test_exact_is_the_highest():
    rows = np.random.default_rng(1).standard_normal((90, 8)).astype(np.float32)
    expected = -np.sort(-(rows[:3] @ rows.T), axis=1)[:, :40]
    np.testing.assert_allclose(_exact(rows, rows[:3]), expected, atol=1e-5)
    assert _exact(rows, rows[:3]).shape == (3, 40)
    assert _exact(rows[:7], rows[:3]).shape == (3, 7)


def test_real_articles_are_given_an_outlet_and_a_day(tmp_path):
    items = tuple(Item(f"{n}.txt", 'A "title"', "Words of it. " * 20, f"{n}.txt") for n in range(9))
    write_real(Collection("c", items, ()), tmp_path / "files", characters=1_000)
    files = sorted((tmp_path / "files").iterdir())
    assert len(files) == 4
    read = read_article(files[0])
    assert (read.title, read.source in OUTLETS) == ('A "title"', True)
    assert date(2015, 1, 1) <= read.day <= date(2024, 12, 31)


def test_the_section_says_what_is_made():
    of = dict.fromkeys(("recall", "least", "p50", "p95", "seconds", "disk", "peak"), 1.0)
    ways = {"passing": 3, "agreement": 1.0} | dict.fromkeys(
        ("where", "dense", "exact", "lexical"), (1.0, 2.0)
    )
    sizes = [
        Size(passages, 900, dict.fromkeys(GRID, of), dict.fromkeys(WIDTHS, ways), 0.01)
        for passages in (900, 9_000)
    ]
    text = section("the set", sizes)
    assert "### 900 passages of the set" in text
    assert "### 9,000 passages, 900 of them of the set and 8,100 of articles put together" in text
    assert f"| **{OURS}** | 1.0000 |" in text
    assert "| a half | 3 | 1.0, 2.0 |" in text
