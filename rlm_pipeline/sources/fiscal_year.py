"""Fiscal years: the keys of partitions, read from file names, from what a person types, and from dates.

A fiscal year is named after the calendar year it ends in, so with a first month of October FY2012 runs from October
2011 to September 2012. How a date is written is the business of `dates`.
"""

import datetime as dt
import re

from rlm_pipeline.errors import QueryError, SourceError
from rlm_pipeline.model import ALL_YEARS, UNDATED

_TYPED = re.compile(r"(?:fy)?(\d{4}|\d{2})", re.IGNORECASE | re.ASCII)
_PIVOT = 69  # POSIX strptime: 69..99 are 1969..1999, 00..68 are 2000..2068


def year_key(year: int) -> str:
    """The partition key of a fiscal year: FY2012."""
    return f"FY{year:04d}"


def full_year(digits: str) -> int:
    """The calendar year two or four digits stand for: 12 is 2012, 98 is 1998."""
    year = int(digits)
    if len(digits) > 2:
        return year
    return year + (1900 if year >= _PIVOT else 2000)


def normalise_partition(text: str) -> str:
    """The partition key for what a person typed: 2012, 12, fy2012 and FY2012 are FY2012; all and undated stay.

    Raises:
        QueryError: `text` is none of these.

    """
    stripped = text.strip()
    if stripped.lower() in (ALL_YEARS, UNDATED):
        return stripped.lower()
    typed = _TYPED.fullmatch(stripped)
    if typed is None:
        raise QueryError(f"{text!r} is not a partition; write a fiscal year such as 2012 or FY2012, or {ALL_YEARS}")
    return year_key(full_year(typed[1]))


def key_of_name(name: str, pattern: str) -> str:
    """The partition key in a file name, captured by the group `year` of `pattern`.

    Raises:
        SourceError: the pattern does not match, or captures something other than two or four digits.

    """
    match = re.search(pattern, name)
    if match is None or match["year"] is None:
        raise SourceError(
            f"{name}: the file name has no fiscal year, partition.pattern {pattern!r} does not match it; "
            "change the pattern, or narrow source so that it leaves this file out"
        )
    digits = match["year"]
    if not (digits.isascii() and digits.isdigit() and len(digits) in (2, 4)):
        raise SourceError(
            f"{name}: partition.pattern {pattern!r} captures {digits!r} as the year; expected two or four digits"
        )
    return year_key(full_year(digits))


def key_of_date(day: dt.date, first_month: int) -> str:
    """The partition key of the fiscal year that `day` is in; the fiscal year starts in `first_month` (1-12)."""
    starts_before = first_month > 1 and day.month >= first_month
    return year_key(day.year + 1 if starts_before else day.year)
