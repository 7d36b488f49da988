"""Commands that read what is stored: schema, chunks, search, labels, taxonomy."""

import json as jsons
import re
from dataclasses import asdict
from typing import Annotated, Literal

import polars as pl
import typer
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from assets.command_line import schema_table
from assets.command_line.group import (
    ConfigArgument,
    JsonOption,
    PartitionOption,
    open_dataset,
    out,
    partitions_given,
    partitions_stored,
    print_json,
)
from rlm_pipeline.errors import QueryError
from rlm_pipeline.model import BLANK, OTHER
from rlm_pipeline.profiling import schema as schemas
from rlm_pipeline.retrieval import hybrid
from rlm_pipeline.taxonomy import published
from rlm_pipeline.taxonomy.document import Dimension

chunk_app = typer.Typer(no_args_is_help=True, help="Chunks by id, with their place in the source.")

LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, help="At most this many.")]
_SNIPPET = 280


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


@chunk_app.command("list")
def chunk_list(
    config: ConfigArgument,
    partition: PartitionOption = [],
    limit: LimitOption = 20,
    json: JsonOption = False,
) -> None:
    """List chunks in the order of their source."""
    dataset = open_dataset(config)
    wanted = partitions_stored(dataset, partition, "chunks")
    columns = ["chunk_id", "source", "row_start", "row_end", "scope", "n_chars"]
    frames = [
        dataset.store.scan(dataset.store.chunks_path(each), "chunks", each)
        .select(pl.lit(each).alias("partition"), *columns)
        .head(limit)
        for each in wanted
    ]
    rows = pl.concat(frames).head(limit).collect().to_dicts()
    if json:
        print_json(rows)
        return
    table = Table("chunk", "partition", "place", "scope", "characters")
    for row in rows:
        place = f"{row['source']}:{row['row_start']}-{row['row_end']}"
        table.add_row(row["chunk_id"], row["partition"], escape(place), escape(row["scope"]), f"{row['n_chars']:,}")
    out.print(table)


@chunk_app.command("get")
def chunk_get(
    config: ConfigArgument,
    chunk_id: Annotated[str, typer.Argument(metavar="ID", help="A chunk's id, or its first six characters or more.")],
    json: JsonOption = False,
) -> None:
    """Print one chunk, with its place in the source."""
    dataset = open_dataset(config)
    found = hybrid.get_chunk(dataset.store, chunk_id)
    if json:
        print_json(asdict(found))
        return
    place = f"{found.chunk_id}  {found.partition}  {_place(found)}"
    out.print(place, style="bold", highlight=False, markup=False, soft_wrap=True)
    out.print(found.text, markup=False, highlight=False, soft_wrap=True)


def search(
    config: ConfigArgument,
    query: Annotated[str, typer.Argument(help="Words or a question.")],
    mode: Annotated[Literal["hybrid", "semantic", "bm25"], typer.Option(help="How to match.")] = "hybrid",
    top_k: Annotated[int, typer.Option("--top-k", "-k", min=1, max=1000, help="How many chunks.")] = 10,
    partition: Annotated[str, typer.Option("--partition", "-p", help="Only this fiscal year.")] = "",
    format: Annotated[Literal["text", "json", "ndjson"], typer.Option("--format", "-f")] = "text",  # noqa: A002
    json: JsonOption = False,
) -> None:
    """Find chunks by meaning, by word, or by both."""
    dataset = open_dataset(config)
    year = partitions_given([partition])[0] if partition else None
    hits = hybrid.search(dataset.store, dataset.config, query, mode=mode, top_k=top_k, partition=year)
    if json or format == "json":
        print_json([asdict(hit) for hit in hits])
        return
    if format == "ndjson":
        for hit in hits:
            typer.echo(jsons.dumps(asdict(hit), ensure_ascii=False))
        return
    for rank, hit in enumerate(hits, start=1):
        place = f"{rank:>2}. {hit.score:.4f}  {hit.chunk_id}  {hit.partition}  {_place(hit)}"
        out.print(place, style="bold", highlight=False, markup=False, soft_wrap=True)
        out.print(_snippet(hit.text, query), markup=False, highlight=False, soft_wrap=True)


def _place(chunk: hybrid.Hit | hybrid.ChunkRecord) -> str:
    """A chunk's records in its source, and what their place is called where it has a name."""
    name = re.sub(r"(, |^)rows? \d+(-\d+)?( part \d+)?$", "", chunk.scope)
    return f"{chunk.source}:{chunk.row_start}-{chunk.row_end}" + (f"  {name}" if name else "")


def _snippet(text: str, query: str) -> str:
    """The lines that hold most of the query's words, else the beginning; in the order of the chunk."""
    words = set(re.findall(r"\w{3,}", query.lower()))
    lines = [line for line in text.splitlines() if line.strip()]
    hits = [len(words & set(re.findall(r"\w{3,}", line.lower()))) for line in lines]
    best = max(hits, default=0)
    chosen = [line for line, count in zip(lines, hits, strict=True) if best in (0, count)]
    return " · ".join(chosen)[:_SNIPPET]


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
    found = _dimension(published.load(dataset.store).dimensions, dimension)
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


def taxonomy(
    config: ConfigArgument,
    dimension: Annotated[str, typer.Option("--dimension", "-d", help="Only this dimension.")] = "",
    json: JsonOption = False,
) -> None:
    """Show the tree of dimensions and categories."""
    dataset = open_dataset(config)
    found = published.load(dataset.store)
    wanted = (_dimension(found.dimensions, dimension),) if dimension else found.dimensions
    if json:
        print_json([each.model_dump(mode="json", by_alias=True) for each in wanted])
        return
    for each in wanted:
        out.print(dimension_tree(each))


def dimension_tree(dimension: Dimension) -> Tree:
    """One dimension as a tree for the terminal: leaves under their parents, largest first."""
    state = "" if dimension.gate == "passed" else f" [yellow]{escape(dimension.gate_reason or dimension.gate)}[/]"
    tree = Tree(f"[bold]{escape(dimension.name)}[/] [dim]{dimension.kind}, {dimension.labelled:,} labelled[/]{state}")
    children: dict[str | None, list[tuple[int, str, str]]] = {}
    for category in dimension.categories:
        mark = "" if category.status == "established" else " [yellow](tentative)[/]"
        text = f"{escape(category.name)} [dim]{category.count:,} · {category.share:.1%}[/]{mark}"
        children.setdefault(category.parent, []).append((-category.count, category.id, text))
    _grow(tree, None, children)
    return tree


def _grow(tree: Tree, parent: str | None, children: dict[str | None, list[tuple[int, str, str]]]) -> None:
    for _, identity, text in sorted(children.get(parent, [])):
        _grow(tree.add(text), identity, children)


def _dimension(dimensions: tuple[Dimension, ...], wanted: str) -> Dimension:
    for each in dimensions:
        if wanted.lower() in (each.id, each.name.lower(), each.facet.lower()):
            return each
    raise QueryError(f"no dimension {wanted!r}; there are {', '.join(each.name for each in dimensions)}")
