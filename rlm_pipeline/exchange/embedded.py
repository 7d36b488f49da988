"""Which chunks have a vector: by partition and source."""

from collections.abc import Sequence

import polars as pl

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import NotMaterialised
from rlm_pipeline.exchange import chunk_tables
from rlm_pipeline.retrieval import vector_table
from rlm_pipeline.retrieval.encoders import search_encoder
from rlm_pipeline.store import DatasetStore

_KEYS = ["chunk_id", "content_hash"]


def coverage(store: DatasetStore, config: DatasetConfig, partitions: Sequence[str] = ()) -> pl.DataFrame:
    """For each partition and source, in their order: `partition`, `source`, `chunks`, `embedded`.

    A chunk is embedded where the model of `embedding.search` has a vector of its present content.

    Raises:
        NotMaterialised: the dataset has no chunks yet.
        QueryError: there is no such partition.
        EncoderError: the model cannot be had.

    """
    chunks = chunk_tables.scan(store, partitions).select("partition", "source", *_KEYS)
    return (
        chunks.join(_stored(store, config).lazy(), on=["partition", *_KEYS], how="left", maintain_order="left")
        .group_by("partition", "source", maintain_order=True)
        .agg(chunks=pl.len(), embedded=pl.col("stored").sum())
        .collect()
    )


def _stored(store: DatasetStore, config: DatasetConfig) -> pl.DataFrame:
    """Every vector's chunk once: `partition`, `chunk_id`, `content_hash`, and `stored`, which is 1."""
    schema = pl.Schema({"partition": pl.String, "chunk_id": pl.String, "content_hash": pl.String})
    if not store.vectors_folder.is_dir():  # spares loading the model
        return pl.DataFrame(schema=schema).with_columns(stored=pl.lit(1, dtype=pl.UInt32))
    try:
        table = vector_table.open_existing(store, search_encoder(config.embedding))
    except NotMaterialised:
        found = pl.DataFrame(schema=schema)
    else:
        found = pl.DataFrame(table.search().select(list(schema)).to_arrow()).cast(schema)
    return found.unique().with_columns(stored=pl.lit(1, dtype=pl.UInt32))
