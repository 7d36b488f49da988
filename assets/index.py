"""What finds a chunk again: by meaning and by word."""

import dagster as dg

from assets import checks, index_metadata
from assets.metadata import Metadata
from assets.stage import Recompute, Work, facts_of, materialised
from resources.store import StoreResource
from rlm_pipeline.retrieval import embeddings as embedding
from rlm_pipeline.retrieval import lexical, vector_table
from rlm_pipeline.retrieval import vector_index as approximate
from rlm_pipeline.retrieval.encoders import search_encoder


@dg.asset(**facts_of("embeddings", group="index", kinds={"lancedb"}, checks=["vectors_complete"]))
def embeddings(context: dg.AssetExecutionContext, config: Recompute, stores: StoreResource) -> dg.MaterializeResult:
    """One vector per chunk in LanceDB; only content not yet embedded by this model is embedded."""
    return materialised(
        context,
        stores,
        config,
        lambda work: index_metadata.of_embeddings(embedding.materialise(work.store, work.config, work.year)),
        [checks.vectors_complete],
    )


@dg.asset(**facts_of("vector_index", group="index", kinds={"lancedb"}))
def vector_index(context: dg.AssetExecutionContext, config: Recompute, stores: StoreResource) -> dg.MaterializeResult:
    """The vectors of all fiscal years compacted, and indexed where there are too many to compare one by one."""
    return materialised(
        context,
        stores,
        config,
        _indexed,
    )


def _indexed(work: Work) -> Metadata:
    built = approximate.build_index(work.store, work.config)
    superseded = vector_table.drop_superseded(work.store, search_encoder(work.config.embedding))
    return {**index_metadata.of_vectors(built, work.store.vectors_folder), "superseded_models_removed": superseded}


@dg.asset(**facts_of("lexical_index", group="index", kinds={"tantivy"}))
def lexical_index(context: dg.AssetExecutionContext, config: Recompute, stores: StoreResource) -> dg.MaterializeResult:
    """The words of every chunk in a tantivy index, ranked by BM25."""
    return materialised(
        context,
        stores,
        config,
        lambda work: index_metadata.of_words(
            lexical.materialise(work.store, work.config, work.year), work.store.lexical_folder
        ),
    )
