"""Copies of a model's vectors beside its table, laid out to be searched: one Arrow file for each partition.

The table is what counts; a copy is read without the database, as memory the system maps in. It holds each vector as
stored, its signs (see `signs`), and the chunk's id and content, by which a reader knows whether the table still holds
it. A file whose rows are the table's is left alone, so what a run costs grows with the partitions that changed.
`written.json` says which commits of which table the files were made from; it is taken away before they are changed.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rlm_pipeline.retrieval import signs, vector_table
from rlm_pipeline.retrieval.encoders import Encoder
from rlm_pipeline.store import DatasetStore, atomic_path, read_json, write_json

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS_PER_BATCH = 16_384
_SAMPLED = 1000
_ROWS = {"key": pl.UInt64, "stamp": pl.UInt64, "row_id": pl.UInt64, "partition": pl.String}


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Some rows of a copy: `key` and `stamp` are chunk ids and the beginnings of content hashes as numbers.

    `vectors` (n, dimension) are as the table has them; `centre` (dimension,) is what `signs` are about.
    """

    key: NDArray[np.uint64]
    stamp: NDArray[np.uint64]
    signs: signs.Signs
    centre: NDArray[np.float32]
    vectors: NDArray[np.floating[Any]]


def rows_of(table: Any) -> pl.DataFrame:
    """Columns key, stamp, row_id and partition of every row of the table, sorted by partition and key."""
    batches = table.search().select(["chunk_id", "content_hash", "partition"]).with_row_id(True).to_batches()
    found = (
        pl.DataFrame(batch).select(
            key=pl.col("chunk_id").str.to_integer(base=16, dtype=pl.UInt64),
            stamp=pl.col("content_hash").str.head(16).str.to_integer(base=16, dtype=pl.UInt64),
            row_id="_rowid",
            partition="partition",
        )
        for batch in batches
    )
    return pl.concat([pl.DataFrame(schema=_ROWS), *found]).sort("partition", "key", "stamp")


def bring_up_to_date(store: DatasetStore, encoder: Encoder, table: Any) -> tuple[str, ...]:
    """Make the copies hold what the table holds; returns the partitions whose file was written.

    Raises:
        StoreError: the disk is full or the folder cannot be written.

    """
    made_from = _state_of(store, encoder)
    if _is_current(store, made_from):
        return ()
    store.vector_copies_path.unlink(missing_ok=True)
    table.checkout_latest()
    by_partition = rows_of(table).partition_by("partition", as_dict=True, maintain_order=True)
    wanted = {str(partition): rows for (partition,), rows in by_partition.items()}
    written = []
    for partition, rows in wanted.items():
        path = store.vector_copy_path(partition)
        if not _holds(path, encoder, rows):
            with atomic_path(path) as partial:
                _write(partial, encoder, table, rows)
            written.append(partition)
    for path in store.vector_copies_path.parent.glob("*.arrow"):
        if path.name.removesuffix(".arrow") not in wanted:
            path.unlink()
    heights = {partition: rows.height for partition, rows in wanted.items()}
    write_json({**made_from, "partitions": heights}, store.vector_copies_path)
    return tuple(written)


def blocks(store: DatasetStore, encoder: Encoder) -> tuple[list[Block], bool]:
    """What the copies hold of the encoder's vectors, and whether that is known to be what the table holds."""
    found: list[Block] = []
    for path in sorted(store.vector_copies_path.parent.glob("[!.]*.arrow")):
        found += _blocks_of(path, encoder)
    state = _state_of(store, encoder)
    if not _is_current(store, state):
        return found, False
    rows = sum(read_json(store.vector_copies_path)["partitions"].values())
    return found, sum(len(block.key) for block in found) == rows


def state_of(store: DatasetStore, encoder: Encoder) -> tuple[int, int]:
    """Changes whenever the table or its copies are written."""
    written, copies = _commits(store, encoder), store.vector_copies_path
    return written.stat().st_mtime_ns, copies.stat().st_mtime_ns if copies.exists() else 0


def block_of(rows: pl.DataFrame, encoder: Encoder, table: Any, centre: NDArray[np.float32] | None = None) -> Block:
    """A block of rows of `rows_of`, read from the table; about their mean where no centre is given."""
    vectors = _taken(table, rows["row_id"].to_numpy(), encoder)
    single = vectors.astype(np.float32, copy=False)
    middle = single.mean(axis=0) if centre is None else centre
    key, stamp = rows["key"].to_numpy(), rows["stamp"].to_numpy()
    return Block(key=key, stamp=stamp, signs=signs.of(single, middle), centre=middle, vectors=vectors)


