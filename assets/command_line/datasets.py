"""`rlm datasets`, `load`, `reset`, `delete`, `export` and `import`: datasets as wholes."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.markup import escape

from assets.command_line.chunks import ForceOption
from assets.command_line.group import (
    ConfigArgument,
    Dataset,
    JsonOption,
    PartitionOption,
    err,
    open_dataset,
    partitions_given,
    print_json,
)
from assets.command_line.printing import FormatOption, chosen, print_rows, print_table, say, sized
from resources.root import open_store
from rlm_pipeline.configuration import STANDARD_INPUT
from rlm_pipeline.errors import QueryError, RlmError, StoreError
from rlm_pipeline.exchange import archive, removal, running, set_up, stored, written
from rlm_pipeline.sources.places import standard_input
from rlm_pipeline.staleness import BY_NAME
from rlm_pipeline.store import DatasetStore

YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def list_datasets(format: FormatOption = "text", json: JsonOption = False) -> None:  # noqa: A002
    """List the datasets of this store."""
    store = open_store()
    rows = [_figures(store.dataset(name)) for name in store.datasets()]
    how = chosen(format, json=json)
    if how != "text":
        print_rows(rows, how)
        return
    if not rows:
        say(f"no datasets in {store.root}; `rlm load PATH` makes one")
        return
    columns = ["name", "partitions", "records", "chunks", "size", "source"]
    print_table(columns, [[{**row, "size": sized(row["bytes"])}[name] for name in columns] for row in rows])


def load(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A file, folder, archive, glob or URI; '-' for a pipe.")],
    name: Annotated[str, typer.Option("--name", "-n", help="The dataset's name; by default after the path.")] = "",
    chunker: Annotated[
        Literal["auto", "fixed"] | None,
        typer.Option("--chunker", "-c", help="By content, or every so many characters."),
    ] = None,
    chunk_size: Annotated[int | None, typer.Option("--chunk-size", help="Characters of a chunk, 3,000.")] = None,
    overlap: Annotated[
        int | None, typer.Option("--overlap", help="Characters repeated from the chunk before, 0.")
    ] = None,
    embed: Annotated[bool, typer.Option("--embed/--no-embed", help="Whether to embed, for search by meaning.")] = True,
    json: JsonOption = False,
) -> None:
    """Make a dataset without a YAML file, and everything up to the search indexes; twice does nothing more."""
    store = open_store()
    if path == STANDARD_INPUT and not name:
        raise QueryError("standard input has no name; give a --name")
    given = {"chunker": chunker, "size": chunk_size, "overlap": overlap}
    chunking = {key: value for key, value in given.items() if value is not None}
    known = store.datasets()
    config = set_up.set_up(store, path, name=name, chunking=chunking)
    dataset = Dataset(config=config, store=store.dataset(config.name))
    # Dagster takes 1.2 s to import; only the commands that launch runs pay for it.
    from assets.command_line.run import materialise

    with contextlib.nullcontext() if config.name in known else _forgotten_unless_read(dataset.store):
        if path == STANDARD_INPUT and sys.stdin is not None and not sys.stdin.isatty():
            standard_input.spool(dataset.store, sys.stdin.buffer)
        materialise(dataset, stages=_stages(embed=embed))
    figures = _figures(dataset.store)
    if json:
        print_json(figures)
        return
    say(f"{config.name}: {figures['records']:,} records, {figures['chunks']:,} chunks, {figures['sources']:,} sources")
    if figures["quarantined"]:
        err.print(f"{figures['quarantined']:,} set aside; `rlm status {config.name} --files` says why", highlight=False)
    if figures["chunks"]:
        err.print(f'next: rlm search {config.name} "some words"', highlight=False)


@contextlib.contextmanager
def _forgotten_unless_read(store: DatasetStore) -> Iterator[None]:
    """Take a dataset's name back when nothing of its source could be read: the next one may want it."""
    try:
        yield
    except (typer.Exit, RlmError):
        with contextlib.suppress(StoreError), running.only_one(store):
            if not store.partitions_with("raw_file", ".json"):
                removal.delete(store)
        raise


