"""The column profile of one partition: exact counts and statistics of every column, and what kind of column it is."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.model import MAX_COUNTED_VALUES, PROFILE_SCHEMA
from rlm_pipeline.profiling import dates, distinct, null_like, outliers, spill, statistics
from rlm_pipeline.profiling.kinds import Facts, is_near_constant, kind_of
from rlm_pipeline.profiling.null_like import Nulls
from rlm_pipeline.profiling.prose import is_prose
from rlm_pipeline.profiling.summary import MOST_LISTED, Histogram, Summary, split
from rlm_pipeline.sources import own_columns
from rlm_pipeline.store import DatasetStore, write_frame

SHARE_FOR_STATISTICS = 0.5
"""Quantiles and date ranges are given when this share of a column's values, placeholders aside, are numbers, or dates:
always for columns of these kinds."""
PROSE_CHARACTERS = 400
"""Prose is recognised from the beginnings of at most 500 values: enough words, at a bounded cost."""

_log = logging.getLogger(__name__)


def materialise(store: DatasetStore, config: DatasetConfig, partition: str) -> pl.DataFrame:
    """Profile every column of a partition and store the result.

    Counts (`non_null`, `distinct`, `value_counts`, `numeric`, `dates`) and lengths are of what is written. Statistics
    of numbers, date ranges and outliers are of real values only: what stands for `no value` (`null_like`) is left out.

    Of a column that the configuration ignores, only its place and how many cells are filled are stored. A column that
    one of several sources lacks counts as empty for that source's records.

    Returns:
        One row per column, `PROFILE_SCHEMA`, in the order of the sources' headers.

    Raises:
        NotMaterialised: raw_file has not run for this partition.
        StoreError: the store cannot be written.

    """
    positions = distinct.positions(store, partition)
    records = int(store.scan_records(partition).select(pl.len()).collect().item()) if positions else 0
    ignored = [name for name in positions if config.columns.is_ignored(name)]
    open_columns = [name for name in positions if not config.columns.is_ignored(name)]
    filled = distinct.filled(store, partition, ignored, records=records)
    rows: dict[str, dict[str, Any]] = {name: {"kind": "ignored", "non_null": filled[name]} for name in ignored}
    extremes: dict[str, dict[str, float]] = {}
    no_prose = own_columns.no_free_text(store.manifest(partition))
    folder = store.profile_path(partition).with_name(f".{partition}.temporary")
    with spill.temporary_folder(folder) as temporary:
        for batch in distinct.batches(store, partition, open_columns, records=records, folder=temporary / "counts"):
            for name, row, farthest in _profiles(batch, records, temporary / "numbers", no_prose):
                rows[name] = row
                extremes |= {name: farthest} if farthest else {}
            _log.info("profiled %d of %d columns of %s", len(rows) - len(ignored), len(open_columns), partition)
    null_like.settle(rows)
    for name, found in outliers.locate(store, partition, extremes, records=records).items():
        rows[name]["outliers"] = found
    profile = _table(rows, positions, records)
    write_frame(profile, store.profile_path(partition))
    return profile


def _profiles(
    batch: distinct.Batch, records: int, folder: Path, no_prose: frozenset[str]
) -> Iterator[tuple[str, dict[str, Any], dict[str, float]]]:
    """Each column's name, its row, and the values whose records are to be listed as outliers."""
    with spill.temporary_folder(folder) as temporary:
        summaries = [Summary(temporary) for _ in batch.columns]
        for part in batch.parts:
            for summary, of_column in zip(summaries, split(part, len(batch.columns)), strict=True):
                summary.add(of_column)
        for name, summary, unit in zip(batch.columns, summaries, batch.units, strict=True):
            row = _profile(summary, records, *unit, may_be_prose=name not in no_prose)
            farthest = _farthest(summary, row) if row.get("outlier_count") else {}
            yield name, row, farthest


def _table(rows: dict[str, dict[str, Any]], positions: dict[str, int], records: int) -> pl.DataFrame:
    complete = [
        {"column": name, "position": position, "records": records, **rows[name]} for name, position in positions.items()
    ]
    types = PROFILE_SCHEMA.to_arrow()
    # Through Arrow, which reads lists of dictionaries five times as fast.
    fields = {name: pa.array([row.get(name) for row in complete], types.field(name).type) for name in PROFILE_SCHEMA}
    return pl.DataFrame(fields, schema=PROFILE_SCHEMA)


