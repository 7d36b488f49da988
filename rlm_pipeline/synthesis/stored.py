"""Stored findings as frames: distributions and citations, one row each."""

from collections.abc import Sequence

import polars as pl

from rlm_pipeline.analysis.findings import WITHOUT_MODEL
from rlm_pipeline.synthesis.document import Citation

BY_MODEL = pl.col("model") != WITHOUT_MODEL
# What the data analyst says about a rule between columns is no statistic of one of them, and adds up like the others'.
_STATISTIC = (pl.col("analyst") == "data") & (pl.col("type") != "anomaly")
BY_SPECIALIST = ~BY_MODEL & ~_STATISTIC
BY_DATA_ANALYST = ~BY_MODEL & _STATISTIC

_QUOTE = ("partition", "source", "row", "line", "chunk_id", "quote", "verified")


def summed(frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The frame's distributions added up by `keys`: those columns, then `value`, `count`."""
    entries = (
        frame.select(*keys, "distribution")
        .explode("distribution")
        .select(*keys, pl.col("distribution").struct.unnest())
    )
    counted = entries.drop_nulls("value").group_by(*keys, "value").agg(pl.col("count").sum())
    return counted.sort(*keys, "value")


def quotes(frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """One row per citation: `keys`, and the citation's fields."""
    entries = frame.select(*keys, "citations").explode("citations")
    return entries.select(*keys, pl.col("citations").struct.unnest()).drop_nulls("quote")


def citation(row: dict[str, object], partition: str) -> Citation:
    """The citation of a row of `quotes`."""
    return Citation.model_validate({**{name: row[name] for name in _QUOTE if name in row}, "partition": partition})
