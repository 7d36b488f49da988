"""The distinct values of every column with how often each occurs: what the whole profile is computed from.

Columns are read from Parquet a batch at a time. A batch holds a bounded number of cells and bytes, so memory depends on
`CELLS_PER_BATCH` and `BYTES_PER_BATCH` (and on the largest single column), never on the number of columns.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from polars import selectors

from rlm_pipeline.model import RECORD_IDENTITY
from rlm_pipeline.profiling import dates, numbers
from rlm_pipeline.profiling.kinds import PLACEHOLDERS
from rlm_pipeline.store import DatasetStore

CELLS_PER_BATCH = 1_500_000
"""Cells held at once: about 200 columns of 7,000 records; one column at a time above 1.5 million records."""
BYTES_PER_BATCH = 128_000_000
"""Bytes of cells held at once, as encoded in Parquet before compression."""

_LONGEST_PLACEHOLDER = max(map(len, PLACEHOLDERS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some columns, and their distinct values.

    `values` has one row per distinct value: `column` (Int32, index into `columns`, ascending), `value` (String),
    `count` (Int64), `length` (characters), `words`, `code` (one word with a digit), `placeholder`, then the columns of
    `numbers.parse` and `dates.parse`.
    """

    columns: tuple[str, ...]
    values: pl.DataFrame


def positions(store: DatasetStore, partition: str) -> dict[str, int]:
    """Every column of a partition -> its 0-based place in the header of the first source that has it."""
    found: dict[str, int] = {}
    for path in store.records_paths(partition):
        names = [name for name in pl.read_parquet_schema(path) if name not in RECORD_IDENTITY]
        for position, name in enumerate(names):
            found.setdefault(name, position)
    return found


def cells(
    store: DatasetStore, partition: str, columns: Sequence[str], *, records: int
) -> Iterator[tuple[tuple[str, ...], pl.DataFrame]]:
    """The records' cells of `columns`, in order, a bounded number at a time: the columns' names, and their cells."""
    frame = store.scan_records(partition)
    for chosen in _together(columns, _bytes(store, partition) if columns else {}, records):
        yield chosen, frame.select(selectors.by_name(*chosen)).collect()


def _together(columns: Sequence[str], sizes: Mapping[str, int], records: int) -> Iterator[tuple[str, ...]]:
    chosen: list[str] = []
    held = 0
    for column in columns:
        too_many = (len(chosen) + 1) * records > CELLS_PER_BATCH or held + sizes[column] > BYTES_PER_BATCH
        if chosen and too_many:
            yield tuple(chosen)
            chosen, held = [], 0
        chosen.append(column)
        held += sizes[column]
    if chosen:
        yield tuple(chosen)


def _bytes(store: DatasetStore, partition: str) -> Counter[str]:
    from pyarrow.parquet import read_metadata

    sizes: Counter[str] = Counter()
    for path in store.records_paths(partition):
        metadata = read_metadata(path)
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            for place, name in enumerate(metadata.schema.names):
                sizes[name] += group.column(place).total_uncompressed_size
    return sizes


def batches(store: DatasetStore, partition: str, columns: Sequence[str], *, records: int) -> Iterator[Batch]:
    """The distinct values of `columns`, in order, a batch at a time."""
    for chosen, frame in cells(store, partition, columns, records=records):
        counted = _counted(frame)
        yield Batch(columns=chosen, values=_measured(counted))


def _counted(frame: pl.DataFrame) -> pl.DataFrame:
    empty = pl.DataFrame(schema={"column": pl.Int32, "value": pl.String, "count": pl.Int64})
    counted = [column.alias("value").drop_nulls().value_counts(name="count") for column in frame]
    columns = np.repeat(np.arange(len(counted), dtype=np.int32), [len(each) for each in counted])
    return pl.concat([empty.drop("column"), *counted], how="vertical_relaxed").insert_column(
        0, pl.Series("column", columns)
    )


def _measured(distinct: pl.DataFrame) -> pl.DataFrame:
    value, length = pl.col("value"), pl.col("value").str.len_chars()
    words = value.str.count_matches(r"\S+")
    short = pl.when(length <= _LONGEST_PLACEHOLDER).then(value)
    sizes = distinct.select(
        length.alias("length"),
        words.alias("words"),
        ((words == 1) & value.str.contains("[0-9]")).alias("code"),
        short.str.strip_chars()
        .str.to_lowercase()
        .is_in(sorted(PLACEHOLDERS))
        .fill_null(value=False)
        .alias("placeholder"),
    )
    return pl.concat([distinct, sizes, numbers.parse(distinct), dates.parse(distinct)], how="horizontal")
