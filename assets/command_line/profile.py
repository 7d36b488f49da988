"""`rlm profile`: the exact profile of each column, the paths in nested files, and columns that go together."""

from collections.abc import Mapping
from typing import Annotated, Any

import polars as pl
import typer
from rich.markup import escape
from rich.table import Table

from assets.command_line import paths_and_pairs
from assets.command_line.group import (
    ConfigArgument,
    Dataset,
    JsonOption,
    PartitionOption,
    err,
    open_dataset,
    out,
    partitions_stored,
    print_json,
)
from rlm_pipeline.errors import QueryError

_MOST_PAIRS = 50
_MOST_COLUMNS = 100
_LONGEST_VALUE = 200


def profile(
    config: ConfigArgument,
    partition: PartitionOption = [],
    column: Annotated[str, typer.Option("--column", "-c", help="One column in full.")] = "",
    paths: Annotated[bool, typer.Option("--paths", help="Every path in nested files, with types and counts.")] = False,
    pairs: Annotated[bool, typer.Option("--pairs", help="Columns that say the same or go together.")] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, help="At most this many columns, paths or pairs.")] = 0,
    json: JsonOption = False,
) -> None:
    """Show the exact profile of each column; or the paths of nested files; or pairs of columns."""
    if (column and (paths or pairs)) or (paths and pairs):
        raise QueryError("--column, --paths and --pairs show different things; give one of them")
    dataset = open_dataset(config)
    if paths:
        paths_and_pairs.show_paths(dataset, partition, limit=limit, json=json)
    elif pairs:
        paths_and_pairs.show_pairs(dataset, partition, limit=limit or _MOST_PAIRS, json=json)
    else:
        _show_profile(dataset, partition, column, limit=limit or _MOST_COLUMNS, json=json)


def _show_profile(dataset: Dataset, partition: list[str], column: str, *, limit: int, json: bool) -> None:
    wanted = partitions_stored(dataset, partition, "column_profile")
    frame = _profiles(dataset, wanted)
    if column:
        frame = frame.filter(pl.col("column").str.to_lowercase() == column.lower())
        if frame.is_empty():
            raise QueryError(f"no column {column!r} in {', '.join(wanted)}; `rlm schema` lists the columns")
    if json:
        print_json(frame.to_dicts())
        return
    if column:
        _show_column(frame)
        return
    table = Table(
        "partition", "column", "kind", "filled", "distinct", "stand for nothing", "most frequent",
        title=dataset.config.name,
    )  # fmt: skip
    place = pl.col("non_null").rank("ordinal", descending=True).over("partition")
    fullest = frame.filter(place <= limit)
    for row in fullest.to_dicts():
        top = ", ".join(f"{_short(each['value'], 30)} ({each['count']:,})" for each in (row["value_counts"] or [])[:3])
        filled = f"{row['non_null']:,} of {row['records']:,}"
        distinct = "" if row["distinct"] is None else f"{row['distinct']:,}"
        nothing = ", ".join(f"{_short(each['value'], 20)} ({each['count']:,})" for each in (row["null_like"] or [])[:3])
        table.add_row(
            row["partition"], escape(row["column"]), _kind(row), filled, distinct, escape(nothing), escape(top)
        )
    out.print(table)
    if fullest.height < frame.height:
        what = "the fullest of each partition" if len(wanted) > 1 else "the fullest"
        err.print(f"{fullest.height:,} of {frame.height:,} columns, {what}; --limit shows more", highlight=False)


def _short(value: str, most: int) -> str:
    """A value on one line, its end cut off if it is longer than `most`; line ends show as ⏎."""
    start = value[: 4 * most].replace("\r\n", "\n").replace("\r", "\n").replace("\n", "⏎")
    line = " ".join(start.split())
    return line if len(line) <= most and len(value) <= 4 * most else f"{line[: most - 1]}…"


def _kind(row: Mapping[str, Any]) -> str:
    """A column's kind, with its unit, the order of its dates, and whether nearly all records agree."""
    more = [row["unit"], row["date_order"], "near-constant" if row["near_constant"] else ""]
    return escape(", ".join((row["kind"], *(each for each in more if each))))


def _profiles(dataset: Dataset, partitions: tuple[str, ...]) -> pl.DataFrame:
    frames = [
        dataset.store.scan(dataset.store.profile_path(each), "column_profile", each).with_columns(
            partition=pl.lit(each)
        )
        for each in partitions
    ]
    return pl.concat(frames).collect()


def _show_column(frame: pl.DataFrame) -> None:
    for row in frame.to_dicts():
        table = Table("figure", "value", title=escape(f"{row['partition']} {row['column']}"))
        for name, value in row.items():
            if value is None or name in ("partition", "column") or value == []:
                continue
            shown = "\n".join(_entry(each) for each in value) if isinstance(value, list) else str(value)
            table.add_row(name, escape(shown))
        out.print(table)


def _entry(entry: dict[str, object]) -> str:
    value = _short(str(entry["value"]), _LONGEST_VALUE)
    if "evidence" in entry:
        return f"{value}: {entry['count']:,}, {entry['evidence']}"
    if "count" in entry:
        return f"{value}: {entry['count']:,}"
    return f"{value} at {entry['source']}:{entry['row']}"
