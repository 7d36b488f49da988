"""One pass over the tree of a source, which finds what the rules are about and measures the functions.

The pass is linear in the size of the tree, whatever its shape: it goes down with a cursor, keeps what is open on a
stack, and never asks a node for its parent.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from rlm_pipeline.analysis.code_analyst import expressions, memory
from rlm_pipeline.analysis.code_analyst.aliases import STATEMENTS, aliases_in
from rlm_pipeline.analysis.code_analyst.checks import CHECKS
from rlm_pipeline.analysis.code_analyst.expressions import Argument, Source
from rlm_pipeline.analysis.code_analyst.functions import Function, parameters_of
from rlm_pipeline.analysis.code_analyst.hits import Hit
from rlm_pipeline.analysis.code_analyst.matching import Around, Judge
from rlm_pipeline.analysis.code_analyst.rules import Rule, RuleSet, hit_of
from rlm_pipeline.analysis.code_analyst.syntax import Syntax

if TYPE_CHECKING:
    from tree_sitter import Node

ITERATING = frozenset(
    {"each", "map", "flatMap", "forEach", "each_with_index", "each_with_object", "select", "reject", "filter",
     "collect", "reduce", "inject", "times", "upto", "each_slice", "each_pair", "each_value", "loop", "find_each",
     "some", "every", "any", "all"}
)  # fmt: skip
"""Methods whose argument or block is done once for each element."""

_NAME_FIELDS = ("name", "declarator", "left")
_ASYNC = re.compile(r"[^({=]*\basync\b")
_TYPE = re.compile(r"(?:class|struct|union|enum|namespace)\b[^(){;]*\w")
_CALLED = re.compile(r"((?:\w+::)*\w+)\s*\(")
_MOST_OF_IMPORT = 4000  # characters
_MOST_OF_MACRO = 2000  # characters
_MOST_LOOKED_UP = 64  # what is open that is asked whether it is a loop
_MOST_NAMES = 10_000  # of one function


class _Open(NamedTuple):
    """What is open: from where on it counts, where it ends, what it is, how deep statements were nested before it."""

    start: int
    end: int
    kind: Literal["function", "loop", "nesting"]
    deeper: int


@dataclass(slots=True, kw_only=True)
class Reading:
    """What a pass found."""

    hits: list[Hit] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)


def read(root: "Node", text: str, syntax: Syntax, rules: RuleSet) -> Reading:
    """The broken rules and the functions of a text; `root` is its tree, positions in it are characters of `text`."""
    reader = _Reader(text, syntax, rules)
    for node in _nodes(root, reader.wanted):
        reader.take(node)
    return reader.reading


def _nodes(root: "Node", wanted: frozenset[str]) -> Iterator["Node"]:
    """The nodes of the wanted types, tokens too, in the order of the text."""
    cursor = root.walk()
    while True:
        node = cursor.node
        if node is not None and node.type in wanted:
            yield node
        if cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return


class _Reader:
    def __init__(self, text: str, syntax: Syntax, rules: RuleSet) -> None:
        self.syntax, self.rules = syntax, rules
        self.source = Source(text=text, syntax=syntax)
        self.judge = Judge(source=self.source)
        self.reading = Reading()
        self._memory = memory.Memory(source=self.source) if "security" in rules.modes and syntax.has_pointers else None
        self._open: list[_Open] = []
        self._functions: list[Function] = []
        self._repeated: set[int] = set()
        self._deeper = 0
        self._takers = self._by_type()

    @property
    def wanted(self) -> frozenset[str]:
        """The types of the nodes that there is something to do with."""
        return frozenset(self._takers)

    def take(self, node: "Node") -> None:
        """Look at one node; nodes come in the order of the text."""
        start = node.start_byte
        while self._open and self._open[-1].end <= start:
            self._close(self._open.pop())
        for taker in self._takers[node.type]:
            taker(node)

    def _by_type(self) -> dict[str, tuple[Callable[["Node"], None], ...]]:
        """What is done with the nodes of each type, in this order."""
        syntax = self.syntax
        found: dict[str, list[Callable[[Node], None]]] = {}
        checks = {node for node, listed in CHECKS.items() if any(mode in self.rules.modes for mode, _ in listed)}
        for types, taker in (
            (syntax.decisions, self._decide),
            (syntax.functions, self._enter_function),
            (syntax.nesting, self._nest),
            (syntax.loops, self._enter_loop),
            (syntax.calls, self._call),
            (STATEMENTS, self._import),
            (self.rules.nodes, self._judge_node),
            (memory.DECLARATIONS if self._memory is not None else (), self._declare),
            (checks, self._check),
            (syntax.assignments, self._assign),
        ):
            for each in types:
                found.setdefault(each, []).append(taker)
        return {node: tuple(takers) for node, takers in found.items()}

    def _decide(self, _node: "Node") -> None:
        if self._functions:
            self._functions[-1].complexity += 1

    def _import(self, node: "Node") -> None:
        self.source.aliases.update(aliases_in(self.source.of(node, _MOST_OF_IMPORT), node.type))

    def _declare(self, node: "Node") -> None:
        if self._memory is not None:
            self._memory.declare(node)

    def _check(self, node: "Node") -> None:
        around = self._around(node.start_byte)
        for mode, check in CHECKS[node.type]:
            if mode in self.rules.modes:
                self.reading.hits.extend(check(self.source, node, around))

    def _close(self, entry: _Open) -> None:
        if entry.kind == "function":
            self._functions.pop()
            self.source.assigned.pop()
        self._deeper = entry.deeper

    def _enter_function(self, node: "Node") -> None:
        if not node.named_child_count:
            return  # a word of the language that is called like the node
        if self.syntax.has_pointers and _TYPE.match(self.source.text, node.start_byte, node.start_byte + 40):
            return  # a class with a macro before its name, which the grammar takes for a function
        function = Function(
            start=node.start_byte,
            end=node.end_byte,
            name=self._name(node),
            parameters=parameters_of(node, self.syntax, self.source.text),
            lines=node.end_point.row - node.start_point.row + 1,
            is_async=node.type in self.syntax.async_functions and _ASYNC.match(self.source.of(node, 200)) is not None,
        )
        self.reading.functions.append(function)
        self._functions.append(function)
        self.source.assigned.append({})
        self._push(node.start_byte, node.end_byte, "function")
        self._deeper = 0
        if self._memory is not None:
            self._memory.forget()
        if node.start_byte in self._repeated:
            self._push(node.start_byte, node.end_byte, "loop")

    def _push(self, start: int, end: int, kind: Literal["function", "loop", "nesting"]) -> None:
        self._open.append(_Open(start, end, kind, self._deeper))

    def _name(self, node: "Node") -> str:
        children = (node.child_by_field_name(name) for name in _NAME_FIELDS)
        named = next((child for child in children if child is not None), None)
        if named is None:
            return ""
        return expressions.dotted(self.source.of(named, 200).partition("(")[0]).rpartition(".")[2]

    def _nest(self, node: "Node") -> None:
        start = node.start_byte
        if not node.named_child_count:
            return
        if self.source.text[max(0, start - 12) : start].rstrip().endswith("else"):
            return  # the branches of a chain are as deep as its first
        self._push(start, node.end_byte, "nesting")
        self._deeper += 1
        if self._functions:
            self._functions[-1].nesting = max(self._functions[-1].nesting, self._deeper)

    def _enter_loop(self, node: "Node") -> None:
        body = node.child_by_field_name("body") if node.named_child_count else None
        if body is not None:
            self._push(body.start_byte, body.end_byte, "loop")

    def _around(self, start: int) -> Around:
        in_loop = False
        for each in self._open[: -_MOST_LOOKED_UP - 1 : -1]:
            if each.kind == "function" or (each.kind == "loop" and each.start <= start):
                in_loop = each.kind == "loop"
                break
        function = self._functions[-1] if self._functions else None
        span = (function.start, function.end) if function else (0, len(self.source.text))
        return Around(function=span, in_loop=in_loop, in_async=function is not None and function.is_async)

    def _call(self, node: "Node") -> None:
        if not node.is_named:
            return
        shape = self.syntax.calls[node.type]
        name = expressions.callee(self.source, node, shape)
        if node.type == "macro_invocation":
            self._macro(node)
        last = name.rpartition(".")[2]
        if last in ITERATING:
            self._repeat(node, shape)
        rules = self.rules.of_call(name)
        matters = self._memory is not None and last in memory.CALLS
        if not rules and not matters:
            return
        given = expressions.arguments(self.source, node, shape)
        around = self._around(node.start_byte)
        receiver = name.rpartition(".")[0]
        for rule in rules:
            if self.judge.applies(rule, receiver, given, around):
                self._add(rule, node)
        if self._memory is not None and matters:
            self.reading.hits.extend(self._memory.call(node, name, given))

    def _macro(self, node: "Node") -> None:
        """A macro's content is no tree: of its calls only the names are seen."""
        start = node.start_byte
        around = self._around(start)
        for called in _CALLED.finditer(self.source.text, start, min(node.end_byte, start + _MOST_OF_MACRO)):
            name = expressions.dotted(called[1])
            for rule in self.rules.of_call(name):
                if not rule.where and self.judge.applies(rule, name.rpartition(".")[0], (), around):
                    self.reading.hits.append(hit_of(rule, called.start(), called.end()))

    def _repeat(self, node: "Node", shape: tuple[str, ...]) -> None:
        """What is given to `each`, `map`, ... is done again and again."""
        block = node.child_by_field_name("block")
        if block is not None:
            self._push(block.start_byte, block.end_byte, "loop")
        for argument in expressions.arguments(self.source, node, shape):
            if argument.node.type in self.syntax.functions:
                self._repeated.add(argument.node.start_byte)

    def _assign(self, node: "Node") -> None:
        target, value = assigned(node, self.syntax.assignments[node.type])
        if target is None or value is None:
            return
        name = self.source.named(target)
        if node.type not in self.syntax.appends and len(self.source.assigned[-1]) < _MOST_NAMES:
            self.source.assigned[-1][name] = value
        rules = self.rules.of_assignment(name)
        if rules:
            given = [Argument("", value)]
            around = self._around(node.start_byte)
            for rule in rules:
                if self.judge.applies(rule, name.rpartition(".")[0], given, around):
                    self._add(rule, node)

    def _judge_node(self, node: "Node") -> None:
        given = [Argument("", node)]
        around = self._around(node.start_byte)
        for rule in self.rules.nodes[node.type]:
            if self.judge.applies(rule, "", given, around):
                self._add(rule, node)

    def _add(self, rule: Rule, node: "Node") -> None:
        self.reading.hits.append(hit_of(rule, node.start_byte, node.end_byte))


def assigned(node: "Node", shape: tuple[str, ...]) -> tuple["Node | None", "Node | None"]:
    """The target and the value of an assignment."""
    ends = zip((0, -1), shape, strict=True)
    first, last = (_end(node, at) if name == "*" else node.child_by_field_name(name) for at, name in ends)
    return (first, last) if first != last else (None, None)


def _end(node: "Node", place: int) -> "Node | None":
    count = node.named_child_count
    return node.named_child(0 if place == 0 else count - 1) if count else None
