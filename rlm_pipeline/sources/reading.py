"""One file that is no table, read: its columns, and its records one by one in bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from rlm_pipeline.sources.json_files.cell_types import CellTypes


class Entry(NamedTuple):
    """One record: the physical line it starts on, and its cells, one for each column of the reading.

    A record that must be set aside has no cells, but a reason and what was read of it, as text. `column` is how many
    characters of its line stand before it, where that is known and the line has other records before it. `types` is
    what the cells of a JSON record do not tell.
    """

    line: int
    cells: tuple[str | None, ...] | None
    reason: str = ""
    raw: str = ""
    column: int = 0
    types: CellTypes | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """A file's records in order, numbered from 1 by their place in `entries`, which can be gone through once.

    `columns` is settled before the first record. `entries` raises SourceError where the file cannot be read on; a
    broken record is an entry of its own. `records_at` says where the records are, in JSON-path notation, where the
    file has such places. `paths` is `PATH_SCHEMA`, for what is nested; `made` are columns that the reader made, where a
    file might call one of its own so.
    """

    columns: tuple[str, ...]
    entries: Iterator[Entry]
    evidence: str = ""
    records_at: str = ""
    paths: pl.DataFrame | None = None
    made: tuple[str, ...] = ()
