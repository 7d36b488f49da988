"""Which columns of a wide table belong together: communities of a graph of their pairs, with names as weak evidence."""

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile

import polars as pl

LEAST_V = 0.3
"""Weaker associations say that columns have to do with each other, not that they belong together."""
SHARED_WORD = 0.1
"""What each leading word that two names share counts, beside pairs that count up to 1."""
MOST_SHARED_WORDS = 3

_LINKED_BY_NAME = 3  # columns that begin alike are linked to as many that follow, not to all: 1,000 would be 500,000
_ITERATIONS = 4
_WORD = re.compile(r"[^\W_]+?(?=[A-Z][a-z]|(?<=[a-z])[A-Z0-9]|[\W_]|$)")

Edges = dict[tuple[int, int], float]


def found(pairs: pl.DataFrame, columns: Sequence[str]) -> dict[str, str]:
    """The name of each column's group; groups in the order of their first columns, columns within them in theirs.

    Args:
        pairs: `COLUMN_PAIR_SCHEMA`; pairs of other columns are passed over.
        columns: in the order of the header.

    A group is named by the leading words all its names share, else by its most central column. Communities maximise
    modularity (Leiden; Traag, Waltman and van Eck, Scientific Reports 9, 5233, 2019), seeded.

    """
    edges = _of_names(columns)
    for pair, weight in _of_pairs(pairs, {name: place for place, name in enumerate(columns)}).items():
        edges[pair] = edges.get(pair, 0.0) + weight
    groups = _communities(len(columns), edges)
    central = _central(groups, edges)
    named: dict[str, str] = {}
    taken: set[str] = set()
    for members in groups:
        names = [columns[place] for place in members]
        wished = (_shared_start(names), columns[central[members[0]]], *names)
        name = next((each for each in wished if each and each not in taken), names[0])
        taken.add(name)
        named |= dict.fromkeys(names, name)
    return named


def _of_pairs(pairs: pl.DataFrame, places: Mapping[str, int]) -> Edges:
    edges: Edges = {}
    for kind, source, target, effect in pairs.select("kind", "source", "target", "effect").iter_rows():
        if source not in places or target not in places or (kind == "association" and effect < LEAST_V):
            continue
        pair = min(places[source], places[target]), max(places[source], places[target])
        edges[pair] = max(edges.get(pair, 0.0), effect)
    return edges


def _of_names(columns: Sequence[str]) -> Edges:
    sharing: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, name in enumerate(columns):
        words = _words(name)
        for count in range(1, min(len(words) - 1, MOST_SHARED_WORDS) + 1):
            sharing[tuple(words[:count])].append(place)
    edges: Edges = {}
    for start, places in sorted(sharing.items(), key=lambda each: len(each[0])):
        for at, first in enumerate(places):
            for second in places[at + 1 : at + 1 + _LINKED_BY_NAME]:
                edges[first, second] = SHARED_WORD * len(start)
    return edges


def _shared(*names: Sequence[str]) -> int:
    """How many leading words all names share."""
    return sum(1 for _ in takewhile(lambda words: len(set(words)) == 1, zip(*names, strict=False)))


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


def _communities(count: int, edges: Edges) -> list[list[int]]:
    """Members of each community, ascending; communities by their first members."""
    import igraph

    graph = igraph.Graph(n=count, edges=list(edges))
    igraph.set_random_number_generator(random.Random(0))
    communities = graph.community_leiden(
        objective_function="modularity", weights=list(edges.values()) or None, n_iterations=_ITERATIONS
    )
    return sorted(sorted(members) for members in communities)


def _central(groups: Iterable[Sequence[int]], edges: Edges) -> dict[int, int]:
    """The first column of each group -> the one that is most strongly linked to the others of the group."""
    group_of = {place: members[0] for members in groups for place in members}
    degrees = dict.fromkeys(sorted(group_of), 0.0)
    for (first, second), weight in edges.items():
        if group_of[first] == group_of[second]:
            degrees[first] += weight
            degrees[second] += weight
    central: dict[int, int] = {}
    for place, degree in degrees.items():
        known = central.get(group_of[place])
        if known is None or degree > degrees[known]:
            central[group_of[place]] = place
    return central


def _shared_start(names: Sequence[str]) -> str:
    """The leading words that all names share, as the first of them spells it, or the whole of a single one."""
    if len(names) == 1:
        return names[0]
    words = _shared(*map(_words, names))
    ends = [match.end() for match in _WORD.finditer(names[0])][:words]
    return names[0][: ends[-1]] if ends else ""
