"""What a definition is called, from its node in the syntax tree."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

ANONYMOUS = "anonymous"

_FIELDS = ("name", "declarator", "left", "property", "operator", "type", "column")
_LONGEST = 200
_DEEPEST = 20
_RECEIVER = re.compile(r"\*?\s*(\w+)\s*(?:\[.*\])?\s*,?\s*\)\s*\Z", re.DOTALL)
_GENERICS_OF_OWNER = re.compile(r"<.*>(?=::)", re.DOTALL)
_GENERICS = re.compile(r"<.*>\Z", re.DOTALL)


def name_of(node: "Node", text: str) -> str:
    """The name of a definition in `text`: `f`, or `T.m` of a Go or C++ method; ANONYMOUS without one."""
    name = _text(_named(node), text)
    if node.type == "impl_item":
        name = _GENERICS.sub("", name)
    if node.type == "destructor_declaration":
        name = f"~{name}"
    receiver = node.child_by_field_name("receiver")
    if receiver is not None and (match := _RECEIVER.search(_text(receiver, text))):
        name = f"{match[1]}.{name}"
    owner = node.child_by_field_name("object")
    if owner is not None and _text(owner, text) != "self":
        name = f"{_text(owner, text)}.{name}"
    return _GENERICS_OF_OWNER.sub("", name).replace("::", ".").strip("\"'")[:_LONGEST] or ANONYMOUS


def _named(node: "Node") -> "Node | None":
    reference = next((child for child in node.named_children if child.type == "object_reference"), None)
    if reference is not None and node.type != "create_index":  # there it is the table
        return reference
    if node.type == "namespace_definition":
        return node.child_by_field_name("name")
    found = next((child for field in _FIELDS if (child := node.child_by_field_name(field)) is not None), None)
    for _ in range(_DEEPEST):
        if found is None or not found.type.endswith("_declarator"):
            break
        inner = found.child_by_field_name("declarator")
        found = inner if inner is not None else next(iter(found.named_children), None)
    return found


def _text(node: "Node | None", text: str) -> str:
    return " ".join(text[node.start_byte : node.end_byte][: 4 * _LONGEST].split()) if node is not None else ""
