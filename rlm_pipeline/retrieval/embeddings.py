"""The vectors of a partition's chunks: what is new is embedded, what is gone is deleted.

First the contents that this model has never seen, each once, committed every few thousand rows or seconds; then the
rows whose content is known, here or in another partition, with the vector that is stored; last, rows of chunks that
are no more are deleted. So an interrupted run leaves whole commits, which the next run recognises, and a chunk that
moved finds its vector by its content. A partition has one writer at a time: LanceDB does not keep two writers from
inserting the same new id.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import InvariantError
from rlm_pipeline.retrieval import chunk_files, encoding, vector_table
from rlm_pipeline.retrieval.encoders import search_encoder
from rlm_pipeline.retrieval.pace import Pace
from rlm_pipeline.retrieval.vector_writer import PartitionWriter
from rlm_pipeline.store import DatasetStore

ROWS_PER_COMMIT = 8192
SECONDS_PER_COMMIT = 30.0
"""What a killed run loses at most; measured, 350,000 rows take 1.6 to 2 CPU s to add in 22 to 86 commits."""

_ROWS_PER_COPY = 8192

Embedded = tuple[pl.DataFrame, NDArray[np.float32]]
"""Rows, and a vector for each."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingSummary:
    """What one run did: chunks = embedded_now + reused; `removed` rows were of chunks that no longer exist.

    `chunks_per_second` and `workers` are of what was embedded, 0 where nothing was; `bytes` is the whole table's.
    """

    partition: str
    model_id: str
    dimension: int
    precision: str
    chunks: int
    embedded_now: int
    reused: int
    removed: int
    workers: int
    chunks_per_second: float
    bytes: int


def materialise(
    store: DatasetStore,
    config: DatasetConfig,
    partition: str,
    *,
    rows_per_commit: int = ROWS_PER_COMMIT,
    seconds_per_commit: float = SECONDS_PER_COMMIT,
    progress: Callable[[int], None] | None = None,
) -> EmbeddingSummary:
    """Bring the partition's rows in line with its chunks; only content new to the model is embedded.

    `progress` is called after each commit with the number of contents embedded so far.

    Raises:
        NotMaterialised: the partition has no chunks file.
        EncoderError: the model of `embedding.search` cannot be had, or one of its worker processes ended.
        StoreError: the database cannot be written, or another run is writing this partition.
        InvariantError: the table does not hold every chunk exactly once afterwards.

    """
    chunks = _kept_of(store, partition)
    encoder = search_encoder(config.embedding)
    with vector_table.only_writer(store, partition):
        table = vector_table.create(store, encoder)
        stored = _rows_of(table, partition)
        writer = PartitionWriter(
            store=store, table=table, encoder=encoder, partition=partition, present=stored["chunk_id"]
        )
        stored, removed = _single(writer, stored)
        outdated = chunks.join(stored, on=vector_table.KEPT, how="anti", nulls_equal=True, maintain_order="left")
        new = _unseen(table, outdated)
        workers = encoding.workers_for(encoder, config.embedding, _characters(store, partition, new))
        pace = Pace(total=new.height)
        batches = encoding.encoded(encoder, config.embedding, _texts(writer, new, rows_per_commit), workers=workers)
        with contextlib.closing(batches):  # worker processes end with this block, however it ends
            for rows, vectors in _commits(batches, rows_per_commit, seconds_per_commit):
                writer.write(rows, vectors)
                pace = pace.after(rows.height, int(rows["n_chars"].sum()))
                _logger.info("%s %s: %s", store.name, partition, pace, extra={"pace": True})
                if progress:
                    progress(pace.done)
        _copy(writer, outdated.join(new, on="chunk_id", how="anti", maintain_order="left"))
        removed += writer.delete(stored.join(chunks, on="chunk_id", how="anti")["chunk_id"])
        size = int(table.stats()["total_bytes"])
    if problems := check_complete(store, config, partition):
        raise InvariantError(
            f"embeddings of {partition}: {', '.join(problems)}; "
            "another machine may have written the same partition. Run it again on its own"
        )
    return EmbeddingSummary(
        partition=partition,
        model_id=encoder.model_id,
        dimension=encoder.dimension,
        precision=encoder.precision,
        chunks=chunks.height,
        embedded_now=new.height,
        reused=chunks.height - new.height,
        removed=removed,
        workers=workers if new.height else 0,
        chunks_per_second=round(pace.per_second, 1),
        bytes=size,
    )


def check_complete(store: DatasetStore, config: DatasetConfig, partition: str) -> tuple[str, ...]:
    """What is wrong with the partition's stored vectors, one sentence each; empty when every chunk has exactly one."""
    chunks = _kept_of(store, partition)
    stored = _rows_of(vector_table.open_existing(store, search_encoder(config.embedding)), partition)
    counts = {
        "chunks without a vector": chunks.join(stored, on=vector_table.KEPT, how="anti", nulls_equal=True).height,
        "vectors without a chunk": stored.join(chunks, on="chunk_id", how="anti").height,
        "vectors stored twice": stored.height - stored["chunk_id"].n_unique(),
    }
    return tuple(f"{count:,} {problem}" for problem, count in counts.items() if count)


