"""How many records each category has, by partition: exact sums of the stored labels, none lost."""

import math
from collections.abc import Iterable, Iterator, Mapping

import polars as pl

from rlm_pipeline.errors import InvariantError
from rlm_pipeline.model import BLANK, OTHER
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy.document import Category, Dimension, Share

NORMAL_975 = 1.959963984540054
SHARE_DIGITS = 6
"""Published shares are rounded to this many decimals."""

TALLY_SCHEMA = pl.Schema(
    {"partition": pl.String, "dimension_id": pl.String, "category_id": pl.String, "count": pl.Int64}
)


def tally(store: DatasetStore, partitions: Iterable[str]) -> pl.DataFrame:
    """Count the labels of every partition in one streamed pass: `TALLY_SCHEMA`, sorted.

    Raises:
        NotMaterialised: a partition has no labels yet.

    """
    frames = [
        store.scan(store.labels_path(partition), "labels", partition)
        .group_by("dimension_id", "category_id")
        .agg(pl.len().cast(pl.Int64).alias("count"))
        .select(pl.lit(partition).alias("partition"), "dimension_id", "category_id", "count")
        for partition in partitions
    ]
    if not frames:
        return TALLY_SCHEMA.to_frame()
    counted = pl.concat(frames).collect(engine="streaming")
    return counted.sort("partition", "dimension_id", "category_id")


def leaves(dimension: Dimension) -> tuple[Category, ...]:
    """The categories that are no other category's parent, in their order: what records are labelled with."""
    parents = {category.parent for category in dimension.categories}
    return tuple(category for category in dimension.categories if category.id not in parents)


def labelled_by_partition(dimension: Dimension) -> dict[str, int]:
    """Records with a category, by partition, of a dimension that `fill` returned."""
    totals: dict[str, int] = {}
    for leaf in leaves(dimension):
        for partition, count in leaf.by_partition.items():
            totals[partition] = totals.get(partition, 0) + count
    return totals


def fill(dimensions: Iterable[Dimension], counted: pl.DataFrame, partitions: tuple[str, ...]) -> tuple[Dimension, ...]:
    """The dimensions with counts, shares and counts by partition; a parent has the sum of the leaves below it.

    `counted` is `TALLY_SCHEMA`; every partition appears in `by_partition`, with 0 where a category has no record.

    Raises:
        InvariantError: a label names a dimension, or a category of it, that does not exist or is not a leaf.

    """
    found: dict[str, dict[str, dict[str, int]]] = {}
    for partition, dimension_id, category_id, count in counted.iter_rows():
        found.setdefault(dimension_id, {}).setdefault(category_id, {})[partition] = count
    filled = tuple(_filled(dimension, found.pop(dimension.id, {}), partitions) for dimension in dimensions)
    if found:
        raise InvariantError(f"labels name dimensions that were never discovered: {', '.join(sorted(found))}")
    return filled


def check_every_record_is_accounted_for(
    dimensions: Iterable[Dimension], counted: pl.DataFrame, rows: Mapping[str, int]
) -> None:
    """Each dimension that passed its gate has exactly one label per record of every partition.

    `rows` maps each partition to its records.

    Raises:
        InvariantError: labels are missing or doubled; names the dimension, the partition and both figures.

    """
    totals = {
        (partition, dimension_id): count
        for partition, dimension_id, count in counted.group_by("partition", "dimension_id")
        .agg(pl.col("count").sum())
        .iter_rows()
    }
    for dimension in dimensions:
        if dimension.gate != "passed":
            continue
        for partition, records in rows.items():
            labels = totals.get((partition, dimension.id), 0)
            if labels != records:
                raise InvariantError(
                    f"dimension {dimension.id} has {labels:,} labels for the {records:,} records of {partition}; "
                    "materialise labels of this partition again"
                )


def unlabelled_records(store: DatasetStore, partitions: Iterable[str], dimensions: Iterable[Dimension]) -> int:
    """Records whose every answer to the dimensions that passed their gate is `other` or `blank`."""
    passed = [dimension.id for dimension in dimensions if dimension.gate == "passed"]
    frames = [
        store.scan(store.labels_path(partition), "labels", partition)
        .filter(pl.col("dimension_id").is_in(passed))
        .group_by("source", "row")
        .agg(pl.col("category_id").is_in([OTHER, BLANK]).all().alias("unlabelled"))
        .select(pl.col("unlabelled").sum())
        for partition in partitions
    ]
    return sum(int(frame.collect(engine="streaming").item() or 0) for frame in frames)


def _filled(dimension: Dimension, found: dict[str, dict[str, int]], partitions: tuple[str, ...]) -> Dimension:
    other, blank = (sum(found.pop(category_id, {}).values()) for category_id in (OTHER, BLANK))
    known = {leaf.id for leaf in leaves(dimension)}
    if unknown := sorted(found.keys() - known):
        raise InvariantError(f"labels of dimension {dimension.id} name no leaf category of it: {', '.join(unknown)}")
    by_partition = _with_parents(dimension, found, partitions)
    totals = {partition: sum(by_partition[leaf][partition] for leaf in known) for partition in partitions}
    labelled = sum(totals.values())
    categories = tuple(
        category.model_copy(
            update={
                "count": sum(by_partition[category.id].values()),
                "share": share(sum(by_partition[category.id].values()), labelled),
                "by_partition": by_partition[category.id],
                "share_by_partition": dict(_shares(by_partition[category.id], totals)),
            }
        )
        for category in dimension.categories
    )
    return dimension.model_copy(update={"labelled": labelled, "other": other, "blank": blank, "categories": categories})


def share(count: int, total: int) -> float:
    """`count` of `total`, 0 where there is nothing to share."""
    return round(count / total, SHARE_DIGITS) if total else 0.0


def _shares(by_partition: Mapping[str, int], totals: Mapping[str, int]) -> Iterator[tuple[str, Share]]:
    for partition, count in by_partition.items():
        if total := totals[partition]:
            low, high = wilson_interval(count, total)
            interval = (round(low, SHARE_DIGITS), round(high, SHARE_DIGITS))
            yield partition, Share(share=share(count, total), interval=interval)


def wilson_interval(hits: int, tries: int) -> tuple[float, float]:
    """95 % interval of a share of `tries` > 0 records: Wilson 1927."""
    z2 = NORMAL_975**2
    centre = (hits + z2 / 2) / (tries + z2)
    half = NORMAL_975 / (tries + z2) * math.sqrt(hits * (tries - hits) / tries + z2 / 4)
    return max(0.0, centre - half), min(1.0, centre + half)


def _with_parents(
    dimension: Dimension, found: dict[str, dict[str, int]], partitions: tuple[str, ...]
) -> dict[str, dict[str, int]]:
    parent_of = {category.id: category.parent for category in dimension.categories}
    sums = {category.id: dict.fromkeys(partitions, 0) for category in dimension.categories}
    for leaf, counts in found.items():
        for ancestor in _line_of_descent(leaf, parent_of, dimension.id):
            for partition, count in counts.items():
                sums[ancestor][partition] += count
    return sums


def _line_of_descent(category_id: str, parent_of: Mapping[str, str | None], dimension_id: str) -> tuple[str, ...]:
    line: list[str] = []
    current: str | None = category_id
    while current is not None:
        if current in line or current not in parent_of:
            raise InvariantError(
                f"the parents of category {category_id} of dimension {dimension_id} do not form a tree"
            )
        line.append(current)
        current = parent_of[current]
    return tuple(line)
