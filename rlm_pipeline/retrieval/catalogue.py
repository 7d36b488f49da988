"""The catalogue of a dataset's chunks: what is known of each but its text, kept while the chunk files stay the same."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rlm_pipeline.errors import NotMaterialised
from rlm_pipeline.store import DatasetStore

COLUMNS = (
    "chunk_id", "ordinal", "source", "row_start", "row_end", "line_start", "line_end", "char_start", "char_end",
    "byte_start", "byte_end", "content_type", "scope", "place", "n_tokens_estimate", "content_hash",
)  # fmt: skip

_SUFFIX = ".parquet"

State = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """`chunks` has `COLUMNS` and `partition`; some 150 bytes a chunk. `keys` are the chunk ids as numbers, sorted.

    `order[i]` is the row of `chunks` whose id is `keys[i]`; the chunks of `partitions[i]` begin at row `starts[i]`, in
    the order of their file; `state` says which files it was read from.
    """

    chunks: pl.DataFrame
    keys: NDArray[np.uint64]
    order: NDArray[np.int64]
    partitions: tuple[str, ...]
    starts: NDArray[np.int64]
    state: State

    def place_of(self, row: int) -> tuple[str, int]:
        """The partition of a row, and its place among the partition's chunks."""
        number = int(np.searchsorted(self.starts, row, side="right")) - 1
        return self.partitions[number], row - int(self.starts[number])

    def keys_of(self, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
        """The chunk ids of some rows as numbers."""
        by_row = np.empty_like(self.keys)
        by_row[self.order] = self.keys
        found: NDArray[np.uint64] = by_row[rows]
        return found

    def has_chunks(self, partition: str) -> bool:
        """Whether the partition has any chunk."""
        ends = np.append(self.starts, self.chunks.height)
        return any(ends[at + 1] > ends[at] for at, name in enumerate(self.partitions) if name == partition)

    def rows_of(self, chunk_ids: Iterable[str]) -> dict[str, int]:
        """The row of every id that there is."""
        wanted = list(dict.fromkeys(chunk_ids))
        if not wanted or not len(self.keys):
            return {}
        numbers = np.array([int(each, 16) for each in wanted], dtype=np.uint64)
        places = np.minimum(np.searchsorted(self.keys, numbers), len(self.keys) - 1)
        found = self.keys[places] == numbers
        rows = self.order[places[found]].tolist()
        return dict(zip((each for each, there in zip(wanted, found, strict=True) if there), rows, strict=True))


def state_of(store: DatasetStore) -> State:
    """Which chunk files there are, as they are now: path, mtime in ns and size; it changes when one of them does.

    Raises:
        NotMaterialised: the dataset has no chunks yet.

    """
    folder = store.chunks_path("any").parent
    if not folder.is_dir():
        raise NotMaterialised("chunks", None, store.name)
    with os.scandir(folder) as entries:  # every query asks, and one `Path` costs as much as one `stat`
        files = [each for each in entries if each.name.endswith(_SUFFIX) and not each.name.startswith(".")]
        state = sorted((each.path, stat.st_mtime_ns, stat.st_size) for each in files for stat in (each.stat(),))
    if not state:
        raise NotMaterialised("chunks", None, store.name)
    return tuple(state)


def load(store: DatasetStore) -> Catalogue:
    """Read the catalogue of all chunk files.

    Raises:
        NotMaterialised: the dataset has no chunks yet.

    """
    state = state_of(store)
    partitions = tuple(Path(path).name.removesuffix(_SUFFIX) for path, _, _ in state)
    frames: Sequence[pl.DataFrame] = [
        pl.read_parquet(path, columns=list(COLUMNS)).with_columns(partition=pl.lit(partition))
        for partition, (path, _, _) in zip(partitions, state, strict=True)
    ]
    chunks = pl.concat(frames).with_columns(pl.col("partition", "content_type").cast(pl.Categorical))
    keys = chunks["chunk_id"].str.to_integer(base=16, dtype=pl.UInt64).to_numpy()
    order = np.argsort(keys, kind="stable")
    starts = np.cumsum([0, *(frame.height for frame in frames)], dtype=np.int64)[:-1]
    return Catalogue(chunks=chunks, keys=keys[order], order=order, partitions=partitions, starts=starts, state=state)
