"""`rlm run` and `rlm status`: materialise what is out of date, and say what is."""

import contextlib
import ctypes
import os
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from assets.command_line import files, spending
from assets.command_line.group import (
    ConfigArgument,
    Dataset,
    JsonOption,
    PartitionOption,
    err,
    open_dataset,
    out,
    partitions_given,
    print_json,
    say_error,
)
from assets.command_line.printing import sized
from assets.command_line.progress import shown
from assets.command_line.taxonomy import say_decisions
from rlm_pipeline import staleness
from rlm_pipeline.configuration import STANDARD_INPUT
from rlm_pipeline.errors import StoreError
from rlm_pipeline.exchange import running, stored
from rlm_pipeline.sources.inventory import take_inventory
from rlm_pipeline.sources.places import standard_input
from rlm_pipeline.taxonomy import published

_LISTED = 3
_M_ARENA_MAX = -8  # malloc.h


def run(
    config: ConfigArgument,
    partition: PartitionOption = [],
    select: Annotated[list[str], typer.Option("--select", help="Only this asset; may be given several times.")] = [],
    force: Annotated[bool, typer.Option("--force", help="Recompute even what is current.")] = False,
    json: JsonOption = False,
) -> None:
    """Materialise what is out of date, through Dagster, in this process."""
    dataset = open_dataset(config)
    if dataset.config.source == STANDARD_INPUT and sys.stdin is not None and not sys.stdin.isatty():
        standard_input.spool(dataset.store, sys.stdin.buffer)
    materialise(dataset, partitions=partitions_given(partition), stages=tuple(select), force=force)
    if json:
        print_json(_summary(dataset))
    else:
        show_result(dataset)


def materialise(
    dataset: Dataset, *, partitions: tuple[str, ...] = (), stages: tuple[str, ...] = (), force: bool = False
) -> int:
    """Run the pipeline with a progress display; returns how many steps ran.

    Raises:
        typer.Exit: a step failed (1), after saying which and why.
        StoreError: another command is computing the dataset.

    """
    _keep_memory_compact()
    # Dagster takes 1.2 s to import; only the commands that launch runs pay for it.
    from assets import instance as instances
    from assets import launching

    with running.only_one(dataset.store):
        sources = take_inventory(dataset.store, dataset.config).fingerprints
        dataset.store.register(dataset.config)
        request = launching.Request(partitions=partitions, stages=stages, force=force)
        target = launching.Target(store=dataset.store, config=dataset.config, sources=sources)
        steps = launching.planned(target, request)
        if not steps:
            err.print(f"{dataset.config.name}: nothing to do, all that was asked for is current")
            return 0
        with _dagster_database(), shown(err, len(steps)):
            outcome = launching.launch(target, request, instances.open_instance(dataset.store.folder.parent))
    if outcome.interrupted:
        say_error("interrupted; what was finished is kept, and the next run goes on from there")
        raise typer.Exit(1)
    for failure in outcome.failures:
        place = f"{failure.stage} {failure.partition}" if failure.partition else failure.stage
        say_error(f"{place}: {failure.reason}")
    if outcome.failures:
        raise typer.Exit(1)
    return len(outcome.materialised)


@contextlib.contextmanager
def _dagster_database() -> Iterator[None]:
    """Say in one sentence when Dagster's own database cannot be written, as on a full disk."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        reason = str(error).splitlines()[0]
        home = os.environ.get("DAGSTER_HOME", "")
        raise StoreError(f"cannot write {home}: {reason}. Free space or fix permissions, then run again") from error


def _keep_memory_compact() -> None:
    """Let glibc's threads share two heaps: each keeps what it once took, and the demo peaked 0.2 GB higher."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 2)


def status(
    config: ConfigArgument,
    every_file: Annotated[
        bool, typer.Option("--files", help="How each file was read and why, and every file left out.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Show what is materialised, what is stale and why, what is missing, and which files were read or left out."""
    dataset = open_dataset(config)
    inventory = take_inventory(dataset.store, dataset.config)
    if every_file:
        if json:
            print_json(files.as_json(dataset, inventory))
        else:
            files.show_all(dataset, inventory)
        return
    states = staleness.states(dataset.store, dataset.config, sources=inventory.fingerprints)
    sizes = stored.sizes(dataset.store)
    cut, embedded = sum(stored.chunk_counts(dataset.store).values()), stored.embedded(dataset.store, states)
    if json:
        figures = {"dataset": dataset.config.name, "bytes": sizes, "chunks": cut, "embedded": embedded}
        print_json({**figures, "model": spending.as_json(dataset), "stages": [asdict(state) for state in states]})
        return
    table = Table("asset", "current", "stale", "missing", title=dataset.config.name)
    for stage in staleness.STAGES:
        mine = [state for state in states if state.stage == stage.name]
        cells = [[each for each in mine if each.status == status] for status in ("current", "stale", "missing")]
        table.add_row(stage.name, *(_places(cell, len(mine)) for cell in cells))
    out.print(table)
    for state in states:
        if state.status == "stale":
            out.print(f"{state.stage} {state.partition or ''}: {state.reason}", highlight=False)
    files.show_summary(dataset, inventory)
    if sizes:
        largest = ", ".join(f"{name} {sized(size)}" for name, size in list(sizes.items())[:_LISTED])
        out.print(f"{sized(sum(sizes.values()))} on disk: {largest}", highlight=False, markup=False, soft_wrap=True)
    if cut:
        out.print(f"{cut:,} chunks, {embedded:,} of them with current embeddings", highlight=False)
    spending.show(dataset)


def _places(states: list[staleness.State], of: int) -> str:
    """The partitions of these states: all of them, a count and the first few, or a tick for a whole dataset."""
    names = [state.partition for state in states if state.partition]
    if not names:
        return "✓" if states else ""
    if len(names) == of and of > _LISTED:
        return f"all {of}"
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def show_result(dataset: Dataset) -> None:
    """Where the result lies, and how every record is accounted for."""
    if not dataset.store.taxonomy_path.exists():
        return
    found = published.load(dataset.store)
    coverage = found.coverage
    out.print(
        f"{coverage.records + coverage.quarantined:,} records in = {coverage.labelled:,} labelled "
        f"+ {coverage.other:,} other + {coverage.quarantined:,} set aside; "
        f"{coverage.citations_verified:,} of {coverage.citations:,} citations verified",
        highlight=False,
        soft_wrap=True,
    )
    say_decisions(found.curation)
    out.print(f"taxonomy  {dataset.store.taxonomy_path}", soft_wrap=True, highlight=False)
    if dataset.store.report_path.exists():
        out.print(f"report    {dataset.store.report_path}", soft_wrap=True, highlight=False)


def _summary(dataset: Dataset) -> dict[str, object]:
    found = published.load(dataset.store) if dataset.store.taxonomy_path.exists() else None
    return {
        "dataset": dataset.config.name,
        "coverage": found.coverage.model_dump() if found else None,
        "taxonomy": str(dataset.store.taxonomy_path) if found else None,
        "report": str(dataset.store.report_path) if dataset.store.report_path.exists() else None,
    }
