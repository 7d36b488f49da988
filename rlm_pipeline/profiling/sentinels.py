"""Numbers and dates that stand for `no value`: 99 among hours, 9999, -1, 88.8888 among latitudes, 9999-12-31.

The shape alone proves nothing: 99 is a percentage, and 9 a number of children. A number is a sentinel by where it
stands. It lies outside the range of the other numbers, and

- far outside: further than these lie from one another (`APART` times), and by a good part of their range; or
- no further than they do, but far more often than the numbers at the end of their range; or
- it is negative where no other number is.

A number of few digits proves less than one of many, so it must occur in several records; a single digit counts only
beside a code of two values, such as 9 beside 0 and 1. Where the nine numbers before it all occur, it is one more; and
where many numbers end as it does, it is one of them: 99.99 is a price beside 4.99 and 19.99.
"""

import datetime as dt
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.profiling.null_words import FEW_RECORDS, TIMES_AS_FREQUENT

APART = 1.5
RANGE_SHARE = 0.15
"""A number apart lies beyond the range of the others by at least this share of it."""
TAIL = 0.99
"""What is as far out as a sentinel: the numbers above this quantile."""
FREQUENT_RECORDS = 5
TELLING_DIGITS = 4
"""A repeated digit written this often is a sentinel's shape even in one record."""
ENDS_LIKE = 3.0
"""Times as many of the others as chance has, and at least a tenth, that end in the same digits: prices do."""
NEIGHBOURS = 9
NEAR = 5
DAYS = tuple(
    dt.date.fromisoformat(day)
    for day in (
        "0001-01-01", "1111-11-11", "1753-01-01", "1800-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1900-01-02",
        "1901-01-01", "1970-01-01", "2050-12-31", "2079-06-06", "2099-12-31", "2100-01-01", "2199-12-31", "2999-12-31",
        "3000-01-01", "4712-12-31", "9999-01-01", "9999-12-30", "9999-12-31",
    )
)  # fmt: skip
"""Days that programs write for `no date`, `always` and `never`."""
_YEAR = 365

