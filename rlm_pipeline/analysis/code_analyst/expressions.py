"""What an expression is, as far as its text and the assignments before it tell: constant, put together, a name, ..."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from rlm_pipeline.analysis.code_analyst.syntax import Syntax

if TYPE_CHECKING:
    from tree_sitter import Node

MOST_ARGUMENTS = 24
"""Arguments of a call that are looked at."""

_KEY = re.compile(r"\[\s*[\"':]([\w.\-]+)[\"']?\s*\]\Z")
_MOST_LOOKED_AT = 400  # nodes of one expression
_LONGEST_NAME = 200
_STEPS = 3  # assignments that a name is followed through
_PLAIN = re.compile(r"[\w.$]*\Z")
_SPACE = re.compile(r"\s+")
_ARROWS = re.compile(r"::|->|\?->|[?!]\.|\.\.+")
_GROUPS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|<[^<>]*>|\"[^\"]*\"|'[^']*'")
_BEFORE = re.compile(r"\A.*[^\w.$]", re.DOTALL)
_LIBRARY = re.compile(r"(?:[A-Z]\w*|str|string|util|fmt|std|text|strings)\b")
_FORMATTING = frozenset({"format", "sprintf", "Sprintf", "Format", "concat", "join", "Concat", "Join", "interpolate"})


class Argument(NamedTuple):
    """An argument of a call; `keyword` is empty for a positional one."""

    keyword: str
    node: "Node"


@dataclass(slots=True, kw_only=True)
class Source:
    """A text with its tree's language, and what has been assigned so far in the functions that are open."""

    text: str
    syntax: Syntax
    assigned: list[dict[str, "Node"]] = field(default_factory=lambda: [{}])
    aliases: dict[str, str] = field(default_factory=dict)

    def of(self, node: "Node", most: int | None = None) -> str:
        """The text of a node, its first `most` characters."""
        end = node.end_byte if most is None else min(node.end_byte, node.start_byte + most)
        return self.text[node.start_byte : end]

    def dotted(self, node: "Node") -> str:
        """The name a node is: its parts with dots between them, brackets left out, aliases of imports resolved."""
        return dotted(self.text[max(node.start_byte, node.end_byte - _LONGEST_NAME) : node.end_byte])

    def resolved(self, node: "Node") -> "Node":
        """What a name was last assigned in its function or outside of all; other expressions as they are."""
        for _ in range(_STEPS):
            inner = self._unwrapped(node)
            if inner.type not in self.syntax.names or inner.end_byte - inner.start_byte > _LONGEST_NAME:
                return inner
            name = self.dotted(inner)
            value = self.assigned[-1].get(name) or self.assigned[0].get(name)
            if value is None or value == inner:
                return inner
            node = value
        return node

    def named(self, target: "Node") -> str:
        """The dotted name of what is assigned to; of an element, with its key (`form["password"]` is form.password)."""
        text = self.of(target, _LONGEST_NAME)
        key = _KEY.search(text)
        if key is None:
            return dotted(text) or text[:80].strip("'\"`:$ ")
        return f"{dotted(text[: key.start()])}.{key[1]}".lstrip(".")

    def made(self, name: str) -> str:
        """The beginning of what was last assigned to a name; empty if nothing was."""
        value = self.assigned[-1].get(name) or self.assigned[0].get(name)
        return self.of(value, _LONGEST_NAME) if value is not None else ""

    def _unwrapped(self, node: "Node") -> "Node":
        for _ in range(4):
            if node.type not in self.syntax.wrappers or node.named_child_count == 0:
                return node
            children = node.named_children
            node = children[-1]
        return node

    def is_constant(self, node: "Node") -> bool:
        """Whether an expression is the same whenever it is evaluated: a literal, or put together of such."""
        return all(self._is_constant_leaf(each) for each in self._leaves(self.resolved(node)))

    def is_built(self, node: "Node") -> bool:
        """Whether an expression is a string that is put together of text and of what is not constant."""
        whole = self.resolved(node)
        leaves = list(self._leaves(whole))
        varies = any(not self._is_constant_leaf(each) for each in leaves)
        text = any(each.type in self.syntax.strings for each in leaves)
        if len(leaves) == 1 and whole.type in self.syntax.strings:
            return varies
        return varies and text and (whole.type in self.syntax.built or self._is_formatting(whole))

    def strings_in(self, node: "Node") -> str:
        """The texts of the string literals of an expression, one per line."""
        return "\n".join(
            self.of(each, 2000) for each in self._leaves(self.resolved(node)) if each.type in self.syntax.strings
        )

    def is_product(self, node: "Node") -> bool:
        """Whether a number is multiplied that is not constant: what may overflow."""
        whole = self._unwrapped(node)
        for each in self._within(whole, into=self.syntax.built | self.syntax.wrappers):
            operator = each.child_by_field_name("operator")
            if operator is not None and operator.type == "*":
                return not self._is_number(whole)
        return False

    def _is_number(self, node: "Node") -> bool:
        leaves = self._within(node, into=self.syntax.built | self.syntax.wrappers, only_leaves=True)
        return all(each.type in self.syntax.constants or self.of(each, 200).isupper() for each in leaves)

    def _is_formatting(self, node: "Node") -> bool:
        shape = self.syntax.calls.get(node.type)
        return shape is not None and callee(self, node, shape).rpartition(".")[2].rstrip("!") in _FORMATTING

    def _is_constant_leaf(self, node: "Node") -> bool:
        if node.type in self.syntax.constants:
            return True
        if node.type not in self.syntax.strings:
            return False
        inside = self.syntax.interpolations
        return not inside or not any(each.type in inside for each in _some(node, into=self.syntax.strings))

    def _leaves(self, node: "Node") -> Iterator["Node"]:
        """The parts that an expression is put together of."""
        into = self.syntax.built | self.syntax.wrappers | self.syntax.collections
        for each in self._within(node, into=into, only_leaves=True):
            if self._is_formatting(each):
                shape = self.syntax.calls[each.type]
                parts = [child for name in shape if (child := each.child_by_field_name(name)) is not None]
                yield from (part for child in parts for part in self._parts(child))
            else:
                yield each

    def _parts(self, node: "Node") -> Iterator["Node"]:
        """The object that is formatted and the arguments, without the name of the method."""
        if node.type in self.syntax.names:
            owner = next(iter(node.named_children), None)
            if owner is not None and not _LIBRARY.match(self.of(owner, 80)):
                yield owner
        elif node.type in self.syntax.strings:
            yield node
        else:
            for each in _children(node):
                yield from self._within(each, into=self.syntax.wrappers | self.syntax.built, only_leaves=True)

    def _within(self, node: "Node", *, into: frozenset[str], only_leaves: bool = False) -> Iterator["Node"]:
        """The node and those in it, through nodes of the types `into`; all of them or those that are no such node."""
        left, seen = [node], 0
        while left and seen < _MOST_LOOKED_AT:
            each = left.pop()
            seen += 1
            passes = each.type in into and each.named_child_count > 0
            if not (only_leaves and passes):
                yield each
            if passes:
                left.extend(reversed(_children(each)))


