"""Statements without a model: what people wrote, the cells of free-text columns."""

import polars as pl
from polars import selectors

from rlm_pipeline.analysis.columns import profile
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.model import ROW, SOURCE, STATEMENT_SCHEMA
from rlm_pipeline.profiling.matching.alignment import normalised
from rlm_pipeline.store import DatasetStore, write_frame


def materialise(store: DatasetStore, config: DatasetConfig, partition: str) -> int:
    """Store one partition's statements and return how many there are.

    The facet is the column as it is written in that partition's records, the statement is the cell verbatim; empty
    cells make none. Facets are in the order of the header, statements in the order of the records.

    Raises:
        NotMaterialised: raw_file or column_profile has not run.

    """
    records = store.scan_records(partition)
    parts = [
        records.select(facet=pl.lit(column), statement=selectors.by_name(column), source=SOURCE, row=ROW).drop_nulls(
            "statement"
        )
        for column in facets(store, config, partition)
    ]
    path = store.statements_path(partition)
    write_frame(pl.concat(parts) if parts else pl.DataFrame(schema=STATEMENT_SCHEMA), path)
    return int(pl.scan_parquet(path).select(pl.len()).collect().item())


def facets(store: DatasetStore, config: DatasetConfig, partition: str) -> tuple[str, ...]:
    """The free-text columns of a partition: those the profile calls text, and those the configuration names."""
    columns = profile(store, config, partition)
    named = {normalised(name) for name in config.columns.text}
    is_named = pl.Series([normalised(column) in named for column in columns.get_column("column")], dtype=pl.Boolean)
    return tuple(columns.filter((pl.col("kind") == "text") | is_named).get_column("column"))
