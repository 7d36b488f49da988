"""Scalars as they are told, and how often each occurs."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl

from rlm_pipeline.analysis.json_analyst.values import Values
from rlm_pipeline.sources.json_files.values import compact, parse

LONGEST: Final = 100
"""Characters of a value that is told apart from others."""

MOST_VALUES: Final = 256
"""Distinct values of one path that are told apart; of a path with more, none are."""

_FEW = 2000  # texts that are counted faster one by one
_GLANCE = 4 * MOST_VALUES


def written(values: Values) -> pl.Series:
    """Each value as text, null for null, arrays and objects, so that no two have the same.

    Strings are as they are; one that reads like another JSON value, or begins with a quote, is in quotes: `"5"` is a
    string, `5` a number.
    """
    places = np.flatnonzero(values.like.doubtful)
    if not len(places):
        return values.texts
    quoted = pl.Series([compact(text) for text in values.texts.gather(places)], dtype=pl.String)
    return values.texts.clone().scatter(places, quoted)


def plain(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts of strings as `written`, by the strings themselves."""
    return {parse(text) if text.startswith('"') else text: count for text, count in counts.items()}


def tally(texts: pl.Series) -> Mapping[str, int]:
    """How often each text occurs; nulls are none."""
    known = texts.drop_nulls()
    if len(known) <= _FEW:
        return Counter(known.to_list())
    return dict(known.alias("text").value_counts(name="count").iter_rows())


class ValueCounts:
    """How often each scalar at a path occurs, while there are few; `counts` is None once there are too many."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts: dict[str, int] | None = {}

    def add(self, texts: pl.Series) -> None:
        """Count texts; nulls are none."""
        if self.counts is None:
            return
        if len(texts) > _GLANCE and texts.head(_GLANCE).n_unique() > MOST_VALUES + 1:
            self.counts = None
            return
        counted = tally(texts)
        if max(map(len, counted), default=0) > LONGEST:
            self.counts = None
            return
        for value, count in counted.items():
            self.counts[value] = self.counts.get(value, 0) + count
        if len(self.counts) > MOST_VALUES:
            self.counts = None


def coded(texts: pl.Series, values: tuple[str, ...]) -> np.ndarray:
    """The place of each text in `values`, int64, -1 for another and for null."""
    if len(texts) <= _FEW:
        place = {value: code for code, value in enumerate(values)}
        return np.array([place.get(text, -1) for text in texts.to_list()], np.int64)
    codes = texts.cast(pl.Enum(values), strict=False).to_physical().cast(pl.Int64)
    return codes.fill_null(-1).to_numpy()
