"""Chunks as files for readers that take files: one text each, and an index that says what each is."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import polars as pl

from rlm_pipeline.errors import QueryError, StoreError
from rlm_pipeline.exchange import chunk_tables
from rlm_pipeline.exchange.archive import checked_target
from rlm_pipeline.exchange.names import checked_name
from rlm_pipeline.model import CHUNK_SCHEMA
from rlm_pipeline.retrieval import chunk_files
from rlm_pipeline.store import COMPRESSION, DatasetStore, atomic_path, read_json, write_json

INDEX_SUFFIX = "_index.json"
DATA_SUFFIXES = (".ndjson", ".jsonl", ".parquet")

_ROWS_AT_ONCE = 500
_INDEXED = [
    "chunk_id", "partition", "source", "row_start", "row_end", "line_start", "line_end", "char_start", "char_end",
    "content_type", "scope", "n_chars", "n_tokens_estimate",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The files written: the index, and one a chunk in the order of the dataset."""

    index: Path
    files: tuple[Path, ...]


def write_files(
    store: DatasetStore,
    folder: Path,
    *,
    prefix: str = "chunk",
    partitions: Sequence[str] = (),
    sources: Sequence[str] = (),
    with_context: bool = False,
    force: bool = False,
) -> Written:
    """Write the text of each chunk as `<prefix>_<number>.txt`, and `<prefix>_index.json` last; the store stays.

    Joined in order, the texts of a source are its chunks' texts. `with_context` puts before each what its reader needs
    besides, so that they no longer are. `force` replaces what an earlier call wrote, also files it has no more.

    Raises:
        NotMaterialised: the dataset has no chunks yet.
        QueryError: no such partition or source, a prefix that is no file name, or files that exist.
        StoreError: a file cannot be written.

    """
    index = folder / f"{checked_name(prefix, 'prefix')}{INDEX_SUFFIX}"
    number = int(chunk_tables.scan(store, partitions, sources).select(pl.len()).collect().item())
    digits = max(4, len(str(max(0, number - 1))))
    names = [f"{prefix}_{place:0{digits}}.txt" for place in range(number)]
    _make_room(folder, index, names, prefix, force=force)
    entries: list[dict[str, Any]] = []
    for name, chunk in zip(names, _rows(store, partitions, sources), strict=True):
        shown = chunk["context"] + chunk["overlap"] + chunk["text"] if with_context else chunk["text"]
        _write_exactly(shown, folder / name)
        entries.append({"file": name, **{key: chunk[key] for key in _INDEXED}})
    write_json({"dataset": store.name, "chunks": entries}, index)
    return Written(index=index, files=tuple(folder / name for name in names))


def write_data(store: DatasetStore, path: Path, *, partitions: Sequence[str] = (), force: bool = False) -> int:
    """Write all chunks with all their columns into one NDJSON or Parquet file, as its suffix says; returns how many.

    Raises:
        NotMaterialised: the dataset has no chunks yet.
        QueryError: no such partition, another suffix, or the file exists and `force` is not given.
        StoreError: the file cannot be written.

    """
    checked_target(path, DATA_SUFFIXES, force=force)
    frame = chunk_tables.scan(store, partitions)
    with atomic_path(path) as partial:
        try:
            if path.suffix == ".parquet":
                frame.sink_parquet(partial, compression=COMPRESSION, maintain_order=True)
            else:
                frame.sink_ndjson(partial, maintain_order=True)
        except pl.exceptions.ComputeError as error:
            raise StoreError(f"cannot write {path}: {error}. Free space or fix permissions") from error
    return int(frame.select(pl.len()).collect().item())


def ranges(
    store: DatasetStore, sources: Sequence[str], unit: Literal["characters", "bytes", "lines", "rows"]
) -> dict[str, list[tuple[int, int]]]:
    """Where the stored chunks of each source begin and end: half-open characters and bytes, inclusive lines and rows.

    Raises:
        NotMaterialised: the dataset has no chunks yet.
        QueryError: there is no such source.

    """
    start, end = {
        "characters": ("char_start", "char_end"),
        "bytes": ("byte_start", "byte_end"),
        "lines": ("line_start", "line_end"),
        "rows": ("row_start", "row_end"),
    }[unit]
    frame = chunk_tables.scan(store, (), sources).select("source", start, end).collect()
    found: dict[str, list[tuple[int, int]]] = {}
    for source, first, last in frame.iter_rows():
        found.setdefault(source, []).append((first, last))
    return found


def _rows(store: DatasetStore, partitions: Sequence[str], sources: Sequence[str]) -> Iterator[dict[str, Any]]:
    chosen = set(chunk_tables.scan(store, partitions, sources).select(pl.col("source").unique()).collect()["source"])
    for partition in chunk_tables.partitions_asked(store, partitions):
        for batch in chunk_files.in_batches(store, partition, columns=CHUNK_SCHEMA.names(), rows=_ROWS_AT_ONCE):
            wanted = batch.filter(pl.col("source").is_in(chosen)) if sources else batch
            yield from wanted.with_columns(partition=pl.lit(partition)).iter_rows(named=True)


def _make_room(folder: Path, index: Path, names: Sequence[str], prefix: str, *, force: bool) -> None:
    ours = re.compile(rf"{re.escape(prefix)}_\d{{4,}}\.txt")
    present = [path for path in folder.glob(f"{prefix}_*.txt") if ours.fullmatch(path.name)] if folder.is_dir() else []
    in_the_way = [*([index] if index.exists() else []), *present]
    if in_the_way and not force:
        raise QueryError(f"{in_the_way[0]} exists; --force replaces what is there, or give another --prefix")
    if in_the_way:
        written = {each["file"] for each in read_json(index)["chunks"]} if index.exists() else set()
        for path in present:
            if path.name in written or path.name in names:
                path.unlink()
        index.unlink(missing_ok=True)


def _write_exactly(text: str, path: Path) -> None:
    with atomic_path(path) as partial:
        partial.write_bytes(text.encode("utf-8", "surrogatepass"))
