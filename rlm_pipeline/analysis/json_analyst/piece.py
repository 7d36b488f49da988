"""The JSON records of a window, some at a time: as many as fit in bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from polars import selectors

from rlm_pipeline.analysis.json_analyst.kinds import Places
from rlm_pipeline.analysis.json_analyst.paths import Family
from rlm_pipeline.analysis.routing import Assignment
from rlm_pipeline.analysis.window import Window
from rlm_pipeline.model import CELL_TYPE_SCHEMA, ROW, SOURCE

CELLS = 4_000_000
"""Records times columns of a piece."""

CHARACTERS = 32 << 20
"""About how much of the source a piece has, by the mean length of its records; at least one record."""

Noted = dict[str, Places]
"""Columns -> the records of a piece, by place, that something is noted of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Consecutive JSON records of one family.

    `places` are those within the window; `batches` count from the window's first; `cells` are the family's columns.
    """

    family: Family
    places: Places
    batches: Places
    sources: pl.Series
    cells: pl.DataFrame
    nulls: Noted
    blanks: Noted
    strings: Noted

    @property
    def records(self) -> int:
        """How many there are."""
        return len(self.places)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads pieces of a partition's windows."""

    assignment: Assignment
    families: tuple[Family, ...]
    piece_records: int

    def read(self, window: Window) -> Iterator[Piece]:
        """The window's JSON records in order, but for those of different families.

        Raises:
            NotMaterialised: raw_file has not run.

        """
        names = self.assignment.names
        if not any(span.source in names for batch in window.batches for span in batch.spans):
            return
        size = self.piece_records
        batches = window.batch_of_record
        for start in range(0, window.records, size):
            for family in self.families:
                piece = self._piece(window, family, start, min(size, window.records - start), batches)
                if piece.records:
                    yield piece

    def _piece(self, window: Window, family: Family, start: int, count: int, batches: Places) -> Piece:
        columns = [*family.columns, *family.rest]
        records = window.store.scan_records(window.partition)
        cells = (
            records.select(selectors.by_name(SOURCE, ROW, *columns))
            .slice(window.start + start, count)
            .with_row_index("_place")
            .filter(pl.col(SOURCE).is_in(list(family.sources)))
            .collect()
        )
        places = cells.get_column("_place").to_numpy().astype(np.int64) + start
        nulls, blanks, strings = self._noted(cells)
        return Piece(
            family=family,
            places=places,
            batches=batches[places],
            sources=cells.get_column(SOURCE),
            cells=cells.select(columns),
            nulls=nulls,
            blanks=blanks,
            strings=strings,
        )

    def _noted(self, cells: pl.DataFrame) -> Iterator[Noted]:
        """What the cells of these records do not tell: nulls, blanks, strings."""
        store, partition = self.assignment.store, self.assignment.partition
        identity = cells.select(source=SOURCE, row=ROW).with_row_index("record")
        first, last = identity.get_column("row").min(), identity.get_column("row").max()
        noted = (
            store.scan(store.cell_types_path(partition), "raw_file", partition)
            .filter(pl.col("row").is_between(first, last))
            .collect()
            .join(identity, on=["source", "row"])
            .sort("record")
        )
        for name in CELL_TYPE_SCHEMA.names()[2:]:
            long = noted.select("record", column=name).explode("column", empty_as_null=False)
            grouped = long.group_by("column", maintain_order=True).agg("record")
            yield {column: records.to_numpy().astype(np.int64) for column, records in _series(grouped)}


def _series(grouped: pl.DataFrame) -> Iterator[tuple[str, pl.Series]]:
    return zip(grouped.get_column("column"), grouped.get_column("record"), strict=True)


def reader(assignment: Assignment, families: tuple[Family, ...]) -> Reader:
    """A reader of pieces of bounded size.

    Raises:
        NotMaterialised: raw_file has not run.

    """
    store, partition = assignment.store, assignment.partition
    extents = store.scan(store.extents_path(partition), "raw_file", partition)
    own = extents.filter(pl.col("source").is_in(list(assignment.names)) & pl.col("stored"))
    length = own.select((pl.col("char_end") - pl.col("char_start")).mean()).collect().item() or 1
    width = max(len(source.header) for source in assignment.sources)
    size = min(CELLS // max(1, width), int(CHARACTERS / max(1, length)))
    return Reader(assignment=assignment, families=families, piece_records=max(1, size))
