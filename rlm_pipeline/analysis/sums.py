"""Sums that do not depend on the order of addition: exact decimals, from which means follow without error.

A number is taken as the shortest decimal that reads back as the same float, which is what was written wherever at most
15 digits were. Sums and sums of squares of such decimals are kept whole, as text in JSON.
"""

import decimal
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
import numpy.typing as npt

# Squares of floats need up to 620 digits before and 650 after the point; rounding would be an error, so it is trapped.
_EXACT = decimal.Context(
    prec=2000, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN, traps=[decimal.Inexact, decimal.InvalidOperation]
)
_ROUNDED = decimal.Context(prec=50, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """How many numbers, their sum, the sum of their squares, the smallest and the largest."""

    n: int
    total: Decimal
    squares: Decimal
    minimum: float
    maximum: float

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            n=self.n + other.n,
            total=_EXACT.add(self.total, other.total),
            squares=_EXACT.add(self.squares, other.squares),
            minimum=min(self.minimum, other.minimum),
            maximum=max(self.maximum, other.maximum),
        )

    @property
    def mean(self) -> float:
        """The arithmetic mean, rounded once."""
        return float(Fraction(self.total) / self.n)

    @property
    def standard_deviation(self) -> float:
        """The sample standard deviation (n - 1); 0 for a single number."""
        if self.n < 2:
            return 0.0
        total = Fraction(self.total)
        variance = (Fraction(self.squares) - total * total / self.n) / (self.n - 1)
        quotient = _ROUNDED.divide(Decimal(variance.numerator), Decimal(variance.denominator))
        return float(_ROUNDED.sqrt(quotient))


def of(numbers: npt.NDArray[np.float64]) -> Sums:
    """The sums of one or more finite float64 numbers, shape (n,)."""
    values, counts = np.unique(numbers, return_counts=True)
    total, squares = Decimal(0), Decimal(0)
    for value, count in zip(values.tolist(), counts.tolist(), strict=True):
        exact = Decimal(repr(value))
        weighted = _EXACT.multiply(exact, Decimal(count))
        total = _EXACT.add(total, weighted)
        squares = _EXACT.fma(weighted, exact, squares)
    return Sums(n=len(numbers), total=total, squares=squares, minimum=float(values[0]), maximum=float(values[-1]))


def as_text(value: Decimal) -> str:
    """The one text of a decimal's value: no trailing zeros, no negative zero; plain below 10**20."""
    trimmed = _EXACT.normalize(value)
    if not trimmed:
        return "0"
    return f"{trimmed:f}" if -20 < trimmed.adjusted() < 20 else str(trimmed)
