"""How calls, assignments, loops, branches, ... look in each language that has a grammar, in tree-sitter nodes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


def _set(nodes: str) -> frozenset[str]:
    return frozenset(nodes.split())


def _fields(**nodes: str) -> dict[str, tuple[str, ...]]:
    return {node: tuple(names.split()) for node, names in nodes.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Syntax:
    """The node types of one language by what they are.

    `calls` and `assignments` name fields: the parts of what is called and last the arguments; the target and the value.
    There `*` is the first or the last named child, and `=echo` stands for what is called by a word of the language. `decisions` are what a path through a function may go either way at, tokens too:
    cyclomatic complexity is their number and one. `nesting` are statements whose inside is a level deeper. `built` are
    expressions that put strings together, `interpolations` what is not constant within one.
    """

    functions: frozenset[str]
    async_functions: frozenset[str] = frozenset()
    classes: frozenset[str]
    loops: frozenset[str]
    decisions: frozenset[str]
    nesting: frozenset[str]
    calls: Mapping[str, tuple[str, ...]]
    assignments: Mapping[str, tuple[str, ...]]
    appends: frozenset[str] = frozenset()
    catches: frozenset[str] = frozenset()
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


_PYTHON = Syntax(
    functions=_set("function_definition lambda"),
    async_functions=_set("function_definition"),
    classes=_set("class_definition"),
    loops=_set("for_statement while_statement"),
    decisions=_set(
        "if_statement elif_clause for_statement while_statement except_clause conditional_expression case_clause "
        "and or for_in_clause if_clause assert_statement"
    ),
    nesting=_set("if_statement for_statement while_statement try_statement with_statement match_statement"),
    calls=_fields(call="function arguments"),
    assignments=_fields(
        assignment="left right", augmented_assignment="left right", named_expression="name value", pair="key value"
    ),
    appends=_set("augmented_assignment"),
    catches=_set("except_clause"),
    strings=_set("string concatenated_string"),
    constants=_set("integer float true false none"),
    collections=_set("list tuple set dictionary pair"),
    interpolations=_set("interpolation"),
    built=_set("binary_operator"),
    wrappers=_set("parenthesized_expression await unary_operator"),
    names=_set("identifier attribute"),
    keywords={"keyword_argument": ("name", "value")},
    parameters=_set("parameters lambda_parameters"),
)

_SCRIPT = Syntax(
    functions=_set(
        "function_declaration generator_function_declaration method_definition arrow_function function_expression "
        "generator_function"
    ),
    async_functions=_set("function_declaration method_definition arrow_function function_expression"),
    classes=_set("class_declaration class abstract_class_declaration"),
    loops=_set("for_statement for_in_statement while_statement do_statement"),
    decisions=_set(
        "if_statement for_statement for_in_statement while_statement do_statement catch_clause ternary_expression "
        "switch_case && || ??"
    ),
    nesting=_set(
        "if_statement for_statement for_in_statement while_statement do_statement try_statement switch_statement"
    ),
    calls=_fields(call_expression="function arguments", new_expression="constructor arguments"),
    assignments=_fields(
        variable_declarator="name value",
        assignment_expression="left right",
        augmented_assignment_expression="left right",
        pair="key value",
        jsx_attribute="* *",
        public_field_definition="name value",
        field_definition="property value",
    ),
    appends=_set("augmented_assignment_expression"),
    catches=_set("catch_clause"),
    strings=_set("string template_string"),
    constants=_set("number true false null undefined regex"),
    collections=_set("array object pair"),
    interpolations=_set("template_substitution"),
    built=_set("binary_expression"),
    wrappers=_set("parenthesized_expression await_expression as_expression non_null_expression unary_expression"),
    names=_set("identifier member_expression property_identifier this"),
    parameters=_set("formal_parameters"),
)

_C = Syntax(
    functions=_set("function_definition"),
    classes=_set("struct_specifier union_specifier"),
    loops=_set("for_statement while_statement do_statement"),
    decisions=_set(
        "if_statement for_statement while_statement do_statement case conditional_expression && ||"
    ),
    nesting=_set("if_statement for_statement while_statement do_statement switch_statement"),
    calls=_fields(call_expression="function arguments"),
    assignments=_fields(assignment_expression="left right", init_declarator="declarator value"),
    strings=_set("string_literal concatenated_string raw_string_literal char_literal"),
    constants=_set("number_literal true false null nullptr sizeof_expression"),
    collections=_set("initializer_list"),
    built=_set("binary_expression"),
    wrappers=_set("parenthesized_expression cast_expression unary_expression pointer_expression"),
    names=_set("identifier field_expression qualified_identifier"),
    parameters=_set("parameter_list"),
    has_pointers=True,
)

GRAMMAR_SYNTAX: Mapping[str, Syntax] = {
    "python": _PYTHON,
    "javascript": _SCRIPT,
    "typescript": _SCRIPT,
    "tsx": _SCRIPT,
    "java": Syntax(
        functions=_set("method_declaration constructor_declaration compact_constructor_declaration lambda_expression"),
        classes=_set("class_declaration enum_declaration record_declaration"),
        loops=_set("for_statement enhanced_for_statement while_statement do_statement"),
        decisions=_set(
            "if_statement for_statement enhanced_for_statement while_statement do_statement catch_clause "
            "ternary_expression case && ||"
        ),
        nesting=_set(
            "if_statement for_statement enhanced_for_statement while_statement do_statement try_statement "
            "try_with_resources_statement switch_expression"
        ),
        calls=_fields(
            method_invocation="object name arguments",
            object_creation_expression="type arguments",
            explicit_constructor_invocation="constructor arguments",
        ),
        assignments=_fields(
            assignment_expression="left right", variable_declarator="name value", element_value_pair="key value",
            resource="name value",
        ),
        catches=_set("catch_clause"),
        strings=_set("string_literal character_literal"),
        constants=_set(
            "decimal_integer_literal hex_integer_literal octal_integer_literal binary_integer_literal "
            "decimal_floating_point_literal true false null_literal class_literal"
        ),
        collections=_set("array_initializer array_creation_expression dimensions_expr"),
        built=_set("binary_expression"),
        wrappers=_set("parenthesized_expression cast_expression unary_expression"),
        names=_set("identifier field_access this"),
        parameters=_set("formal_parameters"),
    ),
    "go": Syntax(
        functions=_set("function_declaration method_declaration func_literal"),
        classes=_set("type_spec"),
        loops=_set("for_statement"),
        decisions=_set("if_statement for_statement expression_case type_case communication_case && ||"),
        nesting=_set(
            "if_statement for_statement expression_switch_statement type_switch_statement select_statement"
        ),
        calls=_fields(call_expression="function arguments", composite_literal="type body"),
        assignments=_fields(
            short_var_declaration="left right", assignment_statement="left right", var_spec="name value",
            const_spec="name value", keyed_element="* *",
        ),
        strings=_set("interpreted_string_literal raw_string_literal rune_literal"),
        constants=_set("int_literal float_literal imaginary_literal true false nil"),
        collections=_set("expression_list literal_value literal_element keyed_element"),
        built=_set("binary_expression"),
        wrappers=_set("parenthesized_expression unary_expression"),
        names=_set("identifier selector_expression field_identifier"),
        parameters=_set("parameter_list"),
    ),
    "rust": Syntax(
        functions=_set("function_item closure_expression"),
        async_functions=_set("function_item"),
        classes=_set("impl_item trait_item struct_item"),
        loops=_set("for_expression while_expression loop_expression"),
        decisions=_set("if_expression for_expression while_expression loop_expression match_arm try_expression && ||"),
        nesting=_set("if_expression for_expression while_expression loop_expression match_expression"),
        calls=_fields(call_expression="function arguments", macro_invocation="macro *"),
        assignments=_fields(
            let_declaration="pattern value", assignment_expression="left right",
            compound_assignment_expr="left right", const_item="name value", static_item="name value",
            field_initializer="field value",
        ),
        appends=_set("compound_assignment_expr"),
        strings=_set("string_literal raw_string_literal char_literal"),
        constants=_set("integer_literal float_literal boolean_literal"),
        collections=_set("array_expression tuple_expression"),
        built=_set("binary_expression"),
        wrappers=_set(
            "parenthesized_expression reference_expression try_expression await_expression unary_expression "
            "type_cast_expression"
        ),
        names=_set("identifier field_expression scoped_identifier self"),
        parameters=_set("parameters closure_parameters"),
    ),
    "c": _C,
    "cpp": replace(
        _C,
        functions=_C.functions | {"lambda_expression"},
        classes=_C.classes | {"class_specifier"},
        loops=_C.loops | {"for_range_loop"},
        decisions=_C.decisions | {"for_range_loop", "catch_clause"},
        nesting=_C.nesting | {"for_range_loop", "try_statement"},
        calls={**_C.calls, "new_expression": ("type", "arguments")},
        catches=_set("catch_clause"),
    ),
    "csharp": Syntax(
        functions=_set(
            "method_declaration constructor_declaration destructor_declaration operator_declaration "
            "local_function_statement lambda_expression anonymous_method_expression accessor_declaration"
        ),
        async_functions=_set("method_declaration local_function_statement lambda_expression"),
        classes=_set("class_declaration struct_declaration record_declaration"),
        loops=_set("for_statement foreach_statement while_statement do_statement"),
        decisions=_set(
            "if_statement for_statement foreach_statement while_statement do_statement catch_clause "
            "conditional_expression case switch_expression_arm && || ??"
        ),
        nesting=_set(
            "if_statement for_statement foreach_statement while_statement do_statement try_statement switch_statement"
        ),
        calls=_fields(
            invocation_expression="function arguments",
            object_creation_expression="type arguments",
        ),
        assignments=_fields(assignment_expression="left right", variable_declarator="name *"),
        catches=_set("catch_clause"),
        strings=_set("string_literal verbatim_string_literal raw_string_literal interpolated_string_expression "
                     "character_literal"),
        constants=_set("integer_literal real_literal boolean_literal null_literal typeof_expression"),
        collections=_set("initializer_expression array_creation_expression implicit_array_creation_expression argument"),
        interpolations=_set("interpolation"),
        built=_set("binary_expression"),
        wrappers=_set("parenthesized_expression cast_expression await_expression argument prefix_unary_expression"),
        names=_set("identifier member_access_expression this"),
        parameters=_set("parameter_list"),
    ),
    "ruby": Syntax(
        functions=_set("method singleton_method lambda"),
        classes=_set("class module"),
        loops=_set("while until for"),
        decisions=_set(
            "if unless elsif while until for when rescue conditional if_modifier unless_modifier while_modifier "
            "until_modifier && || and or in_clause"
        ),
        nesting=_set("if unless while until for case begin"),
        calls=_fields(call="receiver method arguments"),
        assignments=_fields(assignment="left right", operator_assignment="left right", pair="key value"),
        appends=_set("operator_assignment"),
        catches=_set("rescue"),
        strings=_set("string chained_string heredoc_body string_array symbol_array"),
        constants=_set("integer float true false nil simple_symbol hash_key_symbol regex"),
        collections=_set("array hash pair"),
        interpolations=_set("interpolation"),
        built=_set("binary"),
        wrappers=_set("parenthesized_statements unary"),
        names=_set("identifier constant scope_resolution instance_variable global_variable self"),
        keywords={"pair": ("key", "value")},
        parameters=_set("method_parameters lambda_parameters"),
    ),
    "bash": Syntax(
        functions=_set("function_definition"),
        classes=frozenset(),
        loops=_set("for_statement while_statement c_style_for_statement"),
        decisions=_set("if_statement elif_clause for_statement while_statement c_style_for_statement case_item && ||"),
        nesting=_set("if_statement for_statement while_statement c_style_for_statement case_statement"),
        calls=_fields(command="name argument"),
        assignments=_fields(variable_assignment="name value"),
        strings=_set("string raw_string ansi_c_string"),
        constants=_set("word number"),
        collections=_set("array"),
        interpolations=_set("simple_expansion expansion command_substitution"),
        built=_set("concatenation"),
        names=_set("simple_expansion expansion"),
    ),
    "sql": Syntax(
        functions=_set("create_function create_procedure"),
        classes=frozenset(),
        loops=frozenset(),
        decisions=_set("keyword_when"),
        nesting=frozenset(),
        calls=_fields(invocation="* *"),
        assignments=_fields(assignment="left right"),
        strings=_set("literal"),
        constants=frozenset(),
        names=_set("field object_reference"),
    ),
}

_PHP = Syntax(
    functions=_set("function_definition method_declaration anonymous_function arrow_function"),
    classes=_set("class_declaration trait_declaration"),
    loops=_set("for_statement foreach_statement while_statement do_statement"),
    decisions=_set(
        "if_statement else_if_clause for_statement foreach_statement while_statement do_statement catch_clause "
        "conditional_expression case_statement match_conditional_expression && || and or ??"
    ),
    nesting=_set(
        "if_statement for_statement foreach_statement while_statement do_statement try_statement switch_statement"
    ),
    calls=_fields(
        function_call_expression="function arguments",
        member_call_expression="object name arguments",
        nullsafe_member_call_expression="object name arguments",
        scoped_call_expression="scope name arguments",
        object_creation_expression="* arguments",
        include_expression="=include *",
        include_once_expression="=include_once *",
        require_expression="=require *",
        require_once_expression="=require_once *",
        echo_statement="=echo *",
        print_intrinsic="=print *",
        shell_command_expression="=shell_exec *",
        exit_statement="=exit *",
    ),
    assignments=_fields(
        assignment_expression="left right", augmented_assignment_expression="left right",
        array_element_initializer="* *", const_element="* *", property_element="name default_value",
    ),
    appends=_set("augmented_assignment_expression"),
    catches=_set("catch_clause"),
    strings=_set("string encapsed_string heredoc nowdoc"),
    constants=_set("integer float boolean null name"),
    collections=_set("array_creation_expression array_element_initializer argument"),
    interpolations=_set("variable_name subscript_expression member_access_expression dynamic_variable_name"),
    built=_set("binary_expression"),
    wrappers=_set(
        "parenthesized_expression cast_expression argument unary_op_expression error_suppression_expression"
    ),
    names=_set("variable_name member_access_expression scoped_property_access_expression"),
    parameters=_set("formal_parameters"),
)

SYNTAX: Mapping[str, Syntax] = {**GRAMMAR_SYNTAX, "php": _PHP, "php without tags": _PHP}
"""By grammar, as `sources.code.grammars` names it."""
