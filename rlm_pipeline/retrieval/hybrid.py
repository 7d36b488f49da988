"""Search over chunks by meaning, by words, or by both; and chunks by their id.

What a hit shows is read from the chunk files, so a hit never disagrees with the chunk of that id. A chunk that an
index still knows but that no longer exists is left out.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import QueryError
from rlm_pipeline.retrieval import chunk_files, lexical, vectors
from rlm_pipeline.retrieval.ranking import Candidate, ranks, reciprocal_rank_fusion
from rlm_pipeline.store import DatasetStore

Mode = Literal["hybrid", "semantic", "bm25"]

MIN_CANDIDATES = 50
CANDIDATES_PER_HIT = 5
SHORTEST_PREFIX = 6

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A chunk that matches a query.

    `score` is the cosine similarity (semantic), the BM25 score (bm25), or the sum of 1 / (60 + rank) over both
    (hybrid). A rank, from 1, is None where that method was not asked or did not find the chunk.
    """

    chunk_id: str
    partition: str
    source: str
    row_start: int
    row_end: int
    scope: str
    text: str
    score: float
    semantic_rank: int | None
    bm25_rank: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkRecord:
    """A chunk and its place in the source; the fields are those of `CHUNK_SCHEMA`."""

    partition: str
    chunk_id: str
    ordinal: int
    source: str
    row_start: int
    row_end: int
    line_start: int
    line_end: int
    char_start: int
    char_end: int
    content_type: str
    scope: str
    text: str
    n_chars: int
    n_tokens_estimate: int
    content_hash: str


def search(
    store: DatasetStore,
    config: DatasetConfig,
    query: str,
    *,
    mode: Mode = "hybrid",
    top_k: int = 10,
    partition: str | None = None,
) -> tuple[Hit, ...]:
    """The `top_k` best chunks, best first; equal scores in the order of their chunk ids.

    With a partition, chunks of others are left out before ranking, so as many are found as if it were alone.

    Raises:
        QueryError: the query is empty, `top_k` is not positive, or there is no such partition or mode.
        NotMaterialised: chunks, embeddings or lexical_index have not run.

    """
    query = _checked(query, mode, top_k)
    partitions = chunk_files.searchable(store, partition)
    depth = max(MIN_CANDIDATES, CANDIDATES_PER_HIT * top_k)
    by_meaning: tuple[Candidate, ...] = ()
    by_words: tuple[Candidate, ...] = ()
    if mode != "bm25":
        by_meaning = vectors.semantic_search(store, config, query, depth, partition=partition)
    if mode != "semantic":
        by_words = lexical.bm25_search(store, query, depth, partition)
    frame = chunk_files.scan(store, partitions)
    by_meaning, by_words = _existing(frame, by_meaning, by_words)
    semantic_ranks, bm25_ranks = ranks(by_meaning), ranks(by_words)
    fused = reciprocal_rank_fusion((semantic_ranks, bm25_ranks))
    best = {"semantic": by_meaning, "bm25": by_words, "hybrid": fused}[mode][:top_k]
    shown = _by_id(frame, best)
    return tuple(
        Hit(
            **shown[candidate.chunk_id],
            score=candidate.score,
            semantic_rank=semantic_ranks.get(candidate.chunk_id),
            bm25_rank=bm25_ranks.get(candidate.chunk_id),
        )
        for candidate in best
    )


def get_chunk(store: DatasetStore, chunk_id: str) -> ChunkRecord:
    """The chunk with this id, or with the only id that starts with it (6 characters or more).

    Raises:
        QueryError: no chunk or several chunks have such an id; names those that come closest.
        NotMaterialised: chunks has not run.

    """
    wanted = chunk_id.strip().lower()
    partitions = chunk_files.searchable(store, None)
    if len(wanted) < SHORTEST_PREFIX:
        raise QueryError(f"chunk id {chunk_id!r} is too short; give at least {SHORTEST_PREFIX} of its 16 characters")
    frame = chunk_files.scan(store, partitions)
    found = frame.filter(pl.col("chunk_id").str.starts_with(wanted)).head(4).collect()
    if found.height == 1:
        return ChunkRecord(**found.row(0, named=True))
    if found.is_empty():
        raise QueryError(f"{store.name} has no chunk {chunk_id!r}; close ids: {', '.join(_neighbours(frame, wanted))}")
    raise QueryError(f"several chunks of {store.name} start with {chunk_id!r}: {', '.join(sorted(found['chunk_id']))}")


def list_chunks(store: DatasetStore, partition: str | None = None, limit: int = 20) -> tuple[ChunkRecord, ...]:
    """The first `limit` chunks, by partition and then in the order of the source.

    Raises:
        QueryError: there is no such partition, or `limit` is not positive.
        NotMaterialised: chunks has not run.

    """
    if limit < 1:
        raise QueryError(f"limit must be at least 1, not {limit}")
    first = chunk_files.scan(store, chunk_files.searchable(store, partition)).head(limit).collect()
    return tuple(ChunkRecord(**row) for row in first.iter_rows(named=True))


def _checked(query: str, mode: str, top_k: int) -> str:
    if mode not in ("hybrid", "semantic", "bm25"):
        raise QueryError(f"unknown search mode {mode!r}; expected hybrid, semantic or bm25")
    if top_k < 1:
        raise QueryError(f"top_k must be at least 1, not {top_k}")
    words = query.encode("utf-8", "replace").decode("utf-8").strip()
    if not words:
        raise QueryError("the query is empty; give some words to search for")
    return words


def _existing(frame: pl.LazyFrame, *rankings: tuple[Candidate, ...]) -> list[tuple[Candidate, ...]]:
    asked = {candidate.chunk_id for ranking in rankings for candidate in ranking}
    present = set(chunk_files.with_ids(frame.select("chunk_id"), asked).collect()["chunk_id"])
    if asked - present:
        _logger.warning(
            "%d of %d found chunks no longer exist; the indexes are stale", len(asked - present), len(asked)
        )
    return [tuple(candidate for candidate in ranking if candidate.chunk_id in present) for ranking in rankings]


def _by_id(frame: pl.LazyFrame, candidates: Sequence[Candidate]) -> dict[str, dict[str, Any]]:
    ids = [candidate.chunk_id for candidate in candidates]
    columns = ("chunk_id", "partition", "source", "row_start", "row_end", "scope", "text")
    rows = chunk_files.with_ids(frame.select(columns), ids).collect()
    return {row["chunk_id"]: row for row in rows.iter_rows(named=True)}


def _neighbours(frame: pl.LazyFrame, wanted: str) -> list[str]:
    """The ids before and after the place in sorted order where the wanted one would be."""
    ids = frame.select("chunk_id").collect()["chunk_id"].sort()
    place = ids.search_sorted(wanted)
    return ids[max(0, place - 2) : place + 2].to_list()
