"""The texts of a few chunks from the chunk files, which stay open: one row group is read for each."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rlm_pipeline.errors import StoreError
from rlm_pipeline.retrieval.catalogue import Catalogue
from rlm_pipeline.store import DatasetStore

if TYPE_CHECKING:
    import pyarrow.parquet as pq


class ChunkTexts:
    """Open chunk files, by partition, with the row each of their row groups begins at."""

    def __init__(self, store: DatasetStore) -> None:
        self._store = store
        self._open: dict[str, tuple[pq.ParquetFile, np.ndarray]] = {}

    def read(self, catalogue: Catalogue, rows: Sequence[int]) -> dict[int, str]:
        """The text of each of these rows of the catalogue.

        Raises:
            StoreError: a file was replaced since the catalogue was read; the next query reads it anew.

        """
        texts: dict[int, str] = {}
        groups: dict[tuple[str, int], list[tuple[int, int]]] = {}
        for row in rows:
            partition, within = catalogue.place_of(row)
            starts = self._file(partition)[1]
            group = int(np.searchsorted(starts, within, side="right")) - 1
            groups.setdefault((partition, group), []).append((row, within - int(starts[group])))
        for (partition, group), wanted in groups.items():
            file = self._file(partition)[0]
            columns = ["chunk_id", "text"]
            table = file.read_row_group(group, columns=columns, use_threads=False)
            for row, within in wanted:
                chunk_id, text = (table.column(name)[within].as_py() for name in columns)
                if chunk_id != catalogue.chunks.item(row, "chunk_id"):  # an id is a hash of place and content too
                    raise StoreError(f"the chunks of {partition} were replaced while they were read; search again")
                texts[row] = text
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
