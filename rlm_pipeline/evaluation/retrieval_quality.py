"""How good a ranking is: recall, nDCG and reciprocal rank of one query, and means over queries with intervals.

A ranking is the relevance of what was found, best first: `[False, True]` says that the second hit is relevant.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

BOOTSTRAP_SAMPLES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean over queries and its 95 % percentile-bootstrap interval (Efron and Tibshirani 1993)."""

    mean: float
    low: float
    high: float


def recall(ranking: Sequence[bool], relevant: int, k: int) -> float:
    """The share of what can be found among the first `k` that is: hits / min(k, relevant).

    With more than `k` relevant documents plain recall could not reach 1; capping it is R_cap@k of Thakur et al., BEIR,
    NeurIPS 2021. For one relevant document it is 1 if the document is among the first `k`, else 0.

    Raises:
        ValueError: there is nothing to find.

    """
    return sum(ranking[:k]) / _findable(relevant, k)


def ndcg(ranking: Sequence[bool], relevant: int, k: int) -> float:
    """Discounted cumulated gain of the first `k`, over that of a ranking with all relevant documents first.

    DCG = sum of gain / log2(1 + rank), gain 1 or 0: Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR
    techniques", TOIS 20(4), 2002, with the discount from the second rank on that Burges et al. (2005) made usual.

    Raises:
        ValueError: there is nothing to find.

    """
    ideal = sum(1 / math.log2(1 + rank) for rank in range(1, _findable(relevant, k) + 1))
    return sum(1 / math.log2(1 + rank) for rank, hit in enumerate(ranking[:k], 1) if hit) / ideal


def reciprocal_rank(ranking: Sequence[bool]) -> float:
    """1 / the rank of the first relevant document, 0 if there is none; its mean is MRR (Voorhees, TREC-8, 1999)."""
    return next((1 / rank for rank, hit in enumerate(ranking, 1) if hit), 0.0)


def first_only(ranking: Sequence[bool]) -> list[bool]:
    """The ranking of an item that several hits show: its first hit counts, the others find nothing new."""
    first = next((place for place, hit in enumerate(ranking) if hit), len(ranking))
    return [place == first for place in range(len(ranking))]


def share_found(found: Collection[str], exact: Collection[str]) -> float:
    """The share of the exact nearest neighbours that an approximate search found, 1 where there are none.

    Averaged over queries it is the recall of Aumüller, Bernhardsson and Faithfull, "ANN-Benchmarks", 2020.
    """
    wanted = set(exact)
    return len(wanted.intersection(found)) / len(wanted) if wanted else 1.0


def estimate(values: Sequence[float], *, seed: int = 0) -> Estimate:
    """The mean of one value per query; queries are drawn anew with replacement for the interval.

    Of differences query by query it is the paired comparison of two methods.

    Raises:
        ValueError: there are no values.

    """
    if not len(values):
        raise ValueError("an estimate needs the value of at least one query")
    measured = np.asarray(values, dtype=np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(measured), (BOOTSTRAP_SAMPLES, len(measured)))
    low, high = np.quantile(measured[drawn].mean(axis=1), (0.025, 0.975))
    return Estimate(mean=float(measured.mean()), low=float(low), high=float(high))


def _findable(relevant: int, k: int) -> int:
    if relevant < 1 or k < 1:
        raise ValueError(f"nothing to find: {relevant} relevant documents, the first {k} looked at")
    return min(relevant, k)
