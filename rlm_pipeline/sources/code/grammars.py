"""What a definition is in each language that has a grammar, in terms of its tree-sitter nodes.

The node types are those of the grammars' own `node-types.json`.
"""

import functools
import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rlm_pipeline.errors import InvariantError

if TYPE_CHECKING:
    from tree_sitter import Parser


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A node type is a definition of this kind, if it has the field `of`, where one is given.

    With `kinds`, the kind is by the type of the node in the field, and nodes with other types there are none.
    """

    kind: str = ""
    of: str = ""
    kinds: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """How one language's tree is read.

    A node of `shells` is one definition's wrapping and is part of it (decorators, `export`); definitions inside nodes
    of `branches` stand for themselves (`if`, `#ifdef`), and so do those inside `long_branches`, such as a function
    that wraps a whole file, where they are too long to be kept whole.
    """

    package: str
    function: str = "language"
    rules: Mapping[str, Rule]
    shells: frozenset[str] = frozenset()
    branches: frozenset[str] = frozenset()
    long_branches: frozenset[str] = frozenset()


CONTAINERS = frozenset({"class", "interface", "struct", "union", "enum", "record", "trait", "impl", "namespace"})
"""Kinds whose own definitions are definitions of their own."""


def _rules(**types: str) -> dict[str, Rule]:
    return {node: Rule(kind=kind) for kind, nodes in types.items() for node in nodes.split()}


def _with(field: str, types: str = "", /, **kinds: str) -> dict[str, Rule]:
    wanted = types.split()
    return {
        node: Rule(kind=kind, of=field, kinds=dict.fromkeys(wanted, kind))
        for kind, nodes in kinds.items()
        for node in nodes.split()
    }


def _named_by(node: str, field: str, /, **kinds: str) -> dict[str, Rule]:
    return {node: Rule(of=field, kinds={each: kind for kind, types in kinds.items() for each in types.split()})}


def _set(nodes: str) -> frozenset[str]:
    return frozenset(nodes.split())


_SCRIPT_FUNCTIONS = "arrow_function function_expression generator_function"
_SCRIPT = {
    **_rules(function="function_declaration generator_function_declaration method_definition"),
    **_rules(**{"class": "class_declaration"}),
    **_with("value", _SCRIPT_FUNCTIONS, function="variable_declarator field_definition public_field_definition"),
    **_with("right", _SCRIPT_FUNCTIONS, function="assignment_expression"),
    **_rules(
        **{"class": "abstract_class_declaration"},
        interface="interface_declaration",
        enum="enum_declaration",
        namespace="internal_module module",
    ),
}
_SCRIPT_SHELLS = _set(
    "export_statement lexical_declaration variable_declaration expression_statement ambient_declaration"
)
_SCRIPT_LONG = _set(
    "expression_statement call_expression parenthesized_expression unary_expression arguments function_expression "
    "arrow_function"
)
_SCRIPT_BRANCHES = _set("if_statement else_clause statement_block try_statement")

_PREPROCESSOR = "preproc_if preproc_ifdef preproc_else preproc_elif preproc_elifdef"
_C_TYPES = {
    **_with("body", function="function_definition", struct="struct_specifier", union="union_specifier"),
    **_with("body", enum="enum_specifier"),
    **_named_by(
        "type_definition",
        "type",
        struct="struct_specifier",
        union="union_specifier",
        enum="enum_specifier",
        **{"class": "class_specifier"},
    ),
}

_PHP = {
    **_rules(
        **{"class": "class_declaration"},
        interface="interface_declaration",
        trait="trait_declaration",
        enum="enum_declaration",
    ),
    **_with("body", function="function_definition method_declaration", namespace="namespace_definition"),
}
_PHP_BRANCHES = _set("if_statement else_clause compound_statement")

GRAMMARS: Mapping[str, Grammar] = {
    "python": Grammar(
        package="tree_sitter_python",
        rules=_rules(function="function_definition", **{"class": "class_definition"}),
        shells=_set("decorated_definition"),
        branches=_set(
            "if_statement elif_clause else_clause try_statement except_clause finally_clause with_statement block"
        ),
    ),
    "javascript": Grammar(
        package="tree_sitter_javascript",
        rules=_SCRIPT,
        shells=_SCRIPT_SHELLS,
        branches=_SCRIPT_BRANCHES,
        long_branches=_SCRIPT_LONG,
    ),
    "typescript": Grammar(
        package="tree_sitter_typescript",
        function="language_typescript",
        rules=_SCRIPT,
        shells=_SCRIPT_SHELLS,
        branches=_SCRIPT_BRANCHES,
        long_branches=_SCRIPT_LONG,
    ),
    "tsx": Grammar(
        package="tree_sitter_typescript",
        function="language_tsx",
        rules=_SCRIPT,
        shells=_SCRIPT_SHELLS,
        branches=_SCRIPT_BRANCHES,
        long_branches=_SCRIPT_LONG,
    ),
    "java": Grammar(
        package="tree_sitter_java",
        rules={
            **_rules(
                **{"class": "class_declaration"},
                interface="interface_declaration annotation_type_declaration",
                enum="enum_declaration",
                record="record_declaration",
            ),
            **_with("body", function="method_declaration constructor_declaration compact_constructor_declaration"),
        },
        branches=_set("enum_body_declarations"),
    ),
    "go": Grammar(
        package="tree_sitter_go",
        rules={
            **_rules(function="function_declaration", method="method_declaration"),
            **_named_by("type_spec", "type", struct="struct_type", interface="interface_type"),
        },
        shells=_set("type_declaration"),
    ),
    "rust": Grammar(
        package="tree_sitter_rust",
        rules={
            **_rules(
                function="function_item",
                struct="struct_item",
                union="union_item",
                enum="enum_item",
                trait="trait_item",
                impl="impl_item",
                macro="macro_definition",
            ),
            **_with("body", namespace="mod_item"),
        },
        branches=_set("foreign_mod_item declaration_list"),
    ),
    "c": Grammar(
        package="tree_sitter_c",
        rules=_C_TYPES,
        branches=_set(f"{_PREPROCESSOR} linkage_specification declaration_list"),
    ),
    "cpp": Grammar(
        package="tree_sitter_cpp",
        rules={**_C_TYPES, **_with("body", namespace="namespace_definition", **{"class": "class_specifier"})},
        shells=_set("template_declaration"),
        branches=_set(f"{_PREPROCESSOR} linkage_specification declaration_list"),
    ),
    "csharp": Grammar(
        package="tree_sitter_c_sharp",
        rules={
            **_rules(
                **{"class": "class_declaration"},
                struct="struct_declaration",
                interface="interface_declaration",
                enum="enum_declaration",
                record="record_declaration",
                namespace="namespace_declaration",
            ),
            **_with(
                "body",
                function="method_declaration constructor_declaration destructor_declaration operator_declaration "
                "conversion_operator_declaration local_function_statement",
            ),
        },
        shells=_set("global_statement"),
        branches=_set("preproc_if preproc_else preproc_elif"),
    ),
    "ruby": Grammar(
        package="tree_sitter_ruby",
        rules=_rules(function="method singleton_method", namespace="module", **{"class": "class"}),
        shells=_set("call argument_list"),
        branches=_set("singleton_class body_statement if unless else then"),
        long_branches=_set("call do_block block"),
    ),
    "php": Grammar(package="tree_sitter_php", function="language_php", rules=_PHP, branches=_PHP_BRANCHES),
    "php without tags": Grammar(
        package="tree_sitter_php", function="language_php_only", rules=_PHP, branches=_PHP_BRANCHES
    ),
    "bash": Grammar(
        package="tree_sitter_bash",
        rules=_rules(function="function_definition"),
        branches=_set("if_statement elif_clause else_clause case_statement case_item"),
    ),
    "sql": Grammar(
        package="tree_sitter_sql",
        rules=_rules(
            table="create_table",
            view="create_view create_materialized_view",
            function="create_function create_procedure",
            trigger="create_trigger",
            index="create_index",
            type="create_type",
        ),
        shells=_set("statement"),
    ),
}
"""By language, as `languages` names it."""


@functools.cache
def parser(language: str) -> "Parser":
    """The parser of a language in GRAMMARS.

    Raises:
        InvariantError: its grammar is not installed or not for this tree-sitter.

    """
    import tree_sitter

    grammar = GRAMMARS[language]
    try:
        pointer = getattr(importlib.import_module(grammar.package), grammar.function)()
        return tree_sitter.Parser(tree_sitter.Language(pointer))
    except (ImportError, ValueError) as error:
        wheel = grammar.package.replace("_", "-")
        raise InvariantError(f"the grammar {wheel} cannot be used ({error}); install it with this project") from error
