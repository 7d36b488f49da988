"""The published figures computed once more, straight from labels and records, by other expressions than made them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import NormalDist

import polars as pl

from rlm_pipeline.model import BLANK, OTHER, ROW, SOURCE
from rlm_pipeline.profiling import distinct
from rlm_pipeline.profiling import schema as schema_stage
from rlm_pipeline.profiling.schema import Schema
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy import compared, confused
from rlm_pipeline.taxonomy.compared import ComparedColumn
from rlm_pipeline.taxonomy.document import Category, Dimension, Taxonomy

_TOLERANCE = 1e-6  # shares are stored with six decimals
_ROUNDED = 1e-4  # effects with four

_ANSWERS = ~pl.col("category_id").is_in([OTHER, BLANK])


def mismatches(store: DatasetStore, taxonomy: Taxonomy, partitions: tuple[str, ...]) -> tuple[str, ...]:
    """Published figures that labels and records do not give, each in one sentence; empty when all do."""
    labels = _labels(store, partitions)
    counted = labels.group_by("partition", "dimension_id", "category_id").len("count").collect(engine="streaming")
    found: list[str] = []
    for dimension in taxonomy.dimensions:
        found += _of_dimension(dimension, counted.filter(pl.col("dimension_id") == dimension.id))
    found += _of_trends(taxonomy, counted)
    found += _of_coverage(store, taxonomy, labels, partitions)
    found += _of_relationships(store, taxonomy, partitions)
    found += _of_confusions(taxonomy, labels)
    found += _of_co_occurrences(taxonomy, labels)
    return tuple(found)


def _labels(store: DatasetStore, partitions: tuple[str, ...]) -> pl.LazyFrame:
    return pl.concat(
        [
            store.scan(store.labels_path(partition), "labels", partition).with_columns(
                pl.lit(partition).alias("partition")
            )
            for partition in partitions
        ]
    )


def _of_dimension(dimension: Dimension, counted: pl.DataFrame) -> Iterator[str]:
    own = counted.filter(_ANSWERS)
    labelled = int(own["count"].sum())
    totals = dict(own.group_by("partition").agg(pl.col("count").sum()).iter_rows())
    figures = {
        "labelled": (dimension.labelled, labelled),
        OTHER: (dimension.other, int(counted.filter(pl.col("category_id") == OTHER)["count"].sum())),
        BLANK: (dimension.blank, int(counted.filter(pl.col("category_id") == BLANK)["count"].sum())),
    }
    for name, (published, counts) in figures.items():
        if published != counts:
            yield f"{dimension.id}: {name} is published as {published:,}, labels give {counts:,}"
    for category in dimension.categories:
        leaves = _leaves_below(category, dimension)
        sums = own.filter(pl.col("category_id").is_in(leaves)).group_by("partition").agg(pl.col("count").sum())
        now = {partition: int(count) for partition, count in sums.iter_rows()}
        if {partition: count for partition, count in category.by_partition.items() if count} != now:
            yield f"{dimension.id}/{category.id}: counts by partition are not those of the labels"
        if not _same_shares(category, now, totals):
            yield f"{dimension.id}/{category.id}: shares by partition, or their intervals, are not those of the labels"
        total = sum(now.values())
        if category.count != total:
            yield f"{dimension.id}/{category.id}: count is published as {category.count:,}, labels give {total:,}"
        if abs(category.share - (total / labelled if labelled else 0.0)) > _TOLERANCE:
            yield f"{dimension.id}/{category.id}: share is published as {category.share}, not {total}/{labelled}"


def _same_shares(category: Category, counts: Mapping[str, int], totals: Mapping[str, int]) -> bool:
    if category.share_by_partition.keys() != totals.keys():
        return False
    return all(
        abs(published - now) <= _TOLERANCE
        for partition, each in category.share_by_partition.items()
        for published, now in zip(
            (each.share, *each.interval), _wilson(counts.get(partition, 0), totals[partition]), strict=True
        )
    )


def _wilson(count: int, total: int) -> tuple[float, float, float]:
    """A share and its 95 % interval, as in Brown, Cai and DasGupta 2001."""
    p, z = count / total, NormalDist().inv_cdf(0.975)
    half = z * math.sqrt(p * (1 - p) / total + (z / (2 * total)) ** 2)
    middle, scale = p + z * z / (2 * total), 1 + z * z / total
    return p, (middle - half) / scale, (middle + half) / scale


def _leaves_below(category: Category, dimension: Dimension) -> list[str]:
    children = [each for each in dimension.categories if each.parent == category.id]
    return [leaf for child in children for leaf in _leaves_below(child, dimension)] if children else [category.id]


def _of_trends(taxonomy: Taxonomy, counted: pl.DataFrame) -> Iterator[str]:
    shares = counted.filter(_ANSWERS).with_columns(
        (pl.col("count") / pl.col("count").sum().over("partition", "dimension_id")).alias("share")
    )
    by_key = {
        (dimension, category, partition): share
        for dimension, category, partition, share in shares.select(
            "dimension_id", "category_id", "partition", "share"
        ).iter_rows()
    }
    for trend in taxonomy.trends:
        for partition, published in ((trend.start, trend.share_from), (trend.end, trend.share_to)):
            now = by_key.get((trend.dimension, trend.category, partition), 0.0)
            if abs(published - now) > _TOLERANCE:
                yield f"trend of {trend.category}: share in {partition} is published as {published}, labels give {now}"


def _of_coverage(
    store: DatasetStore, taxonomy: Taxonomy, labels: pl.LazyFrame, partitions: tuple[str, ...]
) -> Iterator[str]:
    passed = [dimension.id for dimension in taxonomy.dimensions if dimension.gate == "passed"]
    labelled = (
        labels.filter(pl.col("dimension_id").is_in(passed) & _ANSWERS)
        .select("partition", "source", "row")
        .unique()
        .select(pl.len())
        .collect(engine="streaming")
        .item()
    )
    records = sum(store.manifest(partition).rows for partition in partitions)
    coverage = taxonomy.coverage
    for name, published, now in (
        ("records", coverage.records, records),
        ("labelled", coverage.labelled, int(labelled)),
        ("other", coverage.other, records - int(labelled)),
    ):
        if published != now:
            yield f"coverage: {name} is published as {published:,}, the stored files give {now:,}"


def _of_relationships(store: DatasetStore, taxonomy: Taxonomy, partitions: tuple[str, ...]) -> Iterator[str]:
    home = {category.id: each.id for each in taxonomy.dimensions for category in each.categories}
    between = [each for each in taxonomy.relationships if each.kind != "often_confused_with"]
    sides = [
        (home.get(each.source, each.source), home.get(each.target, each.target))
        if each.kind == "co_occurrence"
        else (each.source, each.target)
        for each in between
    ]
    if not sides:
        return
    # Columns of records may have any name: below they are numbered.
    number_of = {name: str(number) for number, name in enumerate(sorted({name for pair in sides for name in pair}))}
    both = [(pl.col(number_of[a]) & pl.col(number_of[b])).sum().alias(str(at)) for at, (a, b) in enumerate(sides)]
    schema = schema_stage.load(store)
    columns = compared.candidates(store, schema, partitions)
    dimensions = sorted(number_of.keys() & {dimension.id for dimension in taxonomy.dimensions})
    now = [0] * len(sides)
    for partition in partitions:
        if store.manifest(partition).rows:
            answered = _answered(
                store, partition, number_of=number_of, dimensions=dimensions, columns=columns, schema=schema
            )
            sums = answered.select(both).row(0)
            now = [total + int(each) for total, each in zip(now, sums, strict=True)]
    for relationship, n in zip(between, now, strict=True):
        if relationship.n != n:
            yield (
                f"{relationship.source} and {relationship.target}: n is published as {relationship.n:,}, "
                f"labels and records give {n:,}"
            )


def _of_confusions(taxonomy: Taxonomy, labels: pl.LazyFrame) -> Iterator[str]:
    pairs = [each for each in taxonomy.relationships if each.kind == "often_confused_with"]
    if not pairs:
        return
    category, runner_up = pl.col("category_id"), pl.col("runner_up")
    wanted = []
    for at, each in enumerate(pairs):
        own, other = category == each.source, runner_up == each.target
        close = own & other & (pl.col("margin") <= confused.CLOSE)
        wanted += [own.sum().alias(f"n {at}"), close.sum().alias(f"close {at}")]
    now = labels.select(wanted).collect(engine="streaming").row(0, named=True)
    for at, each in enumerate(pairs):
        n, close = now[f"n {at}"], now[f"close {at}"]
        if each.n != n or abs(each.effect - close / max(n, 1)) > _ROUNDED:
            yield (
                f"{each.source} and {each.target}: {each.effect} of {each.n:,} records are published as close calls, "
                f"labels give {close:,} of {n:,}"
            )


def _of_co_occurrences(taxonomy: Taxonomy, labels: pl.LazyFrame) -> Iterator[str]:
    """Lift over all records, and against independence within each partition."""
    home = {category.id: each.id for each in taxonomy.dimensions for category in each.categories}
    pairs = [each for each in taxonomy.relationships if each.kind == "co_occurrence"]
    ends = sorted({home[end] for each in pairs for end in (each.source, each.target)})
    if not pairs:
        return
    answer = {name: pl.col("category_id").filter((pl.col("dimension_id") == name) & _ANSWERS).first() for name in ends}
    by_record = labels.group_by("partition", "source", "row").agg(answer[name].alias(name) for name in ends)
    counts: list[pl.Expr] = []
    for at, each in enumerate(pairs):
        one, other = pl.col(home[each.source]), pl.col(home[each.target])
        both = one.is_not_null() & other.is_not_null()
        has, goes = both & (one == each.source), both & (other == each.target)
        wanted = {"n": both, "row": has, "column": goes, "cell": has & goes}
        counts += [told.sum().cast(pl.Float64).alias(f"{name} {at}") for name, told in wanted.items()]
    counted = by_record.group_by("partition").agg(counts).collect(engine="streaming")
    for at, each in enumerate(pairs):
        answering = counted.filter(pl.col(f"n {at}") > 0)
        n, row, column, cell = (answering[f"{name} {at}"].to_numpy() for name in ("n", "row", "column", "cell"))
        lift = float(cell.sum() * n.sum() / (row.sum() * column.sum()))
        within = float(cell.sum() / (row * column / n).sum())
        published = (each.effect, each.effect_within or 0.0)
        if max(abs(published[0] - lift), abs(published[1] - within)) > _ROUNDED or each.reverses_inside != (within < 1):
            yield f"{each.source} and {each.target}: lifts are published as {published}, labels give {lift}, {within}"


def _answered(
    store: DatasetStore,
    partition: str,
    *,
    number_of: Mapping[str, str],
    dimensions: Sequence[str],
    columns: Mapping[str, ComparedColumn],
    schema: Schema,
) -> pl.DataFrame:
    """One row per record: whether it answers each variable (Boolean columns, named by `number_of`)."""
    labels = (
        store.scan(store.labels_path(partition), "labels", partition)
        .group_by("source", "row")
        .agg(((pl.col("dimension_id") == name) & _ANSWERS).any().alias(number_of[name]) for name in dimensions)
        .collect(engine="streaming")
    )
    wanted = number_of.keys() - set(dimensions)
    written = {schema.written_as(name, partition): name for name in wanted}
    records = store.scan_records(partition).select(pl.col(SOURCE).alias("source"), pl.col(ROW).alias("row")).collect()
    answers = {name: pl.repeat(value=False, n=records.height, eager=True) for name in wanted}
    present = [name for name in distinct.positions(store, partition) if written.get(name) in columns]
    for chosen, cells in distinct.cells(store, partition, present, records=records.height):
        for name in chosen:
            answers[written[name]] = compared.answers(cells[name], columns[written[name]])
    return records.join(labels, on=["source", "row"], how="left", maintain_order="left").with_columns(
        series.alias(number_of[name]) for name, series in answers.items()
    )
