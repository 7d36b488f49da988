"""How numbers and periods are written on the page."""

import re

from rlm_pipeline.model import ALL_YEARS, UNDATED

UNKNOWN = "\N{EN DASH}"
"""What stands where nothing was estimated."""

PERCENT = "\N{NO-BREAK SPACE}%"
_MINUS = "\N{MINUS SIGN}"
_FISCAL_YEAR = re.compile(r"FY(\d{4})")


def count(value: float) -> str:
    """A whole number with thousands separators; anything else with three significant digits."""
    return f"{int(value):,}" if float(value).is_integer() else f"{value:,.3g}"


def share(value: float) -> str:
    """A share in 0..1 as a percentage with one decimal; only nothing reads 0 and only everything reads 100."""
    if value in {0, 1}:
        return f"{value * 100:.0f}{PERCENT}"
    if 0 < abs(value) < 0.0005:
        return f"<0.1{PERCENT}"
    if 0.9995 <= value < 1:
        return f">99.9{PERCENT}"
    return f"{value * 100:.1f}{PERCENT}"


def points(value: float) -> str:
    """A difference of two shares, in percentage points with its sign."""
    rounded = round(value * 100, 1)
    sign = "+" if rounded > 0 else _MINUS if rounded < 0 else "±"
    return f"{sign}{abs(rounded):.1f}"


def ratio(value: float | None) -> str:
    """A figure between 0 and 1 with two decimals; an en dash where nothing was estimated."""
    return UNKNOWN if value is None else f"{value:.2f}"


def probability(value: float | None) -> str:
    """A p or q value: two decimals down to .01, three down to .001, then `<0.001`."""
    if value is None:
        return UNKNOWN
    if value < 0.001:
        return "<0.001"
    return f"{value:.3f}" if value < 0.01 else f"{value:.2f}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """`1 trend`, `9 trends`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def size(value: int) -> str:
    """Bytes in the largest decimal unit that keeps the number at one or above."""
    amount = float(value)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"


def sentence(text: str) -> str:
    """`text` with a capital first letter and a full stop; empty stays empty."""
    text = text.strip()
    return text and text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")


def year_label(partition: str) -> str:
    """A partition as it stands under an axis: `FY2012` is `2012`."""
    fiscal = _FISCAL_YEAR.fullmatch(partition)
    return fiscal.group(1) if fiscal else partition


def dated(partitions: tuple[str, ...]) -> tuple[str, ...]:
    """The partitions that stand on a time axis, in order; empty for a dataset without periods."""
    return tuple(sorted(set(partitions) - {ALL_YEARS, UNDATED}))


def period_noun(partitions: tuple[str, ...]) -> str:
    """What one partition is called: a fiscal year if every key is one, else a period."""
    return "fiscal year" if partitions and all(map(_FISCAL_YEAR.fullmatch, partitions)) else "period"