def _children(node: "Node") -> list["Node"]:
    return [] if node.named_child_count > _MOST_LOOKED_AT else node.named_children


def _some(node: "Node", *, into: frozenset[str]) -> Iterator["Node"]:
    for child in _children(node):
        yield child
        if child.type in into:
            yield from _children(child)


def dotted(text: str) -> str:
    """The dotted name that an expression's text stands for: `a::b(c)->d` is `a.b.d`."""
    if _PLAIN.match(text):
        return text
    name = _SPACE.sub("", text)
    for _ in range(6):
        shorter = _GROUPS.sub("", name.replace("->", "."))
        if shorter == name:
            break
        name = shorter
    name = _ARROWS.sub(".", name).rstrip(".!")
    return _BEFORE.sub("", name).strip(".")


def callee(source: Source, node: "Node", shape: tuple[str, ...]) -> str:
    """The dotted name of what a call calls, `new X` of an object that is made; empty where it has none."""
    parts = []
    for name in shape[:-1]:
        if name.startswith("="):
            parts.append(name[1:])
        else:
            child = next(iter(node.named_children), None) if name == "*" else node.child_by_field_name(name)
            if child is not None:
                parts.append(source.dotted(child))
    name = ".".join(part for part in parts if part)
    first, dot, rest = name.partition(".")
    if first in source.aliases:
        name = f"{source.aliases[first]}{dot}{rest}"
    return f"new {name}" if node.type in _MAKING else name


_MAKING = frozenset({"new_expression", "object_creation_expression"})


def arguments(source: Source, node: "Node", shape: tuple[str, ...]) -> list[Argument]:
    """The arguments of a call, the first MOST_ARGUMENTS."""
    *_, name = shape
    held = node.named_children[-1:] if name == "*" else node.children_by_field_name(name)[:MOST_ARGUMENTS]
    grouped = (_children(each)[:MOST_ARGUMENTS] if each.type in _LISTS else [each] for each in held)
    return [_argument(source, each) for each in chain.from_iterable(grouped) if each.type not in _COMMENTS]


_LISTS = frozenset({"argument_list", "arguments", "token_tree", "literal_value", "sequence_expression"})
_COMMENTS = frozenset({"comment", "line_comment", "block_comment"})


def _argument(source: Source, node: "Node") -> Argument:
    names: Mapping[str, tuple[str, str]] = source.syntax.keywords
    if node.type in names:
        name, value = (node.child_by_field_name(each) for each in names[node.type])
        if name is not None and value is not None:
            return Argument(source.of(name, _LONGEST_NAME).strip(":\"'"), value)
    if node.type == "argument":
        name = node.child_by_field_name("name")
        children = node.named_children
        if children:
            return Argument(source.of(name, _LONGEST_NAME) if name is not None else "", children[-1])
    return Argument("", node)
