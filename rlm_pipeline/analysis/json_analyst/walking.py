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
    """What was found at one path so far, value by value: its kind, the value or the size of what is nested, and where.

    `owners` are places among the values of the path above; `tops` are values that stand in a cell themselves, by place,
    with the record and the column of the cell. `shapes` are, for the `objects` by place, the order of their keys, a
    place in `orders`. All are flat lists, which cost the garbage collector nothing.
    """

    __slots__ = ("codes", "columns", "items", "objects", "orders", "owners", "records", "shapes", "tops")

    def __init__(self) -> None:
        self.codes: list[int] = []
        self.items: list[Any] = []
        self.owners: list[int] = []
        self.tops: list[int] = []
        self.records: list[int] = []
        self.columns: list[int] = []
        self.objects: list[int] = []
        self.shapes: list[int] = []
        self.orders: dict[tuple[str, ...], int] = {}

    def top(self, record: int, column: int) -> None:
        """The next value stands in this cell."""
        self.tops.append(len(self.codes))
        self.records.append(record)
        self.columns.append(column)

    def values(self, node: Node, above: Values | None) -> Values:
        """They as one; `above` are the values of the path above in the same order as when these were found."""
        kinds = np.array(self.codes, np.uint8)
        for place in np.flatnonzero(kinds == NUMBER).tolist():
            if is_whole(self.items[place]):
                kinds[place] = INTEGER
        sizes = np.full(len(kinds), -1, np.int64)
        nested = np.flatnonzero(kinds >= OBJECT)
        sizes[nested] = [self.items[place] for place in nested.tolist()]
        pairs = zip(self.codes, self.items, strict=True)
        texts = [item if code == STRING else _text(code, item) for code, item in pairs]
        sizes[[place for place, text in enumerate(texts) if text == ""]] = 0
        owners = np.array(self.owners, np.int64)
        records, columns = np.zeros(len(kinds), np.int64), np.zeros(len(kinds), np.int64)
        owned = owners >= 0
        if above is not None:
            records[owned], columns[owned] = above.records[owners[owned]], above.columns[owners[owned]]
        records[self.tops], columns[self.tops] = self.records, self.columns
        return Values(
            node=node,
            records=records,
            kinds=kinds,
            texts=pl.Series(texts, dtype=pl.String),
            sizes=sizes,
            owners=owners,
            columns=columns,
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

    def take(self, node: Node, text: str, record: int, column: int) -> None:
        """Take apart a cell with an array or an object that stands at a path.

        Raises:
            BrokenValueError: it is no JSON.

        """
        self._heap(node).top(record, column)
        depth = len(node.steps) + self._nested(node, parse(text), -1)
        self.depths[record] = max(self.depths[record], depth)

    def take_rest(self, node: Node, text: str, record: int, column: int) -> None:
        """Take apart a cell with some of the members of the object at a path.

        Raises:
            BrokenValueError: it is no JSON.

        """
        value = parse(text)
        for key in value:
            child = self._tree.below(node, key)
            if child is not None:
                # Two keys that are data are values of one path: each takes its cell before it is noted.
                self._heap(child).top(record, column)
                depth = len(node.steps) + self._members(node, {key: value[key]}, -1)[0]
                self.depths[record] = max(self.depths[record], depth)

    def found(self) -> dict[Node, Values]:
        """What was found at each path, in the order in which it was found."""
        values: dict[Node, Values] = {}
        for node in sorted(self.heaps, key=lambda each: len(each.steps)):
            if self.heaps[node].codes:
                above = values.get(node.above) if node.above is not None else None
                values[node] = self.heaps[node].values(node, above)
        return values

    def _heap(self, node: Node) -> Heap:
        heap = self.heaps.get(node)
        if heap is None:
            heap = self.heaps[node] = Heap()
        return heap

    def _nested(self, node: Node, value: Any, owner: int) -> int:
        """Note an array or an object and what is in it; how deep it nests."""
        heap = self._heap(node)
        place = len(heap.codes)
        heap.owners.append(owner)
        if type(value) is list:
            heap.codes.append(ARRAY)
            heap.items.append(len(value))
            return self._elements(node, value, place) if value else 1
        heap.codes.append(OBJECT)
        heap.items.append(0)
        depth, visible = self._members(node, value, place)
        heap.items[place] = len(visible)
        if node.any is None:
            heap.objects.append(place)
            heap.shapes.append(heap.orders.setdefault(visible, len(heap.orders)))
        return depth

    def _elements(self, node: Node, value: list[Any], place: int) -> int:
        below = node.items or self._tree.grow_items(node)
        if below is None:
            return 1
        heap, deepest = self._heap(below), 0
        codes = [_SCALARS.get(type(item)) for item in value]
        if None not in codes:
            heap.codes += codes  # type: ignore[arg-type]  # of scalars only
            heap.items += value
            heap.owners += [place] * len(value)
            return 1
        for item, code in zip(value, codes, strict=True):
            if code is None:
                depth = self._nested(below, item, place)
                deepest = max(deepest, depth)
            else:
                heap.codes.append(code)
                heap.items.append(item)
                heap.owners.append(place)
        return 1 + deepest

    def _members(self, node: Node, value: dict[str, Any], place: int) -> tuple[int, tuple[str, ...]]:
        """Note the members of an object; how deep it nests, and its keys that are not ignored."""
        heaps, below, deepest, visible = self.heaps, node.below, 0, []
        for key, item in value.items():
            child = below.get(key) or self._tree.below(node, key)
            if child is None:
                continue
            visible.append(key)
            code = _SCALARS.get(type(item))
            if code is None:
                depth = self._nested(child, item, place)
                deepest = max(deepest, depth)
                continue
            heap = heaps.get(child) or self._heap(child)
            heap.codes.append(code)
            heap.items.append(item)
            heap.owners.append(place)
        return 1 + deepest, tuple(visible)
