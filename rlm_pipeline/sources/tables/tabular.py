"""Delimited text to a records table: the record's identity first, then every column as text exactly as written.

Sound records are split many at once by Arrow's CSV parser, all others one by one by the csv module; on a record that
both can read they agree. Empty cells are null.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from rlm_pipeline.sources.positions import Positions
from rlm_pipeline.sources.quarantine import Quarantine
from rlm_pipeline.sources.recognition import Detected
from rlm_pipeline.sources.redaction.texts import Redaction
from rlm_pipeline.sources.tables.row_reader import ReadCount, read_rows
from rlm_pipeline.sources.year_column import YearFilter

_SHOWN = 5  # reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRead:
    """How many records were read from one file, by which reader and why.

    `reader` is blocks where every record was sound, rows where some were looked at one by one.
    """

    reader: str
    reason: str
    count: ReadCount


def read_table(
    path: Path,
    detected: Detected,
    *,
    source: str,
    to: Path,
    quarantine: Quarantine,
    positions: Positions,
    only: YearFilter | None = None,
    redaction: Redaction | None = None,
) -> TableRead:
    """Read one file into the Parquet file `to`; with `only`, just the records of one fiscal year.

    `positions` notes where all records of the file are; `redaction` takes personal data out of them.

    Raises:
        SourceError: the file cannot be read.

    """
    count = read_rows(
        path,
        detected,
        source=source,
        to=to,
        quarantine=quarantine,
        positions=positions,
        only=only,
        redaction=redaction,
    )
    return TableRead(reader="rows" if count.single else "blocks", reason=_reason(count), count=count)


def _reason(count: ReadCount) -> str:
    if not count.single:
        return "every record is sound"
    told = f"{count.single:,} records looked at one by one, the first on line {count.first_single:,}"
    if not count.reasons:
        return told
    kinds: Counter[str] = Counter()
    for reason, number in count.reasons:
        kinds[reason.partition(":")[0]] += number
    aside = ", ".join(f"{number:,} {kind}" for kind, number in kinds.most_common(_SHOWN))
    return f"{told}; set aside: {aside}"
