"""The stored findings of one partition, its batches added up, ready to be merged with other partitions."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import reduce
from operator import add

import polars as pl

from rlm_pipeline.analysis.correlations import apart
from rlm_pipeline.analysis.observation import EVERY_COLUMN, QUOTE_LENGTH
from rlm_pipeline.analysis.sums import Sums
from rlm_pipeline.synthesis import addition, citing, conflicts, readings, specialists, stored
from rlm_pipeline.synthesis.document import (
    Citation,
    ColumnFindings,
    MergedFindings,
    NumericSummary,
    PairFindings,
    Totals,
)

SCOPES_READ = 200
"""Findings are read this many columns at a time."""

CITED = 3
"""Records cited per column and partition."""

# What findings about all columns carry in their numbers, and those about one column do not.
_ABOUT_ALL = (pl.col("scope") == EVERY_COLUMN) & pl.col("numbers").str.starts_with('{"columns":')

_PLACE = ("type", "scope", "batch")

_CITED_FIRST = {"distribution": 0, "pattern": 1, "outlier": 2, "summary_stat": 3, "missing_data": 4}


def gather(findings: pl.LazyFrame, *, dataset: str, partition: str) -> MergedFindings:
    """Add up the findings (`FINDING_SCHEMA`) of one partition, each counted once; without what merging derives.

    Conflicts are those between the partition's batches.

    Raises:
        InvariantError: a specialist's figure is no whole number.

    """
    said = findings.filter(stored.BY_DATA_ANALYST)
    known = said.select("finding_id", "type", "scope", "batch", "total", about_all=_ABOUT_ALL).collect()
    unique = known.unique("finding_id")
    missing = _missing(said)
    single = unique.filter(~pl.col("about_all") & (pl.col("type") != "correlation"))
    scopes = sorted({*single.get_column("scope"), *missing})
    columns: list[ColumnFindings] = []
    compared: list[conflicts.Comparison] = []
    for first in range(0, len(scopes), SCOPES_READ):
        names = scopes[first : first + SCOPES_READ]
        frame = _of_columns(said, names)
        columns += _columns(frame, names, missing, partition)
        compared += _compared(frame, partition)
    return MergedFindings(
        dataset=dataset,
        partitions={partition: _totals(findings, unique)},
        columns=tuple(columns),
        pairs=_pairs(said, partition),
        specialists=specialists.gather(findings, partition),
        readings=readings.gather(findings, partition),
        themes=(),
        conflicts=conflicts.significant(compared, most=conflicts.MOST_BETWEEN_BATCHES),
    )


def _totals(findings: pl.LazyFrame, of_data: pl.DataFrame) -> Totals:
    """What was read; `of_data` has the data analyst's findings, each once."""
    made_by = findings.select("finding_id", specialist=stored.BY_SPECIALIST, model=stored.BY_MODEL).collect()
    unique = made_by.unique("finding_id")
    return Totals(
        records=int(of_data.filter("about_all").get_column("total").sum()),
        batches=of_data.get_column("batch").n_unique(),
        findings=unique.height,
        duplicates=made_by.height - unique.height,
        by_specialists=int(unique.get_column("specialist").sum()),
        by_models=int(unique.get_column("model").sum()),
    )


def _missing(findings: pl.LazyFrame) -> dict[str, int]:
    """Column -> empty cells, of the columns that have any."""
    about_all = findings.filter(_ABOUT_ALL).select("finding_id", "distribution").collect().unique("finding_id")
    return dict(stored.summed(about_all, []).iter_rows())


def _of_columns(findings: pl.LazyFrame, names: Sequence[str]) -> pl.DataFrame:
    wanted = pl.col("scope").is_in(pl.Series(names, dtype=pl.String).implode())
    chosen = findings.filter(wanted & (pl.col("type") != "correlation") & ~_ABOUT_ALL)
    columns = ("finding_id", "type", "scope", "batch", "distribution", "total", "numbers", "citations")
    return chosen.select(columns).collect().unique("finding_id", keep="first", maintain_order=True)


def _nested(frame: pl.DataFrame, kind: str) -> dict[str, dict[str, int]]:
    """Column -> value -> count, summed over batches, of the findings of one type."""
    nested: dict[str, dict[str, int]] = {}
    for scope, value, count in stored.summed(frame.filter(pl.col("type") == kind), ["scope"]).iter_rows():
        nested.setdefault(scope, {})[value] = count
    return nested


