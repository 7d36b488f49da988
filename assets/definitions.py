"""The composition root: everything Dagster loads, and nothing that runs."""

import dagster as dg

from assets import analysis, automation, corpus, index, synthesis
from resources.store import StoreResource

defs = dg.Definitions(
    assets=[
        corpus.raw_file,
        corpus.column_profile,
        corpus.column_pairs,
        corpus.schema,
        corpus.chunks,
        index.embeddings,
        index.vector_index,
        index.lexical_index,
        analysis.findings,
        analysis.readings,
        analysis.merged_findings,
        synthesis.dimensions,
        synthesis.labels,
        synthesis.taxonomy,
        synthesis.report,
    ],
    jobs=[automation.read_on],
    sensors=[automation.collect_batches],
    resources={"stores": StoreResource()},
    executor=dg.in_process_executor,
)
