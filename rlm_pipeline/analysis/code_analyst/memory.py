"""Memory in C and C++: buffers on the stack and what fills them, containers that change while they are iterated."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rlm_pipeline.analysis.code_analyst.expressions import Argument, Source
from rlm_pipeline.analysis.code_analyst.hits import Hit

if TYPE_CHECKING:
    from tree_sitter import Node

DECLARATIONS = frozenset({"array_declarator", "for_statement", "for_range_loop"})
"""Nodes that declare a buffer or iterate over a container."""

_SIZED = frozenset({"memcpy", "memmove", "bcopy"})
_COPIES = _SIZED | {"strcpy", "strcat", "stpcpy", "wcscpy", "sprintf"}
_CHANGES = frozenset({"erase", "insert", "push_back", "emplace_back", "push_front", "clear", "remove", "emplace"})
CALLS = _COPIES | _CHANGES
"""The last part of the names of calls that matter."""

_CONTAINER = re.compile(r"([A-Za-z_][\w.\->]*?)(?:\.|->)c?r?begin\s*\(")
_LEAVES_LOOP = re.compile(r"[^;]*;\s*(?:\w[^;{}]*;\s*)?(?:break|return|goto)\b")
_HEADER = 400  # characters of a loop's header
_MOST_HELD = 1000


@dataclass(slots=True, kw_only=True)
class Memory:
    """Follows one source from its start to its end."""

    source: Source
    _buffers: dict[str, tuple[int, int]] = field(default_factory=dict)
    _reported: set[int] = field(default_factory=set)
    _iterated: list[tuple[int, int, str]] = field(default_factory=list)

    def declare(self, node: "Node") -> None:
        """Take in a node of DECLARATIONS."""
        if node.type == "array_declarator":
            declarator = node.child_by_field_name("declarator")
            if declarator is not None and len(self._buffers) < _MOST_HELD:
                self._buffers[self.source.dotted(declarator)] = (node.start_byte, node.end_byte)
            return
        body = node.child_by_field_name("body")
        name = self._container(node, body) if body is not None else ""
        if body is not None and name:
            self._iterated = [each for each in self._iterated if each[1] > node.start_byte][-_MOST_HELD:]
            self._iterated.append((node.start_byte, body.end_byte, name))

    def forget(self) -> None:
        """A function begins, whose buffers are its own."""
        self._buffers.clear()

    def call(self, node: "Node", name: str, given: Sequence[Argument]) -> Iterator[Hit]:
        """What is wrong with a call of one of CALLS."""
        receiver, _, last = name.rpartition(".")
        if last in _COPIES and given:
            yield from self._copy(node, last, given)
        elif last in _CHANGES and receiver:
            yield from self._change(node, receiver)

    def _container(self, node: "Node", body: "Node") -> str:
        right = node.child_by_field_name("right")
        if right is not None:
            return self.source.dotted(right)
        found = _CONTAINER.search(self.source.text, node.start_byte, min(body.start_byte, node.start_byte + _HEADER))
        return found[1].replace("->", ".") if found else ""

    def _copy(self, node: "Node", name: str, given: Sequence[Argument]) -> Iterator[Hit]:
        target = self.source.dotted(given[0].node)
        declared = self._buffers.get(target)
        if declared is None or declared[0] in self._reported or not self._may_overflow(name, target, given):
            return
        self._reported.add(declared[0])
        yield Hit(
            start=declared[0],
            end=declared[1],
            kind="vulnerability",
            rule="stack-buffer-filled",
            cwe=121,
            message=f"a buffer of fixed size on the stack is filled by {name}, which does not know its size",
            severity="notice",
            confidence=0.6,
            seen_at=(node.start_byte,),
        )

    def _may_overflow(self, name: str, target: str, given: Sequence[Argument]) -> bool:
        if name in _SIZED:
            size = given[-1].node
            return not self.source.is_constant(size) and target not in self.source.of(size, 200)
        return len(given) > 1 and not all(self.source.is_constant(each.node) for each in given[1:])

    def _change(self, node: "Node", receiver: str) -> Iterator[Hit]:
        start, end, text = node.start_byte, node.end_byte, self.source.text
        loop = next((each for each in reversed(self._iterated) if each[2] == receiver and each[1] > start), None)
        before = text[max(0, start - 20) : start].rstrip()
        if loop is None or before.endswith(("=", "return")) or _LEAVES_LOOP.match(text, end, end + 120):
            return
        yield Hit(
            start=start,
            end=end,
            kind="vulnerability",
            rule="container-changed-in-its-loop",
            cwe=416,
            message="a container is changed while it is iterated over, after which its iterator is not valid",
            severity="warning",
            confidence=0.6,
            seen_at=(loop[0],),
        )
