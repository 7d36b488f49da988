"""The distinct values of one long column with how often each occurs, in bounded memory.

Blocks of cells are counted one by one and their counts added up. Where the counts outgrow `HELD_BYTES` they are written
to temporary Arrow files, split by a hash of the value into buckets; every value is in one bucket, so the buckets are
finished one after the other, and the result is as exact as it would be in memory.
"""

import contextlib
import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa

from rlm_pipeline.errors import StoreError

HELD_BYTES = 24_000_000
"""Bytes of values and counts held while a column is counted."""
BUCKET_BYTES = 8_000_000
"""Bytes of values aimed at in one bucket."""
PART_ROWS = 100_000
"""Distinct values given at once."""
_MOST_BUCKETS = 4096
_BYTES_PER_VALUE = 24
_EMPTY = {"value": pl.String, "count": pl.Int64}


@contextlib.contextmanager
def temporary_folder(folder: Path) -> Iterator[Path]:
    """A folder for temporary files, created when first written to and removed afterwards, with what a crash left in it.

    Raises:
        StoreError: it cannot be written.

    """
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield folder
    except OSError as error:
        raise StoreError(
            f"cannot write temporary files to {folder}: {error.strerror or error}. "
            "Free space or fix permissions, then run again"
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Counts:
    """Counts of the values of one column; `folder` is where they go when they outgrow memory.

    `column_bytes` is about how many bytes all its cells have, and decides into how many buckets they go.
    """

    def __init__(self, folder: Path, column_bytes: int) -> None:
        self._folder = folder
        self._buckets = min(_MOST_BUCKETS, 2 + column_bytes // BUCKET_BYTES)
        self._held: list[pl.DataFrame] = []
        self._bytes = 0
        self._files: list[Path] = []
        self._merged: Path | None = None

    def add(self, cells: pl.Series) -> None:
        """Count a block of cells; nulls are not counted."""
        counted = cells.alias("value").drop_nulls().value_counts(name="count").cast({"count": pl.Int64})
        self._hold(_compact(counted))
        if self._bytes <= HELD_BYTES:
            return
        merged = _sum(self._held)
        self._held, self._bytes = [], 0
        self._hold(merged)
        if self._bytes > HELD_BYTES // 2:
            self._write(merged)
            self._held, self._bytes = [], 0

    def parts(self) -> Iterator[pl.DataFrame]:
        """Every distinct value in exactly one part: `value` (String), `count` (Int64)."""
        if not self._files:
            self._held = [_sum(self._held)] if len(self._held) != 1 else self._held
            whole = self._held[0]
            yield from whole.iter_slices(PART_ROWS) if len(whole) else (whole,)
            return
        if self._merged is None:
            self._write(_sum(self._held))
            self._held = []
            self._merged = self._merge()
        with pa.OSFile(str(self._merged)) as file:
            reader = pa.ipc.open_file(file)
            for number in range(reader.num_record_batches):
                yield from _frame([reader.get_batch(number)]).iter_slices(PART_ROWS)

    def _hold(self, counted: pl.DataFrame) -> None:
        self._held.append(counted)
        self._bytes += int(counted["value"].str.len_bytes().sum()) + _BYTES_PER_VALUE * len(counted)

    def _write(self, counted: pl.DataFrame) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"counts{len(self._files)}.arrow"
        bucket = counted["value"].hash(seed=0) % self._buckets
        split = counted.with_columns(bucket.alias("bucket")).sort("bucket")
        bounds = split["bucket"].search_sorted(pl.Series(range(self._buckets + 1), dtype=pl.UInt64)).to_list()
        with _writer(path) as writer:
            for start, end in itertools.pairwise(bounds):
                writer.write_batch(_batch(split[start:end].select(*_EMPTY)))
        self._files.append(path)

    def _merge(self) -> Path:
        merged = self._folder / "merged.arrow"
        with contextlib.ExitStack() as stack, _writer(merged) as writer:
            readers = [pa.ipc.open_file(stack.enter_context(pa.OSFile(str(path)))) for path in self._files]
            for bucket in range(self._buckets):
                found = _sum([_frame([reader.get_batch(bucket) for reader in readers])])
                if len(found):
                    writer.write_batch(_batch(found))
        for path in self._files:
            path.unlink()
        return merged


def _writer(path: Path) -> pa.ipc.RecordBatchFileWriter:
    schema = pa.schema([("value", pa.large_string()), ("count", pa.int64())])
    return pa.ipc.new_file(str(path), schema, options=pa.ipc.IpcWriteOptions(compression="lz4"))


def _batch(counted: pl.DataFrame) -> pa.RecordBatch:
    table = counted.to_arrow(compat_level=pl.CompatLevel.oldest()).combine_chunks()
    columns = [table.column(name).combine_chunks() for name in _EMPTY]
    return pa.RecordBatch.from_arrays(columns, names=list(_EMPTY))


def _frame(batches: list[pa.RecordBatch]) -> pl.DataFrame:
    return pl.DataFrame(pa.Table.from_batches(batches))


def _compact(counted: pl.DataFrame) -> pl.DataFrame:
    # Values counted in a block are views into all its cells, which would stay in memory with them.
    return _frame([_batch(counted)])


def _sum(counted: list[pl.DataFrame]) -> pl.DataFrame:
    together = pl.concat([pl.DataFrame(schema=_EMPTY), *counted])
    return _compact(together.group_by("value").agg(pl.col("count").sum()))
