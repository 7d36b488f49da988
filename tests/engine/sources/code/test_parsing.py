"""However broken a text is, it is parsed in bounded time and memory, and nothing of it is lost."""

import pytest

from rlm_pipeline.sources.code.definitions import definitions

PAST_HOPE = {
    "c": "<a=>",
    "java": "/*->#",
    "javascript": "->",
    "typescript": "-> :",
    "cpp": "</*",
    "ruby": ";--\n",
    "go": "\n}*/",
    "php": "}$$<?php",
    "bash": "f(`",
}


@pytest.mark.parametrize("language", list(PAST_HOPE))
def test_code_that_a_parser_cannot_get_through_is_kept_as_it_is(language):
    text = PAST_HOPE[language] * 100_000

    found = definitions(text, language)

    assert "".join(text[each.start : each.end] for each in found) == text


def test_code_that_a_parser_cannot_get_through_does_not_hide_the_definitions_around_it():
    text = "int f(void) { return 1; }\n\n" + "a=>" * 3_000 + ";\n\nint g(void) { return 2; }\n"

    scopes = {each.scope for each in definitions(text, "c")}

    assert {"function:f", "function:g"} <= scopes
