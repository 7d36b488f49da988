"""Which records hold a column's most extreme values."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from rlm_pipeline.model import LINE, RECORD_IDENTITY, ROW, SOURCE
from rlm_pipeline.profiling import distinct
from rlm_pipeline.store import DatasetStore

MOST_LISTED = 20


def locate(
    store: DatasetStore, partition: str, extremes: Mapping[str, Mapping[str, float]], *, records: int
) -> dict[str, list[dict[str, Any]]]:
    """Where outliers are.

    Args:
        store: the dataset.
        partition: whose records.
        extremes: column -> value as written -> its distance beyond the fences.
        records: how many records the partition has.

    Returns:
        column -> at most 20 {source, row, line, value}, farthest first, then in the records' order.

    """
    places = {
        name: _farthest(column, extremes[name])
        for names, frame in distinct.cells(store, partition, tuple(extremes), records=records)
        for name, column in zip(names, frame, strict=True)
    }
    identities = _identities(store, partition, {at for found in places.values() for at, _ in found})
    return {name: [{**identities[at], "value": value} for at, value in found] for name, found in places.items()}


def _farthest(column: pl.Series, distances: Mapping[str, float]) -> list[tuple[int, str]]:
    places = column.is_in(pl.Series(list(distances), dtype=pl.String).implode()).arg_true()
    found = list(zip(places.to_list(), column.gather(places).to_list(), strict=True))
    return sorted(found, key=lambda each: (-distances[each[1]], each[0]))[:MOST_LISTED]


def _identities(store: DatasetStore, partition: str, places: set[int]) -> dict[int, dict[str, Any]]:
    if not places:
        return {}
    wanted = pl.Series(sorted(places), dtype=pl.UInt32).implode()
    rows = store.scan_records(partition).select(RECORD_IDENTITY).with_row_index("at").filter(pl.col("at").is_in(wanted))
    return {
        row["at"]: {"source": row[SOURCE], "row": row[ROW], "line": row[LINE]}
        for row in rows.collect().iter_rows(named=True)
    }
