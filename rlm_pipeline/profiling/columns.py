"""The column profile of one partition: exact counts and statistics of every column, and what kind of column it is."""

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars import selectors

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.model import MAX_COUNTED_VALUES, PROFILE_SCHEMA
from rlm_pipeline.profiling import distinct, outliers, statistics
from rlm_pipeline.profiling.kinds import Facts, kind_of
from rlm_pipeline.profiling.prose import is_prose
from rlm_pipeline.store import DatasetStore, write_frame

MOST_FREQUENT = 20
MOST_FREQUENT_TEXTS = 5
LONGEST_COUNTED_TEXT = 200
SHARE_FOR_STATISTICS = 0.5
"""Quantiles and date ranges are given when this share of a column's values, placeholders aside, are numbers, or dates:
always for columns of these kinds."""
PROSE_SAMPLE = 500
PROSE_CHARACTERS = 400
"""Prose is recognised from the beginnings of this many values: enough words, at a bounded cost."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """One column's distinct values (n rows), and their measures as arrays of length n."""

    values: pl.DataFrame
    counts: NDArray[np.int64]
    measures: dict[str, NDArray[Any]]

    @property
    def non_null(self) -> int:
        return int(self.counts.sum())

    def total(self, measure: str) -> int:
        return int(self.counts[self.measures[measure]].sum())


def materialise(store: DatasetStore, config: DatasetConfig, partition: str) -> pl.DataFrame:
    """Profile every column of a partition and store the result.

    Of a column that the configuration ignores, only its place and how many cells are filled are stored. A column that
    one of several sources lacks counts as empty for that source's records.

    Returns:
        One row per column, `PROFILE_SCHEMA`, in the order of the sources' headers.

    Raises:
        NotMaterialised: raw_file has not run for this partition.

    """
    positions = distinct.positions(store, partition)
    records = int(store.scan_records(partition).select(pl.len()).collect().item()) if positions else 0
    ignored = [name for name in positions if config.columns.is_ignored(name)]
    open_columns = [name for name in positions if not config.columns.is_ignored(name)]
    rows = {name: {"kind": "ignored", "non_null": count} for name, count in _filled(store, partition, ignored).items()}
    extremes: dict[str, dict[str, float]] = {}
    for batch in distinct.batches(store, partition, open_columns, records=records):
        for name, column in zip(batch.columns, _split(batch), strict=True):
            rows[name] = _profile(column, records)
            extremes |= _extremes(name, column, rows[name])
        _log.info("profiled %d of %d columns of %s", len(rows) - len(ignored), len(open_columns), partition)
    for name, found in outliers.locate(store, partition, extremes, records=records).items():
        rows[name]["outliers"] = found
    profile = _table(rows, positions, records)
    write_frame(profile, store.profile_path(partition))
    return profile


def _filled(store: DatasetStore, partition: str, columns: list[str]) -> dict[str, int]:
    if not columns:
        return {}
    counts = store.scan_records(partition).select(selectors.by_name(*columns).count()).collect()
    return {name: int(counts[name].item()) for name in columns}


def _table(rows: dict[str, dict[str, Any]], positions: dict[str, int], records: int) -> pl.DataFrame:
    complete = [
        {"column": name, "position": position, "records": records, **rows[name]} for name, position in positions.items()
    ]
    fields = {name: [row.get(name) for row in complete] for name in PROFILE_SCHEMA}
    return pl.DataFrame(fields, schema=PROFILE_SCHEMA)


def _split(batch: distinct.Batch) -> list[_Column]:
    values = batch.values
    measures = {
        "length": values["length"].to_numpy(),
        "words": values["words"].to_numpy(),
        "number": values["number"].to_numpy(),
        "numeric": values["number"].is_not_null().to_numpy(),
        "dated": values["date"].is_not_null().to_numpy(),
        **{name: values[name].to_numpy() for name in ("whole", "zero_led", "code", "placeholder")},
    }
    counts = values["count"].to_numpy()
    bounds = np.searchsorted(values["column"].to_numpy(), np.arange(len(batch.columns) + 1))
    return [
        _Column(
            values=values.slice(start, end - start),
            counts=counts[start:end],
            measures={name: array[start:end] for name, array in measures.items()},
        )
        for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    ]


