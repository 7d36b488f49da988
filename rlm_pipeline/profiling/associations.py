"""How strongly two categorical variables depend on each other: contingency tables, effect sizes, p and q values.

All functions take tables of counts with the two variables in the last two axes, (..., r, c), and broadcast over the
leading ones, so that many pairs of equal shape cost one call. Empty rows and columns do not count as categories. A
table with fewer than two categories on a side, or fewer than two records, shows no association: effect 0, p 1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]

_NORMAL_95 = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    """Figures of one table, or of many: every field is an array of the tables' leading shape (0-d for one table).

    `v` is bias-corrected Cramér's V in 0..1; `low`..`high` its 95 % interval; `p` the chi-square test's; `degrees` its
    degrees of freedom; `n` the records.
    """

    v: Float
    low: Float
    high: Float
    chi_square: Float
    degrees: NDArray[np.int64]
    p: Float
    n: NDArray[np.int64]


def contingency(a_codes: ArrayLike, b_codes: ArrayLike, n_a: int, n_b: int) -> NDArray[np.int64]:
    """Count pairs of codes.

    Args:
        a_codes: (n,) integers, 0 to n_a - 1, or -1 where missing.
        b_codes: (n,) integers, 0 to n_b - 1, or -1 where missing.
        n_a: categories of the first variable.
        n_b: categories of the second.

    Returns:
        (n_a, n_b) counts of the records in which neither is missing.

    """
    # Missing is shifted to 0 rather than masked out: 6 against 44 CPU s for 45,000 pairs of 75,000 records.
    shifted = (np.asarray(a_codes, np.int64) + 1) * (n_b + 1) + np.asarray(b_codes, np.int64) + 1
    counts = np.bincount(shifted, minlength=(n_a + 1) * (n_b + 1))
    return counts.reshape(n_a + 1, n_b + 1)[1:, 1:]


def cramers_v_corrected(table: ArrayLike) -> Association:
    """Bias-corrected Cramér's V (Bergsma, J. Korean Stat. Soc. 42, 2013) with p value and 95 % interval.

    The interval is analytic: the delta method on chi-square / n over multinomial sampling (Bishop, Fienberg and
    Holland, Discrete Multivariate Analysis, 1975, 14.6), plus the variance 2 df / n^2 that chi-square has without any
    association, around the bias-corrected estimate. In a simulation of 16 settings (3 x 4 and 8 x 10, V 0 to .7, n 500
    and 5,000) it covered the truth in 91 to 100 % of samples; the percentile bootstrap of the corrected V fell to 0 %
    near V = 0 in the larger table, and inverting the non-central chi-square to 71 %.

    Args:
        table: (..., r, c) counts.

    Returns:
        Figures of shape (...).

    """
    from scipy.special import chdtrc

    counts = np.asarray(table, np.float64)
    n, rows, columns = counts.sum((-2, -1)), counts.sum(-1) > 0, counts.sum(-2) > 0
    r, c = rows.sum(-1), columns.sum(-1)
    usable = (r >= 2) & (c >= 2)
    r, c, size = np.where(usable, r, 2), np.where(usable, c, 2), np.where(usable, n, 2.0)
    degrees = (r - 1) * (c - 1)
    phi = np.where(usable, _mean_square_contingency(counts), 0.0)
    corrected = np.maximum(0.0, phi - degrees / (size - 1))
    smaller = np.maximum(np.minimum(r - (r - 1) ** 2 / (size - 1), c - (c - 1) ** 2 / (size - 1)) - 1, 0.0)
    half = _NORMAL_95 * np.sqrt(_variance(counts, size) + 2 * degrees / size**2)
    return Association(
        v=_root(corrected, smaller),
        low=np.where(usable, _root(np.maximum(0.0, corrected - half), smaller), 0.0),
        high=np.where(usable, _root(corrected + half, smaller), 0.0),
        chi_square=phi * n,
        degrees=np.where(usable, degrees, 0),
        p=np.where(usable, chdtrc(degrees, phi * n), 1.0),
        n=n.astype(np.int64),
    )


def theil_u(table: ArrayLike) -> tuple[Float, Float]:
    """Uncertainty coefficients (Theil, 1970), both ways, each 0..1 and of the tables' leading shape.

    Returns:
        How much of the entropy of the row variable the column variable removes, and the reverse. 0 for a variable
        without entropy.

    """
    counts = np.asarray(table, np.float64)
    of_rows, of_columns = _entropy(counts.sum(-1), (-1,)), _entropy(counts.sum(-2), (-1,))
    shared = np.maximum(of_rows + of_columns - _entropy(counts, (-2, -1)), 0.0)
    return _share(shared, of_rows), _share(shared, of_columns)


def benjamini_hochberg(p: ArrayLike) -> Float:
    """False discovery rates, q (Benjamini and Hochberg, 1995): the smallest at which each test is kept.

    Args:
        p: (n,) p values; n may be 0.

    Returns:
        (n,) q values in the order of `p`.

    """
    values = np.asarray(p, np.float64)
    order = np.argsort(-values, kind="stable")
    ranks = np.arange(len(values), 0, -1)
    q = np.empty_like(values)
    q[order] = np.minimum.accumulate(np.minimum(values[order] * len(values) / ranks, 1.0))
    return q


def _mean_square_contingency(counts: Float) -> Float:
    """Pearson's phi squared, chi-square / n, of shape (...)."""
    shares = _shares(counts)
    expected = shares.sum(-1, keepdims=True) * shares.sum(-2, keepdims=True)
    phi: Float = (_divided((shares - expected) ** 2, expected)).sum((-2, -1))
    return phi


def _variance(counts: Float, size: Float) -> Float:
    shares = _shares(counts)
    r, c = shares.sum(-1, keepdims=True), shares.sum(-2, keepdims=True)
    own = _divided(2 * shares, r * c)
    by_row = _divided(_divided(shares**2, c).sum(-1, keepdims=True), r**2)
    by_column = _divided(_divided(shares**2, r).sum(-2, keepdims=True), c**2)
    slope = own - by_row - by_column
    mean = (shares * slope).sum((-2, -1))
    variance: Float = np.maximum((shares * slope**2).sum((-2, -1)) - mean**2, 0.0) / size
    return variance


def _shares(counts: Float) -> Float:
    shares: Float = counts / np.maximum(counts.sum((-2, -1), keepdims=True), 1.0)
    return shares


def _entropy(counts: Float, axes: tuple[int, ...]) -> Float:
    shares = counts / np.maximum(counts.sum(axes, keepdims=True), 1.0)
    entropy: Float = -(shares * np.log(np.where(shares > 0, shares, 1.0))).sum(axes)
    return entropy


def _divided(numerator: Float, denominator: Float) -> Float:
    positive = denominator > 0
    quotient: Float = np.where(positive, numerator / np.where(positive, denominator, 1.0), 0.0)
    return quotient


def _share(part: Float, whole: Float) -> Float:
    return np.minimum(np.where(whole > 1e-12, part / np.maximum(whole, 1e-12), 0.0), 1.0)


def _root(phi: Float, smaller: Float) -> Float:
    return np.minimum(np.sqrt(_divided(phi, smaller)), 1.0)
