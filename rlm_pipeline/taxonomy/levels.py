"""Levels of a sample: into how many categories it can be cut, and how far each cut is a property of the data.

A cut is believed for what it has in excess of structureless data cut as finely. How often its categories come back when
four fifths of the statements are clustered again is compared with the same figure of one Gaussian that has the data's
mean and covariance. Equally fine means an equal effective number of categories, exp of the entropy of their shares:
one large category beside a few small ones comes back always, and its plain number of categories hides that.

Selection measured on data with known classes (classes: chosen, agreement AMI): 150 intents: 161, .855; 77 intents: 72,
.785; 20 topics of bill titles: 34, .439 (best possible .447). With the plain number of categories the last was 12, .25.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.taxonomy.graph import Labels, Neighbours, SharedNeighbourGraph, Vectors, among, nearest

Floats = NDArray[np.float64]

NEIGHBOURS = 15
STABLE = 0.6
"""A category that comes back with a mean Jaccard index of at least this is a reproducible group (Hennig 2007)."""

_SEARCHED = 22  # so that a subsample of four fifths still has 15 of them
_KEPT = 0.8
_SUBSAMPLES, _NULL_SUBSAMPLES = 8, 2
_RESOLUTIONS = tuple(float(each) for each in np.geomspace(0.02, 60, 24))
_NULL_RESOLUTIONS = tuple(float(each) for each in np.geomspace(0.2, 60, 14))
_MEMBERS_PER_CATEGORY = 6  # a finer cut would have fewer on average
_NULL_QUANTILE = 0.95


@dataclass(frozen=True, kw_only=True)
class Cut:
    """The sample in categories at one resolution; `recurrence` (K,) is each category's mean best Jaccard index."""

    resolution: float
    labels: Labels
    recurrence: Floats

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """Statements in each category."""
        return np.bincount(self.labels)

    @property
    def categories(self) -> int:
        """How many categories there are."""
        return len(self.sizes)

    @cached_property
    def effective(self) -> float:
        """Exp of the entropy of the categories' shares: K if they are equal, near 1 if one holds almost all."""
        shares = self.sizes / self.sizes.sum()
        return float(np.exp(-(shares * np.log(shares)).sum()))

    @cached_property
    def stability(self) -> float:
        """Mean recurrence over statements, 0..1."""
        return float((self.recurrence * self.sizes).sum() / self.sizes.sum())

    @cached_property
    def coverage(self) -> float:
        """Share of the statements in categories that are stable."""
        return float(self.sizes[self.recurrence >= STABLE].sum() / self.sizes.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Null:
    """What structureless data reaches, by effective number of categories (ascending, from 1)."""

    effective: Floats
    stability: Floats
    containment: Floats  # 95 % of its categories hold a smaller share of their own neighbours

    def stability_of(self, cut: Cut) -> float:
        """Stability of structureless data cut as finely, interpolated in the logarithm."""
        return float(np.interp(np.log(cut.effective), np.log(self.effective), self.stability))

    def containment_of(self, cut: Cut) -> float:
        """The containment a category of `cut` must exceed, interpolated in the logarithm."""
        return float(np.interp(np.log(cut.effective), np.log(self.effective), self.containment))

    def excess_of(self, cut: Cut) -> float:
        """Stability of `cut` in excess of structureless data."""
        return cut.stability - self.stability_of(cut)


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """All cuts of a sample, coarse to fine, with the neighbours they were made from and the null."""

    neighbours: Neighbours
    cuts: tuple[Cut, ...]
    null: Null


def search(vectors: Vectors, seed: int) -> Path:
    """Cut the sample at every resolution, and structureless data like it.

    Args:
        vectors: (n, d) distinct statements, rows of length 1, n >= 2.
        seed: of the subsamples, the null and the communities; equal seeds give equal paths.

    """
    neighbours, cuts = _cuts(vectors, seed, resolutions=_RESOLUTIONS, subsamples=_SUBSAMPLES)
    null_neighbours, null_cuts = _cuts(
        _structureless(vectors, seed), seed, resolutions=_NULL_RESOLUTIONS, subsamples=_NULL_SUBSAMPLES
    )
    return Path(neighbours=neighbours, cuts=cuts, null=_null(null_neighbours, null_cuts))


def recurrence(path: Path, cut: Cut, *, seed: int, subsamples: int) -> Floats:
    """Each category's mean best Jaccard index over fresh subsamples: (K,) 0..1, finer than the path's own estimate."""
    seeds = range(seed + 1 + _SUBSAMPLES, seed + 1 + _SUBSAMPLES + subsamples)
    return next(iter(_recurrences(path.neighbours, [(cut.resolution, cut.labels)], seeds)))


def containment(neighbours: Neighbours, labels: Labels) -> Floats:
    """The share of each category's nearest neighbours that are in it: (K,) 0..1."""
    near = neighbours[:, :NEIGHBOURS]
    inside = (labels[near] == labels[:, None]).mean(axis=1)
    return np.bincount(labels, weights=inside) / np.bincount(labels)


def _cuts(
    vectors: Vectors, seed: int, *, resolutions: Sequence[float], subsamples: int
) -> tuple[Neighbours, tuple[Cut, ...]]:
    neighbours = nearest(vectors, _SEARCHED)
    graph = SharedNeighbourGraph(neighbours[:, :NEIGHBOURS])
    communities = ((resolution, graph.communities(resolution, seed)) for resolution in resolutions)
    finest = max(2, len(vectors) // _MEMBERS_PER_CATEGORY)
    kept = list(itertools.takewhile(lambda found: found[1].max() < finest, communities))
    seeds = range(seed + 1, seed + 1 + subsamples)
    return neighbours, tuple(
        Cut(resolution=resolution, labels=labels, recurrence=found)
        for (resolution, labels), found in zip(kept, _recurrences(neighbours, kept, seeds), strict=True)
    )


def _recurrences(
    neighbours: Neighbours, cuts: Sequence[tuple[float, Labels]], seeds: Iterable[int]
) -> Iterator[Floats]:
    """Mean over subsamples of each category's best Jaccard index with a category found there, cut by cut."""
    sums = [np.zeros(labels.max() + 1) for _, labels in cuts]
    times = [np.zeros(labels.max() + 1) for _, labels in cuts]
    n = len(neighbours)
    for seed in seeds:
        chosen = np.random.default_rng(seed).choice(n, size=max(2, int(n * _KEPT)), replace=False)
        members = np.sort(chosen).astype(np.int64)
        graph = SharedNeighbourGraph(among(neighbours, members, NEIGHBOURS))
        for number, (resolution, labels) in enumerate(cuts):
            best, present = _best_jaccard(labels[members], graph.communities(resolution, seed), len(sums[number]))
            sums[number] += best
            times[number] += present
    return (total / np.maximum(count, 1) for total, count in zip(sums, times, strict=True))


def _best_jaccard(labels: Labels, found: Labels, categories: int) -> tuple[Floats, NDArray[np.bool_]]:
    from scipy import sparse

    both = sparse.coo_matrix((np.ones(len(labels)), (labels, found)), shape=(categories, found.max() + 1)).tocsr()
    overlap = both.tocoo()
    own, theirs = np.asarray(both.sum(axis=1)).ravel(), np.asarray(both.sum(axis=0)).ravel()
    jaccard = overlap.data / (own[overlap.row] + theirs[overlap.col] - overlap.data)
    best = np.zeros(categories)
    np.maximum.at(best, overlap.row, jaccard)
    return best, own > 0


def _structureless(vectors: Vectors, seed: int) -> Vectors:
    """One Gaussian with the mean and covariance of `vectors`, put back on the sphere; same shape."""
    values, axes = np.linalg.eigh(np.cov(vectors, rowvar=False).astype(np.float64))
    scale = np.sqrt(np.maximum(values, 0.0))
    drawn = np.random.default_rng([seed, 1]).standard_normal(vectors.shape) * scale
    placed = drawn @ axes.T + vectors.mean(axis=0)
    on_sphere: Vectors = (placed / np.linalg.norm(placed, axis=1, keepdims=True)).astype(np.float32)
    return on_sphere


def _null(neighbours: Neighbours, cuts: Sequence[Cut]) -> Null:
    figures = {
        round(cut.effective, 6): (
            cut.stability,
            float(np.quantile(containment(neighbours, cut.labels), _NULL_QUANTILE)),
        )
        for cut in cuts
    }
    figures[1.0] = (1.0, 1.0)  # all in one category: always found again, and holds all its neighbours
    points = sorted(figures.items())
    return Null(
        effective=np.array([effective for effective, _ in points]),
        stability=np.array([stability for _, (stability, _) in points]),
        containment=np.array([within for _, (_, within) in points]),
    )
