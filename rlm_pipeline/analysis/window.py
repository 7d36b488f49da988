"""The records an analyst holds in memory at once: a run of batches, read a few columns at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from polars import selectors

from rlm_pipeline.analysis.batches import Batch
from rlm_pipeline.store import DatasetStore

CELLS_READ = 1_000_000
"""Records times columns read at once."""

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Consecutive batches of one partition; places within a window count from its first record."""

    store: DatasetStore
    partition: str
    batches: tuple[Batch, ...]

    @property
    def start(self) -> int:
        """The place of the first record within the partition."""
        return self.batches[0].start

    @property
    def records(self) -> int:
        """How many records the window has."""
        return self.batches[-1].stop - self.start

    @property
    def sizes(self) -> Places:
        """Records of each batch, int64, one per batch."""
        return np.array([batch.records for batch in self.batches], dtype=np.int64)

    @property
    def batch_of_record(self) -> Places:
        """For every record the index of its batch within the window, int64, one per record."""
        return np.repeat(np.arange(len(self.batches), dtype=np.int64), self.sizes)

    def slices(self) -> Iterator[tuple[Batch, slice]]:
        """Each batch with the places of its records within the window."""
        for batch in self.batches:
            yield batch, slice(batch.start - self.start, batch.stop - self.start)

    def read(self, columns: Sequence[str]) -> pl.DataFrame:
        """The named columns of the window's records, in stored order, one row per record."""
        records = self.store.scan_records(self.partition).select(selectors.by_name(*columns))
        return records.slice(self.start, self.records).collect()

    def groups(self, columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
        """The columns in runs small enough to be read at once."""
        size = max(1, CELLS_READ // max(1, self.records))
        for first in range(0, len(columns), size):
            yield tuple(columns[first : first + size])
