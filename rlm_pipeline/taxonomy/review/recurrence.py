"""How well categories come back when parts of the sample are clustered again, at their own resolution or a coarser one.

A category that two were merged to is looked for where the data has it, as its parts are: by each category's best mean
Jaccard index over the resolutions. What is believed of a cut is its stability in excess of structureless data cut as
finely (`levels`), so that merging is not rewarded for being coarse.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.taxonomy import levels
from rlm_pipeline.taxonomy.graph import Labels
from rlm_pipeline.taxonomy.levels import Cut, Floats, Path

_SUBSAMPLES = 8
_RESOLUTIONS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """`members` (m,) of each subsample, and their categories at each resolution: [resolution][subsample]."""

    path: Path
    resolution: float
    members: tuple[NDArray[np.int64], ...]
    found: tuple[tuple[Labels, ...], ...]

    def excess(self, labels: Labels) -> float:
        """Stability of these categories in excess of structureless data."""
        found = Cut(resolution=self.resolution, labels=labels, recurrence=self.recurrence(labels))
        return self.path.null.excess_of(found)

    def recurrence(self, labels: Labels) -> Floats:
        """Each category's largest mean best Jaccard index, (K,)."""
        best = [self._at(labels, found) for found in self.found]
        recurrence: Floats = np.max(best, axis=0)
        return recurrence

    def _at(self, labels: Labels, found: tuple[Labels, ...]) -> Floats:
        categories = int(labels.max()) + 1
        jaccard, times = np.zeros(categories), np.zeros(categories)
        for members, clustered in zip(self.members, found, strict=True):
            best, present = levels.best_jaccard(labels[members], clustered, categories)
            jaccard += best
            times += present
        mean: Floats = jaccard / np.maximum(times, 1)
        return mean


def again(path: Path, cut: Cut, seed: int) -> Again:
    """Cluster subsamples again, at the resolution of `cut` and those coarser ones that are nearest to it."""
    coarser = sorted((each for each in path.cuts if each.resolution < cut.resolution), key=lambda one: -one.resolution)
    taken = [cut, *coarser[:_RESOLUTIONS]]
    clustered = [tuple(levels.reclustered(path, each, seed=seed, subsamples=_SUBSAMPLES)) for each in taken]
    return Again(
        path=path,
        resolution=cut.resolution,
        members=tuple(members for members, _ in clustered[0]),
        found=tuple(tuple(labels for _, labels in each) for each in clustered),
    )
