"""The distinct values of every column with how often each occurs: what the whole profile is computed from.

Columns are read from Parquet a batch at a time. A batch holds a bounded number of cells and bytes, so memory depends on
`CELLS_PER_BATCH` and `BYTES_PER_BATCH`, never on the number of columns. A column that is too long to be held is read
block by block and counted in bounded memory (`spill`), so it does not depend on the number of records either.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from pathlib import Path

import numpy as np
import polars as pl
from polars import selectors

from rlm_pipeline.model import RECORD_IDENTITY
from rlm_pipeline.profiling import measures, spill
from rlm_pipeline.store import DatasetStore

CELLS_PER_BATCH = 1_500_000
"""Cells held at once: about 200 columns of 7,000 records."""
BYTES_PER_BATCH = 128_000_000
"""Bytes of cells held at once, as encoded in Parquet before compression."""
LONG_RECORDS = 300_000
LONG_BYTES = 32_000_000
"""A column of more records or bytes is long: it is read block by block."""
CELLS_PER_BLOCK = 100_000
BYTES_PER_BLOCK = 8_000_000
"""Cells and bytes of a long column read at once."""
DISTINCT_PER_BATCH = 250_000
"""Distinct values measured at once, of several columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some columns, and their distinct values in `parts`, each value of a column in exactly one.

    A part has one row per distinct value: `column` (Int32, index into `columns`, ascending), `value` (String), `count`
    (Int64), and what `measures.measured` adds. `units` is the unit of each column, and how many records carry each unit
    that occurs in it.
    """

    columns: tuple[str, ...]
    parts: Iterable[pl.DataFrame]
    units: tuple[tuple[str, dict[str, int]], ...]


def positions(store: DatasetStore, partition: str) -> dict[str, int]:
    """Every column of a partition -> its 0-based place in the header of the first source that has it."""
    found: dict[str, int] = {}
    for path in store.records_paths(partition):
        names = [name for name in pl.read_parquet_schema(path) if name not in RECORD_IDENTITY]
        for position, name in enumerate(names):
            found.setdefault(name, position)
    return found


def cells(
    store: DatasetStore, partition: str, columns: Sequence[str], *, records: int, sizes: Mapping[str, int] | None = None
) -> Iterator[tuple[tuple[str, ...], pl.DataFrame]]:
    """The records' cells of `columns`, in order, a bounded number at a time: the columns' names, and their cells.

    `sizes` are `column_bytes`, where they are known.
    """
    frame = store.scan_records(partition)
    sizes = sizes or (column_bytes(store, partition) if columns else {})
    for chosen in _together(columns, sizes, records):
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


def column_bytes(store: DatasetStore, partition: str) -> Counter[str]:
    """How many bytes each column has, as encoded in Parquet before compression."""
    from pyarrow.parquet import read_metadata

    sizes: Counter[str] = Counter()
    for path in store.records_paths(partition):
        metadata = read_metadata(path)
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            for place, name in enumerate(metadata.schema.names):
                sizes[name] += group.column(place).total_uncompressed_size
    return sizes


def _long_apart(columns: Sequence[str], sizes: Mapping[str, int], records: int) -> Iterator[tuple[str, ...]]:
    for long, group in groupby(columns, lambda column: is_long(sizes[column], records)):
        together = tuple(group)
        yield from ((column,) for column in together) if long else _together(together, sizes, records)


def filled(store: DatasetStore, partition: str, columns: Sequence[str], *, records: int) -> dict[str, int]:
    """How many cells of each column are filled."""
    sizes = column_bytes(store, partition) if columns else Counter[str]()
    counts: dict[str, int] = {}
    for chosen in _long_apart(columns, sizes, records):
        if is_long(sizes[chosen[0]], records):
            cells_of_blocks = blocks(store, partition, chosen[0], sizes)
            counts[chosen[0]] = sum(cells.count() for _, cells in cells_of_blocks)
        else:
            frame = store.scan_records(partition).select(selectors.by_name(*chosen).count()).collect()
            counts |= {name: int(frame[name].item()) for name in chosen}
    return counts


def is_long(size: int, records: int) -> bool:
    """Whether a column of `size` bytes is read block by block."""
    return records > LONG_RECORDS or size > LONG_BYTES


def blocks(
    store: DatasetStore, partition: str, column: str, sizes: Mapping[str, int]
) -> Iterator[tuple[int, pl.Series]]:
    """One column's cells, block by block, in the records' order: how many records come before, and the cells.

    Records of a source without the column are skipped.
    """
    from pyarrow.parquet import ParquetFile

    before = 0
    for path in store.records_paths(partition):
        # Read through a buffer, or a whole row group of the column is held, compressed.
        with ParquetFile(path, buffer_size=1 << 20, pre_buffer=False) as file:
            records = file.metadata.num_rows
            if column in file.schema_arrow.names and records:
                per_cell = 1 + sizes[column] // records
                rows = max(1, min(CELLS_PER_BLOCK, BYTES_PER_BLOCK // per_cell))
                place = before
                # pyarrow also reads `a.b` where `a` is asked for, so the column is picked again by name.
                for block in file.iter_batches(batch_size=rows, columns=[column], use_threads=False):
                    cells = pl.Series(column, block.column(block.schema.get_field_index(column)), dtype=pl.String)
                    yield place, cells
                    place += len(cells)
        before += records


def batches(
    store: DatasetStore, partition: str, columns: Sequence[str], *, records: int, folder: Path
) -> Iterator[Batch]:
    """The distinct values of `columns`, in order, a batch at a time; `folder` is for temporary files."""
    sizes = column_bytes(store, partition) if columns else Counter[str]()
    frame = store.scan_records(partition)
    for chosen in _long_apart(columns, sizes, records):
        if is_long(sizes[chosen[0]], records):
            with spill.temporary_folder(folder) as temporary:
                counts = spill.Counts(temporary, sizes[chosen[0]])
                for _, cells_of_block in blocks(store, partition, chosen[0], sizes):
                    counts.add(cells_of_block)
                yield _in_parts(chosen[0], counts.parts)
        else:
            yield from _short(chosen, frame.select(selectors.by_name(*chosen)).collect())


def _short(columns: tuple[str, ...], frame: pl.DataFrame) -> Iterator[Batch]:
    chosen: list[str] = []
    counted: list[pl.DataFrame] = []
    held = 0
    for name in columns:
        # With nulls still: the calls made for each column are a good part of what many columns cost.
        values = frame[name].alias("value").value_counts(name="count")
        if chosen and held + len(values) > DISTINCT_PER_BATCH:
            yield _measured(chosen, counted)
            chosen, counted, held = [], [], 0
        chosen.append(name)
        counted.append(values)
        held += len(values)
    yield _measured(chosen, counted)


def _measured(columns: Sequence[str], counted: Sequence[pl.DataFrame]) -> Batch:
    places = np.repeat(np.arange(len(counted), dtype=np.int32), [len(each) for each in counted])
    together = pl.concat(counted).insert_column(0, pl.Series("column", places).set_sorted())
    together = together.filter(pl.col("value").is_not_null()).cast({"count": pl.Int64})
    if len(columns) == 1 and len(together) > DISTINCT_PER_BATCH:
        return _in_parts(columns[0], lambda: together.iter_slices(spill.PART_ROWS))
    values, settled = measures.measured(together, columns)
    return Batch(columns=tuple(columns), parts=(values,), units=settled.numbers.by_column(len(columns)))


def _in_parts(column: str, parts: Callable[[], Iterator[pl.DataFrame]]) -> Batch:
    known = reduce(measures.Settled.plus, (measures.settled(_only(part)) for part in parts()))
    return Batch(
        columns=(column,),
        parts=(measures.measured(_only(part), (column,), known)[0] for part in parts()),
        units=known.numbers.by_column(1),
    )


def _only(part: pl.DataFrame) -> pl.DataFrame:
    return part.select(pl.lit(0, pl.Int32).alias("column"), "value", "count")
