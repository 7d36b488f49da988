"""Where a syntax tree is cut: before every definition, and where the code of what it is in goes on."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from rlm_pipeline.sources.code.blocks import BLOCK_LIMIT
from rlm_pipeline.sources.code.grammars import CONTAINERS, Grammar
from rlm_pipeline.sources.code.node_names import name_of

if TYPE_CHECKING:
    from tree_sitter import Node

_DEEPEST = 40  # levels of branches and definitions that are looked into
_ABOVE = frozenset({"attribute_item", "decorator"})
_SHELLS = 4  # levels of wrapping around a definition
_INDENTATION = 400  # characters before a definition, on its first line, that stay with it
_REST_OF_LINE = 200  # bytes after it, on its last line
_CLOSING = re.compile(
    r"(?:[\s{}()\[\];,:]|(?:end|else|fi|endif|done|\?>)(?!\w)|#\s*(?:else|endif|endregion)\b[^\n]*)*\Z"
)
_CLOSING_CHARACTERS = 200
_WORDS = re.compile(r"[\w\s]*")
_BLANK_LINES = re.compile(r"\s*\n")


class Cut(NamedTuple):
    """Where a stretch starts, and what it is; it ends where the next one starts."""

    start: int
    kind: str
    scope: str
    name: str


class _Found(NamedTuple):
    start: int
    end: int
    kind: str
    node: "Node"


class _Span(NamedTuple):
    start: int
    end: int


MODULE = Cut(0, "module", "module", "")


def cuts_of(root: "Node", text: str, grammar: Grammar) -> list[Cut]:
    """The cuts of `text`, the first at 0; `root` is the tree of an ASCII text that is as long."""
    cutter = _Cutter(text=text, grammar=grammar)
    cutter.cut(root.children, _Span(0, len(text)), MODULE, depth=0)
    first, *others = cutter.cuts or [MODULE]
    return [first._replace(start=0), *others]


@dataclass(slots=True, kw_only=True)
class _Cutter:
    text: str
    grammar: Grammar
    cuts: list[Cut] = field(default_factory=list)

    def cut(self, nodes: Sequence["Node"], span: _Span, owner: Cut, *, depth: int) -> None:
        """Add the cuts of `span`: those of the definitions among `nodes`, and `owner`'s between them."""
        position = span.start
        found = sorted(_found(nodes, self.grammar, depth), key=lambda each: (each.start, -each.end))
        for place, each in enumerate(found):
            start = max(_line_start(self.text, each.start), position)
            if each.end <= start:
                continue
            self._go_on(_Span(position, start), owner)
            limit = min(found[place + 1].start if place + 1 < len(found) else span.end, span.end)
            position = max(each.end, min(_line_end(self.text, each.end), limit))
            self._define(each, _Span(start, position), owner, depth=depth)
        self._go_on(_Span(position, span.end), owner)

    def _go_on(self, span: _Span, owner: Cut) -> None:
        """Code between definitions; white space and what only closes something stays with what is before it."""
        start, end = span
        if start >= end or (end - start <= _CLOSING_CHARACTERS and _CLOSING.match(self.text, start, end)):
            return
        if self.cuts and (blank := _BLANK_LINES.match(self.text, start, end)):
            start = blank.end()
        if start < end and (not self.cuts or self.cuts[-1][1:] != owner[1:]):
            self.cuts.append(owner._replace(start=start))

    def _define(self, found: _Found, span: _Span, owner: Cut, *, depth: int) -> None:
        name = name_of(found.node, self.text)
        kind = found.kind
        if kind == "function" and (owner.kind in CONTAINERS - {"namespace"} or self._is_qualified(name)):
            kind = "method"
        inside = owner.scope.partition(":")[2]
        cut = Cut(span.start, kind, f"{kind}:{inside}.{name}" if inside else f"{kind}:{name}", name)
        self.cuts.append(cut)
        body = found.node.child_by_field_name("body") if kind in CONTAINERS and depth < _DEEPEST else None
        if body is not None:
            self.cut(
                body.children,
                _Span(max(span.start, _line_start(self.text, body.start_byte)), span.end),
                cut,
                depth=depth + 1,
            )

    def _is_qualified(self, name: str) -> bool:
        return self.grammar.package == "tree_sitter_cpp" and "." in name


def _found(nodes: Sequence["Node"], grammar: Grammar, depth: int) -> Iterator[_Found]:
    """The definitions among `nodes` and in their branches, each with the comments and attributes above it.

    A comment that heads the file is apart from a definition after a blank line.
    """
    above: int | None = None
    code_row = comment_row = -1
    heads_file = depth == 0
    for node in nodes:
        row, last_row = node.start_point.row, node.end_point.row - (node.end_point.column == 0)
        apart = heads_file and row > comment_row + 1
        if node.type.endswith("comment") or node.type in _ABOVE:
            if row > code_row and (above is None or apart):
                above = node.start_byte
            comment_row = last_row
        else:
            yield from _of_node(node, node.start_byte if above is None or apart else above, grammar, depth)
            above, code_row, heads_file = None, last_row, False


def _of_node(node: "Node", start: int, grammar: Grammar, depth: int) -> Iterator[_Found]:
    defined = _defined(node, grammar) if node.is_named else None
    if defined is not None:
        yield _Found(start, node.end_byte, *defined)
    elif depth < _DEEPEST and (node.type in grammar.branches or node.is_error or _is_long(node, grammar)):
        yield from _found(node.children, grammar, depth + 1)


def _is_long(node: "Node", grammar: Grammar) -> bool:
    return node.type in grammar.long_branches and node.end_byte - node.start_byte > BLOCK_LIMIT


def _defined(node: "Node", grammar: Grammar, shells: int = 0) -> tuple[str, "Node"] | None:
    """The kind and the node of the definition that `node` is or wraps."""
    rule = grammar.rules.get(node.type)
    if rule is not None:
        child = node.child_by_field_name(rule.of) if rule.of else node
        kind = rule.kinds.get(child.type, "") if child is not None and rule.kinds else rule.kind
        if child is not None and kind:
            return kind, node
    if node.type not in grammar.shells or shells >= _SHELLS:
        return None
    inner = (_defined(child, grammar, shells + 1) for child in node.named_children)
    return next((each for each in inner if each is not None), None)


def _line_start(text: str, position: int) -> int:
    """Where the line of `position` starts, if only white space or words, such as modifiers, are before it there."""
    earliest = max(0, position - _INDENTATION)
    start = text.rfind("\n", earliest, position) + 1
    return position if (start == 0 < earliest) or not _WORDS.fullmatch(text, start, position) else start


def _line_end(text: str, position: int) -> int:
    """Where the line of `position` ends, with its end, if that is near."""
    end = text.find("\n", position, position + _REST_OF_LINE)
    if end >= 0:
        return end + 1
    return len(text) if len(text) - position < _REST_OF_LINE else position
