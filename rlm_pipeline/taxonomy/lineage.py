"""Which category of the last discovery a category is now: ids, and with them names, outlive a rerun.

Two clusterings of one sample are compared by the statements that both hold. A category continues the one it overlaps
most with, one to one over all (Hungarian method on Jaccard indices, as in Greene, Doyle and Cunningham, "Tracking the
Evolution of Communities in Dynamic Social Networks", ASONAM 2010), where the overlap is a third of their union or more:
half of each, if they are of equal size.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.errors import StoreError
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy import boilerplate, labeller
from rlm_pipeline.taxonomy.document import Category, Dimension, DimensionSet, Lineage, Retired
from rlm_pipeline.taxonomy.graph import Labels
from rlm_pipeline.taxonomy.labeller import Members, key_of

LEAST_OVERLAP = 1 / 3
_MOSTLY = 0.5

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """A text dimension as it was last discovered, and which statements were in which leaf."""

    dimension: Dimension
    members: Members


@dataclass(frozen=True, slots=True, kw_only=True)
class Descent:
    """Of categories numbered from 0: `kept` is the former category whose id each has, `lineage` where it came from.

    `names` are the former names, but of categories that have taken in others: another name describes these. `taken` are
    ids that no new category may have.
    """

    kept: tuple[Category | None, ...]
    lineage: tuple[Lineage, ...]
    names: dict[int, str] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()

    def id_of(self, number: int, fresh: str) -> str:
        """The former id, or `fresh`."""
        before = self.kept[number]
        return before.id if before else fresh


def former(store: DatasetStore, dimension: Dimension) -> Former | None:
    """A stored text dimension that passed its gate; None where its members cannot be read: there, all ids are new."""
    if dimension.kind != "text" or dimension.gate != "passed":
        return None
    try:
        members = labeller.read_members(store.classifiers_folder / f"{dimension.id}.npz")
    except StoreError as error:
        logger.warning("the categories of %s get new ids: %s", dimension.facet, error)
        return None
    return Former(dimension=dimension, members=members)


def leaves(past: Former | None, texts: Sequence[str], labels: Labels) -> Descent:
    """The descent of the leaves that `labels` (n,) puts statements in; `texts` are these as written."""
    number = int(labels.max()) + 1
    if past is None:
        return _without_past(number)
    by_id = {category.id: category for category in past.dimension.categories}
    known = [by_id[each] for each in past.members.categories]
    return replace(trace(labels, _leaves_of(past, texts), known, number), taken=_taken(past))


def parents(past: Former | None, texts: Sequence[str], labels: Labels, number: int) -> Descent:
    """The descent of `number` parents; `labels` (n,) is -1 where a statement's category has none."""
    if past is None:
        return _without_past(number)
    parent_of = {category.id: category.parent for category in past.dimension.categories}
    known = [category for category in past.dimension.categories if category.id in set(parent_of.values())]
    place = {category.id: at for at, category in enumerate(known)}
    # The last is of statements that were in no category: position -1.
    above = np.array([*(place.get(parent_of[leaf] or "", -1) for leaf in past.members.categories), -1], dtype=np.int32)
    return replace(trace(labels, above[_leaves_of(past, texts)], known, number), taken=_taken(past))


def trace(labels: Labels, before: Labels, known: Sequence[Category], number: int) -> Descent:
    """Compare two labellings of the same statements, in `number` categories now and in the `known` ones before.

    `labels` and `before` (n,) are -1 where a statement is in no category. The very same categories keep their lineage
    too, so that a discovery that is only repeated changes nothing.
    """
    shared = _overlap(labels, before, number, len(known))
    match = _matched(shared)
    kept = {each: known[then] for each, then in match.items()}
    if _is_unchanged(labels, before, shared, match):
        lineage = [kept[each].lineage for each in range(number)]
        names = {each: category.name for each, category in kept.items()}
    else:
        lineage = _lineage(shared, match, known)
        names = {each: category.name for each, category in kept.items() if lineage[each].state == "continued"}
    return Descent(kept=tuple(kept.get(each) for each in range(number)), lineage=tuple(lineage), names=names)


