"""What there is at each path of a partition: all that decides what to look for, in bounded memory.

Counts of types, states, lengths and formats are exact; values, shapes and identifiers are told apart up to a bound,
beyond which their path is not told by them. Quartiles are of an even sample of large paths.
"""

from dataclasses import dataclass, field

import numpy as np

from rlm_pipeline.analysis.json_analyst import deciding, formats, gaps, ids, nesting, type_mixes
from rlm_pipeline.analysis.json_analyst.assembling import Assembled
from rlm_pipeline.analysis.json_analyst.deciding import Against
from rlm_pipeline.analysis.json_analyst.ids import Ids
from rlm_pipeline.analysis.json_analyst.kinds import OBJECT
from rlm_pipeline.analysis.json_analyst.oddities import epochs
from rlm_pipeline.analysis.json_analyst.outliers import Sample
from rlm_pipeline.analysis.json_analyst.paths import Node
from rlm_pipeline.analysis.json_analyst.shapes import ShapeCounts
from rlm_pipeline.analysis.json_analyst.stamps import Order
from rlm_pipeline.analysis.json_analyst.telling import Seen
from rlm_pipeline.analysis.json_analyst.written import ValueCounts, written
from rlm_pipeline.analysis.window import Window


def _zeros(size: int) -> np.ndarray:
    return np.zeros(size, np.int64)


@dataclass(slots=True, eq=False)
class Surveyed:
    """What there is at one path; `first` is the batch it is first seen in, `records` those that have it."""

    node: Node
    first: int
    states: np.ndarray = field(default_factory=lambda: _zeros(len(gaps.LABELS)))
    types: np.ndarray = field(default_factory=lambda: _zeros(len(type_mixes.LABELS)))
    lengths: np.ndarray = field(default_factory=lambda: _zeros(len(nesting.LENGTHS)))
    formats: np.ndarray = field(default_factory=lambda: _zeros(len(formats.NAMES) + 1))
    longest: int = 0
    records: int = 0
    objects: int = 0
    dates: int = 0  # integers that may be timestamps
    values: ValueCounts = field(default_factory=ValueCounts)
    numbers: Sample = field(default_factory=Sample)
    shapes: ShapeCounts = field(default_factory=ShapeCounts)
    order: Order = field(default_factory=Order)

    @property
    def present(self) -> int:
        """Values, null or not."""
        return int(self.states.sum())

    @property
    def strings(self) -> int:
        """Strings."""
        return int(self.formats.sum())


class Survey:
    """All paths of a partition, in the order in which they are first seen."""

    def __init__(self) -> None:
        self.paths: dict[Node, Surveyed] = {}
        self.ids = Ids()
        self.against: dict[Node, dict[Node, Against]] = {}
        self.deepest = 0
        self.records = 0

    def add(self, window: Window, whole: Assembled) -> None:
        """Take in a piece of a window."""
        first, batches = window.batches[0].number, whole.piece.batches
        for node, values in whole.values.items():
            if len(values):
                if node not in self.paths:
                    self.paths[node] = Surveyed(node, first + int(batches[values.records].min()))
                self._add(self.paths[node], Seen(values=values, whole=whole), first)
        self._hold_against(whole)
        self.records += whole.piece.records
        self.deepest = max(self.deepest, int(whole.depths.max(initial=0)))

    def _add(self, path: Surveyed, seen: Seen, first: int) -> None:
        values = seen.values
        path.states += np.bincount(gaps.states(values), minlength=len(path.states))
        path.records += len(np.unique(values.records)) if not values.node.single else len(values)
        self._add_nested(path, seen, first)
        types = type_mixes.types(values)
        path.types += np.bincount(types[types >= 0], minlength=len(path.types))
        if not values.is_scalar.any():
            return
        texts = written(values)
        path.values.add(texts)
        if ids.is_id(values.node):
            self.ids.add(values.node, texts)
        self._add_strings(path, seen)
        path.dates += int(epochs(values).sum())
        path.numbers.add(values.like.numbers)

    def _add_nested(self, path: Surveyed, seen: Seen, first: int) -> None:
        values = seen.values
        if not (values.kinds >= OBJECT).any():
            return
        found = nesting.lengths(values)
        path.lengths += np.bincount(found[found >= 0], minlength=len(path.lengths))
        path.longest = max(path.longest, int(values.sizes[found >= 0].max(initial=0)))
        path.objects += int(values.is_object.sum())
        path.shapes.add(values, seen.whole.piece.batches[values.records], first)

    def _add_strings(self, path: Surveyed, seen: Seen) -> None:
        values = seen.values
        codes = values.like.formats
        found = np.bincount(codes[codes >= 0], minlength=len(path.formats))
        path.formats += found
        stamps = found[formats.NAMES.index(formats.DATE)] + found[formats.NAMES.index(formats.TIMESTAMP)]
        if stamps and values.node.single:
            path.order.add(seen)

    def _hold_against(self, whole: Assembled) -> None:
        """Hold the shapes of objects against the fields that may decide them."""
        counted = {node: path.values for node, path in self.paths.items()}
        for node, values in whole.values.items():
            if values.shapes is None or not values.is_object.any():
                continue
            if node not in self.against:
                if len(self.against) >= deciding.MOST_OBJECT_PATHS:
                    continue
                self.against[node] = {each: Against(each) for each in deciding.fields(node, whole.values, counted)}
            codes = values.shapes.codes[values.is_object]
            for found, against in self.against[node].items():
                given = whole.values.get(found)
                if given is None or counted[found].counts is None:
                    against.dead = True
                else:
                    against.add(deciding.beside(found, node, whole.values), codes, values.shapes.keys)

    def decided(self, path: Surveyed) -> deciding.Deciding | None:
        """The field that decides the shapes at a path best, if any does."""
        found = []
        for against in self.against.get(path.node, {}).values():
            counted = against.pairs.total() == path.shapes.counts.total()
            decides = against.decides() if counted and not path.shapes.beyond else None
            if decides is not None:
                found.append((-decides[0], len(against.pairs), decides[1].scope, decides[1]))
        return min(found, key=lambda each: each[:3])[3] if found else None

    def absent(self, path: Surveyed) -> int:
        """Objects above a path that do not have its key."""
        above = self.paths.get(path.node.above) if path.node.above is not None else None
        return above.objects - path.present if above is not None and path.node.key is not None else 0

    def spellings(self) -> dict[Node, str]:
        """Keys that differ from a more frequent one beside them only in case and marks, and that one."""
        found: dict[Node, str] = {}
        for path in self.paths.values():
            alike: dict[str, list[Surveyed]] = {}
            for child in path.node.below.values():
                if child.key and child in self.paths:
                    folded = "".join(letter for letter in child.key.casefold() if letter.isalnum())
                    alike.setdefault(folded, []).append(self.paths[child])
            for folded, group in alike.items():
                usual = min(group, key=lambda each: (-each.present, each.node.key or ""))
                for each in group if folded else ():
                    one, other = str(each.node.key), str(usual.node.key)
                    if each is not usual and not path.shapes.together(one, other):
                        found[each.node] = other
        return found
