"""Records one by one into Parquet row groups; what cannot be a record goes to quarantine with its line and reason.

Memory is bounded by cells and characters, not by the file.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from rlm_pipeline.sources.encodings import physical_lines
from rlm_pipeline.sources.quarantine import RAW_LIMIT, Quarantine
from rlm_pipeline.sources.recognition import Detected
from rlm_pipeline.sources.records_table import RecordsTable
from rlm_pipeline.sources.tables.tokeniser import tokenise
from rlm_pipeline.sources.year_column import YearFilter

logger = logging.getLogger(__name__)

_PROGRESS_ROWS = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCount:
    """Records of one file that belong to a partition, and what became of them."""

    rows: int
    quarantined: int
    lenient: int = 0  # of the rows, those with a stray quote


def read_rows(
    path: Path,
    detected: Detected,
    *,
    source: str,
    to: Path,
    quarantine: Quarantine,
    only: YearFilter | None = None,
) -> ReadCount:
    """Read one file into the Parquet file `to`; `only` as in `tabular.read_table`.

    Raises:
        SourceError: the file cannot be read.

    """
    lines = islice(physical_lines(path, detected.encoding), detected.data_line - 1, None)
    records = tokenise(lines, detected.delimiter, len(detected.header), detected.data_line)
    rows = quarantined = lenient = 0
    with RecordsTable(to, detected.header) as table:
        for row, record in enumerate(records, 1):
            if record.cells is None:
                if only is None or only.takes_unreadable:
                    quarantine.add(source, row, record.line, reason=record.reason, raw=_raw(record.lines))
                    quarantined += 1
            elif only is None or only.takes(record.cells):
                table.add(source, row, record.line, record.cells, characters=record.size)
                rows += 1
                lenient += record.lenient
            if row % _PROGRESS_ROWS == 0:
                logger.info("%s: %s records read, %s set aside", source, f"{row:,}", f"{quarantined:,}")
    return ReadCount(rows=rows, quarantined=quarantined, lenient=lenient)


def _raw(lines: Iterable[str]) -> str:
    raw: list[str] = []
    held = 0
    for line in lines:
        raw.append(line[:RAW_LIMIT])
        held += len(raw[-1])
        if held >= RAW_LIMIT:
            break
    return "".join(raw)
