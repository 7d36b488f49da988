"""Two variables crossed: the table by partition, and how strongly one tells about the other.

Beside what `profiling.associations` measures on one table:

- levels are pooled first so that every cell expects at least one record (Cochran 1954), without which the chi-square
  test does not hold;
- within partitions: the chi-square statistic against the sum of what independence expects in each partition, so that
  two variables that merely drift over the same years are not taken for related.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rlm_pipeline.profiling.associations import cramers_v_corrected, theil_u
from rlm_pipeline.taxonomy.variables import Variable

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

NORMAL_975 = 1.959963984540054
_MINIMUM_EXPECTED = 5.0
_CLEARLY_RARER = -2.0  # standard deviations


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crosstab:
    """Records that answer both variables: `counts` (partitions, rows, columns) int64.

    `rows` and `columns` are positions in the variables' levels; -1, only ever the last, is the pool of rare levels.
    """

    counts: Counts
    rows: tuple[int, ...]
    columns: tuple[int, ...]

    @property
    def table(self) -> Counts:
        """Over all partitions: (rows, columns) int64."""
        total: Counts = self.counts.sum(axis=0)
        return total

    @property
    def n(self) -> int:
        """Records that answer both."""
        return int(self.counts.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """How strongly two variables are related; effects in 0..1."""

    n: int
    effect: float  # bias-corrected Cramér's V
    interval: tuple[float, float]  # 95 %, of the effect
    p: float
    effect_within: float
    p_within: float
    row_tells_column: float  # Theil's U of the column variable given the row variable
    column_tells_row: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Records that give one answer to each variable; `row` and `column` are positions in the variables' levels."""

    row: int
    column: int
    observed: int
    expected: float  # under independence
    expected_within: float  # under independence within each partition
    residual: float  # excess over independence, in standard deviations
    interval: tuple[float, float]  # 95 %, of the lift
    rarer_in: tuple[int, ...]  # partitions (positions) where the cell is clearly rarer than independence gives

    @property
    def lift(self) -> float:
        """Observed over expected."""
        return self.observed / self.expected


def cross(row: Variable, column: Variable, partition_codes: Counts, partitions: int) -> Crosstab | None:
    """The table of two variables over the same records, rare levels pooled; None without two levels on each side."""
    width, height = len(column.levels) + 1, len(row.levels) + 1
    cells = (partition_codes * height + (row.codes + np.int64(1))) * width + (column.codes + np.int64(1))
    counts = np.bincount(cells, minlength=partitions * height * width).reshape(partitions, height, width)[:, 1:, 1:]
    table = counts.sum(axis=0)
    margins = table.sum(axis=1), table.sum(axis=0)
    n = int(margins[0].sum())
    levels = [int(np.count_nonzero(margin)) for margin in margins]
    if min(levels) < 2:
        return None
    # The two thresholds multiply to n: a cell of two levels that reach them expects at least one record.
    kept_rows = _levels_to_keep(margins[0], math.sqrt(n * levels[1] / levels[0]))
    kept_columns = _levels_to_keep(margins[1], math.sqrt(n * levels[0] / levels[1]))
    counts, rows = _pool(counts, margins[0], kept_rows, axis=1)
    counts, columns = _pool(counts, margins[1], kept_columns, axis=2)
    if min(len(rows), len(columns)) < 2:
        return None
    return Crosstab(counts=counts, rows=rows, columns=columns)


def strength(crosstab: Crosstab) -> Strength:
    """Effect and p over all partitions and within them, and both directions of Theil's U."""
    from scipy.special import chdtrc

    table, n = crosstab.table, crosstab.n
    over_all = cramers_v_corrected(table)
    e = expected_within(crosstab.counts)
    within = float(np.divide((table - e) ** 2, e, out=np.zeros_like(e), where=e > 0).sum())
    row_by_column, column_by_row = theil_u(table)
    return Strength(
        n=n,
        effect=float(over_all.v),
        interval=(float(over_all.low), float(over_all.high)),
        p=float(over_all.p),
        effect_within=_corrected_v(within / n, table.shape, n),
        p_within=float(chdtrc(int(over_all.degrees), within)),
        row_tells_column=float(column_by_row),
        column_tells_row=float(row_by_column),
    )


def uncertainty_interval(table: Counts) -> tuple[float, float]:
    """95 % interval of Theil's U of the columns given the rows, by the delta method; no row or column is empty."""
    n = int(table.sum())
    p = table / n
    r, c = p.sum(axis=1), p.sum(axis=0)
    entropy = float(-(c * np.log(c)).sum())
    seen = p > 0
    information = np.zeros_like(p)
    information[seen] = np.log((p / np.outer(r, c))[seen])
    u = float((p * information).sum()) / entropy
    influence = (information + u * np.log(c)[None, :]) / entropy
    half = NORMAL_975 * math.sqrt(float((p * influence**2).sum()) / n)
    return max(0.0, u - half), min(1.0, u + half)


