"""Facets that no column tells: what analysts derived from each record, as the layer of its source or its shape."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from rlm_pipeline import fingerprint
from rlm_pipeline.analysis import derived
from rlm_pipeline.model import LINE, ROW, SOURCE
from rlm_pipeline.profiling.schema import Schema
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy.answers import Answers, most_written, normal_value
from rlm_pipeline.taxonomy.document import Citation, Dimension

METHOD: Final = "derived from each record by the analyst"
UNTOLD: Final = "(not told apart)"
"""What stands for a value that is not told apart from others, whose records are labelled `other`."""

_ASIDE: Final = " (derived)"  # of a facet that a column is called like


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """A facet for people: `nothing` is why it has no values, where the analyst has none to tell."""

    name: str
    meaning: str
    nothing: str = "fewer than two different values"


_WORST = "the most severe where there are several, of these the surest"
FACETS: Mapping[str, Facet] = {
    derived.LAYER: Facet(
        name="Layer",
        meaning="Where a record's source stands among the parts of the code base, by their imports",
        nothing="no imports that make layers: none leads to another part of the code, or all lead in one circle",
    ),
    derived.SECURITY: Facet(name="Security finding", meaning=f"The possible weakness found in a record: {_WORST}"),
    derived.QUALITY: Facet(name="Quality finding", meaning=f"The type of what is found in a record: {_WORST}"),
    derived.PERFORMANCE: Facet(name="Performance finding", meaning=f"What may be slow in a record: {_WORST}"),
    derived.STRUCTURE: Facet(name="Structure finding", meaning=f"What a record does to the structure: {_WORST}"),
    derived.SHAPE: Facet(
        name="Shape", meaning="Which keys a record has", nothing="the records are all of one shape, or no objects"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a value is called and means, and the record that shows it."""

    name: str
    definition: str
    citation: Citation


@dataclass(slots=True)
class _Counted:
    forms: dict[str, Counter[str]] = field(default_factory=dict)
    rows: int = 0
    records: int = 0


def collect(store: DatasetStore, schema: Schema, partitions: Iterable[str], most: int) -> dict[str, Answers]:
    """What each facet answers that an analyst told, its `most` frequent values; by the name of the facet.

    Raises:
        NotMaterialised: a partition has no findings.

    """
    counted: dict[str, _Counted] = {}
    for partition in sorted(partitions):
        rows = _scan(store, partition).group_by("facet", "value").len().collect(engine="streaming").sort(pl.all())
        for facet in rows["facet"].unique():
            counted.setdefault(facet, _Counted()).records += store.manifest(partition).rows
        for facet, value, count in rows.iter_rows():
            counted[facet].rows += count
            if normal := normal_value(value or ""):
                counted[facet].forms.setdefault(normal, Counter())[value] += count
    names = {column.name for column in schema.columns}
    found = (_answers(facet, counted[facet], names, most) for facet in FACETS if facet in counted)
    return {answers.column: answers for answers in found}


def dimension_id(facet: str) -> str:
    """The id of the dimension made from a facet."""
    return fingerprint.short("derived dimension", facet)


def category_id(facet: str, normal: str) -> str:
    """The id of the category of a value (in normal form) of a facet."""
    return fingerprint.short("derived category", facet, normal)


def facet_of(dimension: Dimension) -> str:
    """The facet that a dimension is made from; empty where it is a column."""
    return dimension.facet.removesuffix(_ASIDE) if dimension.method == METHOD else ""


def categories(store: DatasetStore, partition: str, dimension: Dimension) -> dict[str, str]:
    """The category of each value (in normal form) that a partition's records have; others are not told apart."""
    facet, known = facet_of(dimension), {category.id for category in dimension.categories}
    values = _scan(store, partition).filter(pl.col("facet") == facet).select(pl.col("value").unique()).collect()
    normal = (normal_value(value) for value in values.to_series().drop_nulls())
    return {each: identity for each in normal if (identity := category_id(facet, each)) in known}


