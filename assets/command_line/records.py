"""`rlm grep`, `rlm peek` and `rlm sources`: what the sources hold, as readers see it."""

from dataclasses import asdict
from typing import Annotated, Any

import polars as pl
import typer

from assets.command_line.chunks import SourceOption
from assets.command_line.group import (
    ConfigArgument,
    Dataset,
    JsonOption,
    PartitionOption,
    open_dataset,
    partitions_given,
    print_json,
)
from assets.command_line.matches import (
    CaseOption,
    MatchesOption,
    PatternArgument,
    WindowOption,
    print_matches,
    sought,
)
from assets.command_line.printing import FormatOption, chosen, print_rows, print_table, say, sized
from rlm_pipeline.exchange import chunk_tables, raw_text, shown_records
from rlm_pipeline.exchange import grep as grepping
from rlm_pipeline.exchange import peek as peeking
from rlm_pipeline.retrieval import chunk_files

sources_app = typer.Typer(no_args_is_help=True, help="The files of a dataset, as they were read.")

SourceArgument = Annotated[str, typer.Argument(metavar="SOURCE", help="A source, by its name; see `rlm sources list`.")]


def grep(
    config: ConfigArgument,
    pattern: PatternArgument,
    ignore_case: CaseOption = False,
    max_matches: MatchesOption = 20,
    window: WindowOption = 120,
    partition: PartitionOption = [],
    source: SourceOption = [],
    format: FormatOption = "text",  # noqa: A002
    json: JsonOption = False,
) -> None:
    """Find a regular expression in all records, with the exact place of each match."""
    dataset = open_dataset(config)
    found = grepping.grep(
        dataset.store,
        dataset.config,
        sought(pattern, ignore_case=ignore_case),
        partitions=partitions_given(partition),
        sources=source,
        most=max_matches,
        window=window,
    )
    rows = [asdict(each) for each in found.matches]
    print_matches(
        rows,
        found.total,
        chosen(format, json=json),
        place=lambda row: f"{row['source']}:{row['row']} line {row['line']} @{row['char_start']} {row['chunk_id']}",
    )


def peek(
    config: ConfigArgument,
    source: SourceArgument,
    row: Annotated[int | None, typer.Option("--row", help="The record with this number, from 1.")] = None,
    line: Annotated[int | None, typer.Option("--line", help="The record that this line, from 1, belongs to.")] = None,
    start: Annotated[int | None, typer.Option("--start", help="From this character of the source, from 0.")] = None,
    end: Annotated[int | None, typer.Option("--end", help="Up to this character; 3,000 on by default.")] = None,
    raw: Annotated[bool, typer.Option("--raw", help="The source's own text, where it has no ignored columns.")] = False,
    partition: PartitionOption = [],
    format: FormatOption = "text",  # noqa: A002
    json: JsonOption = False,
) -> None:
    """Print records of a source as a reader sees them, or the source's own text."""
    dataset = open_dataset(config)
    where = peeking.Where(row=row, line=line, start=start, end=end)
    years = partitions_given(partition)
    reader = raw_text.peek if raw else peeking.peek
    rows = [asdict(each) for each in reader(dataset.store, dataset.config, source, where, partitions=years)]
    how = chosen(format, json=json)
    if how != "text":
        print_rows(rows, how)
        return
    for each in rows:
        place = f"{each['source']}:{each['row']} line {each['line']} @{each['char_start']}-{each['char_end']}"
        say(place, style="bold")
        say(each["text"])


@sources_app.command("list")
def list_sources(
    config: ConfigArgument,
    partition: PartitionOption = [],
    format: FormatOption = "text",  # noqa: A002
    json: JsonOption = False,
) -> None:
    """List the sources: what each was taken for, its size, its records and chunks; never their texts."""
    rows = _sources(open_dataset(config), partitions_given(partition), [])
    how = chosen(format, json=json)
    if how != "text":
        print_rows(rows, how)
        return
    header = ["source", "partition", "type", "encoding", "size", "records", "set aside", "chunks"]
    columns = ["source", "partition", "detected_type", "encoding", "size", "rows", "quarantined", "chunks"]
    print_table(header, [[{**row, "size": sized(row["bytes"])}[name] for name in columns] for row in rows])


@sources_app.command("show")
def show_source(
    config: ConfigArgument,
    source: SourceArgument,
    chunks: Annotated[bool, typer.Option("--chunks", "-c", help="Also its chunks, with their ranges.")] = False,
    json: JsonOption = False,
) -> None:
    """Show how one source was read, and its chunks."""
    dataset = open_dataset(config)
    rows = _sources(dataset, (), [source])
    if chunks:
        columns = ["chunk_id", "partition", "row_start", "row_end", "char_start", "char_end", "scope", "n_chars"]
        found = chunk_tables.scan(dataset.store, (), [source]).select(columns).collect()
        for row in rows:
            row["chunk_list"] = found.filter(pl.col("partition") == row["partition"]).drop("partition").to_dicts()
    if json:
        print_json(rows)
        return
    for row in rows:
        for name, value in row.items():
            if name != "chunk_list":
                say(f"{name}: {', '.join(value) if isinstance(value, tuple) else value}")
        for each in row.get("chunk_list", ()):
            say(f"  {each['chunk_id']}  {each['char_start']}-{each['char_end']}  {each['scope']}")


def _sources(dataset: Dataset, partitions: tuple[str, ...], names: list[str]) -> list[dict[str, Any]]:
    store = dataset.store
    counts: dict[tuple[str, str], int] = {}
    if store.partitions_with("chunks"):
        every = chunk_files.scan(store, store.partitions_with("chunks")).group_by("partition", "source").len().collect()
        counts = {(partition, source): number for partition, source, number in every.iter_rows()}
    return [
        {"partition": partition, **asdict(each), "chunks": counts.get((partition, each.source), 0)}
        for partition, read in shown_records.sources_read(store, partitions, names).items()
        for each in read
    ]
