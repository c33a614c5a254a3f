"""The benchmark of comparing all: it finds what is nearest, and its table has its figures."""

from pathlib import Path

import numpy as np

from benchmarks.held import compare, row

CHANCE = np.random.default_rng(7)


def some(count: int) -> np.ndarray:
    drawn = CHANCE.normal(size=(count, 384)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def test_comparing_finds_the_nearest() -> None:
    vectors, asked = some(300), some(1)[0]
    wanted = np.argsort(-(vectors @ asked))[:40]
    assert compare(vectors, asked) == wanted.tolist()


def test_a_row_has_both_ways(tmp_path: Path) -> None:
    passages, index, comparing, times, *rates, share = row(300, some(9), tmp_path, rounds=2)
    assert passages == "300"
    assert all(float(cell.split()[0].replace(",", "")) > 0 for cell in (index, comparing, times))
    assert all(float(cell.split()[0].replace(",", "")) > 0 for cell in rates)
    assert 0.9 < float(share) <= 1
