"""Dates as exports write them, and whether a column writes the day or the month first.

Read are ISO dates (2010-08-10, 2010/8/10, 20100810), numeric dates (9/30/1990, 30.09.90), dates with an English month
(30-SEP-1990, Sep 30, 1990), each with or without a time after it, as logs write it too (10/Oct/2000:13:55:36 -0700,
Sun Dec 04 04:47:44 2005, 2005-06-03-15.42.50), and plain years (2012, FY2012), which are taken as the fiscal year
itself. Seconds or milliseconds since 1970 in 10 or 13 digits that begin with 1 (2001 to 2033) are the day they fall on
in UTC. Everything else, and years outside 1900..2100, gives no date. In 9/30/1990 only one order is
possible; in 9/3/1990 the column decides: the order that more of its unambiguous values have, else the month first
(the day, when dots separate the numbers: no country writes the month first with dots).
"""

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache

from rlm_pipeline.configuration import MONTHS
from rlm_pipeline.model import UNDATED
from rlm_pipeline.sources.fiscal_year import full_year, key_of_date, year_key

_TIME = r"(?:(?:T|,?\s+)\d{1,2}:\d{2}.*|[-_]\d{2}[:.]\d{2}.*)?"
_ISO = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_TIME}", re.ASCII)
_COMPACT = re.compile(rf"(\d{{4}})(\d{{2}})(\d{{2}})(?:[T ]\d{{4}}.*|{_TIME})", re.ASCII)
_NUMERIC = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}|\d{{2}}){_TIME}", re.ASCII)
_DAY_MONTH_NAME = re.compile(
    rf"(\d{{1,2}})[-\s/.]+([A-Za-z]{{3,9}})[-\s/.,]+(\d{{4}}|\d{{2}})(?::\d{{2}}:\d{{2}}.*|{_TIME})", re.ASCII
)
_MONTH_NAME_DAY = re.compile(rf"([A-Za-z]{{3,9}})\.?\s+(\d{{1,2}}),?\s+(\d{{4}}){_TIME}", re.ASCII)
_WEEKDAY_FIRST = re.compile(
    r"[A-Z][a-z]{2},? ([A-Z][a-z]{2}) +(\d{1,2}) \d{2}:\d{2}:\d{2}(?:\.\d+)?(?: [A-Z]{2,5})? (\d{4})", re.ASCII
)
_SINCE_1970 = re.compile(r"(1\d{9})(?:\d{3})?(?:\.\d+)?", re.ASCII)
_YEAR = re.compile(r"(?:FY\s?)?(\d{4})", re.ASCII | re.IGNORECASE)
_EPOCH = dt.date(1970, 1, 1)
_USABLE = range(1900, 2101)
_LONGEST = 64  # characters of a cell that may be a date
_MEMORY = 1 << 16  # distinct values remembered; a date column repeats itself


@dataclass(frozen=True, slots=True)
class _Readings:
    """One value's keys under both orders; `proves` is the order it proves: month, day, either, or "" (none)."""

    month_first: str
    day_first: str
    proves: str = ""


_NO_DATE = _Readings(UNDATED, UNDATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class DateOrder:
    """How one file's column writes its dates, and why we think so."""

    day_first: bool
    evidence: str


@dataclass(slots=True)
class DateCensus:
    """Counts a column's values by fiscal year under both orders, so that one pass is enough to settle the order."""

    first_month: int
    _readings: Counter[_Readings] = field(default_factory=Counter)

    def add(self, value: str) -> None:
        """Count one record's value."""
        self._readings[_read(value, self.first_month)] += 1

    def order(self) -> DateOrder:
        """The order more unambiguous values have; the month first when there are none."""
        seen: Counter[str] = Counter()
        for readings, count in self._readings.items():
            seen[readings.proves] += count
        if not (seen["day"] or seen["month"]):
            evidence = "dates month first, for want of a value that tells" if seen["either"] else ""
            return DateOrder(day_first=False, evidence=evidence)
        day_first = seen["day"] > seen["month"]
        first, other = ("day", "month") if day_first else ("month", "day")
        evidence = f"dates {first} first: {seen[first]:,} values allow no other order"
        return DateOrder(
            day_first=day_first, evidence=evidence + (f", {seen[other]:,} the opposite" if seen[other] else "")
        )

    def records_by_key(self) -> dict[str, int]:
        """Records of each partition key under the settled order, sorted by key."""
        day_first = self.order().day_first
        totals: Counter[str] = Counter()
        for readings, count in self._readings.items():
            totals[readings.day_first if day_first else readings.month_first] += count
        return dict(sorted(totals.items()))


def key_of_value(value: str, first_month: int, *, day_first: bool) -> str:
    """The partition key of one cell of the date column; `undated` when it holds no usable date."""
    readings = _read(value, first_month)
    return readings.day_first if day_first else readings.month_first


def is_date(value: str) -> bool:
    """Whether `value` is a date with a day; a plain year is not, nor a number of seconds."""
    text = value.strip()
    number = _YEAR.fullmatch(text) is not None or _SINCE_1970.fullmatch(text) is not None
    return not number and _read(value, 1) is not _NO_DATE


def _read(value: str, first_month: int) -> _Readings:
    return _read_short(value, first_month) if len(value) <= _LONGEST else _NO_DATE


@lru_cache(maxsize=_MEMORY)
def _read_short(value: str, first_month: int) -> _Readings:
    text = value.strip()
    year = _YEAR.fullmatch(text)
    if year is not None:
        return _same(year_key(int(year[1]))) if int(year[1]) in _USABLE else _NO_DATE
    numeric = _NUMERIC.fullmatch(text)
    if numeric is not None:
        return _read_numeric(numeric, first_month)
    day = _unambiguous(text)
    return _NO_DATE if day is None else _same(key_of_date(day, first_month))


def _same(key: str) -> _Readings:
    return _Readings(key, key)


def _read_numeric(match: re.Match[str], first_month: int) -> _Readings:
    first, separator, second, year = int(match[1]), match[2], int(match[3]), full_year(match[4])
    month_first, day_first = _date(year, first, second), _date(year, second, first)
    if month_first is None or day_first is None:
        only = month_first or day_first
        if only is None:
            return _NO_DATE
        key = key_of_date(only, first_month)
        return _Readings(key, key, "month" if month_first else "day")
    day_key = key_of_date(day_first, first_month)
    return _Readings(day_key if separator == "." else key_of_date(month_first, first_month), day_key, "either")


def _unambiguous(text: str) -> dt.date | None:
    if match := _ISO.fullmatch(text):
        return _date(int(match[1]), int(match[3]), int(match[4]))
    if match := _COMPACT.fullmatch(text):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := _DAY_MONTH_NAME.fullmatch(text):
        return _date(full_year(match[3]), _month(match[2]), int(match[1]))
    if match := _MONTH_NAME_DAY.fullmatch(text) or _WEEKDAY_FIRST.fullmatch(text):
        return _date(int(match[3]), _month(match[1]), int(match[2]))
    if match := _SINCE_1970.fullmatch(text):
        return _EPOCH + dt.timedelta(seconds=int(match[1]))
    return None


def _month(name: str) -> int:
    """The month's number, 0 for a word that begins no month's name."""
    return next((number for number, month in enumerate(MONTHS, 1) if month.startswith(name.lower())), 0)


def _date(year: int, month: int, day: int) -> dt.date | None:
    if year not in _USABLE:
        return None
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
