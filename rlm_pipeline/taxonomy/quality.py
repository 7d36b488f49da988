"""What the data lack: rows set aside, empty columns, missing answers, columns that come and go. All exact, by code."""

from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from rlm_pipeline.profiling.schema import Schema
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy import vocabulary
from rlm_pipeline.taxonomy.compared import ComparedColumn
from rlm_pipeline.taxonomy.document import Dimension, KnowledgeItem
from rlm_pipeline.taxonomy.trends import years_of
from rlm_pipeline.taxonomy.wording import item

NAMESPACE = "records"
"""The namespace of what is said about the records as a whole, not about one dimension."""

SET_ASIDE = "set aside"

MISSING_WORTH_SAYING = 0.2
COLUMNS_NAMED = 5
BLANK_WORTH_SAYING = 0.05


def items(
    store: DatasetStore,
    schema: Schema,
    *,
    partitions: Sequence[str],
    dimensions: Iterable[Dimension],
    compared: Iterable[ComparedColumn],
) -> Iterator[KnowledgeItem]:
    """The items in a fixed order; confidence is 1 throughout, since nothing is estimated."""
    records = sum(store.manifest(partition).rows for partition in partitions)
    yield from _set_aside(store, partitions, records)
    yield from _empty_columns(schema)
    yield from _columns_that_come_and_go(schema)
    yield from _missing(compared, records)
    known = tuple(dimensions)
    yield from _blank(known, records)
    yield from _recoded(known, partitions)


def _set_aside(store: DatasetStore, partitions: Sequence[str], records: int) -> Iterator[KnowledgeItem]:
    quarantined = sum(store.manifest(partition).quarantined for partition in partitions)
    if not quarantined:
        return
    paths = [store.existing(store.quarantine_path(partition), "raw_file", partition) for partition in partitions]
    reason = pl.col("reason").str.split(":").list.first().str.strip_chars().alias("reason")
    reasons = pl.scan_parquet(paths).group_by(reason).len("count").sort("count", "reason", descending=[True, False])
    frequent, count = reasons.first().collect().row(0)
    yield item(
        namespace=NAMESPACE,
        kind="quality",
        about=SET_ASIDE,
        template="{quarantined:n} of {rows:n} rows in the files ({share:%}) were set aside; the most frequent reason, "
        "{reason}, accounts for {count:n} of them.",
        names={"reason": frequent or "none given"},
        numbers={
            "quarantined": quarantined,
            "rows": records + quarantined,
            "share": quarantined / (records + quarantined),
            "count": count,
        },
        confidence=1.0,
    )


def _empty_columns(schema: Schema) -> Iterator[KnowledgeItem]:
    readable = [column for column in schema.columns if column.role != "ignored"]
    if not schema.empties and not schema.constants:
        return
    yield item(
        namespace=NAMESPACE,
        kind="quality",
        about="empty columns",
        template="{empty:n} of {columns:n} columns hold no value at all, and {constant:n} more hold only one.",
        names={},
        numbers={"empty": len(schema.empties), "columns": len(readable), "constant": len(schema.constants)},
        confidence=1.0,
    )


def _columns_that_come_and_go(schema: Schema) -> Iterator[KnowledgeItem]:
    readable = [column for column in schema.columns if column.role != "ignored"]
    counts = {
        "changing": sum(column.added is not None or column.dropped is not None for column in readable),
        "renamed": sum(bool(column.renamed) for column in readable),
        "retyped": sum(bool(column.retyped) for column in readable),
    }
    if not any(counts.values()):
        return
    yield item(
        namespace=NAMESPACE,
        kind="quality",
        about="columns over the partitions",
        template="Of {columns:n} columns, {changing:n} do not exist in all {partitions:n} partitions, {renamed:n} "
        "change their name and {retyped:n} the kind of their values.",
        names={},
        numbers={**counts, "columns": len(readable), "partitions": len(schema.partitions)},
        confidence=1.0,
    )


def _missing(compared: Iterable[ComparedColumn], records: int) -> Iterator[KnowledgeItem]:
    gaps = [column for column in compared if 1 - column.coverage >= MISSING_WORTH_SAYING]
    gaps.sort(key=lambda column: (column.coverage, column.name))
    for column in gaps[:COLUMNS_NAMED]:
        yield item(
            namespace=NAMESPACE,
            kind="quality",
            about=f"missing {column.name}",
            template="{column} has no answer in {missing:n} of {records:n} records ({share:%}).",
            names={"column": column.name},
            numbers={
                "missing": records - column.answered,
                "records": records,
                "share": 1 - column.answered / records,
            },
            confidence=1.0,
        )


def _blank(dimensions: Iterable[Dimension], records: int) -> Iterator[KnowledgeItem]:
    for dimension in dimensions:
        if dimension.gate != "passed" or dimension.blank < BLANK_WORTH_SAYING * records:
            continue
        yield item(
            namespace=dimension.id,
            kind="quality",
            about="blank",
            template="{blank:n} of {records:n} records ({share:%}) say nothing about {dimension}.",
            names={"dimension": dimension.name},
            numbers={"blank": dimension.blank, "records": records, "share": dimension.blank / records},
            confidence=1.0,
        )


def _recoded(dimensions: Iterable[Dimension], partitions: Sequence[str]) -> Iterator[KnowledgeItem]:
    for dimension in dimensions:
        year = vocabulary.changed_in(dimension, years_of(partitions)) if dimension.gate == "passed" else None
        if year is None:
            continue
        before, after = vocabulary.values_around(dimension, year)
        yield item(
            namespace=dimension.id,
            kind="quality",
            about="recoded",
            template="{dimension} is answered with other values from {year} on: {before} before, {after} since. "
            "Its counts cannot be compared across that year.",
            names={"dimension": dimension.name},
            words={"year": year, "before": before, "after": after},
            numbers={},
            confidence=1.0,
        )