def _write(path: Path, encoder: Encoder, table: Any, rows: pl.DataFrame) -> None:
    import pyarrow as pa

    sample = rows["row_id"].to_numpy()[np.linspace(0, rows.height - 1, min(_SAMPLED, rows.height)).astype(np.int64)]
    centre = _taken(table, sample, encoder).astype(np.float32, copy=False).mean(axis=0)
    schema = _schema_of(encoder, centre)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema) as writer:
        for lot in rows.iter_slices(_ROWS_PER_BATCH):
            block = block_of(lot, encoder, table, centre)
            bits = pa.array(np.ascontiguousarray(block.signs.bits).ravel())
            numbers = pa.array(np.ascontiguousarray(block.vectors).ravel())
            columns = [
                pa.array(block.key),
                pa.array(block.stamp),
                pa.array(block.signs.scale),
                pa.FixedSizeListArray.from_arrays(bits, signs.words_of(encoder.dimension)),
                pa.FixedSizeListArray.from_arrays(numbers, encoder.dimension),
            ]
            casts = [column.cast(field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_batch(pa.record_batch(casts, schema=schema))


def _taken(table: Any, row_ids: NDArray[np.uint64], encoder: Encoder) -> NDArray[np.floating[Any]]:
    """The vectors of these rows, in this order, in the precision they are stored in."""
    found = table.take_row_ids(row_ids.tolist()).with_row_id().select(["vector"]).to_arrow().combine_chunks()
    flat = found["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    order = np.argsort(found["_rowid"].to_numpy(), kind="stable")
    places = order[np.searchsorted(found["_rowid"].to_numpy()[order], row_ids)]
    taken: NDArray[np.floating[Any]] = flat.reshape(-1, encoder.dimension)[places]
    return taken


def _schema_of(encoder: Encoder, centre: NDArray[np.float32]) -> "pa.Schema":
    import pyarrow as pa

    vector = vector_table.schema_of(encoder).field("vector").type
    return pa.schema(
        {
            "key": pa.uint64(),
            "stamp": pa.uint64(),
            "scale": pa.float32(),
            "signs": pa.list_(pa.uint64(), signs.words_of(encoder.dimension)),
            "vector": vector,
        },
        metadata={"table": vector_table.name_of(encoder), "centre": centre.tobytes()},
    )


def _blocks_of(path: Path, encoder: Encoder) -> Iterator[Block]:
    """The blocks of a file; none where it was made from another model's vectors, or cannot be read any more."""
    import pyarrow as pa

    with contextlib.suppress(OSError, pa.ArrowInvalid):
        file = pa.ipc.open_file(pa.memory_map(str(path)))
        metadata = file.schema.metadata or {}
        if metadata.get(b"table") != vector_table.name_of(encoder).encode():
            return
        centre = np.frombuffer(metadata[b"centre"], np.float32)
        for number in range(file.num_record_batches):
            key, stamp, scale, bits, vectors = file.get_batch(number).columns
            yield Block(
                key=key.to_numpy(),
                stamp=stamp.to_numpy(),
                signs=signs.Signs(bits=bits.flatten().to_numpy().reshape(len(key), -1), scale=scale.to_numpy()),
                centre=centre,
                vectors=vectors.flatten().to_numpy().reshape(len(key), -1),
            )


def _holds(path: Path, encoder: Encoder, rows: pl.DataFrame) -> bool:
    """Whether a file has these rows, and no others, in this order."""
    if not path.exists():
        return False
    there = list(_blocks_of(path, encoder))
    if sum(len(block.key) for block in there) != rows.height:
        return False
    keys = np.concatenate([block.key for block in there])
    stamps = np.concatenate([block.stamp for block in there])
    return np.array_equal(keys, rows["key"].to_numpy()) and np.array_equal(stamps, rows["stamp"].to_numpy())


def _is_current(store: DatasetStore, state: dict[str, object]) -> bool:
    if not store.vector_copies_path.exists():
        return False
    written = read_json(store.vector_copies_path)
    paths = [store.vector_copy_path(partition) for partition in written.pop("partitions")]
    return written == state and all(path.exists() for path in paths)


def _state_of(store: DatasetStore, encoder: Encoder) -> dict[str, object]:
    """The table and its commits, by the names of their manifests: asking the database would mean loading it."""
    commits = _commits(store, encoder).glob("*.manifest")
    return {"table": vector_table.name_of(encoder), "commits": sorted(path.name for path in commits)}


def _commits(store: DatasetStore, encoder: Encoder) -> Path:
    return store.vectors_folder / f"{vector_table.name_of(encoder)}.lance" / "_versions"
