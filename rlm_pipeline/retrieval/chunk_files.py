"""The stored chunks as retrieval reads them: in bounded batches, or a few by id."""

from collections.abc import Iterable, Iterator

import polars as pl

from rlm_pipeline.errors import NotMaterialised, QueryError
from rlm_pipeline.store import DatasetStore


def in_batches(store: DatasetStore, partition: str, *, columns: list[str], rows: int) -> Iterator[pl.DataFrame]:
    """The chunks of one partition in stored order, at most `rows` at a time; one batch is in memory.

    Raises:
        NotMaterialised: the partition has no chunks file.

    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(store.existing(store.chunks_path(partition), "chunks", partition)) as file:
        for batch in file.iter_batches(batch_size=rows, columns=columns):
            yield pl.DataFrame(batch)


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
