"""Fields that decide the shape of objects: `type` of an event, `action` of a message.

lambda = (shapes foreseen with the field - foreseen without) / (objects - foreseen without) (Goodman & Kruskal 1954),
where of each value its most frequent shape is foreseen, and without the field the most frequent of all.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from rlm_pipeline.analysis.json_analyst.kinds import BOOLEAN, OBJECT, STRING, Places
from rlm_pipeline.analysis.json_analyst.paths import Node
from rlm_pipeline.analysis.json_analyst.values import Values
from rlm_pipeline.analysis.json_analyst.written import ValueCounts, written
from rlm_pipeline.analysis.observation import percent

MOST_OBJECT_PATHS: Final = 150
"""Paths of objects whose shapes are held against fields, in the order of the tree."""

MOST_FIELDS: Final = 12
"""Fields that each is held against: by name, then in the order of the tree."""

ABSENT_VALUE: Final = "(absent)"

_LAMBDA = 0.8
_SHARE = 0.9
_FEWEST = 20
_OBJECTS_PER_VALUE = 5
_PRESENT = 0.95  # share of the objects that have the field
_VARIES = 0.1  # share of the objects whose shape is not the most frequent, for a field without a usual name
_MOST_PAIRS = 5000
_FEW = 5000  # objects that are counted faster one by one
_LEVELS = 4  # above an object that a field may stand
_USUAL = frozenset(
    [
        "type",
        "kind",
        "event",
        "event_type",
        "eventtype",
        "@type",
        "_type",
        "action",
        "class",
        "category",
        "op",
        "operation",
        "object",
        "resource_type",
    ]
)

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """The field that decides the shape, in a `share` of the objects: `values` are those whose usual shape it is."""

    scope: str
    key: str
    values: Mapping[Keys, tuple[str, ...]]
    share: str


class Against:
    """How often each value of a field goes with each shape."""

    __slots__ = ("dead", "field", "pairs")

    def __init__(self, field: Node) -> None:
        self.field = field
        self.pairs: Counter[tuple[str, Keys]] = Counter()
        self.dead = False

    def add(self, texts: pl.Series, codes: Places, keys: tuple[Keys, ...]) -> None:
        """Count objects: the text of the field, null where it is absent, and the shape, a place in `keys`."""
        if self.dead:
            return
        for (text, shape), count in _paired(texts, codes):
            self.pairs[ABSENT_VALUE if text is None else text, keys[shape]] += count
        self.dead = len(self.pairs) > _MOST_PAIRS

    def decides(self) -> tuple[float, Deciding] | None:
        """Lambda and what the field decides, if it decides the shape."""
        shapes: Counter[Keys] = Counter()
        by_value: dict[str, Counter[Keys]] = {}
        for (value, keys), count in self.pairs.items():
            shapes[keys] += count
            by_value.setdefault(value, Counter())[keys] += count
        total = shapes.total()
        if self.dead or total < _FEWEST or len(by_value) < 2 or len(by_value) * _OBJECTS_PER_VALUE > total:
            return None
        usual = {value: min(found, key=lambda keys: (-found[keys], keys)) for value, found in by_value.items()}
        foreseen = sum(by_value[value][keys] for value, keys in usual.items())
        without = max(shapes.values())
        gain = (foreseen - without) / (total - without) if total > without else 0.0
        telling = {keys for value, keys in usual.items() if value != ABSENT_VALUE}
        absent = by_value.get(ABSENT_VALUE, Counter()).total()
        if gain < _LAMBDA or foreseen < _SHARE * total or len(telling) < 2 or absent > (1 - _PRESENT) * total:
            return None
        if not is_usual(self.field) and total - without < _VARIES * total:
            return None
        values: dict[Keys, list[str]] = {}
        for value in sorted(usual, key=lambda each: (-by_value[each].total(), each)):
            values.setdefault(usual[value], []).append(value)
        return gain, Deciding(
            scope=self.field.scope,
            key=self.field.key or self.field.scope,
            values={keys: tuple(each) for keys, each in values.items()},
            share=percent(foreseen, total),
        )


def _paired(texts: pl.Series, codes: Places) -> Iterable[tuple[tuple[str | None, int], int]]:
    """How often each pair of text and code occurs."""
    if len(texts) <= _FEW:
        return Counter(zip(texts.to_list(), codes.tolist(), strict=True)).items()
    counted = pl.DataFrame({"text": texts, "code": codes}).group_by("text", "code", maintain_order=True).len()
    return (((text, code), count) for text, code, count in counted.iter_rows())


def fields(node: Node, values: Mapping[Node, Values], counted: Mapping[Node, ValueCounts]) -> list[Node]:
    """The fields that may decide the shape of the objects at a path: text or yes and no, of few values, beside it."""
    found: list[Node] = []
    above: Node | None = node
    for _ in range(_LEVELS):
        if above is None:
            break
        found += [child for child in above.below.values() if child.key and _may_decide(child, values, counted)]
        above = above.above
    return sorted(found, key=lambda child: not is_usual(child))[:MOST_FIELDS]


def is_usual(field: Node) -> bool:
    """Whether a field is called as those are that tell what an object is."""
    return (field.key or "").lower() in _USUAL


def _may_decide(node: Node, values: Mapping[Node, Values], counted: Mapping[Node, ValueCounts]) -> bool:
    if node not in counted or node not in values or counted[node].counts is None:
        return False
    kinds = values[node].kinds
    return bool(((kinds == STRING) | (kinds == BOOLEAN)).any() and not (kinds >= OBJECT).any())


def beside(field: Node, node: Node, values: Mapping[Node, Values]) -> pl.Series:
    """For each object at `node` the text of a field that stands in it or above it; null where it is absent or null."""
    own = values[node]
    objects = np.flatnonzero(own.is_object)
    at, level = objects, node
    while level is not field.above and level.above is not None:
        at, level = values[level].owners[at], level.above
    given = values[field]
    place = np.full(len(values[level]) + 1, -1, np.int64)
    place[given.owners] = np.arange(len(given))
    found = place[at]
    texts = pl.concat([written(given), pl.Series([None], dtype=pl.String)])
    return texts.gather(np.where(found < 0, len(given), found))
