"""Categories of one text dimension that are hard to tell apart: records for which either would nearly do.

A record is a close call between its category and its runner-up where the classifier, whose probabilities are calibrated
on statements it had not seen, gives the one at most `CLOSE` more than the other.
"""

from collections.abc import Iterable, Iterator, Mapping

import polars as pl

from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy.counts import leaves, wilson_interval
from rlm_pipeline.taxonomy.document import Category, Dimension, Relationship

CLOSE = 0.2
MINIMUM_SHARE = 0.03
"""What the interval must lie above of the share of a category's records that are close calls with one other."""

MINIMUM_RECORDS = 100
MAXIMUM_PAIRS, MAXIMUM_PAIRS_PER_DIMENSION = 30, 5
EFFECT = "share of close calls"
_DIGITS = 4

CLOSE_CALLS_SCHEMA = pl.Schema(
    {
        "partition": pl.String,
        "dimension_id": pl.String,
        "category_id": pl.String,
        "runner_up": pl.String,
        "count": pl.Int64,
    }
)

_Calls = Mapping[tuple[str, str], Mapping[str, int]]
"""Category and runner-up -> partition -> close calls."""


def tally(store: DatasetStore, partitions: Iterable[str]) -> pl.DataFrame:
    """Close calls by partition, category and runner-up, in one streamed pass over the labels: `CLOSE_CALLS_SCHEMA`.

    Raises:
        NotMaterialised: a partition has no labels yet.

    """
    frames = [
        store.scan(store.labels_path(partition), "labels", partition)
        .filter(pl.col("runner_up").is_not_null() & (pl.col("margin") <= CLOSE))
        .group_by("dimension_id", "category_id", "runner_up")
        .agg(pl.len().cast(pl.Int64).alias("count"))
        .select(pl.lit(partition).alias("partition"), "dimension_id", "category_id", "runner_up", "count")
        for partition in partitions
    ]
    if not frames:
        return CLOSE_CALLS_SCHEMA.to_frame()
    return pl.concat(frames).collect(engine="streaming").sort(CLOSE_CALLS_SCHEMA.names()[:-1])


def find(dimensions: Iterable[Dimension], close_calls: pl.DataFrame) -> tuple[Relationship, ...]:
    """Leaves with the largest shares of close calls: at most five pairs a dimension, `MAXIMUM_PAIRS` in all.

    The source is the leaf whose records would do as the target's; of two ways the one with the larger share.
    `dimensions` are filled with counts, `close_calls` as `tally` gives them.
    """
    found: list[Relationship] = []
    for dimension in dimensions:
        if dimension.kind != "text" or dimension.gate != "passed":
            continue
        pairs = sorted(_pairs(dimension, close_calls), key=_by_effect)
        found += pairs[:MAXIMUM_PAIRS_PER_DIMENSION]
    return tuple(sorted(found, key=_by_effect)[:MAXIMUM_PAIRS])


def _by_effect(pair: Relationship) -> tuple[float, str, str]:
    return -pair.effect, pair.source, pair.target


def _pairs(dimension: Dimension, close_calls: pl.DataFrame) -> Iterator[Relationship]:
    by_id = {leaf.id: leaf for leaf in leaves(dimension)}
    calls: dict[tuple[str, str], dict[str, int]] = {}
    own = close_calls.filter(pl.col("dimension_id") == dimension.id)
    for partition, category, runner_up, count in own.select("partition", "category_id", "runner_up", "count").rows():
        if category in by_id and runner_up in by_id and category != runner_up:
            calls.setdefault((category, runner_up), {})[partition] = count
    for ends in sorted({(min(ends), max(ends)) for ends in calls}):
        ways = [(source, target) for source, target in (ends, ends[::-1]) if (source, target) in calls]
        source, target = max(ways, key=lambda way: (sum(calls[way].values()) / by_id[way[0]].count, way))
        relationship = _relationship(dimension, by_id[source], by_id[target], calls)
        if relationship is not None:
            yield relationship


def _relationship(dimension: Dimension, source: Category, target: Category, calls: _Calls) -> Relationship | None:
    if source.count < MINIMUM_RECORDS:
        return None
    forth, back = calls[source.id, target.id], calls.get((target.id, source.id), {})
    close = sum(forth.values())
    low, high = wilson_interval(close, source.count)
    if low < MINIMUM_SHARE:
        return None
    return Relationship(
        kind="often_confused_with",
        source=source.id,
        target=target.id,
        source_name=f"{dimension.name}: {source.name}",
        target_name=f"{dimension.name}: {target.name}",
        effect=round(close / source.count, _DIGITS),
        effect_name=EFFECT,
        interval=(round(low, _DIGITS), round(high, _DIGITS)),
        n=source.count,
        by_partition={
            partition: round(forth.get(partition, 0) / count, _DIGITS)
            for partition, count in source.by_partition.items()
            if count >= MINIMUM_RECORDS
        },
        strongest=(
            f"{close:,} of {source.count:,} records of {source.name} would do as {target.name}",
            f"{sum(back.values()):,} of {target.count:,} records of {target.name} would do as {source.name}",
        ),
    )
