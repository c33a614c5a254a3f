"""Intervals and tests against figures worked by hand, and their limits."""

import itertools

import numpy as np
import pytest

from evaluation.stats import balanced, bootstrap, holm, percentile, randomisation


def test_the_interval_of_a_constant_has_no_width() -> None:
    interval = bootstrap([1.0] * 20)
    assert (interval.value, interval.low, interval.high, interval.n) == (1, 1, 1, 20)
    assert interval.margin == 0


def test_the_interval_of_a_share_is_near_the_normal_one() -> None:
    interval = bootstrap([1.0] * 70 + [0.0] * 30)
    half = 1.96 * (0.7 * 0.3 / 100) ** 0.5
    assert interval.value == pytest.approx(0.7)
    assert interval.margin == pytest.approx(half, rel=0.1)


def test_the_interval_covers_the_truth_about_19_times_in_20() -> None:
    random = np.random.default_rng(1)
    held = 0
    for _ in range(200):
        interval = bootstrap(random.normal(3, 1, 60).tolist(), resamples=500)
        held += interval.low <= 3 <= interval.high
    assert 180 <= held <= 199


def test_the_same_values_give_the_same_interval() -> None:
    values = [0.1, 0.9, 0.4, 0.3]
    assert bootstrap(values) == bootstrap(values)


def test_percentiles() -> None:
    interval = bootstrap(list(range(1, 102)), statistic=percentile(95))
    assert interval.value == 96
    assert interval.low < 96 < interval.high


def test_balanced_accuracy_weighs_both_groups_alike() -> None:
    # 9 of 10 answerable right, 1 of 2 unanswerable: (0.9 + 0.5) / 2.
    interval = balanced([[1.0] * 9 + [0.0], [1.0, 0.0]])
    assert interval.value == pytest.approx(0.7)
    assert interval.n == 12
    assert interval.low < 0.5 < interval.high


def test_randomisation_agrees_with_all_sign_changes() -> None:
    first, second = [0.0, 0.2, 0.1, 0.4, 0.3, 0.0], [0.5, 0.3, 0.6, 0.4, 0.8, 0.1]
    differences = np.subtract(second, first)
    signs = np.array(list(itertools.product((-1, 1), repeat=6)))
    exact = np.mean(abs(signs @ differences) >= differences.sum() - 1e-9)
    assert randomisation(first, second) == pytest.approx(exact, abs=0.01)


def test_no_difference_has_p_1_and_a_plain_one_a_small_p() -> None:
    assert randomisation([1, 0, 1], [1, 0, 1]) == 1
    assert randomisation([0.0] * 30, [1.0] * 30) < 0.001
    assert randomisation([1, 0] * 10, [0, 1] * 10) == 1


def test_holm_by_hand() -> None:
    # Sorted 0.01, 0.03, 0.04: times 3, 2, 1, never falling.
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
