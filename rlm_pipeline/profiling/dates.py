"""Which cells are calendar dates, in the formats that exports use, each with an optional time of day.

`2012-03-01` (also `/` or `.`), `3/1/2012` and `1/3/2012`, `3/1/12`, `1.3.2012`, `01-Mar-2012`, `Mar 1, 2012`,
`20120301`, each also after a weekday; `10/Oct/2000:13:55:36 +0000`; `Tue Oct 10 13:55:36 2000`. Two-digit years are
1969-2068. They are read after `/`; and in `01.03.12` and `01-03-12` only where every value of the column is one. Eight
digits are dates only where every value of the column is one. Numbers that stand for instants are in `instants`.

Whether the day or the month comes first is decided per column: by the values that can only be read one way
(`25/3/2012`), and where there are none, month first after `/` and `-`, day first after `.`. A value that contradicts
its column's order is not a date.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import polars as pl

from rlm_pipeline.profiling import instants

_TIME = (
    r"(?P<time>(?:T|,?[ ]+|:)[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?"
    r"(?: ?[AaPp]\.?[Mm]\.?)?(?: ?(?:Z|UTC|GMT|[ECMP][SD]T|CES?T|[+-][0-9]{2}:?[0-9]{2}))?)?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[.,]* +)"
_YEAR_FIRST = rf"^(?P<year>[0-9]{{4}})(?P<s1>[-/.])(?P<month>[0-9]{{1,2}})(?P<s2>[-/.])(?P<day>[0-9]{{1,2}}){_TIME}$"
_YEAR_LAST = (
    rf"^(?P<first>[0-9]{{1,2}})(?P<s1>[-/.])(?P<second>[0-9]{{1,2}})(?P<s2>[-/.])(?P<year>[0-9]{{2,4}}){_TIME}$"
)
_DAY_NAMED = rf"^(?i){_WEEKDAY}?(?P<day>[0-9]{{1,2}})[- /.]*{_MONTH}[-, /]+(?P<year>[0-9]{{2,4}}){_TIME}$"
_MONTH_NAMED = rf"^(?i){_WEEKDAY}?{_MONTH} +(?P<day>[0-9]{{1,2}}),? +(?P<year>[0-9]{{4}}){_TIME}$"
_YEAR_AT_END = rf"^(?i){_WEEKDAY}{_MONTH} +(?P<day>[0-9]{{1,2}}){_TIME} +(?P<year>[0-9]{{4}})$"
_NAMED_FORMS = ((_DAY_NAMED, "DD-Mon-YYYY"), (_MONTH_NAMED, "Mon D, YYYY"), (_YEAR_AT_END, "Mon D YYYY"))
_COMPACT = r"^(?P<year>(?:19|20)[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})$"
_PADDED = r"^[0-9]{2}[-.][0-9]{2}[-.][0-9]{2}$"
_LONGEST = 64
_NUMERIC = r"^[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]"
_NAMED = r"^(?i)(?:[0-9]{1,2}[- /.]*[a-z]{3}|[a-z]{3,9}[.,]* +(?:[0-9]|[a-z]{3}))"

_FIRST_YEAR_OF_CENTURY = 69  # POSIX strptime: 69-99 are 19xx, 00-68 are 20xx


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a column's values say about how its dates are written; `plus` adds what more values of it say.

    `shapes`: `column`, then distinct values (Int64): `values`, `padded` (as `01.03.12`), `compact` (eight digits that
    are a day), and records (Int64): `only_day_first`, `only_month_first`. `instants` as in `instants.evidence`.
    """

    shapes: pl.DataFrame
    instants: pl.DataFrame

    def plus(self, other: "Evidence") -> "Evidence":
        """Both together."""
        shapes = pl.concat([self.shapes, other.shapes]).group_by("column").sum().sort("column")
        return Evidence(shapes=shapes, instants=instants.joined(self.instants, other.instants))


def evidence(distinct: pl.DataFrame) -> Evidence:
    """What the values say about how the dates of their column are written; `distinct` as in `parse`."""
    text = _text(distinct)
    return _evidence(text, _year_last_fields(text), _compact(text))


def parse(distinct: pl.DataFrame, names: Sequence[str] = (), settled: Evidence | None = None) -> pl.DataFrame:
    """Read dates.

    Args:
        distinct: `column` (any group key), `value` (String, not null), `count` (Int64), optionally `placeholder`
            (Boolean) and `text` (String, the value stripped); one row per distinct value.
        names: the columns' names, where `column` counts them from 0.
        settled: what all values of the columns say, where `distinct` has not all of them.

    Returns:
        As many rows, in the same order: `date` (Date, null where not a date), `date_format` (String, such as
        `M/D/YYYY`, with ` hh:mm` where a time of day follows; null where not a date), `date_ambiguous` (Boolean: the
        day and the month could change places), `date_proves` (Boolean: they could not).

    """
    return parse_settled(distinct, names, settled)[0]


