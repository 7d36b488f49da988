"""Merges that a model proposes: which of them the data bears out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from rlm_pipeline.taxonomy import distinctiveness
from rlm_pipeline.taxonomy.distinctiveness import Space
from rlm_pipeline.taxonomy.graph import Labels
from rlm_pipeline.taxonomy.levels import Cut
from rlm_pipeline.taxonomy.review.recurrence import Again
from rlm_pipeline.taxonomy.review.reviewed import Said
from rlm_pipeline.taxonomy.review.shown import Draft

TOO_FEW = "it names fewer than two categories"
UNKNOWN = "it names a category that was not shown"
TWICE = "it names a category twice, or one that another merge names"
NOTHING_LEFT = "it leaves fewer than two categories"
LESS_STABLE = "together they come back less often, in excess of structureless data, than apart"
LESS_DISTINCTIVE = "names tell the categories apart worse than they do without it"

_TOLERANCE = 1e-9
_BY_CHANCE = 0.5

Parts = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Categories (n,) of statements, numbered from 0 by falling size, and those of the draft that each consists of.

    `said` are a model's words for those that consist of several.
    """

    labels: Labels
    parts: tuple[Parts, ...]
    said: dict[Parts, Said] = field(default_factory=dict)

    def number_of(self, category: int) -> int:
        """What a category of the draft is now."""
        return next(number for number, parts in enumerate(self.parts) if category in parts)

    def joined(self, whole: Parts, said: Said) -> "Merged":
        """With these categories of the draft as one."""
        parts = [*(each for each in self.parts if not set(whole) & set(each)), whole]
        sizes = [int(np.isin(self.labels, [self.number_of(part) for part in each]).sum()) for each in parts]
        order = sorted(range(len(parts)), key=lambda number: (-sizes[number], parts[number]))
        ordered = tuple(parts[number] for number in order)
        place = {part: number for number, each in enumerate(ordered) for part in each}
        labels = np.array([place[each[0]] for each in self.parts], dtype=np.int32)[self.labels]
        return Merged(labels=labels, parts=ordered, said={**self.said, whole: said})


class Merging:
    """Tries merges of a draft's categories, one after the other; the sample is clustered again for the first."""

    def __init__(self, draft: Draft, space: Space, again: Callable[[], Again]) -> None:
        self._draft, self._space, self._cluster = draft, space, again
        self.merged = Merged(labels=draft.labels, parts=tuple((each,) for each in range(len(draft.names))))

    def attempt(self, parts: Parts, said: Said) -> str:
        """Merge, if neither stability nor distinctiveness falls; else why not. An empty string is a merge made."""
        merged = self.merged.joined(tuple(sorted(parts)), said)
        if len(merged.parts) < 2:
            return NOTHING_LEFT
        if self._again.excess(merged.labels) < self._again.excess(self.merged.labels) - _TOLERANCE:
            return LESS_STABLE
        if self._told_apart(merged) < self._told_apart(self.merged) - _TOLERANCE:
            return LESS_DISTINCTIVE
        self.merged = merged
        return ""

    def cut(self, found: Cut) -> Cut:
        """The cut that is reached; a merged category's recurrence is that at the resolution that suits it best."""
        if not self.merged.said:
            return found
        again = self._again.recurrence(self.merged.labels)
        recurrence = [
            found.recurrence[parts[0]] if len(parts) == 1 else again[number]
            for number, parts in enumerate(self.merged.parts)
        ]
        return Cut(resolution=found.resolution, labels=self.merged.labels, recurrence=np.array(recurrence))

    @cached_property
    def _again(self) -> Again:
        return self._cluster()

    def _told_apart(self, merged: Merged) -> float:
        """Mean distinctiveness over statements, under the model's names of what is merged and code's of the rest."""
        siblings = distinctiveness.siblings(self._space, merged.labels)
        if siblings is None:
            return _BY_CHANCE
        names = [
            merged.said[parts].name if parts in merged.said else self._draft.names[parts[0]].name
            for parts in merged.parts
        ]
        sizes = np.bincount(merged.labels)
        return float((siblings.scores(names) * sizes).sum() / sizes.sum())


def malformed(ids: Sequence[str], numbers: Sequence[int | None], used: set[int]) -> str:
    """What is wrong with the ids of a merge, or an empty string; `used` are in another one."""
    if None in numbers:
        return UNKNOWN
    if len(set(ids)) < len(ids) or used & set(numbers):
        return TWICE
    return TOO_FEW if len(ids) < 2 else ""
