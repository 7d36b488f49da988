"""The categories of a slot: its words, put together where the records that hold them are alike.

A word is the mean of the vectors of the statements that hold it; words are joined by average linkage. Of 3 to 12
categories, the finest number is taken whose categories come back, when half of the statements are left out, nearly as
well as those of the best number.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.taxonomy.graph import Labels, Vectors
from rlm_pipeline.taxonomy.slots.lexicon import Presence

Floats = NDArray[np.float64]

FEWEST, MOST = 3, 12
_SUBSAMPLES = 12
_NEAR_BEST = 0.98
_SMALLEST = 0.01  # share of statements; a smaller category is put with the nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """`groups` (W,) is each word's category from 0; `recurrence` (K,) each category's mean best Jaccard index."""

    groups: Labels
    recurrence: Floats

    @property
    def categories(self) -> int:
        """How many categories there are."""
        return len(self.recurrence)


def group(presence: Presence, vectors: Vectors, *, seed: int) -> Grouping | None:
    """Put the words of a slot together; None where there are too few to choose from.

    Args:
        presence: (n, W) which statement holds which word of the slot.
        vectors: (n, d) of the statements, rows of length 1.
        seed: of the halves.

    """
    numbers = range(FEWEST, min(MOST, presence.shape[1] - 1) + 1)
    if not numbers:
        return None
    centred = vectors - vectors.mean(axis=0)
    weights = np.asarray(presence.sum(axis=0)).ravel()
    full = _cuts(presence, centred, numbers)
    recurring = {number: np.zeros(int(full[number].max()) + 1) for number in numbers}
    rng = np.random.default_rng(seed)
    for _ in range(_SUBSAMPLES):
        half = np.sort(rng.permutation(len(vectors))[: len(vectors) // 2])
        here = np.asarray(presence[half].sum(axis=0)).ravel() > 0
        if here.sum() <= numbers[-1]:
            return None
        again = _cuts(presence[half][:, here], centred[half], numbers)
        for number in numbers:
            recurring[number] += _best_jaccard(full[number][here], again[number], weights[here], len(recurring[number]))
    found = {number: Grouping(groups=full[number], recurrence=recurring[number] / _SUBSAMPLES) for number in numbers}
    best = max(mean_recurrence(each, weights) for each in found.values())
    finest = max(number for number in numbers if mean_recurrence(found[number], weights) >= _NEAR_BEST * best)
    return _without_small(found[finest], presence, centred)


def mean_recurrence(found: Grouping, weights: Vectors) -> float:
    """Mean recurrence over occurrences of words, `weights` (W,)."""
    sizes = np.bincount(found.groups, weights=weights)
    return float((found.recurrence * sizes).sum() / sizes.sum())


def _cuts(presence: Presence, vectors: Vectors, numbers: Sequence[int]) -> dict[int, Labels]:
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import pdist

    tree = linkage(pdist(_means(presence, vectors), "cosine"), "average")
    return {number: fcluster(tree, number, "maxclust").astype(np.int32) - 1 for number in numbers}


def _means(presence: Presence, vectors: Vectors) -> Floats:
    sums = np.asarray(presence.T @ vectors, dtype=np.float64)
    # Rounded so that equal words tie alike whatever the order of a product.
    means: Floats = np.round(sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9), 6)
    return means


def _best_jaccard(groups: Labels, again: Labels, weights: Vectors, categories: int) -> Floats:
    both = np.zeros((categories, int(again.max()) + 1))
    np.add.at(both, (groups, again), weights)
    union = both.sum(axis=1)[:, None] + both.sum(axis=0)[None, :] - both
    best: Floats = (both / np.maximum(union, 1e-9)).max(axis=1)
    return best


def _without_small(found: Grouping, presence: Presence, vectors: Vectors) -> Grouping:
    """Numbered from 0 by falling number of statements; the smallest category goes to the nearest while it is small."""
    groups, recurrence = found.groups.copy(), found.recurrence
    while True:
        numbers = np.unique(groups)
        held = {number: presence[:, groups == number] for number in numbers.tolist()}
        sizes = {number: int((np.asarray(each.sum(axis=1)).ravel() > 0).sum()) for number, each in held.items()}
        smallest = min(sizes, key=lambda number: (sizes[number], number))
        if len(sizes) <= FEWEST or sizes[smallest] >= _SMALLEST * len(vectors):
            break
        middles = {number: _unit(np.asarray(each.sum(axis=1)).ravel() @ vectors) for number, each in held.items()}
        others = [number for number in sizes if number != smallest]
        groups[groups == smallest] = max(others, key=lambda number: float(middles[number] @ middles[smallest]))
    order = sorted(sizes, key=lambda number: (-sizes[number], number))
    rank = {number: place for place, number in enumerate(order)}
    return Grouping(
        groups=np.array([rank[int(each)] for each in groups], dtype=np.int32),
        recurrence=recurrence[order],
    )


def _unit(vector: Floats) -> Floats:
    unit: Floats = vector / max(float(np.linalg.norm(vector)), 1e-9)
    return unit