def parse_settled(
    distinct: pl.DataFrame, names: Sequence[str] = (), settled: Evidence | None = None
) -> tuple[pl.DataFrame, Evidence]:
    """`parse`, and what settled the reading: `settled`, or what these values say."""
    text = _text(distinct)
    fields, compact = _year_last_fields(text), _compact(text)
    known = settled or _evidence(text, fields, compact)
    numeric, named = text.filter("numeric"), text.filter("named")
    found = [
        _of_texts(numeric, _year_first),
        _year_last(fields, known.shapes),
        *(_of_texts(named, partial(_with_name, pattern=pattern, label=label)) for pattern, label in _NAMED_FORMS),
        _all_compact(compact, known.shapes),
        instants.parse(text, known.instants, names),
    ]
    dated = pl.concat(found).unique("at", keep="first", maintain_order=True)
    columns = ("date", "date_format", "date_ambiguous", "date_proves")
    read = text.select("at").join(dated, on="at", how="left", maintain_order="left").select(columns)
    return read.with_columns(pl.col("date_ambiguous", "date_proves").fill_null(value=False)), known


def order_of(formats: dict[str, int], *, ambiguous: int, proved: int) -> str:
    """What comes first in a column's dates: `month first`, `day first`, `year first`, `ambiguous`, or nothing.

    Args:
        formats: date format -> records.
        ambiguous: records whose day and month could change places.
        proved: records with the day, the month and the year in numbers, whose day and month could not.

    """
    orders = {"M": "month first", "D": "day first", "Y": "year first"}
    if not formats:
        return ""
    usual = max(formats, key=lambda name: (formats[name], name))
    numeric = usual[1] in "/.-"
    if numeric and ambiguous and not proved:
        return "ambiguous"
    return orders.get(usual[0], "")


def _text(distinct: pl.DataFrame) -> pl.DataFrame:
    filled = ~pl.col("placeholder") if "placeholder" in distinct.columns else pl.lit(value=True)
    stripped = pl.col("text") if "text" in distinct.columns else pl.col("value").str.strip_chars()
    text = distinct.select("column", stripped.alias("text"), "count", filled.alias("filled"))
    short = text.select(pl.when(pl.col("text").str.len_bytes() <= _LONGEST).then("text")).to_series()
    return text.with_row_index("at").with_columns(
        short.str.contains(_NUMERIC).fill_null(value=False).alias("numeric"),
        short.str.contains(_NAMED).fill_null(value=False).alias("named"),
        short.str.contains(instants.DIGITS).fill_null(value=False).alias("digits"),
    )


def _evidence(text: pl.DataFrame, fields: pl.DataFrame, compact: pl.DataFrame) -> Evidence:
    first, second = pl.col("first") > 12, pl.col("second") > 12
    year_last = fields.group_by("column").agg(
        pl.col("count").filter(first & ~second).sum().alias("only_day_first"),
        pl.col("count").filter(second & ~first).sum().alias("only_month_first"),
        pl.col("padded").sum().cast(pl.Int64),
    )
    days = compact.group_by("column").agg(pl.len().cast(pl.Int64).alias("compact"))
    shapes = text.group_by("column").agg(pl.col("filled").sum().cast(pl.Int64).alias("values"))
    shapes = shapes.join(year_last, on="column", how="left").join(days, on="column", how="left")
    columns = ("column", "values", "padded", "compact", "only_day_first", "only_month_first")
    return Evidence(shapes=shapes.select(columns).fill_null(0).sort("column"), instants=instants.evidence(text))


def _of_texts(
    values: pl.DataFrame, read: Callable[[pl.DataFrame], pl.DataFrame], *, by: Sequence[str] = ("text",)
) -> pl.DataFrame:
    """What `read` says of the values: columns of dates hold the same days, so each text (`by`) is read once."""
    texts = values.unique(by)
    found = texts.select("at", *by).join(read(texts), on="at").drop("at")
    return values.select("at", *by).join(found, on=by, maintain_order="left").drop(by)


def _fields(frame: pl.DataFrame, pattern: str) -> pl.DataFrame:
    matching = frame.filter(pl.col("text").str.contains(pattern))
    return matching.with_columns(pl.col("text").str.extract_groups(pattern).alias("fields")).unnest("fields")


