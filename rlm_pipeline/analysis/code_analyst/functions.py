"""A function and its measures."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rlm_pipeline.analysis.code_analyst.syntax import Syntax

if TYPE_CHECKING:
    from tree_sitter import Node

_NO_PARAMETERS = frozenset({"keyword_separator", "positional_separator", "self_parameter", "receiver_parameter"})
_OWN = frozenset({"self", "cls"})
_MOST_PARAMETERS = 1000
_DECLARATORS = 6  # of C, one in the other


@dataclass(slots=True, kw_only=True)
class Function:
    """A function and its measures; `end` and `start` are characters of the text, `lines` are all of its lines."""

    start: int
    end: int
    name: str
    parameters: int
    lines: int
    is_async: bool
    complexity: int = 1
    nesting: int = 0


def parameters_of(node: "Node", syntax: Syntax, text: str) -> int:
    """How many parameters a function takes; `self` and `cls` are none."""
    found = node.child_by_field_name("parameters")
    inner: Node | None = node
    for _ in range(_DECLARATORS):
        if found is not None or inner is None:
            break
        inner = inner.child_by_field_name("declarator")
        found = inner.child_by_field_name("parameters") if inner is not None else None
    if found is None or found.type not in syntax.parameters:
        return 0
    named = found.named_children if found.named_child_count <= _MOST_PARAMETERS else []
    taken = [each for each in named if each.type not in syntax.comments and each.type not in _NO_PARAMETERS]
    if taken and text[taken[0].start_byte : taken[0].end_byte] in _OWN:
        taken = taken[1:]
    return len(taken)
