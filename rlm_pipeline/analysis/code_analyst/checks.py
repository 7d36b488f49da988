"""What is wrong with a statement or a definition by itself, or with the loop that it is in."""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from rlm_pipeline.analysis.code_analyst.expressions import Source
from rlm_pipeline.analysis.code_analyst.hits import Hit, HitKind
from rlm_pipeline.analysis.code_analyst.matching import Around
from rlm_pipeline.analysis.observation import Severity
from rlm_pipeline.configuration import CodeMode

if TYPE_CHECKING:
    from tree_sitter import Node

MOST_METHODS = 30
"""Methods from which on a class does too much."""

_LEAVES = frozenset({"return_statement", "raise_statement", "throw_statement", "break_statement", "continue_statement"})
_MAY_FOLLOW = frozenset(
    {"comment", "line_comment", "block_comment", "function_definition", "function_declaration", "class_declaration",
     "function_item", "labeled_statement", "case_statement", "default_statement", "local_function_statement",
     "empty_statement", "break_statement", "preproc_if", "preproc_ifdef", "preproc_else", "preproc_elif",
     "preproc_call", "preproc_def", "preproc_include", "ERROR", "text_interpolation", "php_tag"}
)  # fmt: skip
_ATTRIBUTE_BEFORE = re.compile(r"(?:\[[^\[\]]*\]\s*)*\Z")
_TAKES_A_CHANGE = re.compile(r"\[[^\]]*\bHttp(?:Post|Put|Delete|Patch)\b")
_PROTECTED = re.compile(r"AntiForgery|FromBody", re.IGNORECASE)
_BARE = re.compile(r"except\s*:")
_BROAD = re.compile(
    r"\b(?:Exception|BaseException|Throwable|StandardError|Error)\b|\.\.\.|catch\s*(?:\(\s*\w+\s*\))?\s*$"
)
_LIST = frozenset({"list", "list_comprehension"})
_MADE_EMPTY = frozenset({"list()", "dict()", "set()"})
_CHANGEABLE = frozenset({"list", "dictionary", "set", "list_comprehension", "dictionary_comprehension"})
_SMALL = 20  # elements of a list that is searched as fast as anything
_MOST_STATEMENTS = 2000


def _csrf(source: Source, node: "Node", _around: Around) -> Iterator[Hit]:
    text = source.text
    if not _TAKES_A_CHANGE.match(source.of(node, 300)):
        return
    before = _ATTRIBUTE_BEFORE.search(text, max(0, node.start_byte - 400), node.start_byte)
    after = text[node.start_byte : node.start_byte + 600].partition("{")[0]
    if _PROTECTED.search((before[0] if before else "") + after) or "ApiController]" in text:
        return
    yield Hit(
        start=node.start_byte,
        end=node.end_byte,
        kind="vulnerability",
        rule="request-without-antiforgery-token",
        cwe=352,
        message="an action that changes state takes requests without an antiforgery token",
        severity="warning",
        confidence=0.6,
    )


def _catch(source: Source, node: "Node", _around: Around) -> Iterator[Hit]:
    text = source.of(node, 400)
    body = node.child_by_field_name("body") or (node.named_children[-1] if 0 < node.named_child_count < 50 else None)
    is_bare = _BARE.match(text) is not None
    if is_bare:
        message = "every exception is caught, those too that end the program"
        yield _hit(node, "antipattern", "bare-except", message, 396)
    if body is None or body.named_child_count > 1:
        return
    inside = source.of(body, 80).strip().strip("{}").strip()
    caught = text[: max(0, body.start_byte - node.start_byte)]
    if inside in {"", "pass", ";", "..."} and (is_bare or _BROAD.search(caught)):
        message = "errors of any kind are caught and nothing is done about them"
        yield _hit(node, "bug", "error-swallowed", message, 390)


def _defaults(source: Source, node: "Node", _around: Around) -> Iterator[Hit]:
    value = node.child_by_field_name("value")
    if value is None:
        return
    is_made = value.type == "call" and source.of(value, 40).strip() in _MADE_EMPTY
    if value.type in _CHANGEABLE or is_made:
        message = "a default that can be changed is shared by all calls"
        yield _hit(node, "bug", "mutable-default", message, None, confidence=0.6)


