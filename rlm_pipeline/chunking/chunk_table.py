"""Chunks as they are stored: numbered, named and hashed as they come, and written a row group at a time."""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import polars as pl

from rlm_pipeline import fingerprint
from rlm_pipeline.chunking.piece import Piece
from rlm_pipeline.chunking.ranges import Range
from rlm_pipeline.model import CHUNK_SCHEMA
from rlm_pipeline.store import COMPRESSION

BYTES_PER_TOKEN = 4
"""Of UTF-8: a token for four letters of English, two of Greek or Cyrillic, four Chinese characters for three.

The usual four characters would put three to four times as much Chinese into a batch as it may hold.
"""

_CHARACTERS_PER_ROW_GROUP = 130_000  # a hit's text costs reading its row group: .2 ms, and .6 ms at 400,000
_TEXTS = frozenset({"text", "overlap", "context"})
_LEVEL_OF_TEXTS = 1  # twice as fast as level 3, for a tenth more
_OF_OTHERS = "snappy"  # numbers and hashes: a third of the time, for a twentieth more of the whole file
_REPEATING = ["source", "content_type", "chunker"]
# The least and the greatest text or hash of a row group spare no reading, and would be most of the file's footer.
_WITH_STATISTICS = sorted(set(CHUNK_SCHEMA) - _TEXTS - {"chunk_id", "content_hash", "scope", "place"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkSummary:
    """Figures of one partition's chunks; `longest` is in characters."""

    chunks: int
    records: int
    characters: int
    longest: int
    split_records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What all chunks of a source share."""

    source: str
    content_type: str
    chunker: str


class ChunkTable:
    """One partition's chunks in a file; a context manager."""

    def __init__(self, path: Path) -> None:
        from pyarrow.parquet import ParquetWriter

        self._rows: list[tuple[Any, ...]] = []
        self._held = self._chunks = self._records = self._characters = self._longest = self._split = 0
        self._position, self._repeated = ("", 0), 0
        self._schema = _schema()
        self._writer = ParquetWriter(
            path,
            self._schema,
            compression={name: COMPRESSION if name in _TEXTS else _OF_OTHERS for name in CHUNK_SCHEMA},
            compression_level=dict.fromkeys(_TEXTS, _LEVEL_OF_TEXTS),
            use_dictionary=_REPEATING,
            write_statistics=_WITH_STATISTICS,
        )

    def add(self, origin: Origin, piece: Piece, where: Range, overlap: str) -> None:
        """Add the next chunk."""
        content_hash = fingerprint.of_text(piece.place, overlap, piece.text)
        read = len(overlap) + len(piece.context) + len(piece.text)
        self._rows.append(
            (
                self._id(origin.source, piece.row_start, content_hash), self._chunks, origin.source,
                piece.row_start, piece.row_end, where.line_start, where.line_end,
                where.char_start, where.char_end, where.byte_start, where.byte_end,
                origin.content_type, origin.chunker, _scope(piece), piece.place, piece.records, piece.part,
                piece.text, overlap, piece.context, len(piece.text),
                tokens_in(overlap, piece.context, piece.text), content_hash,
            )
        )  # fmt: skip
        self._chunks += 1
        self._records += piece.records
        self._characters += len(piece.text)
        self._longest = max(self._longest, len(piece.text))
        self._split += piece.part == 1
        self._held += read
        if self._held >= _CHARACTERS_PER_ROW_GROUP:
            self._flush()

    def _id(self, source: str, row_start: int, content_hash: str) -> str:
        """Of the chunk's place among the records, not the characters: an edit leaves the ids of what follows."""
        position = (source, row_start)
        self._repeated = self._repeated + 1 if position == self._position else 0
        self._position = position
        return fingerprint.short(source, f"{row_start}:{self._repeated}", content_hash)

    @property
    def summary(self) -> ChunkSummary:
        """The figures so far."""
        return ChunkSummary(
            chunks=self._chunks,
            records=self._records,
            characters=self._characters,
            longest=self._longest,
            split_records=self._split,
        )

    def _flush(self) -> None:
        import pyarrow as pa

        columns = [
            pa.array(values, kind)
            for values, kind in zip(zip(*self._rows, strict=True), self._schema.types, strict=True)
        ]
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))
        self._rows, self._held = [], 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self._rows:
                self._flush()
        finally:
            self._writer.close()


def tokens_in(*texts: str) -> int:
    """An estimate of what texts have together, rounded up."""
    return -(-sum(len(text) if text.isascii() else len(text.encode()) for text in texts) // BYTES_PER_TOKEN)


def _scope(piece: Piece) -> str:
    """The rows, behind the place."""
    rows = f"row {piece.row_start}" if piece.row_start == piece.row_end else f"rows {piece.row_start}-{piece.row_end}"
    part = f" part {piece.part}" if piece.part else ""
    return f"{piece.place}, {rows}{part}" if piece.place else f"{rows}{part}"


def _schema() -> Any:
    import pyarrow as pa

    types = {pl.String(): pa.string(), pl.Int64(): pa.int64()}
    return pa.schema([(name, types[dtype]) for name, dtype in CHUNK_SCHEMA.items()])
