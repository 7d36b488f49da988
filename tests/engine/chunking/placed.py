"""Places of records that were written by hand, as raw_file stores them for real ones."""

import polars as pl

from rlm_pipeline.model import EXTENT_SCHEMA, LINE, RECORD_IDENTITY, ROW, SOURCE
from rlm_pipeline.store import DatasetStore, write_frame

CHARACTERS = 10
"""Of every record, in characters and bytes."""


def place_records(store: DatasetStore, partition: str) -> None:
    """Say of all records of a partition that they follow one upon the other."""
    frames = [_extents(store, partition, each.records_file, each.source) for each in store.manifest(partition).sources]
    write_frame(pl.concat([pl.DataFrame(schema=EXTENT_SCHEMA), *frames]), store.extents_path(partition))


def _extents(store: DatasetStore, partition: str, records_file: str, source: str) -> pl.DataFrame:
    records = pl.read_parquet(store.records_folder(partition) / records_file, columns=list(RECORD_IDENTITY))
    start = pl.int_range(pl.len(), dtype=pl.Int64) * CHARACTERS
    return (
        records.filter(pl.col(SOURCE) == source)
        .select(
            source=SOURCE,
            row=ROW,
            line=LINE,
            stored=pl.lit(value=True),
            char_start=start,
            char_end=start + CHARACTERS,
            byte_start=start,
            byte_end=start + CHARACTERS,
            text=pl.lit(None, pl.String),
        )
        .cast(dict(EXTENT_SCHEMA))
    )
