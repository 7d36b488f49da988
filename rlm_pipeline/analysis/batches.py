"""The reading plan: which records an analyst reads together.

A batch is a run of whole chunks, hence of whole records: about 2,000 records of a narrow partition, 500 of a wide one.
Every record of the partition is in exactly one batch, also a record without a chunk of its own (all its cells are
empty): it belongs to the batch of the record before it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from rlm_pipeline.errors import StoreError
from rlm_pipeline.model import ROW, SOURCE
from rlm_pipeline.store import DatasetStore

WIDE_COLUMNS = 100
"""From this many informative columns on, a partition is read in the smaller batches."""

NARROW_BATCH_RECORDS = 2000
WIDE_BATCH_RECORDS = 500

WINDOW_RECORDS = 20_000
"""Consecutive batches are read from disk together up to this many records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Records of one source: numbers `row_start` to `row_end`, inclusive, of those that are in the partition."""

    source: str
    row_start: int
    row_end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Records that are read together.

    `start` and `stop` are the half-open range of places in the partition's records, in stored order; `chunk_ids` are
    the chunks that hold them.
    """

    number: int
    start: int
    stop: int
    spans: tuple[Span, ...]
    chunk_ids: tuple[str, ...]

    @property
    def records(self) -> int:
        """How many records the batch has."""
        return self.stop - self.start

    @property
    def row_start(self) -> int:
        """The smallest record number in the batch, over all its sources."""
        return min(span.row_start for span in self.spans)

    @property
    def row_end(self) -> int:
        """The largest record number in the batch, over all its sources."""
        return max(span.row_end for span in self.spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingPlan:
    """All batches of one partition, in the order of its records."""

    records: int
    batches: tuple[Batch, ...]

    def windows(self) -> Iterator[tuple[Batch, ...]]:
        """Runs of consecutive batches to hold in memory together, each at most `WINDOW_RECORDS` or one batch."""
        window: list[Batch] = []
        for batch in self.batches:
            if window and batch.stop - window[0].start > WINDOW_RECORDS:
                yield tuple(window)
                window = []
            window.append(batch)
        if window:
            yield tuple(window)


def records_per_batch(informative_columns: int) -> int:
    """How many records a batch should have, by the number of columns that say something."""
    return WIDE_BATCH_RECORDS if informative_columns >= WIDE_COLUMNS else NARROW_BATCH_RECORDS


def plan(store: DatasetStore, partition: str, *, batch_records: int) -> ReadingPlan:
    """Divide a partition into batches of nearly equal size, close to `batch_records`, cut between chunks.

    Raises:
        NotMaterialised: raw_file or chunks has not run.
        StoreError: a chunk starts at a record that does not exist.

    """
    columns = ("chunk_id", "source", "row_start")
    chunks = store.scan(store.chunks_path(partition), "chunks", partition).sort("ordinal").select(columns).collect()
    records = store.scan_records(partition)
    if SOURCE not in records.collect_schema():
        return ReadingPlan(records=0, batches=())
    identity = records.select(SOURCE, ROW).with_row_index("place").collect()
    if identity.is_empty():
        return ReadingPlan(records=0, batches=())
    placed = _placed(chunks, identity, store.chunks_path(partition).name)
    count = max(1, round(identity.height / batch_records))
    cuts = (
        placed.select(start="place", batch=pl.col("place").cast(pl.Int64) * count // identity.height)
        .unique("batch", keep="first", maintain_order=True)
        .get_column("start")
        .to_list()
    )
    starts = [0, *cuts[1:]]
    return ReadingPlan(records=identity.height, batches=_batches(starts, placed, identity))


def _placed(chunks: pl.DataFrame, identity: pl.DataFrame, name: str) -> pl.DataFrame:
    """Chunk ids with the place of their first record, ascending."""
    keys = identity.select("place", source=SOURCE, row_start=ROW)
    placed = chunks.join(keys, on=["source", "row_start"], how="left", maintain_order="left")
    lost = placed.filter(pl.col("place").is_null())
    if lost.height:
        source, row = lost.row(0, named=True)["source"], lost.row(0, named=True)["row_start"]
        raise StoreError(f"chunks {name}: {source}:{row} is not among the records; run the chunks stage again")
    return placed.sort("place", maintain_order=True)


def _batches(starts: list[int], placed: pl.DataFrame, identity: pl.DataFrame) -> tuple[Batch, ...]:
    stops = [*starts[1:], identity.height]
    places, chunk_ids = placed.get_column("place"), placed.get_column("chunk_id").to_list()
    bounds = [int(places.search_sorted(start, side="left")) for start in starts] + [len(chunk_ids)]
    return tuple(
        Batch(
            number=number,
            start=start,
            stop=stop,
            spans=_spans(identity.slice(start, stop - start)),
            chunk_ids=tuple(chunk_ids[bounds[number] : bounds[number + 1]]),
        )
        for number, (start, stop) in enumerate(zip(starts, stops, strict=True))
    )


def _spans(identity: pl.DataFrame) -> tuple[Span, ...]:
    ranges = identity.group_by(SOURCE, maintain_order=True).agg(first=pl.col(ROW).min(), last=pl.col(ROW).max())
    return tuple(Span(source=source, row_start=first, row_end=last) for source, first, last in ranges.iter_rows())
