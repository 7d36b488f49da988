"""Functions that are hard to follow: by their branches, their length, their nesting, their parameters.

Cyclomatic complexity is one more than the places where a path may go either way (McCabe 1976), `and` and `or` included.
"""

from collections.abc import Iterable, Iterator

from rlm_pipeline.analysis.code_analyst.functions import Function
from rlm_pipeline.analysis.code_analyst.hits import Hit

COMPLEX, VERY_COMPLEX = 15, 30
LONG = 150
"""Lines."""
DEEP = 6
"""Statements within statements."""
MANY_PARAMETERS = 8

BANDS = ((1, "1-4"), (5, "5-9"), (10, "10-14"), (15, "15-29"), (30, "30 and more"))
"""Cyclomatic complexities that are counted together, by the least of them."""


def band(complexity: int) -> str:
    """The band of a complexity."""
    return next(name for least, name in reversed(BANDS) if complexity >= least)


def hits(functions: Iterable[Function]) -> Iterator[Hit]:
    """What there is to say about each function that is named."""
    for each in functions:
        if not each.name:
            continue
        what = (
            f"cyclomatic complexity {each.complexity} on {each.lines:,} lines of {each.name}, statements nested "
            f"{each.nesting} deep"
        )
        if each.complexity >= COMPLEX:
            yield Hit(
                start=each.start,
                end=each.end,
                kind="complexity",
                rule="complex-function",
                message=what,
                severity="warning" if each.complexity >= VERY_COMPLEX else "notice",
                confidence=0.9,
            )
        elif each.lines >= LONG or each.nesting >= DEEP:
            rule = "long-function" if each.lines >= LONG else "nested-function"
            yield Hit(
                start=each.start,
                end=each.end,
                kind="complexity",
                rule=rule,
                message=what,
                severity="notice",
                confidence=0.9,
            )
        if each.parameters >= MANY_PARAMETERS:
            yield Hit(
                start=each.start,
                end=each.end,
                kind="antipattern",
                rule="many-parameters",
                message=f"{each.parameters} parameters of {each.name}",
                severity="info",
                confidence=0.9,
            )
