"""Pairs of columns of two partitions that may be one column: alike in name, or in values that few others have."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.profiling.history import Profile
from rlm_pipeline.profiling.matching.alignment import Aligned
from rlm_pipeline.profiling.matching.frequencies import coverage, recoding
from rlm_pipeline.profiling.matching.name_similarity import keys, opposed, similarity
from rlm_pipeline.profiling.matching.value_similarity import Floats, ValueFeatures

LIKE_NAMES, LIKE_VALUES = 0.4, 0.3
"""Pairs less alike than this in both are not looked at."""
LONGEST_GAP = 2
"""Partitions that may lie between two columns which only their values suggest."""
_NAMED_ACROSS_GAPS = 0.5
_MOST_BY_KEY = 100
_MOST_BY_VALUES = 12
_COVERED, _RECODED = 0.9, 0.5
_UNLIKE = 0.15
_ENOUGH_VALUES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """`column` of partition `before` may be `target` of partition `after`; `gap` partitions lie between them.

    `name` and `values` in 0..1 say how alike they are, `own` how far no other column of these partitions is as alike
    in values; `contradicted` that both hold plenty of values and these have nothing in common; `opposed` that the names
    say they are two (`valid_from`, `valid_to`).
    """

    before: str
    column: str
    after: str
    target: str
    gap: int
    name: float
    values: float
    own: float
    contradicted: bool
    opposed: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Values:
    """Likeness of values of l columns of one partition and r of another, shape (l, r), and how far it is their own."""

    alike: Floats
    own: Floats


def candidates(
    groups: Sequence[Aligned],
    partitions: Sequence[str],
    features: ValueFeatures,
    rows: Mapping[str, Mapping[str, Profile]],
) -> Iterator[Candidate]:
    """Candidates between groups of columns that have no partition in common, partition pair by partition pair."""
    for (first, before), (second, after) in combinations(enumerate(partitions), 2):
        between = set(partitions[first : second + 1])
        left = [group.columns[before] for group in groups if between & group.columns.keys() == {before}]
        right = [group.columns[after] for group in groups if between & group.columns.keys() == {after}]
        if not left or not right:
            continue
        gap = second - first - 1
        named = _named(left, right)
        values = None
        if gap <= LONGEST_GAP or any(name >= _NAMED_ACROSS_GAPS for name in named.values()):
            values = _values(features, (before, left), (after, right))
        if values is None:
            continue
        pairs = set(named) | (_valued(values) if gap <= LONGEST_GAP else set())
        for x, y in sorted(pairs):
            name = named.get((x, y), similarity(left[x], right[y]))
            if gap > LONGEST_GAP and name < _NAMED_ACROSS_GAPS:
                continue
            one, other = rows[before][left[x]], rows[after][right[y]]
            alike, own = _refined(one, other, float(values.alike[x, y]), float(values.own[x, y]), features)
            yield Candidate(
                before=before, column=left[x], after=after, target=right[y], gap=gap,
                name=name, values=alike, own=own, contradicted=_contradicted(one, other, alike),
                opposed=opposed(left[x], right[y]),
            )  # fmt: skip


def _named(left: Sequence[str], right: Sequence[str]) -> dict[tuple[int, int], float]:
    by_key: dict[str, list[int]] = {}
    for place, name in enumerate(right):
        for key in keys(name):
            by_key.setdefault(key, []).append(place)
    found = {}
    for x, name in enumerate(left):
        buckets = (by_key.get(key, ()) for key in keys(name))
        for y in {place for bucket in buckets if len(bucket) <= _MOST_BY_KEY for place in bucket}:
            alike = similarity(name, right[y])
            if alike >= LIKE_NAMES:
                found[x, y] = alike
    return found


def _values(features: ValueFeatures, left: tuple[str, Sequence[str]], right: tuple[str, Sequence[str]]) -> _Values:
    rows, others = (_rows(features, partition, columns) for partition, columns in (left, right))
    everything, everything_before = features.rows_of[right[0]], features.rows_of[left[0]]
    forward, backward = features.similarity(rows, everything), features.similarity(others, everything_before)
    columns = np.searchsorted(everything, others)
    alike = forward[:, columns]
    rival = np.maximum(_best_other(forward, columns), _best_other(backward, np.searchsorted(everything_before, rows)).T)
    own = np.clip((alike - rival) / np.maximum(0.5 * alike, 1e-9), 0, 1)
    return _Values(alike=alike, own=own)


def _best_other(found: Floats, columns: NDArray[np.int64]) -> Floats:
    """For each row and each of `columns`, the row's largest value in any other column."""
    if found.shape[1] < 2:
        return np.zeros((len(found), len(columns)))
    places = np.argpartition(found, -2, axis=1)[:, -2:]
    top = np.take_along_axis(found, places, axis=1)
    order = np.argsort(top, axis=1)
    second, first = np.take_along_axis(top, order, axis=1).T
    at = np.take_along_axis(places, order, axis=1)[:, 1]
    best: Floats = np.where(at[:, None] == columns[None, :], second[:, None], first[:, None])
    return best


def _rows(features: ValueFeatures, partition: str, columns: Iterable[str]) -> NDArray[np.int64]:
    return np.array([features.row_of[partition, column] for column in columns], dtype=np.int64)


def _valued(values: _Values) -> set[tuple[int, int]]:
    strong = np.where(values.alike >= LIKE_VALUES, values.alike, 0.0)
    if strong.shape[1] > _MOST_BY_VALUES:
        least = np.partition(strong, -_MOST_BY_VALUES, axis=1)[:, -_MOST_BY_VALUES]
        strong = np.where(strong >= least[:, None], strong, 0.0)
    return {(int(x), int(y)) for x, y in zip(*np.nonzero(strong), strict=True)}


def _refined(one: Profile, other: Profile, alike: float, own: float, features: ValueFeatures) -> tuple[float, float]:
    """Likeness of values where labels only share words, or were recoded; what is found so is not told from rivals."""
    if alike >= _COVERED:
        return alike, own
    covered = _COVERED * coverage(one, other, features.common_words) if alike >= LIKE_VALUES else 0.0
    found = recoding(one, other) if alike < LIKE_VALUES else None
    if found is not None and _RECODED * found.alike > max(alike, covered):
        return _RECODED * found.alike, 0.0
    return max(alike, covered), own


def _contradicted(one: Profile, other: Profile, alike: float) -> bool:
    counts = [row["non_null"] for row in (one, other) if row["kind"] != "ignored"]
    return alike < _UNLIKE and len(counts) == 2 and max(counts) >= _ENOUGH_VALUES
