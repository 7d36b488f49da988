"""What the cells of JSON records do not tell of their values' types: `CELL_TYPE_SCHEMA`, in bounded memory."""

from itertools import accumulate, chain
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from rlm_pipeline.sources.json_files.cell_types import CellTypes
from rlm_pipeline.store import COMPRESSION

_COMPRESSION_LEVEL = 1
_GROUP_NAMES = 1_000_000
_GROUP_ROWS = 200_000

_NAMES = pa.list_(pa.string())
_SCHEMA = pa.schema(
    [("source", pa.string()), ("row", pa.int64()), ("nulls", _NAMES), ("blanks", _NAMES), ("strings", _NAMES)]
)


class CellTypesFile:
    """One partition's cell types; a context manager."""

    def __init__(self, path: Path) -> None:
        self._writer = pq.ParquetWriter(
            path, _SCHEMA, compression=COMPRESSION, compression_level=_COMPRESSION_LEVEL, write_statistics=True
        )
        self._sources: list[str] = []
        self._rows: list[int] = []
        self._types: list[CellTypes] = []
        self._names = 0

    def add(self, source: str, row: int, types: CellTypes) -> None:
        """Add one record, unless its cells tell everything."""
        names = len(types.nulls) + len(types.blanks) + len(types.strings)
        if not names:
            return
        self._sources.append(source)
        self._rows.append(row)
        self._types.append(types)
        self._names += names
        if self._names >= _GROUP_NAMES or len(self._rows) >= _GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        if not self._rows:
            return
        columns = [pa.array(self._sources, pa.string()), pa.array(self._rows, pa.int64())]
        columns += [_lists([types[place] for types in self._types]) for place in range(len(CellTypes._fields))]
        self._writer.write_table(pa.Table.from_arrays(columns, schema=_SCHEMA))
        self._sources, self._rows, self._types, self._names = [], [], [], 0

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


def _lists(names: list[list[str]]) -> pa.Array:
    """Lists of names; converted as one list, they take a third of the time."""
    offsets = pa.array(accumulate(map(len, names), initial=0), pa.int32())
    return pa.ListArray.from_arrays(offsets, pa.array(chain.from_iterable(names), pa.string()))
