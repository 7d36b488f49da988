"""How calls, assignments, loops, branches, ... look in a language, in nodes of its tree-sitter grammar."""

from collections.abc import Mapping
from dataclasses import dataclass, field


def types(nodes: str) -> frozenset[str]:
    """The types of nodes that are named in a text."""
    return frozenset(nodes.split())


def fields(**nodes: str) -> dict[str, tuple[str, ...]]:
    """The fields of each type of node."""
    return {node: tuple(names.split()) for node, names in nodes.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Syntax:
    """The node types of one language by what they are.

    `calls` and `assignments` name fields: the parts of what is called and last the arguments; the target and the
    value. There `*` is the first or the last named child, and `=echo` stands for what is called by a word of the
    language. `decisions` are what a path through a function may go either way at, tokens too: cyclomatic complexity is
    their number and one. `nesting` are statements whose inside is a level deeper. `built` are expressions that put
    strings together, `interpolations` what is not constant within one; `wrappers` change nothing about what they hold.
    `appends` are assignments that do not replace what was there.
    """

    functions: frozenset[str]
    async_functions: frozenset[str] = frozenset()
    loops: frozenset[str]
    decisions: frozenset[str]
    nesting: frozenset[str]
    calls: Mapping[str, tuple[str, ...]]
    assignments: Mapping[str, tuple[str, ...]]
    appends: frozenset[str] = frozenset()
    strings: frozenset[str]
    constants: frozenset[str]
    collections: frozenset[str] = frozenset()
    interpolations: frozenset[str] = frozenset()
    built: frozenset[str] = frozenset()
    wrappers: frozenset[str] = frozenset()
    names: frozenset[str]
    keywords: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    parameters: frozenset[str] = frozenset()
    has_pointers: bool = False
    comments: frozenset[str] = frozenset({"comment", "line_comment", "block_comment"})
