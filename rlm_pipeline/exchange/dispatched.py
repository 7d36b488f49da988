"""The plan that is handed out: which chunks, in which batches."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from rlm_pipeline import fingerprint
from rlm_pipeline.chunking import batches as configured
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.exchange import chunk_tables
from rlm_pipeline.exchange import plan as plans
from rlm_pipeline.exchange.plan import PLANNED, Batch
from rlm_pipeline.retrieval import catalogue, filters, hybrid
from rlm_pipeline.retrieval.filters import Filters
from rlm_pipeline.retrieval.hybrid import Query
from rlm_pipeline.store import DatasetStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a batch is: one of these, else as the dataset's `batches` say."""

    batch_size: int | None = None
    workers: int | None = None
    tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every chunk asked for is in exactly one batch; `plan_id` follows from the batches."""

    plan_id: str
    dataset: str
    query: str
    total_chunks: int
    batch_count: int
    batches: tuple[Batch, ...]


def plan(store: DatasetStore, config: DatasetConfig, size: Size, *, scope: Filters, query: Query | None = None) -> Plan:
    """Put chunks into batches: all in scope in their order, or those of `query`, which has a scope itself, best first.

    The scope is settled before anything is ranked, so chunks outside of it displace none.

    Raises:
        NotMaterialised: the dataset has no chunks yet, or the query needs an index that is not there.
        QueryError: no such partition or source, an empty query, or a size that is not positive.

    """
    chosen = _in_scope(store, config, scope) if query is None else _matching(store, config, query)
    if query is None and size == Size():
        batches = _as_configured(store, config, chosen)
    else:
        batches = plans.numbered(_parts(config, chosen, size))
    return Plan(
        plan_id=fingerprint.short(*(batch.batch_id for batch in batches)),
        dataset=store.name,
        query=query.text if query else "",
        total_chunks=chosen.height,
        batch_count=len(batches),
        batches=batches,
    )


def _as_configured(store: DatasetStore, config: DatasetConfig, chosen: pl.DataFrame) -> tuple[Batch, ...]:
    """Batches of one content type and one schema each, within the limits of the dataset's `batches`."""
    places = {chunk_id: place for place, chunk_id in enumerate(chosen["chunk_id"])}
    parts: list[pl.DataFrame] = []
    carried: list[str] = []
    for partition in chosen["partition"].unique(maintain_order=True):
        for batch in configured.plan(store, config, partition):
            if kept := [places[each] for each in batch.chunk_ids if each in places]:
                parts.append(chosen[kept])
                carried.append(batch.context)
    return plans.numbered(parts, carried)


def _parts(config: DatasetConfig, chosen: pl.DataFrame, size: Size) -> Iterable[pl.DataFrame]:
    if size.batch_size is not None:
        return plans.by_size(chosen, size.batch_size)
    if size.workers is not None:
        return plans.by_workers(chosen, size.workers)
    return plans.by_tokens(chosen, config.batches.tokens if size.tokens is None else size.tokens)


def _in_scope(store: DatasetStore, config: DatasetConfig, scope: Filters) -> pl.DataFrame:
    chunks = chunk_tables.scan(store).select(PLANNED)
    if scope == Filters():
        return chunks.collect()
    known = catalogue.load(store)
    allowed = filters.settle(store, config, known, scope)
    rows = known.chunks["chunk_id"] if allowed is None else known.chunks["chunk_id"].gather(allowed.rows)
    return chunks.join(rows.to_frame().lazy(), on="chunk_id", how="semi", maintain_order="left").collect()


def _matching(store: DatasetStore, config: DatasetConfig, query: Query) -> pl.DataFrame:
    hits = hybrid.search(store, config, query)
    ranked = pl.LazyFrame({"chunk_id": [hit.chunk_id for hit in hits]}, schema={"chunk_id": pl.String})
    chunks = chunk_tables.scan(store).select(PLANNED)
    return ranked.join(chunks, on="chunk_id", how="inner", maintain_order="left").select(PLANNED).collect()
