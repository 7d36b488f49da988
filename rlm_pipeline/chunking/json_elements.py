"""Elements of JSON files, packed whole; a longer one is cut by key, by deeper keys, then between array elements."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby

from rlm_pipeline.chunking import lines
from rlm_pipeline.chunking.nested import Section, cut
from rlm_pipeline.chunking.packing import Part
from rlm_pipeline.chunking.rendering import RecordLines


def by_key(record: RecordLines, size: int) -> Iterator[Part]:
    """Cut a rendered element between its keys; a part is named by the path of what it has, or of its first and last."""
    for stretch in cut(_keys(list(lines.sections(record)), 0), size):
        yield Part(text=stretch.text, place=_path(stretch.names))


def _keys(cells: Sequence[Section], depth: int) -> list[Section]:
    """Adjacent cells that have the first `depth` keys of their paths in common, divided by the next key."""
    found: list[Section] = []
    for path, group in groupby(cells, key=lambda cell: tuple(cell.name.split(".")[: depth + 1])):
        below = list(group)
        if len(below) == 1 or depth >= lines.DEEPEST:
            found += below
        else:
            text = "".join([cell.text for cell in below])
            found.append(Section(name=".".join(path), text=text, inside=partial(_keys, below, depth + 1)))
    return found


def _path(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}"
