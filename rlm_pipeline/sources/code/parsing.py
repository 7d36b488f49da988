"""Syntax trees parsed with bounded effort: to recover from broken code a parser may take quadratic time and memory.

Effort is counted, not timed, so that the same text is always parsed alike. A parser calls back every hundred of its
operations. Between two calls it gets on by 100 characters of written code, minified or broken too, and by 20 or none
where it tries one thing after the other. A stretch in which it finds no sense at all costs its length squared. And it
reads on to the end of the text, then goes back, once in a while, but with each comment that never ends where none does.
"""

from typing import TYPE_CHECKING, cast

from rlm_pipeline.sources.code.grammars import parser

if TYPE_CHECKING:
    from tree_sitter import Node, Point

_PACE = 32  # characters between two calls
_MOST_BEHIND = 64  # calls that it may be behind that pace; of 4,000 files of all kinds none was by more than 10
_LONGEST_NONSENSE = 1 << 14  # characters; 4 of those files had a longer stretch, all of them C++ parsed as C
_PACE_AT_END = 16  # characters of the text for each call at its end, where trees are put together; files have 90
_END = 64  # characters
_MOST_READS = 256  # files have up to 34


class _Effort:
    """Follows how a parser gets on in `size` characters."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._furthest = 0
        self._behind = 0.0
        self._sense = 0
        self._left = _MOST_BEHIND + size // _PACE_AT_END
        self.reads = 0

    def is_too_much(self, offset: int, has_error: bool) -> bool:
        """Whether to give up; the parser is at `offset`, where it makes no sense of the text if it `has_error`."""
        self._sense = min(self._sense, offset) if has_error else offset
        if offset >= self._size - _END:
            self._left -= 1
        else:
            gained = max(0, offset - self._furthest)
            self._furthest += gained
            self._behind = max(0.0, self._behind + 1 - gained / _PACE)
        return (
            self._behind > _MOST_BEHIND
            or self._left < 0
            or offset - self._sense > _LONGEST_NONSENSE
            or self.reads > _MOST_READS
        )


def parsed(text: str, grammar: str) -> "Node | None":
    """The tree of an ASCII text by a grammar of GRAMMARS; None for a text that takes too much effort."""
    source = memoryview(text.encode("ascii"))
    views: dict[int, memoryview] = {}
    effort = _Effort(len(source))

    def read(offset: int, _point: "Point") -> bytes:
        effort.reads += 1
        if effort.reads > _MOST_READS:
            return b""
        if offset not in views:
            views[offset] = source[offset:]
        return cast("bytes", views[offset])  # any buffer will do

    by = parser(grammar)
    try:
        root = by.parse(read, progress_callback=effort.is_too_much).root_node
    except ValueError:  # what the library raises when it is told to give up
        by.reset()
        return None
    else:
        return root if effort.reads <= _MOST_READS else None
    finally:
        # The library (0.26) never lets go of what it has read: here a few empty views, not the text.
        for view in views.values():
            view.release()
