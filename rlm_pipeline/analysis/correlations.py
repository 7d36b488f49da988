"""Pairs of columns that go together, and how often their values meet in a batch.

Pairs are chosen over the whole partition; each batch then reports the joint counts of every chosen pair, so the sum
over batches is the partition's contingency table. A numeric column with many values takes part through the quarters its
values fall in, cut at the partition's quartiles: `1st quarter` means low for that partition, in any partition.
"""

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from rlm_pipeline.analysis import numbers
from rlm_pipeline.analysis.batches import Batch
from rlm_pipeline.analysis.columns import Correlated
from rlm_pipeline.analysis.distributions import coded
from rlm_pipeline.analysis.observation import Evidence, Observation, number_of, quotable, shown
from rlm_pipeline.analysis.window import Places, Window
from rlm_pipeline.profiling import associations

QUARTERS = ("1st quarter", "2nd quarter", "3rd quarter", "4th quarter")

SMALLEST_EFFECT = 0.3
"""Bias-corrected Cramér's V of a pair worth reporting."""

FALSE_DISCOVERY_RATE = 0.01
"""Benjamini-Hochberg over all pairs that were looked at."""

FEWEST_RECORDS = 30
MOST_PAIRS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two columns, the first before the second by name, with the effect and q value over the whole partition."""

    left: Correlated
    right: Correlated
    effect: float
    q: float
    n: int


def categories(column: Correlated) -> tuple[str, ...]:
    """What the codes of a column stand for."""
    return QUARTERS if column.quartiles else column.values


def codes(
    cells: pl.DataFrame, columns: Sequence[Correlated], commas: pl.DataFrame, partition: str
) -> dict[str, Places]:
    """The category of each cell as its place in `categories`, int64; -1 where the cell has none."""
    numeric = numbers.read(cells, tuple(column.name for column in columns if column.quartiles), commas)
    found: dict[str, Places] = {}
    for column in columns:
        if column.quartiles:
            values = numeric[column.name]
            cuts = (column.quartiles.q25, column.quartiles.median, column.quartiles.q75)
            found[column.name] = np.where(np.isnan(values), -1, np.searchsorted(cuts, values, side="left"))
        else:
            plain = coded(cells.get_column(column.name), column.values, partition)
            found[column.name] = np.where(plain == len(column.values), -1, plain)
    return found


def survey(windows: Sequence[Window], columns: Sequence[Correlated], commas: pl.DataFrame) -> tuple[Pair, ...]:
    """The strongest pairs over all windows, at most `MOST_PAIRS`, ordered by their columns' names."""
    ordered = sorted(columns, key=lambda column: column.name)
    sought = list(itertools.combinations(ordered, 2))
    if not sought:
        return ()
    size = max(len(categories(column)) for column in ordered)
    # Pairs of few values are padded with empty categories, which do not count, so that all tables are one array.
    tables = np.zeros((len(sought), size, size), dtype=np.int64)
    for window in windows:
        found = codes(window.read([column.name for column in ordered]), ordered, commas, window.partition)
        for index, (left, right) in enumerate(sought):
            tables[index] += associations.contingency(found[left.name], found[right.name], size, size)
    strength = associations.cramers_v_corrected(tables)
    q = associations.benjamini_hochberg(strength.p)
    kept = np.flatnonzero(
        (strength.v >= SMALLEST_EFFECT) & (q <= FALSE_DISCOVERY_RATE) & (strength.n >= FEWEST_RECORDS)
    )
    strongest = sorted(kept.tolist(), key=lambda index: (-strength.v[index], index))[:MOST_PAIRS]
    return tuple(
        Pair(
            left=sought[index][0],
            right=sought[index][1],
            effect=float(strength.v[index]),
            q=float(q[index]),
            n=int(strength.n[index]),
        )
        for index in sorted(strongest)
    )


def observe(window: Window, pairs: Sequence[Pair], commas: pl.DataFrame) -> Iterator[Observation]:
    """Per batch and pair the joint counts of their categories, where both are present."""
    columns = {column.name: column for pair in pairs for column in (pair.left, pair.right)}
    if not columns:
        return
    cells = window.read(tuple(columns))
    found = codes(cells, tuple(columns.values()), commas, window.partition)
    for pair in pairs:
        left, right = found[pair.left.name], found[pair.right.name]
        shape = (len(categories(pair.left)), len(categories(pair.right)))
        for batch, rows in window.slices():
            table = associations.contingency(left[rows], right[rows], *shape)
            if table.any():
                peak = _peak(table)
                place = int(np.flatnonzero((left[rows] == peak[0]) & (right[rows] == peak[1]))[0]) + rows.start
                yield _observation(pair, batch, table, peak=peak, evidence=_cited(pair, cells, place))


def joint(left: str, right: str) -> str:
    """The value of a pair's distribution that stands for two categories: a JSON list of both."""
    return json.dumps([left, right], ensure_ascii=False)


def apart(value: str) -> tuple[str, str]:
    """The two categories of a pair's distribution value."""
    left, right = json.loads(value)
    return left, right


def _peak(table: Places) -> tuple[int, int]:
    """The cell with the largest excess over independence; the first of equals; never an empty one."""
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    excess = np.where(table > 0, table - expected, -np.inf)
    row, column = np.unravel_index(int(excess.argmax()), table.shape)
    return int(row), int(column)


def _cited(pair: Pair, cells: pl.DataFrame, place: int) -> tuple[Evidence, ...]:
    names = (pair.left.name, pair.right.name)
    quotes = [(name, quotable(cells.get_column(name)[place])) for name in names]
    return tuple(Evidence(place=place, column=name, quote=quote) for name, quote in quotes if quote)


def _observation(
    pair: Pair, batch: Batch, table: Places, *, peak: tuple[int, int], evidence: tuple[Evidence, ...]
) -> Observation:
    left, right = categories(pair.left), categories(pair.right)
    n, together = int(table.sum()), int(table[peak])
    expected = table[peak[0]].sum() * table[:, peak[1]].sum() / n
    meeting = f"{shown(left[peak[0]])} with {shown(right[peak[1]])}"
    counts = [(joint(left[a], right[b]), int(table[a, b])) for a, b in np.argwhere(table).tolist()]
    return Observation(
        kind="correlation",
        scope=f"{pair.left.name} x {pair.right.name}",
        batch=batch.number,
        summary=(
            f"{pair.left.name} x {pair.right.name}: Cramér's V {pair.effect:.2f} over the partition; here"
            f" {meeting} {number_of(together, 'time')} in {number_of(n, 'record')},"
            f" {expected:.1f} expected of independent columns"
        ),
        total=n,
        numbers={
            "columns": [pair.left.name, pair.right.name],
            "effect_of_partition": round(pair.effect, 6),
            "q_of_partition": pair.q,
            "n_of_partition": pair.n,
        },
        evidence=evidence,
        confidence=round(1 - pair.q, 6),
        distribution=tuple(sorted(counts, key=lambda entry: (-entry[1], entry[0]))),
    )
