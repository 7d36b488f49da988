"""Records as text: the non-empty cells of the informative columns, one `column: value` a line."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from rlm_pipeline.chunking.lines import label
from rlm_pipeline.chunking.packing import SEPARATOR

EMPTY_RECORD = "(empty record)"
"""The text of a record without any informative cell."""

_ROWS_AT_ONCE = 64
_NO_CELLS: Mapping[str, str] = {}

Rendered = tuple[str, Mapping[str, str]]
"""A record's text with the separator behind it, and its cells where it is longer than the size that was asked for."""


def render(cells: pl.DataFrame, columns: Sequence[str], size: int, *, rows: int, wide: bool) -> Iterator[Rendered]:
    """Render records in order.

    Args:
        cells: a column for each of `columns`, in their order, whatever it is called.
        columns: what the columns are called in the text.
        size: longer records come with their cells, so that they can be cut between them.
        rows: how many records there are; there may be no column.
        wide: most records are expected to be longer.

    """
    if not columns:
        return iter([(EMPTY_RECORD + SEPARATOR, _NO_CELLS)] * rows)
    names = [label(name) for name in columns]
    return _by_cell(cells, columns, names, size) if wide else _by_column(cells, columns, names, size)


def words(column: pl.Series) -> Iterator[Rendered]:
    """The values of one column, without its name."""
    shown = column.fill_null("").replace("", EMPTY_RECORD)
    return ((text + SEPARATOR, _NO_CELLS) for text in shown)


def _by_column(cells: pl.DataFrame, columns: Sequence[str], names: Sequence[str], size: int) -> Iterator[Rendered]:
    # concat_str renders 50 MB of text per CPU second of a table with 430 filled cells in 1,250 columns; a join over
    # Python rows 35. Where every record is to be cut, its cells are needed as Python texts anyway.
    shown = [pl.lit(f"{name}: ") + pl.nth(place) for place, name in enumerate(names)]
    text = pl.concat_str(shown, separator="\n", ignore_nulls=True)
    texts = cells.select(text=text.replace("", EMPTY_RECORD) + SEPARATOR)["text"]
    long = (texts.str.len_chars() > size).to_numpy()
    if not long.any():
        return ((each, _NO_CELLS) for each in texts)
    own = iter(cells.filter(long).rows())
    return (
        (each, _filled(columns, next(own)) if is_long else _NO_CELLS)
        for each, is_long in zip(texts, long.tolist(), strict=True)
    )


def _filled(columns: Sequence[str], row: Sequence[str | None]) -> dict[str, str]:
    return {name: cell for name, cell in zip(columns, row, strict=True) if cell is not None}


def _by_cell(cells: pl.DataFrame, columns: Sequence[str], names: Sequence[str], size: int) -> Iterator[Rendered]:
    starts = [f"{name}: " for name in names]
    for row in cells.iter_rows(buffer_size=_ROWS_AT_ONCE):
        filled = [place for place, cell in enumerate(row) if cell is not None]
        text = "\n".join([starts[place] + row[place] for place in filled]) or EMPTY_RECORD
        text += SEPARATOR
        yield text, {columns[place]: row[place] for place in filled} if len(text) > size else _NO_CELLS
