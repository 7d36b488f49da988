"""Distributions: how often each value of a column occurs in a batch, exactly."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from rlm_pipeline.analysis.observation import Evidence, Observation, number_of, percent, quotable, shown
from rlm_pipeline.analysis.window import Places, Window
from rlm_pipeline.errors import InvariantError

CITED_VALUES = 3
"""The most frequent values are cited, each with the first record of the batch that has it."""


def observe(window: Window, cells: pl.DataFrame, counted: dict[str, tuple[str, ...]]) -> Iterator[Observation]:
    """One distribution per batch and column that has a value there.

    `cells` are the window's records; `counted` names the columns among them with the values the profile counted. The
    sum over all batches equals the profile, value by value.

    Raises:
        InvariantError: a cell holds a value that the profile does not know.

    """
    batch_of_record, batches = window.batch_of_record, len(window.batches)
    for column, values in counted.items():
        codes = coded(cells.get_column(column), values, window.partition)
        width = len(values) + 1
        keys = batch_of_record * width + codes
        counts = np.bincount(keys, minlength=batches * width).reshape(batches, width)
        first = first_places(keys, batches * width).reshape(batches, width)
        for index, batch in enumerate(window.batches):
            if counts[index, :-1].any():
                yield _observation(column, values, batch.number, counts[index], first[index])


def coded(cells: pl.Series, values: tuple[str, ...], partition: str) -> Places:
    """The place of each cell's value in `values`, int64; an empty cell has the code `len(values)`.

    Raises:
        InvariantError: a cell holds a value that is not among `values`.

    """
    codes = cells.cast(pl.Enum(values), strict=False)
    if codes.null_count() != cells.null_count():
        unknown = cells.filter(codes.is_null() & cells.is_not_null())[0]
        raise InvariantError(
            f"{partition}: column {cells.name!r} holds {shown(unknown)}, which its profile has not counted;"
            " profile and records are not of the same run"
        )
    return codes.to_physical().cast(pl.Int64).fill_null(len(values)).to_numpy()


def first_places(keys: Places, size: int) -> Places:
    """For every key below `size` the first place it occurs at, or `len(keys)`; int64, shape (size,)."""
    first = np.full(size, len(keys), dtype=np.int64)
    np.minimum.at(first, keys, np.arange(len(keys), dtype=np.int64))
    return first


def _observation(column: str, values: tuple[str, ...], batch: int, counts: Places, first: Places) -> Observation:
    present = [int(code) for code in np.flatnonzero(counts[:-1])]
    ranked = sorted(present, key=lambda code: (-counts[code], values[code]))
    total, missing = int(counts[:-1].sum()), int(counts[-1])
    top = ", ".join(f"{shown(values[code])} {percent(int(counts[code]), total)}" for code in ranked[:CITED_VALUES])
    quotes = [(int(first[code]), quotable(values[code])) for code in ranked]
    return Observation(
        kind="distribution",
        scope=column,
        batch=batch,
        summary=f"{column}: {top}; {number_of(len(ranked), 'value')} in {number_of(total, 'record')}",
        total=total,
        numbers={"distinct": len(ranked), "missing": missing},
        evidence=tuple(
            Evidence(place=place, column=column, quote=quote)
            for place, quote in [q for q in quotes if q[1]][:CITED_VALUES]
        ),
        distribution=tuple((values[code], int(counts[code])) for code in ranked),
    )
