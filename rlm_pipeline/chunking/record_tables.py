"""Stored tables read side by side, source by source, in bounded memory: records, and where each of them is."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import polars as pl

from rlm_pipeline.errors import StoreError
from rlm_pipeline.model import REPLACED, ROW

CELLS_PER_BATCH = 1_000_000
BYTES_PER_BATCH = 16_000_000
ROWS_PER_BATCH = 10_000
"""Records are held a batch at a time: at most this many cells (about 450 rows of 2,300 columns), bytes and rows."""
_READ_BYTES = 1 << 16


class TableInOrder:
    """A stored Parquet table whose rows are grouped by source, read once, from its start; a context manager.

    The first of `columns` names the source. The frames handed out have the columns that are there, in this order.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        from pyarrow.parquet import ParquetFile

        # Pre-buffering would keep every row group that was read until the file is closed.
        self._file = ParquetFile(path, pre_buffer=False, buffer_size=_READ_BYTES)
        present = frozenset(self._file.schema_arrow.names)
        self.columns = tuple(name for name in dict.fromkeys(columns) if name in present)
        rows = _rows_together(self._file.metadata, self.columns)
        self._batches = self._file.iter_batches(batch_size=rows, columns=list(self.columns), use_threads=False)
        self._held = pl.DataFrame()

    def of(self, source: str) -> Iterator[pl.DataFrame]:
        """The rows of a source, if it comes next; its columns are numbered, for names may be anything."""
        while self._fill():
            others = (self._held.to_series(0) != source).arg_max() if self._held.item(-1, 0) != source else None
            own = self._held.height if others is None else others
            found, self._held = self._held[:own], self._held[own:]
            if own:
                yield found
            if self._held.height:
                return

    def _fill(self) -> bool:
        while self._held.is_empty():
            batch = next(self._batches, None)
            if batch is None:
                return False
            arranged = batch.select(list(self.columns))
            self._held = pl.DataFrame(arranged.rename_columns([str(place) for place in range(len(self.columns))]))
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._batches.close()
        self._file.close()


def _rows_together(metadata: Any, columns: Sequence[str]) -> int:
    shown = set(columns)
    places = [place for place, name in enumerate(metadata.schema.names) if name in shown]
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    encoded = sum(group.column(place).total_uncompressed_size for group in groups for place in places)
    bytes_each: int = max(1, encoded // max(1, metadata.num_rows))
    return max(1, min(ROWS_PER_BATCH, CELLS_PER_BATCH // (len(columns) + 1), BYTES_PER_BATCH // bytes_each))


EXTENT_COLUMNS = (
    "source", "row", "line", "stored", "char_start", "char_end", "byte_start", "byte_end", "text", REPLACED,
)  # fmt: skip
"""The last only where the source was redacted."""

NEXT_LINE, NEXT_START = "next_line", "next_start"


def located(frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Stored records' rows of `EXTENT_SCHEMA`, each with the line and the first character of what comes after it."""
    held = pl.DataFrame()
    for numbered in frames:
        frame = numbered.rename(dict(zip(numbered.columns, EXTENT_COLUMNS, strict=False)))
        both = pl.concat([held, frame]) if held.height else frame
        yield _with_next(both)[:-1].filter("stored")
        held = both[-1:]
    if held.height:
        yield _with_next(held).filter("stored")


def _with_next(frame: pl.DataFrame) -> pl.DataFrame:
    after = pl.col("line", "char_start").shift(-1)
    return frame.with_columns(after.name.replace("^line$", NEXT_LINE).name.replace("^char_start$", NEXT_START))


def side_by_side(
    records: Iterable[pl.DataFrame], extents: Iterable[pl.DataFrame], row_at: int, *, source: str
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Frames of one source's records with the extents of the same records; column `row_at` numbers the records.

    Raises:
        StoreError: they are not the same records.

    """
    waiting = iter(extents)
    extent = pl.DataFrame()
    for frame in records:
        left = frame
        while left.height:
            while extent.is_empty():
                extent = next(waiting, None)  # type: ignore[assignment]
                if extent is None:
                    raise _unlike(source)
            count = min(left.height, extent.height)
            record, where = left[:count], extent[:count]
            if not (record.to_series(row_at) == where["row"]).all():
                raise _unlike(source)
            yield record, where
            left, extent = left[count:], extent[count:]
    if extent.height or any(frame.height for frame in waiting):
        raise _unlike(source)


def _unlike(source: str) -> StoreError:
    return StoreError(f"the stored records of {source} and their places differ; run the stage raw_file again ({ROW})")
