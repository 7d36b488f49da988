"""The categories of a clustered facet as they are published: proven or tentative, named, cited, with parents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from rlm_pipeline import fingerprint
from rlm_pipeline.profiling.schema import CanonicalColumn
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy import exemplars, hierarchy, levels, naming, terms
from rlm_pipeline.taxonomy.document import Category, Citation
from rlm_pipeline.taxonomy.exemplars import Shown
from rlm_pipeline.taxonomy.graph import Vectors
from rlm_pipeline.taxonomy.levels import Floats
from rlm_pipeline.taxonomy.naming import Naming
from rlm_pipeline.taxonomy.terms import Terms

_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Clustered:
    """Distinct statements (n rows: key, text, partition, source, row), their vectors, and the level to publish."""

    column: CanonicalColumn
    statements: pl.DataFrame
    vectors: Vectors
    path: levels.Path
    cut: levels.Cut
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """A parent: its place among the names of the top level, its leaves, and its stability."""

    place: int
    leaves: tuple[int, ...]
    stability: float


def grow(store: DatasetStore, found: Clustered) -> tuple[Category, ...]:
    """Parents first, then the leaves in the order of their labels.

    A leaf is established if it comes back when the sample is clustered again and holds more of its own neighbours than
    95 % of the categories of structureless data; else it is tentative.
    """
    labels = found.cut.labels
    centres = hierarchy.centroids(found.vectors, labels)
    counted = terms.count(found.statements["text"].to_list(), labels)
    names = naming.name_all(counted, centres)
    shown = exemplars.choose(found.vectors, labels, centres)
    ids = [_leaf_id(found, nearest) for nearest in shown.nearest]
    groups, group_names = _groups(found, counted, centres, names)
    parents = [_parent(found, group, group_names[group.place], ids) for group in groups]
    parent_of = {leaf: parent.id for group, parent in zip(groups, parents, strict=True) for leaf in group.leaves}
    return (*parents, *_leaves(store, found, names=names, shown=shown, ids=ids, parent_of=parent_of))


def _leaves(
    store: DatasetStore,
    found: Clustered,
    *,
    names: Sequence[Naming],
    shown: Shown,
    ids: Sequence[str],
    parent_of: Mapping[int, str],
) -> list[Category]:
    positions = [position for group in (*shown.nearest, *shown.border) for position in group]
    cited = exemplars.cite(found.statements, positions, found.column, store)
    within = levels.containment(found.path.neighbours, found.cut.labels)
    proven = (found.cut.recurrence >= levels.STABLE) & (within > found.path.null.containment_of(found.cut))
    return [
        Category(
            id=ids[leaf],
            name=names[leaf].name,
            definition=names[leaf].definition,
            parent=parent_of.get(leaf),
            status="established" if proven[leaf] else "tentative",
            keywords=names[leaf].keywords,
            exemplars=_citations(shown.nearest[leaf], cited),
            border_cases=_citations(shown.border[leaf], cited),
            stability=round(float(found.cut.recurrence[leaf]), _DIGITS),
            containment=round(float(within[leaf]), _DIGITS),
        )
        for leaf in range(len(ids))
    ]


def _citations(positions: Sequence[int], cited: Mapping[int, Citation]) -> tuple[Citation, ...]:
    return tuple(cited[position] for position in positions)


def _groups(
    found: Clustered, counted: Terms, centres: Vectors, names: Sequence[Naming]
) -> tuple[list[_Group], tuple[Naming, ...]]:
    """The parents, and names of everything on the top level: parents first, then leaves without one."""
    parents = hierarchy.parents(found.path, found.cut, found.vectors, found.seed)
    if parents is None:
        return [], ()
    groups = [
        _Group(place=number, leaves=tuple(np.flatnonzero(parents.of == number).tolist()), stability=float(stability))
        for number, stability in enumerate(parents.stability)
    ]
    alone = [(leaf,) for leaf in np.flatnonzero(parents.of < 0).tolist()]
    top = [*(group.leaves for group in groups), *alone]
    middles = _middles(centres, counted.sizes, top)
    return groups, naming.name_all(counted.merged(top), middles, taken=[name.name for name in names])


def _middles(centres: Vectors, sizes: Floats, groups: Sequence[tuple[int, ...]]) -> Vectors:
    sums = np.array([(centres[list(group)] * sizes[list(group), None]).sum(axis=0) for group in groups])
    middles: Vectors = (sums / np.linalg.norm(sums, axis=1, keepdims=True)).astype(np.float32)
    return middles


def _parent(found: Clustered, group: _Group, named: Naming, ids: Sequence[str]) -> Category:
    inside = np.isin(found.cut.labels, group.leaves).astype(np.int32)
    return Category(
        id=fingerprint.short("parent", found.column.name, *sorted(ids[leaf] for leaf in group.leaves)),
        name=named.name,
        definition=named.definition,
        status="established",
        keywords=named.keywords,
        stability=round(group.stability, _DIGITS),
        containment=round(float(levels.containment(found.path.neighbours, inside)[1]), _DIGITS),
    )


def _leaf_id(found: Clustered, nearest: Sequence[int]) -> str:
    return fingerprint.short("category", found.column.name, *sorted(found.statements["key"][list(nearest)].to_list()))
