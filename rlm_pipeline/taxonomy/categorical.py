"""Dimensions of values, of a column or derived: the values are the categories, each cited where it first occurs."""

from collections.abc import Mapping, Sequence

import polars as pl

from rlm_pipeline import fingerprint
from rlm_pipeline.model import LINE, ROW, SOURCE
from rlm_pipeline.profiling.schema import Schema
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy import derived
from rlm_pipeline.taxonomy.answers import MOSTLY, Answers, normal_value
from rlm_pipeline.taxonomy.derived import Told
from rlm_pipeline.taxonomy.document import Category, Citation, Dimension
from rlm_pipeline.taxonomy.exemplars import quote_of
from rlm_pipeline.taxonomy.naming import humanised

METHOD = "values of the column"


def dimensions(
    store: DatasetStore, schema: Schema, partitions: Sequence[str], facets: Sequence[Answers]
) -> tuple[Dimension, ...]:
    """One dimension per facet, in order."""
    columns = tuple(answers for answers in facets if not answers.derived)
    cited = _first_occurrences(store, schema, partitions, columns)
    told = derived.told(store, schema, partitions) if len(columns) < len(facets) else {}
    taken = {humanised(column.name).casefold() for column in schema.columns}
    return tuple(
        _derived(answers, told, derived.name_of(answers.derived, taken))
        if answers.derived
        else _dimension(answers, cited[answers.column])
        for answers in facets
    )


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


def _derived(answers: Answers, told: Mapping[tuple[str, str], Told], name: str) -> Dimension:
    """The dimension of what an analyst derived: it says what the values are called and mean."""
    facet = answers.derived
    return Dimension(
        id=derived.dimension_id(facet),
        name=name,
        definition=(
            f"{derived.FACETS[facet].meaning}: {_values(answers)}, told of {answers.coverage:.1%} of the records of "
            "the partitions that have such records."
        ),
        facet=answers.column,
        kind="categorical",
        method=derived.METHOD,
        gate="passed",
        distinct_statements=len(answers.values),
        categories=tuple(_derived_category(answers, normal, told.get((facet, normal))) for normal in answers.values),
    )


def _derived_category(answers: Answers, normal: str, told: Told | None) -> Category:
    written = answers.values[normal]
    name = told.name if told else written
    meaning = told.definition if told else name
    return Category(
        id=derived.category_id(answers.derived, normal),
        name=name,
        definition=(
            f"{meaning[:1].upper()}{meaning[1:]}; {answers.counts[normal] / answers.answered:.1%} of the records "
            "it is told of."
        ),
        status="established",
        keywords=(written,),
        exemplars=(told.citation,) if told else (),
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
