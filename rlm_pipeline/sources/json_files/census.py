"""Every path of a file's records with its types: which there are, how often, and in how many records.

Objects whose keys are data (`{"2021-03-01": 5, "2021-03-02": 7}`) would give a path for each key. They are recognised
by their keys: many, each in few of the objects. Such keys are one path, `$.counts.*`. Where one is recognised late, the
census starts again knowing it, so that all counts are exact.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

import polars as pl
from msgspec import Raw

from rlm_pipeline.model import PATH_SCHEMA
from rlm_pipeline.sources.json_files.notation import Step, Steps, json_path
from rlm_pipeline.sources.json_files.records import JsonFile, Notes, Record
from rlm_pipeline.sources.json_files.values import is_whole, keys_twice, quotes_in

logger = logging.getLogger(__name__)

MOST_KEYS: Final = 4000
"""Keys of one object that have paths of their own."""

MOST_PATHS: Final = 20_000
"""Paths of one file that are told apart."""

_FEWEST_KEYS = 100  # an object with fewer is no map
_RARE = 0.05  # share of the objects that a map's keys are in, on average
_FIRST_LOOK = 1024  # records after which maps are looked for; then each time there are twice as many
_FEW = 10  # objects that a map's keys are in, on average
_OFTEN = 0.5  # share of a map's objects that have a key which is no data
_MOST_STARTS = 8

Maps = Mapping[tuple[str, Steps], frozenset[str]]
"""Objects used as maps, by place and steps -> their keys that are no data."""

TYPES: Final[Mapping[type, str]] = {
    dict: "object", list: "array", str: "string", int: "integer", Raw: "number", bool: "boolean", type(None): "null",
}  # fmt: skip


class Node:
    """One path: how many values of each Python type were there, and in how many records; and what is below it."""

    __slots__ = ("below", "empty", "items", "kept", "last", "longest", "records", "repeats", "shortest", "values")

    def __init__(self, *, repeats: bool, kept: frozenset[str] | None) -> None:
        self.values: defaultdict[type, int] = defaultdict(int)
        self.records: defaultdict[type, int] = defaultdict(int)  # only where one record can have several values
        self.last: dict[type, int] = {}
        self.repeats = repeats
        self.kept = kept  # None: all keys
        self.below: dict[str | Step, Node] = {}
        self.empty = False  # whether there were objects without keys
        self.items: Node | None = None
        self.longest = 0
        self.shortest = 1 << 62

    def in_records(self, kind: type) -> int:
        """Records with at least one value of this type here."""
        return self.records[kind] if self.repeats else self.values[kind]

    def occurrences(self) -> int:
        """Values of any type."""
        return sum(self.values.values())


class TooManyPathsError(Exception):
    """The census found objects used as maps, and must start again knowing them."""


class Census:
    """The paths of the records added to it, by place; `maps` are those known, `flat` takes all nested objects so."""

    def __init__(self, maps: Maps, *, flat: bool = False) -> None:
        self.places: dict[str, Node] = {}
        self.total = 0
        self._maps = maps
        self._flat = flat
        self._nodes = 0
        self._of_place: dict[int, tuple[str, Steps]] = {}

    def add(self, record: Record) -> None:
        """Count the paths of one record.

        Raises:
            TooManyPathsError: there are more than are kept in memory.

        """
        root = self.places.get(record.place)
        if root is None:
            root = self.places[record.place] = self._node(record.place, (), repeats=False)
        self.total += 1
        value = record.value
        kind = _kind(value)
        root.values[kind] += 1
        if kind is dict:
            self._object(root, value)
        elif kind is list:
            root.longest = max(root.longest, len(value))
            root.shortest = min(root.shortest, len(value))
            self._array(root, value)

    def _object(self, node: Node, value: dict[str, Any]) -> None:
        below = node.below
        if not value:
            node.empty = True
        for key, item in value.items():
            child = below.get(key)
            if child is None:
                child = self._child(node, key)
                if child.repeats:
                    self._again(child, item)
                    continue
            kind = type(item)
            if kind is Raw:
                kind = _kind(item)
            child.values[kind] += 1
            if kind is dict:
                self._object(child, item)
            elif kind is list:
                self._array(child, item)

    def _array(self, node: Node, value: list[Any]) -> None:
        if node.items is None:
            node.items = self._grown(node, Step.ITEMS, repeats=True)
        for item in value:
            self._again(node.items, item)

    def _again(self, node: Node, value: Any) -> None:
        """Count a value where its record can have several."""
        kind = _kind(value)
        node.values[kind] += 1
        if node.last.get(kind) != self.total:
            node.last[kind] = self.total
            node.records[kind] += 1
        if kind is dict:
            node.empty = node.empty or not value
            for key, item in value.items():
                self._again(node.below.get(key) or self._child(node, key), item)
        elif kind is list:
            self._array(node, value)

    def _child(self, node: Node, key: str) -> Node:
        """The node of a key that has none yet: its own, or that of all keys of a map."""
        if node.kept is None or key in node.kept:
            if len(node.below) >= MOST_KEYS:
                raise TooManyPathsError
            return self._grown(node, key, repeats=node.repeats)
        return node.below.get(Step.ANY) or self._grown(node, Step.ANY, repeats=True)

    def _grown(self, node: Node, step: str | Step, *, repeats: bool) -> Node:
        if self._nodes >= MOST_PATHS:
            raise TooManyPathsError
        place, steps = self._of_place[id(node)]
        child = self._node(place, (*steps, step), repeats=repeats)
        if step is not Step.ITEMS:
            node.below[step] = child
        return child

    def _node(self, place: str, steps: Steps, *, repeats: bool) -> Node:
        kept = self._maps.get((place, steps))
        if kept is None and self._flat and steps:
            kept = frozenset()
        node = Node(repeats=repeats, kept=kept)
        self._of_place[id(node)] = place, steps
        self._nodes += 1
        return node

    def strings(self) -> int:
        """Strings in the records, keys among them."""
        reached_by_key = (node.occurrences() for _, steps, node in self.nodes() if steps and steps[-1] != Step.ITEMS)
        return sum(reached_by_key) + sum(node.values[str] for _, _, node in self.nodes())

    def nodes(self) -> Iterator[tuple[str, Steps, Node]]:
        """Every path in order of first appearance, those below it behind it."""
        stack: list[tuple[str, Steps, Node]] = [(place, (), node) for place, node in reversed(self.places.items())]
        while stack:
            place, steps, node = stack.pop()
            yield place, steps, node
            under = [(place, (*steps, step), child) for step, child in node.below.items()]
            if node.items is not None:
                under.append((place, (*steps, Step.ITEMS), node.items))
            stack += reversed(under)

    def new_maps(self, *, full: bool) -> Maps:
        """Objects not yet known as maps that are; when `full`, those that take up most of the memory."""
        wide = [(where, steps, node) for where, steps, node in self.nodes() if node.kept is None and node.below]
        found = {(where, steps): _kept(node, root=not steps) for where, steps, node in wide if _is_map(node)}
        if full and not found:
            where, steps, node = max(wide, key=lambda each: len(each[2].below))
            found = {(where, steps): _kept(node, root=not steps)}
        return found


def _kind(value: Any) -> type:
    kind = type(value)
    return int if kind is Raw and is_whole(value) else kind


def _is_map(node: Node) -> bool:
    if len(node.below) < _FEWEST_KEYS:
        return False
    mean = sum(child.occurrences() for child in node.below.values()) / len(node.below)
    return mean < _RARE * node.values[dict] and mean < _FEW


def _kept(node: Node, *, root: bool) -> frozenset[str]:
    """The keys of a map that most of its objects have, and of a record at least its most frequent ones."""
    objects = node.values[dict]
    counts = {key: child.occurrences() for key, child in node.below.items() if isinstance(key, str)}
    often = sorted((key for key in counts if counts[key] >= _OFTEN * objects), key=lambda key: -counts[key])
    certain = objects * _RARE > 1 or root
    return frozenset(often[: MOST_KEYS // 2]) if certain else frozenset()


def take_census(file: JsonFile) -> tuple[Census, Notes]:
    """The paths of a file's records, which are read once or a few times, and what was not quite JSON in them.

    Raises:
        SourceError: the file cannot be read to its end.

    """
    maps: dict[tuple[str, Steps], frozenset[str]] = {}
    starts = 0
    while True:
        census, notes = Census(maps, flat=starts >= _MOST_STARTS), Notes()
        found = _counted(census, file.records(notes), notes)
        if not found:
            if notes.quotes != 2 * census.strings():
                notes.twice = sum(keys_twice(record.text) for record in file.records(Notes()) if not record.reason)
            return census, notes
        logger.info("%s: %d objects used as maps found in %s records", file.path, len(found), f"{census.total:,}")
        maps.update(found)
        starts += 1


def _counted(census: Census, records: Iterator[Record], notes: Notes) -> Maps:
    """Add the records to the census; the maps found on the way, with which to start again, or none."""
    look = _FIRST_LOOK
    try:
        for record in records:
            if record.reason:
                continue
            census.add(record)
            notes.quotes += quotes_in(record.text)
            if census.total == look:
                look *= 2
                if found := census.new_maps(full=False):
                    return found
    except TooManyPathsError:
        return census.new_maps(full=True)
    return census.new_maps(full=False)


def paths_of(census: Census, source: str) -> pl.DataFrame:
    """The paths of a census as PATH_SCHEMA."""
    rows = [
        (source, json_path(place, steps), name, node.values[kind], node.in_records(kind))
        for place, steps, node in census.nodes()
        for kind, name in TYPES.items()
        if node.values[kind]
    ]
    return pl.DataFrame(rows, schema=PATH_SCHEMA, orient="row")
