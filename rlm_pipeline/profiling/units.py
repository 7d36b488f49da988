"""Which cells are a number with a unit, and the unit that a column is in.

The unit stands after the number (`12 kg`, `5%`, `20 °C`, `3.5ms`, `12 €`) or, for money, before it (`$12.50`,
`USD 5`). Units are compared as written. A column is in a unit when `UNIT_SHARE` of its filled cells, placeholders
aside, carry it; its numbers are then the numbers before or after that unit. In other columns values with a unit stay
text: what is 5 kg and what is 5 lb are not numbers of one column.
"""

from collections.abc import Mapping

import polars as pl

UNIT_SHARE = 0.9
MIXED_SHARE = 0.5
"""Units are reported where more than this share of the filled cells carry one."""
LONGEST = 64
"""Bytes of a cell that may be a number with a unit."""

_MONEY = r"(?:US\$|[$£€¥₹]|USD|EUR|GBP|CHF|JPY|CAD|AUD|INR|CNY)"
_SUFFIXES = (
    "%|‰|°[CFK]|° ?[CF]|℃|℉|[kmcdµμn]?m[²³23]?|in|ft|yd|mi|miles?|nmi|"
    "[kmµμ]?g|kgs?|lbs?|oz|t|tons?|tonnes?|[mcd]?[lL]|gal|"
    "[nmµμ]?s|secs?|seconds?|mins?|minutes?|h|hrs?|hours?|days?|weeks?|months?|years?|yrs?|"
    "[kKMGTP]i?[bB]|bytes?|bits?|[kKMG]bps|[kMG]?Hz|[kMG]?Wh?|[mkM]?V|mA|"
    "mph|km/h|kph|m/s|kn|kts?|knots?|rpm|fps|dB|ppm|bar|[hk]?Pa|psi|kcal|k?cal|[kM]?J|px|pt|pcs?"
)
_NUMBER = r"[0-9](?:[0-9.,]*[0-9])?\.?|[0-9](?:[0-9.,]*[0-9])?[eE][+-]?[0-9]{1,3}"
_MEASURED = (
    rf"^(?P<sign>[+-]?)(?P<before>{_MONEY})? ?(?P<sign_after>[+-]?)(?P<number>{_NUMBER})"
    rf" ?(?P<after>{_SUFFIXES}|{_MONEY})?$"
)


def split(text: pl.DataFrame) -> pl.DataFrame:
    """Take numbers and units apart.

    Args:
        text: `at` (UInt32, any row key), `text` (String, stripped).

    Returns:
        Only rows that are a number with one unit: `at`, `figure` (String, the signed number as written), `unit`
        (String).

    """
    likely = text.filter((pl.col("text").str.len_bytes() <= LONGEST) & pl.col("text").str.contains(_MEASURED))
    fields = likely.with_columns(pl.col("text").str.extract_groups(_MEASURED).alias("fields")).unnest("fields")
    units = pl.concat_str("before", "after", ignore_nulls=True)
    one = pl.col("before").is_null() != pl.col("after").is_null()
    signs = pl.concat_str("sign", "sign_after", ignore_nulls=True)
    return fields.filter(one & (signs.str.len_bytes() <= 1)).select(
        "at", (signs + pl.col("number")).alias("figure"), units.alias("unit")
    )


def is_money(unit: pl.Expr) -> pl.Expr:
    """Whether a unit is a currency sign, which a number may carry in any column."""
    return unit.is_in(["$", "£", "€", "¥"])


def telling(counts: Mapping[str, int], filled: int) -> dict[str, int]:
    """The units of a column, where most of its filled cells carry one; a few codes such as `12V` prove none."""
    return dict(counts) if sum(counts.values()) > MIXED_SHARE * filled else {}


def unit_of(counts: Mapping[str, int], filled: int) -> str:
    """The unit a column is in; empty where it has none, or several.

    Args:
        counts: unit -> cells that carry it.
        filled: filled cells of the column, placeholders aside.

    """
    if not counts:
        return ""
    usual = max(counts, key=lambda unit: (counts[unit], unit))
    return usual if counts[usual] >= UNIT_SHARE * filled else ""
