"""The records of one table into Parquet row groups; what cannot be a record goes to quarantine with line and reason.

Memory is bounded by cells and characters, not by the file.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from rlm_pipeline.sources.positions import Positions
from rlm_pipeline.sources.quarantine import RAW_LIMIT, Quarantine
from rlm_pipeline.sources.recognition import Detected
from rlm_pipeline.sources.records_table import RecordsTable
from rlm_pipeline.sources.redaction.texts import Redaction
from rlm_pipeline.sources.tables.batches import Batches
from rlm_pipeline.sources.tables.sound import sound_records
from rlm_pipeline.sources.tables.tokeniser import Record
from rlm_pipeline.sources.year_column import YearFilter

logger = logging.getLogger(__name__)

_PROGRESS_ROWS = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCount:
    """Records of one file that belong to a partition, and what became of them."""

    rows: int
    quarantined: int
    lenient: int = 0  # of the rows, those with a stray quote
    single: int = 0  # of all records of the file, those that were split one by one
    first_single: int = 0  # the line the first of them starts on
    reasons: tuple[tuple[str, int], ...] = ()  # why records were set aside, most frequent first


def read_rows(
    path: Path,
    detected: Detected,
    *,
    source: str,
    to: Path,
    quarantine: Quarantine,
    positions: Positions,
    only: YearFilter | None = None,
    redaction: Redaction | None = None,
) -> ReadCount:
    """Read one file into the Parquet file `to`; `positions`, `only` and `redaction` as in `tabular.read_table`.

    Raises:
        SourceError: the file cannot be read.

    """
    names = detected.header if redaction is None else redaction.names(detected.header)
    with RecordsTable(to, names, redaction) as table:
        batches = Batches(
            table,
            source=source,
            delimiter=detected.delimiter,
            width=len(detected.header),
            positions=positions,
            only=only,
        )
        singles = _Singles(batches, quarantine, source, only)
        row, told = 0, _PROGRESS_ROWS
        for line, text, record, more in sound_records(path, detected):
            row += 1
            if record is None:
                batches.add(row, line, text, more)
                row += more
            else:
                singles.add(row, record)
            if row >= told:
                logger.info("%s: %s records read, %s set aside", source, f"{row:,}", f"{singles.reasons.total():,}")
                told += _PROGRESS_ROWS
        batches.flush()
    return ReadCount(
        rows=batches.added,
        quarantined=singles.reasons.total(),
        lenient=singles.lenient,
        single=singles.count,
        first_single=singles.first,
        reasons=tuple(singles.reasons.most_common()),
    )


@dataclass(slots=True)
class _Singles:
    """Records that are split one by one: added to the batches, or set aside and counted by their reasons."""

    batches: Batches
    quarantine: Quarantine
    source: str
    only: YearFilter | None
    count: int = 0
    first: int = 0
    lenient: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, row: int, record: Record) -> None:
        """Take one record, whichever partition it is in."""
        self.count += 1
        self.first = self.first or record.line
        if record.cells is not None:
            self.batches.add_cells(row, record.line, record.cells)
            self.lenient += record.lenient and (self.only is None or self.only.takes(record.cells))
            return
        taken = self.only is None or self.only.takes_unreadable
        self.batches.note_aside(row, record.line, taken=taken)
        if taken:
            self.quarantine.add(self.source, row, record.line, reason=record.reason, raw=_raw(record.lines))
            self.reasons[record.reason] += 1


def _raw(lines: Iterable[str]) -> str:
    raw: list[str] = []
    held = 0
    for line in lines:
        raw.append(line[:RAW_LIMIT])
        held += len(raw[-1])
        if held >= RAW_LIMIT:
            break
    return "".join(raw)
