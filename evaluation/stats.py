"""How sure a figure is: bootstrap intervals, and paired comparison of two runs.

Intervals: the percentile bootstrap over questions (Efron and Tibshirani, 1993, chapter 13),
95 %, 2,000 resamples, a fixed seed. Comparison: the paired randomisation test (Fisher; for
retrieval, Smucker, Allan and Carterette, CIKM 2007): under the null hypothesis each question's
two scores could be exchanged, so the signs of the differences are drawn at random 10,000 times;
p is the share of draws (ours among them) with a mean at least as far from 0. Over many figures,
p is adjusted by Holm's step-down method (1979).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Interval", "balanced", "bootstrap", "holm", "percentile", "randomisation"]

RESAMPLES = 2_000
ROUNDS = 10_000
_SEED = 20151113
_BLOCK = 250

Array = NDArray[np.float64]
Statistic = Callable[[Array], Array]
"""From resamples (one a row) to one figure a row."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure over `n` questions with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int

    @property
    def margin(self) -> float:
        """Half the interval's width."""
        return (self.high - self.low) / 2


def _mean(rows: Array) -> Array:
    return np.asarray(rows.mean(axis=1), dtype=np.float64)


def percentile(share: float) -> Statistic:
    """The statistic that is a percentile, such as 95."""

    def of(rows: Array) -> Array:
        return np.asarray(np.percentile(rows, share, axis=1), dtype=np.float64)

    return of


def bootstrap(
    values: Sequence[float], *, statistic: Statistic = _mean, resamples: int = RESAMPLES
) -> Interval:
    """A figure (the mean unless told otherwise) of one value a question."""
    data = np.asarray(values, dtype=np.float64)
    point = float(statistic(data[None, :])[0])
    drawn = _drawn(data, statistic, resamples, np.random.default_rng(_SEED))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Interval(point, float(low), float(high), len(data))


def balanced(groups: Sequence[Sequence[float]], *, resamples: int = RESAMPLES) -> Interval:
    """The mean of the groups' means, each group resampled by itself: balanced accuracy."""
    generator = np.random.default_rng(_SEED)
    arrays = [np.asarray(group, dtype=np.float64) for group in groups]
    point = float(np.mean([array.mean() for array in arrays]))
    drawn = np.mean([_drawn(array, _mean, resamples, generator) for array in arrays], axis=0)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Interval(point, float(low), float(high), sum(map(len, arrays)))


def _drawn(data: Array, statistic: Statistic, resamples: int, random: np.random.Generator) -> Array:
    """The statistic of each resample, drawn in blocks to keep memory small."""
    parts = []
    for start in range(0, resamples, _BLOCK):
        count = min(_BLOCK, resamples - start)
        parts.append(statistic(data[random.integers(0, len(data), (count, len(data)))]))
    return np.concatenate(parts)


def randomisation(
    first: Sequence[float], second: Sequence[float], *, rounds: int = ROUNDS
) -> float:
    """The two-sided p of the paired randomisation test."""
    differences = np.asarray(second, dtype=np.float64) - np.asarray(first, dtype=np.float64)
    observed = abs(differences.sum())
    if not observed:
        return 1.0
    random = np.random.default_rng(_SEED)
    extreme = 0
    for start in range(0, rounds, _BLOCK):
        count = min(_BLOCK, rounds - start)
        signs = random.integers(0, 2, (count, len(differences))) * 2 - 1
        extreme += int((abs(signs @ differences) >= observed - 1e-9).sum())
    return (extreme + 1) / (rounds + 1)


def holm(probabilities: Sequence[float]) -> list[float]:
    """The p values adjusted for their number, in the order given."""
    order = sorted(range(len(probabilities)), key=lambda index: probabilities[index])
    adjusted = [0.0] * len(probabilities)
    highest = 0.0
    for step, index in enumerate(order):
        highest = max(highest, min(1.0, probabilities[index] * (len(order) - step)))
        adjusted[index] = highest
    return adjusted