Blocks = Callable[[frozenset[float]], Iterable[tuple[NDArray[np.float64], NDArray[np.int64]]]]
"""Gives the column's numbers in ascending order, with their counts, without those named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rest:
    """The numbers that are no candidates: their range, the widest gap in it, its upper end, who is near a candidate."""

    low: float
    high: float
    distinct: int
    gap: float
    tail_count: float
    present: frozenset[float]

    @property
    def span(self) -> float:
        return self.high - self.low


def numbers(blocks: Blocks, candidates: Mapping[float, int]) -> dict[float, str]:
    """Which numbers of a column stand for nothing.

    Args:
        blocks: all numbers of the column.
        candidates: number of a sentinel's shape -> records.

    Returns:
        number -> evidence.

    """
    rest = _rest(blocks, candidates)
    if rest is None:
        return {}
    found = {}
    for number, count in candidates.items():
        reason = _reason(number, count, rest, candidates)
        if reason and not (number > 0 and _ends_alike(number, blocks, frozenset(candidates))):
            found[number] = reason
    return found


def _reason(number: float, count: int, rest: _Rest, candidates: Mapping[float, int]) -> str:
    if rest.low <= number <= rest.high:
        return ""
    enough = count >= FEW_RECORDS or _digits(number) >= TELLING_DIGITS
    if number < 0 <= rest.low:
        return "negative, where no other number is" if enough and rest.distinct > 2 and rest.high > 1 else ""
    if _digits(number) == 1:
        code = rest.distinct == 2 and rest.span == 1 and number - rest.high > NEIGHBOURS // 3
        return f"apart from the codes {rest.low:g} and {rest.high:g}" if code and count >= FEW_RECORDS else ""
    if all(number - step in rest.present for step in range(1, NEIGHBOURS + 1)):
        return ""
    gap = max(number - rest.high, rest.low - number)
    if enough and gap >= APART * rest.gap and gap >= RANGE_SHARE * rest.span:
        return f"apart from the other numbers, {rest.low:g} to {rest.high:g}"
    return _frequent(number, rest, candidates) if number > rest.high else ""


def _frequent(number: float, rest: _Rest, candidates: Mapping[float, int]) -> str:
    """Why a number at the end of the range is too frequent; `9999` counts together with `9997` and `9998`."""
    written = f"{number:.12g}"
    family = [number]
    if set(written) == {"9"}:
        family = [each for each in candidates if each > rest.high and abs(each - number) < NEAR]
    together = sum(candidates[each] for each in family)
    times = TIMES_AS_FREQUENT / 2 if _digits(number) >= TELLING_DIGITS else TIMES_AS_FREQUENT
    if together < max(FREQUENT_RECORDS, times * rest.tail_count * len(family)):
        return ""
    return f"{together:,} records at the end of the range, where other numbers have {rest.tail_count:.3g}"


def _digits(number: float) -> int:
    written = f"{abs(number):.12g}"
    return sum(character.isdigit() for character in written)


def _rest(blocks: Blocks, candidates: Mapping[float, int]) -> _Rest | None:
    without = frozenset(candidates)
    near = np.array(sorted({number - step for number in candidates for step in range(1, NEIGHBOURS + 1)}))
    total, distinct, gap, low, last = 0, 0, 0.0, math.nan, math.nan
    present: set[float] = set()
    for values, counts in blocks(without):
        unique = np.unique(values)
        low = float(unique[0]) if not total else low
        steps = np.diff(unique, prepend=last) if total else np.diff(unique)
        gap = max(gap, float(steps.max()) if len(steps) else 0.0)
        distinct += len(unique) - int(bool(total) and float(unique[0]) == last)
        total += int(counts.sum())
        last = float(unique[-1])
        present |= set(np.intersect1d(unique, near).tolist())
    if not total:
        return None
    return _Rest(
        low=low,
        high=last,
        distinct=distinct,
        gap=gap,
        tail_count=_tail_count(blocks, without, rank=TAIL * (total - 1)),
        present=frozenset(present) | without,
    )


def _ends_alike(number: float, blocks: Blocks, without: frozenset[float]) -> bool:
    """Whether many of the other numbers end in the same digits: those behind the point, or the last one or two."""
    decimals = f"{number:.12g}".partition(".")[2]
    modulus, chance = (1.0, 10.0 ** -len(decimals)) if decimals else (100.0, 0.01) if number >= 100 else (10.0, 0.1)
    alike, records = 0, 0
    for values, counts in blocks(without):
        # Distances around the circle: what floats make of 4.99 may end in .98999.
        apart = np.abs((values - number + modulus / 2) % modulus - modulus / 2)
        alike += int(counts[apart < chance * modulus / 100].sum())
        records += int(counts.sum())
    return alike >= max(ENDS_LIKE * chance, 0.1) * records


def _tail_count(blocks: Blocks, without: frozenset[float], *, rank: float) -> float:
    """Records per number, on average, from the one at `rank` on."""
    before, records, length = 0, 0, 0
    for values, counts in blocks(without):
        cumulative = before + np.cumsum(counts)
        tail = cumulative > rank
        records += int(counts[tail].sum())
        length += int(tail.sum())
        before += int(counts.sum())
        del values
    return records / max(length, 1)


def days(ordinals: NDArray[np.int64], counts: NDArray[np.int64]) -> dict[int, str]:
    """Which days of a column stand for no date.

    Args:
        ordinals: distinct days (n,), proleptic ordinals, ascending.
        counts: records with each (n,).

    Returns:
        ordinal -> evidence.

    """
    suspect = np.isin(ordinals, np.array([day.toordinal() for day in DAYS]))
    if not suspect.any() or suspect.all():
        return {}
    rest, records = ordinals[~suspect], int(counts[~suspect].sum())
    low, high = int(rest[0]), int(rest[-1])
    found = {}
    for day, count in zip(ordinals[suspect].tolist(), counts[suspect].tolist(), strict=True):
        gap = max(low - day, day - high)
        often = count >= FREQUENT_RECORDS and count * len(rest) >= TIMES_AS_FREQUENT * records
        if gap >= max(_YEAR, high - low) or (gap >= _YEAR and often):
            first, last = dt.date.fromordinal(low), dt.date.fromordinal(high)
            found[day] = f"apart from the other dates, {first.isoformat()} to {last.isoformat()}"
    return found
