"""Empty cells: how many each column has in a batch, and the columns that are emptier or fuller there than elsewhere.

One finding per batch speaks about all columns (scope `*`): its distribution is column -> empty cells, so it sums over
batches like any other. A column gets a finding of its own only in a batch where its share of empty cells, among the
records of the sources that have the column, departs from the partition's, which keeps a year of thousands of gappy
columns small. Columns empty in the whole partition are left out: the profile names them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from polars import selectors

from rlm_pipeline.analysis import having
from rlm_pipeline.analysis.batches import Batch
from rlm_pipeline.analysis.columns import Columns
from rlm_pipeline.analysis.observation import EVERY_COLUMN, Evidence, Observation, number_of, percent, quotable
from rlm_pipeline.analysis.window import Places, Window

DEPARTURE = 0.2
"""A share of empty cells departs when it is this far from the partition's..."""

DEPARTURE_ERRORS = 4.0
"""...and this many standard errors of a random batch of the same size."""

CITED_RECORDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """Which cells of a group of columns are empty, summed two ways.

    `counts`: int64, (batches, columns `names`); `absent`, likewise, of records whose source has no such column, and
    `shares`: float64, of empty cells among all other records of the partition. `per_record`: int64, one per record of
    the window. `examples`: for a batch's index and a column that departs there, places of records that show it.
    """

    names: tuple[str, ...]
    counts: Places
    absent: Places
    shares: npt.NDArray[np.float64]
    per_record: Places
    examples: dict[tuple[int, str], Places]


def count(window: Window, cells: pl.DataFrame, columns: Columns, names: Sequence[str]) -> Gaps:
    """Count the empty cells of the columns `names`, which `cells` holds for every record of the window."""
    empty = (
        cells.select(selectors.by_name(*names).is_null()).to_numpy()
        if names
        else np.zeros((window.records, 0), dtype=np.bool_)
    )
    counts = np.zeros((len(window.batches), len(names)), dtype=np.int64)
    examples: dict[tuple[int, str], Places] = {}
    absent = window.sizes[:, None] - having.of_batches(window, names)
    shares = _shares(window, columns, names)
    for index, (batch, rows) in enumerate(window.slices()):
        counts[index] = empty[rows].sum(axis=0)
        there, missing = batch.records - absent[index], counts[index] - absent[index]
        for place in np.flatnonzero(_departs(missing, there, shares)).tolist():
            emptier = missing[place] > shares[place] * there[place]
            found = np.flatnonzero(empty[rows, place] == emptier)[:CITED_RECORDS]
            examples[index, names[place]] = found.astype(np.int64) + rows.start
    return Gaps(
        names=tuple(names),
        counts=counts,
        absent=absent,
        shares=shares,
        per_record=empty.sum(axis=1, dtype=np.int64),
        examples=examples,
    )


def _shares(window: Window, columns: Columns, names: Sequence[str]) -> npt.NDArray[np.float64]:
    there = having.of_partition(window, names)
    missing = np.array([columns.gappy[name] for name in names], dtype=np.int64) - (columns.records - there)
    return np.asarray(missing / np.maximum(there, 1))


def observe(window: Window, columns: Columns, gaps: Sequence[Gaps]) -> Iterator[Observation]:
    """The findings of one window from the gaps of all its columns."""
    names = [name for part in gaps for name in part.names]
    nothing = np.zeros((len(window.batches), 0), int)
    counts = np.concatenate([part.counts for part in gaps], axis=1) if gaps else nothing
    absent = np.concatenate([part.absent for part in gaps], axis=1) if gaps else nothing
    shares = np.concatenate([part.shares for part in gaps]) if gaps else np.zeros(0)
    per_record = np.sum([part.per_record for part in gaps], axis=0) if gaps else np.zeros(window.records, dtype=int)
    examples = {key: places for part in gaps for key, places in part.examples.items()}
    anchors = window.read(columns.anchors)
    for index, (batch, rows) in enumerate(window.slices()):
        emptiest = np.argsort(-per_record[rows], kind="stable")[:CITED_RECORDS] + rows.start
        yield _all_columns(batch, names, counts[index], _anchored(anchors, emptiest, whole=rows))
        for place, name in enumerate(names):
            if (index, name) in examples:
                evidence = _anchored(anchors, examples[index, name], whole=rows)
                without = int(absent[index, place])
                missing = (int(counts[index, place]) - without, batch.records - without)
                yield _departure(batch, name, missing, float(shares[place]), evidence)


def _departs(missing: Places, records: Places, shares: npt.NDArray[np.float64]) -> Places:
    distance = np.abs(missing - records * shares)
    error = np.sqrt(records * shares * (1 - shares))
    return np.asarray((records > 0) & (distance >= DEPARTURE * records) & (distance >= DEPARTURE_ERRORS * error))


def _anchored(anchors: pl.DataFrame, places: Places, *, whole: slice) -> tuple[Evidence, ...]:
    """Words that tell which record each is; where all are blank, those of the batch's first record that is not."""
    chosen = tuple(evidence for place in places if (evidence := _anchor(anchors, int(place))))
    if chosen:
        return chosen
    return next(((evidence,) for place in range(whole.start, whole.stop) if (evidence := _anchor(anchors, place))), ())


def _anchor(anchors: pl.DataFrame, place: int) -> Evidence | None:
    for column in anchors.columns:
        cell = anchors.get_column(column)[place]
        if cell is not None and (quote := quotable(cell)):
            return Evidence(place=place, column=column, quote=quote)
    return None


def _all_columns(batch: Batch, names: Sequence[str], counts: Places, evidence: tuple[Evidence, ...]) -> Observation:
    gappy = [int(place) for place in np.flatnonzero(counts)]
    ranked = sorted(gappy, key=lambda place: (-counts[place], names[place]))
    empty, cells = int(counts.sum()), batch.records * len(names)
    return Observation(
        kind="missing_data",
        scope=EVERY_COLUMN,
        batch=batch.number,
        summary=(
            f"{number_of(empty, 'empty cell')} in {number_of(len(gappy), 'column')}"
            f" of {number_of(batch.records, 'record')} ({percent(empty, cells)} of the cells of columns with gaps)"
        ),
        total=batch.records,
        numbers={"columns": len(gappy), "empty": empty},
        evidence=evidence,
        distribution=tuple((names[place], int(counts[place])) for place in ranked),
    )


def _departure(
    batch: Batch, name: str, found: tuple[int, int], share: float, evidence: tuple[Evidence, ...]
) -> Observation:
    """`found`: empty cells, of how many records that could have a value."""
    missing, records = found
    return Observation(
        kind="missing_data",
        scope=name,
        batch=batch.number,
        severity="notice",
        summary=(
            f"{name}: {percent(missing, records)} empty in {number_of(records, 'record')},"
            f" {100 * share:.1f} % in the whole partition"
        ),
        total=records,
        numbers={"missing": missing, "share_of_partition": round(share, 6)},
        evidence=evidence,
    )
