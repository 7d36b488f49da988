"""Shapes of objects: which keys they have; what the shapes are called, and what decides them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from rlm_pipeline.analysis.json_analyst import shape_names
from rlm_pipeline.analysis.json_analyst.deciding import Deciding
from rlm_pipeline.analysis.json_analyst.telling import Coded, Said, Seen, Share
from rlm_pipeline.analysis.json_analyst.values import Values
from rlm_pipeline.analysis.observation import percent

MOST_SHAPES: Final = 2000
"""Shapes of one path that are told apart in the survey; what comes later counts as another shape."""

NAMED_SHAPES: Final = 24
"""Shapes that are named; the rest are counted together."""

OTHER_SHAPES: Final = "(other shapes)"

_COVERED = 0.6  # share of the objects that named shapes have, at least
_DRIFT = 0.25  # total variation distance of a batch from the partition
_DRIFT_OBJECTS = 50

Keys = tuple[str, ...]


class ShapeCounts:
    """The shapes at a path so far, and the batch each was first seen in; `beyond` counts objects of later shapes."""

    __slots__ = ("beyond", "counts", "first")

    def __init__(self) -> None:
        self.counts: Counter[Keys] = Counter()
        self.first: dict[Keys, int] = {}
        self.beyond = 0

    def add(self, values: Values, batches: np.ndarray, first_batch: int) -> None:
        """Count the objects among values, of which each is in one of `batches`, counted from `first_batch`."""
        shapes = values.shapes
        if shapes is None or not len(shapes.keys):
            return
        counts = np.bincount(shapes.codes[shapes.codes >= 0], minlength=len(shapes.keys)).tolist()
        distinct, place = np.unique(shapes.codes, return_index=True)
        seen = dict(zip(distinct.tolist(), place.tolist(), strict=True))
        for code, count in enumerate(counts):
            keys = shapes.keys[code]
            if not count:
                continue
            if keys not in self.counts and len(self.counts) >= MOST_SHAPES:
                self.beyond += count
                continue
            self.counts[keys] += count
            self.first.setdefault(keys, first_batch + int(batches[seen[code]]))

    def together(self, one: str, other: str) -> bool:
        """Whether an object has both keys."""
        return any(one in keys and other in keys for keys in self.counts)

    @property
    def ranked(self) -> list[Keys]:
        """The shapes, most frequent first."""
        return sorted(self.counts, key=lambda keys: (-self.counts[keys], keys))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeTopic:
    """The shapes of the objects at a path.

    `codes` are the labels of shapes, by place; `first` is how many are first seen in a batch; `whole` are the
    partition's objects by label; `kinds` are all shapes.
    """

    scope: str
    labels: Sequence[str]
    codes: Mapping[Keys, int]
    first: Mapping[int, int]
    whole: Sequence[int]
    kinds: int
    decided: Deciding | None
    kind: str = "schema_variation"

    def read(self, seen: Seen) -> Iterator[Coded]:
        """Each object by its shape."""
        values = seen.values
        if values.shapes is None or not len(values):
            return
        rest = len(self.labels) - 1
        of_shape = np.array([*(self.codes.get(keys, rest) for keys in values.shapes.keys), -1], np.int64)
        yield Coded(codes=of_shape[values.shapes.codes], records=values.records, quoted=np.arange(len(values)))

    def say(self, share: Share) -> Said:
        """How many objects have which keys; a batch unlike the partition is worth a notice."""
        ranked = sorted(
            (code for code, count in enumerate(share.counts[:-1]) if count), key=lambda code: -share.counts[code]
        )
        what = "records" if self.scope == "$" else "objects"
        most = ", ".join(f"{self.labels[code]} ({percent(share.counts[code], share.total)})" for code in ranked[:3])
        parts = [
            f"{self.scope}: {share.total:,} {what} of the {self.kinds:,} shapes of the partition, most often {most}"
        ]
        if self.kinds == 1:
            parts = [f"{self.scope}: all {share.total:,} {what} have the same keys: {self.labels[0]}"]
        elif not ranked:
            parts = [f"{self.scope}: {share.total:,} {what}, all of rare shapes of the {self.kinds:,} of the partition"]
        if self.decided is not None:
            parts.append(f"{self.decided.scope} decides the shape in {self.decided.share} of all")
        new = self.first.get(share.batch, 0)
        drift = self._drift(share)
        if drift:
            parts.append(drift)
        rare = sorted((code for code, count in enumerate(share.counts) if count), key=lambda code: self.whole[code])
        few = any(count and 100 * self.whole[code] <= sum(self.whole) for code, count in enumerate(share.counts[:-1]))
        return Said(
            summary="; ".join(parts),
            cited=rare,
            numbers={"shapes_first_seen": new},
            severity="notice" if drift or (few and self.kinds > 1) else "info",
        )

    def _drift(self, share: Share) -> str:
        whole = sum(self.whole)
        if share.total < _DRIFT_OBJECTS or whole == share.total:
            return ""
        gaps = [count / share.total - all_of / whole for count, all_of in zip(share.counts, self.whole, strict=True)]
        if sum(abs(gap) for gap in gaps) / 2 < _DRIFT:
            return ""
        code = max(range(len(gaps)), key=lambda place: (abs(gaps[place]), -place))
        here, everywhere = percent(share.counts[code], share.total), percent(self.whole[code], whole)
        return f"unlike the partition: {self.labels[code]} {here} here, {everywhere} in all"


def topic(scope: str, shapes: ShapeCounts, decided: Deciding | None) -> ShapeTopic:
    """What is told of the shapes at a path: the most frequent ones, or where these are few of all, groups of shapes."""
    ranked = shapes.ranked
    named = ranked[:NAMED_SHAPES]
    whole = shapes.counts.total() + shapes.beyond
    if sum(shapes.counts[keys] for keys in named) >= _COVERED * whole:
        labels = shape_names.names(named, shapes.counts, decided)
        codes = {keys: code for code, keys in enumerate(named)}
    else:
        labels, codes = shape_names.groups(shapes.counts, NAMED_SHAPES)
        decided = None
    counts = Counter(dict.fromkeys(range(len(labels)), 0))
    for keys, code in codes.items():
        counts[code] += shapes.counts[keys]
    return ShapeTopic(
        scope=scope,
        labels=(*labels, OTHER_SHAPES),
        codes=codes,
        first=Counter(shapes.first.values()),
        whole=(*(counts[code] for code in range(len(labels))), whole - counts.total()),
        kinds=len(shapes.counts),
        decided=decided,
    )
