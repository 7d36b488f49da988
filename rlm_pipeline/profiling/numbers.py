"""Which cells are numbers, and which only look like one.

A number is written in plain digits with an optional sign, decimal point and exponent. Not numbers:

- digits with a leading zero (`007`): a code, which would lose its zero;
- `inf`, `nan`, hexadecimal, percentages, values with a unit, accounting parentheses;
- a comma or a currency sign, unless it can mean one thing only: `1,234,567` (two groups), `1,234.50` (group and
  decimal point), `$12.50` (currency sign before digits). A single group such as `1,234` could be a decimal comma; it is
  a number only in a column where other values settle the question and none contradicts (`12,5`).
"""

import polars as pl

_PLAIN = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$"
_WHOLE = r"^[+-]?[0-9]+$"
_ZERO_LED = r"^[+-]?0[0-9]"
_GROUPED = r"^[+-]?[$£€¥]?[0-9]{1,3}(?:,[0-9]{3})*(?:\.[0-9]+)?$"
_SETTLED = r"^[+-]?[$£€¥]|,[0-9]{3},|,[0-9]{3}\."
_SIGNS = r"[$£€¥,]"


def parse(distinct: pl.DataFrame) -> pl.DataFrame:
    """Read numbers.

    Args:
        distinct: `column` (any group key), `value` (String, not null); one row per distinct value of a column.

    Returns:
        As many rows, in the same order: `number` (Float64, null where not a number), `whole` (Boolean: written
        without decimal point or exponent), `zero_led` (Boolean: digits kept as text for their leading zero).

    """
    stripped = distinct.select("column", pl.col("value").str.strip_chars().alias("text"))
    marked = stripped.with_columns(
        pl.col("text").str.contains(_PLAIN).alias("plain"),
        pl.col("text").str.contains(_SIGNS).alias("signs"),
    )
    if marked["signs"].any():
        marked = marked.with_columns(_unambiguous_groups())
        readable = pl.col("plain") | pl.col("grouped")
        text = pl.when("grouped").then(pl.col("text").str.replace_all(_SIGNS, "")).otherwise("text")
    else:
        readable, text = pl.col("plain"), pl.col("text")
    text = pl.when(readable).then(text)
    zero_led = text.str.contains(_ZERO_LED).fill_null(value=False)
    number = pl.when(~zero_led).then(text).cast(pl.Float64, strict=False)
    return marked.select(
        pl.when(number.is_finite()).then(number).alias("number"),
        text.str.contains(_WHOLE).fill_null(value=False).alias("whole"),
        zero_led.alias("zero_led"),
    )


def _unambiguous_groups() -> pl.Expr:
    # A comma outside thousands groups (`12,5`) shows that this column's commas may be decimal commas.
    text = pl.col("text")
    grouped = pl.col("signs") & text.str.contains(_GROUPED)
    settled = grouped & text.str.contains(_SETTLED)
    contradicted = text.str.contains(r"^[+-]?[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})$").any().over("column")
    return (settled | (grouped & settled.any().over("column") & ~contradicted)).alias("grouped")
