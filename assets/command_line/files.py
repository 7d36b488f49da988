"""What `rlm status` says about the files: which were read and how, which were left out, what was set aside and why."""

from dataclasses import asdict
from typing import Any

import polars as pl
from rich.markup import escape
from rich.table import Table

from assets.command_line.group import Dataset, out
from rlm_pipeline.model import QUARANTINE_SCHEMA, LeftOut, Manifest
from rlm_pipeline.sources.inventory import Inventory

_SHOWN = 5


def manifests(dataset: Dataset) -> list[Manifest]:
    """The manifests of all partitions that were read."""
    return [dataset.store.manifest(each) for each in dataset.store.partitions_with("raw_file", ".json")]


def left_out(read: list[Manifest], inventory: Inventory) -> list[LeftOut]:
    """Every file left out, once, by name: what the source shows now, and what could not be read."""
    of_source = [each for entries in inventory.left_out.values() for each in entries]
    known = {(each.name, each.reason): each for each in (*of_source, *(e for one in read for e in one.left_out))}
    return [known[key] for key in sorted(known)]


def set_aside(dataset: Dataset, read: list[Manifest]) -> list[dict[str, Any]]:
    """How many records were set aside for each reason, and where the first is; most first.

    Reasons that differ in numbers alone are one, told as the first of them.
    """
    frames = [
        dataset.store.scan(dataset.store.quarantine_path(each.partition), "raw_file", each.partition)
        for each in read
        if each.quarantined
    ]
    first = [pl.col(name).sort_by("source", "row").first() for name in ("reason", "source", "row", "line")]
    every = pl.concat([pl.LazyFrame(schema=QUARANTINE_SCHEMA), *frames])
    alike = pl.col("reason").str.replace_all(r"\d+", "0").alias("alike")
    grouped = every.group_by(alike).agg(pl.len().alias("records"), *first)
    return grouped.sort("records", "alike", descending=[True, False]).drop("alike").collect().to_dicts()


def as_json(dataset: Dataset, inventory: Inventory) -> dict[str, Any]:
    """All of it: `files` (as the manifests have them, with their partition), `left_out` and `set_aside`."""
    read = manifests(dataset)
    return {
        "files": [{"partition": one.partition, **asdict(each)} for one in read for each in one.sources],
        "left_out": [asdict(each) for each in left_out(read, inventory)],
        "set_aside": set_aside(dataset, read),
    }


def show_all(dataset: Dataset, inventory: Inventory) -> None:
    """Every file: what it was taken for and on what evidence, its records; then every one left out."""
    read = manifests(dataset)
    table = Table("file", "partition", "type", "records", "set aside", "evidence", title=dataset.config.name)
    for one in read:
        for each in one.sources:
            figures = (f"{each.rows:,}", f"{each.quarantined:,}")
            table.add_row(
                escape(each.source), one.partition, each.detected_type, *figures, escape(_evidence(each.evidence))
            )
    if read:
        out.print(table)
    _say_set_aside(set_aside(dataset, read), most=None)
    _say_left_out(left_out(read, inventory), most=None)


def show_summary(dataset: Dataset, inventory: Inventory) -> None:
    """How many files and records, the most frequent reasons why records were set aside, the first files left out."""
    read = manifests(dataset)
    if read:
        files = len({each.source for one in read for each in one.sources})
        rows, aside = (sum(getattr(one, name) for one in read) for name in ("rows", "quarantined"))
        figures = f"{_counted(files, 'file')} read: {_counted(rows, 'record')} stored, {aside:,} set aside"
        out.print(f"{figures}; `--files` tells how each file was read", highlight=False, markup=False)
    _say_set_aside(set_aside(dataset, read), most=_SHOWN)
    _say_left_out(left_out(read, inventory), most=_SHOWN)


def _say_set_aside(reasons: list[dict[str, Any]], *, most: int | None) -> None:
    for each in reasons[:most]:
        place = f"{each['source']}:{each['row']}"
        _say(f"  set aside {each['records']:,}: {each['reason']}; first {place}, line {each['line']:,}")
    _say_more(len(reasons), most, "reasons")


def _say_left_out(files: list[LeftOut], *, most: int | None) -> None:
    for each in files[:most]:
        _say(f"  left out {each.name}: {each.reason}")
    _say_more(len(files), most, "entries of files left out")


def _say_more(number: int, most: int | None, what: str) -> None:
    if most is not None and number > most:
        _say(f"  and {number - most:,} more {what}; `--files` lists all")


def _say(line: str) -> None:
    out.print(line, highlight=False, markup=False, soft_wrap=True)


def _evidence(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
