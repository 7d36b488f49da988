"""Where code that is longer than a chunk is cut: between the statements of its body, then of its inner blocks."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rlm_pipeline.chunking.graphemes import between
from rlm_pipeline.chunking.splitting import split
from rlm_pipeline.sources.code.definitions import syntax_tree
from rlm_pipeline.sources.code.grammars import CONTAINERS, GRAMMARS

if TYPE_CHECKING:
    from tree_sitter import Node

_LEAST = 4  # a part has at least one in so many of a chunk's characters, where its code lets it
_DEEPEST = 60  # levels of the tree; what is deeper is cut between lines
_RELUCTANTLY = 1000  # levels, for a border between a head and its body, or a comment and what it is about
_LINE = re.compile(r"(?:\r\n?|\n)(?=([^\S\r\n]*)([^\s]?\w*))")
_CLOSERS = frozenset(")]}>") | {"end", "fi", "done", "esac", "else", "elif"}
_WRAPPERS = frozenset({"decorated_definition", "export_statement", "template_declaration"})
_OPENERS = {
    "java": "class C {",
    "csharp": "class C {",
    "javascript": "class C {",
    "typescript": "class C {",
    "tsx": "class C {",
    "php": "class C {",
    "cpp": "struct C {",
    "rust": "impl C {",
}
"""What is put before the text of a method, which these grammars do not know outside of a class."""


def cuts(text: str, language: str, kind: str, inside: slice, size: int) -> list[int]:
    """Where to cut a text that is longer than `size` characters, so that no part is.

    `inside` is the code of the given language and kind; what is around it stays whole. Where the code does not parse,
    it is cut at blank lines, then at lines, then as other text is. A last part may be white space.
    """
    levels, whole = _borders(text[inside], language, kind, size)
    levels = {inside.start + position: level for position, level in levels.items()}
    levels.update({at: _RELUCTANTLY for at in (inside.start, inside.stop) if 0 < at < len(text)})
    borders = _Borders(levels=levels, whole=[(inside.start + first, inside.start + end) for first, end in whole])
    visible = len(text.rstrip())
    found: list[int] = []
    start = 0
    while visible - start > size:
        limit = min(start + size, visible - 1)
        start = _next(text, borders, start, limit, min(limit, visible - size // _LEAST))
        found.append(start)
    while len(text) - start > size:
        start = end_of_space(text, max(visible, start), start + size)
        found.append(start)
    return found


def end_of_space(text: str, visible: int, limit: int) -> int:
    """Where to cut the white space from `visible` on, at or before `limit`: after a line end if there is one."""
    end = text.rfind("\n", visible, limit) + 1
    return end or (limit - 1 if text[limit - 1 : limit + 1] == "\r\n" else limit)


class _Borders:
    """Where statements begin, by how deep in the tree they are, and what is kept whole: ranges that do not overlap."""

    def __init__(self, levels: dict[int, int], whole: list[tuple[int, int]]) -> None:
        self.levels = levels
        self._positions = sorted(levels)
        self._whole = sorted(whole)

    def between(self, start: int, limit: int) -> list[int]:
        """Those behind `start`, up to `limit`, that are not inside of what is kept whole."""
        reached = self._positions[bisect_right(self._positions, start) : bisect_right(self._positions, limit)]
        return [position for position in reached if not self.are_inside_whole(position)]

    def are_inside_whole(self, position: int) -> bool:
        place = bisect_left(self._whole, (position, 0)) - 1
        return place >= 0 and position < self._whole[place][1]


def _next(text: str, borders: _Borders, start: int, limit: int, preferred: int) -> int:
    """The best place for the end of a part that starts at `start`: up to `preferred`, where that can be, or `limit`."""
    least, half = start + (limit - start) // _LEAST, start + (limit - start) // 2
    reached = borders.between(start, limit)
    inner = [each for each in reached if least <= each <= preferred and borders.levels[each] < _RELUCTANTLY]
    if inner:
        return max(inner, key=lambda each: (-borders.levels[each], each >= half, _after_blank(text, each), each))
    lines = [line for line in _lines(text, start, limit) if not borders.are_inside_whole(line.start)]
    enough = [line for line in lines if half <= line.start <= preferred]
    if enough:
        return max(enough, key=lambda line: (not line.closes, line.after_blank, -line.indentation, line.start)).start
    if reached:
        return max(reached, key=lambda each: (-(borders.levels[each] // _RELUCTANTLY), each))
    if lines:
        return lines[-1].start
    part = next(split(text[start : 2 * limit - start], limit - start))
    return start + len(part) if part.strip() else between(text, start, limit)


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    indentation: int
    closes: bool
    after_blank: bool


def _lines(text: str, start: int, limit: int) -> Iterator[_Line]:
    """The lines that begin in a range and are not blank."""
    for match in _LINE.finditer(text, start, limit):
        position, word = match.end(), match[2]
        if word and start < position <= limit:
            closes = word in _CLOSERS or word[0] in _CLOSERS
            yield _Line(position, len(match[1]), closes, _after_blank(text, position))


def _after_blank(text: str, position: int) -> bool:
    before = text[max(0, position - 200) : position].rstrip(" \t")
    return len(before) - len(before.rstrip()) > len("\r\n") or before.endswith("\n\n")


def _borders(text: str, language: str, kind: str, size: int) -> tuple[dict[int, int], list[tuple[int, int]]]:
    """The levels of a text's borders, and the ranges of what is kept whole."""
    opener = _OPENERS.get(language, "") if kind == "method" else ""
    closer = "}" if opener or (language in _OPENERS and kind in CONTAINERS) else ""
    root = syntax_tree(f"{opener}{text}{closer}", language)
    if root is None:
        return {}, []
    walk = _Walk(text=text, size=size, language=language, shift=len(opener))
    walk.through(root)
    return walk.levels, walk.whole