def _growing_string(source: Source, node: "Node", around: Around) -> Iterator[Hit]:
    if not around.in_loop:
        return
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None or left.type not in source.syntax.names | {"identifier"}:
        return
    operator = source.text[left.end_byte : right.start_byte].strip()
    name = source.dotted(left)
    start = source.assigned[-1].get(name)
    grows = operator in {"+=", ".="} or (
        operator == "=" and re.match(rf"{re.escape(name)}\s*[+.]\s", source.of(right, 200)) is not None
    )
    if not grows:
        return
    starts_as_text = start is not None and start.type in source.syntax.strings
    is_text = operator == ".=" or source.is_built(right) or right.type in source.syntax.strings
    if starts_as_text or is_text:
        message = "a string is put together in a loop, which may copy it each time"
        yield _hit(node, "performance", "string-grows-in-loop", message, None, severity="info", confidence=0.6)


def _membership(source: Source, node: "Node", around: Around) -> Iterator[Hit]:
    if not around.in_loop or node.named_child_count != 2:
        return
    left, right = node.named_children
    operator = source.text[left.end_byte : right.start_byte].strip()
    if operator in {"in", "not in"} and right.type == "identifier":
        value = source.resolved(right)
        is_list = value.type in _LIST or (value.type == "call" and source.of(value, 5) == "list(")
        small = value.type == "list" and 0 < value.named_child_count < _SMALL
        if is_list and not small:
            message = "a list is searched again and again in a loop; a set finds at once"
            yield _hit(node, "performance", "list-searched-in-loop", message, None, confidence=0.3)


def _class(source: Source, node: "Node", _around: Around) -> Iterator[Hit]:
    body = node.child_by_field_name("body")
    if body is None:
        return
    functions = source.syntax.functions
    methods = sum(_holds_function(child, functions) for child in body.named_children)
    if methods >= MOST_METHODS:
        yield Hit(
            start=node.start_byte,
            end=node.end_byte,
            kind="antipattern",
            rule="god-class",
            message=f"a class with {methods} methods does too much",
            severity="notice",
            confidence=0.6,
        )


def _holds_function(node: "Node", functions: frozenset[str]) -> bool:
    if node.type in functions:
        return True
    return node.type == "decorated_definition" and node.named_children[-1].type in functions


def _unreachable(_source: Source, node: "Node", _around: Around) -> Iterator[Hit]:
    if node.named_child_count > _MOST_STATEMENTS:
        return
    children = node.named_children
    for first, second in pairwise(children):
        if first.type in _LEAVES and second.type not in _MAY_FOLLOW and not first.has_error:
            yield _hit(second, "bug", "unreachable-code", "code after a statement that leaves is never run", 561)
            return


def _hit(
    node: "Node",
    kind: HitKind,
    rule: str,
    message: str,
    cwe: int | None,
    *,
    severity: Severity = "notice",
    confidence: float = 0.9,
) -> Hit:
    return Hit(
        start=node.start_byte,
        end=node.end_byte,
        kind=kind,
        rule=rule,
        message=message,
        severity=severity,
        confidence=confidence,
        cwe=cwe,
    )


Check = Callable[[Source, "Node", Around], Iterator[Hit]]


def _of(mode: CodeMode, check: Check, nodes: str) -> dict[str, tuple[tuple[CodeMode, Check], ...]]:
    return dict.fromkeys(nodes.split(), ((mode, check),))


CHECKS: Mapping[str, tuple[tuple[CodeMode, Check], ...]] = {
    **_of("security", _csrf, "attribute_list"),
    **_of("general", _catch, "except_clause catch_clause rescue"),
    **_of("general", _defaults, "default_parameter typed_default_parameter"),
    **_of("general", _unreachable, "block statement_block compound_statement statement_list"),
    **_of("architecture", _class, "class_definition class_declaration class_specifier class"),
    **_of("performance", _membership, "comparison_operator"),
    **_of(
        "performance",
        _growing_string,
        "augmented_assignment assignment augmented_assignment_expression assignment_expression operator_assignment "
        "compound_assignment_expr assignment_statement",
    ),
}
"""By the type of node that is looked at: the mode that wants it, and what is looked for."""
