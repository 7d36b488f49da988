"""Which cells are numbers, and which only look like one.

A number is written in plain digits with an optional sign, decimal point and exponent. Not numbers:

- digits with a leading zero (`007`): a code, which would lose its zero;
- `inf`, `nan`, hexadecimal, accounting parentheses;
- a comma or a currency sign, unless it can mean one thing only: `1,234,567` (two groups), `1,234.50` (group and
  decimal point), `$12.50` (currency sign before digits). A single group such as `1,234` could be a decimal comma; it is
  a number only in a column where other values settle the question and none contradicts (`12,5`);
- a decimal comma, unless the column settles that its commas are: at least `DECIMAL_COMMAS` of its values can be nothing
  else (`12,5`, `1.234,50`) and none says otherwise (`1,234,567`). `1,234` is then a little more than one;
- a value with a unit (`5 kg`, `12%`), unless the column is in that unit (`units`).
"""

from dataclasses import dataclass

import polars as pl

from rlm_pipeline.profiling import units

LONGEST = 400
"""Bytes of a cell that may be a number; the longest that a float is written with has some 330."""
DECIMAL_COMMAS = 3
"""Fewer distinct values that can only be decimal commas settle nothing: one could be a pair of codes."""

_PLAIN = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$"
_WHOLE = r"^[+-]?[0-9]+$"
_ZERO_LED = r"^[+-]?0[0-9]"
_GROUPED = r"^[+-]?[0-9]{1,3}(?:,[0-9]{3})*(?:\.[0-9]+)?$"
_ONLY_GROUPED = r",[0-9]{3},|,[0-9]{3}\."
_DECIMAL = r"^[+-]?(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+),[0-9]+$"
_ONLY_DECIMAL = r"^[+-]?[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})$|^[+-]?(?:0|[0-9]{4,}),[0-9]{3}$|\.[0-9]{3},"
_NOT_DECIMAL = r",.*,|,.*\."
_CONTRADICTS_GROUPS = r"^[+-]?[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})$"
_MARKED = (
    r"^[+-]?(?:[A-Z]{3}|(?:US)?\p{Sc})? ?[+-]?[0-9][0-9.,]*(?:[eE][+-]?[0-9]{1,3})?(?: ?[^0-9., ][^0-9]{0,7}[23]?)?$"
)
"""What every number with commas, a currency or a unit looks like; codes and dates, which are many, do not."""
_NOT_PLAIN = r"[$£€¥₹,%‰°]|[0-9] ?\pL|\pL ?[+-]?[0-9]"

