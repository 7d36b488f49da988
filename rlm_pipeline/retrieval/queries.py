"""What is asked of a search, and what it gives."""

from dataclasses import dataclass, field, replace
from typing import Literal

from rlm_pipeline.errors import QueryError
from rlm_pipeline.retrieval.filters import Filters
from rlm_pipeline.retrieval.highlights import Highlight
from rlm_pipeline.retrieval.ranking import RRF_K

Mode = Literal["hybrid", "semantic", "bm25"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is searched for: a text, or chunks like the one of id `like`.

    `threshold` is the least cosine similarity of what only meaning finds. `rrf_k` flattens the fusion of hybrid.
    `collapse` leaves out chunks whose cosine similarity with a better hit is at least that. `diverse` weighs
    relevance (1) against unlikeness to the hits before (0).
    """

    text: str = ""
    like: str = ""
    mode: Mode = "hybrid"
    top_k: int = 10
    threshold: float | None = None
    rrf_k: int = RRF_K
    collapse: float | None = None
    diverse: float | None = None
    filters: Filters = field(default_factory=Filters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A chunk that matches a query.

    `score` is the cosine similarity (semantic), the BM25 score (bm25), or the sum of weight / (rrf_k + rank) over
    both (hybrid). A rank, from 1, and its score are None where that method was not asked or did not find the chunk.
    `matching_rows` are the records that fulfil the conditions, None without conditions; `collapsed` the ids of chunks
    left out because they say nearly the same.
    """

    chunk_id: str
    partition: str
    source: str
    row_start: int
    row_end: int
    line_start: int
    line_end: int
    char_start: int
    char_end: int
    content_type: str
    scope: str
    place: str
    text: str
    score: float
    semantic_rank: int | None
    bm25_rank: int | None
    semantic_score: float | None = None
    bm25_score: float | None = None
    highlights: tuple[Highlight, ...] = ()
    matching_rows: tuple[int, ...] | None = None
    collapsed: tuple[str, ...] = ()


def checked(query: Query) -> Query:
    """The query with its text ready to be searched for.

    Raises:
        QueryError: it is empty, or a value in it makes no sense; says which.

    """
    if query.mode not in ("hybrid", "semantic", "bm25"):
        raise QueryError(f"unknown search mode {query.mode!r}; expected hybrid, semantic or bm25")
    if query.top_k < 1:
        raise QueryError(f"top_k must be at least 1, not {query.top_k}")
    if query.rrf_k < 0:
        raise QueryError(f"rrf_k must be at least 0, not {query.rrf_k}")
    for name, low, value in (
        ("threshold", -1, query.threshold),
        ("collapse", -1, query.collapse),
        ("diverse", 0, query.diverse),
    ):
        if value is not None and not low <= value <= 1:
            raise QueryError(f"{name} must be from {low} to 1, not {value}")
    words = query.text.encode("utf-8", "replace").decode("utf-8").strip()
    if bool(words) == bool(query.like):
        both = "give either words to search for or a chunk to find others like it, not both"
        raise QueryError(both if words else "the query is empty; give some words to search for")
    return replace(query, text=words)
