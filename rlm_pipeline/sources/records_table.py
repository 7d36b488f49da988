"""Records as they are stored: the record's identity, then every column as text, a Parquet row group at a time.

Memory is bounded by cells and characters, not by the file.
"""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from rlm_pipeline.model import LINE, RECORD_IDENTITY, ROW, SOURCE
from rlm_pipeline.sources.redaction.columns import redacted_table
from rlm_pipeline.sources.redaction.texts import Redaction
from rlm_pipeline.store import COMPRESSION

_COMPRESSION_LEVEL = 1  # with plain pages: 25 % faster to write than level 3 with dictionaries, and no larger
_GROUP_CELLS = 2_000_000
_GROUP_CHARACTERS = 32 << 20  # as Python strings four times as much


def group_rows(width: int) -> int:
    """Records in one row group of a table with `width` columns."""
    return max(1, _GROUP_CELLS // max(1, width))


class RecordsTable:
    """One records file with the given columns, for one source or for several; a context manager.

    With a `redaction` no cell is stored with personal data.
    """

    def __init__(self, path: Path, columns: Sequence[str], redaction: Redaction | None = None) -> None:
        self._redaction = redaction
        text = [(name, pa.string()) for name in columns]
        self._schema = pa.schema([(SOURCE, pa.string()), (ROW, pa.int64()), (LINE, pa.int64()), *text])
        self._writer = pq.ParquetWriter(
            path,
            self._schema,
            compression=COMPRESSION,
            compression_level=_COMPRESSION_LEVEL,
            use_dictionary=list(RECORD_IDENTITY),
            write_statistics=list(RECORD_IDENTITY),
        )
        self._width = len(columns)
        self._most_rows = group_rows(len(columns))
        self._sources: list[str] = []
        self._rows: list[int] = []
        self._lines: list[int] = []
        self._cells: list[Sequence[str | None]] = []
        self._characters = 0

    def add(self, source: str, row: int, line: int, cells: Sequence[str | None], *, characters: int) -> None:
        """Add one record; an empty cell is stored as null; `characters` is about how long all cells are."""
        self._sources.append(source)
        self._rows.append(row)
        self._lines.append(line)
        self._cells.append(cells)
        self._characters += characters
        if len(self._rows) >= self._most_rows or self._characters >= _GROUP_CHARACTERS:
            self._flush()

    def add_columns(
        self,
        source: str,
        rows: npt.NDArray[np.int64],
        lines: npt.NDArray[np.int64],
        columns: Sequence[pa.Array | pa.ChunkedArray],
    ) -> None:
        """Add many records of one source at once, as text columns in which an empty cell is null, as one row group."""
        self._flush()
        if len(rows):
            identity = [pa.repeat(source, len(rows)), pa.array(rows, pa.int64()), pa.array(lines, pa.int64())]
            self._write(pa.Table.from_arrays([*identity, *columns], schema=self._schema))

    def _flush(self) -> None:
        if not self._rows:
            return
        columns = [pa.array(self._sources, pa.string()), pa.array(self._rows, pa.int64())]
        columns.append(pa.array(self._lines, pa.int64()))
        cells = zip(*self._cells, strict=True) if self._width else ()
        columns += [pa.array([cell or None for cell in column], pa.string()) for column in cells]
        self._write(pa.Table.from_arrays(columns, schema=self._schema))
        self._sources, self._rows, self._lines, self._cells, self._characters = [], [], [], [], 0

    def _write(self, table: pa.Table) -> None:
        self._writer.write_table(table if self._redaction is None else redacted_table(table, self._redaction))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._flush()
        finally:
            self._writer.close()
