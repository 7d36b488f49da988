"""How well a schema tells which columns of different partitions are the same field, against a known correspondence.

Scored by pairs: two columns (each a partition and a spelling) are a pair if they are one column of the schema; the pair
is right if they are one field in truth.
"""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from math import comb

from rlm_pipeline.profiling.matching.alignment import Spelling, normalised

_Named = tuple[Hashable, str]
"""A group of columns, and the name of some of them without its spelling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairScore:
    """Numbers of pairs: `right` of those `found`, and all that are `true`."""

    right: int
    found: int
    true: int

    @property
    def precision(self) -> float:
        """The share of found pairs that are true; 1 if none was found."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """The share of true pairs that were found; 1 if there is none."""
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.right / (self.found + self.true) if self.found + self.true else 1.0


def score(
    columns: Iterable[Collection[Spelling]], fields: Mapping[Spelling, Hashable], *, other_names: bool = False
) -> PairScore:
    """Count pairs.

    Args:
        columns: the schema's columns, each with its spellings by partition.
        fields: the true field of every spelling; one that is not here is a field of its own.
        other_names: count only pairs whose names differ in more than case, accents, spaces and punctuation.

    """
    found: Counter[_Named] = Counter()
    true: Counter[_Named] = Counter()
    right: Counter[_Named] = Counter()
    named = [(number, spelling) for number, column in enumerate(columns) for spelling in column]
    for number, spelling in named:
        field = ("field", fields[spelling]) if spelling in fields else ("column", spelling)
        for counter, key in ((found, number), (true, field), (right, (number, field))):
            counter[key, normalised(spelling[1])] += 1
    counted = ("right", right), ("found", found), ("true", true)
    return PairScore(**{what: _pairs(counter, other_names=other_names) for what, counter in counted})


def _pairs(counter: Counter[_Named], *, other_names: bool) -> int:
    """Pairs of members of each group, of a count by group and name."""
    groups: Counter[Hashable] = Counter()
    for (group, _), count in counter.items():
        groups[group] += count
    same_name = sum(comb(count, 2) for count in counter.values())
    return sum(comb(count, 2) for count in groups.values()) - (same_name if other_names else 0)
