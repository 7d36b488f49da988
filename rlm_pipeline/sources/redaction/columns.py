"""Whole columns without personal data: one expression looks over each, and Python at the few texts it stops at."""

import functools
import re
from collections.abc import Callable

import polars as pl
import pyarrow as pa

from rlm_pipeline.model import RECORD_IDENTITY
from rlm_pipeline.sources.logs.masks import VARIABLE
from rlm_pipeline.sources.own_columns import CONFIG, LOG
from rlm_pipeline.sources.redaction.texts import (
    PLACEHOLDER,
    SHORTEST_VALUE,
    SUSPICIOUS,
    SUSPICIOUS_BESIDE_KEYWORD,
    Redaction,
    is_keyword,
)

_REMEMBERED = 1000  # texts of one batch

_IN_TEMPLATE = re.compile(r"[\w.%+'*<>-]+@[\w.*<>-]+|" + PLACEHOLDER)


def redacted_table(table: pa.Table, redaction: Redaction) -> pa.Table:
    """A records table without personal data in any of its text columns; `_source` is as it is."""
    columns = table.column_names
    own = tuple(name for name in columns if name not in RECORD_IDENTITY)
    for place, name in enumerate(columns):
        if name in RECORD_IDENTITY:
            continue
        column = _series(table.column(place))
        if own == LOG and name == "template":
            shown = _replaced(column, _suspicious(column, SUSPICIOUS), _template_of(redaction))
        elif own == CONFIG and name == "value":
            shown = _of_keys(column, _series(table.column("key")), redaction)
        else:
            shown = redacted(column, redaction, name)
        if shown is not column:
            table = table.set_column(place, name, _array(shown))
    return table


def redacted(column: pl.Series, redaction: Redaction, name: str = "") -> pl.Series:
    """A column of cells without personal data; the same object where there is none. `name` is what it is called."""
    expression = SUSPICIOUS_BESIDE_KEYWORD if is_keyword(name) else SUSPICIOUS
    return _replaced(column, _suspicious(column, expression), lambda cell: redaction.cell(cell, name))


def redacted_texts(texts: pa.Array, redaction: Redaction) -> tuple[pa.Array, pa.Array]:
    """Texts without personal data, and for each what `Places` has of it, null where nothing was replaced."""
    column = _series(texts)
    nothing = pa.nulls(len(texts), pa.list_(pa.int64()))
    rows = _suspicious(column, SUSPICIOUS).arg_true()
    if rows.is_empty():
        return texts, nothing
    # Log lines are there again and again.
    places = functools.lru_cache(maxsize=_REMEMBERED)(redaction.places)
    shown = [places(text) for text in column.gather(rows)]
    replaced = [each.replaced.tolist() or None for each in shown]
    lists: list[list[int] | None] = [None] * len(texts)
    for row, of_text in zip(rows, replaced, strict=True):
        lists[row] = of_text
    both = column.scatter(rows, pl.Series([each.text for each in shown], dtype=pl.String))
    return _array(both), pa.array(lists, pa.list_(pa.int64()))


def _of_keys(values: pl.Series, keys: pl.Series, redaction: Redaction) -> pl.Series:
    """The values of a configuration: what each is called is in the column beside it."""
    shown = redacted(values, redaction)
    named = pl.DataFrame({"key": keys, "value": shown}).with_row_index("row").drop_nulls()
    says = [key for key in named["key"].unique() if is_keyword(_last(key))]
    beside = named.filter(pl.col("key").is_in(says), pl.col("value").str.contains(SUSPICIOUS_BESIDE_KEYWORD))
    if beside.is_empty():
        return shown
    instead = [redaction.cell(value, _last(key)) for key, value in beside.select("key", "value").iter_rows()]
    return shown.clone().scatter(beside["row"], pl.Series(instead, dtype=pl.String))


def _last(key: str) -> str:
    return re.split(r"[.\[\]]+", key.strip("[]"))[-1]


def _template_of(redaction: Redaction) -> Callable[[str], str]:
    """What a log's template says, with a variable for every person: half of an address may be masked in it already."""

    def template(text: str) -> str:
        return _IN_TEMPLATE.sub(VARIABLE, redaction.text(_IN_TEMPLATE.sub(VARIABLE, text)))

    return template


def _suspicious(column: pl.Series, expression: str) -> pl.Series:
    """Which texts may have a value; where there are many short ones, asking for their length first saves the most."""
    long = (column.str.len_bytes() >= SHORTEST_VALUE).fill_null(value=False)
    if not long.any():
        return long
    rows = long.arg_true()
    found = column.gather(rows).str.contains(expression)
    return long.scatter(rows, found)


def _replaced(column: pl.Series, suspicious: pl.Series, shown: Callable[[str], str]) -> pl.Series:
    """The column with the suspicious cells as they are shown; a cell that is there often is looked at once."""
    values = column.filter(suspicious).unique().to_list()
    changed = {value: instead for value in values if (instead := shown(value)) != value}
    if not changed:
        return column
    return column.replace(pl.Series(list(changed), dtype=pl.String), pl.Series(list(changed.values()), dtype=pl.String))


def _series(column: pa.Array | pa.ChunkedArray) -> pl.Series:
    return pl.Series(pl.from_arrow(column))


def _array(column: pl.Series) -> pa.Array:
    return column.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pa.string())
