"""Whether stored chunks account for every record: each begins in exactly one, no character lost or shown twice."""

import polars as pl

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.model import Manifest
from rlm_pipeline.store import DatasetStore

_READ = (
    "chunk_id", "ordinal", "source", "row_start", "row_end", "char_start", "char_end", "chunker", "records", "part",
)  # fmt: skip


def check_tiling(store: DatasetStore, config: DatasetConfig, partition: str) -> tuple[str, ...]:
    """What is wrong with a partition's chunks, one sentence each; empty when every record begins in exactly one.

    Of each source the chunks hold as many records as were stored, in the order of their rows. In the order of its
    characters, which differs where one record is what is left around others, the next chunk begins where a chunk ends,
    unless both have a part of one record that is shown rendered, whose range they share. Characters
    may lie between chunks only where records do that are not in the partition: set aside, or of another year. Reads
    the places of the chunks, not their texts.

    Raises:
        NotMaterialised: raw_file or chunks has not run.

    """
    stored = store.scan(store.chunks_path(partition), "chunks", partition)
    chunks = stored.select(_READ).collect()
    return (*_numbered(chunks), *_counted(chunks, store.manifest(partition)), *_tiled(chunks, store, config, partition))


def _numbered(chunks: pl.DataFrame) -> tuple[str, ...]:
    repeated = chunks.height - chunks["chunk_id"].n_unique()
    in_order = chunks["ordinal"].equals(pl.int_range(chunks.height, eager=True).alias("ordinal"))
    return (
        *((f"{repeated:,} chunk ids stored twice",) if repeated else ()),
        *(() if in_order else ("the chunks are not numbered in their order",)),
    )


def _counted(chunks: pl.DataFrame, manifest: Manifest) -> tuple[str, ...]:
    stored = pl.DataFrame(
        [(source.source, source.rows) for source in manifest.sources if source.rows],
        schema={"source": pl.String, "stored": pl.Int64},
        orient="row",
    )
    held = chunks.group_by("source").agg(held=pl.col("records").sum())
    both = stored.join(held, on="source", how="full", coalesce=True).with_columns(pl.col("stored", "held").fill_null(0))
    wrong = both.filter(pl.col("stored") != pl.col("held")).sort("source")
    return tuple(f"{source}: {stored:,} records, {held:,} in chunks" for source, stored, held in wrong.iter_rows())


def _tiled(chunks: pl.DataFrame, store: DatasetStore, config: DatasetConfig, partition: str) -> tuple[str, ...]:
    quarantined = {source.source for source in store.manifest(partition).sources if source.quarantined}
    # Records of other years lie between those of a partition that a column decides.
    between = pl.lit(value=True) if config.partition.by == "column" else pl.col("source").is_in(quarantined)
    in_rows = chunks.with_columns(before_row=pl.col("row_end").shift(1).over("source"))
    names = ("row_start", "row_end", "char_start", "char_end")
    in_characters = chunks.sort("source", "char_start", "char_end", "ordinal").with_columns(
        pl.col(names).shift(1).over("source").name.prefix("before_")
    )
    at = pl.col("before_char_end").fill_null(0)
    same_record = (pl.col("row_start") == pl.col("row_end")) & (pl.col("row_start") == pl.col("before_row_end"))
    shared = (
        same_record
        & (pl.col("part") > 1)
        & (pl.col("char_start") == pl.col("before_char_start"))
        & (pl.col("char_end") == at)
    )
    # Cut anywhere, a rendered record that two chunks share may be the last of one and the first of the next.
    cut_anywhere = (pl.col("chunker") == "fixed") & (pl.col("row_start") == pl.col("before_row_end"))
    shared |= cut_anywhere & pl.col("char_start").is_between(pl.col("before_char_start"), at)
    begins = (pl.col("char_start") == at) | (between & (pl.col("char_start") > at)) | shared
    most = pl.col("row_end") - pl.col("row_start") + 1
    promises = (
        ("has no rows of the chunk before it", in_rows, pl.col("row_start") >= pl.col("before_row").fill_null(0)),
        ("holds no more records than it has rows", in_rows, pl.col("records") <= most),
        ("ends behind its begin", in_characters, pl.col("char_end") >= pl.col("char_start")),
        ("begins where the chunk before it ends", in_characters, begins),
    )
    broken = [(promise, placed.filter(~holds)) for promise, placed, holds in promises]
    return tuple(_told(promise, found) for promise, found in broken if found.height)


def _told(promise: str, broken: pl.DataFrame) -> str:
    chunk_id, source, row = broken.select("chunk_id", "source", "row_start").row(0)
    return f"{broken.height:,} times not true that a chunk {promise}, first {chunk_id} at {source}:{row}"
