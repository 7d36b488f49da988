"""The categories of a clustered facet as they are published: proven or tentative, named, cited, with parents."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl

from rlm_pipeline import fingerprint
from rlm_pipeline.profiling.schema import CanonicalColumn
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy import exemplars, hierarchy, levels, lineage, naming, terms
from rlm_pipeline.taxonomy.document import Category, Citation
from rlm_pipeline.taxonomy.exemplars import Shown
from rlm_pipeline.taxonomy.graph import Labels, Vectors
from rlm_pipeline.taxonomy.levels import Floats
from rlm_pipeline.taxonomy.lineage import Descent, Former
from rlm_pipeline.taxonomy.naming import Naming
from rlm_pipeline.taxonomy.review.reviewed import Reviewed, Said, kept
from rlm_pipeline.taxonomy.terms import Terms

_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Clustered:
    """Distinct statements (n rows: key, text, partition, source, row), their vectors, and the level to publish.

    `past` is the dimension as it was last discovered.
    """

    column: CanonicalColumn
    statements: pl.DataFrame
    vectors: Vectors
    path: levels.Path
    cut: levels.Cut
    seed: int
    past: Former | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """A parent: its place among the names of the top level, its leaves, its stability, and where it came from."""

    place: int
    leaves: tuple[int, ...]
    stability: float


def grow(store: DatasetStore, found: Clustered, reviewed: Reviewed | None = None) -> tuple[Category, ...]:
    """Parents first, then the leaves in the order of their labels; those that were known before under their ids.

    A leaf is established if it comes back when the sample is clustered again and holds more of its own neighbours than
    95 % of the categories of structureless data; else it is tentative. `reviewed` is what a model's review left.
    """
    found = replace(found, cut=reviewed.cut) if reviewed else found
    labels = found.cut.labels
    centres = hierarchy.centroids(found.vectors, labels)
    counted = terms.count(found.statements["text"].to_list(), labels)
    written = found.statements["statement"].to_list()
    descent = lineage.leaves(found.past, written, labels)
    said = reviewed.leaves if reviewed else kept(descent)
    names = _in_words(naming.name_all(counted, centres, kept={**descent.names, **_names_of(said)}), said)
    shown = exemplars.choose(found.vectors, labels, centres)
    ids = [descent.id_of(leaf, _leaf_id(found, nearest, descent)) for leaf, nearest in enumerate(shown.nearest)]
    groups = _groups(found, reviewed)
    above = _above(groups, labels)
    ascent = lineage.parents(found.past, written, above, len(groups))
    said_above = reviewed.groups if reviewed else kept(ascent)
    group_names = _group_names(groups, counted, centres, names=names, kept={**ascent.names, **_names_of(said_above)})
    group_names = _in_words(group_names, said_above)
    parents = [
        _parent(found, group, group_names[group.place], ids, ascent).model_copy(
            update={"named_by": _by(group.place, said_above)}
        )
        for group in groups
    ]
    parent_of = {leaf: parent.id for group, parent in zip(groups, parents, strict=True) for leaf in group.leaves}
    leaves = _leaves(store, found, names=names, shown=shown, ids=ids, parent_of=parent_of, descent=descent)
    return (*parents, *(leaf.model_copy(update={"named_by": _by(at, said)}) for at, leaf in enumerate(leaves)))


def _names_of(said: Mapping[int, Said]) -> dict[int, str]:
    return {number: each.name for number, each in said.items()}


def _in_words(names: Sequence[Naming], said: Mapping[int, Said]) -> tuple[Naming, ...]:
    """Names with the definitions that a model gave; code's own where it gave none."""
    return tuple(
        replace(each, definition=said[number].definition or each.definition) if number in said else each
        for number, each in enumerate(names)
    )


def _by(number: int, said: Mapping[int, Said]) -> Literal["code", "model"]:
    return "model" if number in said else "code"


def _leaves(
    store: DatasetStore,
    found: Clustered,
    *,
    names: Sequence[Naming],
    shown: Shown,
    ids: Sequence[str],
    parent_of: Mapping[int, str],
    descent: Descent,
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
            lineage=descent.lineage[leaf],
        )
        for leaf in range(len(ids))
    ]


def _citations(positions: Sequence[int], cited: Mapping[int, Citation]) -> tuple[Citation, ...]:
    return tuple(cited[position] for position in positions)


def _groups(found: Clustered, reviewed: Reviewed | None) -> list[_Group]:
    parents = reviewed.parents if reviewed else hierarchy.parents(found.path, found.cut, found.vectors, found.seed)
    if parents is None:
        return []
    return [
        _Group(place=number, leaves=tuple(np.flatnonzero(parents.of == number).tolist()), stability=float(stability))
        for number, stability in enumerate(parents.stability)
    ]


def _above(groups: Sequence[_Group], labels: Labels) -> Labels:
    """The group of each statement, -1 for none."""
    group_of = np.full(int(labels.max()) + 1, -1, dtype=np.int32)
    for group in groups:
        group_of[list(group.leaves)] = group.place
    above: Labels = group_of[labels]
    return above


def _group_names(
    groups: Sequence[_Group],
    counted: Terms,
    centres: Vectors,
    *,
    names: Sequence[Naming],
    kept: Mapping[int, str],
) -> tuple[Naming, ...]:
    """Names of everything on the top level: parents first, then leaves without one."""
    if not groups:
        return ()
    below = {leaf for group in groups for leaf in group.leaves}
    alone = [(leaf,) for leaf in range(len(centres)) if leaf not in below]
    top = [*(group.leaves for group in groups), *alone]
    middles = _middles(centres, counted.sizes, top)
    return naming.name_all(counted.merged(top), middles, taken=[name.name for name in names], kept=kept)


def _middles(centres: Vectors, sizes: Floats, groups: Sequence[tuple[int, ...]]) -> Vectors:
    sums = np.array([(centres[list(group)] * sizes[list(group), None]).sum(axis=0) for group in groups])
    middles: Vectors = (sums / np.linalg.norm(sums, axis=1, keepdims=True)).astype(np.float32)
    return middles


def _parent(found: Clustered, group: _Group, named: Naming, ids: Sequence[str], ascent: Descent) -> Category:
    inside = np.isin(found.cut.labels, group.leaves).astype(np.int32)
    return Category(
        id=ascent.id_of(
            group.place,
            _fresh_id("parent", found, (ids[leaf] for leaf in group.leaves), ascent),
        ),
        name=named.name,
        definition=named.definition,
        status="established",
        keywords=named.keywords,
        stability=round(group.stability, _DIGITS),
        containment=round(float(levels.containment(found.path.neighbours, inside)[1]), _DIGITS),
        lineage=ascent.lineage[group.place],
    )


def _leaf_id(found: Clustered, nearest: Sequence[int], descent: Descent) -> str:
    return _fresh_id("category", found, found.statements["key"][list(nearest)].to_list(), descent)


def _fresh_id(kind: str, found: Clustered, members: Iterable[str], descent: Descent) -> str:
    """An id that none of the categories known before has."""
    parts = (kind, found.column.name, *sorted(members))
    identity = fingerprint.short(*parts)
    while identity in descent.taken:
        parts = (*parts, identity)
        identity = fingerprint.short(*parts)
    return identity
