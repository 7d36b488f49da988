"""Dimensions from categorical columns: the values are the categories, each cited where it first occurs."""

from collections.abc import Mapping, Sequence

import polars as pl

from rlm_pipeline import fingerprint
from rlm_pipeline.model import LINE, ROW, SOURCE
from rlm_pipeline.profiling.schema import Schema
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy.answers import MOSTLY, Answers, normal_value
from rlm_pipeline.taxonomy.document import Category, Citation, Dimension
from rlm_pipeline.taxonomy.exemplars import quote_of
from rlm_pipeline.taxonomy.naming import humanised

METHOD = "values of the column"


def dimensions(
    store: DatasetStore, schema: Schema, partitions: Sequence[str], facets: Sequence[Answers]
) -> tuple[Dimension, ...]:
    """One dimension per facet, in order."""
    cited = _first_occurrences(store, schema, partitions, facets)
    return tuple(_dimension(answers, cited[answers.column]) for answers in facets)


def category_id(facet: str, normal: str) -> str:
    """The id of the category of a value (in normal form) of a column."""
    return fingerprint.short("category", facet, normal)


def dimension_id(facet: str) -> str:
    """The id of the dimension made from a column."""
    return fingerprint.short("dimension", facet)


def _dimension(answers: Answers, cited: Mapping[str, Citation]) -> Dimension:
    name = humanised(answers.column)
    return Dimension(
        id=dimension_id(answers.column),
        name=name,
        definition=(
            f"{name} as recorded: {_values(answers)}, given in {answers.coverage:.1%} of the records of the partitions "
            "that have the column."
        ),
        facet=answers.column,
        kind="categorical",
        method=METHOD,
        gate="passed",
        distinct_statements=len(answers.values),
        categories=tuple(
            Category(
                id=category_id(answers.column, normal),
                name=written,
                definition=f"{name} is “{written}”: {answers.counts[normal] / answers.answered:.1%} of the answers.",
                status="established",
                keywords=(written,),
                exemplars=(cited[normal],) if normal in cited else (),
            )
            for normal, written in answers.values.items()
        ),
    )


def _values(answers: Answers) -> str:
    share = sum(answers.counts.values()) / answers.answered
    if share < MOSTLY:
        return f"the {len(answers.values)} most frequent values, which make up {share:.1%} of those"
    return f"{len(answers.values)} different values"


def _first_occurrences(
    store: DatasetStore, schema: Schema, partitions: Sequence[str], facets: Sequence[Answers]
) -> dict[str, dict[str, Citation]]:
    """The first record of every answer of every facet, by normal form."""
    cited: dict[str, dict[str, Citation]] = {answers.column: {} for answers in facets}
    for partition in sorted(partitions):
        for answers in facets:
            column, found = schema.written_as(answers.column, partition), cited[answers.column]
            if column is None or len(found) == len(answers.values):
                continue
            firsts = (
                store.scan_records(partition)
                .select(pl.col(SOURCE).alias("source"), pl.col(ROW).alias("row"), pl.col(LINE).alias("line"), column)
                .drop_nulls(column)
                .collect()
                .sort("source", "row")
                .unique(column, keep="first", maintain_order=True)
            )
            for source, row, line, cell in firsts.iter_rows():
                normal = normal_value(cell)
                if normal in answers.values and normal not in found:
                    found[normal] = Citation(
                        source=source, row=row, line=line, column=column, quote=quote_of(cell), verified=True
                    )
    return cited
