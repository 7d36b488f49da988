"""An upper level that a model proposes: whether it is as stable, and as distinctive, as the one that code found."""

from collections.abc import Sequence

import numpy as np

from rlm_pipeline.taxonomy import distinctiveness, hierarchy
from rlm_pipeline.taxonomy.distinctiveness import Space
from rlm_pipeline.taxonomy.graph import Labels, Vectors
from rlm_pipeline.taxonomy.hierarchy import Parents
from rlm_pipeline.taxonomy.levels import STABLE, Cut, Floats, Path

UNKNOWN = "a group names a category that was not shown"
TWICE = "a category is in two groups, or twice in one"
ORPHANS = "some categories are in no group"
SMALL = "a group has fewer than two categories, or all of them"
NUMBER = "it has too few or too many groups for so many categories"
UNSTABLE = "not every group comes back when the sample is clustered again"
LESS_STABLE = "the groups come back less often than those found by code"
LESS_DISTINCTIVE = "the names of the groups tell them apart worse than those of the groups found by code"


def malformed(groups: Sequence[Sequence[int | None]], categories: int) -> str:
    """What is wrong with groups of categories as such, or an empty string."""
    members = [number for group in groups for number in group]
    if None in members:
        return UNKNOWN
    if len(set(members)) < len(members):
        return TWICE
    if len(members) < categories:
        return ORPHANS
    if any(len(group) < 2 or len(group) == categories for group in groups):
        return SMALL
    return "" if len(groups) in hierarchy.numbers_of_parents(categories) else NUMBER


class Regrouping:
    """Compares groups of the categories of `cut` with those that code found."""

    def __init__(self, path: Path, cut: Cut, vectors: Vectors, seed: int) -> None:
        self._cut, self._seed = cut, seed
        self._path, self._vectors = path, vectors
        self.found = hierarchy.parents(path, cut, vectors, seed)

    def accepted(self, groups: Sequence[Sequence[int | None]]) -> Parents | str:
        """The groups as parents, or why they are not taken."""
        of = np.empty(self._cut.categories, dtype=np.int32)
        for number, members in enumerate(groups):
            of[[member for member in members if member is not None]] = number
        candidates = [of, *([self.found.of] if self.found else [])]
        stabilities = hierarchy.stabilities(self._path, self._cut, self._vectors, self._seed, candidates)
        proposed = Parents(of=of, stability=stabilities[0])
        if (proposed.stability < STABLE).any():
            return UNSTABLE
        if self.found and proposed.mean_stability(self._cut) < _mean(self.found.of, stabilities[1], self._cut):
            return LESS_STABLE
        return proposed


def _mean(of: Labels, stability: Floats, cut: Cut) -> float:
    """Mean over all statements; those without a parent count as not coming back."""
    return float((np.where(of >= 0, stability[of], 0.0) * cut.sizes).sum() / cut.sizes.sum())


def told_apart(space: Space, labels: Labels, names: Sequence[str]) -> float:
    """Mean distinctiveness of groups over the statements in them; `labels` (n,) may be -1."""
    siblings = distinctiveness.siblings(space, labels)
    if siblings is None:
        return 0.5
    sizes = np.bincount(labels[labels >= 0])
    return float((siblings.scores(names) * sizes).sum() / sizes.sum())