def remove_partition(store: DatasetStore, partition: str) -> int:
    """Delete the rows of a partition that no longer exists, of every model; returns how many there were.

    Raises:
        StoreError: the database cannot be written, or another run is writing this partition.

    """
    if not store.vectors_folder.is_dir():
        return 0
    database = vector_table.connect(store)
    tables = [database.open_table(name) for name in database.list_tables().tables]
    with vector_table.only_writer(store, partition), vector_table.writing(store):
        return sum(int(table.delete(vector_table.of_partition(partition)).num_deleted_rows) for table in tables)


def _kept_of(store: DatasetStore, partition: str) -> pl.DataFrame:
    return store.scan(store.chunks_path(partition), "chunks", partition).select(vector_table.KEPT).collect()


def _rows_of(table: Any, partition: str) -> pl.DataFrame:
    condition = vector_table.of_partition(partition)
    return pl.DataFrame(table.search().where(condition).select(list(vector_table.KEPT)).to_arrow())


def _single(writer: PartitionWriter, stored: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """The partition's rows, after those with an id that two writers both inserted are deleted; and how many were."""
    repeated = stored["chunk_id"].is_duplicated()
    deleted = writer.delete(stored.filter(repeated)["chunk_id"].unique())
    return stored.filter(~repeated), deleted


def _unseen(table: Any, outdated: pl.DataFrame) -> pl.DataFrame:
    """One chunk of each content that no row of the table has."""
    wanted = outdated.unique("content_hash", keep="first", maintain_order=True)
    if wanted.is_empty():
        return wanted
    seen = _places_of(table, wanted)
    return wanted.join(seen, on="content_hash", how="anti", maintain_order="left")


def _places_of(table: Any, wanted: pl.DataFrame) -> pl.DataFrame:
    """Row ids of the wanted contents, one each: columns content_hash, _rowid. The table is streamed, two columns."""
    contents = wanted.select("content_hash").unique()
    found = [contents.with_columns(_rowid=pl.lit(0, pl.UInt64)).clear()]
    for batch in table.search().select(["content_hash"]).with_row_id(True).to_batches():
        places = pl.DataFrame(batch).select("content_hash", "_rowid")
        found.append(places.join(contents, on="content_hash", how="semi"))
    return pl.concat(found).unique("content_hash", keep="first")


def _characters(store: DatasetStore, partition: str, new: pl.DataFrame) -> int:
    sizes = store.scan(store.chunks_path(partition), "chunks", partition).select("chunk_id", "n_chars")
    ids = new.lazy().select("chunk_id")
    return int(sizes.join(ids, on="chunk_id", how="semi").select(pl.col("n_chars").sum()).collect().item())


def _texts(writer: PartitionWriter, new: pl.DataFrame, at_most: int) -> Iterator[tuple[pl.DataFrame, list[str]]]:
    """The new contents as rows without their texts, and what of them is embedded."""
    if new.is_empty():
        return
    columns = [*vector_table.KEPT[1:], "n_chars", "place", "overlap", "text"]
    rows = min(writer.encoder.texts_per_call, at_most)
    ids = new.select("chunk_id")
    for batch in chunk_files.in_batches_of(writer.store, writer.partition, ids, columns=columns, rows=rows):
        yield batch.drop("place", "overlap", "text"), batch.select(chunk_files.searched_text()).to_series().to_list()


def _commits(batches: Iterable[Embedded], rows: int, seconds: float) -> Iterator[Embedded]:
    """Neighbouring batches joined to what is one commit: at least so many rows, or what came in so many seconds."""
    lot: list[Embedded] = []
    since = time.monotonic()
    for each in batches:
        lot.append(each)
        if sum(batch.height for batch, _ in lot) >= rows or time.monotonic() - since >= seconds:
            yield _joined(lot)
            lot, since = [], time.monotonic()
    if lot:
        yield _joined(lot)


def _joined(lot: list[Embedded]) -> Embedded:
    return pl.concat(batch for batch, _ in lot), np.concatenate([vectors for _, vectors in lot])


def _copy(writer: PartitionWriter, rows: pl.DataFrame) -> None:
    """Write rows whose content has a vector in the table with that vector."""
    if rows.is_empty():
        return
    with vector_table.writing(writer.store):
        snapshot = vector_table.open_existing(writer.store, writer.encoder)
        snapshot.checkout(snapshot.version)  # row ids hold within one version
    places = _places_of(snapshot, rows)
    for lot in rows.join(places, on="content_hash", maintain_order="left").iter_slices(_ROWS_PER_COPY):
        ids = lot["_rowid"].unique().to_list()
        found = snapshot.take_row_ids(ids).select(["content_hash", "vector"]).to_arrow().combine_chunks()
        position = {content: place for place, content in enumerate(found["content_hash"].to_pylist())}
        flat = found["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        vectors = flat.reshape(-1, writer.encoder.dimension)
        writer.write(lot, vectors[[position[content] for content in lot["content_hash"]]])
