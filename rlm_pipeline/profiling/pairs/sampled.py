"""The rows on which pairs of columns are first looked at: all of them where that is few enough, else evenly spread."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars import selectors

from rlm_pipeline.store import DatasetStore

MOST_ROWS = 100_000
"""Above this many records, a pair is proposed on a sample and then settled over all records, streamed."""

MOST_CELLS = 100_000_000
"""Codes held at once, four bytes each; with more columns than this allows, fewer rows are looked at first."""

_CELLS_AT_ONCE = 2_000_000

Codes = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Coded:
    """One column in the rows taken: `codes` (rows,) int32 numbers its values from 0 by first appearance, -1 is empty.

    Two columns that say the same in other words have equal codes. `mode` is how many rows have the most frequent value.
    """

    column: str
    codes: Codes
    values: int
    filled: int
    mode: int

    @property
    def off_mode(self) -> int:
        """Rows that have another value than the most frequent one."""
        return self.filled - self.mode


def trimmed(column: str) -> pl.Expr:
    """A column's cells without white space around them: a stray space makes no other value."""
    return pl.col(column).str.strip_chars()


def rows_taken(records: int, columns: int) -> int:
    """Every how many records one is taken: 1 takes all."""
    most = max(1_000, min(MOST_ROWS, MOST_CELLS // max(1, columns)))
    return -(-records // most) if records else 1


def coded(store: DatasetStore, partition: str, columns: Sequence[str], *, records: int) -> Iterator[Coded]:
    """The columns in the rows taken, in order."""
    every = rows_taken(records, len(columns))
    together = max(1, _CELLS_AT_ONCE // max(1, records // every))
    for start in range(0, len(columns), together):
        chosen = columns[start : start + together]
        frame = store.scan_records(partition).select(selectors.by_name(*chosen))
        cells = (frame.gather_every(every) if every > 1 else frame).select(map(trimmed, chosen)).collect()
        for name in chosen:
            yield _coded(name, cells[name])


def _coded(name: str, cells: pl.Series) -> Coded:
    numbered = cells.cast(pl.Categorical).to_physical()
    places = np.arange(len(cells), dtype=np.int32)
    any_order = numbered.to_numpy()
    if numbered.null_count():  # read as floats then
        places = np.flatnonzero(~np.isnan(any_order)).astype(np.int32)
        any_order = any_order[places].astype(np.uint32)
    counts = np.bincount(any_order, minlength=1)
    first = np.zeros(len(counts), dtype=np.int32)
    first[any_order[::-1]] = places[::-1]  # the last write stays, which is the first row
    rank = np.zeros(len(counts), dtype=np.int32)
    used = np.flatnonzero(counts)
    rank[used[np.argsort(first[used])]] = np.arange(len(used), dtype=np.int32)
    codes = np.full(len(cells), -1, dtype=np.int32)
    codes[places] = rank[any_order]
    return Coded(column=name, codes=codes, values=len(used), filled=len(places), mode=int(counts.max()))
