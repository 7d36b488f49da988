"""Chunks: records rendered, packed whole to a size, and stored with their exact place in the source."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import polars as pl

from rlm_pipeline import fingerprint
from rlm_pipeline.chunking.forms import form_of
from rlm_pipeline.chunking.packing import Piece, pack
from rlm_pipeline.chunking.rendering import render
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import InvariantError
from rlm_pipeline.model import CHUNK_SCHEMA
from rlm_pipeline.store import COMPRESSION, DatasetStore, atomic_path

CHARACTERS_PER_TOKEN = 4
"""The usual estimate for English; rounded up."""

_UNINFORMATIVE = frozenset({"empty", "constant", "ignored"})
_CHARACTERS_PER_ROW_GROUP = 8_000_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkSummary:
    """Figures of one partition's chunks; `longest` is in characters."""

    chunks: int
    records: int
    characters: int
    longest: int
    split_records: int


def materialise(store: DatasetStore, config: DatasetConfig, partition: str) -> ChunkSummary:
    """Cut a partition's records into chunks and store them, `CHUNK_SCHEMA`, in the order of sources and rows.

    A chunk never mixes sources and is at most `config.chunking.size` characters long. Joined, a source's chunks are its
    rendered text: every record, as `column: value` lines of its non-empty cells, followed by a blank line. Columns that
    are empty, constant or ignored in this partition are not shown, nor those of a log or of code that another column
    repeats. The scope has the place that the records of prose, code and configuration have a name for.

    A chunk's id hashes its source, its place and its text. Records appended to a source therefore leave the ids of all
    but its last chunk as they were, as long as they do not change which columns are shown.

    Raises:
        NotMaterialised: raw_file or column_profile has not run for this partition.

    """
    from pyarrow.parquet import ParquetWriter

    shown = _informative(store, config, partition)
    kinds = {each.source: _content_type(each.detected_type) for each in store.manifest(partition).sources}
    tally = _Tally()
    with (
        atomic_path(store.chunks_path(partition)) as partial,
        ParquetWriter(partial, _arrow([]).schema, compression=COMPRESSION) as writer,
    ):
        for group in _row_groups(_pieces(store, config, partition, shown)):
            writer.write_table(_arrow([tally.add(source, kinds[source], piece) for source, piece in group]))
            _log.info("%s: %d chunks of %d records", partition, tally.chunks, tally.records)
        stored = store.manifest(partition).rows
        if tally.records != stored:
            raise InvariantError(f"{partition}: the chunks hold {tally.records} records, raw_file has {stored}")
    return tally.summary()


def _content_type(detected_type: str) -> str:
    return "tabular" if detected_type in {"csv", "tsv"} else detected_type


def _informative(store: DatasetStore, config: DatasetConfig, partition: str) -> frozenset[str]:
    profile = store.scan(store.profile_path(partition), "column_profile", partition).select("column", "kind").collect()
    return frozenset(
        column
        for column, kind in profile.iter_rows()
        if kind not in _UNINFORMATIVE and not config.columns.is_ignored(column)
    )


def _pieces(
    store: DatasetStore, config: DatasetConfig, partition: str, shown: frozenset[str]
) -> Iterator[tuple[str, Piece]]:
    types: dict[str, set[str]] = {}
    for each in store.manifest(partition).sources:
        types.setdefault(each.records_file, set()).add(each.detected_type)
    for path in store.records_paths(partition):
        present = list(pl.read_parquet_schema(path))
        form = form_of(types[path.name])
        columns = form.shown([name for name in present if name in shown])
        place = form.place_of([name for name in present if not config.columns.is_ignored(name)])
        for source, records in groupby(render(path, columns, place), key=itemgetter(0)):
            for piece in pack(map(itemgetter(1), records), config.chunking.size):
                yield source, piece


def _row_groups(pieces: Iterator[tuple[str, Piece]]) -> Iterator[list[tuple[str, Piece]]]:
    group: list[tuple[str, Piece]] = []
    held = 0
    for source, piece in pieces:
        group.append((source, piece))
        held += len(piece.text)
        if held >= _CHARACTERS_PER_ROW_GROUP:
            yield group
            group, held = [], 0
    if group:
        yield group


@dataclass(slots=True)
class _Tally:
    """Numbers chunks and sums up their figures as they pass."""

    chunks: int = 0
    records: int = 0
    characters: int = 0
    longest: int = 0
    split_records: int = 0

    def add(self, source: str, content_type: str, piece: Piece) -> dict[str, Any]:
        """The next chunk as a row of `CHUNK_SCHEMA`."""
        row = {**_chunk(piece, source, self.chunks), "content_type": content_type}
        self.chunks += 1
        self.records += piece.records
        self.characters += len(piece.text)
        self.longest = max(self.longest, len(piece.text))
        self.split_records += piece.part == 1
        return row

    def summary(self) -> ChunkSummary:
        """The figures so far."""
        return ChunkSummary(
            chunks=self.chunks,
            records=self.records,
            characters=self.characters,
            longest=self.longest,
            split_records=self.split_records,
        )


def _chunk(piece: Piece, source: str, ordinal: int) -> dict[str, Any]:
    return {
        "chunk_id": fingerprint.short(source, f"{piece.row_start}:{piece.start}", piece.text),
        "ordinal": ordinal,
        "source": source,
        "row_start": piece.row_start,
        "row_end": piece.row_end,
        "line_start": piece.line_start,
        "line_end": piece.line_end,
        "char_start": piece.start,
        "char_end": piece.start + len(piece.text),
        "scope": piece.scope,
        "text": piece.text,
        "n_chars": len(piece.text),
        "n_tokens_estimate": -(-len(piece.text) // CHARACTERS_PER_TOKEN),
        "content_hash": fingerprint.of_text(piece.text),
    }


def _arrow(chunks: list[dict[str, Any]]) -> Any:
    return pl.DataFrame(chunks, schema=CHUNK_SCHEMA).to_arrow(compat_level=pl.CompatLevel.oldest())
