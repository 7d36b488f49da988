"""Commands that read what is stored: schema and labels."""

from dataclasses import asdict
from typing import Annotated

import polars as pl
import typer
from rich.markup import escape
from rich.table import Table

from assets.command_line import schema_table
from assets.command_line.group import (
    ConfigArgument,
    JsonOption,
    PartitionOption,
    open_dataset,
    out,
    partitions_stored,
    print_json,
)
from rlm_pipeline.errors import QueryError
from rlm_pipeline.model import BLANK, OTHER
from rlm_pipeline.profiling import schema as schemas
from rlm_pipeline.taxonomy import published
from rlm_pipeline.taxonomy.document import Dimension

LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, help="At most this many.")]


def schema(
    config: ConfigArgument,
    column: Annotated[str, typer.Option("--column", "-c", help="One column in full, with the evidence.")] = "",
    json: JsonOption = False,
) -> None:
    """Show the canonical columns, which column of each year they are, and what is left to you to decide."""
    dataset = open_dataset(config)
    found = schemas.load(dataset.store)
    if column:
        one = found.column(column)
        if json:
            print_json(asdict(one))
        else:
            out.print(schema_table.column_table(found, one))
        return
    if json:
        unsure = [{**asdict(each), "accept": each.accept, "refuse": each.refuse} for each in found.unsure]
        print_json({**asdict(found), "unsure": unsure})
        return
    out.print(schema_table.columns_table(found, dataset.config.name))
    if (pairs := schema_table.pairs_table(found)) is not None:
        out.print(pairs)
    for question in schema_table.questions(found):
        out.print(question, markup=False, highlight=False, soft_wrap=True)


def labels(
    config: ConfigArgument,
    dimension: Annotated[str, typer.Option("--dimension", "-d", help="A dimension's id, name or column.")],
    category: Annotated[str, typer.Option("--category", help="Only this category's id or name.")] = "",
    partition: PartitionOption = [],
    limit: LimitOption = 20,
    json: JsonOption = False,
) -> None:
    """Show labelled records of one dimension."""
    dataset = open_dataset(config)
    found = dimension_of(published.load(dataset.store).dimensions, dimension)
    names = {each.id: each.name for each in found.categories} | {OTHER: OTHER, BLANK: BLANK}
    wanted = partitions_stored(dataset, partition, "labels")
    paths = [dataset.store.existing(dataset.store.labels_path(each), "labels", each) for each in wanted]
    frame = pl.scan_parquet(paths).filter(pl.col("dimension_id") == found.id)
    if category:
        ids = [each for each, name in names.items() if category.lower() in (each, name.lower())]
        if not ids:
            raise QueryError(f"no category {category!r} in {found.name}; it has {', '.join(sorted(names.values()))}")
        frame = frame.filter(pl.col("category_id").is_in(ids))
    rows = frame.head(limit).collect().to_dicts()
    if json:
        print_json([{**row, "category": names[row["category_id"]]} for row in rows])
        return
    table = Table("record", "category", "confidence", title=found.name)
    for row in rows:
        table.add_row(f"{row['source']}:{row['row']}", escape(names[row["category_id"]]), f"{row['confidence']:.2f}")
    out.print(table)


def dimension_of(dimensions: tuple[Dimension, ...], wanted: str) -> Dimension:
    """The dimension of that id, name or column.

    Raises:
        QueryError: there is none.

    """
    for each in dimensions:
        if wanted.lower() in (each.id, each.name.lower(), each.facet.lower()):
            return each
    raise QueryError(f"no dimension {wanted!r}; there are {', '.join(each.name for each in dimensions)}")
