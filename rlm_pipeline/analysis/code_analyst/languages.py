"""What the nodes of each language's grammar are, as its `node-types.json` names them."""

from collections.abc import Mapping
from dataclasses import replace

from rlm_pipeline.analysis.code_analyst.syntax import Syntax, fields, types

_PYTHON = Syntax(
    functions=types("function_definition lambda"),
    async_functions=types("function_definition"),
    loops=types("for_statement while_statement"),
    decisions=types(
        "if_statement elif_clause for_statement while_statement except_clause conditional_expression case_clause "
        "and or for_in_clause if_clause assert_statement"
    ),
    nesting=types("if_statement for_statement while_statement try_statement with_statement match_statement"),
    calls=fields(call="function arguments"),
    assignments=fields(
        assignment="left right", augmented_assignment="left right", named_expression="name value", pair="key value"
    ),
    appends=types("augmented_assignment"),
    strings=types("string concatenated_string"),
    constants=types("integer float true false none"),
    collections=types("list tuple set dictionary pair"),
    interpolations=types("interpolation"),
    built=types("binary_operator"),
    wrappers=types("parenthesized_expression await unary_operator"),
    names=types("identifier attribute"),
    keywords={"keyword_argument": ("name", "value")},
    parameters=types("parameters lambda_parameters"),
)

_SCRIPT = Syntax(
    functions=types(
        "function_declaration generator_function_declaration method_definition arrow_function function_expression "
        "generator_function"
    ),
    async_functions=types("function_declaration method_definition arrow_function function_expression"),
    loops=types("for_statement for_in_statement while_statement do_statement"),
    decisions=types(
        "if_statement for_statement for_in_statement while_statement do_statement catch_clause ternary_expression "
        "switch_case && || ??"
    ),
    nesting=types(
        "if_statement for_statement for_in_statement while_statement do_statement try_statement switch_statement"
    ),
    calls=fields(call_expression="function arguments", new_expression="constructor arguments"),
    assignments=fields(
        variable_declarator="name value",
        assignment_expression="left right",
        augmented_assignment_expression="left right",
        pair="key value",
        jsx_attribute="* *",
        public_field_definition="name value",
        field_definition="property value",
    ),
    appends=types("augmented_assignment_expression"),
    strings=types("string template_string"),
    constants=types("number true false null undefined regex"),
    collections=types("array object pair"),
    interpolations=types("template_substitution"),
    built=types("binary_expression"),
    wrappers=types("parenthesized_expression await_expression as_expression non_null_expression unary_expression"),
    names=types("identifier member_expression property_identifier this"),
    parameters=types("formal_parameters"),
)

_C = Syntax(
    functions=types("function_definition"),
    loops=types("for_statement while_statement do_statement"),
    decisions=types("if_statement for_statement while_statement do_statement case conditional_expression && ||"),
    nesting=types("if_statement for_statement while_statement do_statement switch_statement"),
    calls=fields(call_expression="function arguments"),
    assignments=fields(assignment_expression="left right", init_declarator="declarator value"),
    strings=types("string_literal concatenated_string raw_string_literal char_literal"),
    constants=types("number_literal true false null nullptr sizeof_expression"),
    collections=types("initializer_list"),
    built=types("binary_expression"),
    wrappers=types("parenthesized_expression cast_expression unary_expression pointer_expression"),
    names=types("identifier field_expression qualified_identifier"),
    parameters=types("parameter_list"),
    has_pointers=True,
)

