"""Timestamps as logs write them, many at once: the day, as text and as a number, and the seconds of the day.

What a timestamp leaves out (a year, the day itself) is left out here too; `clock` fills it in from the records before.
"""

import datetime as dt
import re
from functools import lru_cache

import polars as pl

DATED, YEARLESS, TIME_ONLY, EPOCH, UPTIME = "dated", "yearless", "time", "epoch", "uptime"
"""What a timestamp tells: a day, a day without its year, a time of day, seconds since 1970, seconds since a start."""

# The regular expressions are polars's, which has no looking behind: what may not be a digit is matched with the rest.
_CLOCK = r"^(|.*?[^0-9])([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,:]([0-9]{1,9}))?)?(|[^0-9].*)$"
_COMPACT = r"^([0-9]{8}|[0-9]{6})[T _-]?([0-9]{2})([0-9]{2})([0-9]{2})(?:[.,]([0-9]{1,9}))?(|[^0-9].*)$"
_DOTTED = r"^(.*[0-9][-_T ])([0-9]{2})\.([0-9]{2})(?:\.([0-9]{2})(?:[.,]([0-9]{1,9}))?)?(|[^0-9].*)$"
_NUMBER = r"^\s*([0-9]{1,19})(?:[.,]([0-9]{1,9}))?s?$"
_LONGEST = 80  # characters of a timestamp

_MONTHS = {
    name: month
    for month, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_FULL_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)", re.ASCII)
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", re.ASCII)
_SOLID = re.compile(r"(?<!\d)(\d{4}|\d\d)(\d\d)(\d\d)(?!\d)", re.ASCII)
_KLOG = re.compile(r"^[IWEF](\d\d)(\d\d)\b", re.ASCII)
_DAY_NAME = re.compile(r"(\d{1,2})[- /.]*([A-Za-z]{3})[a-z]*[- /.,]*(\d{4}|\d\d(?!:))?", re.ASCII)
_NAME_DAY = re.compile(r"([A-Za-z]{3})[a-z]*[ .]+(\d{1,2})(?!\d)", re.ASCII)
_NUMBERS = re.compile(r"(?<!\d)(\d{1,2})[-/.](\d{1,2})(?:[-/.](\d{4}|\d\d))?(?!\d)", re.ASCII)
_ZONE = re.compile(r"([+-])(\d\d):?(\d\d)\s*$", re.ASCII)

LEAP_YEAR = 2000
"""The year of a day without one."""

_UNIX_EPOCH = dt.date(1970, 1, 1).toordinal()
_FIRST_EPOCH = 6e8  # seconds since 1970; fewer are seconds since a start
_REMEMBERED = 1 << 14

SCHEMA = pl.Schema(
    {
        "timestamp": pl.String,
        "tells": pl.String,  # DATED, YEARLESS, ...; null where the timestamp is not one
        "month_first": pl.Int64,  # proleptic ordinal of the day; null without one
        "day_first": pl.Int64,  # the same where the text may be read with the day first
        "seconds": pl.Float64,  # of the day, in UTC where a zone is written; since 1970; since a start
    }
)


def read(timestamps: pl.Series) -> pl.DataFrame:
    """Each distinct timestamp once, as `SCHEMA`; nothing of those that are null."""
    text = timestamps.drop_nulls().unique(maintain_order=True).alias("timestamp")
    told = text.to_frame().with_columns(short=pl.col("timestamp").str.slice(0, _LONGEST))
    fields = ("before", "hour", "minute", "second", "fraction", "behind")
    patterns = (_CLOCK, _COMPACT, _DOTTED)
    groups = [pl.col("short").str.extract_groups(each).struct.rename_fields(list(fields)) for each in patterns]
    found = told.with_columns(groups[0].alias("clock"))
    if found.get_column("clock").struct.field("hour").null_count():
        other = [pl.when(each.struct.field("hour").is_not_null()).then(each) for each in groups]
        found = found.with_columns(pl.coalesce(other).alias("clock"))
    parts = found.drop("short").unnest("clock")
    if parts.get_column("hour").null_count():
        number = pl.when(pl.col("hour").is_null()).then(pl.col("timestamp").str.slice(0, _LONGEST))
        parts = parts.with_columns(
            number.str.extract_groups(_NUMBER).struct.rename_fields(["whole", "part"]).alias("n")
        )
    else:
        parts = parts.with_columns(n=pl.lit(None, dtype=pl.Struct({"whole": pl.String, "part": pl.String})))
    days = _days(parts.select("before", "behind").drop_nulls("before").unique(maintain_order=True))
    joined = parts.unnest("n").join(days, on=["before", "behind"], how="left", maintain_order="left")
    seconds = pl.coalesce(_time_of_day() - pl.col("ahead"), _number())
    tells = pl.coalesce(
        "tells", pl.when(_number() >= _FIRST_EPOCH).then(pl.lit(EPOCH)), pl.when(_number() >= 0).then(pl.lit(UPTIME))
    )
    return joined.select("timestamp", tells.alias("tells"), "month_first", "day_first", seconds.alias("seconds"))


