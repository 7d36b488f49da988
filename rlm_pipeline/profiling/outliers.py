"""Which records hold a column's most extreme values."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from rlm_pipeline.model import LINE, RECORD_IDENTITY, ROW, SOURCE
from rlm_pipeline.profiling import distinct
from rlm_pipeline.profiling.summary import MOST_LISTED
from rlm_pipeline.store import DatasetStore


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
    places: dict[str, list[tuple[int, str]]] = {}
    for before, column in _cells(store, partition, tuple(extremes), records):
        name = column.name
        found = column.is_in(pl.Series(list(extremes[name]), dtype=pl.String).implode()).arg_true()
        at = zip((found + before).to_list(), column.gather(found).to_list(), strict=True)
        places[name] = _farthest([*places.get(name, []), *at], extremes[name])
    identities = _identities(store, partition, {at for found in places.values() for at, _ in found})
    return {name: [{**identities[at], "value": value} for at, value in found] for name, found in places.items()}


def _cells(
    store: DatasetStore, partition: str, columns: tuple[str, ...], records: int
) -> Iterator[tuple[int, pl.Series]]:
    """The cells of each column, with how many records come before them: all at once, or block by block."""
    sizes = distinct.column_bytes(store, partition) if columns else {}
    long = [name for name in columns if distinct.is_long(sizes[name], records)]
    for name in long:
        yield from distinct.blocks(store, partition, name, sizes)
    short = [name for name in columns if name not in set(long)]
    for _, frame in distinct.cells(store, partition, short, records=records, sizes=sizes):
        yield from ((0, column) for column in frame)


def _farthest(found: list[tuple[int, str]], distances: Mapping[str, float]) -> list[tuple[int, str]]:
    return sorted(found, key=lambda each: (-distances[each[1]], each[0]))[:MOST_LISTED]


def _identities(store: DatasetStore, partition: str, places: set[int]) -> dict[int, dict[str, Any]]:
    """Source, row and line of the records at `places`, counted from 0 over all files of the partition."""
    from pyarrow.parquet import ParquetFile

    wanted, found, before = sorted(places), {}, 0
    for path in store.records_paths(partition) if places else ():
        with ParquetFile(path) as file:
            for group in range(file.metadata.num_row_groups):
                end = before + file.metadata.row_group(group).num_rows
                here = [at for at in wanted if before <= at < end]
                if here:
                    rows = file.read_row_group(group, columns=list(RECORD_IDENTITY)).take([at - before for at in here])
                    for at, row in zip(here, rows.select(RECORD_IDENTITY).to_pylist(), strict=True):
                        found[at] = {"source": row[SOURCE], "row": row[ROW], "line": row[LINE]}
                before = end
    return found
