"""What finds a chunk again: by meaning and by word."""

import dagster as dg

from assets import checks, metadata
from assets.stage import Recompute, facts_of, materialised
from resources.store import StoreResource
from rlm_pipeline.retrieval import lexical, vectors


@dg.asset(**facts_of("embeddings", group="index", kinds={"lancedb"}, checks=["vectors_complete"]))
def embeddings(context: dg.AssetExecutionContext, config: Recompute, stores: StoreResource) -> dg.MaterializeResult:
    """One vector per chunk in LanceDB; only content not yet embedded by this model is embedded."""
    return materialised(
        context,
        stores,
        config,
        lambda work: metadata.of_figures(vectors.materialise(work.store, work.config, work.year)),
        [checks.vectors_complete],
    )


@dg.asset(**facts_of("vector_index", group="index", kinds={"lancedb"}))
def vector_index(context: dg.AssetExecutionContext, config: Recompute, stores: StoreResource) -> dg.MaterializeResult:
    """The vectors of all fiscal years compacted, and indexed where there are too many to compare one by one."""
    return materialised(
        context,
        stores,
        config,
        lambda work: metadata.of_figures(vectors.build_index(work.store, work.config)),
    )


@dg.asset(**facts_of("lexical_index", group="index", kinds={"tantivy"}))
def lexical_index(context: dg.AssetExecutionContext, config: Recompute, stores: StoreResource) -> dg.MaterializeResult:
    """The words of every chunk in a tantivy index, ranked by BM25."""
    return materialised(
        context,
        stores,
        config,
        lambda work: metadata.of_figures(lexical.materialise(work.store, work.config, work.year)),
    )