def _dates(frame: pl.DataFrame, date_format: pl.Expr, *, ambiguous: pl.Expr | None = None) -> pl.DataFrame:
    time = pl.when(pl.col("time").is_not_null()).then(pl.lit(" hh:mm")).otherwise(pl.lit(""))
    numbers = [pl.col(name).cast(pl.Int32) for name in ("year", "month", "day")]
    read = frame.select(
        "at",
        *numbers,
        (date_format + time).alias("date_format"),
        (pl.lit(value=False) if ambiguous is None else ambiguous).alias("date_ambiguous"),
        pl.lit(value=ambiguous is not None).alias("year_last"),
    )
    proves = pl.col("year_last") & ~pl.col("date_ambiguous") & (pl.col("day") != pl.col("month"))
    return read.filter(_exists()).select(
        "at",
        pl.date("year", "month", "day").alias("date"),
        "date_format",
        "date_ambiguous",
        proves.alias("date_proves"),
    )


def _year_first(texts: pl.DataFrame) -> pl.DataFrame:
    fields = _fields(texts, _YEAR_FIRST).filter(pl.col("s1") == pl.col("s2"))
    return _dates(fields, pl.lit("YYYY") + pl.col("s1") + "MM" + pl.col("s1") + "DD")


def _year_last_fields(text: pl.DataFrame) -> pl.DataFrame:
    numeric = text.filter("numeric").select("at", "column", "text", "count")
    fields = _fields(numeric.select(pl.col("text").unique()), _YEAR_LAST)
    padded = pl.col("text").str.contains(_PADDED)
    short_year = pl.col("year").str.len_bytes() == 2
    readable = (pl.col("year").str.len_bytes() == 4) | (short_year & ((pl.col("s1") == "/") | padded))
    read = fields.filter((pl.col("s1") == pl.col("s2")) & readable).with_columns(
        pl.col("first", "second").cast(pl.Int32), padded.alias("padded"), short_year.alias("short")
    )
    return numeric.join(read, on="text", maintain_order="left")


def _year_last(fields: pl.DataFrame, shapes: pl.DataFrame) -> pl.DataFrame:
    known = fields.join(shapes.rename({"padded": "all_padded"}), on="column", how="left", maintain_order="left")
    known = known.filter(~pl.col("padded") | (pl.col("all_padded") == pl.col("values")))
    only_day, only_month = pl.col("only_day_first"), pl.col("only_month_first")
    day_first = (only_day > only_month) | ((only_day == only_month) & (pl.col("s1") == "."))
    return _of_texts(known.with_columns(day_first.alias("day_first")), _in_order, by=("text", "day_first"))


def _in_order(fields: pl.DataFrame) -> pl.DataFrame:
    ordered = fields.with_columns(
        pl.when("day_first").then("first").otherwise("second").alias("day"),
        pl.when("day_first").then("second").otherwise("first").alias("month"),
    )
    order = pl.when("day_first").then(pl.lit("D") + pl.col("s1") + "M").otherwise(pl.lit("M") + pl.col("s1") + "D")
    year = pl.when("short").then(pl.lit("YY")).otherwise(pl.lit("YYYY"))
    either = (pl.col("first") <= 12) & (pl.col("second") <= 12) & (pl.col("first") != pl.col("second"))
    return _dates(_whole_years(ordered), order + pl.col("s1") + year, ambiguous=either)


def _with_name(named: pl.DataFrame, pattern: str, label: str) -> pl.DataFrame:
    fields = _fields(named, pattern).filter(pl.col("year").str.len_bytes() != 3)
    number = pl.col("month").str.head(3).str.to_lowercase().replace_strict(_MONTHS, list(range(1, 13)))
    return _dates(_whole_years(fields.with_columns(number.cast(pl.String).alias("month"))), pl.lit(label))


def _compact(text: pl.DataFrame) -> pl.DataFrame:
    fields = _fields(text.filter("digits"), _COMPACT).with_columns(pl.lit(None, pl.String).alias("time"))
    return _dates(fields, pl.lit("YYYYMMDD")).join(text.select("at", "column"), on="at", maintain_order="left")


def _all_compact(compact: pl.DataFrame, shapes: pl.DataFrame) -> pl.DataFrame:
    whole = shapes.filter((pl.col("compact") == pl.col("values")) & (pl.col("values") > 0)).select("column")
    return compact.join(whole, on="column", how="semi", maintain_order="left").drop("column")


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