def _corrected_v(phi2: float, shape: tuple[int, ...], n: int) -> float:
    """Bergsma's (2013) bias-corrected Cramér's V of a table of `shape` over `n` records, 0..1."""
    rows, columns = shape
    corrected = max(0.0, phi2 - (rows - 1) * (columns - 1) / (n - 1))
    span = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    return min(1.0, math.sqrt(corrected / span)) if span > 0 else 0.0


def expected(table: Counts) -> Floats:
    """What independence expects in each cell: same shape, float64."""
    counts: Floats = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return counts


def expected_within(counts: Counts) -> Floats:
    """What independence within each partition expects, summed over partitions: (rows, columns) float64."""
    used = counts[counts.sum(axis=(1, 2)) > 0]
    sizes = used.sum(axis=(1, 2))
    summed: Floats = np.einsum("pi,pj->ij", used.sum(axis=2) / sizes[:, None], used.sum(axis=1).astype(np.float64))
    return summed


def adjusted_residuals(table: Counts) -> Floats:
    """Excess of each cell over independence in standard deviations (Haberman 1973): same shape, float64."""
    n = table.sum()
    e = expected(table)
    spread = e * np.outer(1 - table.sum(axis=1) / n, 1 - table.sum(axis=0) / n)
    residuals: Floats = np.divide(table - e, np.sqrt(spread), out=np.zeros_like(e), where=spread > 0)
    return residuals


def cells(crosstab: Crosstab, *, minimum_residual: float) -> list[Cell]:
    """The cells of two named levels that expect five records and exceed that clearly, most significant first.

    The interval of a lift is from the delta method on its logarithm.
    """
    table, n = crosstab.table, crosstab.n
    residuals, e, e_within = adjusted_residuals(table), expected(table), expected_within(crosstab.counts)
    found = []
    for i, j in np.argwhere((e >= _MINIMUM_EXPECTED) & (residuals >= minimum_residual)).tolist():
        if crosstab.rows[i] < 0 or crosstab.columns[j] < 0:
            continue
        shares = (float(table[i, j]) / n, float(table[i].sum()) / n, float(table[:, j].sum()) / n)
        found.append(
            Cell(
                row=crosstab.rows[i],
                column=crosstab.columns[j],
                observed=int(table[i, j]),
                expected=float(e[i, j]),
                expected_within=float(e_within[i, j]),
                residual=float(residuals[i, j]),
                interval=_lift_interval(*shares, n),
                rarer_in=_rarer_in(crosstab.counts, i, j),
            )
        )
    return sorted(found, key=lambda cell: (-cell.residual, cell.row, cell.column))


def _lift_interval(cell: float, row: float, column: float, n: int) -> tuple[float, float]:
    lift = cell / (row * column)
    variance = (1 / cell - 1 / row - 1 / column + 2 * lift - 1) / n
    half = NORMAL_975 * math.sqrt(max(0.0, variance))
    return lift * math.exp(-half), lift * math.exp(half)


def _rarer_in(counts: Counts, row: int, column: int) -> tuple[int, ...]:
    observed = counts[:, row, column]
    rows, columns, n = counts[:, row, :].sum(axis=1), counts[:, :, column].sum(axis=1), counts.sum(axis=(1, 2))
    sizes = np.maximum(n, 1)
    e = rows * columns / sizes
    spread = np.sqrt(e * (1 - rows / sizes) * (1 - columns / sizes))
    return tuple(np.flatnonzero((e >= _MINIMUM_EXPECTED) & (observed - e <= _CLEARLY_RARER * spread)).tolist())


def _levels_to_keep(margin: Counts, threshold: float) -> npt.NDArray[np.intp]:
    """Positions of the levels that stand alone: as many of the largest as leave a pool that is empty or not rare."""
    order = np.argsort(-margin, kind="stable")
    sizes = margin[order]
    rest = sizes.sum() - np.cumsum(sizes)
    possible = np.flatnonzero((sizes >= threshold) & ((rest == 0) | (rest >= threshold)))
    return np.sort(order[: possible[-1] + 1]) if len(possible) else order[:0]


def _pool(counts: Counts, margin: Counts, kept: npt.NDArray[np.intp], *, axis: int) -> tuple[Counts, tuple[int, ...]]:
    alone = np.take(counts, kept, axis=axis)
    names = tuple(int(level) for level in kept)
    if int(margin[kept].sum()) == int(margin.sum()):
        return alone, names
    rest = counts.sum(axis=axis, keepdims=True) - alone.sum(axis=axis, keepdims=True)
    return np.concatenate([alone, rest], axis=axis), (*names, -1)