def _profile(column: _Column, records: int) -> dict[str, Any]:
    non_null, distinct_values = column.non_null, len(column.counts)
    if not non_null:
        return {"kind": "empty", "non_null": 0, "distinct": 0, "value_counts": [], "counts_complete": True}
    lengths, words = (statistics.weighted(column.measures[name], column.counts) for name in ("length", "words"))
    numeric, dates = column.total("numeric"), column.total("dated")
    row: dict[str, Any] = {
        "non_null": non_null,
        "distinct": distinct_values,
        "length_min": int(lengths.ascending[0]),
        "length_median": lengths.quantile(0.5),
        "length_p95": lengths.quantile(0.95),
        "length_max": int(lengths.ascending[-1]),
        "words_median": words.quantile(0.5),
        "numeric": numeric,
        "dates": dates,
        "id_likeness": distinct_values / non_null,
        "outlier_count": 0,
    }
    facts = _facts(column, records, length_median=row["length_median"], words_median=row["words_median"])
    row["kind"] = kind_of(facts, prose=lambda: is_prose(_sample(column)))
    row |= _value_counts(column, text=row["kind"] == "text")
    enough = max(1, SHARE_FOR_STATISTICS * (non_null - facts.placeholders))
    if numeric >= enough:
        mask = column.measures["numeric"]
        row |= statistics.describe(statistics.weighted(column.measures["number"][mask], column.counts[mask]))
    if dates >= enough:
        row |= _date_range(column)
    return row


def _facts(column: _Column, records: int, *, length_median: float, words_median: float) -> Facts:
    numeric = column.measures["numeric"]
    integral = numeric.copy()
    integral[numeric] = column.measures["number"][numeric] % 1 == 0
    return Facts(
        records=records,
        non_null=column.non_null,
        distinct=len(column.counts),
        placeholders=column.total("placeholder"),
        numeric=int(column.counts[numeric].sum()),
        whole=int(column.counts[numeric & column.measures["whole"]].sum()),
        integral=int(column.counts[integral].sum()),
        zero_led=column.total("zero_led"),
        dates=column.total("dated"),
        codes=column.total("code"),
        length_median=length_median,
        words_median=words_median,
    )


def _sample(column: _Column) -> list[str]:
    ordered = column.values["value"].sort()
    step = max(1, len(ordered) // PROSE_SAMPLE)
    sample: list[str] = ordered.gather_every(step).str.head(PROSE_CHARACTERS).to_list()
    return sample


def _value_counts(column: _Column, *, text: bool) -> dict[str, Any]:
    complete = len(column.counts) <= MAX_COUNTED_VALUES and not text
    values, counts = column.values["value"], column.counts
    kept = len(counts) if complete else MOST_FREQUENT
    if text:
        short = column.measures["length"] <= LONGEST_COUNTED_TEXT
        values, counts, kept = values.filter(short), counts[short], MOST_FREQUENT_TEXTS
    if kept < len(counts):
        frequent = counts >= np.partition(counts, -kept)[-kept]
        values, counts = values.filter(frequent), counts[frequent]
    pairs = sorted(zip(values.to_list(), counts.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))[:kept]
    return {"value_counts": [{"value": value, "count": count} for value, count in pairs], "counts_complete": complete}


def _date_range(column: _Column) -> dict[str, Any]:
    dated = column.values.filter(pl.col("date").is_not_null())
    formats = dated.group_by("date_format").agg(pl.col("count").sum())
    usual = formats.sort(["count", "date_format"], descending=[True, False])["date_format"][0]
    return {"date_format": usual, "date_min": dated["date"].min(), "date_max": dated["date"].max()}


def _extremes(name: str, column: _Column, row: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Set the row's exact outlier count; return the values (at most 20) whose records are to be listed."""
    if row["kind"] not in {"integer", "number"}:
        return {}
    distances = statistics.distance_outside(column.measures["number"], q25=row["q25"], q75=row["q75"])
    outside = distances > 0
    row["outlier_count"] = int(column.counts[outside].sum())
    if not row["outlier_count"]:
        return {}
    found = zip(column.values["value"].filter(outside).to_list(), distances[outside].tolist(), strict=True)
    farthest = sorted(found, key=lambda each: (-each[1], each[0]))
    return {name: dict(farthest[: outliers.MOST_LISTED])}
