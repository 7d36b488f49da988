"""The stored chunks as retrieval reads them: in bounded batches, or a few by id."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import polars as pl

from rlm_pipeline.errors import NotMaterialised, QueryError
from rlm_pipeline.store import DatasetStore

if TYPE_CHECKING:
    import pyarrow.parquet as pq


def in_batches(store: DatasetStore, partition: str, *, columns: list[str], rows: int) -> Iterator[pl.DataFrame]:
    """The chunks of one partition in stored order, at most `rows` at a time; one batch is in memory.

    Raises:
        NotMaterialised: the partition has no chunks file.

    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(store.existing(store.chunks_path(partition), "chunks", partition)) as file:
        for batch in file.iter_batches(batch_size=rows, columns=columns):
            yield pl.DataFrame(batch)


def in_batches_of(
    store: DatasetStore, partition: str, chunk_ids: pl.DataFrame, *, columns: list[str], rows: int
) -> Iterator[pl.DataFrame]:
    """The chunks with the ids in column `chunk_id`, in stored order, `rows` at a time; the last batch has fewer.

    Only row groups that hold one of them are read further than the ids.

    Raises:
        NotMaterialised: the partition has no chunks file.

    """
    import pyarrow.parquet as pq

    waiting: list[pl.DataFrame] = []
    with pq.ParquetFile(store.existing(store.chunks_path(partition), "chunks", partition)) as file:
        for batch in _filtered(file, chunk_ids, ["chunk_id", *columns], rows):
            waiting.append(batch)
            if sum(each.height for each in waiting) >= rows:
                ready = pl.concat(waiting)
                yield ready.head(rows)
                waiting = [ready.slice(rows)]
    if any(each.height for each in waiting):
        yield pl.concat(waiting)


def _filtered(file: "pq.ParquetFile", chunk_ids: pl.DataFrame, columns: list[str], rows: int) -> Iterator[pl.DataFrame]:
    ids = pl.DataFrame(file.read(columns=["chunk_id"]))["chunk_id"]
    is_wanted = ids.is_in(chunk_ids["chunk_id"].implode())
    start = 0
    for group in range(file.num_row_groups):
        end = start + file.metadata.row_group(group).num_rows
        if is_wanted[start:end].any():
            for batch in file.iter_batches(batch_size=rows, row_groups=[group], columns=columns, use_threads=False):
                # Filtered before it becomes a frame: texts that are not wanted are never copied.
                yield pl.DataFrame(batch.filter(is_wanted[start : start + batch.num_rows].to_arrow()))
                start += batch.num_rows
        start = end


def searched_text() -> pl.Expr:
    """What of a chunk is embedded and indexed by word: its place, the overlap and the text, of the columns so named."""
    place = pl.col("place")
    heading = pl.when(place == "").then(place).otherwise(place + "\n")
    return (heading + pl.col("overlap") + pl.col("text")).alias("searched_text")


def searchable(store: DatasetStore, partition: str | None) -> tuple[str, ...]:
    """The partitions a query looks into: the one named, or all that have chunks.

    Raises:
        NotMaterialised: the dataset has no chunks yet.
        QueryError: there is no such partition; names those there are.

    """
    present = store.partitions_with("chunks")
    if not present:
        raise NotMaterialised("chunks", None, store.name)
    if partition is None:
        return present
    if partition not in present:
        raise QueryError(f"{store.name} has no partition {partition!r}; it has {', '.join(present)}")
    return (partition,)


def scan(store: DatasetStore, partitions: Iterable[str]) -> pl.LazyFrame:
    """The chunks of some partitions, `CHUNK_SCHEMA` and a column `partition`."""
    return pl.concat(
        store.scan(store.chunks_path(partition), "chunks", partition).with_columns(partition=pl.lit(partition))
        for partition in partitions
    )


def with_ids(frame: pl.LazyFrame, chunk_ids: Iterable[str]) -> pl.LazyFrame:
    """The rows of `frame` with these chunk ids."""
    wanted = pl.LazyFrame({"chunk_id": list(chunk_ids)}, schema={"chunk_id": pl.String})
    return frame.join(wanted, on="chunk_id", how="semi")


def count(store: DatasetStore, partition: str) -> int:
    """How many chunks a partition has."""
    return int(store.scan(store.chunks_path(partition), "chunks", partition).select(pl.len()).collect().item())
