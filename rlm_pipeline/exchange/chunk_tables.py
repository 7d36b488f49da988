"""The stored chunks as the commands read them: partitions and sources asked for, in the order of the dataset."""

import re
from collections.abc import Iterable, Sequence

import polars as pl

from rlm_pipeline.errors import NotMaterialised, QueryError
from rlm_pipeline.model import CHUNK_SCHEMA
from rlm_pipeline.retrieval import chunk_files
from rlm_pipeline.retrieval.filters import glob_expression
from rlm_pipeline.store import DatasetStore


def scan(store: DatasetStore, partitions: Sequence[str] = (), sources: Sequence[str] = ()) -> pl.LazyFrame:
    """Chunks of the partitions and sources named (none named: all): `partition` and the columns of `CHUNK_SCHEMA`.

    They come by partition, then in the order in which they were cut.

    Raises:
        NotMaterialised: the dataset has no chunks yet, or was cut by a version that stored other columns.
        QueryError: there is no such partition or source; names those there are.

    """
    asked = partitions_asked(store, partitions)
    frame = chunk_files.scan(store, asked)
    if not set(CHUNK_SCHEMA.names()).issubset(frame.collect_schema().names()):
        raise NotMaterialised("chunks", None, store.name)
    frame = frame.select("partition", *CHUNK_SCHEMA.names())
    if not sources:
        return frame
    present = frame.select(pl.col("source").unique()).collect()["source"].to_list()
    return frame.filter(pl.col("source").is_in(matching_sources(store, sources, present)))


def partitions_asked(store: DatasetStore, partitions: Sequence[str]) -> tuple[str, ...]:
    """The partitions named, in the order of the dataset, or all that have chunks.

    Raises:
        NotMaterialised: the dataset has no chunks yet.
        QueryError: there is no such partition; names those there are.

    """
    every = chunk_files.searchable(store, None)
    for each in partitions:
        chunk_files.searchable(store, each)
    return tuple(each for each in every if each in partitions or not partitions)


def matching_sources(store: DatasetStore, asked: Iterable[str], present: Iterable[str], shown: int = 5) -> list[str]:
    """The sources of those names, or of names that fit a glob such as `logs/*.log`, sorted.

    Raises:
        QueryError: one asked for is not there; names those there are, the first few.

    """
    known = sorted(set(present))
    found: set[str] = set()
    for each in asked:
        fitting = re.compile(f"(?s:{glob_expression(each)})").fullmatch
        matching = [each] if each in known else [name for name in known if fitting(name)]
        if not matching:
            more = f" and {len(known) - shown} more" if len(known) > shown else ""
            raise QueryError(f"{store.name} has no source {each!r}; it has {', '.join(known[:shown])}{more}")
        found.update(matching)
    return sorted(found)


def texts(store: DatasetStore, chunk_ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """`text`, `overlap` and `context` of some chunks by id; an id that does not exist is left out."""
    columns = ["chunk_id", "text", "overlap", "context"]
    rows = chunk_files.with_ids(scan(store).select(columns), chunk_ids).collect()
    return {row.pop("chunk_id"): row for row in rows.iter_rows(named=True)}
