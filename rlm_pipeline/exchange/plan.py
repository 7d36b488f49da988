"""Batches of chunk ids for readers outside: every chunk of the dataset, or those that match a query."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from rlm_pipeline import fingerprint
from rlm_pipeline.chunking.chunk_table import tokens_in
from rlm_pipeline.errors import QueryError

PLANNED = ["chunk_id", "partition", "source", "records", "n_tokens_estimate"]
"""Columns of the chunks that a plan is made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Chunks for one reader, in the order to read them.

    `batch_id` follows from the chunk ids, so the same chunks are the same batch in every plan. `records` begin in its
    chunks; `tokens` are estimated, and above the budget asked for only where a single chunk is.
    """

    batch_id: str
    batch_index: int
    batch_count: int
    partitions: tuple[str, ...]
    sources: tuple[str, ...]
    chunk_count: int
    records: int
    tokens: int
    carried: str
    chunk_ids: tuple[str, ...]


def by_size(chunks: pl.DataFrame, size: int) -> Iterator[pl.DataFrame]:
    """`size` chunks each, the last one fewer.

    Raises:
        QueryError: `size` is not positive.

    """
    _positive("--batch-size", size)
    return chunks.iter_slices(size)


def by_workers(chunks: pl.DataFrame, workers: int) -> Iterator[pl.DataFrame]:
    """Exactly as many batches as workers, their sizes at most one apart; fewer where there are fewer chunks.

    Raises:
        QueryError: `workers` is not positive.

    """
    _positive("--workers", workers)
    number = min(workers, chunks.height)
    edges = [chunks.height * place // number for place in range(number + 1)] if number else []
    return (chunks.slice(start, end - start) for start, end in pairwise(edges))


def by_tokens(chunks: pl.DataFrame, tokens: int) -> Iterator[pl.DataFrame]:
    """As many chunks each as `tokens` hold; a chunk that is over the budget by itself is alone.

    Raises:
        QueryError: `tokens` is not positive.

    """
    _positive("--tokens", tokens)
    return _filled(chunks, tokens)


def _filled(chunks: pl.DataFrame, tokens: int) -> Iterator[pl.DataFrame]:
    start = held = 0
    for place, needed in enumerate(chunks["n_tokens_estimate"]):
        if place > start and held + needed > tokens:
            yield chunks.slice(start, place - start)
            start, held = place, 0
        held += needed
    if start < chunks.height:
        yield chunks.slice(start)


def numbered(parts: Iterable[pl.DataFrame], carried: Sequence[str] = ()) -> tuple[Batch, ...]:
    """The batches of a plan.

    Args:
        parts: the chunks of each batch, with the columns `PLANNED`.
        carried: what the reader of each batch needs besides, such as the header of its table.

    """
    found = list(parts)
    return tuple(
        Batch(
            batch_id=fingerprint.short(*part["chunk_id"]),
            batch_index=place,
            batch_count=len(found),
            partitions=tuple(part["partition"].unique(maintain_order=True)),
            sources=tuple(part["source"].unique(maintain_order=True)),
            chunk_count=part.height,
            records=int(part["records"].sum()),
            tokens=int(part["n_tokens_estimate"].sum()) + (tokens_in(carried[place]) if carried else 0),
            carried=carried[place] if carried else "",
            chunk_ids=tuple(part["chunk_id"]),
        )
        for place, part in enumerate(found)
    )


def _positive(option: str, number: int) -> None:
    if number < 1:
        raise QueryError(f"{option} is {number}; give at least 1")
