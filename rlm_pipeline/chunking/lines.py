"""A rendered record as sections: a line `column: value` for each of its cells, and inside of it what JSON holds."""

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rlm_pipeline.chunking.nested import Section
from rlm_pipeline.chunking.packing import SEPARATOR
from rlm_pipeline.chunking.piece import Record

DEEPEST = 32
"""Brackets in brackets, and keys below keys, are told apart up to this depth."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)


@functools.lru_cache(maxsize=10_000)
def label(column: str) -> str:
    """A column's name on one line."""
    return " ".join(column.split())


def sections(record: Record) -> Iterator[Section]:
    """The lines of a record that has cells, in order; joined, they are its text."""
    last = len(record.cells) - 1
    for place, (column, value) in enumerate(record.cells.items()):
        name, end = label(column), SEPARATOR if place == last else "\n"
        text = f"{name}: {value}{end}"
        if value.startswith(("[", "{")):
            elements = _Elements(name=name, text=text, start=len(name) + 2)
            yield Section(name=name, text=text, inside=elements)
        else:
            yield Section(name=name, text=text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Elements:
    """The elements of the arrays and objects in a JSON text, those that lie in fewer brackets before the others.

    The JSON text begins at character `start`, inside of `opened` brackets; it has been cut between the elements that
    lie in `depth` of them.
    """

    name: str
    text: str
    start: int = 0
    opened: int = 0
    depth: int = 0

    def __call__(self) -> Sequence[Section]:
        for depth in range(self.depth + 1, DEEPEST):
            ends = list(self._ends(depth))
            if ends:
                return list(self._cut(ends, depth))
        return ()

    def _ends(self, depth: int) -> Iterator[int]:
        """Where, behind a comma, elements end that lie in `depth` brackets."""
        opened = self.opened
        for token in _TOKEN.finditer(self.text, self.start):
            mark = token[0]
            if mark in {"[", "{"}:
                opened += 1
            elif mark in {"]", "}"}:
                opened -= 1
            elif mark == "," and opened == depth:
                yield token.end()

    def _cut(self, ends: Sequence[int], depth: int) -> Iterator[Section]:
        for start, end in pairwise([0, *ends, len(self.text)]):
            text, first = self.text[start:end], start == 0
            inside = _Elements(
                name=self.name,
                text=text,
                start=self.start if first else 0,
                opened=self.opened if first else depth,
                depth=depth,
            )
            yield Section(name=self.name, text=text, inside=inside)
