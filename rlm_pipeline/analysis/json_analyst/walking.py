"""Cells of nested JSON taken apart: every value below a cell goes to the path it stands at."""

from typing import Any, Final

import numpy as np
import polars as pl
from msgspec import Raw

from rlm_pipeline.analysis.json_analyst.kinds import ARRAY, BOOLEAN, INTEGER, NULL, NUMBER, OBJECT, STRING
from rlm_pipeline.analysis.json_analyst.paths import Node, Tree
from rlm_pipeline.analysis.json_analyst.values import Values
from rlm_pipeline.sources.json_files.values import is_whole, parse

_SCALARS: Final = {str: STRING, int: INTEGER, Raw: NUMBER, bool: BOOLEAN, type(None): NULL}


class Heap:
    """What was found at one path so far, value by value.

    A row has the record, the kind, the value or the size of what is nested, and the place of the value above. `columns`
    are the places from which on rows are of another column; `shapes` are the rows of objects and the order of their
    keys, a place in `orders`.
    """

    __slots__ = ("columns", "orders", "rows", "shapes")

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, Any, int]] = []
        self.columns: list[tuple[int, int]] = []
        self.shapes: list[tuple[int, int]] = []
        self.orders: dict[tuple[str, ...], int] = {}

    def values(self, node: Node) -> Values:
        """They as one."""
        records, codes, items, owners = zip(*self.rows, strict=True)
        kinds = np.array(codes, np.uint8)
        for place in np.flatnonzero(kinds == NUMBER).tolist():
            if is_whole(items[place]):
                kinds[place] = INTEGER
        sizes = np.full(len(kinds), -1, np.int64)
        for place in np.flatnonzero(kinds >= OBJECT).tolist():
            sizes[place] = items[place]
        texts = [item if code == STRING else _text(code, item) for code, item in zip(codes, items, strict=True)]
        sizes[[place for place, text in enumerate(texts) if text == ""]] = 0
        starts = [place for place, _ in self.columns]
        lengths = np.diff([*starts, len(kinds)])
        return Values(
            node=node,
            records=np.array(records, np.int64),
            kinds=kinds,
            texts=pl.Series(texts, dtype=pl.String),
            sizes=sizes,
            owners=np.array(owners, np.int64),
            columns=np.repeat([column for _, column in self.columns], lengths),
        )


def _text(code: int, item: Any) -> str | None:
    if code == INTEGER:
        return str(item)
    if code == BOOLEAN:
        return "true" if item else "false"
    return bytes(item).decode() if code == NUMBER else None


class Walk:
    """Takes cells apart; `heaps` is what was found, `depths` the deepest nesting in the cells of each record."""

    def __init__(self, tree: Tree, records: int) -> None:
        self.heaps: dict[Node, Heap] = {}
        self.depths = np.zeros(records, np.int64)
        self._tree = tree
        self._record = 0
        self._column = 0

    def take(self, node: Node, text: str, record: int, column: int) -> None:
        """Take apart a cell with an array or an object that stands at a path.

        Raises:
            BrokenValueError: it is no JSON.

        """
        self._record, self._column = record, column
        depth = len(node.steps) + self._nested(node, parse(text), -1)
        self.depths[record] = max(self.depths[record], depth)

    def take_rest(self, node: Node, text: str, record: int, column: int) -> None:
        """Take apart a cell with some of the members of the object at a path.

        Raises:
            BrokenValueError: it is no JSON.

        """
        self._record, self._column = record, column
        depth = len(node.steps) + self._members(node, parse(text), -1)[0]
        self.depths[record] = max(self.depths[record], depth)

    def _heap(self, node: Node) -> Heap:
        heap = self.heaps.get(node)
        if heap is None:
            heap = self.heaps[node] = Heap()
        if not heap.columns or heap.columns[-1][1] != self._column:
            heap.columns.append((len(heap.rows), self._column))
        return heap

    def _nested(self, node: Node, value: Any, owner: int) -> int:
        """Note an array or an object and what is in it; how deep it nests."""
        heap = self._heap(node)
        place = len(heap.rows)
        if type(value) is list:
            heap.rows.append((self._record, ARRAY, len(value), owner))
            return self._elements(node, value, place) if value else 1
        heap.rows.append((self._record, OBJECT, 0, owner))
        depth, visible = self._members(node, value, place)
        heap.rows[place] = (self._record, OBJECT, len(visible), owner)
        if node.any is None:
            heap.shapes.append((place, heap.orders.setdefault(visible, len(heap.orders))))
        return depth

    def _elements(self, node: Node, value: list[Any], place: int) -> int:
        below = node.items or self._tree.grow_items(node)
        if below is None:
            return 1
        record, rows, deepest = self._record, self._heap(below).rows, 0
        for item in value:
            code = _SCALARS.get(type(item))
            if code is None:
                depth = self._nested(below, item, place)
                deepest = max(deepest, depth)
            else:
                rows.append((record, code, item, place))
        return 1 + deepest

    def _members(self, node: Node, value: dict[str, Any], place: int) -> tuple[int, tuple[str, ...]]:
        """Note the members of an object; how deep it nests, and its keys that are not ignored."""
        record, below, deepest, visible = self._record, node.below, 0, []
        for key, item in value.items():
            child = below.get(key) or self._tree.below(node, key)
            if child is None:
                continue
            visible.append(key)
            code = _SCALARS.get(type(item))
            if code is None:
                depth = self._nested(child, item, place)
                deepest = max(deepest, depth)
            else:
                self._heap(child).rows.append((record, code, item, place))
        return 1 + deepest, tuple(visible)
