"""From source files to chunks: what was read, what is in it, and how it is cut."""

import dagster as dg

from assets import checks, index_metadata, metadata
from assets.stage import Recompute, facts_of, materialised
from resources.store import StoreResource
from rlm_pipeline.chunking import stage as chunk_stage
from rlm_pipeline.profiling import columns
from rlm_pipeline.profiling import schema as schemas
from rlm_pipeline.profiling.pairs import stage as pairs
from rlm_pipeline.sources import raw_file as raw_files


@dg.asset(**facts_of("raw_file", group="corpus", kinds={"csv", "parquet"}, checks=["rows_accounted"]))
def raw_file(context: dg.AssetExecutionContext, config: Recompute, stores: StoreResource) -> dg.MaterializeResult:
    """The records of one fiscal year, exactly as written, and the lines set aside with a reason."""
    return materialised(
        context,
        stores,
        config,
        lambda work: metadata.of_manifest(raw_files.materialise(work.store, work.config, work.year)),
        [checks.rows_accounted],
    )


@dg.asset(**facts_of("column_profile", group="corpus", kinds={"polars"}))
def column_profile(context: dg.AssetExecutionContext, config: Recompute, stores: StoreResource) -> dg.MaterializeResult:
    """Exact counts, distributions, lengths, ranges and outliers of every column in one fiscal year."""
    return materialised(
        context,
        stores,
        config,
        lambda work: metadata.of_profile(columns.materialise(work.store, work.config, work.year)),
    )


@dg.asset(**facts_of("column_pairs", group="corpus", kinds={"polars"}))
def column_pairs(context: dg.AssetExecutionContext, config: Recompute, stores: StoreResource) -> dg.MaterializeResult:
    """Which columns of one fiscal year duplicate, recode, decide or go with each other, and how surely."""
    return materialised(
        context,
        stores,
        config,
        lambda work: metadata.of_figures(pairs.materialise(work.store, work.config, work.year)),
    )


@dg.asset(**facts_of("schema", group="corpus", kinds={"json"}))
def schema(context: dg.AssetExecutionContext, config: Recompute, stores: StoreResource) -> dg.MaterializeResult:
    """One canonical schema over all fiscal years: which column of each year is which."""
    return materialised(
        context,
        stores,
        config,
        lambda work: metadata.of_schema(schemas.materialise(work.store, work.config, work.years)),
    )


@dg.asset(**facts_of("chunks", group="corpus", kinds={"parquet"}, checks=["records_in_chunks"]))
def chunks(context: dg.AssetExecutionContext, config: Recompute, stores: StoreResource) -> dg.MaterializeResult:
    """Every source cut where a person would cut it, into what a reader sees at once."""
    return materialised(
        context,
        stores,
        config,
        lambda work: index_metadata.of_chunks(
            chunk_stage.materialise(work.store, work.config, work.year), work.store, work.year
        ),
        [checks.records_in_chunks],
    )
