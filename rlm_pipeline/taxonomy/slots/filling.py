"""How far a set of words is a slot, and how one is grown from a few words that stand for one another."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.taxonomy.graph import Vectors
from rlm_pipeline.taxonomy.slots.lexicon import Positions, Presence

Floats = NDArray[np.float64]

FEWEST_WORDS = 3
_MOST_STEPS = 80
_CLEARLY = 2.0  # standard errors
_FEWEST_NEW = 3  # statements a word must fill that had none
_KIN = 3
_LOOSEST = 0.25
_ALMOST_ONE = 0.999


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """`coverage` is the share of statements with at least one of the words.

    `fill` is the share of those statements that words strewn by chance would leave without one, and that have one:
    1 - P(none) / prod(1 - p) over the words' shares p. It is 0 by chance, 1 if every statement has one, and less than 0
    where the words seek each other's company.
    """

    coverage: float
    fill: float


def filling(presence: Presence, words: Positions) -> Filling:
    """The filling of `presence` (n, W) by `words`, positions of its columns."""
    n = presence.shape[0]
    chosen = presence[:, words]
    none = float((np.asarray(chosen.sum(axis=1)).ravel() == 0).mean())
    shares = np.minimum(np.asarray(chosen.sum(axis=0)).ravel() / n, _ALMOST_ONE)
    by_chance = float(np.exp(np.log1p(-shares).sum()))
    return Filling(coverage=1 - none, fill=1 - (none + 0.5 / n) / (by_chance + 0.5 / n))


def grown(presence: Presence, kin: Vectors, words: Positions) -> Positions:
    """`words` without those that do not help to fill the slot, and with others that do and are of their kind; sorted.

    A word helps if it is more frequent in statements with none of the others than in all. It is of their kind if it is
    as near to three of them as the loosest quarter of them is to the others. `kin` (W, d) are rows of length 1.
    """
    chosen = [int(word) for word in words]
    n = presence.shape[0]
    shares = np.asarray(presence.sum(axis=0)).ravel() / n
    for _ in range(_MOST_STEPS):
        own = presence[:, chosen]
        held = np.asarray(own.sum(axis=1)).ravel()
        alone = np.asarray(own[held == 1].sum(axis=0)).ravel()
        empty = int((held == 0).sum())
        worst = _least_helpful(alone, empty, shares[chosen])
        if worst is not None and len(chosen) > FEWEST_WORDS:
            chosen.pop(worst)
            continue
        best = _most_helpful(presence[held == 0], kin, chosen, shares)
        if best is None:
            break
        chosen.append(best)
    return np.array(sorted(chosen), dtype=np.int64)


def _gain(among_empty: Floats, shares: Floats) -> Floats:
    """By how much more a word lessens log P(none) than by chance."""
    gain: Floats = np.log1p(-np.minimum(shares, _ALMOST_ONE)) - np.log1p(-np.minimum(among_empty, _ALMOST_ONE))
    return gain


def _least_helpful(alone: Floats, empty: int, shares: Floats) -> int | None:
    gain = _gain(alone / np.maximum(alone + empty, 1), shares)
    worst = int(np.argmin(gain))
    return worst if gain[worst] < 0 else None


def _most_helpful(empty: Presence, kin: Vectors, chosen: list[int], shares: Floats) -> int | None:
    n = empty.shape[0]
    open_words = np.ones(len(shares), dtype=np.bool_)
    open_words[chosen] = False
    candidates = np.flatnonzero(open_words & (_kin_of(kin, chosen) >= _loosest(kin, chosen)))
    if not len(candidates) or not n:
        return None
    counted = np.asarray(empty[:, candidates].sum(axis=0)).ravel()
    gain = _gain(counted / n, shares[candidates])
    error = np.sqrt(shares[candidates] * (1 - shares[candidates]) / n)
    clear = (counted / n - shares[candidates] >= _CLEARLY * error) & (counted >= _FEWEST_NEW)
    gain[~clear] = 0.0
    best = int(np.argmax(gain))
    return int(candidates[best]) if gain[best] > 0 else None


def _kin_of(kin: Vectors, chosen: list[int]) -> Floats:
    nearest = np.sort(kin @ kin[chosen].T, axis=1)[:, -_KIN:]
    mean: Floats = nearest.mean(axis=1).astype(np.float64)
    return mean


def _loosest(kin: Vectors, chosen: list[int]) -> float:
    similar = np.sort(kin[chosen] @ kin[chosen].T, axis=1)[:, :-1]  # the last is the word itself
    return float(np.quantile(similar[:, -_KIN:].mean(axis=1), _LOOSEST))
