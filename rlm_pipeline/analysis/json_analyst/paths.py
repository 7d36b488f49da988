"""The paths of a partition's JSON records: a tree, and which column holds what of it.

All JSON sources of a partition share one tree. Keys that the readers took for data (`$.counts.*`) are one path, unless
a source names them; a path that is ignored, and all below it, has no node.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from rlm_pipeline.analysis.routing import Assignment
from rlm_pipeline.configuration import ColumnRoles
from rlm_pipeline.model import SOURCE, SourceManifest
from rlm_pipeline.sources.json_files.columns import KEY, PLACE, VALUE
from rlm_pipeline.sources.json_files.notation import ROOT, Step, Steps, column_name, json_path

_STEP = re.compile(
    r"(?P<any>\.?\*)|(?P<items>\[(?:\*|[0-9]+)\])|\['(?P<quoted>(?:[^'\\]|\\.)*)'\]|\.?(?P<plain>[^.*\[\]'\"]+)",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-f]{4})|(.))", re.DOTALL)


class Node:
    """One path, and those below it."""

    __slots__ = ("above", "any", "below", "items", "scope", "single", "steps")

    def __init__(self, steps: Steps, above: "Node | None") -> None:
        self.steps = steps
        self.above = above
        self.scope = json_path(ROOT, steps)
        self.single: bool = (above is None or above.single) and not (steps and isinstance(steps[-1], Step))
        self.below: dict[str, Node] = {}  # by key
        self.any: Node | None = None  # what stands under keys that are data
        self.items: Node | None = None  # the elements of an array

    @property
    def key(self) -> str | None:
        """The key it stands under; None for elements, for what stands under keys that are data, and for records."""
        last = self.steps[-1] if self.steps else None
        return last if isinstance(last, str) else None

    @property
    def is_map(self) -> bool:
        """Whether it has keys that are data."""
        return self.any is not None

    @property
    def several(self) -> tuple["Node", ...]:
        """The paths right below it that one value can have several times."""
        return tuple(node for node in (self.any, self.items) if node is not None)

    def walk(self) -> Iterator["Node"]:
        """The node itself and those below it, each before its own."""
        yield self
        for node in (*self.below.values(), *self.several):
            yield from node.walk()


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """JSON sources whose columns are to be read alike: `columns` are where in a record, `rest` those of several keys.

    `hidden`: records that are no objects are in a column that is ignored.
    """

    sources: frozenset[str]
    columns: dict[str, Node]
    rest: dict[str, Node]
    hidden: bool


class Tree:
    """The paths of the JSON records of a partition."""

    def __init__(self, roles: ColumnRoles) -> None:
        self.root = Node((), None)
        self._roles = roles
        self._ignored: dict[Steps, bool] = {}

    def ignored(self, steps: Steps) -> bool:
        """Whether a path is ignored, or one that leads to it."""
        if not steps or not self._roles.ignore:
            return False
        if steps not in self._ignored:
            self._ignored[steps] = self._roles.is_ignored(column_name(steps)) or self.ignored(steps[:-1])
        return self._ignored[steps]

    def node(self, steps: Steps) -> Node | None:
        """The node of a path, which may be new; None if it is ignored."""
        node = self.root
        for step in steps:
            found = self._known(node, step) or self.grow(node, step)
            if found is None:
                return None
            node = found
        return node

    @staticmethod
    def _known(node: Node, step: str | Step) -> Node | None:
        if isinstance(step, str):
            return node.below.get(step)
        return node.items if step is Step.ITEMS else node.any

    def grow(self, node: Node, step: str | Step) -> Node | None:
        """A new node below another; None if it is ignored."""
        steps = (*node.steps, step)
        if self.ignored(steps):
            return None
        found = Node(steps, node)
        if isinstance(step, str):
            node.below[step] = found
        elif step is Step.ITEMS:
            node.items = found
        else:
            node.any = found
        return found

    def grow_items(self, node: Node) -> Node | None:
        """The new node of an array's elements; None if they are ignored."""
        return self.grow(node, Step.ITEMS)

    def below(self, node: Node, key: str) -> Node | None:
        """The node of a value under a key; None if it is ignored."""
        found = node.below.get(key)
        if found is not None:
            return found
        shared = node.any
        if shared is not None:
            # Keys that are data have no end, so what is known of them is not kept.
            return None if self._roles.ignore and self._roles.is_ignored(column_name((*node.steps, key))) else shared
        return self.grow(node, key)

    def ignored_column(self, name: str) -> bool:
        """Whether a column is ignored."""
        return self._roles.is_ignored(name) or self.ignored(steps_of(name))

    @property
    def has_ignored(self) -> bool:
        """Whether anything may be ignored, so that what holds several values must not be shown."""
        return bool(self._roles.ignore)


def steps_of(name: str) -> Steps:
    """The steps of a column's name or of a path behind its `$`; elements of records by number are elements."""
    found: list[str | Step] = []
    for step in _STEP.finditer(name):
        if step["any"]:
            found.append(Step.ANY)
        elif step["items"]:
            found.append(Step.ITEMS)
        else:
            plain, quoted = step["plain"], step["quoted"]
            found.append(plain if plain is not None else _ESCAPE.sub(_unescaped, quoted))
    return tuple(found)


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else str(match[2])


def plant(assignment: Assignment) -> tuple[Tree, tuple[Family, ...]]:
    """The tree of all paths of the assigned sources, and the families of sources.

    Raises:
        NotMaterialised: raw_file has not run.

    """
    store, partition = assignment.store, assignment.partition
    tree = Tree(assignment.config.columns)
    stored = store.scan(store.paths_path(partition), "raw_file", partition)
    known = stored.select("source", "path").unique(maintain_order=True).collect()
    paths = dict(known.group_by("source", maintain_order=True).agg("path").iter_rows())
    families: dict[tuple[str, ...], list[SourceManifest]] = {}
    for source in assignment.sources:
        families.setdefault(source.made, []).append(source)
        places = _places(assignment, source)
        for path in paths.get(source.source, ()):
            place = next(each for each in places if path.startswith(each))
            tree.node(steps_of(path[len(place) :]))
    return tree, tuple(_family(tree, made, sources) for made, sources in families.items())


def _places(assignment: Assignment, source: SourceManifest) -> tuple[str, ...]:
    """Where in the source its records are, the longest first."""
    found = {ROOT, source.records_at or ROOT}
    if PLACE in source.made:
        path = assignment.store.records_folder(assignment.partition) / source.records_file
        records = pl.scan_parquet(path).filter(pl.col(SOURCE) == source.source)
        found.update(records.select(pl.col(PLACE).unique()).collect().to_series().drop_nulls())
    return tuple(sorted(found, key=lambda place: (-len(place), place)))


def _family(tree: Tree, made: tuple[str, ...], sources: Sequence[SourceManifest]) -> Family:
    columns: dict[str, Node] = {}
    rest: dict[str, Node] = {}
    for name in dict.fromkeys(name for source in sources for name in source.header):
        if name in {PLACE, KEY} and name in made:
            continue
        steps = () if name in made else steps_of(name)
        is_rest = bool(steps) and steps[-1] is Step.ANY
        node = None if tree.ignored_column(name) else tree.node(steps[:-1] if is_rest else steps)
        if node is not None:
            (rest if is_rest else columns)[name] = node
    names = frozenset(source.source for source in sources)
    return Family(sources=names, columns=columns, rest=rest, hidden=VALUE in made and VALUE not in columns)
