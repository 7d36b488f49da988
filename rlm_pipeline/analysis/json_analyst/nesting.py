"""How deep records nest, how long arrays are, how many keys objects with keys that are data have."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from rlm_pipeline.analysis.json_analyst.kinds import ARRAY, KIND_NAMES, Places
from rlm_pipeline.analysis.json_analyst.telling import Coded, Said, Seen, Share
from rlm_pipeline.analysis.json_analyst.values import Values
from rlm_pipeline.analysis.observation import number_of, percent

_STARTS: Final = (0, 1, 2, 3, 6, 11, 101, 1001, 10_001)
LENGTHS: Final = ("0", "1", "2", "3-5", "6-10", "11-100", "101-1,000", "1,001-10,000", "over 10,000")

DEEPEST_TOLD: Final = 20
"""Levels of nesting that are told apart."""


def lengths(values: Values) -> Places:
    """The place of each array's or map's size among `LENGTHS`, -1 for others."""
    counted = values.is_object if values.node.is_map else values.kinds == ARRAY
    return np.where(counted, np.searchsorted(_STARTS, values.sizes, side="right") - 1, -1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthTopic:
    """The lengths of the arrays, or the sizes of the maps, at a path; `longest` is the largest of the partition."""

    scope: str
    longest: int
    what: str
    kind: str = "nesting"
    labels: Sequence[str] = LENGTHS

    def read(self, seen: Seen) -> Iterator[Coded]:
        """Each array or map by its length."""
        values = seen.values
        yield Coded(
            codes=lengths(values),
            records=values.records,
            quoted=np.arange(len(values)),
            ranks=values.sizes.astype(np.float64),
            weights={"elements": values.sizes},
        )

    def say(self, share: Share) -> Said:
        """How many there are of which length; the longest is cited."""
        present = [code for code, count in enumerate(share.counts) if count]
        ranked = sorted(present, key=lambda code: (-share.counts[code], code))
        most = ", ".join(f"{LENGTHS[code]} in {percent(share.counts[code], share.total)}" for code in ranked[:3])
        one = "key" if self.what == "map" else "element"
        elements = share.sums.get("elements", 0)
        return Said(
            summary=(
                f"{self.scope}: {number_of(share.total, self.what)} with {number_of(elements, one)} in all,"
                f" {one}s each: {most}; the longest of the partition has {self.longest:,}"
            ),
            cited=present[::-1],
            numbers={"elements": elements},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewTopic:
    """All records: how deep they nest, how many values of which type they have, and what is not told of them.

    `firsts` are, by batch, the paths that are first seen in it, and those of them about which a type of finding has
    nothing because others are more telling.
    """

    deepest: int
    firsts: Mapping[int, Mapping[str, int]]
    kind: str = "nesting"
    scope: str = "$"

    @property
    def labels(self) -> Sequence[str]:
        """Levels of arrays and objects: 0 for a scalar, 1 for an object of scalars."""
        names = [f"{number_of(depth, 'level')}" for depth in range(min(self.deepest, DEEPEST_TOLD) + 1)]
        return (*names, f"over {DEEPEST_TOLD} levels") if self.deepest > DEEPEST_TOLD else tuple(names)

    def read(self, seen: Seen) -> Iterator[Coded]:
        """Each record by its depth, with its values."""
        records = seen.values.records
        size = seen.whole.piece.records
        weights = {name: np.zeros(size, np.int64) for name in KIND_NAMES}
        for values in seen.whole.values.values():
            for code, name in enumerate(KIND_NAMES):
                found = values.records[values.kinds == code]
                if len(found):
                    weights[name] += np.bincount(found, minlength=size)
        depths = seen.whole.depths[records]
        yield Coded(
            codes=np.minimum(depths, DEEPEST_TOLD + 1),
            records=records,
            quoted=np.arange(len(records)),
            ranks=np.sum(list(weights.values()), axis=0)[records].astype(np.float64),
            weights={name: each[records] for name, each in weights.items()},
        )

    def say(self, share: Share) -> Said:
        """The usual depth; the records with the most values of the deepest are cited."""
        present = [code for code, count in enumerate(share.counts) if count]
        ranked = sorted(present, key=lambda code: (-share.counts[code], code))
        labels = self.labels
        most = ", ".join(f"{labels[code]} in {percent(share.counts[code], share.total)}" for code in ranked[:3])
        firsts = self.firsts.get(share.batch, {})
        values = sum(share.sums.values())
        numbers = {f"{name}s" if name != "null" else "nulls": share.sums.get(name, 0) for name in KIND_NAMES}
        left = sum(count for name, count in firsts.items() if name.startswith("untold_"))
        parts = [f"$: {number_of(share.total, 'record')} with {number_of(values, 'value')}, nested {most}"]
        if firsts.get("paths"):
            parts.append(f"{number_of(firsts['paths'], 'path')} first seen here")
        if left:
            parts.append(f"{number_of(left, 'finding')} about less telling paths of them left out")
        return Said(summary="; ".join(parts), cited=present[::-1], numbers={**numbers, **firsts})