def _time_of_day() -> pl.Expr:
    hour = pl.col("hour").cast(pl.Float64)
    half = pl.col("behind").str.extract(r"^\s*([AaPp])\.?[mM]\b").str.to_lowercase()
    hour = (
        pl.when((half == "p") & (hour < 12))
        .then(hour + 12)
        .when((half == "a") & (hour == 12))
        .then(0.0)
        .otherwise(hour)
    )
    fraction = ("0." + pl.col("fraction")).cast(pl.Float64).fill_null(0.0)
    whole = hour * 3600 + pl.col("minute").cast(pl.Float64) * 60 + pl.col("second").cast(pl.Float64).fill_null(0.0)
    return whole + fraction


def _number() -> pl.Expr:
    """Seconds; 13, 16 and 19 digits are milli-, micro- and nanoseconds since 1970."""
    digits = pl.col("whole").str.len_chars()
    scale = pl.when(digits == 13).then(1e-3).when(digits == 16).then(1e-6).when(digits == 19).then(1e-9).otherwise(1.0)
    part = ("0." + pl.col("part")).cast(pl.Float64).fill_null(0.0)
    return pl.col("whole").cast(pl.Float64) * scale + part


def _days(texts: pl.DataFrame) -> pl.DataFrame:
    rows = [_day(before, behind) for before, behind in texts.iter_rows()]
    schema = {"tells": pl.String, "month_first": pl.Int64, "day_first": pl.Int64, "ahead": pl.Float64}
    return texts.hstack(pl.DataFrame(rows, schema=schema, orient="row"))


@lru_cache(maxsize=_REMEMBERED)
def _day(before: str, behind: str) -> tuple[str, int | None, int | None, float]:
    """What the text around a time of day tells: the day with the month first, with the day first, seconds of zone."""
    year = _FULL_YEAR.search(before) or _FULL_YEAR.search(behind)
    plain = int(year[1]) if year else LEAP_YEAR
    first, second, has_year = _readings(before, plain)
    days = _ordinal(first), _ordinal(second)
    if days == (None, None):
        return TIME_ONLY, None, None, _ahead(behind)
    return DATED if year or has_year else YEARLESS, days[0], days[1], _ahead(behind)


_Date = tuple[int, int, int]


def _readings(before: str, plain: int) -> tuple[_Date, _Date, bool]:
    """Year, month and day with the month first and with the day first, and whether the year stands beside them."""
    if found := _YEAR_FIRST.search(before) or _KLOG.match(before):
        numbers = [int(each) for each in found.groups()]
        date = (numbers[0], numbers[1], numbers[2]) if len(numbers) == 3 else (plain, numbers[0], numbers[1])
        return date, date, len(numbers) == 3
    if (found := _DAY_NAME.search(before)) and found[2].lower() in _MONTHS:
        date = (_full(found[3]) if found[3] else plain, _MONTHS[found[2].lower()], int(found[1]))
        return date, date, found[3] is not None
    named = next((each for each in _NAME_DAY.finditer(before) if each[1].lower() in _MONTHS), None)
    if named:
        date = (plain, _MONTHS[named[1].lower()], int(named[2]))
        return date, date, False
    if found := _NUMBERS.search(before):
        written = _full(found[3]) if found[3] else plain
        one, other = int(found[1]), int(found[2])
        return (written, one, other), (written, other, one), found[3] is not None
    if found := _SOLID.search(before):
        date = (_full(found[1]), int(found[2]), int(found[3]))
        return date, date, True
    return (0, 0, 0), (0, 0, 0), False


def _full(year: str) -> int:
    number = int(year)
    return number if number > 99 else 2000 + number if number < 70 else 1900 + number


def _ordinal(date: _Date) -> int | None:
    try:
        return dt.date(*date).toordinal()
    except ValueError:
        return None


def _ahead(text: str) -> float:
    """How many seconds the clock is ahead of UTC."""
    found = _ZONE.search(text)
    if found is None:
        return 0.0
    ahead = int(found[2]) * 3600.0 + int(found[3]) * 60
    return -ahead if found[1] == "-" else ahead


def since_epoch(ordinal: pl.Expr) -> pl.Expr:
    """Seconds from 1970 to the start of a day."""
    return (ordinal - _UNIX_EPOCH).cast(pl.Float64) * 86_400
