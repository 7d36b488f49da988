"""Agreement of the discovered dimensions with what is known about the records."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import QueryError
from rlm_pipeline.evaluation import truth as truths
from rlm_pipeline.evaluation.known_records import (
    PairCounts,
    count_pairs,
    dimensions_of,
    labelled_partitions,
    tables,
)
from rlm_pipeline.evaluation.metrics import Agreement, Counts, Estimate, agreement, share_of
from rlm_pipeline.evaluation.trees import TreeAgreement, ancestors, tree_agreement
from rlm_pipeline.evaluation.truth import PATH, Truth, Unmatched
from rlm_pipeline.model import BLANK, LABEL_SCHEMA, OTHER
from rlm_pipeline.profiling.matching.alignment import normalised
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy.document import Dimension

MAX_CATEGORIES = 2000
"""A truth with more different values than this does not hold categories."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What became of the records whose category is known: shares with their 95 % Wilson intervals; they sum to 1."""

    labelled: Estimate
    other: Estimate
    blank: Estimate


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DimensionAgreement:
    """How one dimension agrees with the truth, over the `compared` records that have both.

    `other` of them are labelled `other`, which counts as one more found category. Left out are `blank` records, whose
    text is empty, and `without_truth` records, of which nothing is known. `agreement` and `coverage` are None where
    nothing is left. Where the truth is a tree, `agreement` is about its full paths and the leaves found, `widest` about
    its first level and the categories found without a parent, and `tree` about all ancestors. `pairs` are the counts
    by known and found category, blank records left out.
    """

    dimension: Dimension
    agreement: Agreement | None
    tree: TreeAgreement | None
    widest: Agreement | None
    coverage: Coverage | None
    pairs: PairCounts
    other: int
    blank: int
    without_truth: int

    @property
    def compared(self) -> int:
        """Records with a known and a found category."""
        return self.agreement.records if self.agreement else 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evaluated:
    """The agreement of each dimension, and what could not be compared at all."""

    truth: str
    dimensions: tuple[DimensionAgreement, ...]
    partitions_without_truth: tuple[str, ...]
    unmatched: Unmatched | None


def evaluate(
    store: DatasetStore,
    config: DatasetConfig,
    *,
    truth: Sequence[str],
    key: Sequence[str] = (),
    column: Sequence[str] = (),
    separator: str = "",
    dimension: str | None = None,
) -> Evaluated:
    """Agreement of every text dimension, or of the one named, with a column of the stored records or with a file.

    Args:
        store: the dataset's files; labels and dimensions must exist.
        config: the dataset's configuration.
        truth: the columns whose values are the known categories, or a file; several are the levels of a tree. See
            `truth.find`, also for the next three.
        key: columns of the file that name a record.
        column: the columns of the file that tell the category.
        separator: what stands between the levels of a path in one cell.
        dimension: id, name or facet of one dimension, or of several over one facet; by default all text dimensions,
            whether or not they passed.

    Raises:
        NotMaterialised: labels or dimensions do not exist yet.
        QueryError: no such column, file or dimension, or the truth does not hold categories.

    """
    chosen = _chosen(dimensions_of(store), dimension)
    partitions = labelled_partitions(store)
    known = truths.find(store, config, partitions, truth=truth, key=key, column=column, separator=separator)
    wanted = [each.id for each in chosen]
    counts, without_truth = [pl.DataFrame(schema=_COUNTED)], dict.fromkeys(wanted, 0)
    for partition in partitions:
        labels = store.scan(store.labels_path(partition), "labels", partition).filter(
            pl.col("dimension_id").is_in(wanted)
        )
        if partition in known.absent_from:
            for dimension_id, records in labels.group_by("dimension_id").len().collect().iter_rows():
                without_truth[dimension_id] += records
            continue
        counted = count_pairs(labels, known.of(store, partition), "known")
        counts.append(counted)
        for dimension_id, records in _unknown(counted):
            without_truth[dimension_id] += records
    found = tables(counts)
    return Evaluated(
        truth=known.name,
        dimensions=tuple(_agreement(each, found.get(each.id), without_truth[each.id], known) for each in chosen),
        partitions_without_truth=known.absent_from,
        unmatched=known.unmatched,
    )