_COMMAS = ("grouped", "decimal", "against_grouped", "against_decimal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a column's values say about its commas and its unit; `plus` adds what more values of it say.

    `commas`: `column`, and how many distinct values speak for and against each meaning (Int64). `units`: `column`,
    `unit`, `count` (records). `filled`: `column`, `count` (records, placeholders aside).
    """

    commas: pl.DataFrame
    units: pl.DataFrame
    filled: pl.DataFrame

    def plus(self, other: "Evidence") -> "Evidence":
        """Both together."""
        return Evidence(
            commas=pl.concat([self.commas, other.commas]).group_by("column").sum().sort("column"),
            units=_summed(pl.concat([self.units, other.units]), "column", "unit"),
            filled=_summed(pl.concat([self.filled, other.filled]), "column"),
        )

    def by_column(self, columns: int) -> tuple[tuple[str, dict[str, int]], ...]:
        """For each column, numbered from 0: its unit, or nothing; and how many records carry each unit, most first."""
        counts: list[dict[str, int]] = [{} for _ in range(columns)]
        for column, unit, count in self.units.sort("count", "unit", descending=[True, False]).iter_rows():
            counts[column][unit] = count
        filled = dict(self.filled.iter_rows())
        return tuple(
            (units.unit_of(found, filled.get(place, 0)), units.telling(found, filled.get(place, 0)))
            for place, found in enumerate(counts)
        )


def evidence(distinct: pl.DataFrame) -> Evidence:
    """What the values say about how the numbers of their column are written; `distinct` as in `parse`."""
    text = _text(distinct)
    return _evidence(text, _measured(text))


def parse(distinct: pl.DataFrame, settled: Evidence | None = None) -> pl.DataFrame:
    """Read numbers.

    Args:
        distinct: `column` (any group key), `value` (String, not null), optionally `count` (Int64, else 1 each),
            `placeholder` (Boolean) and `text` (String, the value stripped); one row per distinct value of a column.
        settled: what all values of the columns say, where `distinct` has not all of them.

    Returns:
        As many rows, in the same order: `number` (Float64, null where not a number), `whole` (Boolean: written
        without decimal point or exponent), `zero_led` (Boolean: digits kept as text for their leading zero).

    """
    return parse_settled(distinct, settled)[0]


def parse_settled(distinct: pl.DataFrame, settled: Evidence | None = None) -> tuple[pl.DataFrame, Evidence]:
    """`parse`, and what settled the reading: `settled`, or what these values say."""
    text = _text(distinct)
    odd = text.filter("odd")
    measured = _measured(text)
    known = settled or _evidence(text, measured)
    read = text.select(pl.when("plain").then("text").alias("reading"))
    if len(odd):
        readings = text.select("at").join(_readings(odd, measured, known), on="at", how="left", maintain_order="left")
        read = read.select(pl.col("reading").fill_null(readings["reading"]))
    # Step by step: an expression that is used twice is computed twice.
    reading = pl.col("reading")
    read = read.with_columns(reading.str.contains(_ZERO_LED).fill_null(value=False).alias("zero_led"))
    read = read.with_columns(pl.when(~pl.col("zero_led")).then(reading).cast(pl.Float64, strict=False).alias("number"))
    parsed = read.select(
        pl.when(pl.col("number").is_finite()).then("number").alias("number"),
        reading.str.contains(_WHOLE).fill_null(value=False).alias("whole"),
        "zero_led",
    )
    return parsed, known


def _text(distinct: pl.DataFrame) -> pl.DataFrame:
    count = pl.col("count") if "count" in distinct.columns else pl.lit(1, pl.Int64)
    filled = ~pl.col("placeholder") if "placeholder" in distinct.columns else pl.lit(value=True)
    stripped = pl.col("text") if "text" in distinct.columns else pl.col("value").str.strip_chars()
    text = distinct.select("column", stripped.alias("text"), count.alias("count"), filled.alias("filled"))
    plain = pl.when(pl.col("text").str.len_bytes() <= LONGEST).then(pl.col("text").str.contains(_PLAIN))
    marked = text.with_row_index("at").with_columns(plain.fill_null(value=False).alias("plain"))
    short = pl.when(~pl.col("plain") & (pl.col("text").str.len_bytes() <= LONGEST)).then("text")
    likely = pl.when(short.str.contains(_MARKED)).then("text")
    return marked.with_columns(likely.str.contains(_NOT_PLAIN).fill_null(value=False).alias("odd"))


def _measured(text: pl.DataFrame) -> pl.DataFrame:
    odd = text.filter("odd")
    return odd.select("at", "column", "count").join(units.split(odd.select("at", "text")), on="at")


def _evidence(text: pl.DataFrame, measured: pl.DataFrame) -> Evidence:
    money = measured.filter(units.is_money(pl.col("unit")))
    commas = pl.concat(
        [
            text.filter(pl.col("odd") & pl.col("text").str.contains(",", literal=True)).select("column", "text"),
            measured.select("column", pl.col("figure").alias("text")),
        ]
    )
    value = pl.col("text")
    grouped = value.str.contains(_GROUPED)
    flags = commas.select(
        "column",
        (grouped & value.str.contains(_ONLY_GROUPED)).alias("grouped"),
        (value.str.contains(_DECIMAL) & value.str.contains(_ONLY_DECIMAL)).alias("decimal"),
        value.str.contains(_CONTRADICTS_GROUPS).alias("against_grouped"),
        (grouped & value.str.contains(_NOT_DECIMAL)).alias("against_decimal"),
    )
    signed = money.select("column", *(pl.lit(name == "grouped").alias(name) for name in _COMMAS))
    return Evidence(
        commas=pl.concat([flags, signed]).group_by("column").agg(pl.col(_COMMAS).sum().cast(pl.Int64)).sort("column"),
        units=_summed(measured, "column", "unit"),
        filled=_summed(text.filter("filled"), "column"),
    )


def _summed(frame: pl.DataFrame, *keys: str) -> pl.DataFrame:
    return frame.group_by(keys).agg(pl.col("count").sum()).sort(keys)


def _readings(odd: pl.DataFrame, measured: pl.DataFrame, settled: Evidence) -> pl.DataFrame:
    """`at`, `reading`: the plain digits of values that are numbers by what their column settles."""
    filled = settled.filled.rename({"count": "filled_records"})
    in_unit = settled.units.join(filled, on="column").filter(
        pl.col("count") >= units.UNIT_SHARE * pl.col("filled_records")
    )
    unit = in_unit.select("column", "unit", pl.lit(value=True).alias("in_unit"))
    figures = measured.join(unit, on=["column", "unit"], how="left").filter(
        pl.col("in_unit").fill_null(value=False) | units.is_money(pl.col("unit"))
    )
    figures = figures.select("at", "figure", units.is_money(pl.col("unit")).alias("money"))
    known = odd.select("at", "column", "text").join(figures, on="at", how="left")
    known = known.join(settled.commas, on="column", how="left").with_columns(pl.col(_COMMAS).fill_null(0))
    figure = pl.col("figure").fill_null(pl.col("text"))
    decimal = (pl.col("decimal") >= DECIMAL_COMMAS) & (pl.col("against_decimal") == 0)
    settles = figure.str.contains(_ONLY_GROUPED) | pl.col("money").fill_null(value=False)
    column_groups = (pl.col("grouped") > 0) & (pl.col("against_grouped") == 0)
    groups = figure.str.contains(_GROUPED) & (settles | column_groups | ~figure.str.contains(",", literal=True))
    reading = (
        pl.when(decimal & figure.str.contains(_DECIMAL))
        .then(figure.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True))
        .when(groups)
        .then(figure.str.replace_all(",", "", literal=True))
        .when(figure.str.contains(_PLAIN))
        .then(figure)
    )
    return known.select("at", reading.alias("reading"))
