"""Records of one source that are rendered, a batch at a time: their cells, and where each of them is."""

from dataclasses import dataclass
from typing import Self

import polars as pl

PLACED = ("row", "line", "char_start", "char_end", "byte_start", "byte_end", "line_end", "place")
"""The columns of `RecordBatch.where`: those of `EXTENT_SCHEMA`, the last line, and what its place is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordBatch:
    """Neighbouring records: `cells` of the columns that are shown, numbered from "0" and called `names`; `where`."""

    names: tuple[str, ...]
    cells: pl.DataFrame
    where: pl.DataFrame

    def behind(self, before: Self) -> Self:
        """These records behind others of the same source."""
        if not before.where.height:
            return self
        return type(self)(
            names=self.names,
            cells=pl.concat([before.cells, self.cells]),
            where=pl.concat([before.where, self.where]),
        )

    def since(self, first: int) -> Self:
        """The records from place `first` on."""
        return type(self)(names=self.names, cells=self.cells[first:], where=self.where[first:])
