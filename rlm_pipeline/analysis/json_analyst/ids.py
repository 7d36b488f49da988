"""Identifiers: values that name a record or another one, all of them kept while they are not too many."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

import polars as pl

from rlm_pipeline.analysis.json_analyst.paths import Node
from rlm_pipeline.analysis.json_analyst.written import tally

MOST_IDS: Final = 200_000
"""Distinct identifiers kept of one path..."""

MOST_IDS_OF_ALL: Final = 1_000_000
"""...and of all; of a path that would go beyond, none are, and nothing is said of repeats and references."""

_OWN = frozenset({"id", "uuid", "guid", "uid", "oid", "identifier"})
_REFERRING = _OWN | {"ids", "ref", "refs", "reference", "references", "parent", "uuids", "uids"}
_RELATIONS = frozenset(
    [
        "parent",
        "reply",
        "replyto",
        "ref",
        "refs",
        "reference",
        "previous",
        "next",
        "related",
        "duplicate",
        "original",
        "target",
        "source",
        "origin",
    ]
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

_FEWEST = 20
_UNIQUE = 0.98
_FEWEST_REFERENCES = 5
_FOUND = 0.9


def _words(node: Node) -> tuple[str, ...]:
    """The words of the key a value stands under, also of one that it is an element of."""
    at: Node | None = node
    while at is not None and at.key is None:
        at = at.above
    return tuple(word.lower() for word in _WORDS.findall(at.key or "")) if at is not None else ()


def is_id(node: Node) -> bool:
    """Whether a path is called as identifiers are, its own or those of others."""
    words = _words(node)
    return bool(words) and words[-1] in _REFERRING


def is_own_id(node: Node) -> bool:
    """Whether a path is called as identifiers of what they stand in: `id`, and of a record also `ticket_id`."""
    words = _words(node) if node.key is not None else ()
    return bool(words) and words[-1] in _OWN and (len(words) == 1 or (len(node.steps) == 1 and len(words) == 2))


class Ids:
    """The identifiers at each path, with how often each occurs; None where there are too many."""

    def __init__(self) -> None:
        self.counts: dict[Node, Counter[str] | None] = {}
        self._kept = 0

    def add(self, node: Node, texts: pl.Series) -> None:
        """Count the identifiers of a path; nulls are none."""
        counts = self.counts.setdefault(node, Counter())
        if counts is None:
            return
        before = len(counts)
        counts.update(tally(texts))
        self._kept += len(counts) - before
        if len(counts) > MOST_IDS or self._kept > MOST_IDS_OF_ALL:
            self._kept -= len(counts)
            self.counts[node] = None

    def repeated(self) -> dict[Node, tuple[str, ...]]:
        """The identifiers that occur more than once, of paths where hardly any does."""
        found = {}
        for node, counts in self.counts.items():
            if counts and is_own_id(node) and counts.total() >= _FEWEST:
                several = tuple(sorted(value for value, times in counts.items() if times > 1))
                if several and len(counts) >= _UNIQUE * counts.total():
                    found[node] = several
        return found

    def lost(self) -> dict[Node, tuple[Node, tuple[str, ...]]]:
        """Paths that refer to records: to which path's identifiers, and the references that none of these is."""
        targets = {
            node: counts
            for node, counts in self.counts.items()
            if counts and len(node.steps) == 1 and is_own_id(node) and _FEWEST <= len(counts) == counts.total()
        }
        found = {}
        for node, counts in self.counts.items():
            if counts and node not in targets and len(counts) >= _FEWEST_REFERENCES:
                lost = _lost(node, counts, targets)
                if lost is not None:
                    found[node] = lost
        return found


def _lost(
    node: Node, counts: Counter[str], targets: Mapping[Node, Counter[str]]
) -> tuple[Node, tuple[str, ...]] | None:
    """The best target of a path that refers to records, and what is not in it; None if it refers to none or all are."""
    best: tuple[Node, tuple[str, ...]] | None = None
    for target, known in targets.items():
        missing = tuple(sorted(value for value in counts if value not in known))
        if len(missing) <= (1 - _FOUND) * len(counts) and (best is None or len(missing) < len(best[1])):
            best = target, missing
    if best is None or not best[1] or (_are_numbers(counts) and _RELATIONS.isdisjoint(_words(node))):
        return None
    return best


def _are_numbers(values: Iterable[str]) -> bool:
    """Whether all are whole numbers, of which those of one path are easily among those of another."""
    return all(value.isdigit() for value in values)