def values(store: DatasetStore, partition: str, records: pl.DataFrame, facets: Mapping[str, str]) -> pl.DataFrame:
    """For records (`_source`, `_row`) their value of each facet, in columns that `facets` names; null where none."""
    if not facets or records.is_empty():
        return pl.DataFrame()
    # Row groups of other records are not read.
    here = _scan(store, partition).filter(
        pl.col("source").is_in(records[SOURCE].unique().sort().to_list())
        & pl.col("row").is_between(records[ROW].min(), records[ROW].max())
        & pl.col("facet").is_in(sorted(facets))
    )
    told = here.select("source", "row", "facet", pl.col("value").fill_null(UNTOLD)).collect()
    identity = records.select(pl.col(SOURCE).alias("source"), pl.col(ROW).alias("row"))
    found = {
        name: identity.join(
            told.filter(pl.col("facet") == facet), on=["source", "row"], how="left", maintain_order="left"
        )["value"]
        for facet, name in facets.items()
    }
    return pl.DataFrame(found, schema=dict.fromkeys(found, pl.String))


def cells(store: DatasetStore, partition: str, answers: Mapping[str, Answers]) -> Iterator[tuple[str, pl.Series]]:
    """The values of each facet among these, one for each record as they are stored, null where there is none."""
    facets = {each.derived: name for name, each in answers.items() if each.derived}
    if facets:
        records = (
            store.scan_records(partition).select(SOURCE, ROW).collect() if store.manifest(partition).rows else None
        )
        for facet, name in facets.items():
            found = values(store, partition, records, {facet: name}) if records is not None else pl.DataFrame()
            yield name, found[name] if name in found else pl.Series([], dtype=pl.String)


def told(store: DatasetStore, schema: Schema, partitions: Sequence[str]) -> dict[tuple[str, str], Told]:
    """What the values of all facets are called, and the first record that shows each, by facet and normal form."""
    hidden = {
        (partition, written)
        for column in schema.columns
        if column.role == "ignored"
        for partition, written in column.columns.items()
    }
    found: dict[tuple[str, str], Told] = {}
    for partition in sorted(partitions):
        shown = _scan(store, partition).drop_nulls("quote").collect(engine="streaming").sort("source", "row", "facet")
        lines = _lines(store, partition, shown)
        for source, row, facet, value, column, quote, name, definition in shown.iter_rows():
            key = (facet, normal_value(value))
            if key not in found and (partition, column) not in hidden:
                citation = Citation(
                    source=source, row=row, line=lines[source, row], column=column, quote=quote, verified=True
                )
                found[key] = Told(name=name, definition=definition, citation=citation)
    return found


def name_of(facet: str, taken: Collection[str]) -> str:
    """What people call a facet; `taken` are names of other dimensions, in lower case."""
    name = FACETS[facet].name
    return f"{name}{_ASIDE}" if name.casefold() in taken else name


def _answers(facet: str, counted: _Counted, names: Collection[str], most: int) -> Answers:
    totals = {normal: forms.total() for normal, forms in counted.forms.items()}
    kept = sorted(totals, key=lambda normal: (-totals[normal], normal))[:most]
    return Answers(
        column=f"{facet}{_ASIDE}" if facet in names else facet,
        values={normal: most_written(counted.forms[normal]) for normal in kept},
        counts={normal: totals[normal] for normal in kept},
        answered=counted.rows,
        records=counted.records,
        derived=facet,
    )


def _scan(store: DatasetStore, partition: str) -> pl.LazyFrame:
    return store.scan(store.derived_path(partition), "findings", partition)


def _lines(store: DatasetStore, partition: str, shown: pl.DataFrame) -> dict[tuple[str, int], int]:
    if shown.is_empty():
        return {}
    records = store.scan_records(partition).select(
        pl.col(SOURCE).alias("source"), pl.col(ROW).alias("row"), pl.col(LINE).alias("line")
    )
    wanted = shown.lazy().select("source", "row").unique()
    found = records.join(wanted, on=["source", "row"], how="semi").collect(engine="streaming")
    return {(source, row): line for source, row, line in found.iter_rows()}
