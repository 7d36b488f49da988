"""Agreement of the discovered dimensions with a column of the records that tells the truth."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import QueryError
from rlm_pipeline.evaluation.known_records import (
    PairCounts,
    columns_named,
    count_pairs,
    dimensions_of,
    known_values,
    labelled_partitions,
    tables,
)
from rlm_pipeline.evaluation.metrics import Agreement, agreement
from rlm_pipeline.model import BLANK, LABEL_SCHEMA, OTHER, RECORD_IDENTITY
from rlm_pipeline.profiling.matching.alignment import normalised
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy.document import Dimension

MAX_CATEGORIES = 2000
"""A truth column with more different values than this does not hold categories."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionAgreement:
    """How one dimension agrees with the truth column, over the `compared` records that have both.

    `other` of them are labelled `other`, which counts as one more found category. Left out are `blank` records, whose
    text is empty, and `without_truth` records, whose truth cell is. `agreement` is None where nothing is left.
    """

    dimension_id: str
    dimension_name: str
    facet: str
    gate: str
    agreement: Agreement | None
    compared: int
    other: int
    blank: int
    without_truth: int
    partitions_without_column: tuple[str, ...]


def evaluate(
    store: DatasetStore, config: DatasetConfig, *, truth_column: str, dimension: str | None = None
) -> tuple[DimensionAgreement, ...]:
    """Agreement of every text dimension, or of the one named, with `truth_column` of the stored records.

    The column is looked for in every partition as written there: by its exact name, else up to case and punctuation.
    It may be one that the configuration ignores: records keep every column.

    Args:
        store: the dataset's files; labels and dimensions must exist.
        config: the dataset's configuration.
        truth_column: the column whose values are the known categories.
        dimension: id, name or facet of one dimension; by default all text dimensions, whether or not they passed.

    Raises:
        NotMaterialised: labels or dimensions do not exist yet.
        QueryError: no such column or dimension, or the column does not hold categories.

    """
    chosen = _chosen(dimensions_of(store), dimension)
    partitions = labelled_partitions(store)
    columns = {partition: columns_named(store, partition, truth_column) for partition in partitions}
    if not any(columns.values()):
        raise _no_column(store, config, partitions, truth_column)
    wanted = [each.id for each in chosen]
    counts, without_truth = [pl.DataFrame(schema=_COUNTED)], dict.fromkeys(wanted, 0)
    for partition in partitions:
        labels = store.scan(store.labels_path(partition), "labels", partition).filter(
            pl.col("dimension_id").is_in(wanted)
        )
        if not columns[partition]:
            for dimension_id, records in labels.group_by("dimension_id").len().collect().iter_rows():
                without_truth[dimension_id] += records
            continue
        counted = count_pairs(labels, known_values(store, partition, columns[partition]), "known")
        counts.append(counted)
        for dimension_id, records in _unknown(counted):
            without_truth[dimension_id] += records
    found = tables(counts)
    missing = tuple(partition for partition in partitions if not columns[partition])
    return tuple(_agreement(each, found.get(each.id), without_truth[each.id], truth_column, missing) for each in chosen)


_COUNTED = pl.Schema(
    {
        "dimension_id": LABEL_SCHEMA["dimension_id"],
        "category_id": LABEL_SCHEMA["category_id"],
        "known": pl.String,
        "len": pl.get_index_type(),
    }
)


def _agreement(
    dimension: Dimension, pairs: PairCounts | None, without_truth: int, truth_column: str, missing: tuple[str, ...]
) -> DimensionAgreement:
    if pairs is not None and len(pairs.known) > MAX_CATEGORIES:
        raise QueryError(
            f"{truth_column!r} has {len(pairs.known):,} different values; a truth column holds categories, "
            f"at most {MAX_CATEGORIES:,}"
        )
    compared = pairs.without(BLANK) if pairs is not None else None
    figures = agreement(compared.table) if compared is not None and compared.table.sum() else None
    return DimensionAgreement(
        dimension_id=dimension.id,
        dimension_name=dimension.name,
        facet=dimension.facet,
        gate=dimension.gate,
        agreement=figures,
        compared=figures.records if figures else 0,
        other=pairs.records(OTHER) if pairs is not None else 0,
        blank=pairs.records(BLANK) if pairs is not None else 0,
        without_truth=without_truth,
        partitions_without_column=missing,
    )


def _unknown(counted: pl.DataFrame) -> list[tuple[str, int]]:
    unknown = counted.filter(pl.col("known").is_null()).group_by("dimension_id").agg(pl.col("len").sum())
    return list(unknown.iter_rows())


def _chosen(dimensions: Sequence[Dimension], name: str | None) -> tuple[Dimension, ...]:
    if name is None:
        return tuple(dimension for dimension in dimensions if dimension.kind == "text")
    for wanted, key in ((name, str), (normalised(name), normalised)):
        for each in dimensions:
            if wanted in (key(each.id), key(each.name), key(each.facet)):
                return (each,)
    existing = ", ".join(f"{each.name!r} ({each.facet})" for each in dimensions) or "none"
    raise QueryError(f"no dimension {name!r}; the dimensions are: {existing}")


def _no_column(store: DatasetStore, config: DatasetConfig, partitions: Sequence[str], truth_column: str) -> QueryError:
    existing: dict[str, None] = {}
    for partition in partitions:
        existing.update(dict.fromkeys(store.scan_records(partition).collect_schema().names()))
    names = [name for name in existing if name not in RECORD_IDENTITY]
    close = difflib.get_close_matches(truth_column, names, n=5, cutoff=0.5)
    shown = close or names[:20]
    more = "" if close or len(names) <= len(shown) else f" and {len(names) - len(shown):,} more"
    kind = "the closest are" if close else "there are"
    return QueryError(f"{config.name} has no column {truth_column!r}; {kind}: {', '.join(shown)}{more}")
