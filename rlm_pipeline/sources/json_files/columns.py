"""The columns of a JSON file, settled from its census, and the cells of each record.

Nested objects are flattened to a column for each scalar; arrays, and objects used as maps, are one column each, as
compact JSON. Records that are arrays of one short length have a column for each element; other records that are no
objects are in the column `value`.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from msgspec import Raw

from rlm_pipeline.sources.json_files.cell_types import MAY_BE_NONE, CellTypes
from rlm_pipeline.sources.json_files.census import Census, Node
from rlm_pipeline.sources.json_files.notation import Step, Steps, column_name
from rlm_pipeline.sources.json_files.records import Record
from rlm_pipeline.sources.json_files.values import cell, compact

MOST_COLUMNS: Final = 4000
"""Columns of one file; beyond, the widest objects are kept as JSON in one column each."""

PLACE, KEY, VALUE = "json_path", "key", "value"
"""Where a record is, where a file has several places; the key it stands under; the value of one that is no object."""

_NOT_OBJECTS = (str, int, Raw, bool, list)
_LONGEST_TUPLE = 16  # elements of records that are arrays with a column for each


class Slot:
    """Where the cells of one path go, by column, -1 for none; `name` is what its column is called, or would be.

    `index` takes what is no object, `below` an object's keys, `rest` those of them that are data; of a record that is
    an array, `elements` takes its elements.
    """

    __slots__ = ("below", "elements", "index", "name", "rest")

    def __init__(self, name: str) -> None:
        self.name = name
        self.index = -1
        self.rest = -1
        self.below: dict[str, Slot] = {}
        self.elements: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Columns:
    """The columns of a file, of which some are `made` here, and how the cells of its records are found."""

    names: tuple[str, ...]
    made: tuple[str, ...]
    places: dict[str, Slot]
    place: int  # column of the record's place, or -1
    key: int  # column of the record's key, or -1
    evidence: str

    def cells(self, record: Record) -> tuple[tuple[str | None, ...], CellTypes]:
        """The cells of a record that was in the census, and what they do not tell."""
        cells: list[str | None] = [None] * len(self.names)
        types = CellTypes([], [], [])
        if self.place >= 0:
            cells[self.place] = record.place
        if self.key >= 0:
            cells[self.key] = record.key
        slot, value = self.places[record.place], record.value
        if type(value) is dict and value:
            _fill(cells, types, slot, value)
        elif type(value) is list and slot.elements:
            for index, item in zip(slot.elements, value, strict=True):
                _take(cells, types, index, self.names[index], item)
        elif slot.index >= 0:
            _take(cells, types, slot.index, slot.name, value)
        return tuple(cells), types


def _take(cells: list[str | None], types: CellTypes, index: int, name: str, value: Any) -> None:
    cells[index] = cell(value)
    if value is None:
        types.nulls.append(name)
    elif type(value) is str:
        types.note(name, value)


def _fill(cells: list[str | None], types: CellTypes, slot: Slot, value: dict[str, Any]) -> None:
    below = slot.below
    others = None
    for key, item in value.items():
        target = below.get(key)
        if target is None:
            if others is None:
                others = {}
            others[key] = item
        elif type(item) is str:
            cells[target.index] = item
            if item[:1] in MAY_BE_NONE:
                types.note(target.name, item)
        elif item is None:
            types.nulls.append(target.name)
        elif type(item) is dict and item and (target.below or target.rest >= 0):
            _fill(cells, types, target, item)
        else:
            cells[target.index] = cell(item)
    if others is not None:
        cells[slot.rest] = compact(others)


def settle(census: Census, *, keyed: bool) -> Columns:
    """The columns of a file with this census; `keyed`: the key that a record stands under is part of it."""
    reserved = _own_columns(census, keyed=keyed)
    collapsed = _collapsed(census)
    names: dict[str, int] = {name: place for place, name in enumerate(reserved) if name != VALUE}
    places = {}
    for place, root in census.places.items():
        slot = places[place] = Slot(VALUE)
        _take_record(slot, root, names)
        _take_object(slot, root, (), _Naming(names=names, reserved=reserved, collapsed=collapsed))
    notes = [f"{len(collapsed):,} wide objects kept as JSON"] if collapsed else []
    maps = sum(node.kept is not None for _, _, node in census.nodes())
    if maps:
        notes.append(f"{maps:,} objects used as maps kept as JSON")
    return Columns(
        names=tuple(names),
        made=tuple(name for name in reserved if name in names),
        places=places,
        place=names.get(PLACE, -1) if PLACE in reserved else -1,
        key=names.get(KEY, -1) if keyed else -1,
        evidence="; ".join(notes),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Naming:
    names: dict[str, int]
    reserved: tuple[str, ...]
    collapsed: frozenset[Steps]

    def name(self, steps: Steps) -> str:
        """What the column of this path is called."""
        return column_name(steps, self.reserved)

    def column(self, steps: Steps) -> int:
        """The place of the column of this path, which is new or another place's of the same name."""
        return self.names.setdefault(self.name(steps), len(self.names))


