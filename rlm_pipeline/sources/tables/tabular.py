"""Delimited text to a records table: lazily when the structure allows it, row by row when it does not.

A structural pass decides. Where every record is one physical line of the header's width in sound quoting, polars
streams the file; anything else goes through `row_reader`, which can set single records aside. On a file that both can
read they give the same table: the record's identity first, then every column as text exactly as written, empty cells
null.
"""

import csv
import logging
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from rlm_pipeline.model import LINE, RECORD_IDENTITY, ROW, SOURCE
from rlm_pipeline.sources.encodings import physical_lines
from rlm_pipeline.sources.quarantine import Quarantine
from rlm_pipeline.sources.recognition import Detected
from rlm_pipeline.sources.records_table import group_rows
from rlm_pipeline.sources.tables.row_reader import ReadCount, read_rows
from rlm_pipeline.sources.tables.tokeniser import CELL_LIMIT, is_well_quoted
from rlm_pipeline.sources.year_column import YearFilter
from rlm_pipeline.store import COMPRESSION

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Structure:
    """What the structural pass found: `trouble` is why the lazy reader must not be used, or empty."""

    trouble: str
    records: int = 0
    kept: npt.NDArray[np.int64] | None = None  # record numbers from 1; None keeps all


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRead:
    """How many records were read from one file, by which reader and why."""

    reader: str  # lazy or rows
    reason: str
    count: ReadCount


def read_table(
    path: Path, detected: Detected, *, source: str, to: Path, quarantine: Quarantine, only: YearFilter | None = None
) -> TableRead:
    """Read one file into the Parquet file `to`; with `only`, just the records of one fiscal year.

    Raises:
        SourceError: the file cannot be read.

    """
    structure = check_structure(path, detected, only)
    reason = structure.trouble
    if not reason:
        try:
            rows = _stream(path, detected, structure, source=source, to=to)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            reason = f"polars refuses it: {' '.join(str(error).split())[:200]}"
        else:
            expected = structure.records if structure.kept is None else len(structure.kept)
            if rows == expected:
                count = ReadCount(rows=rows, quarantined=0)
                return TableRead(reader="lazy", reason="every record is one sound line", count=count)
            reason = f"polars finds {rows:,} records where the csv module finds {expected:,}"
        logger.warning("%s: reading row by row, because %s", source, reason)
    count = read_rows(path, detected, source=source, to=to, quarantine=quarantine, only=only)
    return TableRead(reader="rows", reason=reason, count=count)


def check_structure(path: Path, detected: Detected, only: YearFilter | None = None) -> Structure:
    """Whether every record is one physical line with the header's number of cells; stops at the first that is not."""
    trouble = _trouble_with_file(detected)
    if trouble:
        return Structure(trouble=trouble)
    width, delimiter = len(detected.header), detected.delimiter
    feed = _LastLine(islice(physical_lines(path, detected.encoding), detected.data_line - 1, None))
    csv.field_size_limit(CELL_LIMIT)
    kept = array("q")
    row = 0
    try:
        for row, cells in enumerate(csv.reader(feed, delimiter=delimiter, strict=True), 1):
            trouble = _trouble_with_line(feed, row, cells, width=width, delimiter=delimiter)
            if trouble:
                return Structure(trouble=f"line {row + detected.data_line - 1} {trouble}")
            if only is not None and only.takes(cells):
                kept.append(row)
    except csv.Error as error:
        return Structure(trouble=f"line {row + detected.data_line} does not parse ({error})")
    return Structure(trouble="", records=row, kept=None if only is None else np.frombuffer(kept, dtype=np.int64))


class _LastLine:
    """Passes lines on, remembering the last and how many there were."""

    __slots__ = ("_lines", "count", "line")

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.count = 0
        self.line = ""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.line = next(self._lines)
        self.count += 1
        return self.line


def _trouble_with_file(detected: Detected) -> str:
    if detected.compressed:
        return "the file is compressed"
    if detected.encoding.name not in ("utf-8", "utf-8-sig"):
        return f"the file is {detected.encoding.name}"
    if len(detected.header) == 1:
        return "the file has one column, where a blank line could be a record"
    if detected.header_line and detected.data_line != detected.header_line + 1:
        return "the header has line breaks in it"
    return ""


def _trouble_with_line(feed: _LastLine, row: int, cells: list[str], *, width: int, delimiter: str) -> str:
    line = feed.line
    if feed.count != row:
        return "starts a record of several lines"
    if len(cells) != width:
        return f"has {len(cells)} cells where {width} are expected" if cells else "is blank"
    if '"' in line and not is_well_quoted(line, delimiter):
        return "has a stray quote"
    if "\0" in line:
        return "has a NUL character"
    if row == 1 and line.startswith("\ufeff"):
        return "starts with a byte order mark, which polars drops"
    return "ends in a lone carriage return" if line.endswith("\r") else ""


def _stream(path: Path, detected: Detected, structure: Structure, *, source: str, to: Path) -> int:
    frame = pl.scan_csv(
        path,
        has_header=False,
        schema=dict.fromkeys(detected.header, pl.String),
        separator=detected.delimiter,
        skip_lines=detected.data_line - 1,
        null_values=[""],
        infer_schema=False,
        row_index_name=ROW,
        row_index_offset=1,
        glob=False,
    ).with_columns(
        pl.lit(source).alias(SOURCE),
        pl.col(ROW).cast(pl.Int64),
        (pl.col(ROW).cast(pl.Int64) + (detected.data_line - 1)).alias(LINE),
    )
    if structure.kept is not None:
        frame = frame.filter(pl.col(ROW).is_in(pl.Series(structure.kept).implode()))
    frame.select(*RECORD_IDENTITY, *detected.header).sink_parquet(
        to, compression=COMPRESSION, row_group_size=group_rows(len(detected.header))
    )
    return int(pl.scan_parquet(to).select(pl.len()).collect().item())
