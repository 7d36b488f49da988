"""What the analysts found in each chunk batch, and its merge."""

import dagster as dg

from assets import checks, metadata
from assets.stage import Recompute, facts_of, materialised
from resources.store import StoreResource
from rlm_pipeline.analysis import findings as analyses
from rlm_pipeline.synthesis import merge


@dg.asset(
    **facts_of(
        "findings", group="analysis", kinds={"polars"}, checks=["distributions_equal_profile", "citations_verified"]
    )
)
def findings(context: dg.AssetExecutionContext, config: Recompute, stores: StoreResource) -> dg.MaterializeResult:
    """Findings of the data analyst per batch of chunks, each citing rows verbatim, and the statements records make."""
    return materialised(
        context,
        stores,
        config,
        lambda work: metadata.of_figures(analyses.materialise(work.store, work.config, work.year)),
        [checks.distributions_equal_profile, checks.finding_citations_verified],
    )


@dg.asset(**facts_of("merged_findings", group="analysis", kinds={"json"}))
def merged_findings(
    context: dg.AssetExecutionContext, config: Recompute, stores: StoreResource
) -> dg.MaterializeResult:
    """The findings of one fiscal year, summed, deduplicated and grouped into themes."""
    return materialised(
        context,
        stores,
        config,
        lambda work: metadata.of_merged(merge.materialise(work.store, work.config, work.year)),
    )
