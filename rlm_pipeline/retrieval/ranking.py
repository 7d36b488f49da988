"""Ranked candidates: ties broken by content, and lists of several methods fused into one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

RRF_K = 60
"""Cormack, Clarke and Büttcher (SIGIR 2009) set k = 60 once and found results insensitive to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A chunk that one method found; a larger score is a better match."""

    chunk_id: str
    score: float


def stable_top(fetch: Callable[[int], Sequence[Candidate]], depth: int) -> tuple[Candidate, ...]:
    """The `depth` best candidates, equal scores in the order of their chunk ids.

    `fetch(limit)` returns at most `limit` candidates, none of which is worse than one it left out. An index cuts
    equal scores wherever its files happen to lie, so more are fetched until the cut falls between two scores.
    """
    limit = depth + 1
    while True:
        found = sorted(fetch(limit), key=lambda candidate: (-candidate.score, candidate.chunk_id))
        if len(found) < limit or found[-1].score < found[depth - 1].score:
            return tuple(found[:depth])
        limit *= 4


def ranks(candidates: Sequence[Candidate]) -> dict[str, int]:
    """The rank of every chunk id, from 1; of an id found twice, the better one."""
    found: dict[str, int] = {}
    for candidate in candidates:
        found.setdefault(candidate.chunk_id, len(found) + 1)
    return found


def reciprocal_rank_fusion(rankings: Sequence[Mapping[str, int]]) -> tuple[Candidate, ...]:
    """All ids of all rankings, best first; an id's score is the sum of 1 / (60 + rank) over the rankings it is in.

    Formula: Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning
    methods", SIGIR 2009.
    """
    scores: dict[str, float] = {}
    for ranking in rankings:
        for chunk_id, rank in ranking.items():
            scores[chunk_id] = scores.get(chunk_id, 0.0) + 1.0 / (RRF_K + rank)
    ordered = sorted(scores, key=lambda chunk_id: (-scores[chunk_id], chunk_id))
    return tuple(Candidate(chunk_id=chunk_id, score=scores[chunk_id]) for chunk_id in ordered)
