"""Numbers that stand for instants: Excel serials, and seconds or milliseconds since 1970.

Such a number looks like any other, so the whole column must say so: every value, placeholders aside, has the width and
the range of one kind, from 1990 to 2040 (Excel: 1954 to 2064). An Excel serial also needs a name that says date.
Seconds need a name that says time, or a spread that neither identifiers counted up nor telephone numbers have: 30 days
to 20 years over at least 20 values. Milliseconds have a width of their own and need the spread or the name.
"""

from collections.abc import Sequence

import polars as pl

DIGITS = r"^(?:[2-5][0-9]{4}(?:\.[0-9]+)?|(?:19|20)[0-9]{6}|[12][0-9]{9}(?:\.[0-9]+)?|[6-9][0-9]{11}|[12][0-9]{12})$"
"""Cells that could be an instant, or a date in eight digits."""

_DATE_NAME = r"(?i)date|datum|fecha|(?:^|[_ ])dt$"
_TIME_NAME = r"(?i)time|date|datum|fecha|epoch|unix|stamp|created|updated|modified|(?:^|[_ ])(?:ts|at|dt)$"
_KINDS = ("serial", "seconds", "millis")
_LABELS = {"serial": "Excel serial", "seconds": "epoch seconds", "millis": "epoch milliseconds"}
_LOWEST = {"serial": 20_000.0, "seconds": 631_152_000.0, "millis": 631_152_000_000.0}
_HIGHEST = {"serial": 60_000.0, "seconds": 2_208_988_800.0, "millis": 2_208_988_800_000.0}
_DAY = {"serial": 1.0, "seconds": 86_400.0, "millis": 86_400_000.0}
_EPOCH_DAY = {"serial": -25_569, "seconds": 0, "millis": 0}  # Excel's day 0 is 1899-12-30
_SPREAD_DAYS = (30.0, 20 * 365.25)
_SPREAD_VALUES = 20


def evidence(text: pl.DataFrame) -> pl.DataFrame:
    """How many values of each column could be an instant of each kind, and their range.

    Args:
        text: `column`, `text` (String, stripped), `filled` (Boolean: not a placeholder), `digits` (Boolean: `DIGITS`).

    Returns:
        `column`, `values` (Int64, distinct, placeholders aside), `serial`, `seconds`, `millis` (Int64, distinct),
        `low`, `high` (Float64); only of columns that have any.

    """
    likely = _likely(text)
    counts = [(pl.col("kind") == kind).sum().cast(pl.Int64).alias(kind) for kind in _KINDS]
    found = likely.group_by("column").agg(
        *counts, pl.col("number").min().alias("low"), pl.col("number").max().alias("high")
    )
    values = text.group_by("column").agg(pl.col("filled").sum().cast(pl.Int64).alias("values"))
    return values.join(found, on="column", how="left").select("column", "values", *_KINDS, "low", "high").sort("column")


def joined(one: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """The evidence of two parts of the same columns together."""
    return (
        pl.concat([one, other])
        .group_by("column")
        .agg(pl.col("values", *_KINDS).sum(), pl.col("low").min(), pl.col("high").max())
        .sort("column")
    )


def parse(text: pl.DataFrame, settled: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The days of the instants: `at`, `date`, `date_format`, `date_ambiguous`, `date_proves` (both False)."""
    kinds = {row["column"]: kind for row in settled.iter_rows(named=True) if (kind := _kind(row, names))}
    columns = settled.select("column").filter(pl.col("column").is_in(list(kinds)))
    chosen = columns.with_columns(pl.Series("wanted", [kinds[each] for each in columns["column"]], pl.String))
    likely = _likely(text.join(columns, on="column", how="semi", maintain_order="left")) if kinds else _likely(text[:0])
    known = likely.join(chosen, on="column", how="left", maintain_order="left").filter(
        pl.col("kind") == pl.col("wanted")
    )
    per_day = pl.col("kind").replace_strict(_DAY, return_dtype=pl.Float64)
    epoch = pl.col("kind").replace_strict(_EPOCH_DAY, return_dtype=pl.Int32)
    day = ((pl.col("number") / per_day).floor().cast(pl.Int32) + epoch).cast(pl.Date)
    never = pl.lit(value=False)
    return known.select(
        "at",
        day.alias("date"),
        pl.col("kind").replace_strict(_LABELS, return_dtype=pl.String).alias("date_format"),
        never.alias("date_ambiguous"),
        never.alias("date_proves"),
    )


def _likely(text: pl.DataFrame) -> pl.DataFrame:
    number = pl.col("text").cast(pl.Float64, strict=False)
    kind = pl.coalesce(pl.when(number.is_between(_LOWEST[kind], _HIGHEST[kind])).then(pl.lit(kind)) for kind in _KINDS)
    digits = text.filter("digits").with_columns(number.alias("number"), kind.alias("kind"))
    return digits.filter(pl.col("kind").is_not_null())


def _kind(row: dict[str, float], names: Sequence[str]) -> str:
    """The kind of instants a column holds; empty where it does not."""
    kind = next((each for each in _KINDS if row["values"] and row[each] == row["values"]), "")
    if not kind:
        return ""
    name = names[int(row["column"])] if names else ""
    if pl.Series([name]).str.contains(_DATE_NAME if kind == "serial" else _TIME_NAME).item():
        return kind
    days = (row["high"] - row["low"]) / _DAY[kind]
    spread = row["values"] >= _SPREAD_VALUES and _SPREAD_DAYS[0] <= days <= _SPREAD_DAYS[1]
    return kind if spread and kind != "serial" else ""
