"""Contingency tables of all pairs of columns at once, over any number of records in bounded memory."""

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars import selectors

from rlm_pipeline.profiling import numbers
from rlm_pipeline.profiling.associations import Association, cramers_v_corrected
from rlm_pipeline.profiling.pairs.levels import Levels
from rlm_pipeline.store import DatasetStore

MOST_LEVELS_IN_ALL = 4_000
"""Over all columns crossed: the table of all pairs has this many rows and columns, 8 bytes a cell."""

_ROWS_AT_ONCE = 4_096
_COLUMNS_AT_ONCE = 200
_ROWS_READ = 200_000
_CELLS_READ = 4_000_000
_CELLS_PARSED = 250_000
_TABLE_CELLS = 4_000_000  # cells of stacked tables looked at together

Counts = NDArray[np.float64]


def crossed(store: DatasetStore, partition: str, levels: Sequence[Levels], *, records: int) -> Counts:
    """How many records have each two levels: (levels in all, levels in all), columns in the order of `levels`."""
    starts = np.cumsum([0, *(each.count for each in levels)])
    table = np.zeros((starts[-1], starts[-1]))
    step = max(1_000, min(_ROWS_READ, _CELLS_READ // max(1, len(levels))))
    for first in range(0, records, step):
        codes = _codes(store, partition, levels, first=first, rows=min(step, records - first))
        for begin in range(0, len(codes), _ROWS_AT_ONCE):
            ones = _one_hot(codes[begin : begin + _ROWS_AT_ONCE], starts)
            table += ones.T @ ones
    return table


def _codes(
    store: DatasetStore, partition: str, levels: Sequence[Levels], *, first: int, rows: int
) -> NDArray[np.int32]:
    """(rows, columns) int32, -1 where a record has no level."""
    parts = []
    for start in range(0, len(levels), _COLUMNS_AT_ONCE):
        chosen = levels[start : start + _COLUMNS_AT_ONCE]
        frame = store.scan_records(partition).select(selectors.by_name(*(each.column for each in chosen)))
        cells = frame.slice(first, rows).collect()
        numbers_of = _numbers(cells, [each.column for each in chosen if not each.values])
        coded = [_coded(cells[each.column], each, numbers_of.get(each.column)) for each in chosen]
        parts.append(np.stack([each.fill_null(-1).to_numpy() for each in coded], axis=1))
    return np.concatenate(parts, axis=1)


def _numbers(cells: pl.DataFrame, columns: Sequence[str]) -> dict[str, pl.DataFrame]:
    """The distinct cells of each column, `value`, with the `number` that each is; several columns are read at once."""
    found: dict[str, pl.DataFrame] = {}
    together = max(1, _CELLS_PARSED // max(1, len(cells)))
    for start in range(0, len(columns), together):
        chosen = columns[start : start + together]
        values = [cells[name].alias("value").drop_nulls().unique() for name in chosen]
        lengths = [len(each) for each in values]
        distinct = pl.DataFrame({"column": np.repeat(np.arange(len(chosen)), lengths), "value": pl.concat(values)})
        read = distinct.select("value", numbers.parse(distinct)["number"])
        ends = np.cumsum(lengths).tolist()
        found |= {name: read[end - length : end] for name, length, end in zip(chosen, lengths, ends, strict=True)}
    return found


def _coded(cell: pl.Series, levels: Levels, read: pl.DataFrame | None) -> pl.Series:
    if read is None:
        return cell.to_frame().select(levels.code(pl.lit(None))).to_series()
    joined = cell.to_frame().join(read, left_on=cell.name, right_on="value", how="left", maintain_order="left")
    return joined.select(levels.code(pl.col("number"))).to_series()


def _one_hot(codes: NDArray[np.int32], starts: NDArray[np.int64]) -> NDArray[np.float32]:
    # 32 bits count exactly up to 16.7 million, far beyond the rows of one product.
    ones = np.zeros((len(codes), int(starts[-1])), dtype=np.float32)
    rows, columns = np.nonzero(codes >= 0)
    ones[rows, starts[columns] + codes[rows, columns]] = 1.0
    return ones


def associations(table: Counts, levels: Sequence[Levels]) -> Iterator[tuple[NDArray[np.int64], Association]]:
    """(pairs (m, 2) of places in `levels`, their figures), all pairs once, tables of like size together."""
    starts = np.cumsum([0, *(each.count for each in levels)])
    sizes = np.array([1 << (each.count - 1).bit_length() for each in levels])
    padded = np.zeros((len(table) + int(sizes.max(initial=1)),) * 2)
    padded[: len(table), : len(table)] = table
    first, second = np.triu_indices(len(levels), k=1)
    for rows in np.unique(sizes):
        for columns in np.unique(sizes):
            chosen = np.flatnonzero((sizes[first] == rows) & (sizes[second] == columns))
            step = max(1, _TABLE_CELLS // int(rows * columns))
            for begin in range(0, len(chosen), step):
                a, b = first[chosen[begin : begin + step]], second[chosen[begin : begin + step]]
                yield np.stack([a, b], axis=1), cramers_v_corrected(_tables(padded, starts, (a, b), rows, columns))


def _tables(
    padded: Counts,
    starts: NDArray[np.int64],
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
    rows: int,
    columns: int,
) -> Counts:
    """The pairs' tables (m, rows, columns); what lies beyond a column's own levels is nought."""
    a, b = pairs
    across, down = np.arange(rows), np.arange(columns)
    row_at, column_at = starts[a][:, None] + across, starts[b][:, None] + down
    tables: Counts = padded[row_at[:, :, None], column_at[:, None, :]]
    tables[across[None, :] >= (starts[a + 1] - starts[a])[:, None]] = 0.0
    beyond = down[None, :] >= (starts[b + 1] - starts[b])[:, None]
    return np.where(beyond[:, None, :], 0.0, tables)
