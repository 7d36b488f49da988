"""A rendered record as sections: a line `column: value` for each of its cells, and inside of it what JSON holds."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rlm_pipeline.chunking.nested import Section
from rlm_pipeline.chunking.rendering import RecordLines

DEEPEST = 32
"""Brackets in brackets, and keys below keys, are told apart up to this depth."""

_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[\]{},]', re.DOTALL)
"""A string, which a text that is no JSON may leave open to its end, or a mark."""


def sections(record: RecordLines, first: int = 0, end: int | None = None) -> Iterator[Section]:
    """The lines `first` to before `end` of a record, in order; joined, they are that part of its text."""
    columns = record.columns[first:end].tolist()
    starts = [*record.starts[first:end].tolist(), record.start(end)]
    for column, (start, after) in zip(columns, pairwise(starts), strict=True):
        name, text = record.names[column], record.text[start:after]
        value = len(name) + 2
        if text.startswith(("[", "{"), value):
            yield Section(name=name, text=text, inside=_Elements(name=name, text=text, start=value))
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
        depth, ends = DEEPEST, list[int]()
        for place, end in self._commas():
            if place < depth:
                depth, ends = place, []
            if place == depth:
                ends.append(end)
        return list(self._cut(ends, depth)) if ends else ()

    def _commas(self) -> Iterator[tuple[int, int]]:
        """In how many brackets the commas lie, of those in more than `depth` and less than DEEPEST, and their ends."""
        opened = self.opened
        for token in _TOKEN.finditer(self.text, self.start):
            mark = token[0]
            if mark in {"[", "{"}:
                opened += 1
            elif mark in {"]", "}"}:
                opened -= 1
            elif mark == "," and self.depth < opened < DEEPEST:
                yield opened, token.end()

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
