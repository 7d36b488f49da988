"""The texts of a few chunks from the chunk files, which stay open: one row group is read for each."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from rlm_pipeline.errors import StoreError
from rlm_pipeline.retrieval.catalogue import Catalogue
from rlm_pipeline.store import DatasetStore

if TYPE_CHECKING:
    import pyarrow.parquet as pq


_FILES_AT_ONCE = 4


class ChunkTexts:
    """Open chunk files, by partition, with the row each of their row groups begins at."""

    def __init__(self, store: DatasetStore) -> None:
        self._store = store
        self._open: dict[str, tuple[pq.ParquetFile, np.ndarray]] = {}
        self._readers = ThreadPoolExecutor(_FILES_AT_ONCE)

    def read(self, catalogue: Catalogue, rows: Sequence[int]) -> Iterator[tuple[int, str]]:
        """Each of these rows of the catalogue with its text, as they come: those of one file at a time.

        Raises:
            StoreError: a file was replaced since the catalogue was read; the next query reads it anew.

        """
        wanted: dict[str, list[tuple[int, int]]] = {}
        for row in rows:
            partition, within = catalogue.place_of(row)
            self._file(partition)
            wanted.setdefault(partition, []).append((row, within))
        # A file may be read by one thread at a time only; several are read at once.
        found = self._readers.map(lambda each: self._read_file(catalogue, *each), wanted.items())
        for texts in found:
            yield from texts

    def _read_file(
        self, catalogue: Catalogue, partition: str, wanted: Sequence[tuple[int, int]]
    ) -> list[tuple[int, str]]:
        file, starts = self._file(partition)
        groups: dict[int, list[tuple[int, int]]] = {}
        for row, within in wanted:
            group = int(np.searchsorted(starts, within, side="right")) - 1
            groups.setdefault(group, []).append((row, within - int(starts[group])))
        texts: list[tuple[int, str]] = []
        for group, places in groups.items():
            table = file.read_row_group(group, columns=["chunk_id", "text"], use_threads=False)
            for row, place in places:
                if table["chunk_id"][place].as_py() != catalogue.chunks.item(row, "chunk_id"):
                    # An id is a hash of place and content too.
                    raise StoreError(f"the chunks of {partition} were replaced while they were read; search again")
                texts.append((row, table["text"][place].as_py()))
        return texts

    def close(self) -> None:
        """Forget the files, which may have been replaced."""
        for file, _ in self._open.values():
            file.close()
        self._open.clear()

    def _file(self, partition: str) -> "tuple[pq.ParquetFile, np.ndarray]":
        if partition not in self._open:
            import pyarrow.parquet as pq

            path = self._store.existing(self._store.chunks_path(partition), "chunks", partition)
            file = pq.ParquetFile(path, memory_map=True, pre_buffer=False)  # half the CPU of reading one group
            sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
            self._open[partition] = (file, np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)[:-1]]))
        return self._open[partition]
