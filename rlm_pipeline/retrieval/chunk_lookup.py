"""Chunks by id, by neighbourhood and by number."""

from dataclasses import dataclass

import polars as pl

from rlm_pipeline.errors import QueryError
from rlm_pipeline.retrieval import chunk_files
from rlm_pipeline.store import DatasetStore

SHORTEST_PREFIX = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkRecord:
    """A chunk and its place in the source; the fields are those of `CHUNK_SCHEMA`."""

    partition: str
    chunk_id: str
    ordinal: int
    source: str
    row_start: int
    row_end: int
    line_start: int
    line_end: int
    char_start: int
    char_end: int
    byte_start: int
    byte_end: int
    content_type: str
    chunker: str
    scope: str
    place: str
    records: int
    part: int
    text: str
    overlap: str
    context: str
    n_chars: int
    n_tokens_estimate: int
    content_hash: str


def get_chunk(store: DatasetStore, chunk_id: str) -> ChunkRecord:
    """The chunk with this id, or with the only id that starts with it (6 characters or more).

    Raises:
        QueryError: no chunk or several chunks have such an id; names those that come closest.
        NotMaterialised: chunks has not run.

    """
    wanted = chunk_id.strip().lower()
    partitions = chunk_files.searchable(store, None)
    if len(wanted) < SHORTEST_PREFIX:
        raise QueryError(f"chunk id {chunk_id!r} is too short; give at least {SHORTEST_PREFIX} of its 16 characters")
    frame = chunk_files.scan(store, partitions)
    found = frame.filter(pl.col("chunk_id").str.starts_with(wanted)).head(4).collect()
    if found.height == 1:
        return ChunkRecord(**found.row(0, named=True))
    if found.is_empty():
        raise QueryError(f"{store.name} has no chunk {chunk_id!r}; close ids: {', '.join(_close(frame, wanted))}")
    raise QueryError(f"several chunks of {store.name} start with {chunk_id!r}: {', '.join(sorted(found['chunk_id']))}")


def neighbours(store: DatasetStore, chunk_id: str, number: int = 1) -> tuple[ChunkRecord, ...]:
    """The chunk and up to `number` before and after it in its source, in the order of the source.

    Raises:
        QueryError: there is no such chunk, or `number` is negative.
        NotMaterialised: chunks has not run.

    """
    if number < 0:
        raise QueryError(f"the number of neighbours must be at least 0, not {number}")
    middle = get_chunk(store, chunk_id)
    near = pl.col("ordinal").is_between(middle.ordinal - number, middle.ordinal + number)
    frame = chunk_files.scan(store, (middle.partition,)).filter(near, pl.col("source") == middle.source)
    return tuple(ChunkRecord(**row) for row in frame.sort("ordinal").collect().iter_rows(named=True))


def list_chunks(store: DatasetStore, partition: str | None = None, limit: int = 20) -> tuple[ChunkRecord, ...]:
    """The first `limit` chunks, by partition and then in the order of the source.

    Raises:
        QueryError: there is no such partition, or `limit` is not positive.
        NotMaterialised: chunks has not run.

    """
    if limit < 1:
        raise QueryError(f"limit must be at least 1, not {limit}")
    first = chunk_files.scan(store, chunk_files.searchable(store, partition)).head(limit).collect()
    return tuple(ChunkRecord(**row) for row in first.iter_rows(named=True))


def _close(frame: pl.LazyFrame, wanted: str) -> list[str]:
    """The ids before and after the place in sorted order where the wanted one would be."""
    ids = frame.select("chunk_id").collect()["chunk_id"].sort()
    place = ids.search_sorted(wanted)
    return ids[max(0, place - 2) : place + 2].to_list()
