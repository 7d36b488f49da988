"""What is set aside: one partition's quarantine file, each record with its place, its reason and its raw bytes."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from rlm_pipeline.model import QUARANTINE_SCHEMA
from rlm_pipeline.sources.redaction.texts import Redaction, shown_place
from rlm_pipeline.store import COMPRESSION

RAW_LIMIT = 64 * 1024
"""Bytes kept of a record that is set aside."""

_PENDING_BYTES = 16 << 20
_LONGEST_VALUE = 400  # characters of personal data, an address above all
_ENTRY_BYTES = 500  # what one entry costs in memory besides its raw bytes


class Quarantine:
    """One partition's quarantine file, written as it grows; a context manager.

    With a `redaction` nothing is kept with personal data.
    """

    def __init__(self, path: Path, redaction: Redaction | None = None) -> None:
        self._redaction = redaction
        self._schema = pl.DataFrame(schema=QUARANTINE_SCHEMA).to_arrow().schema
        self._writer = pq.ParquetWriter(path, self._schema, compression=COMPRESSION)
        self._pending: list[dict[str, Any]] = []
        self._bytes = 0
        self.written = 0

    def add(self, source: str, row: int, line: int, *, reason: str, raw: str) -> None:
        """Set one record aside; `raw` is kept as UTF-8 up to RAW_LIMIT bytes."""
        if self._redaction is not None:
            reason, raw = self._redaction.text(reason), _redacted(raw, self._redaction)
        kept = raw[:RAW_LIMIT].encode(errors="surrogateescape")[:RAW_LIMIT]
        self._pending.append({"source": source, "row": row, "line": line, "reason": reason, "raw": kept})
        self._bytes += len(kept) + _ENTRY_BYTES
        if self._bytes > _PENDING_BYTES:
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


def _redacted(raw: str, redaction: Redaction) -> str:
    """What is kept of a text; where its end is missing, so may be that of a value, which then looks like none."""
    shown = redaction.places(raw)
    if len(raw) < RAW_LIMIT:
        return shown.text
    return shown.text[: shown_place(min(len(raw), RAW_LIMIT) - _LONGEST_VALUE, shown.replaced)]
