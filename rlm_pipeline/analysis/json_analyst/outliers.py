"""Numbers far from the others at their path: beyond 3 interquartile ranges from the quartiles (Tukey 1977)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from rlm_pipeline.analysis.json_analyst.telling import Coded, Said, Seen, Share
from rlm_pipeline.analysis.json_analyst.values import Numbers
from rlm_pipeline.analysis.observation import number_of

SAMPLE: Final = 200_000
"""Numbers of one path that quartiles are taken from: all up to so many, then every second, every fourth, ..."""

RANGES: Final = 3
"""Interquartile ranges beyond the quartiles."""

_FEWEST = 20
_FEWEST_DISTINCT = 5
_MOST_OUTLYING = 0.05  # share of the numbers; more are a second group rather than outliers


class Sample:
    """Numbers at a path, thinned evenly in the order of the records where there are many."""

    __slots__ = ("_kept", "_parts", "_seen", "_step")

    def __init__(self) -> None:
        self._parts: list[Numbers] = []
        self._kept = 0
        self._seen = 0
        self._step = 1

    def add(self, found: Numbers) -> None:
        """Take in numbers, in order; NaN are none."""
        found = found[~np.isnan(found)]
        if not len(found):
            return
        part = found[-self._seen % self._step :: self._step]
        self._seen += len(found)
        self._parts.append(part)
        self._kept += len(part)
        while self._kept > SAMPLE:
            self._parts = [np.concatenate(self._parts)[::2]]
            self._kept = len(self._parts[0])
            self._step *= 2

    def bounds(self) -> tuple[float, float] | None:
        """Beyond what a number is an outlier, if that can be said: there are enough numbers, and they spread."""
        found = np.concatenate(self._parts) if self._parts else np.zeros(0)
        if len(found) < _FEWEST or len(np.unique(found)) < _FEWEST_DISTINCT:
            return None
        low, high = np.quantile(found, [0.25, 0.75])
        spread = high - low
        bounds = float(low - RANGES * spread), float(high + RANGES * spread)
        beyond = (found < bounds[0]) | (found > bounds[1])
        if not spread > 0 or not np.isfinite(bounds).all() or beyond.mean() > _MOST_OUTLYING:
            return None
        return bounds

    @property
    def extremes(self) -> tuple[float, float]:
        """The smallest and the largest number kept."""
        found = np.concatenate(self._parts) if self._parts else np.zeros(1)
        return float(found.min()), float(found.max())


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlierTopic:
    """Numbers below and above the bounds."""

    scope: str
    low: float
    high: float
    kind: str = "outlier"

    @property
    def labels(self) -> Sequence[str]:
        """Below and above."""
        return (f"below {self.low:,.6g}", f"above {self.high:,.6g}")

    def read(self, seen: Seen) -> Iterator[Coded]:
        """Each number that is beyond the bounds."""
        values = seen.values
        found = values.like.numbers
        codes = np.where(found < self.low, 0, np.where(found > self.high, 1, -1))
        ranks = np.nan_to_num(np.maximum(self.low - found, found - self.high))
        yield Coded(codes=codes, records=values.records, quoted=np.arange(len(values)), ranks=ranks)

    def say(self, share: Share) -> Said:
        """How many there are; the farthest are cited."""
        parts = [f"{count:,} {label}" for label, count in zip(self.labels, share.counts, strict=True) if count]
        return Said(
            summary=(
                f"{self.scope}: {number_of(share.total, 'number')} more than {RANGES} interquartile ranges from the"
                f" quartiles of the partition: {', '.join(parts)}"
            ),
            cited=[code for code in (1, 0) if share.counts[code]],
            severity="notice",
            confidence=0.8,
        )
