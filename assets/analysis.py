"""What the analysts found in each chunk batch, what a model read, and the merge of both."""

import dagster as dg

from assets import checks, metadata
from assets.stage import Recompute, Work, facts_of, materialised
from resources.ledger import open_ledger
from resources.store import StoreResource
from rlm_pipeline.analysis import findings as analyses
from rlm_pipeline.analysis.reading import stage as reading
from rlm_pipeline.synthesis import merge
from rlm_pipeline.synthesis.document import MergedFindings


@dg.asset(
    **facts_of(
        "findings", group="analysis", kinds={"polars"}, checks=["distributions_equal_profile", "citations_verified"]
    )
)
def findings(context: dg.AssetExecutionContext, config: Recompute, stores: StoreResource) -> dg.MaterializeResult:
    """Findings per batch of chunks by the analysts that know the content, each citing rows; statements of records."""
    return materialised(
        context,
        stores,
        config,
        lambda work: metadata.of_findings(
            analyses.materialise(work.store, work.config, work.year), work.store.manifest(work.year)
        ),
        [checks.distributions_equal_profile, checks.finding_citations_verified],
    )


@dg.asset(
    **facts_of("readings", group="analysis", kinds={"anthropic"}, checks=["readings_accounted", "citations_verified"]),
    pool="model",
)
def readings(context: dg.AssetExecutionContext, config: Recompute, stores: StoreResource) -> dg.MaterializeResult:
    """What a model says about the records, within the budget; nothing where the dataset's analysis is statistical."""
    return materialised(
        context,
        stores,
        config,
        lambda work: metadata.of_readings(_read(work), work.store, work.year),
        [checks.readings_accounted, checks.read_citations_verified],
    )


def _read(work: Work) -> reading.ReadingsSummary:
    with open_ledger(work.store) as ledger:
        return reading.materialise(work.store, work.config, work.year, ledger=ledger)


@dg.asset(**facts_of("merged_findings", group="analysis", kinds={"json"}), pool="model")
def merged_findings(
    context: dg.AssetExecutionContext, config: Recompute, stores: StoreResource
) -> dg.MaterializeResult:
    """The findings of one fiscal year, summed, deduplicated and grouped into themes; with a model, explained."""
    return materialised(
        context,
        stores,
        config,
        lambda work: metadata.of_merged(_merge(work)),
    )


def _merge(work: Work) -> MergedFindings:
    with open_ledger(work.store) as ledger:
        return merge.materialise(work.store, work.config, work.year, ledger=ledger)