def by_id(dimension: Dimension, past: Dimension | None) -> Dimension:
    """A dimension whose categories are known by their id, as those of a column's values, with their lineage."""
    if past is None:
        return dimension
    known = {category.id: category for category in past.categories}
    now = {category.id for category in dimension.categories}
    same = known.keys() == now
    categories = tuple(
        category.model_copy(update={"lineage": _of_value(known[category.id], same=same)})
        if category.id in known
        else category
        for category in dimension.categories
    )
    return dimension.model_copy(update={"categories": categories})


def with_retired(dimension: Dimension, past: Dimension | None) -> Dimension:
    """With all that ever ended and has not come back, the first to end first."""
    if past is None:
        return dimension
    now = {category.id for category in dimension.categories}
    gone = (Retired(id=category.id, name=category.name) for category in past.categories)
    ended = {each.id: each for each in (*past.retired, *gone) if each.id not in now}
    return dimension.model_copy(update={"retired": tuple(ended.values())})


def dimensions_of(found: DimensionSet | None) -> dict[str, Dimension]:
    """The dimensions by their ids."""
    return {dimension.id: dimension for dimension in found.dimensions} if found else {}


def _of_value(category: Category, *, same: bool) -> Lineage:
    return category.lineage if same else Lineage(state="continued", former=(category.id,))


def _leaves_of(past: Former, texts: Sequence[str]) -> Labels:
    """The former leaf of each statement, -1 where it was not in the sample."""
    removed = frozenset(past.members.boilerplate)
    leaf_of = dict(zip(past.members.known, past.members.known_categories.tolist(), strict=True))
    keys = (key_of(boilerplate.without(text, removed).lower()) for text in texts)
    return np.array([leaf_of.get(key, -1) for key in keys], dtype=np.int32)


def _overlap(labels: Labels, before: Labels, number: int, former_number: int) -> NDArray[np.int64]:
    """Statements in common, (categories now, categories before); only those that both hold."""
    both = (labels >= 0) & (before >= 0)
    shared = np.zeros((number, former_number), dtype=np.int64)
    np.add.at(shared, (labels[both], before[both]), 1)
    return shared


def _matched(shared: NDArray[np.int64]) -> dict[int, int]:
    """Category now -> category before that it continues."""
    from scipy.optimize import linear_sum_assignment

    union = shared.sum(axis=1)[:, None] + shared.sum(axis=0)[None, :] - shared
    jaccard = shared / np.maximum(union, 1)
    pairs = zip(*linear_sum_assignment(-jaccard), strict=True)
    return {int(now): int(before) for now, before in pairs if jaccard[now, before] >= LEAST_OVERLAP}


def _is_unchanged(labels: Labels, before: Labels, shared: NDArray[np.int64], match: dict[int, int]) -> bool:
    """Whether the very same statements make the very same categories."""
    if not np.array_equal(labels < 0, before < 0) or len(match) != shared.shape[0] or len(match) != shared.shape[1]:
        return False
    return sum(int(shared[now, then]) for now, then in match.items()) == int((labels >= 0).sum())


def _mostly(shared: NDArray[np.int64]) -> list[int]:
    """For each column the row that holds more than half of it, or -1."""
    if not shared.size:
        return [-1] * shared.shape[1]
    largest = shared.argmax(axis=0)
    return [
        int(row) if shared[row, column] > _MOSTLY * shared[:, column].sum() else -1
        for column, row in enumerate(largest)
    ]


def _lineage(shared: NDArray[np.int64], match: dict[int, int], known: Sequence[Category]) -> list[Lineage]:
    now_of, before_of = _mostly(shared), _mostly(shared.T)
    absorbed: dict[int, list[str]] = {}
    for then in sorted(set(range(len(known))) - set(match.values())):
        absorbed.setdefault(now_of[then], []).append(known[then].id)
    found: list[Lineage] = []
    for number in range(len(shared)):
        origins = absorbed.get(number, [])
        if number in match:
            own = known[match[number]].id
            found.append(Lineage(state="merged" if origins else "continued", former=(own, *origins)))
        elif len(origins) > 1:
            found.append(Lineage(state="merged", former=tuple(origins)))
        elif before_of[number] >= 0:
            found.append(Lineage(state="split", former=(known[before_of[number]].id,)))
        else:
            found.append(Lineage())
    return found


def _without_past(categories: int) -> Descent:
    return Descent(kept=(None,) * categories, lineage=(Lineage(),) * categories)


def _taken(past: Former) -> frozenset[str]:
    here, ended = past.dimension.categories, past.dimension.retired
    return frozenset([*(category.id for category in here), *(each.id for each in ended)])
