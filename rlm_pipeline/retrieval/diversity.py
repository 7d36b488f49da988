"""Rankings with fewer repetitions: near-duplicates collapsed, or relevance weighed against likeness."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.retrieval.ranking import Candidate

_ROUNDING = 1e-6
"""The cosine similarity of a float32 vector to itself can be this much below 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A candidate that stays, and the ids of the worse ones that say nearly the same."""

    candidate: Candidate
    collapsed: tuple[str, ...] = ()


def collapse(candidates: Sequence[Candidate], vectors: NDArray[np.float32], similarity: float) -> tuple[Kept, ...]:
    """The candidates, best first, without those at least as similar as `similarity` (cosine) to a better one kept.

    `vectors` is float32 (candidates, dimension), rows of length 1. A row of zeros, of a chunk without a vector, is
    like no other.
    """
    kept: list[int] = []
    collapsed: dict[int, list[str]] = {}
    for place, candidate in enumerate(candidates):
        likeness = vectors[kept] @ vectors[place] if kept else np.empty(0, np.float32)
        if likeness.size and float(likeness.max()) >= similarity - _ROUNDING:
            collapsed[kept[int(likeness.argmax())]].append(candidate.chunk_id)
        else:
            kept.append(place)
            collapsed[place] = []
    return tuple(Kept(candidate=candidates[place], collapsed=tuple(collapsed[place])) for place in kept)


def maximal_marginal_relevance(
    candidates: Sequence[Candidate], vectors: NDArray[np.float32], weight: float, top_k: int
) -> tuple[Candidate, ...]:
    """`top_k` candidates: each time that with the largest weight * relevance - (1 - weight) * likeness to those taken.

    Relevance is the score over the best one's; likeness the largest cosine similarity. `weight` 1 leaves the order as
    it is. Formula: Carbonell and Goldstein, "The use of MMR", SIGIR 1998.
    """
    if not candidates:
        return ()
    best = max(abs(candidate.score) for candidate in candidates) or 1.0
    relevance = np.array([candidate.score / best for candidate in candidates])
    likeness = np.zeros(len(candidates))
    waiting = np.ones(len(candidates), dtype=bool)
    taken: list[int] = []
    while len(taken) < min(top_k, len(candidates)):
        worth = np.where(waiting, weight * relevance - (1 - weight) * likeness, -np.inf)
        chosen = int(worth.argmax())
        taken.append(chosen)
        waiting[chosen] = False
        likeness = np.maximum(likeness, vectors @ vectors[chosen]) if len(taken) > 1 else vectors @ vectors[chosen]
    return tuple(candidates[place] for place in taken)
