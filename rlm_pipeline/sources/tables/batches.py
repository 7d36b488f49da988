"""Sound records to Arrow columns, many at once: their text through Arrow's CSV parser."""

import csv
import io
import logging
from array import array
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from rlm_pipeline.sources.positions import ASIDE, ELSEWHERE, STORED, Positions
from rlm_pipeline.sources.records_table import RecordsTable
from rlm_pipeline.sources.tables.sound import cells_of_texts
from rlm_pipeline.sources.year_column import YearFilter

logger = logging.getLogger(__name__)

_BATCH_CHARACTERS = 1 << 25
_BATCH_ROWS = 500_000
_BATCH_CELLS = 6_000_000  # as one row group: a third less time to write than groups of 2,000,000
_FEW_CHARACTERS = 1 << 12  # are split sooner than Arrow's threads wake
_MARK = "\ufeff"


class Batches:
    """Collects the records of one source and adds them to its table; call `flush` after the last."""

    def __init__(
        self,
        table: RecordsTable,
        *,
        source: str,
        delimiter: str,
        width: int,
        positions: Positions,
        only: YearFilter | None,
    ) -> None:
        self._table = table
        self._positions = positions
        self._source = source
        self._delimiter = delimiter
        self._only = only
        self._width = width
        self._most_rows = max(1, min(_BATCH_ROWS, _BATCH_CELLS // width))
        self._rows = array("q")
        self._lines = array("q")
        self._aside: list[tuple[int, int, int]] = []
        self._texts: list[str] = []
        self._characters = 0
        self._names = [str(place) for place in range(width)]
        self._parse = pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False)
        self._convert = pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(self._names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        )
        self.added = 0

    def add(self, row: int, line: int, text: str, more: int = 0) -> None:
        """Add a record by its sound text, with or without a line end; or a run of one-line records, `more` after it."""
        if more:
            self._rows.extend(range(row, row + more + 1))
            self._lines.extend(range(line, line + more + 1))
        else:
            self._rows.append(row)
            self._lines.append(line)
        self._texts.append(text)
        self._characters += len(text)
        if len(self._rows) >= self._most_rows or self._characters >= _BATCH_CHARACTERS:
            self.flush()

    def add_cells(self, row: int, line: int, cells: Sequence[str]) -> None:
        """Add a record by its cells."""
        stream = io.StringIO()
        csv.writer(stream, delimiter=self._delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(cells)
        self.add(row, line, stream.getvalue())

    def note_aside(self, row: int, line: int, *, taken: bool) -> None:
        """Note a record that is not stored; `taken` if it is set aside in this partition."""
        self._aside.append((row, line, ASIDE if taken else ELSEWHERE))
        if len(self._aside) >= self._most_rows:
            self.flush()

    def flush(self) -> None:
        """Store what was collected."""
        kept = self._store() if self._rows else None
        rows, lines = (np.array(numbers, dtype=np.int64) for numbers in (self._rows, self._lines))
        kinds = np.full(len(rows), STORED) if kept is None else np.where(kept, STORED, ELSEWHERE)
        if self._aside:
            aside_rows, aside_lines, aside_kinds = np.array(self._aside, dtype=np.int64).T
            order = np.argsort(np.concatenate([rows, aside_rows]))
            lines = np.concatenate([lines, aside_lines])[order]
            kinds = np.concatenate([kinds, aside_kinds])[order]
        self._positions.add_many(lines, kinds)
        self._rows, self._lines, self._texts, self._characters = array("q"), array("q"), [], 0
        self._aside = []

    def _store(self) -> npt.NDArray[np.bool_] | None:
        """Which of the records are in the partition; None where all are."""
        kept = None
        columns = self._columns()
        rows, lines = (np.frombuffer(numbers, dtype=np.int64) for numbers in (self._rows, self._lines))
        if self._only is not None:
            kept = np.array([self._only.takes_value(value) for value in columns[self._only.place].to_pylist()])
            rows, lines = rows[kept], lines[kept]
            columns = [column.filter(pa.array(kept)) for column in columns]
        self._table.add_columns(self._source, rows, lines, columns)
        self.added += len(rows)
        return kept

    def _columns(self) -> list[pa.Array | pa.ChunkedArray]:
        if not self._texts[-1].endswith(("\n", "\r")):
            self._texts[-1] += "\n"
        if self._characters <= _FEW_CHARACTERS:
            return self._columns_one_by_one()
        text = "".join(self._texts)
        if text.startswith(_MARK):  # the parser drops the first, which here is part of a cell
            text = _MARK + text
        content = text.encode()
        read = pyarrow.csv.ReadOptions(use_threads=False, block_size=len(content) + 1, column_names=self._names)
        try:
            table = pyarrow.csv.read_csv(
                pa.BufferReader(content), read_options=read, parse_options=self._parse, convert_options=self._convert
            )
        except pa.ArrowInvalid as error:
            logger.warning("%s: the csv module splits %d records (%s)", self._source, len(self._rows), error)
        else:
            if table.num_rows == len(self._rows):
                return list(table.columns)
        return self._columns_one_by_one()

    def _columns_one_by_one(self) -> list[pa.Array | pa.ChunkedArray]:
        cells = zip(*cells_of_texts(self._texts, self._delimiter), strict=True)
        return [pa.array([cell or None for cell in column], pa.string()) for column in cells]