_OTHERS: Mapping[str, Syntax] = {
    "python": _PYTHON,
    "javascript": _SCRIPT,
    "typescript": _SCRIPT,
    "tsx": _SCRIPT,
    "java": Syntax(
        functions=types("method_declaration constructor_declaration compact_constructor_declaration lambda_expression"),
        loops=types("for_statement enhanced_for_statement while_statement do_statement"),
        decisions=types(
            "if_statement for_statement enhanced_for_statement while_statement do_statement catch_clause "
            "ternary_expression case && ||"
        ),
        nesting=types(
            "if_statement for_statement enhanced_for_statement while_statement do_statement try_statement "
            "try_with_resources_statement switch_expression"
        ),
        calls=fields(
            method_invocation="object name arguments",
            object_creation_expression="type arguments",
            explicit_constructor_invocation="constructor arguments",
        ),
        assignments=fields(
            assignment_expression="left right",
            variable_declarator="name value",
            element_value_pair="key value",
            resource="name value",
        ),
        strings=types("string_literal character_literal"),
        constants=types(
            "decimal_integer_literal hex_integer_literal octal_integer_literal binary_integer_literal "
            "decimal_floating_point_literal true false null_literal class_literal"
        ),
        collections=types("array_initializer array_creation_expression dimensions_expr"),
        built=types("binary_expression"),
        wrappers=types("parenthesized_expression cast_expression unary_expression"),
        names=types("identifier field_access this"),
        parameters=types("formal_parameters"),
    ),
    "go": Syntax(
        functions=types("function_declaration method_declaration func_literal"),
        loops=types("for_statement"),
        decisions=types("if_statement for_statement expression_case type_case communication_case && ||"),
        nesting=types("if_statement for_statement expression_switch_statement type_switch_statement select_statement"),
        calls=fields(call_expression="function arguments", composite_literal="type body"),
        assignments=fields(
            short_var_declaration="left right",
            assignment_statement="left right",
            var_spec="name value",
            const_spec="name value",
            keyed_element="* *",
        ),
        strings=types("interpreted_string_literal raw_string_literal rune_literal"),
        constants=types("int_literal float_literal imaginary_literal true false nil"),
        collections=types("expression_list literal_value literal_element keyed_element"),
        built=types("binary_expression"),
        wrappers=types("parenthesized_expression unary_expression"),
        names=types("identifier selector_expression field_identifier"),
        parameters=types("parameter_list"),
    ),
    "rust": Syntax(
        functions=types("function_item closure_expression"),
        async_functions=types("function_item"),
        loops=types("for_expression while_expression loop_expression"),
        decisions=types("if_expression for_expression while_expression loop_expression match_arm try_expression && ||"),
        nesting=types("if_expression for_expression while_expression loop_expression match_expression"),
        calls=fields(call_expression="function arguments", macro_invocation="macro *"),
        assignments=fields(
            let_declaration="pattern value",
            assignment_expression="left right",
            compound_assignment_expr="left right",
            const_item="name value",
            static_item="name value",
            field_initializer="field value",
        ),
        appends=types("compound_assignment_expr"),
        strings=types("string_literal raw_string_literal char_literal"),
        constants=types("integer_literal float_literal boolean_literal"),
        collections=types("array_expression tuple_expression"),
        built=types("binary_expression"),
        wrappers=types(
            "parenthesized_expression reference_expression try_expression await_expression unary_expression "
            "type_cast_expression"
        ),
        names=types("identifier field_expression scoped_identifier self"),
        parameters=types("parameters closure_parameters"),
    ),
    "c": _C,
    "cpp": replace(
        _C,
        functions=_C.functions | {"lambda_expression"},
        loops=_C.loops | {"for_range_loop"},
        decisions=_C.decisions | {"for_range_loop", "catch_clause"},
        nesting=_C.nesting | {"for_range_loop", "try_statement"},
        calls={**_C.calls, "new_expression": ("type", "arguments")},
    ),
    "csharp": Syntax(
        functions=types(
            "method_declaration constructor_declaration destructor_declaration operator_declaration "
            "local_function_statement lambda_expression anonymous_method_expression accessor_declaration"
        ),
        async_functions=types("method_declaration local_function_statement lambda_expression"),
        loops=types("for_statement foreach_statement while_statement do_statement"),
        decisions=types(
            "if_statement for_statement foreach_statement while_statement do_statement catch_clause "
            "conditional_expression case switch_expression_arm && || ??"
        ),
        nesting=types(
            "if_statement for_statement foreach_statement while_statement do_statement try_statement switch_statement"
        ),
        calls=fields(
            invocation_expression="function arguments",
            object_creation_expression="type arguments",
        ),
        assignments=fields(assignment_expression="left right", variable_declarator="name *"),
        strings=types(
            "string_literal verbatim_string_literal raw_string_literal interpolated_string_expression character_literal"
        ),
        constants=types("integer_literal real_literal boolean_literal null_literal typeof_expression"),
        collections=types(
            "initializer_expression array_creation_expression implicit_array_creation_expression argument"
        ),
        interpolations=types("interpolation"),
        built=types("binary_expression"),
        wrappers=types("parenthesized_expression cast_expression await_expression argument prefix_unary_expression"),
        names=types("identifier member_access_expression this"),
        parameters=types("parameter_list"),
    ),
    "ruby": Syntax(
        functions=types("method singleton_method lambda"),
        loops=types("while until for"),
        decisions=types(
            "if unless elsif while until for when rescue conditional if_modifier unless_modifier while_modifier "
            "until_modifier && || and or in_clause"
        ),
        nesting=types("if unless while until for case begin"),
        calls=fields(call="receiver method arguments"),
        assignments=fields(assignment="left right", operator_assignment="left right", pair="key value"),
        appends=types("operator_assignment"),
        strings=types("string chained_string heredoc_body string_array symbol_array"),
        constants=types("integer float true false nil simple_symbol hash_key_symbol regex"),
        collections=types("array hash pair"),
        interpolations=types("interpolation"),
        built=types("binary"),
        wrappers=types("parenthesized_statements unary"),
        names=types("identifier constant scope_resolution instance_variable global_variable self"),
        keywords={"pair": ("key", "value")},
        parameters=types("method_parameters lambda_parameters"),
    ),
    "bash": Syntax(
        functions=types("function_definition"),
        loops=types("for_statement while_statement c_style_for_statement"),
        decisions=types("if_statement elif_clause for_statement while_statement c_style_for_statement case_item && ||"),
        nesting=types("if_statement for_statement while_statement c_style_for_statement case_statement"),
        calls=fields(command="name argument"),
        assignments=fields(variable_assignment="name value"),
        strings=types("string raw_string ansi_c_string"),
        constants=types("word number"),
        collections=types("array"),
        interpolations=types("simple_expansion expansion command_substitution"),
        built=types("concatenation"),
        names=types("simple_expansion expansion"),
    ),
    "sql": Syntax(
        functions=types("create_function create_procedure"),
        loops=frozenset(),
        decisions=types("keyword_when"),
        nesting=frozenset(),
        calls=fields(invocation="* *"),
        assignments=fields(assignment="left right"),
        strings=types("literal"),
        constants=frozenset(),
        names=types("field object_reference"),
    ),
}

