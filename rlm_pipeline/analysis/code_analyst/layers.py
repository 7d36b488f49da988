"""The layers of a code base, as its imports make them.

Parts are the folders of the code base, or its sources where folders say nothing: a folder is taken apart while it has
more than half of the sources, and so are folders that import each other in a circle and together have more than a
quarter. Parts that import each other in a circle are one. The level of a part is the longest way of imports from it
down to a part that imports none; levels side by side are put together, those of the fewest sources first, until they
are few and none is tiny. Imports for types alone do not count.
"""

import posixpath
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rlm_pipeline.analysis.observation import number_of

MOST_LAYERS: Final = 5
BOTTOM: Final = "layer 1"
TOP: Final = "imported by nothing"
APART: Final = "on their own"

_MOST = 0.5  # of the sources that import or are imported, in one folder
_TOGETHER = 0.25  # of these, in folders that import each other in a circle
_MOSTLY = 2 / 3  # of a folder's sources are in a layer that it stands for
_MUCH = 0.1  # of a layer's sources, at least, are in a folder that stands for it
_LEAST = 0.05  # of the sources between the bottom and the top, for a layer of its own
_BOTTOM_AND_ONE = 2
_NAMED = 3
_PACKAGE = frozenset({"__init__", "index", "mod"})

Edges = Mapping[str, Collection[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A layer: what it is called, by the folders or sources that it consists of, and what makes it one."""

    name: str
    definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Layering:
    """The layer of each source, by name, and what these names mean."""

    of: Mapping[str, str]
    layers: Mapping[str, Layer]


def layering(sources: Iterable[str], imported_by: Mapping[str, Sequence[str]]) -> Layering | None:
    """The layers of sources, of which some are imported by others; None where no part imports another."""
    names = sorted(sources)
    imports: dict[str, set[str]] = defaultdict(set)
    for target, importers in imported_by.items():
        for importer in importers:
            imports[importer].add(target)
    parts = _parts(names, imports)
    edges = _between(parts, imports)
    if not edges:
        return None
    circles = _circles(set(parts.values()), edges)
    of_circle = _roles(edges, circles, Counter(circles[parts[name]] for name in names))
    of = {name: of_circle[circles[parts[name]]] for name in names}
    told = {
        layer: _layer(layer, of, _Links(imports=imports, importers=imported_by, parts=parts, circles=circles))
        for layer in sorted(set(of.values()))
    }
    return Layering(of=of, layers=told)


def _parts(names: Sequence[str], imports: Edges) -> dict[str, str]:
    """The part of each source: a folder, or itself."""
    linked = {*imports, *(target for targets in imports.values() for target in targets)}
    parts = dict.fromkeys(names, "")
    while True:
        sizes = Counter(parts[name] for name in linked)
        circles = _circles(set(parts.values()), _between(parts, imports))
        together: Counter[str] = Counter()
        for part, size in sizes.items():
            together[circles[part]] += size
        in_circle = {part for part in sizes if together[circles[part]] > max(sizes[part], _TOGETHER * len(linked))}
        large = (in_circle | {part for part in sizes if sizes[part] > _MOST * len(linked)}) - set(names)
        if not large:
            return parts
        for name in names:
            if parts[name] in large:
                parts[name] = _below(parts[name], name)


def _below(folder: str, name: str) -> str:
    """What stands right below a folder, on the way to a source."""
    rest = name[len(folder) :]
    end = rest.find("/", 1)
    return name if end < 0 else folder + rest[:end]


def _between(parts: Mapping[str, str], imports: Edges) -> dict[str, set[str]]:
    """What each part imports of others."""
    found: dict[str, set[str]] = defaultdict(set)
    for importer, targets in imports.items():
        for target in targets:
            if parts[importer] != parts[target]:
                found[parts[importer]].add(parts[target])
    return found


def _circles(parts: Collection[str], edges: Edges) -> dict[str, str]:
    """For each part the first, by name, of those that it imports in a circle."""
    import igraph

    names = sorted(parts)
    place = {name: number for number, name in enumerate(names)}
    pairs = [(place[part], place[target]) for part in edges for target in sorted(edges[part])]
    components = igraph.Graph(n=len(names), edges=pairs, directed=True).connected_components(mode="strong")
    return {names[each]: names[min(component)] for component in components for each in component}


def _roles(edges: Edges, circles: Mapping[str, str], sizes: Mapping[str, int]) -> dict[str, str]:
    """The layer of each circle, of which `sizes` are the sources."""
    down: dict[str, set[str]] = {circle: set() for circle in circles.values()}
    up: dict[str, set[str]] = {circle: set() for circle in down}
    for part, targets in edges.items():
        for target in targets:
            one, other = circles[part], circles[target]
            if one != other:
                down[one].add(other)
                up[other].add(one)
    levels = _levels(down, up)
    counted: Counter[int] = Counter()
    for circle, level in levels.items():
        if up[circle]:
            counted[level] += sizes[circle]
    numbers = _numbered(counted)
    outside = {circle: TOP if down[circle] else APART for circle in down if not up[circle]}
    return {circle: outside.get(circle) or f"layer {numbers[levels[circle]]}" for circle in down}


def _levels(down: Mapping[str, Collection[str]], up: Mapping[str, Collection[str]]) -> dict[str, int]:
    """The longest way of imports from each circle."""
    left = {circle: len(targets) for circle, targets in down.items()}
    levels = dict.fromkeys((circle for circle, count in left.items() if not count), 0)
    waiting = deque(levels)
    while waiting:
        circle = waiting.popleft()
        for importer in up[circle]:
            left[importer] -= 1
            levels[importer] = max(levels.get(importer, 0), levels[circle] + 1)
            if not left[importer]:
                waiting.append(importer)
    return levels


def _numbered(sizes: Mapping[int, int]) -> dict[int, int]:
    """The layer of each level, from 1; what imports nothing stays by itself."""
    layers = [[level] for level in sorted(sizes)]
    total = sum(sizes.values())
    while len(layers) > _BOTTOM_AND_ONE:
        weights = [sum(sizes[level] for level in layer) for layer in layers]
        at = min(range(1, len(layers) - 1), key=lambda each: (weights[each] + weights[each + 1], each))
        if len(layers) <= MOST_LAYERS and min(weights[1:]) >= _LEAST * total:
            break
        if len(layers) <= MOST_LAYERS:
            small = min(range(1, len(layers)), key=lambda each: (weights[each], each))
            beside = [each for each in (small - 1, small) if 1 <= each < len(layers) - 1]
            at = min(beside, key=lambda each: (weights[each] + weights[each + 1], each))
        layers[at : at + 2] = [layers[at] + layers[at + 1]]
    return {level: number for number, layer in enumerate(layers, 1) for level in layer}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Links:
    imports: Edges
    importers: Edges
    parts: Mapping[str, str]
    circles: Mapping[str, str]

    def in_circles(self, members: Iterable[str]) -> int:
        """How many of these sources are in parts that import each other in a circle."""
        sizes = Counter(self.circles.values())
        return sum(sizes[self.circles[self.parts[name]]] > 1 for name in members)

    def weight(self, name: str) -> tuple[int, int, str]:
        """What sources are named by: those that are imported most come first, then those that import most."""
        return (-len(self.importers.get(name, ())), -len(self.imports.get(name, ())), name)


def _layer(layer: str, of: Mapping[str, str], links: _Links) -> Layer:
    members = [name for name in of if of[name] == layer]
    named = ", ".join(_named(layer, of, members, links))
    circles = links.in_circles(members)
    also = f"; {circles:,} of them are in parts that import each other in a circle" if circles else ""
    name = f"{layer[:1].upper()}{layer[1:]}"
    return Layer(
        name=f"{name}: {named}" if named else name,
        definition=f"{_MEANINGS.get(layer, _BETWEEN)}: {number_of(len(members), 'source')}{also}",
    )


_BETWEEN = "what imports layers below and none above, and is imported from above"
_MEANINGS: Mapping[str, str] = {
    BOTTOM: "what other parts of the code import, and imports none of them",
    TOP: "what imports other parts of the code, and none imports, as entry points, scripts and tests",
    APART: "what neither imports another part of the code nor is imported by one",
}


def _named(layer: str, of: Mapping[str, str], members: Sequence[str], links: _Links) -> list[str]:
    """The folders that mostly are in a layer and make up much of it, then its sources that matter most."""
    # What stands above or beside all others, as tests do, does not tell where their folder is.
    outside = {TOP, APART} - {layer}
    here, everywhere = _folders(members), _folders(name for name, where in of.items() if where not in outside)
    mostly = [
        folder
        for folder, count in here.items()
        if count > 1 and count >= _MOSTLY * everywhere[folder] and count >= _MUCH * len(members)
    ]
    chosen: list[str] = []
    for folder in sorted(mostly, key=lambda each: (-here[each], len(each), each)):
        if len(chosen) < _NAMED and not any(_is_below(folder, each) or _is_below(each, folder) for each in chosen):
            chosen.append(folder)
    rest = [name for name in members if not any(_is_below(name, folder) for folder in chosen)]
    if layer == APART or (layer == TOP and chosen):
        rest = []
    chosen += sorted(rest, key=links.weight)[: _NAMED - len(chosen)]
    common = posixpath.commonpath([posixpath.dirname(name) for name in of]) if not any(map(posixpath.isabs, of)) else ""
    return list(dict.fromkeys(_short(each, common) for each in chosen))


def _folders(names: Iterable[str]) -> Counter[str]:
    """How many of the sources are below each folder."""
    found: Counter[str] = Counter()
    for name in names:
        end = name.rfind("/")
        while end > 0:
            found[name[:end]] += 1
            end = name.rfind("/", 0, end)
    return found


def _is_below(name: str, folder: str) -> bool:
    return name.startswith(f"{folder}/")


def _short(path: str, common: str) -> str:
    """A path for a name: without what all have in common, and without its suffix."""
    stem, _ = posixpath.splitext(path)
    folder, base = posixpath.split(stem)
    whole = folder if base in _PACKAGE and folder else stem
    return whole[len(common) + 1 :] if common and _is_below(whole, common) else whole