def _own_columns(census: Census, *, keyed: bool) -> tuple[str, ...]:
    own = [PLACE] if len(census.places) > 1 else []
    own += [KEY] if keyed else []
    return (*own, *([VALUE] if any(_has_value(root) for root in census.places.values()) else []))


def _has_value(root: Node) -> bool:
    """Whether records are there that are neither objects with keys nor arrays with a column for each element."""
    others = {kind for kind, values in root.values.items() if values} - {dict}
    return root.empty or bool(others - {list}) or (list in others and not _is_tuple(root))


def _is_tuple(root: Node) -> bool:
    return root.values[list] > 0 and root.shortest == root.longest and 0 < root.longest <= _LONGEST_TUPLE


def _take_record(slot: Slot, root: Node, names: dict[str, int]) -> None:
    if _is_tuple(root):
        slot.elements = tuple(names.setdefault(f"[{place}]", len(names)) for place in range(root.longest))
    if _has_value(root):
        slot.index = names.setdefault(VALUE, len(names))


def _take_object(slot: Slot, node: Node, steps: Steps, naming: _Naming) -> None:
    """Give columns to what is below an object."""
    for key, child in node.below.items():
        below = (*steps, key)
        if isinstance(key, Step) or (not steps and below in naming.collapsed and not child.values[dict]):
            continue
        target = slot.below[key] = Slot(naming.name(below))
        is_flat = child.values[dict] and below not in naming.collapsed and child.kept != frozenset()
        if is_flat:
            _take_object(target, child, below, naming)
        if not is_flat or child.empty or any(child.values[kind] for kind in _NOT_OBJECTS):
            target.index = naming.column(below)
    if len(slot.below) < len(node.below):
        slot.rest = naming.column((*steps, Step.ANY))


def _collapsed(census: Census) -> frozenset[Steps]:
    """The objects, the widest first, that are kept as JSON lest there be more columns than MOST_COLUMNS.

    Where records themselves are too wide, their last keys.
    """
    leaves: Counter[Steps] = Counter()
    own: Counter[Steps] = Counter()
    for _, steps, node in census.nodes():
        if steps and Step.ITEMS not in steps and Step.ANY not in steps and not node.values[dict]:
            own[steps[:-1]] += 1
            leaves.update(steps[:depth] for depth in range(len(steps)))
    collapsed: set[Steps] = set()
    excess = leaves[()] - MOST_COLUMNS
    if excess <= 0:
        return frozenset()
    for steps, width in own.most_common():
        if excess <= 0:
            break
        if steps and width > 1:
            collapsed.add(steps)
            excess -= width - 1
    top = [(steps, bool(node.values[dict])) for _, steps, node in census.nodes() if len(steps) == 1]
    top.reverse()
    for steps, nested in sorted(top, key=lambda each: not each[1]):
        if excess < 0:
            break
        if steps not in collapsed:
            collapsed.add(steps)
            excess -= leaves[steps] - 1 if nested else 1
    return frozenset(collapsed)