_PHP = Syntax(
    functions=types("function_definition method_declaration anonymous_function arrow_function"),
    loops=types("for_statement foreach_statement while_statement do_statement"),
    decisions=types(
        "if_statement else_if_clause for_statement foreach_statement while_statement do_statement catch_clause "
        "conditional_expression case_statement match_conditional_expression && || and or ??"
    ),
    nesting=types(
        "if_statement for_statement foreach_statement while_statement do_statement try_statement switch_statement"
    ),
    calls=fields(
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
    assignments=fields(
        assignment_expression="left right",
        augmented_assignment_expression="left right",
        array_element_initializer="* *",
        const_element="* *",
        property_element="name default_value",
    ),
    appends=types("augmented_assignment_expression"),
    strings=types("string encapsed_string heredoc nowdoc"),
    constants=types("integer float boolean null name"),
    collections=types("array_creation_expression array_element_initializer argument"),
    interpolations=types("variable_name subscript_expression member_access_expression dynamic_variable_name"),
    built=types("binary_expression"),
    wrappers=types(
        "parenthesized_expression cast_expression argument unary_op_expression error_suppression_expression"
    ),
    names=types("variable_name member_access_expression scoped_property_access_expression"),
    parameters=types("formal_parameters"),
)

SYNTAX: Mapping[str, Syntax] = {**_OTHERS, "php": _PHP, "php without tags": _PHP}
"""By grammar, as `sources.code.grammars` names it."""
