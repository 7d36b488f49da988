"""Where each record is in its source: `EXTENT_SCHEMA`, written source by source in bounded memory.

A record's range goes from its start to the start of the next record of the source, whatever became of either; the first
begins with the source and the last ends with it. So ranges tile a source, and what stands between records (blank lines,
commas, comments, a table's header) is in the range of the record above it, at the top of a file in the first record's.
Of records that start at the same character all but the last have an empty range.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from rlm_pipeline.model import EXTENT_SCHEMA, REPLACED
from rlm_pipeline.sources.encodings import LINE_LIMIT, Encoding
from rlm_pipeline.sources.positions import ASIDE, ELSEWHERE, STORED, Found, Positions, found_in
from rlm_pipeline.sources.redaction.columns import redacted_texts
from rlm_pipeline.sources.redaction.texts import Redaction
from rlm_pipeline.sources.stretches import Places, Stretch, stretches
from rlm_pipeline.store import COMPRESSION

TEXT_LIMIT = LINE_LIMIT
"""Characters of a range that are kept as text.

A record is no longer, but what stands behind it, or before the first one, may be: blank lines and comments without end.
Of such a range the first characters are kept, so that its text is shorter than the range, which the manifest tells; of
a record that was set aside, which may itself be longer, nothing is.
"""

_GROUP_ROWS = 500_000
_GROUP_BYTES = 32 << 20
_INTEGERS = ("row", "line", "char_start", "char_end", "byte_start", "byte_end")
_COMPRESSION_LEVEL = 1
_ARROW = {pl.String(): pa.string(), pl.Int64(): pa.int64(), pl.Boolean(): pa.bool_()}

Mask = npt.NDArray[np.bool_]


class _Ranges(NamedTuple):
    """Records that are complete, in the order of the source."""

    rows: Places
    lines: Places
    kinds: Places
    char_start: Places
    char_end: Places
    byte_start: Places
    byte_end: Places
    texts: pa.Array | None


class ExtentsFile:
    """One partition's extents; a context manager.

    With a `redaction` no text has personal data, and there is one more column, `REPLACED`.
    """

    def __init__(self, path: Path, redaction: Redaction | None = None) -> None:
        self._redaction = redaction
        self._schema = pa.schema([(name, _ARROW[dtype]) for name, dtype in EXTENT_SCHEMA.items()])
        if redaction is not None:
            self._schema = self._schema.append(pa.field(REPLACED, pa.list_(pa.int64())))
        self._writer = pq.ParquetWriter(
            path,
            self._schema,
            compression=COMPRESSION,
            compression_level=_COMPRESSION_LEVEL,
            use_dictionary=["source"],
            column_encoding=dict.fromkeys(_INTEGERS, "DELTA_BINARY_PACKED"),
            write_statistics=["source", *_INTEGERS],
        )
        self._pending: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0

    def add(self, source: str, path: Path, encoding: Encoding, positions: Positions, *, verbatim: bool) -> int:
        """Add the records of one source that are in the partition; with their text where they are `verbatim`.

        Returns how many characters of their ranges are beyond what is kept as text: 0 but for strange files.

        Raises:
            SourceError: the file cannot be read to its end.

        """
        beside = positions.beside
        behind: list[_Ranges] = []
        beyond = 0
        for ranges in ranges_of(found_in(stretches(path, encoding), positions.in_order()), verbatim=verbatim):
            beyond += _beyond(ranges) if verbatim else 0
            if beside and len(ranges.rows) and ranges.rows[0] == beside:
                behind.append(_chosen(ranges, ranges.rows == beside))
                self._add(source, _chosen(ranges, ranges.rows != beside))
            else:
                self._add(source, ranges)
        for ranges in behind:
            self._add(source, ranges)
        return beyond

    def _add(self, source: str, ranges: _Ranges) -> None:
        if (ranges.kinds == ELSEWHERE).any():
            ranges = _chosen(ranges, ranges.kinds != ELSEWHERE)
        count = len(ranges.rows)
        if not count:
            return
        texts = pa.nulls(count, pa.string()) if ranges.texts is None else ranges.texts
        columns = [
            pa.repeat(source, count), ranges.rows, ranges.lines, ranges.kinds == STORED, *ranges[3:7],
        ]  # fmt: skip
        columns += (texts,) if self._redaction is None else redacted_texts(texts, self._redaction)
        self._pending.append(pa.RecordBatch.from_arrays([pa.array(each) for each in columns], schema=self._schema))
        self._rows += count
        self._bytes += texts.nbytes
        if self._rows >= _GROUP_ROWS or self._bytes >= _GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._pending:
            self._writer.write_table(pa.Table.from_batches(self._pending, schema=self._schema))
        self._pending, self._rows, self._bytes = [], 0, 0

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


def _beyond(ranges: _Ranges) -> int:
    lengths = (ranges.char_end - ranges.char_start)[ranges.kinds == STORED]
    return int(np.maximum(lengths - TEXT_LIMIT, 0).sum())


def _chosen(ranges: _Ranges, wanted: Mask) -> _Ranges:
    texts = None if ranges.texts is None else ranges.texts.filter(pa.array(wanted))
    return _Ranges._make([*(each[wanted] for each in ranges[:7]), texts])


def ranges_of(found: Iterable[tuple[Stretch, Found]], *, verbatim: bool) -> Iterator[_Ranges]:
    """The ranges of all records of a source, in its order, a stretch at a time."""
    tiling = _Tiling(text=_Held() if verbatim else None)
    for stretch, records in found:
        yield tiling.closed_by(stretch, records)
    yield tiling.last()


@dataclass(slots=True)
class _Held:
    """What has been read of the text of the range that is open."""

    parts: list[bytes] = field(default_factory=list)
    chars: int = 0

    @property
    def full(self) -> bool:
        """Whether what comes is not kept."""
        return self.chars > TEXT_LIMIT

    def add(self, utf8: bytes, chars: int) -> None:
        """Go on with the range."""
        if not self.full:
            self.parts.append(utf8)
            self.chars += chars
            if self.full:
                self.parts = [b"".join(self.parts).decode(errors="ignore")[:TEXT_LIMIT].encode()]

    def texts(self, stretch: Stretch, places: Places, *, tied: int, is_open: bool) -> pa.Array:
        """The texts of the ranges that records beginning at `places` close, the first `tied` where the source does."""
        last = len(places) - 1
        utf8 = stretch.utf8
        held = b"".join(self.parts)
        dropped = int(places[tied]) if self.full and tied <= last else 0
        offsets = np.where(np.arange(len(places)) < tied, 0, len(held) + places - dropped)
        if is_open:
            offsets = np.concatenate([np.zeros(1, np.int64), offsets])
        content = b"".join([held, memoryview(utf8)[dropped : int(places[last])]])
        if tied <= last:
            self.parts, self.chars = [], 0
            behind = places[last:]
            self.add(utf8[int(behind[0]) :], stretch.chars - int(stretch.chars_before(behind)[0]))
        else:
            self.add(utf8, stretch.chars)
        return _strings(content, offsets)


def _strings(content: bytes, offsets: Places) -> pa.Array:
    buffers = pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(content)
    return pa.StringArray.from_buffers(len(offsets) - 1, *buffers)


@dataclass(slots=True)
class _Tiling:
    """Makes ranges of records one after the other; the last is open until the next begins.

    A record is a column of `open`: row, line, kind, characters and bytes before it. `text` is None where none is kept.
    """

    text: _Held | None
    open: Places = field(default_factory=lambda: np.zeros((5, 0), np.int64))
    first: int = -1  # characters before the first record
    chars: int = 0
    bytes: int = 0

    def closed_by(self, stretch: Stretch, records: Found) -> _Ranges:
        """The ranges that records beginning in the next stretch close."""
        self.chars += stretch.chars
        self.bytes += stretch.mark + stretch.bytes
        new = np.stack([records.noted.rows, records.noted.lines, records.noted.kinds, records.chars, records.bytes])
        if not new.size:
            if self.text is not None:
                self.text.add(stretch.utf8, stretch.chars)
            return _closed(new, None)
        is_open = bool(self.open.size)
        if not is_open:
            self.first = int(records.chars[0])
        tied = 0 if is_open else int((records.chars == self.first).sum())
        new[3:, :tied] = 0
        texts = self.text and self.text.texts(stretch, records.places, tied=tied, is_open=is_open)
        together = np.concatenate([self.open, new], axis=1)
        self.open = together[:, -1:]
        return _closed(together, texts)

    def last(self) -> _Ranges:
        """The range that the end of the source closes."""
        end = np.array([[0], [0], [0], [self.chars], [self.bytes]])
        if not self.open.size:
            return _closed(end, None)
        content = b"".join(self.text.parts) if self.text else b""
        texts = _strings(content, np.array([0, len(content)])) if self.text else None
        return _closed(np.concatenate([self.open, end], axis=1), texts)


def _closed(records: Places, texts: pa.Array | None) -> _Ranges:
    """The ranges of all but the last of these records, which are columns as `_Tiling` has them."""
    rows, lines, kinds, chars, sizes = records
    ranges = _Ranges(rows[:-1], lines[:-1], kinds[:-1], chars[:-1], chars[1:], sizes[:-1], sizes[1:], texts)
    over = ranges.char_end - ranges.char_start > TEXT_LIMIT
    if texts is None or not over.any():
        return ranges
    kept = [
        (None if kind == ASIDE else text[:TEXT_LIMIT]) if long else text
        for text, kind, long in zip(texts.to_pylist(), ranges.kinds.tolist(), over.tolist(), strict=True)
    ]
    return ranges._replace(texts=pa.array(kept, pa.string()))
