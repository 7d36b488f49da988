"""What is kept of merged findings when they are stored: citations of each entry, values of each distribution.

Nothing that is left out feeds a later merge: citations are a choice that merging would make again, and values are left
out of the result over all partitions alone, which is never merged.
"""

from collections.abc import Mapping
from typing import TypeVar

from rlm_pipeline.model import MAX_COUNTED_VALUES
from rlm_pipeline.synthesis import citing
from rlm_pipeline.synthesis.document import (
    ColumnFindings,
    MergedFindings,
    PairFindings,
    ReadFinding,
    Rest,
    ScopeFindings,
)

_Cited = TypeVar("_Cited", ColumnFindings, PairFindings, ScopeFindings, ReadFinding)


def cited(merged: MergedFindings) -> MergedFindings:
    """With at most `citing.CITED` citations per entry, of as many partitions as there are."""
    return merged.model_copy(
        update={
            "columns": tuple(_cited(each) for each in merged.columns),
            "pairs": tuple(_cited(each) for each in merged.pairs),
            "specialists": tuple(_cited(each) for each in merged.specialists),
            "readings": tuple(_cited(each) for each in merged.readings),
        }
    )


def counted(merged: MergedFindings) -> MergedFindings:
    """With the `MAX_COUNTED_VALUES` most frequent values of what specialists counted, the rest added up."""
    return merged.model_copy(update={"specialists": tuple(_counted(each) for each in merged.specialists)})


def _cited(found: _Cited) -> _Cited:
    if len(found.citations) <= citing.CITED:
        return found
    return found.model_copy(update={"citations": citing.of_all_partitions(found.citations)})


def _counted(found: ScopeFindings) -> ScopeFindings:
    if len(found.distribution) <= MAX_COUNTED_VALUES:
        return found
    most = sorted(found.distribution, key=lambda value: (-found.distribution[value], value))
    kept = frozenset(most[:MAX_COUNTED_VALUES])
    return found.model_copy(
        update={
            "distribution": _of(found.distribution, kept),
            "rest": _rest(found.distribution, kept),
            "distribution_by_partition": {
                where: _of(counts, kept) for where, counts in found.distribution_by_partition.items()
            },
            "rest_by_partition": {
                where: _rest(counts, kept) for where, counts in found.distribution_by_partition.items()
            },
        }
    )


def _of(counts: Mapping[str, int], kept: frozenset[str]) -> dict[str, int]:
    return {value: count for value, count in counts.items() if value in kept}


def _rest(counts: Mapping[str, int], kept: frozenset[str]) -> Rest:
    left = [count for value, count in counts.items() if value not in kept]
    return Rest(values=len(left), count=sum(left))