@dataclass(slots=True, kw_only=True)
class _Walk:
    """Goes through a tree, into what is too long to be left alone."""

    text: str
    size: int
    language: str
    shift: int
    levels: dict[int, int] = field(default_factory=dict)
    whole: list[tuple[int, int]] = field(default_factory=list)

    def through(self, root: "Node") -> None:
        waiting = [(root, 0)]
        while waiting:
            node, level = waiting.pop()
            if node.is_error and node.end_byte - node.start_byte > self.size:
                level += _RELUCTANTLY  # what a parser makes of so much that it cannot read is worth less than lines
            children = node.children
            self._of_children(children, level)
            if level % _RELUCTANTLY < _DEEPEST:
                deeper = [child for child in children if child.child_count and self._is_long(child)]
                waiting.extend((child, level + 1) for child in deeper)

    def _is_long(self, node: "Node") -> bool:
        start, end = self._line_start(node.start_byte - self.shift), node.end_byte - self.shift
        if end - start <= self.size and self._is_definition(node):
            self.whole.append((start, end))
            self.levels.setdefault(end, 2 * _RELUCTANTLY)
            return False
        return end - start > self.size // _LEAST

    def _is_definition(self, node: "Node") -> bool:
        return node.type in _WRAPPERS or node.type in GRAMMARS[self.language].rules

    def _of_children(self, children: Sequence["Node"], level: int) -> None:
        before: Node | None = None
        for node in children:
            if node.is_named:
                position = self._line_start(node.start_byte - self.shift)
                at_line = position < node.start_byte - self.shift or position == 0 or self.text[position - 1] in "\r\n"
                if at_line and 0 < position < len(self.text):
                    self.levels.setdefault(position, level + _RELUCTANTLY * _goes_on(before, node))
            before = node

    def _line_start(self, position: int) -> int:
        """Where the line starts, if only white space is before `position` there; else `position`."""
        start = position
        while start > 0 and self.text[start - 1] in " \t":
            start -= 1
        return start if start == 0 or self.text[start - 1] in "\r\n" else position


def _goes_on(before: "Node | None", node: "Node") -> bool:
    """Whether a node belongs to what is right before it: a body to its head, code to the comment above it."""
    if before is None or node.type.endswith(("block", "compound_statement")):
        return True
    if not before.is_named:
        return before.type not in {",", ";", "}", "\n"}
    is_above = before.type.endswith("comment") or before.type in {"attribute_item", "decorator"}
    return is_above and node.start_point.row <= before.end_point.row + 1
