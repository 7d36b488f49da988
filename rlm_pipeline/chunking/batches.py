"""Batches: what an analyst gets at once, whole chunks of one kind of content and what is needed to read them.

Carried along is the schema: the columns of a table and their kinds, the paths of JSON and their types.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from rlm_pipeline import fingerprint
from rlm_pipeline.chunking import batch_context
from rlm_pipeline.chunking.batch_context import Carried
from rlm_pipeline.chunking.chunk_table import BYTES_PER_TOKEN, tokens_in
from rlm_pipeline.configuration import Batches, DatasetConfig
from rlm_pipeline.errors import ConfigurationError
from rlm_pipeline.store import DatasetStore

_READ = ("chunk_id", "source", "row_start", "content_type", "records", "part", "n_tokens_estimate")
_CHUNKS_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """`tokens` is an estimate of all that is read: the chunks with their contexts and overlaps, and `context`.

    `batch_id` hangs on the partition, the chunks and the context. `records` are those that begin in it; a record that
    is longer than a batch goes on in the next.
    """

    batch_id: str
    partition: str
    sources: tuple[str, ...]
    content_type: str
    chunk_ids: tuple[str, ...]
    records: int
    tokens: int
    context: str


@dataclass(slots=True)
class _Unit:
    """Chunks that stay together: one, or the parts of a cut record."""

    source: str
    row: int
    content_type: str
    chunk_ids: list[str] = field(default_factory=list)
    records: int = 0
    tokens: int = 0

    def goes_on_with(self, row: Mapping[str, Any]) -> bool:
        """Whether a chunk is the next part of the record whose parts these are."""
        return bool((row["source"], row["row_start"]) == (self.source, self.row) and row["part"] > 1)


@dataclass(slots=True)
class _Open:
    """A batch that chunks are being added to."""

    content_type: str
    carried: Carried
    units: list[_Unit] = field(default_factory=list)
    records: int = 0
    tokens: int = 0

    def fits(self, unit: _Unit, limits: Batches) -> bool:
        """Whether a unit can be added; anything can to a batch that is empty."""
        if not self.units:
            return True
        rows = limits.wide_rows if self.carried.columns >= limits.wide_from else limits.rows
        return self.records + unit.records <= rows and self.tokens + unit.tokens <= limits.tokens

    def add(self, unit: _Unit) -> None:
        """Take a unit in."""
        self.units.append(unit)
        self.records += unit.records
        self.tokens += unit.tokens

    def closed(self, partition: str, limits: Batches) -> Batch:
        """The batch; its context is cut to what the chunks leave, should they leave less than is kept for it."""
        chunk_ids = tuple(each for unit in self.units for each in unit.chunk_ids)
        chunks = self.tokens - self.carried.tokens
        room = (limits.tokens - chunks) * BYTES_PER_TOKEN
        context = self.carried.text.encode()[:room].decode(errors="ignore")
        return Batch(
            batch_id=fingerprint.short(partition, context, *chunk_ids),
            partition=partition,
            sources=tuple(dict.fromkeys(unit.source for unit in self.units)),
            content_type=self.content_type,
            chunk_ids=chunk_ids,
            records=self.records,
            tokens=chunks + tokens_in(context),
            context=context,
        )


def plan(store: DatasetStore, config: DatasetConfig, partition: str) -> Iterator[Batch]:
    """Divide a partition's chunks into batches, of which every chunk is in exactly one.

    A batch holds chunks of one content type, and of tables and JSON those of sources with one schema, in the order of
    the chunks; at most `config.batches.rows` records (`wide_rows` of wide tables) and, with all that is carried along,
    `config.batches.tokens`. Parts of a record stay together where they fit. Only where a single chunk has more records
    than a batch may have, the batch has them too.

    Raises:
        NotMaterialised: chunks, or a stage before it, has not run.
        ConfigurationError: a single chunk has more tokens than a batch may have.

    """
    carried = batch_context.of_partition(store, config, partition)
    opened: dict[str, _Open] = {}
    for unit in _units(store, partition, config):
        batch = opened.get(unit.content_type)
        if batch and not (batch.carried.text == carried[unit.source].text and batch.fits(unit, config.batches)):
            yield opened.pop(unit.content_type).closed(partition, config.batches)
            batch = None
        if batch is None:
            context = carried[unit.source]
            batch = _Open(content_type=unit.content_type, carried=context, tokens=context.tokens)
            opened[unit.content_type] = batch
        batch.add(unit)
    for batch in opened.values():
        yield batch.closed(partition, config.batches)


def _units(store: DatasetStore, partition: str, config: DatasetConfig) -> Iterator[_Unit]:
    most = config.batches.tokens
    together = most - most // batch_context.SHARE
    unit: _Unit | None = None
    for row in _chunks(store, partition):
        tokens = int(row["n_tokens_estimate"])
        if tokens > most:
            raise ConfigurationError(
                f"dataset {config.name}",
                "batches.tokens",
                f"{most} is less than chunk {row['chunk_id']} of {row['source']} has ({tokens}); "
                "expected more, or a smaller chunking.size",
            )
        if unit is None or not unit.goes_on_with(row) or unit.tokens + tokens > together:
            if unit is not None:
                yield unit
            unit = _Unit(source=row["source"], row=row["row_start"], content_type=row["content_type"])
        unit.chunk_ids.append(row["chunk_id"])
        unit.records += row["records"]
        unit.tokens += tokens
    if unit is not None:
        yield unit


def _chunks(store: DatasetStore, partition: str) -> Iterator[dict[str, Any]]:
    from pyarrow.parquet import ParquetFile

    path = store.existing(store.chunks_path(partition), "chunks", partition)
    with ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_CHUNKS_AT_ONCE, columns=list(_READ)):
            frame = pl.DataFrame(batch)
            yield from frame.iter_rows(named=True)
