"""Scalars as they are told, and how often each occurs."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl

from rlm_pipeline.analysis.json_analyst.kinds import LIKE_OTHERS
from rlm_pipeline.analysis.json_analyst.values import Values
from rlm_pipeline.model import MAX_COUNTED_VALUES
from rlm_pipeline.sources.json_files.values import compact, parse

LONGEST: Final = 100
"""Characters of a value that is told apart from others."""

_GLANCE = 4 * MAX_COUNTED_VALUES


def written(values: Values) -> pl.Series:
    """Each value as text, null for null, arrays and objects, so that no two have the same.

    Strings are as they are; one that reads like another JSON value, or begins with a quote, is in quotes: `"5"` is a
    string, `5` a number.
    """
    texts = values.texts
    if not values.is_string.any():
        return texts
    doubtful = pl.Series(values.is_string) & (texts.str.contains(LIKE_OTHERS) | texts.str.starts_with('"'))
    places = np.flatnonzero(doubtful.fill_null(value=False).to_numpy())
    if not len(places):
        return texts
    quoted = pl.Series([compact(text) for text in texts.gather(places)], dtype=pl.String)
    return texts.clone().scatter(places, quoted)


def plain(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts of strings as `written`, by the strings themselves."""
    return {parse(text) if text.startswith('"') else text: count for text, count in counts.items()}


class ValueCounts:
    """How often each scalar at a path occurs, while there are few; `counts` is None once there are too many."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts: dict[str, int] | None = {}

    def add(self, texts: pl.Series) -> None:
        """Count texts; nulls are none."""
        if self.counts is None:
            return
        if texts.head(_GLANCE).n_unique() > MAX_COUNTED_VALUES + 1:
            self.counts = None
            return
        counted = texts.drop_nulls().alias("value").value_counts(name="count")
        if (counted.get_column("value").str.len_chars() > LONGEST).any():
            self.counts = None
            return
        for value, count in counted.iter_rows():
            self.counts[value] = self.counts.get(value, 0) + count
        if len(self.counts) > MAX_COUNTED_VALUES:
            self.counts = None


def coded(texts: pl.Series, values: tuple[str, ...]) -> np.ndarray:
    """The place of each text in `values`, int64, -1 for another and for null."""
    codes = texts.cast(pl.Enum(values), strict=False).to_physical().cast(pl.Int64)
    return codes.fill_null(-1).to_numpy()