_COUNTED = pl.Schema(
    {
        "dimension_id": LABEL_SCHEMA["dimension_id"],
        "category_id": LABEL_SCHEMA["category_id"],
        "known": pl.String,
        "len": pl.get_index_type(),
    }
)


def _agreement(dimension: Dimension, pairs: PairCounts | None, without_truth: int, known: Truth) -> DimensionAgreement:
    pairs = pairs or PairCounts.nothing()
    if len(pairs.known) > MAX_CATEGORIES:
        raise QueryError(
            f"{known.name!r} has {len(pairs.known):,} different values; a truth holds categories, "
            f"at most {MAX_CATEGORIES:,}"
        )
    compared = pairs.without(BLANK)
    records, other, blank = int(pairs.table.sum()), pairs.records(OTHER), pairs.records(BLANK)
    return DimensionAgreement(
        dimension=dimension,
        agreement=agreement(compared.table) if compared.table.sum() else None,
        tree=_tree(dimension, compared) if known.is_tree and compared.table.sum() else None,
        widest=_widest(dimension, compared) if known.is_tree and compared.table.sum() else None,
        coverage=_coverage(records, other, blank) if records else None,
        pairs=compared,
        other=other,
        blank=blank,
        without_truth=without_truth,
    )


def _tree(dimension: Dimension, pairs: PairCounts) -> TreeAgreement:
    paths = [path.split(PATH) for path in pairs.known]
    branches = [[tuple(path[: depth + 1]) for depth in range(len(path))] for path in paths]
    place = {branch: number for number, branch in enumerate(sorted({each for path in branches for each in path}))}
    known = np.zeros((len(paths), len(place)), dtype=np.bool_)
    for row, path in enumerate(branches):
        known[row, [place[branch] for branch in path]] = True
    return tree_agreement(pairs.table, known, ancestors(pairs.found, dimension.categories))


def _widest(dimension: Dimension, pairs: PairCounts) -> Agreement:
    parent_of = {category.id: category.parent for category in dimension.categories}

    def root(label: str) -> str:
        while (parent := parent_of.get(label)) is not None:
            label = parent
        return label

    return agreement(_summed(_summed(pairs.table, [path.split(PATH)[0] for path in pairs.known]).T,
                             [root(label) for label in pairs.found]).T)  # fmt: skip


def _summed(table: Counts, names: Sequence[str]) -> Counts:
    """The rows of a table that have one name, added up: (different names, columns)."""
    place = {name: number for number, name in enumerate(sorted(set(names)))}
    summed = np.zeros((len(place), table.shape[1]), dtype=np.int64)
    np.add.at(summed, [place[name] for name in names], table)
    return summed


def _coverage(records: int, other: int, blank: int) -> Coverage:
    return Coverage(
        labelled=share_of(records - other - blank, records),
        other=share_of(other, records),
        blank=share_of(blank, records),
    )


def _unknown(counted: pl.DataFrame) -> list[tuple[str, int]]:
    unknown = counted.filter(pl.col("known").is_null()).group_by("dimension_id").agg(pl.col("len").sum())
    return list(unknown.iter_rows())


def _chosen(dimensions: Sequence[Dimension], name: str | None) -> tuple[Dimension, ...]:
    if name is None:
        return tuple(dimension for dimension in dimensions if dimension.kind == "text")
    for wanted, key in ((name, str), (normalised(name), normalised)):
        named = tuple(each for each in dimensions if wanted in (key(each.id), key(each.name), key(each.facet)))
        if named:
            return named
    existing = ", ".join(f"{each.name!r} ({each.facet})" for each in dimensions) or "none"
    raise QueryError(f"no dimension {name!r}; the dimensions are: {existing}")
