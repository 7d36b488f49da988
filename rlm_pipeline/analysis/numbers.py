"""Numeric columns of a batch: exact sums, and values far from the quartiles of the partition."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from rlm_pipeline.analysis import sums
from rlm_pipeline.analysis.batches import Batch
from rlm_pipeline.analysis.columns import Quartiles
from rlm_pipeline.analysis.observation import Evidence, Observation, number_of, percent, quotable
from rlm_pipeline.analysis.window import Places, Window
from rlm_pipeline.profiling import numbers as written
from rlm_pipeline.profiling import statistics

CITED_OUTLIERS = 5

Numbers = npt.NDArray[np.float64]


def with_commas(windows: Sequence[Window], names: tuple[str, ...]) -> pl.DataFrame:
    """Distinct cells of the partition that hold a comma (`column`, `value`): the whole column settles its meaning."""
    has_comma = pl.col("value").str.contains(",", literal=True)
    found = [
        cells.to_frame("value").filter(has_comma).unique().select(column=pl.lit(cells.name), value="value")
        for window in windows
        for group in window.groups(names)
        for cells in window.read(group).iter_columns()
    ]
    return pl.concat([pl.DataFrame(schema={"column": pl.String, "value": pl.String}), *found]).unique()


def read(cells: pl.DataFrame, names: tuple[str, ...], commas: pl.DataFrame) -> dict[str, Numbers]:
    """The number in each cell, float64, NaN where there is none.

    `commas` are the cells with a comma of the whole partition, so that a window reads `1,234` as the profile did.
    """
    distinct = {name: cells.get_column(name).drop_nulls().unique(maintain_order=True) for name in names}
    own = [
        values.rename("value").to_frame().select(column=pl.lit(name), value="value")
        for name, values in distinct.items()
    ]
    parsed = written.parse(pl.concat([*own, commas.select("column", "value")])).get_column("number")
    numbers, first = {}, 0
    for name, values in distinct.items():
        codes = cells.get_column(name).cast(pl.Enum(values)).to_physical()
        numbers[name] = parsed.slice(first, len(values)).gather(codes).fill_null(float("nan")).to_numpy()
        first += len(values)
    return numbers


def observe(
    window: Window, cells: pl.DataFrame, numbers: Mapping[str, Numbers], quartiles: Mapping[str, Quartiles | None]
) -> Iterator[Observation]:
    """Per batch and column with a number there: its sums, and its outliers if it has any.

    Sums of the batches add up to those of the partition without rounding. Outliers lie beyond 3 interquartile ranges
    from the quartiles of the partition, as in the profile.
    """
    for column, values in numbers.items():
        spread, text = quartiles[column], cells.get_column(column)
        for batch, rows in window.slices():
            places = np.flatnonzero(~np.isnan(values[rows])) + rows.start
            if not len(places):
                continue
            yield _sums(column, batch, values, places, text)
            if spread is None:
                continue
            distances = statistics.distance_outside(values[places], q25=spread.q25, q75=spread.q75)
            if distances.any():
                furthest = places[np.argsort(-distances, kind="stable")][: int((distances > 0).sum())]
                yield _outliers(column, batch, values, furthest, text, spread=spread, n=len(places))


def _sums(column: str, batch: Batch, values: Numbers, places: Places, text: pl.Series) -> Observation:
    found = sums.of(values[places])
    extremes = dict.fromkeys((int(places[values[places].argmin()]), int(places[values[places].argmax()])))
    return Observation(
        kind="summary_stat",
        scope=column,
        batch=batch.number,
        summary=(
            f"{column}: {number_of(found.n, 'number')} from {found.minimum:g} to {found.maximum:g},"
            f" mean {found.mean:.6g}, standard deviation {found.standard_deviation:.6g}"
        ),
        total=found.n,
        numbers={
            "n": found.n,
            "sum": sums.as_text(found.total),
            "sum_of_squares": sums.as_text(found.squares),
            "minimum": found.minimum,
            "maximum": found.maximum,
        },
        evidence=tuple(_cited(column, place, text) for place in extremes),
    )


def _outliers(
    column: str, batch: Batch, values: Numbers, outside: Places, text: pl.Series, *, spread: Quartiles, n: int
) -> Observation:
    below = int((values[outside] < spread.q25).sum())
    return Observation(
        kind="outlier",
        scope=column,
        batch=batch.number,
        severity="notice",
        summary=(
            f"{column}: {len(outside)} of {n} numbers ({percent(len(outside), n)}) lie far from the quartiles"
            f" {spread.q25:g} and {spread.q75:g}; the furthest is {values[outside[0]]:g}"
        ),
        total=len(outside),
        numbers={"n": n, "below": below, "above": len(outside) - below, "q25": spread.q25, "q75": spread.q75},
        evidence=tuple(_cited(column, int(place), text) for place in outside[:CITED_OUTLIERS]),
    )


def _cited(column: str, place: int, text: pl.Series) -> Evidence:
    return Evidence(place=place, column=column, quote=quotable(text[place]))
