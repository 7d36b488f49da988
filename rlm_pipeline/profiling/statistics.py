"""Exact statistics of a column from its distinct values and how often each occurs."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

OUTLIER_RANGES = 3.0
"""An outlier lies more than this many interquartile ranges outside the quartiles (Tukey's `far out`)."""


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
        share = place - int(place)
        below, above = self._at(int(place)), self._at(math.ceil(place))
        if not math.isfinite(above - below):
            return below * (1 - share) + above * share
        return below + (above - below) * share

    def _at(self, place: int) -> float:
        return float(self.ascending[np.searchsorted(self.cumulative, place, side="right")])


def weighted(values: NDArray[np.float64], counts: NDArray[np.int64]) -> Weighted:
    """Sort values (n,) with their counts (n,); n is at least 1. Equal values are ordered by count, so sums repeat."""
    order = np.lexsort((counts, values))
    return Weighted(values[order].astype(np.float64), np.cumsum(counts[order], dtype=np.int64))


def describe(sample: Weighted) -> dict[str, float | None]:
    """Extremes, quartiles, mean and sample standard deviation (n - 1; None for one value or beyond float range)."""
    counts = np.diff(sample.cumulative, prepend=0)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(np.dot(sample.ascending, counts) / sample.total)
        variance = np.dot((sample.ascending - mean) ** 2, counts) / max(sample.total - 1, 1)
    return {
        "minimum": float(sample.ascending[0]),
        "q25": sample.quantile(0.25),
        "median": sample.quantile(0.5),
        "q75": sample.quantile(0.75),
        "maximum": float(sample.ascending[-1]),
        "mean": mean if np.isfinite(mean) else None,
        "standard_deviation": float(np.sqrt(variance)) if sample.total > 1 and np.isfinite(variance) else None,
    }


def distance_outside(values: NDArray[np.float64], *, q25: float, q75: float) -> NDArray[np.float64]:
    """How far each value lies beyond the outlier fences; 0 inside them, and everywhere when the quartiles coincide.

    A column whose middle half is one value has no scale to be far from.
    """
    width = OUTLIER_RANGES * (q75 - q25)
    if not 0 < width < np.inf:
        return np.zeros(len(values))
    return np.maximum(np.maximum(q25 - width - values, values - q75 - width), 0.0)
