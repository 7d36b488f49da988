"""The headings a piece stands below: what its place is called, and the lines its reader does not see."""

from collections.abc import Sequence
from itertools import zip_longest

from rlm_pipeline.chunking.blocks import header_of
from rlm_pipeline.chunking.fragments import Fragment, is_verbatim
from rlm_pipeline.chunking.piece import Record
from rlm_pipeline.sources.prose.block import shortened

JOIN = " > "
"""What stands between the titles of a heading's path."""

_LONGEST_PLACE = 200


class Outline:
    """The headings that are open where a piece begins."""

    def __init__(self) -> None:
        self._open: list[tuple[str, str]] = []  # paths, and the headings as they are written

    def describe(self, fragments: Sequence[Fragment]) -> tuple[str, str]:
        """The place and the context of the next piece."""
        first = fragments[0]
        context = self._context(first)
        for fragment in fragments:
            if fragment.offset == 0 and _is_heading(fragment.record):
                self._enter(fragment.record)
        paths = list(dict.fromkeys(fragment.record.cells.get("heading", "") for fragment in fragments))
        return place_of(paths), context

    def _enter(self, heading: Record) -> None:
        path = heading.cells.get("heading", "")
        self._open = [each for each in self._open if path.startswith(each[0] + JOIN)]
        title = heading.text.strip() if is_verbatim(heading) else path.rpartition(JOIN)[2]
        lines = title.splitlines()
        self._open.append((path, "\n".join(shortened(line) for line in lines[:3]) if lines else ""))

    def _context(self, first: Fragment) -> str:
        path = first.record.cells.get("heading", "")
        titles = path.split(JOIN) if path else []
        if _is_heading(first.record) and first.offset == 0:
            titles = titles[:-1]
        written = dict(self._open)
        shown = [written.get(JOIN.join(titles[:count]), title) + "\n" for count, title in enumerate(titles, 1)]
        if first.offset > 0:
            shown.append(header_of(first.record))
        return "".join(shown)


def _is_heading(record: Record) -> bool:
    return record.cells.get("block") == "heading"


def place_of(paths: Sequence[str]) -> str:
    """What all paths begin with, and how the first and the last go on; the end of it if that is long."""
    named = [path for path in paths if path]
    inner = [path for path, then in zip_longest(named, named[1:], fillvalue="") if not then.startswith(path + JOIN)]
    first, *others = [path.split(JOIN) for path in inner] or [[]]
    common = len(first)
    for other in others:
        common = next((at for at in range(min(common, len(other))) if first[at] != other[at]), min(common, len(other)))
    ends = [JOIN.join(path[common:]) for path in ((first, others[-1]) if others else (first,))]
    parts = [JOIN.join(first[:common]), " … ".join(end for end in ends if end)]
    place = JOIN.join(part for part in parts if part)
    return place if len(place) <= _LONGEST_PLACE else "…" + place[1 - _LONGEST_PLACE :]
