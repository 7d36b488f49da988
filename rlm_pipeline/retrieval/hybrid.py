"""Search over chunks by meaning, by words, or by both: one query by itself. `Searcher` keeps open what many share."""

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.retrieval.chunk_lookup import ChunkRecord, get_chunk, list_chunks, neighbours
from rlm_pipeline.retrieval.filters import Filters
from rlm_pipeline.retrieval.queries import Hit, Mode, Query
from rlm_pipeline.retrieval.searcher import Searcher
from rlm_pipeline.store import DatasetStore

__all__ = ["ChunkRecord", "Hit", "Mode", "Query", "get_chunk", "list_chunks", "neighbours", "search"]


def search(
    store: DatasetStore,
    config: DatasetConfig,
    query: str | Query,
    *,
    mode: Mode = "hybrid",
    top_k: int = 10,
    partition: str | None = None,
) -> tuple[Hit, ...]:
    """The `top_k` best chunks, best first; equal scores in the order of their chunk ids.

    A `Query` says all itself; the other parameters are of a query in words.

    Raises:
        QueryError: the query is empty, `top_k` is not positive, or there is no such partition or mode.
        NotMaterialised: chunks, embeddings or lexical_index have not run.

    """
    if isinstance(query, str):
        filters = Filters(partitions=(partition,) if partition else ())
        query = Query(text=query, mode=mode, top_k=top_k, filters=filters)
    return Searcher(store, config).search(query)
