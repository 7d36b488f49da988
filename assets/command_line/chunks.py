"""`rlm chunk` and `rlm write-chunks`: chunks listed, shown, located, embedded or not, and written to files."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import polars as pl
import typer

from assets.command_line.group import (
    ConfigArgument,
    JsonOption,
    PartitionOption,
    open_dataset,
    partitions_given,
    print_json,
)
from assets.command_line.printing import FormatOption, chosen, print_rows, print_table, say
from rlm_pipeline.errors import QueryError
from rlm_pipeline.exchange import chunk_tables, embedded, written
from rlm_pipeline.retrieval import hybrid

chunk_app = typer.Typer(no_args_is_help=True, help="Chunks by id, with their place in the source.")

SourceOption = Annotated[
    list[str], typer.Option("--source", "-s", help="Only this source, by its name; may be given several times.")
]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, help="At most this many.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace what is there.")]
_LISTED = [
    "chunk_id", "partition", "ordinal", "source", "row_start", "row_end", "line_start", "line_end", "char_start",
    "char_end", "content_type", "scope", "n_chars", "n_tokens_estimate",
]  # fmt: skip


@chunk_app.command("list")
def list_chunks(
    config: ConfigArgument,
    partition: PartitionOption = [],
    source: SourceOption = [],
    limit: LimitOption = 20,
    after: Annotated[str, typer.Option("--after", help="Go on behind the chunk with this id, or its beginning.")] = "",
    preview: Annotated[bool, typer.Option("--preview", help="Show how each begins.")] = False,
    preview_len: Annotated[int, typer.Option("--preview-len", min=1, help="Characters of a preview.")] = 100,
    format: FormatOption = "text",  # noqa: A002
    json: JsonOption = False,
) -> None:
    """List chunks in the order of their sources, never their whole texts."""
    store = open_dataset(config).store
    frame = chunk_tables.scan(store, partitions_given(partition), source)
    first = _behind(frame, hybrid.get_chunk(store, after).chunk_id) if after else 0
    shown = [pl.col("text").str.head(preview_len).alias("preview")] if preview else []
    rows = frame.slice(first, limit).select(*_LISTED, *shown).collect().to_dicts()
    how = chosen(format, json=json)
    if how != "text":
        print_rows(rows, how)
        return
    header = ["chunk", "partition", "place", "scope", "characters", *(["begins"] if preview else [])]
    columns = ["chunk_id", "partition", "place", "scope", "n_chars", *(["preview"] if preview else [])]
    print_table(header, [[{**row, "place": _place(row)}[name] for name in columns] for row in rows])


def _behind(frame: pl.LazyFrame, chunk_id: str) -> int:
    found = frame.select("chunk_id").with_row_index("place").filter(pl.col("chunk_id") == chunk_id).collect()
    if found.is_empty():
        raise QueryError(f"--after {chunk_id}: the chunk is not among those asked for")
    return int(found["place"][0]) + 1


@chunk_app.command("get")
def get(
    config: ConfigArgument,
    chunk_id: Annotated[str, typer.Argument(metavar="ID", help="A chunk's id, or its first six characters or more.")],
    metadata: Annotated[bool, typer.Option("--metadata", "-m", help="Also everything stored about it.")] = False,
    json: JsonOption = False,
) -> None:
    """Print one chunk, with its place in the source."""
    found = asdict(hybrid.get_chunk(open_dataset(config).store, chunk_id))
    if json:
        print_json(found)
        return
    say(f"{found['chunk_id']}  {found['partition']}  {_place(found)}  {found['scope']}", style="bold")
    if metadata:
        for name, value in found.items():
            if name not in {"text", "context", "overlap"}:
                say(f"{name}: {value}")
    for name in ("context", "overlap"):
        if found.get(name):
            say(f"[{name}]\n{found[name]}")
    say(found["text"])


@chunk_app.command("neighbours")
def neighbours(
    config: ConfigArgument,
    chunk_id: Annotated[str, typer.Argument(metavar="ID", help="A chunk's id, or its first six characters or more.")],
    number: Annotated[int, typer.Option("--number", "-n", min=0, help="How many before and how many behind.")] = 1,
    format: FormatOption = "text",  # noqa: A002
    json: JsonOption = False,
) -> None:
    """Print a chunk with those before and behind it in its source."""
    rows = [asdict(each) for each in hybrid.neighbours(open_dataset(config).store, chunk_id, number)]
    how = chosen(format, json=json)
    if how != "text":
        print_rows(rows, how)
        return
    for row in rows:
        say(f"{row['chunk_id']}  {row['partition']}  {_place(row)}  {row['scope']}", style="bold")
        say(row["text"])


@chunk_app.command("status")
def status(
    config: ConfigArgument,
    partition: PartitionOption = [],
    format: FormatOption = "text",  # noqa: A002
    json: JsonOption = False,
) -> None:
    """Show how many chunks each partition and source has, and how many of them are embedded."""
    dataset = open_dataset(config)
    found = embedded.coverage(dataset.store, dataset.config, partitions_given(partition))
    rows = [
        {"partition": where, "source": source, "chunks": chunks, "embedded": done, "complete": chunks == done}
        for where, source, chunks, done in found.iter_rows()
    ]
    how = chosen(format, json=json)
    if how == "ndjson":
        print_rows(rows, how)
        return
    total = {name: sum(row[name] for row in rows) for name in ("chunks", "embedded")}
    if how == "json":
        print_json({**total, "model": dataset.config.embedding.search, "sources": rows})
        return
    columns = ["partition", "source", "chunks", "embedded"]
    print_table(columns, [[row[name] for name in columns] for row in rows])
    say(f"{total['embedded']:,} of {total['chunks']:,} chunks are embedded with {dataset.config.embedding.search}")


@chunk_app.command("indices")
def indices(
    config: ConfigArgument,
    source: Annotated[str, typer.Argument(metavar="[SOURCE]", help="One source; without it, all of them.")] = "",
    unit: Annotated[
        Literal["characters", "bytes", "lines", "rows"], typer.Option(help="What the ranges count.")
    ] = "characters",
    json: JsonOption = False,
) -> None:
    """Print where the stored chunks begin and end; characters and bytes half-open, lines and rows inclusive."""
    found = written.ranges(open_dataset(config).store, [source] if source else [], unit)
    if json:
        print_json(found.get(source, []) if source else found)
        return
    for name, ranges in found.items():
        for start, end in ranges:
            say(f"{name}  {start}  {end}")


def write_chunks(
    config: ConfigArgument,
    to: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="The folder to write into.")],
    prefix: Annotated[str, typer.Option("--prefix", help="How the files' names begin.")] = "chunk",
    partition: PartitionOption = [],
    source: SourceOption = [],
    with_context: Annotated[
        bool, typer.Option("--with-context", help="Put context and overlap before each text.")
    ] = False,
    force: ForceOption = False,
    format: FormatOption = "text",  # noqa: A002
    json: JsonOption = False,
) -> None:
    """Write each chunk to a file, and an index of them; what is stored is not changed."""
    done = written.write_files(
        open_dataset(config).store,
        to,
        prefix=prefix,
        partitions=partitions_given(partition),
        sources=source,
        with_context=with_context,
        force=force,
    )
    how = chosen(format, json=json)
    if how == "json":
        print_json([str(path) for path in done.files])
    elif how == "ndjson":
        print_rows(({"file": str(path)} for path in done.files), how)
    else:
        say(f"{len(done.files):,} chunks written to {to}, {done.index.name} tells what they are")


def _place(row: dict[str, Any]) -> str:
    rows = f"{row['row_start']}" + (f"-{row['row_end']}" if row["row_end"] != row["row_start"] else "")
    return f"{row['source']}:{rows}"
