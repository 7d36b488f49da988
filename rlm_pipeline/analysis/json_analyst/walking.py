"""Cells of nested JSON taken apart: every value below a cell goes to the path it stands at."""

from typing import Any

import numpy as np
import polars as pl
from msgspec import Raw

from rlm_pipeline.analysis.json_analyst.kinds import ARRAY, BOOLEAN, INTEGER, NULL, NUMBER, OBJECT, STRING
from rlm_pipeline.analysis.json_analyst.paths import Node, Tree
from rlm_pipeline.analysis.json_analyst.values import Values
from rlm_pipeline.sources.json_files.notation import Step
from rlm_pipeline.sources.json_files.values import is_whole, parse


class Heap:
    """What was found at one path so far, value by value."""

    __slots__ = ("columns", "kinds", "orders", "owners", "records", "shapes", "sizes", "texts")

    def __init__(self) -> None:
        self.records: list[int] = []
        self.kinds: list[int] = []
        self.texts: list[str | None] = []
        self.sizes: list[int] = []
        self.owners: list[int] = []
        self.columns: list[int] = []
        self.shapes: list[int] = []
        self.orders: dict[tuple[str, ...], int] = {}

    def values(self, node: Node) -> Values:
        """They as one."""
        return Values(
            node=node,
            records=np.array(self.records, np.int64),
            kinds=np.array(self.kinds, np.uint8),
            texts=pl.Series(self.texts, dtype=pl.String),
            sizes=np.array(self.sizes, np.int64),
            owners=np.array(self.owners, np.int64),
            columns=np.array(self.columns, np.int64),
        )


class Walk:
    """Takes cells apart; `heaps` is what was found, `depths` the deepest nesting in the cells of each record."""

    def __init__(self, tree: Tree, records: int) -> None:
        self.heaps: dict[Node, Heap] = {}
        self.depths = np.zeros(records, np.int64)
        self._tree = tree
        self._record = 0
        self._column = 0

    def take(self, node: Node, text: str, record: int, column: int) -> None:
        """Take apart a cell with the value of one path.

        Raises:
            BrokenValueError: it is no JSON.

        """
        self._record, self._column = record, column
        depth = len(node.steps) + self._value(node, parse(text), -1)
        self.depths[record] = max(self.depths[record], depth)

    def take_rest(self, node: Node, text: str, record: int, column: int) -> None:
        """Take apart a cell with some of the members of the object at a path.

        Raises:
            BrokenValueError: it is no JSON.

        """
        self._record, self._column = record, column
        depth = len(node.steps) + self._members(node, parse(text), -1)[0]
        self.depths[record] = max(self.depths[record], depth)

    def _value(self, node: Node, value: Any, owner: int) -> int:
        """Note a value and what is in it; how deep it nests, 0 for a scalar."""
        heap = self.heaps.get(node)
        if heap is None:
            heap = self.heaps[node] = Heap()
        place = len(heap.kinds)
        heap.records.append(self._record)
        heap.owners.append(owner)
        heap.columns.append(self._column)
        kind = type(value)
        if kind is dict:
            heap.kinds.append(OBJECT)
            heap.texts.append(None)
            heap.sizes.append(0)
            heap.shapes.append(-1)
            depth, visible = self._members(node, value, place)
            heap.sizes[place] = len(visible)
            if not node.is_map:
                heap.shapes[place] = heap.orders.setdefault(visible, len(heap.orders))
            return depth
        heap.shapes.append(-1)
        if kind is list:
            heap.kinds.append(ARRAY)
            heap.texts.append(None)
            heap.sizes.append(len(value))
            below = node.below.get(Step.ITEMS) or self._tree.grow(node, Step.ITEMS)
            if below is None or not value:
                return 1
            return 1 + max([self._value(below, item, place) for item in value])
        heap.sizes.append(-1)
        heap.kinds.append(_kind(value))
        heap.texts.append(_text(value))
        return 0

    def _members(self, node: Node, value: dict[str, Any], place: int) -> tuple[int, tuple[str, ...]]:
        """Note the members of an object; how deep it nests, and its keys that are not ignored."""
        below = self._tree.below
        deepest, visible = 0, []
        for key, item in value.items():
            child = below(node, key)
            if child is not None:
                visible.append(key)
                depth = self._value(child, item, place)
                deepest = max(deepest, depth)
        return 1 + deepest, tuple(visible)


def _kind(value: Any) -> int:
    kind = type(value)
    if kind is str:
        return STRING
    if kind is int:
        return INTEGER
    if kind is bool:
        return BOOLEAN
    if kind is Raw:
        return INTEGER if is_whole(value) else NUMBER
    return NULL


def _text(value: Any) -> str | None:
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is int:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    return bytes(value).decode() if kind is Raw else None
