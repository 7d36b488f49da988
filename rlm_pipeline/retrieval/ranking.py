"""Ranked candidates: ties broken by content, and lists of several methods fused into one."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

RRF_K = 10
"""Cormack, Clarke and Büttcher (SIGIR 2009) set k = 60 for many rankings of much the same quality. With two of which
one can be far better, a large k puts what both found somewhere before what the better one found first (Bruch, Gai and
Ingber, "An analysis of fusion functions for hybrid retrieval", TOIS 42(1), 2023, find the same sensitivity)."""

_LEAST = 0.02
_WORD = re.compile(r"\w+")


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
    limit = depth + 1 + depth // 4
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


def reciprocal_rank_fusion(
    rankings: Sequence[Mapping[str, int]], k: int = RRF_K, weights: Sequence[float] | None = None
) -> tuple[Candidate, ...]:
    """All ids of all rankings, best first; an id's score is the sum of weight / (k + rank) over the rankings it is in.

    Formula: Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning
    methods", SIGIR 2009, where every weight is 1.
    """
    scores: dict[str, float] = {}
    for ranking, weight in zip(rankings, weights or [1.0] * len(rankings), strict=True):
        for chunk_id, rank in ranking.items():
            scores[chunk_id] = scores.get(chunk_id, 0.0) + weight / (k + rank)
    ordered = sorted(scores, key=lambda chunk_id: (-scores[chunk_id], chunk_id))
    return tuple(Candidate(chunk_id=chunk_id, score=scores[chunk_id]) for chunk_id in ordered)


def share_in_words(query: str) -> float:
    """The share of the query's letters and digits that are in words without a digit, 0 to 1; 1 for an empty one."""
    words = _WORD.findall(query)
    written = sum(map(len, words))
    plain = sum(len(word) for word in words if not any(sign.isdigit() for sign in word))
    return plain / written if written else 1.0


def weights_of(nearest: float, background: float, coverage: float, in_words: float) -> tuple[float, float]:
    """How much the rankings by meaning and by words count for one query; the two sum to 2.

    Each is judged by how near its best comes to a perfect match: by words by `coverage`, the share of the query's
    words, weighed by rareness, that the best chunk holds; by meaning by how much of the way from any chunk to the query
    itself the nearest comes: its cosine similarity `nearest` corrected for chance as Cohen's kappa is (1960), by the
    mean similarity `background` of the query to the collection. So an encoder whose unrelated texts are alike too is
    not trusted for that. What numbers and codes are alike in is no meaning, so only the share `in_words` counts.
    Predicting from the scores which ranking to trust is query-performance prediction (Markovits, Shtok, Kurland and
    Carmel, "Predicting query performance for fusion-based retrieval", CIKM 2012). The three constants were chosen on
    development queries; docs/benchmarks.md has the figures.
    """
    closed = in_words * (nearest - background) / max(1 - background, 1e-6)
    # Equal weights at coverage 0.7 and 0.65 of the way.
    favour = 4 * math.log(max(coverage, _LEAST) / 0.7) - 10 * math.log(max(closed, _LEAST) / 0.65)
    of_words = 2 / (1 + math.exp(-favour))
    return 2 - of_words, of_words
