"""The records of the text analyst's own sources: of one kind of content, in strides for a survey or by window."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from rlm_pipeline.analysis.routing import Assignment
from rlm_pipeline.analysis.window import Window
from rlm_pipeline.model import SOURCE, SourceManifest
from rlm_pipeline.sources.own_columns import OWN_COLUMNS

STRIDE_RECORDS = 20_000
"""A survey reads so many consecutive records at once, wherever batches end, so that what it decides is independent of
them."""

PLACE, BATCH = "_place", "_batch"
"""Columns of what is read: the record's place within the window (of a stride: within the partition), Int64, and the
index of its batch within the window, Int64 (not in strides)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Sources of one kind of content, and the columns of theirs that may be read, in the reader's order."""

    assignment: Assignment
    sources: tuple[SourceManifest, ...]
    columns: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the sources, in the manifest's order."""
        return tuple(each.source for each in self.sources)

    def has(self, *columns: str) -> bool:
        """Whether all of these columns may be read."""
        return set(columns) <= set(self.columns)


def part(assignment: Assignment, own: Sequence[str]) -> Part:
    """The assigned sources whose reader made the columns `own`; ignored columns are left out."""
    sources = tuple(each for each in assignment.sources if OWN_COLUMNS.get(each.detected_type) == own)
    stored = frozenset(name for each in sources for name in each.header)
    roles = assignment.config.columns
    readable = tuple(name for name in own if name in stored and not roles.is_ignored(name))
    return Part(assignment=assignment, sources=sources, columns=readable)


def strides(read: Part, columns: Sequence[str], *, every: int = 1) -> Iterator[pl.DataFrame]:
    """All records of a part, in stored order, or every so many strides: `PLACE`, `SOURCE` and the columns.

    A stride without any record of the part is left out.
    """
    records = read.assignment.store.scan_records(read.assignment.partition)
    for start in range(0, _end(read), every * STRIDE_RECORDS):
        stride = records.select(SOURCE, *columns).slice(start, STRIDE_RECORDS).collect()
        own = _own(stride, read).with_columns(pl.col(PLACE) + start)
        if own.height:
            yield own


def sampled(read: Part, columns: Sequence[str], most: int) -> Iterator[pl.DataFrame]:
    """At most so many strides of the partition, evenly over it."""
    return strides(read, columns, every=max(1, -(-_end(read) // (STRIDE_RECORDS * most))))


def _end(read: Part) -> int:
    windows = read.assignment.windows
    return windows[-1].start + windows[-1].records if windows else 0


def of_window(read: Part, window: Window, columns: Sequence[str]) -> pl.DataFrame:
    """The records of a part in a window, in stored order: `PLACE`, `BATCH`, `SOURCE` and the columns."""
    own = _own(window.read((SOURCE, *columns)), read)
    batches = window.batch_of_record[own.get_column(PLACE).to_numpy()]
    return own.with_columns(pl.Series(BATCH, batches, dtype=pl.Int64))


def _own(records: pl.DataFrame, read: Part) -> pl.DataFrame:
    places = pl.Series(PLACE, np.arange(records.height, dtype=np.int64))
    mine = records.get_column(SOURCE).is_in(list(read.names))
    return records.with_columns(places).filter(mine)
