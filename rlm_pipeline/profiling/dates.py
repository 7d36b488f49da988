"""Which cells are calendar dates, in the formats that exports use, each with an optional time of day.

`2012-03-01` (also `/` or `.`), `3/1/2012` and `1/3/2012`, `3/1/12`, `1.3.2012`, `01-Mar-2012`, `Mar 1, 2012`,
`20120301`. Two-digit years, only after `/`, are 1969-2068. Eight digits are dates only where every value of the column
is one.

Whether the day or the month comes first is decided per column: by the values that can only be read one way
(`25/3/2012`), and where there are none, month first after `/` and `-`, day first after `.`. A value that contradicts
its column's order is not a date.
"""

import polars as pl

_TIME = (
    r"(?P<time>(?:T|[ ]+)[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?"
    r"(?: ?[AaPp]\.?[Mm]\.?)?(?: ?(?:Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}))?)?$"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR_FIRST = rf"^(?P<year>[0-9]{{4}})(?P<s1>[-/.])(?P<month>[0-9]{{1,2}})(?P<s2>[-/.])(?P<day>[0-9]{{1,2}}){_TIME}"
_YEAR_LAST = rf"^(?P<first>[0-9]{{1,2}})(?P<s1>[-/.])(?P<second>[0-9]{{1,2}})(?P<s2>[-/.])(?P<year>[0-9]{{2,4}}){_TIME}"
_DAY_NAMED = rf"^(?i)(?P<day>[0-9]{{1,2}})[- /]?{_MONTH}[-, /]+(?P<year>[0-9]{{2,4}}){_TIME}"
_MONTH_NAMED = rf"^(?i){_MONTH} +(?P<day>[0-9]{{1,2}}),? +(?P<year>[0-9]{{4}}){_TIME}"
_COMPACT = r"^(?P<year>(?:19|20)[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})$"
_POSSIBLE = r"^(?:[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]|(?i)[0-9]{1,2}[- /]?[a-z]{3}|[a-z]{3,9}\.? +[0-9]{1,2},? )"

_FIRST_YEAR_OF_CENTURY = 69  # POSIX strptime: 69-99 are 19xx, 00-68 are 20xx


def parse(distinct: pl.DataFrame) -> pl.DataFrame:
    """Read dates.

    Args:
        distinct: `column` (any group key), `value` (String, not null), `count` (Int64); one row per distinct value.

    Returns:
        As many rows, in the same order: `date` (Date, null where not a date), `date_format` (String, such as
        `M/D/YYYY`, with ` hh:mm` where a time of day follows; null where not a date).

    """
    text = distinct.with_row_index("at").with_columns(pl.col("value").str.strip_chars().alias("text"))
    possible = text.filter(pl.col("text").str.contains(_POSSIBLE))
    found = [
        _year_first(possible),
        _year_last(possible),
        _named(possible, _DAY_NAMED, "DD-Mon-YYYY"),
        _named(possible, _MONTH_NAMED, "Mon D, YYYY"),
        _compact(text),
    ]
    dated = _calendar(pl.concat(found)).unique("at", keep="first", maintain_order=True)
    return text.select("at").join(dated, on="at", how="left", maintain_order="left").select("date", "date_format")


def _fields(frame: pl.DataFrame, pattern: str) -> pl.DataFrame:
    matching = frame.filter(pl.col("text").str.contains(pattern))
    return matching.with_columns(pl.col("text").str.extract_groups(pattern).alias("fields")).unnest("fields")


def _dates(frame: pl.DataFrame, date_format: pl.Expr) -> pl.DataFrame:
    time = pl.when(pl.col("time").is_not_null()).then(pl.lit(" hh:mm")).otherwise(pl.lit(""))
    numbers = [pl.col(name).cast(pl.Int32) for name in ("year", "month", "day")]
    return frame.select("at", *numbers, (date_format + time).alias("date_format"))


def _year_first(possible: pl.DataFrame) -> pl.DataFrame:
    fields = _fields(possible, _YEAR_FIRST).filter(pl.col("s1") == pl.col("s2"))
    return _dates(fields, pl.lit("YYYY") + pl.col("s1") + "MM" + pl.col("s1") + "DD")


def _year_last(possible: pl.DataFrame) -> pl.DataFrame:
    long_year = pl.col("year").str.len_bytes() == 4
    short_year = (pl.col("year").str.len_bytes() == 2) & (pl.col("s1") == "/")
    fields = _fields(possible, _YEAR_LAST).filter((pl.col("s1") == pl.col("s2")) & (long_year | short_year))
    first, second = pl.col("first").cast(pl.Int32), pl.col("second").cast(pl.Int32)
    only_day_first = pl.col("count").filter((first > 12) & (second <= 12)).sum().over("column")
    only_month_first = pl.col("count").filter((second > 12) & (first <= 12)).sum().over("column")
    day_first = (only_day_first > only_month_first) | ((only_day_first == only_month_first) & (pl.col("s1") == "."))
    ordered = fields.with_columns(
        pl.when(day_first).then("first").otherwise("second").alias("day"),
        pl.when(day_first).then("second").otherwise("first").alias("month"),
        day_first.alias("day_first"),
        short_year.alias("short"),
    )
    order = pl.when("day_first").then(pl.lit("D") + pl.col("s1") + "M").otherwise(pl.lit("M") + pl.col("s1") + "D")
    year = pl.when("short").then(pl.lit("YY")).otherwise(pl.lit("YYYY"))
    return _dates(_whole_years(ordered), order + pl.col("s1") + year)


def _named(possible: pl.DataFrame, pattern: str, label: str) -> pl.DataFrame:
    fields = _fields(possible, pattern).filter(pl.col("year").str.len_bytes() != 3)
    number = pl.col("month").str.head(3).str.to_lowercase().replace_strict(_MONTHS, list(range(1, 13)))
    return _dates(_whole_years(fields.with_columns(number.cast(pl.String).alias("month"))), pl.lit(label))


def _compact(text: pl.DataFrame) -> pl.DataFrame:
    eight_digits = pl.col("text").str.contains(_COMPACT)
    fields = _fields(text.filter(eight_digits.all().over("column")), _COMPACT).with_columns(
        pl.lit(None, pl.String).alias("time")
    )
    dates = _dates(fields, pl.lit("YYYYMMDD"))
    real = dates.join(fields.select("at", "column"), on="at", how="left", maintain_order="left")
    return real.filter(_exists().all().over("column")).drop("column")


def _whole_years(fields: pl.DataFrame) -> pl.DataFrame:
    year = pl.col("year").cast(pl.Int32)
    century = pl.when(year >= _FIRST_YEAR_OF_CENTURY).then(1900).otherwise(2000)
    return fields.with_columns(
        pl.when(pl.col("year").str.len_bytes() == 2).then(year + century).otherwise(year).alias("year")
    )


def _exists() -> pl.Expr:
    year, month, day = pl.col("year"), pl.col("month"), pl.col("day")
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    february = pl.when(leap).then(29).otherwise(28)
    days = pl.when(month == 2).then(february).when(month.is_in([4, 6, 9, 11])).then(30).otherwise(31)
    return (year >= 1) & month.is_between(1, 12) & (day >= 1) & (day <= days)


def _calendar(fields: pl.DataFrame) -> pl.DataFrame:
    real = fields.filter(_exists())
    return real.select("at", pl.date("year", "month", "day").alias("date"), "date_format")