def _stages(*, embed: bool) -> tuple[str, ...]:
    """Everything the search indexes are made from, in pipeline order."""
    waiting = ["lexical_index", *(["embeddings", "vector_index"] if embed else [])]
    needed: set[str] = set()
    while waiting:
        stage = waiting.pop()
        needed.add(stage)
        waiting += [each for each in BY_NAME[stage].upstream if each not in needed]
    return tuple(name for name in BY_NAME if name in needed)


def reset(config: ConfigArgument, yes: YesOption = False, json: JsonOption = False) -> None:
    """Remove all that was computed of a dataset; its settings, buffers and variables stay."""
    store = _registered(config)
    _confirm(f"Remove all that was computed of {store.name}?", yes=yes)
    with running.only_one(store):
        freed = removal.reset(store)
    _told({"reset": store.name, "bytes": freed}, f"{store.name}: {sized(freed)} removed", json=json)


def delete(config: ConfigArgument, yes: YesOption = False, json: JsonOption = False) -> None:
    """Remove a dataset with everything that belongs to it; its source files stay."""
    store = _registered(config)
    _confirm(f"Delete the dataset {store.name}, with its buffers and variables?", yes=yes)
    with running.only_one(store):
        freed = removal.delete(store)
    _told({"deleted": store.name, "bytes": freed}, f"{store.name} deleted, {sized(freed)}", json=json)


def export(
    config: ConfigArgument,
    to: Annotated[
        Path, typer.Argument(metavar="OUT", help="A .tar.zst or .tar.gz; with --chunks .ndjson or .parquet.")
    ],
    chunks: Annotated[bool, typer.Option("--chunks", help="Only the chunks, as data.")] = False,
    partition: PartitionOption = [],
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Write a dataset into one archive, all but its source files; or its chunks as data."""
    store = _registered(config)
    if chunks:
        number = written.write_data(store, to, partitions=partitions_given(partition), force=force)
        _told({"path": str(to), "chunks": number}, f"{number:,} chunks written to {to}", json=json)
        return
    if partition:
        raise QueryError("--partition goes with --chunks; an archive has the whole dataset")
    contents = archive.write(store, to, force=force)
    figures = {"path": str(to), "dataset": contents.dataset, "files": len(contents.files), "bytes": contents.bytes}
    _told(figures, f"{len(contents.files):,} files, {sized(contents.bytes)}, written to {to}", json=json)
    err.print("the source files themselves are not in it", highlight=False)


def import_archive(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `rlm export` wrote.")],
    name: Annotated[str, typer.Option("--name", help="Another name for the dataset.")] = "",
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Take a dataset from an archive; every file is checked, and a broken archive leaves nothing."""
    store = open_store()
    contents = archive.read(store, file, name=name, force=force)
    dataset = store.dataset(name or contents.dataset)
    source = dataset.config().source
    figures = {"dataset": dataset.name, "files": len(contents.files), "bytes": contents.bytes, "source": source}
    _told(figures, f"{dataset.name}: {len(contents.files):,} files, {sized(contents.bytes)}", json=json)
    if source != STANDARD_INPUT and "://" not in source and not any(Path("/").glob(source.lstrip("/"))):
        err.print(f"its source files are not here ({escape(source)}); all that was computed works", highlight=False)


def _registered(config: str) -> DatasetStore:
    store = open_dataset(config).store
    store.existing(store.config_path, "configuration", None)
    return store


def _confirm(question: str, *, yes: bool) -> None:
    if yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise QueryError("nothing was removed; --yes says that you mean it")
    if not typer.confirm(question, err=True):
        raise typer.Exit(1)


def _told(figures: dict[str, Any], sentence: str, *, json: bool) -> None:
    if json:
        print_json(figures)
    else:
        say(sentence)


def _figures(store: DatasetStore) -> dict[str, Any]:
    read = [store.manifest(each) for each in store.partitions_with("raw_file", ".json")]
    return {
        "name": store.name,
        "source": store.config().source,
        "partitions": len(read),
        "sources": len({each.source for one in read for each in one.sources}),
        "records": sum(one.rows for one in read),
        "quarantined": sum(one.quarantined for one in read),
        "chunks": sum(stored.chunk_counts(store).values()),
        "bytes": removal.size_of(store.folder),
    }
