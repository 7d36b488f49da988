"""Records one by one into Parquet row groups; what cannot be a record goes to quarantine with its line and reason.

Memory is bounded by cells and characters, not by the file.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from rlm_pipeline.model import LINE, QUARANTINE_SCHEMA, RECORD_IDENTITY, ROW, SOURCE
from rlm_pipeline.sources.detect import Detected
from rlm_pipeline.sources.encodings import physical_lines
from rlm_pipeline.sources.tokeniser import Record, tokenise
from rlm_pipeline.sources.year_column import YearFilter
from rlm_pipeline.store import COMPRESSION

logger = logging.getLogger(__name__)

RAW_LIMIT = 64 * 1024
"""Bytes kept of a record that is set aside."""

_GROUP_CELLS = 2_000_000
_GROUP_CHARACTERS = 64 << 20
_QUARANTINE_BYTES = 16 << 20
_ENTRY_BYTES = 500  # what one entry costs in memory besides its raw bytes
_PROGRESS_ROWS = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCount:
    """Records of one file that belong to a partition, and what became of them."""

    rows: int
    quarantined: int
    lenient: int = 0  # of the rows, those with a stray quote


def group_rows(width: int) -> int:
    """Records in one row group of a table with `width` columns."""
    return max(1, _GROUP_CELLS // width)


def read_rows(
    path: Path,
    detected: Detected,
    *,
    source: str,
    to: Path,
    quarantine: "Quarantine",
    only: YearFilter | None = None,
) -> ReadCount:
    """Read one file into the Parquet file `to`; `only` as in `tabular.read_table`.

    Raises:
        SourceError: the file cannot be read.

    """
    lines = islice(physical_lines(path, detected.encoding), detected.data_line - 1, None)
    records = tokenise(lines, detected.delimiter, len(detected.header), detected.data_line)
    rows = quarantined = lenient = 0
    with _RecordsTable(to, source, detected.header) as table:
        for row, record in enumerate(records, 1):
            if record.cells is None:
                if only is None or only.takes_unreadable:
                    quarantine.add(source, row, record)
                    quarantined += 1
            elif only is None or only.takes(record.cells):
                table.add(row, record.line, record.cells, record.size)
                rows += 1
                lenient += record.lenient
            if row % _PROGRESS_ROWS == 0:
                logger.info("%s: %s records read, %s set aside", source, f"{row:,}", f"{quarantined:,}")
    return ReadCount(rows=rows, quarantined=quarantined, lenient=lenient)


class _RecordsTable:
    """One source's records file, written a row group at a time; a context manager."""

    def __init__(self, path: Path, source: str, header: Sequence[str]) -> None:
        text = [(name, pa.string()) for name in header]
        self._schema = pa.schema([(SOURCE, pa.string()), (ROW, pa.int64()), (LINE, pa.int64()), *text])
        self._writer = pq.ParquetWriter(
            path, self._schema, compression=COMPRESSION, write_statistics=list(RECORD_IDENTITY)
        )
        self._source = source
        self._most_rows = group_rows(len(header))
        self._rows: list[int] = []
        self._lines: list[int] = []
        self._cells: list[list[str]] = []
        self._characters = 0

    def add(self, row: int, line: int, cells: list[str], characters: int) -> None:
        self._rows.append(row)
        self._lines.append(line)
        self._cells.append(cells)
        self._characters += characters
        if len(self._rows) >= self._most_rows or self._characters >= _GROUP_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        identity = [
            pa.array([self._source] * len(self._rows), pa.string()),
            pa.array(self._rows, pa.int64()),
            pa.array(self._lines, pa.int64()),
        ]
        columns = [
            pa.array([cell or None for cell in column], pa.string()) for column in zip(*self._cells, strict=True)
        ]
        if self._rows:
            self._writer.write_table(pa.Table.from_arrays(identity + columns, schema=self._schema))
        self._rows, self._lines, self._cells, self._characters = [], [], [], 0

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


class Quarantine:
    """One partition's quarantine file, written as it grows; a context manager."""

    def __init__(self, path: Path) -> None:
        self._schema = pl.DataFrame(schema=QUARANTINE_SCHEMA).to_arrow().schema
        self._writer = pq.ParquetWriter(path, self._schema, compression=COMPRESSION)
        self._pending: list[dict[str, Any]] = []
        self._bytes = 0
        self.written = 0

    def add(self, source: str, row: int, record: Record) -> None:
        """Set one record aside; its lines are kept as UTF-8 up to RAW_LIMIT bytes."""
        raw = _raw(record.lines)
        self._pending.append({"source": source, "row": row, "line": record.line, "reason": record.reason, "raw": raw})
        self._bytes += len(raw) + _ENTRY_BYTES
        if self._bytes > _QUARANTINE_BYTES:
            self._flush()

    def _flush(self) -> None:
        self._writer.write_table(pa.Table.from_pylist(self._pending, schema=self._schema))
        self.written += len(self._pending)
        self._pending.clear()
        self._bytes = 0

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


def _raw(lines: Iterable[str]) -> bytes:
    raw = bytearray()
    for line in lines:
        raw += line[:RAW_LIMIT].encode()
        if len(raw) >= RAW_LIMIT:
            break
    return bytes(raw[:RAW_LIMIT])
