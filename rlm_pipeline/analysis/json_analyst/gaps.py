"""What is not there: values that are null, absent from an object, or empty."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from rlm_pipeline.analysis.json_analyst.kinds import ARRAY, NULL, OBJECT, Places
from rlm_pipeline.analysis.json_analyst.telling import Coded, Said, Seen, Share
from rlm_pipeline.analysis.json_analyst.values import Values
from rlm_pipeline.analysis.observation import percent

LABELS: Final = ("filled", "null", "absent", "empty string", "empty array", "empty object")
FILLED, IS_NULL, ABSENT, EMPTY_STRING, EMPTY_ARRAY, EMPTY_OBJECT = range(6)

_DRIFT = 0.2  # of a batch's share of what is filled from the partition's
_DRIFT_ERRORS = 4  # and standard errors of that share
_RARE = 0.01


def states(values: Values) -> Places:
    """The place of each value's state among `LABELS`."""
    codes = np.full(len(values), FILLED, np.int64)
    codes[values.is_empty] = EMPTY_STRING
    codes[(values.kinds == ARRAY) & (values.sizes == 0)] = EMPTY_ARRAY
    codes[(values.kinds == OBJECT) & (values.sizes == 0)] = EMPTY_OBJECT
    codes[values.kinds == NULL] = IS_NULL
    return codes


def absent_from(values: Values, owner: Values) -> Places:
    """The records of the objects above that do not have the path's key, one for each object, ascending."""
    if values.node.key is None:
        return np.zeros(0, np.int64)
    lacks = owner.is_object.copy()
    lacks[values.owners] = False
    return owner.records[lacks]


@dataclass(frozen=True, slots=True, kw_only=True)
class GapTopic:
    """What is there of a path whose values are not always; `whole` are the partition's counts."""

    scope: str
    whole: Sequence[int]
    kind: str = "null_frequency"
    labels: Sequence[str] = LABELS

    def read(self, seen: Seen) -> Iterator[Coded]:
        """Each value by its state, then the objects that have none."""
        values = seen.values
        yield Coded(codes=states(values), records=values.records, quoted=np.arange(len(values)))
        records = absent_from(values, seen.owner)
        yield Coded(codes=np.full(len(records), ABSENT, np.int64), records=records)

    def say(self, share: Share) -> Said:
        """How much of it is filled; a batch where it is otherwise than elsewhere is worth a notice."""
        filled, total, whole = share.counts[FILLED], share.total, sum(self.whole)
        gaps = [
            f"{label} {count:,} ({percent(count, total)})"
            for label, count in zip(LABELS[1:], share.counts[1:], strict=True)
            if count
        ]
        summary = f"{self.scope}: filled in {filled:,} of {total:,} ({percent(filled, total)})"
        expected = self.whole[FILLED] / whole
        error = (expected * (1 - expected) / total) ** 0.5
        distance = abs(filled / total - expected)
        drifts = total < whole and distance >= max(_DRIFT, _DRIFT_ERRORS * error)
        if gaps:
            summary += f"; {', '.join(gaps)}"
        if drifts:
            summary += f"; {percent(self.whole[FILLED], whole)} in the whole partition"
        rare = 0 < total - filled <= _RARE * total
        return Said(
            summary=summary,
            cited=sorted((code for code in range(1, 6) if share.counts[code]), key=lambda code: share.counts[code])
            or [FILLED],
            numbers={"present": total - share.counts[IS_NULL] - share.counts[ABSENT]},
            severity="notice" if drifts or rare else "info",
        )
