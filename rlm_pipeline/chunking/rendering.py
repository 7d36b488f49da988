"""Records as text: the non-empty cells of the informative columns, one `column: value` a line.

A batch of records is put together in one go, as one buffer in which each record follows the one before: a text that
several records make up is a slice of it.
"""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from rlm_pipeline import fingerprint

SEPARATOR = "\n\n"
"""What follows every record that is rendered."""

EMPTY_RECORD = "(empty record)"
"""The text of a record without any informative cell."""


@functools.lru_cache(maxsize=10_000)
def label(column: str) -> str:
    """A column's name on one line."""
    return " ".join(column.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLines:
    """The text of one record, and its lines: of which column (a place in `names`), and the character each begins at.

    A cell may have several physical lines; what is called a line is `column: value`, with what follows it.
    """

    text: str
    names: Sequence[str]
    columns: np.ndarray
    starts: np.ndarray

    def start(self, line: int | None) -> int:
        """The character a line begins at; the end of the text behind the last one."""
        return len(self.text) if line is None or line == len(self.starts) else int(self.starts[line])


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """Records as text, `SEPARATOR` behind each.

    `utf8` is their text; that of record n are its bytes `byte_at[n]` to `byte_at[n + 1]`, and its characters
    `char_at[n]` to `char_at[n + 1]`. Cell m, in the order of records and columns, is of the column `columns[m]`, called
    `names[columns[m]]`; those of record n begin at `cell_at[n]`. Arrays are int64. `_pieces` are the characters at
    which the pieces of the text begin: for each cell two, its name and its value, and one behind each record.
    """

    utf8: memoryview
    names: Sequence[str]
    byte_at: np.ndarray
    char_at: np.ndarray
    cell_at: np.ndarray
    columns: np.ndarray
    _pieces: np.ndarray

    def text(self, first: int, end: int) -> str:
        """The text of the records `first` to before `end`."""
        return str(self.utf8[self.byte_at[first] : self.byte_at[end]], "utf-8")

    def rank(self, record: int) -> int:
        """The `fingerprint.rank` of a record's text."""
        return fingerprint.rank_of_bytes(self.utf8[self.byte_at[record] : self.byte_at[record + 1]])

    def lines(self, record: int) -> RecordLines:
        """One record, line by line."""
        first, end = int(self.cell_at[record]), int(self.cell_at[record + 1])
        starts = self._pieces[2 * first + record : 2 * end + record : 2] - self.char_at[record]
        starts[1:] += 1  # behind the line end that the name of each cell but the first begins with
        return RecordLines(
            text=self.text(record, record + 1), names=self.names, columns=self.columns[first:end], starts=starts
        )


def rendered(cells: pl.DataFrame, columns: Sequence[str], rows: int) -> Rendered:
    """Render records.

    Args:
        cells: a column of texts for each of `columns`, in their order, whatever it is called.
        columns: what the columns are called in the text.
        rows: how many records there are; there may be no column.

    """
    import pyarrow as pa
    import pyarrow.compute as pc

    names = [label(name) for name in columns]
    filled = cells.select(pl.all().is_not_null()).to_numpy() if names else np.zeros((rows, 0), bool)
    record, column = np.nonzero(filled)
    cell_at = np.concatenate([[0], np.cumsum(filled.sum(axis=1))])
    values = _values(cells, names)
    # A cell takes two pieces, its name and its value, and a record one more, which ends it.
    piece = 2 * np.arange(len(record)) + record
    begins = np.arange(len(record)) == cell_at[record]
    behind = 2 * cell_at + np.arange(rows + 1)
    order = np.empty(2 * len(record) + rows, np.int64)
    order[piece] = np.where(begins, column, column + len(names))
    order[piece + 1] = 2 * len(names) + 2 + column * rows + record
    order[behind[1:] - 1] = 2 * len(names) + (np.diff(cell_at) == 0)
    taken = pc.take(values, pa.array(order), boundscheck=False)
    _, offsets, utf8 = taken.buffers()
    bytes_at = np.frombuffer(offsets, np.int64)[: len(order) + 1]
    pieces = bytes_at
    if utf8 is not None and utf8.size and np.frombuffer(utf8, np.uint8).max() > 127:
        pieces = np.concatenate([[0], np.cumsum(pc.utf8_length(taken).to_numpy())])
    return Rendered(
        utf8=memoryview(utf8 or b""),
        names=names,
        byte_at=bytes_at[behind],
        char_at=pieces[behind],
        cell_at=cell_at,
        columns=column,
        _pieces=pieces,
    )


def _values(cells: pl.DataFrame, names: Sequence[str]) -> Any:
    """What texts are made of: names that begin a record, names that follow, the two ends of a record, and the cells."""
    import pyarrow as pa

    around = [f"{name}: " for name in names] + [f"\n{name}: " for name in names]
    fixed = pa.array([*around, SEPARATOR, EMPTY_RECORD + SEPARATOR], pa.large_string())
    columns = cells.to_arrow(compat_level=pl.CompatLevel.oldest()).columns if names else []
    return pa.concat_arrays([fixed, *(chunk for column in columns for chunk in column.chunks)])


def render(cells: pl.DataFrame, columns: Sequence[str], rows: int) -> Iterator[str]:
    """The texts of records, each with the separator behind it; the arguments are those of `rendered`."""
    found = rendered(cells, columns, rows)
    return (found.text(place, place + 1) for place in range(rows))


def words(column: pl.Series) -> Iterator[str]:
    """The values of one column, without its name."""
    shown = column.fill_null("").replace("", EMPTY_RECORD)
    return (text + SEPARATOR for text in shown)
