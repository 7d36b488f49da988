"""Shapes of short values: `TK-20931` has the shape `AA-99999`; one that nearly every value has is worth knowing.

Upper-case letters become A, other letters a, digits 9; everything else stays. Where lengths vary, runs are folded:
`A+-9+`.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from rlm_pipeline.analysis.batches import Batch
from rlm_pipeline.analysis.observation import Evidence, Observation, percent, quotable, shown
from rlm_pipeline.analysis.window import Window

DOMINANT_SHARE = 0.8
"""A shape dominates a column when this share of the partition's values has it..."""

DOMINANT_VALUES = 20
"""...and the column has at least this many values."""

MANY_SHAPES = 2000
"""With more shapes than this in one window a column is free text of some kind and not looked at further."""

CITED_EXCEPTIONS = 3

OTHER_SHAPES = "(other shapes)"

_RUN = re.compile(r"A+|a+|9+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dominant:
    """The shape most values of a column have; `folded` where runs count as one character."""

    shape: str
    folded: bool


def shapes(cells: pl.Series) -> pl.Series:
    """The shape of each cell, String; null where the cell is empty."""
    upper = cells.str.replace_all(r"\p{Lu}", "A")
    return upper.str.replace_all(r"[^\P{L}A]", "a").str.replace_all(r"\p{Nd}", "9")


def fold(shape: str) -> str:
    """A shape with one or more of the same kind of character as one: `AA-99999` becomes `A+-9+`."""
    return _RUN.sub(lambda run: f"{run.group()[0]}+", shape)


def survey(windows: Sequence[Window], names: Sequence[str]) -> dict[str, Dominant]:
    """The columns whose values mostly have one shape over all windows, in the order of `names`."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in names}
    for window in windows:
        for group in window.groups(tuple(counts)):
            for cells in window.read(group).iter_columns():
                counted = shapes(cells.drop_nulls()).value_counts(name="records")
                if counted.height > MANY_SHAPES:
                    del counts[cells.name]
                else:
                    counts[cells.name].update(dict(counted.iter_rows()))
    found = ((name, _dominant(counted)) for name, counted in counts.items())
    return {name: dominant for name, dominant in found if dominant}


def observe(window: Window, cells: pl.DataFrame, dominant: Mapping[str, Dominant]) -> Iterator[Observation]:
    """Per batch and column with a dominant shape: how many values have it, and the first that do not."""
    for column, expected in dominant.items():
        text = cells.get_column(column)
        found = shapes(text)
        if expected.folded:
            kinds = found.drop_nulls().unique()
            alike = kinds.filter(pl.Series([fold(shape) == expected.shape for shape in kinds], dtype=pl.Boolean))
            same = found.is_in(alike.implode())
        else:
            same = found == expected.shape
        has_shape, filled = same.fill_null(value=False).to_numpy(), found.is_not_null().to_numpy()
        for batch, rows in window.slices():
            conforming = np.flatnonzero(has_shape[rows]) + rows.start
            exceptions = np.flatnonzero(filled[rows] & ~has_shape[rows]) + rows.start
            if len(conforming) or len(exceptions):
                places = (conforming.tolist(), exceptions.tolist())
                yield _observation(text, batch, expected.shape, conforming=places[0], exceptions=places[1])


def _dominant(counts: Counter[str]) -> Dominant | None:
    total = counts.total()
    if total < DOMINANT_VALUES:
        return None
    folded: Counter[str] = Counter()
    for shape, records in counts.items():
        folded[fold(shape)] += records
    for counted, is_folded in ((counts, False), (folded, True)):
        shape, records = min(counted.items(), key=lambda item: (-item[1], item[0]))
        # Words of varying length all fold to a+ or A+a+; a shape says something only with a digit or a mark in it.
        if records >= DOMINANT_SHARE * total and (not is_folded or re.search(r"[^Aa+ ]", shape)):
            return Dominant(shape=shape, folded=is_folded)
    return None


def _observation(
    text: pl.Series, batch: Batch, shape: str, *, conforming: list[int], exceptions: list[int]
) -> Observation:
    column, total = text.name, len(conforming) + len(exceptions)
    quotes = [(place, quotable(text[place])) for place in (*exceptions[:CITED_EXCEPTIONS], *conforming[:1])]
    share = percent(len(conforming), total)
    examples = ", ".join(shown(text[place]) for place in exceptions[:CITED_EXCEPTIONS])
    unlike = f"; not so {examples}" if exceptions else ""
    counted = [(shape, len(conforming)), (OTHER_SHAPES, len(exceptions))]
    return Observation(
        kind="pattern",
        scope=column,
        batch=batch.number,
        severity="notice" if exceptions else "info",
        summary=f"{column}: {len(conforming)} of {total} values ({share}) look like {shape}{unlike}",
        total=total,
        numbers={"shape": shape, "exceptions": len(exceptions)},
        evidence=tuple(Evidence(place=place, column=column, quote=quote) for place, quote in quotes if quote),
        distribution=tuple((value, records) for value, records in counted if records),
    )
