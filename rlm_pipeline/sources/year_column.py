"""The fiscal years of one file's records, by a date column: which occur, and which record is in which.

Records without a usable date, and lines that cannot be parsed, are in the partition `undated`.
"""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import ConfigurationError
from rlm_pipeline.model import UNDATED
from rlm_pipeline.sources.dates import DateCensus, key_of_value
from rlm_pipeline.sources.detect import detect
from rlm_pipeline.sources.readers import TABLES, open_reading
from rlm_pipeline.sources.recognition import Detected
from rlm_pipeline.sources.tables.sound import records_in

_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class YearCount:
    """Records of one file by partition key, those that cannot be parsed under `undated`; how its dates are written."""

    records: dict[str, int]
    day_first: bool
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class YearFilter:
    """Picks the records of one partition; `place` is the date column's, from 0."""

    partition: str
    place: int
    first_month: int
    day_first: bool

    def takes(self, cells: Sequence[str | None]) -> bool:
        """Whether a record with these cells is in the partition."""
        return self.takes_value(cells[self.place])

    def takes_value(self, value: str | None) -> bool:
        """Whether a record with this value in its date column is in the partition."""
        return key_of_value(value or "", self.first_month, day_first=self.day_first) == self.partition

    @property
    def takes_unreadable(self) -> bool:
        """Whether records that cannot be parsed are set aside in this partition."""
        return self.partition == UNDATED


def count_years(path: Path, config: DatasetConfig, name: str) -> YearCount:
    """Count the records by fiscal year of one file, cited as `name`, in one pass after detection.

    Raises:
        SourceError: the file cannot be read.
        ConfigurationError: it lacks the date column.

    """
    detected = detect(path, config.format, name=name)
    columns, records = _records(path, detected, name)
    place = place_of_column(columns, config, name)
    census = DateCensus(config.partition.first_month)
    unreadable = 0
    for cells in records:
        if cells is None:
            unreadable += 1
        else:
            census.add(cells[place] or "")
    by_key = census.records_by_key()
    if unreadable:
        by_key[UNDATED] = by_key.get(UNDATED, 0) + unreadable
    order = census.order()
    return YearCount(records=by_key, day_first=order.day_first, evidence=order.evidence)


def _records(path: Path, detected: Detected, name: str) -> tuple[Sequence[str], Iterator[Sequence[str | None] | None]]:
    """A file's columns, and the cells of each of its records; None for one that is set aside."""
    if detected.detected_type not in TABLES:
        reading = open_reading(path, detected, name)
        return reading.columns, (entry.cells for entry in reading.entries)
    return detected.header, (record.cells for record in records_in(path, detected))


def place_of_column(columns: Sequence[str], config: DatasetConfig, name: str) -> int:
    """Where the dataset's partition column stands in a file, from 0; case does not count if only one name fits.

    Raises:
        ConfigurationError: the file lacks it; names the columns most like it.

    """
    wanted = config.partition.column or ""
    if wanted in columns:
        return columns.index(wanted)
    folded = [column.casefold() for column in columns]
    if folded.count(wanted.casefold()) == 1:
        return folded.index(wanted.casefold())
    close = difflib.get_close_matches(wanted.casefold(), folded, n=_SHOWN, cutoff=0.5)
    alike = [columns[folded.index(each)] for each in dict.fromkeys(close)]
    shown = f"close are {', '.join(alike)}" if alike else f"it has {', '.join(columns[:_SHOWN])}"
    more = f" and {len(columns) - _SHOWN} more" if not alike and len(columns) > _SHOWN else ""
    raise ConfigurationError(
        f"dataset {config.name}", "partition.column", f"{name} has no column {wanted!r}; {shown}{more}"
    )
