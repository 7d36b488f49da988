"""Records of tables: packed whole; a longer one is cut between groups of columns that belong together.

A part is named after its groups, and has the columns that identify and date the record beside it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby

from rlm_pipeline.chunking import lines
from rlm_pipeline.chunking.nested import Section, Stretch, cut
from rlm_pipeline.chunking.packing import Part, packer
from rlm_pipeline.chunking.piece import Chunker, Record

LONGEST_NAMES = 120
"""Characters of the names of a part's groups; of more groups the first are named, and how many there are besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the columns of a table are divided: the name of each column's group, and the columns that identify a record.

    Columns are named as they are shown. Those that are in no group are named by themselves.
    """

    groups: Mapping[str, str] = field(default_factory=dict)
    identifying: tuple[str, ...] = ()


def chunker(layout: Layout) -> Chunker:
    """The chunker of a table with this layout."""

    def by_group(record: Record, size: int) -> Iterator[Part]:
        cells = list(lines.sections(record))
        identifying = [cell for cell in cells if cell.name in layout.identifying]
        for stretch in cut(list(_groups(cells, layout)), size):
            yield Part(text=stretch.text, place=_named(stretch, layout), context=_beside(stretch, identifying))

    return packer(by_group)


def _groups(cells: Iterable[Section], layout: Layout) -> Iterator[Section]:
    for name, group in groupby(cells, key=lambda cell: layout.groups.get(cell.name, cell.name)):
        inside = list(group)
        if len(inside) == 1:
            yield inside[0]
        else:
            text = "".join([cell.text for cell in inside])
            yield Section(name=name, text=text, inside=partial(list, inside))


def _named(stretch: Stretch, layout: Layout) -> str:
    """The groups of a stretch, as many as there is room for."""
    names = list(dict.fromkeys(layout.groups.get(name, name) for name in stretch.names))
    shown = 1
    while shown < len(names) and len(", ".join(names[: shown + 1])) <= LONGEST_NAMES:
        shown += 1
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


def _beside(stretch: Stretch, identifying: Sequence[Section]) -> str:
    """The lines of the identifying columns that a stretch does not have."""
    texts = [cell.text.rstrip("\n") for cell in identifying]
    return "\n".join(text for text in texts if f"\n{text}\n" not in f"\n{stretch.text}")
