"""Columns that hold the same in every record: word for word, or under a one-to-one recoding.

White space around a cell does not count.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from rlm_pipeline import fingerprint
from rlm_pipeline.profiling.pairs.sampled import Coded, trimmed
from rlm_pipeline.store import DatasetStore

ROWS_PER_VALUE = 5
"""A recoding is told only of values that repeat: any two columns of distinct values are one-to-one."""

_PAIRS_AT_ONCE = 50
_ALIKE = ("together", "filled", "first", "second")


def proposed(columns: Iterable[Coded]) -> list[tuple[str, str]]:
    """(first column, later column) wherever the codes are equal; every column once at most as the later one."""
    leaders: dict[str, str] = {}
    pairs = []
    telling = [each for each in columns if each.values >= 2 or each.filled not in {0, len(each.codes)}]
    alike = Counter((each.values, each.filled, each.mode) for each in telling)
    for each in telling:
        if alike[each.values, each.filled, each.mode] == 1:
            continue
        leader = leaders.setdefault(fingerprint.of_bytes(each.codes.tobytes()), each.column)
        if leader != each.column:
            pairs.append((leader, each.column))
    return pairs


def settled(
    store: DatasetStore, partition: str, pairs: Sequence[tuple[str, str]], *, known: Mapping[str, Coded]
) -> list[tuple[str, str, str, int]]:
    """(`duplicate` or `recoded`, first column, later column, filled records) of the pairs that hold in all records.

    Of several columns that recode the same one, each is told against the first of them. `known` are the columns, where
    the pairs were proposed by all rows: then equal codes are proof that they are one-to-one. Elsewhere it is empty.
    """
    found = []
    for start in range(0, len(pairs), _PAIRS_AT_ONCE):
        chosen = pairs[start : start + _PAIRS_AT_ONCE]
        compared = [_same(place, *pair) for place, pair in enumerate(chosen)]
        if not known:
            compared += [each for place, pair in enumerate(chosen) for each in _alike(place, *pair)]
        figures = store.scan_records(partition).select(compared).collect()
        for place, (one, other) in enumerate(chosen):
            if known:
                together, filled, first, second = True, known[one].filled, known[one].values, known[other].values
            else:
                together, filled, first, second = (figures[f"{name}{place}"].item() for name in _ALIKE)
            same = figures[f"same{place}"].item()
            repeats = first > 1 and filled >= ROWS_PER_VALUE * first
            may_be_recoded = together and repeats and first == second and not same
            if same or (may_be_recoded and (known or _joint(store, partition, one, other) == first)):
                found.append(("duplicate" if same else "recoded", one, other, int(filled)))
    siblings: dict[str, list[tuple[str, str, str, int]]] = {}
    for each in found:
        if each[0] == "recoded":
            siblings.setdefault(each[1], []).append(each)
    for recoded in siblings.values():
        nearest, *others = recoded
        again = settled(store, partition, [(nearest[2], other[2]) for other in others], known=known)
        found = [each for each in found if each not in others] + again
    return found


def _same(place: int, one: str, other: str) -> pl.Expr:
    return trimmed(one).eq_missing(trimmed(other)).all().alias(f"same{place}")


def _alike(place: int, one: str, other: str) -> tuple[pl.Expr, ...]:
    a, b = trimmed(one), trimmed(other)
    return (
        (a.is_null() == b.is_null()).all().alias(f"together{place}"),
        a.count().alias(f"filled{place}"),
        a.drop_nulls().n_unique().alias(f"first{place}"),
        b.drop_nulls().n_unique().alias(f"second{place}"),
    )


def _joint(store: DatasetStore, partition: str, one: str, other: str) -> int:
    pairs = store.scan_records(partition).select(trimmed(one), trimmed(other)).drop_nulls().unique()
    return int(pairs.select(pl.len()).collect(engine="streaming").item())