def _columns(
    frame: pl.DataFrame, names: Sequence[str], missing: dict[str, int], partition: str
) -> Iterator[ColumnFindings]:
    distributions, shapes = _nested(frame, "distribution"), _nested(frame, "pattern")
    kinds = Counter(frame.select("scope", "type").iter_rows())
    outliers = dict(frame.filter(pl.col("type") == "outlier").group_by("scope").agg(pl.col("total").sum()).iter_rows())
    numbers, cited = _numbers(frame), _cited(frame, partition)
    for name in names:
        summary = NumericSummary.of(numbers[name]) if name in numbers else None
        counts = distributions.get(name, {})
        empty = missing.get(name, 0)
        yield ColumnFindings(
            column=name,
            findings={kind: kinds[name, kind] for kind in sorted(_CITED_FIRST) if kinds[name, kind]},
            distribution=counts,
            distribution_by_partition={partition: counts} if counts else {},
            missing=empty,
            missing_by_partition={partition: empty} if empty else {},
            departures=kinds[name, "missing_data"],
            numbers=summary,
            numbers_by_partition={partition: summary} if summary else {},
            outliers=outliers.get(name, 0),
            shapes=shapes.get(name, {}),
            citations=citing.ordered(cited.get(name, ())),
        )


def _numbers(frame: pl.DataFrame) -> dict[str, Sums]:
    found: dict[str, list[Sums]] = {}
    for scope, numbers in frame.filter(pl.col("type") == "summary_stat").select("scope", "numbers").iter_rows():
        exact = json.loads(numbers)
        found.setdefault(scope, []).append(
            Sums(
                n=exact["n"],
                total=Decimal(exact["sum"]),
                squares=Decimal(exact["sum_of_squares"]),
                minimum=exact["minimum"],
                maximum=exact["maximum"],
            )
        )
    return {scope: reduce(add, sums) for scope, sums in found.items()}


def _cited(frame: pl.DataFrame, partition: str) -> dict[str, list[Citation]]:
    """For each column the records to cite: first those with its most frequent values, each quote once."""
    entries = stored.quotes(frame, _PLACE)
    values = stored.summed(frame.filter(pl.col("type") == "distribution"), ["scope"])
    frequent = values.select("scope", "count", quote=pl.col("value").str.strip_chars().str.slice(0, QUOTE_LENGTH))
    ranked = entries.join(
        frequent.unique(["scope", "quote"], keep="first", maintain_order=True), on=["scope", "quote"], how="left"
    )
    order = pl.col("type").replace_strict(_CITED_FIRST, return_dtype=pl.Int64)
    best = (
        ranked.sort("scope", order, -pl.col("count").fill_null(0), "source", "row", "quote")
        .unique(["scope", "quote"], keep="first", maintain_order=True)
        .group_by("scope", maintain_order=True)
        .head(CITED)
    )
    found: dict[str, list[Citation]] = {}
    for row in best.iter_rows(named=True):
        found.setdefault(row["scope"], []).append(stored.citation(row, partition))
    return found


def _compared(frame: pl.DataFrame, partition: str) -> Iterator[conflicts.Comparison]:
    """Each column's batches compared with each other."""
    counted = frame.filter(pl.col("type") == "distribution")
    counts: dict[str, dict[int, dict[str, int]]] = {}
    for scope, batch, value, count in stored.summed(counted, ["scope", "batch"]).iter_rows():
        counts.setdefault(scope, {}).setdefault(batch, {})[value] = count
    cited: dict[tuple[str, int], list[Citation]] = {}
    for row in stored.quotes(counted, _PLACE).iter_rows(named=True):
        cited.setdefault((row["scope"], row["batch"]), []).append(stored.citation(row, partition))
    for scope, batches in counts.items():
        parts = [
            conflicts.Part(
                where=f"{partition} batch {batch + 1}", counts=values, citations=tuple(cited.get((scope, batch), ()))
            )
            for batch, values in sorted(batches.items())
        ]
        if comparison := conflicts.compare(scope, parts, between="batches"):
            yield comparison


def _pairs(findings: pl.LazyFrame, partition: str) -> tuple[PairFindings, ...]:
    """The contingency table of every pair, its batches added up."""
    correlated = findings.filter(pl.col("type") == "correlation").collect()
    unique = correlated.unique("finding_id", keep="first", maintain_order=True)
    # `a x b` can be read in two ways where a name holds an x; the list of both names cannot.
    frame = unique.with_columns(scope=pl.col("numbers").str.json_path_match("$.columns"), type=pl.lit("distribution"))
    tables: dict[str, list[tuple[str, str, int]]] = {}
    for scope, value, count in stored.summed(frame, ["scope"]).iter_rows():
        tables.setdefault(scope, []).append((*apart(value), count))
    batches, cited = Counter(frame.get_column("scope")), _cited(frame, partition)
    return addition.pairs(
        _pair(json.loads(scope), rows, partition, findings=batches[scope], citations=cited.get(scope, []))
        for scope, rows in tables.items()
    )


def _pair(
    names: list[str],
    rows: list[tuple[str, str, int]],
    partition: str,
    *,
    findings: int,
    citations: list[Citation],
) -> PairFindings:
    measured = addition.strength(tuple(rows))
    return PairFindings(
        left=names[0],
        right=names[1],
        findings=findings,
        effect=measured.effect,
        n=measured.n,
        table=tuple(sorted(rows)),
        by_partition={partition: measured},
        citations=citing.ordered(citations),
    )
