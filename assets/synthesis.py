"""From statements to the published taxonomy."""

import datetime as dt

import dagster as dg

from assets import checks, metadata
from assets.stage import Recompute, Work, facts_of, materialised
from resources.ledger import open_ledger
from resources.store import StoreResource
from rlm_pipeline.report import page
from rlm_pipeline.taxonomy import dimensions as discovery
from rlm_pipeline.taxonomy import labels as labelling
from rlm_pipeline.taxonomy import published
from rlm_pipeline.taxonomy.document import DimensionSet, Taxonomy
from rlm_pipeline.taxonomy.labels import LabelSummary


@dg.asset(**facts_of("dimensions", group="synthesis", kinds={"sentencetransformers", "json"}))
def dimensions(context: dg.AssetExecutionContext, config: Recompute, stores: StoreResource) -> dg.MaterializeResult:
    """Dimensions and categories discovered on a stratified sample of statements over all fiscal years."""
    return materialised(
        context,
        stores,
        config,
        lambda work: metadata.of_dimensions(_discover(work)),
    )


def _discover(work: Work) -> DimensionSet:
    with open_ledger(work.store) as ledger:
        return discovery.materialise(work.store, work.config, work.years, ledger=ledger)


@dg.asset(**facts_of("labels", group="synthesis", kinds={"parquet"}, checks=["every_record_labelled"]))
def labels(context: dg.AssetExecutionContext, config: Recompute, stores: StoreResource) -> dg.MaterializeResult:
    """Every record's category in every dimension, or an explicit `other` or blank."""
    return materialised(
        context,
        stores,
        config,
        lambda work: metadata.of_figures(_label(work)),
        [checks.every_record_labelled],
    )


def _label(work: Work) -> LabelSummary:
    with open_ledger(work.store) as ledger:
        return labelling.materialise(work.store, work.config, work.year, ledger=ledger)


@dg.asset(
    **facts_of(
        "taxonomy",
        group="synthesis",
        kinds={"json"},
        checks=["numbers_recomputable", "citations_verified", "agreement_with_truth"],
    )
)
def taxonomy(context: dg.AssetExecutionContext, config: Recompute, stores: StoreResource) -> dg.MaterializeResult:
    """The published taxonomy: categories with counts and shares, relationships, trends, knowledge, recommendations."""
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return materialised(
        context,
        stores,
        config,
        lambda work: metadata.of_taxonomy(_publish(work, now), work.store),
        [checks.numbers_recomputable, checks.taxonomy_citations_verified, checks.agreement_with_truth],
    )


def _publish(work: Work, now: str) -> Taxonomy:
    with open_ledger(work.store) as ledger:
        return published.materialise(work.store, work.config, work.years, generated_at=now, ledger=ledger)


@dg.asset(**facts_of("report", group="synthesis", kinds={"html"}))
def report(context: dg.AssetExecutionContext, config: Recompute, stores: StoreResource) -> dg.MaterializeResult:
    """One self-contained page that shows the taxonomy to a person."""
    return materialised(
        context,
        stores,
        config,
        lambda work: metadata.of_page(page.materialise(work.store)),
    )
