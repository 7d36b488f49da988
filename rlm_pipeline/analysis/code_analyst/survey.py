"""What is known of a whole partition before its batches are told about: who imports whom, which names are never used.

Only names are held: those of sources, of what they import, and of private definitions.
"""

import re
from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from rlm_pipeline.analysis.code_analyst.imports import MODULE_KINDS, Sources, imports_in
from rlm_pipeline.analysis.code_analyst.stretches import Stretch, stretches
from rlm_pipeline.analysis.code_analyst.visibility import head_of, is_private
from rlm_pipeline.analysis.routing import Assignment

HUB = 5
"""Sources of the partition that import another, from which on it is told who does."""

_WORD = re.compile(r"[A-Za-z_$#]\w*")
_USED_BY_NAME = re.compile(r"(?:main|init|setup|teardown|test\w*|run|__\w+__|_|Main|drop|fmt|from|default|clone)\Z")
_HEADERS = (".h", ".hh", ".hpp", ".hxx", ".inl")
_DECORATED = re.compile(r"^\s*(?:@\w|#\[|\[\w)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """`imported_by` has, for each source that others import, those that do; `cycles` are imports in a circle.

    `loaded_by` has those that do so when they run, not for types alone.
    A cycle is the way from its first source, by name, back to it. `unused` are the private definitions that nothing
    names: (language, name).
    """

    sources: Sources
    imported_by: Mapping[str, tuple[str, ...]]
    loaded_by: Mapping[str, tuple[str, ...]]
    cycles: tuple[tuple[str, ...], ...]
    unused: frozenset[tuple[str, str]]


@dataclass(slots=True)
class _Graph:
    edges: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def importers(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = defaultdict(list)
        for importer in sorted(self.edges):
            for target in self.edges[importer]:
                found[target].append(importer)
        return {target: tuple(found[target]) for target in sorted(found)}

    def cycles(self) -> tuple[tuple[str, ...], ...]:
        """One shortest cycle of each set of sources that all import each other, through its first by name."""
        import igraph

        names = sorted({*self.edges, *(target for targets in self.edges.values() for target in targets)})
        place = {name: number for number, name in enumerate(names)}
        pairs = [(place[source], place[target]) for source in self.edges for target in sorted(self.edges[source])]
        components = igraph.Graph(n=len(names), edges=pairs, directed=True).connected_components(mode="strong")
        found = (sorted(names[each] for each in component) for component in components if len(component) > 1)
        return tuple(sorted(self._circle(members) for members in found))

    def _circle(self, members: list[str]) -> tuple[str, ...]:
        first, inside = members[0], set(members)
        way: dict[str, str] = {}
        left = deque([first])
        while left:
            each = left.popleft()
            for target in sorted(self.edges[each] & inside):
                if target == first:
                    circle = [each]
                    while circle[-1] != first:
                        circle.append(way[circle[-1]])
                    return (*reversed(circle), first)
                if target not in way:
                    way[target] = each
                    left.append(target)
        return (first,)


def survey(assignment: Assignment) -> Survey:
    """Go through all sources once for their imports and private definitions, once more for the names they use.

    Raises:
        NotMaterialised: raw_file has not run.

    """
    sources = Sources(assignment.names)
    graph, loads = _Graph(), _Graph()
    private: Counter[tuple[str, str]] = Counter()
    exempt: set[tuple[str, str]] = set()
    for stretch in stretches(assignment):
        for target, for_types in _imported(stretch, sources):
            graph.edges[stretch.source].add(target)
            if not for_types:
                loads.edges[stretch.source].add(target)
        _count_private(stretch, private, exempt)
    names = {name for _, name in private}
    used: Counter[str] = Counter()
    for stretch in stretches(assignment):
        used.update(word for word in _WORD.findall(stretch.text) if word in names)
    definitions: Counter[str] = Counter()
    for (_, name), count in private.items():
        definitions[name] += count
    unused = {key for key in private if used[key[1]] == definitions[key[1]] and key not in exempt}
    return Survey(
        sources=sources,
        imported_by=graph.importers(),
        loaded_by=loads.importers(),
        cycles=graph.cycles(),
        unused=frozenset(unused),
    )


def _imported(stretch: Stretch, sources: Sources) -> set[tuple[str, bool]]:
    """What of the partition a source imports, and whether for types alone."""
    found: set[tuple[str, bool]] = set()
    for part in stretch.parts:
        if part.kind in MODULE_KINDS:
            for each in imports_in(stretch.text[part.start : part.end], stretch.language):
                meant = sources.meant(each, stretch.language, stretch.source)
                found.update((target, each.for_types) for target in meant)
    return found


def _count_private(stretch: Stretch, private: Counter[tuple[str, str]], exempt: set[tuple[str, str]]) -> None:
    for part in stretch.parts:
        name = part.name.rpartition(".")[2]
        if part.kind not in {"function", "method", "class"} or not name or stretch.source.endswith(_HEADERS):
            continue
        text = stretch.text[part.start : part.end]
        head = head_of(part.name, text)
        if name not in head:
            continue  # the rest of a class, after its methods
        key = (stretch.language, name)
        if is_private(stretch.language, part.name, head):
            private[key] += 1
        if _USED_BY_NAME.match(name) or _DECORATED.search(text[: text.find(head) if head else 0]):
            exempt.add(key)
