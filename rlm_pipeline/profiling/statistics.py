"""Exact statistics of a column from its distinct values and how often each occurs."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

OUTLIER_RANGES = 3.0
"""An outlier lies more than this many interquartile ranges outside the quartiles (Tukey's `far out`)."""
_QUARTILES = (0.25, 0.5, 0.75)

Blocks = Callable[[], Iterable[tuple[NDArray[np.float64], NDArray[np.int64]]]]
"""Gives, each time it is called, numbers in ascending order with how many records have each, a block at a time."""


@dataclass(frozen=True, slots=True)
class Weighted:
    """Values in ascending order (n, float64), and how many records have at most each (n, int64)."""

    ascending: NDArray[np.float64]
    cumulative: NDArray[np.int64]

    @property
    def total(self) -> int:
        """How many records have a value."""
        return int(self.cumulative[-1])

    def quantile(self, q: float) -> float:
        """The value at `q` in 0..1, interpolated linearly between records, as numpy's default does."""
        place = q * (self.total - 1)
        return _between(place, self._at(int(place)), self._at(math.ceil(place)))

    def _at(self, place: int) -> float:
        return float(self.ascending[np.searchsorted(self.cumulative, place, side="right")])


def weighted(values: NDArray[np.float64], counts: NDArray[np.int64]) -> Weighted:
    """Sort values (n,) with their counts (n,); n is at least 1."""
    order = np.argsort(values, kind="stable")
    return Weighted(values[order].astype(np.float64), np.cumsum(counts[order], dtype=np.int64))


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """Extremes, quartiles, mean, sample standard deviation (n - 1), and how many records lie beyond the fences.

    The last two are None where they have no meaning: for one value, or beyond the range of floats.
    """

    total: int
    minimum: float
    q25: float
    median: float
    q75: float
    maximum: float
    mean: float | None
    standard_deviation: float | None
    outliers: int


def describe(blocks: Blocks) -> Description | None:
    """The statistics of numbers that need not fit in memory; None without any.

    The result does not depend on where the numbers are kept: every sum is that of the blocks' sums, rounded once.
    """
    firsts = [(float(values[0]), float(values[-1]), int(counts.sum())) for values, counts in blocks()]
    total = sum(count for _, _, count in firsts)
    if not total:
        return None
    places = [q * (total - 1) for q in _QUARTILES]
    ranks = sorted({rank for place in places for rank in (int(place), math.ceil(place))})
    with np.errstate(over="ignore", invalid="ignore"):
        sums = _Sums(ranks)
        for values, counts in blocks():
            sums.add(values, counts)
        quartiles = [_between(place, sums.at[int(place)], sums.at[math.ceil(place)]) for place in places]
        mean = _sum(sums.sums) / total
        squares, outliers = [], 0
        for values, counts in blocks():
            squares.append(float(np.dot((values - mean) ** 2, counts)))
            outliers += int(counts[distance_outside(values, q25=quartiles[0], q75=quartiles[2]) > 0].sum())
        variance = _sum(squares) / max(total - 1, 1)
    return Description(
        total=total,
        minimum=firsts[0][0],
        q25=quartiles[0],
        median=quartiles[1],
        q75=quartiles[2],
        maximum=firsts[-1][1],
        mean=mean if math.isfinite(mean) else None,
        standard_deviation=math.sqrt(variance) if total > 1 and math.isfinite(variance) else None,
        outliers=outliers,
    )


class _Sums:
    """The sums of the blocks, and the values at some ranks, from 0, in the order of the records."""

    def __init__(self, ranks: Sequence[int]) -> None:
        self.sums: list[float] = []
        self.at: dict[int, float] = {}
        self._ranks = ranks
        self._before = 0

    def add(self, values: NDArray[np.float64], counts: NDArray[np.int64]) -> None:
        self.sums.append(float(np.dot(values, counts)))
        cumulative = np.cumsum(counts, dtype=np.int64)
        end = self._before + int(cumulative[-1])
        for rank in self._ranks:
            if self._before <= rank < end:
                self.at[rank] = float(values[np.searchsorted(cumulative, rank - self._before, side="right")])
        self._before = end


def _sum(parts: Sequence[float]) -> float:
    if not all(map(math.isfinite, parts)):
        return math.nan
    try:
        return math.fsum(parts)
    except OverflowError:
        return math.inf


def _between(place: float, below: float, above: float) -> float:
    share = place - int(place)
    if not math.isfinite(above - below):
        return below * (1 - share) + above * share
    return below + (above - below) * share


def distance_outside(values: NDArray[np.float64], *, q25: float, q75: float) -> NDArray[np.float64]:
    """How far each value lies beyond the outlier fences; 0 inside them, and everywhere when the quartiles coincide.

    A column whose middle half is one value has no scale to be far from.
    """
    width = OUTLIER_RANGES * (q75 - q25)
    if not 0 < width < np.inf:
        return np.zeros(len(values))
    return np.maximum(np.maximum(q25 - width - values, values - q75 - width), 0.0)
