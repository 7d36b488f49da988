"""Two columns' counted values against each other: words in common, or the same frequencies under other names."""

import math
import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from rlm_pipeline.profiling.history import Profile
from rlm_pipeline.profiling.matching.name_similarity import similarity

_WORD = re.compile(r"[^\W_]+")
_MOST_VALUES = 64
_MOST_KEPT = 0.5
_RECORDS_PER_VALUE = 5
_LIKE_SPELLING = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Recoding:
    """Values that one column writes in another way: `alike` is how equal their frequencies are, 0..1."""

    alike: float
    pairs: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        shown = ", ".join(f"{before!r} → {after!r}" for before, after in self.pairs[:4])
        return shown + (f" and {len(self.pairs) - 4} more" if len(self.pairs) > 4 else "")


def coverage(one: Profile, other: Profile, common: AbstractSet[str]) -> float:
    """The share of values, in the column where it is lower, with a word that the other column's values have too.

    Words in `common` do not count. 0 unless both profiles count every value.
    """
    if not (one["counts_complete"] and other["counts_complete"]):
        return 0.0
    left, right = _by_words(one, common), _by_words(other, common)
    return min(_covered(left, right), _covered(right, left))


def recoding(one: Profile, other: Profile) -> Recoding | None:
    """How `other` writes the values of `one`, if most are written anew and the frequencies stayed; None if not.

    Both must have all their values counted, 2 to 64 of them, 5 records each on average.
    """
    before, after = _shares(one), _shares(other)
    if not before or not after or abs(len(before) - len(after)) > max(1, min(len(before), len(after)) // 2):
        return None
    kept = sum(share for value, share in after.items() if value in before)
    if kept > _MOST_KEPT:
        return None
    alike = sum(math.sqrt(x * y) for x, y in zip(before.values(), after.values(), strict=False))
    return Recoding(alike=alike, pairs=_paired(list(before), list(after)))


def _shares(row: Profile) -> dict[str, float]:
    counts = row["value_counts"] or ()
    total = sum(pair["count"] for pair in counts)
    enough = 2 <= len(counts) <= _MOST_VALUES and total >= _RECORDS_PER_VALUE * len(counts)
    if not row["counts_complete"] or not enough:
        return {}
    return {pair["value"]: pair["count"] / total for pair in counts}


def _paired(before: list[str], after: list[str]) -> tuple[tuple[str, str], ...]:
    """Values by likeness of their spelling where there is any, the others by the order of their frequencies."""
    likeness = {(x, y): similarity(x, y) for x in before for y in after}
    likely = sorted((-alike, before.index(x), x, y) for (x, y), alike in likeness.items() if alike >= _LIKE_SPELLING)
    pairs: dict[str, str] = {}
    for _, _, x, y in likely:
        if x not in pairs and y not in pairs.values():
            pairs[x] = y
    left = [y for y in after if y not in pairs.values()]
    pairs |= dict(zip((x for x in before if x not in pairs), left, strict=False))
    return tuple((x, pairs[x]) for x in before if x in pairs)


def _by_words(row: Profile, common: AbstractSet[str]) -> list[tuple[frozenset[str], int]]:
    found = [(_WORD.findall(pair["value"].lower()), pair["count"]) for pair in row["value_counts"] or ()]
    return [(frozenset(word for word in words if word not in common), count) for words, count in found]


def _covered(values: list[tuple[frozenset[str], int]], others: list[tuple[frozenset[str], int]]) -> float:
    known = frozenset().union(*(words for words, _ in others))
    total = sum(count for _, count in values)
    return sum(count for words, count in values if words & known) / total if total else 0.0
