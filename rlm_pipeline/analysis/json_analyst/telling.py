"""What is told of a path: every value put into one of a few classes, counted batch by batch.

Classes are settled for the whole partition beforehand, so the counts of batches add up to the partition's.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from rlm_pipeline.analysis.json_analyst.assembling import Assembled
from rlm_pipeline.analysis.json_analyst.kinds import Places
from rlm_pipeline.analysis.json_analyst.paths import Node
from rlm_pipeline.analysis.json_analyst.values import Values, none_at
from rlm_pipeline.analysis.observation import Observation, Severity

Ranks = npt.NDArray[np.float64]

CITED = 3
"""Records cited by a finding at most: an example of each of the classes that say most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A record, by place within the window, and words of one of its cells; without, only the record is meant."""

    place: int
    column: str | None = None
    quote: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A path in a piece: its values, and all there is."""

    values: Values
    whole: Assembled

    @property
    def owner(self) -> Values:
        """The values of the path above."""
        above = self.values.node.above
        return self.at(above) if above is not None else none_at(self.values.node)

    def at(self, node: Node) -> Values:
        """The values of another path."""
        return self.whole.values.get(node) or none_at(node)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """n things that are counted: the record and the class of each, -1 for none.

    `quoted` are places among the values of the path, -1 for what has none. Of a class the thing with the highest rank
    is cited, without `ranks` the first. `weights` add up over the things of a batch.
    """

    codes: Places
    records: Places
    quoted: Places | None = None
    ranks: Ranks | None = None
    weights: Mapping[str, Places] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one batch has of a topic: things by class, in the order of its labels, and the sums of their weights."""

    batch: int
    counts: tuple[int, ...]
    sums: Mapping[str, int]

    @property
    def total(self) -> int:
        """Things counted."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said of a share; `cited` are classes, those whose example says most first."""

    summary: str
    cited: Sequence[int]
    numbers: Mapping[str, int] = field(default_factory=dict)
    severity: Severity = "info"
    confidence: float = 1.0


class Topic(Protocol):
    """What is told of one path, settled for the whole partition; labels that are equal are counted together."""

    @property
    def kind(self) -> str:
        """The type of finding."""

    @property
    def scope(self) -> str:
        """The path it is about, or what of it."""

    @property
    def labels(self) -> Sequence[str]:
        """The classes, by place."""

    def read(self, seen: Seen) -> Iterator[Coded]:
        """The path's values in a piece, classified; pieces come in order, each once."""

    def say(self, share: Share) -> Said:
        """What is said of a batch that has any."""


class Counts:
    """The counts of one topic in the batches of a window."""

    def __init__(self, topic: Topic, batches: int) -> None:
        self.topic = topic
        self._counts = np.zeros((batches, len(topic.labels)), np.int64)
        self._sums: dict[str, Places] = {}
        self._examples: dict[int, tuple[float, Example]] = {}

    def add(self, seen: Seen, example: Callable[[Seen, int, int], Example]) -> None:
        """Count a piece; `example` makes one of a record and a place among the values."""
        width = len(self.topic.labels)
        for coded in self.topic.read(seen):
            counted = np.flatnonzero(coded.codes >= 0)
            batches = seen.whole.piece.batches[coded.records[counted]]
            keys = batches * width + coded.codes[counted]
            self._counts += np.bincount(keys, minlength=self._counts.size).reshape(self._counts.shape)
            for name, weights in coded.weights.items():
                sums = np.bincount(batches, weights=weights[counted], minlength=len(self._counts))
                self._sums[name] = self._sums.get(name, np.zeros(len(self._counts), np.int64)) + sums.astype(np.int64)
            self._cite(seen, coded, counted, keys, example)

    def _cite(
        self, seen: Seen, coded: Coded, counted: Places, keys: Places, example: Callable[[Seen, int, int], Example]
    ) -> None:
        ranks = np.zeros(len(keys)) if coded.ranks is None else coded.ranks[counted]
        order = np.lexsort((np.arange(len(keys)), -ranks, keys))
        distinct, first = np.unique(keys[order], return_index=True)
        for key, place in zip(distinct.tolist(), order[first].tolist(), strict=True):
            if key not in self._examples or self._examples[key][0] < ranks[place]:
                at = int(counted[place])
                quoted = int(coded.quoted[at]) if coded.quoted is not None else -1
                self._examples[key] = float(ranks[place]), example(seen, int(coded.records[at]), quoted)

    def told(self, numbers: Sequence[int]) -> Iterator[tuple[Observation, tuple[Example, ...]]]:
        """An observation of each batch that has any, without evidence, and what to cite; `numbers` are of batches."""
        topic, width = self.topic, len(self.topic.labels)
        for index in np.flatnonzero(self._counts.any(axis=1)).tolist():
            share = Share(
                batch=numbers[index],
                counts=tuple(self._counts[index].tolist()),
                sums={name: int(sums[index]) for name, sums in self._sums.items()},
            )
            said = topic.say(share)
            examples = [
                self._examples[key][1] for key in (index * width + code for code in said.cited) if key in self._examples
            ]
            observation = Observation(
                kind=topic.kind,
                scope=topic.scope,
                batch=share.batch,
                summary=said.summary,
                total=share.total,
                numbers=dict(said.numbers),
                evidence=(),
                distribution=distribution(topic.labels, share.counts),
                severity=said.severity,
                confidence=said.confidence,
                analyst="json",
            )
            yield observation, tuple(examples[:CITED])


def distribution(labels: Sequence[str], counts: Sequence[int]) -> tuple[tuple[str, int], ...]:
    """The counts by label, in the order of the labels, without those that are 0."""
    found: dict[str, int] = {}
    for label, count in zip(labels, counts, strict=True):
        if count:
            found[label] = found.get(label, 0) + count
    return tuple(found.items())
