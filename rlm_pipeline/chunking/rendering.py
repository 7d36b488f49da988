"""Records as text: the non-empty cells of the informative columns, one `column: value` a line."""

from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any

import polars as pl

from rlm_pipeline.chunking.packing import Record
from rlm_pipeline.model import LINE, ROW, SOURCE

EMPTY_RECORD = "(empty record)"
"""The text of a record without any informative cell."""

CELLS_PER_BATCH = 1_000_000
BYTES_PER_BATCH = 16_000_000
ROWS_PER_BATCH = 10_000
"""Records are held a batch at a time: at most this many cells (about 450 rows of 2,300 columns), bytes and rows."""
_READ_BYTES = 1 << 16


def render(path: Path, columns: Sequence[str], place: pl.Expr | None = None) -> Iterator[tuple[str, Record]]:
    """Render the records of one records file in order, each with its source, in bounded memory.

    Args:
        path: its records file.
        columns: the informative columns, in the order in which they are shown.
        place: what a record's place in its source is called, an expression over one column; None where it has no name.

    """
    from pyarrow.parquet import ParquetFile

    # concat_str renders 50 MB of text per CPU second of a table with 430 filled cells in 1,250 columns; a join over
    # Python rows 35.
    cells = [pl.lit(f"{' '.join(name.split())}: ") + pl.col(f"column_{place}") for place, name in enumerate(columns)]
    text = pl.concat_str(cells, separator="\n", ignore_nulls=True) if cells else pl.lit("")
    # Pre-buffering would keep every row group that was read until the file is closed.
    with ParquetFile(path, pre_buffer=False, buffer_size=_READ_BYTES) as records:
        rows = _rows_together(records.metadata, columns)
        read = [SOURCE, ROW, LINE, *columns]
        named = list(dict.fromkeys(place.meta.root_names())) if place is not None else []
        wanted = list(dict.fromkeys([*read, *named]))
        for batch in records.iter_batches(batch_size=rows, columns=wanted, use_threads=False):
            arranged = batch.select(read).rename_columns(
                [SOURCE, ROW, LINE, *(f"column_{place}" for place in range(len(columns)))]
            )
            rendered = pl.DataFrame(arranged).select(SOURCE, ROW, LINE, text.replace("", EMPTY_RECORD).alias("text"))
            of_rows = (
                pl.DataFrame(batch.select(named)).select(place.alias("place"))["place"]
                if place is not None
                else repeat("")
            )
            for (source, row, line, shown), called in zip(rendered.iter_rows(), of_rows, strict=False):
                yield source, Record(row=row, line=line, text=shown, place=called)


def _rows_together(metadata: Any, columns: Sequence[str]) -> int:
    shown = set(columns)
    places = [place for place, name in enumerate(metadata.schema.names) if name in shown]
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    encoded = sum(group.column(place).total_uncompressed_size for group in groups for place in places)
    bytes_each: int = max(1, encoded // max(1, metadata.num_rows))
    return max(1, min(ROWS_PER_BATCH, CELLS_PER_BATCH // (len(columns) + 1), BYTES_PER_BATCH // bytes_each))