def _profile(summary: Summary, records: int, unit: str, units: dict[str, int], *, may_be_prose: bool) -> dict[str, Any]:
    non_null = summary.non_null
    if not non_null:
        empty: dict[str, Any] = {"kind": "empty", "non_null": 0, "distinct": 0, "value_counts": []}
        return empty | {"counts_complete": True, "null_like": [], "missing": records, "near_constant": False}
    lengths, words = _weighted(summary.lengths), _weighted(summary.words)
    row: dict[str, Any] = {
        "non_null": non_null,
        "distinct": summary.distinct,
        "length_min": int(lengths.ascending[0]),
        "length_median": lengths.quantile(0.5),
        "length_p95": lengths.quantile(0.95),
        "length_max": int(lengths.ascending[-1]),
        "words_median": words.quantile(0.5),
        "numeric": summary.totals["numeric"],
        "dates": summary.totals["dated"],
        "id_likeness": summary.distinct / non_null,
        "outlier_count": 0,
        "unit": unit,
        "units": [{"value": name, "count": count} for name, count in units.items()],
    }
    nulls = null_like.found(summary)
    facts = _facts(summary, records, length_median=row["length_median"], words_median=row["words_median"])
    row["kind"] = kind_of(facts, prose=lambda: may_be_prose and is_prose(summary.sample(PROSE_CHARACTERS)))
    row |= _frequent(summary, records, text=row["kind"] == "text")
    row |= {"null_like": nulls.listed, "missing": records - non_null + nulls.count, "undecided": nulls.undecided}
    enough = max(1, SHARE_FOR_STATISTICS * (non_null - facts.placeholders))
    if row["numeric"] >= enough:
        row |= _statistics(summary, nulls, counted=row["kind"] in {"integer", "number"})
    if row["dates"] >= enough:
        row |= _dates(summary, nulls)
    return row


def _weighted(histogram: Histogram) -> statistics.Weighted:
    return statistics.weighted(histogram.values.astype(np.float64), histogram.counts)


def _facts(summary: Summary, records: int, *, length_median: float, words_median: float) -> Facts:
    totals = summary.totals
    return Facts(
        records=records,
        non_null=summary.non_null,
        distinct=summary.distinct,
        placeholders=totals["placeholder"],
        numeric=totals["numeric"],
        whole=totals["whole"],
        integral=totals["integral"],
        zero_led=totals["zero_led"],
        dates=totals["dated"],
        codes=totals["code"],
        length_median=length_median,
        words_median=words_median,
    )


def _frequent(summary: Summary, records: int, *, text: bool) -> dict[str, Any]:
    frequent = summary.frequent(text=False)
    mode = frequent[0][1]
    shown = summary.frequent(text=True) if text else frequent
    return {
        "value_counts": [{"value": value, "count": count} for value, count in shown],
        "counts_complete": summary.distinct <= MAX_COUNTED_VALUES and not text,
        "mode_share": mode / records,
        "near_constant": is_near_constant(records, non_null=summary.non_null, mode=mode),
    }


def _statistics(summary: Summary, nulls: Nulls, *, counted: bool) -> dict[str, Any]:
    found = statistics.describe(lambda: summary.numbers.blocks(nulls.numbers))
    if found is None:
        return {}
    return {
        "minimum": found.minimum,
        "q25": found.q25,
        "median": found.median,
        "q75": found.q75,
        "maximum": found.maximum,
        "mean": found.mean,
        "standard_deviation": found.standard_deviation,
        "outlier_count": found.outliers if counted else 0,
        "left_out": nulls.numbers,
    }


def _dates(summary: Summary, nulls: Nulls) -> dict[str, Any]:
    formats = dict(sorted(summary.date_formats.items(), key=lambda each: (-each[1], each[0])))
    real = summary.days.values[~np.isin(summary.days.values, np.array(sorted(nulls.days), np.int64))]
    ambiguous = summary.totals["date_ambiguous"]
    first, last = (null_like.day(int(real[place])) for place in (0, -1))
    return {
        "date_format": next(iter(formats)),
        "date_formats": [{"value": name, "count": count} for name, count in formats.items()],
        "date_min": first,
        "date_max": last,
        "date_ambiguous": ambiguous,
        "date_order": dates.order_of(formats, ambiguous=ambiguous, proved=summary.totals["date_proves"]),
    }


def _farthest(summary: Summary, row: dict[str, Any]) -> dict[str, float]:
    """The values farthest outside the fences, at most 20, with their distances."""
    numbers = summary.kept["number"].to_numpy()
    distances = statistics.distance_outside(numbers, q25=row["q25"], q75=row["q75"])
    outside = np.flatnonzero((distances > 0) & ~np.isin(numbers, np.array(sorted(row["left_out"]))))
    found = zip(summary.kept["value"][outside].to_list(), distances[outside].tolist(), strict=True)
    return dict(sorted(found, key=lambda each: (-each[1], each[0]))[:MOST_LISTED])
