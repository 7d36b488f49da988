"""Pairs of canonical columns that hold in every partition that has both: a property of the data, not of one year."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from rlm_pipeline.store import DatasetStore

_LASTING = ("duplicate", "recoded", "decode", "dependency")
_EQUAL = frozenset({"duplicate", "recoded"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LastingPair:
    """Two canonical columns of which `kind` (duplicate, recoded, decode, dependency) holds in all `partitions`.

    `error` is the largest share of records of a partition that contradict it.
    """

    kind: str
    source: str
    target: str
    partitions: int
    error: float


def lasting(
    store: DatasetStore,
    partitions: Sequence[str],
    columns: Mapping[str, Mapping[str, str]],
    canonical: Callable[[str, str], str | None],
) -> tuple[LastingPair, ...]:
    """The pairs that hold wherever both columns hold anything, sorted; partitions without stored pairs do not count.

    Args:
        store: where the pairs of each partition are.
        partitions: those to look at.
        columns: canonical name -> partition -> spelling, where the column holds more than one value.
        canonical: (partition, spelling) -> canonical name.

    """
    looked_at = [partition for partition in partitions if store.column_pairs_path(partition).exists()]
    found: dict[tuple[str, str, str], list[tuple[str, float]]] = {}
    for partition in looked_at:
        for kind, source, target, error in _pairs(store, partition):
            one, other = canonical(partition, source), canonical(partition, target)
            if one is None or other is None:
                continue
            if kind in _EQUAL:
                found.setdefault(("equal", min(one, other), max(one, other)), []).append((kind, error))
            else:
                found.setdefault((kind, one, other), []).append((kind, error))
    kept = []
    for (_, one, other), told in sorted(found.items()):
        both = sum(each in columns.get(one, {}) and each in columns.get(other, {}) for each in looked_at)
        if len(told) == both:
            kind, error = max(told)[0], max(error for _, error in told)  # recoded once is recoded
            kept.append(LastingPair(kind=kind, source=one, target=other, partitions=both, error=error))
    return tuple(kept)


def _pairs(store: DatasetStore, partition: str) -> Iterator[tuple[str, str, str, float]]:
    """The pairs of one partition; of equal columns every two, not only each with the first."""
    stored = (
        store.scan(store.column_pairs_path(partition), "column_pairs", partition)
        .filter(pl.col("kind").is_in(_LASTING))
        .select("kind", "source", "target", pl.col("error").fill_null(0.0))
        .collect()
    )
    equal = stored.filter(pl.col("kind").is_in(list(_EQUAL)))
    yield from _every_two(equal.iter_rows())
    yield from stored.filter(~pl.col("kind").is_in(list(_EQUAL))).iter_rows()


def _every_two(pairs: Iterable[tuple[str, str, str, float]]) -> Iterator[tuple[str, str, str, float]]:
    """Every two of the columns that pairs connect: equal if pairs of equal columns alone connect them."""
    stored = list(pairs)
    alike = _connected((one, other) for _, one, other, _ in stored)
    equal = _connected((one, other) for kind, one, other, _ in stored if kind == "duplicate")
    groups: dict[str, list[str]] = {}
    for column, group in alike.items():
        groups.setdefault(group, []).append(column)
    for columns in groups.values():
        for one, other in combinations(columns, 2):
            same = equal.get(one, one) == equal.get(other, other)
            yield "duplicate" if same else "recoded", one, other, 0.0


def _connected(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Each column -> one column that stands for all that are connected with it."""
    stands_for: dict[str, str] = {}
    for one, other in pairs:
        first, second = stands_for.setdefault(one, one), stands_for.setdefault(other, other)
        for column, group in stands_for.items():
            if group == second:
                stands_for[column] = first
    return stands_for
