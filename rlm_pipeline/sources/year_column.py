"""The fiscal years of one file's records, by a date column: which occur, and which record is in which.

Records without a usable date, and lines that cannot be parsed, are in the partition `undated`.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import ConfigurationError
from rlm_pipeline.model import UNDATED
from rlm_pipeline.sources.dates import DateCensus, key_of_value
from rlm_pipeline.sources.detect import Detected, detect
from rlm_pipeline.sources.encodings import physical_lines
from rlm_pipeline.sources.tokeniser import tokenise

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

    def takes(self, cells: Sequence[str]) -> bool:
        """Whether a record with these cells is in the partition."""
        return key_of_value(cells[self.place], self.first_month, day_first=self.day_first) == self.partition

    @property
    def takes_unreadable(self) -> bool:
        """Whether records that cannot be parsed are set aside in this partition."""
        return self.partition == UNDATED


def count_years(path: Path, config: DatasetConfig) -> YearCount:
    """Count one file's records by fiscal year, in one pass after detection.

    Raises:
        SourceError: the file cannot be read.
        ConfigurationError: it lacks the date column.

    """
    detected = detect(path, config.format)
    place = place_of_column(detected, config, path)
    census = DateCensus(config.partition.first_month)
    lines = islice(physical_lines(path, detected.encoding), detected.data_line - 1, None)
    unreadable = 0
    for record in tokenise(lines, detected.delimiter, len(detected.header), detected.data_line):
        if record.cells is None:
            unreadable += 1
        else:
            census.add(record.cells[place])
    records = census.records_by_key()
    if unreadable:
        records[UNDATED] = records.get(UNDATED, 0) + unreadable
    order = census.order()
    return YearCount(records=records, day_first=order.day_first, evidence=order.evidence)


def place_of_column(detected: Detected, config: DatasetConfig, path: Path) -> int:
    """Where the dataset's partition column stands in a file, from 0; case does not count if only one name fits.

    Raises:
        ConfigurationError: the header lacks it; names the columns most like it.

    """
    wanted, header = config.partition.column or "", detected.header
    if wanted in header:
        return header.index(wanted)
    folded = [name.casefold() for name in header]
    if folded.count(wanted.casefold()) == 1:
        return folded.index(wanted.casefold())
    close = difflib.get_close_matches(wanted.casefold(), folded, n=_SHOWN, cutoff=0.5)
    alike = [header[folded.index(name)] for name in dict.fromkeys(close)]
    shown = f"close are {', '.join(alike)}" if alike else f"it has {', '.join(header[:_SHOWN])}"
    more = f" and {len(header) - _SHOWN} more" if not alike and len(header) > _SHOWN else ""
    raise ConfigurationError(
        f"dataset {config.name}", "partition.column", f"{path.name} has no column {wanted!r}; {shown}{more}"
    )
