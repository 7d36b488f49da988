"""Records of tables: packed whole; a longer one is cut between groups of columns that belong together.

A part is named after its groups, and has the columns that identify and date the record beside it.
"""

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from rlm_pipeline.chunking import lines
from rlm_pipeline.chunking.nested import Section, Stretch, cut
from rlm_pipeline.chunking.packing import Cut, Part
from rlm_pipeline.chunking.rendering import RecordLines

LONGEST_NAMES = 120
"""Characters of the names of a part's groups; of more groups the first are named, and how many there are besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the columns of a table are divided: the name of each column's group, and the columns that identify a record.

    Columns are named as they are shown. Those that are in no group are named by themselves.
    """

    groups: Mapping[str, str] = field(default_factory=dict)
    identifying: tuple[str, ...] = ()


def cutter(layout: Layout) -> Cut:
    """What cuts a long record of a table with this layout."""

    @functools.lru_cache(maxsize=8)
    def divided(names: tuple[str, ...]) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
        """The groups of columns, the place there of each column's, and which columns identify a record."""
        groups = [layout.groups.get(name, name) for name in names]
        places = {group: place for place, group in enumerate(dict.fromkeys(groups))}
        identifying = [name in layout.identifying for name in names]
        return tuple(places), np.array([places[group] for group in groups], np.int64), np.array(identifying, bool)

    def by_group(record: RecordLines, size: int) -> Iterator[Part]:
        groups, group_of, is_identifying = divided(tuple(record.names))
        own = group_of[record.columns]
        firsts = np.flatnonzero(np.diff(own, prepend=-1)).tolist()
        within = [_group(record, groups[own[first]], first, end) for first, end in pairwise([*firsts, len(own)])]
        identifying = [
            section.text.rstrip("\n")
            for line in np.flatnonzero(is_identifying[record.columns]).tolist()
            for section in lines.sections(record, line, line + 1)
        ]
        for stretch in cut(within, size):
            yield Part(text=stretch.text, place=_named(stretch, layout), context=_beside(stretch, identifying))

    return by_group


def _group(record: RecordLines, name: str, first: int, end: int) -> Section:
    if end - first == 1:
        return next(lines.sections(record, first, end))
    text = record.text[record.start(first) : record.start(end)]
    return Section(name=name, text=text, inside=lambda: list(lines.sections(record, first, end)))


def _named(stretch: Stretch, layout: Layout) -> str:
    """The groups of a stretch, as many as there is room for."""
    names = list(dict.fromkeys(layout.groups.get(name, name) for name in stretch.names))
    shown = 1
    while shown < len(names) and len(", ".join(names[: shown + 1])) <= LONGEST_NAMES:
        shown += 1
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


def _beside(stretch: Stretch, identifying: Sequence[str]) -> str:
    """The identifying lines that a stretch does not have."""
    return "\n".join(text for text in identifying if f"\n{text}\n" not in f"\n{stretch.text}")
