"""Syntax trees parsed with bounded effort: to recover from broken code a parser may take quadratic time and memory.

Effort is counted, not timed, so that the same text is always parsed alike. A parser calls back every hundred of its
operations. Between two calls it gets on by 100 characters of written code, minified or broken too, and by 20 or none
where it tries one thing after the other. A stretch in which it finds no sense at all costs its length squared.
"""

from typing import TYPE_CHECKING

from rlm_pipeline.sources.code.grammars import parser

if TYPE_CHECKING:
    from tree_sitter import Node, Point

_PACE = 32  # characters between two calls
_MOST_BEHIND = 64  # calls that it may be behind that pace; of 4,000 files of all kinds none was by more than 10
_LONGEST_NONSENSE = 1 << 14  # characters; 4 of those files had a longer stretch, all of them C++ parsed as C
_PACE_AT_END = 16  # characters of the text for each call at its end, where trees are put together; files have 90
_END = 64  # characters
_READ = 1 << 16


class _Effort:
    """Follows how a parser gets on in `size` characters."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._furthest = 0
        self._behind = 0.0
        self._sense = 0
        self._left = _MOST_BEHIND + size // _PACE_AT_END

    def is_too_much(self, offset: int, has_error: bool) -> bool:
        """Whether to give up; `offset` is where the parser is, `has_error` whether it makes no sense of what is there."""
        self._sense = min(self._sense, offset) if has_error else offset
        if offset >= self._size - _END:
            self._left -= 1
        else:
            gained = max(0, offset - self._furthest)
            self._furthest += gained
            self._behind = max(0.0, self._behind + 1 - gained / _PACE)
        return self._behind > _MOST_BEHIND or self._left < 0 or offset - self._sense > _LONGEST_NONSENSE


def parsed(text: str, grammar: str) -> "Node | None":
    """The tree of an ASCII text by a grammar of GRAMMARS; None for a text that takes too much effort."""
    source = text.encode("ascii")

    def read(offset: int, _point: "Point") -> bytes:
        return source[offset : offset + _READ]

    by = parser(grammar)
    try:
        return by.parse(read, progress_callback=_Effort(len(source)).is_too_much).root_node
    except ValueError:  # what the library raises when it is told to give up
        by.reset()
        return None
