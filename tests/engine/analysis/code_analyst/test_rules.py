"""Each family of rules finds what it is about, and leaves the secure way of doing the same alone."""

from pathlib import Path

import pytest
import yaml

from rlm_pipeline.analysis.code_analyst import rules
from rlm_pipeline.analysis.code_analyst.inspection import inspect
from rlm_pipeline.analysis.code_analyst.languages import SYNTAX
from rlm_pipeline.sources.code.grammars import parser

MODES = ("general", "security", "architecture", "performance")

EXAMPLES = yaml.safe_load((Path(__file__).parent / "examples.yaml").read_text(encoding="utf-8"))


def labels(code: str, language: str) -> set[str]:
    return {hit.label for hit in inspect(code, language, MODES).hits}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: f"{each['language']} {each['label']}")
def test_a_rule_finds_what_it_is_about_and_not_the_right_way_to_do_it(example):
    assert example["label"] in labels(example["bad"], example["language"])
    assert example["label"] not in labels(example["good"], example["language"])


def test_what_a_rule_says_is_where_it_says():
    code = "import os\n\ndef f(name):\n    return os.system('rm ' + name)\n"

    (hit,) = inspect(code, "python", ("security",)).hits

    assert code[hit.start : hit.end] == "os.system('rm ' + name)"
    assert (hit.kind, hit.severity, hit.confidence, hit.cwe) == ("vulnerability", "warning", 0.9, 78)


def test_three_tools_that_see_one_weakness_say_it_once():
    code = "import hashlib, requests\nkey = 'AKIA' + 'x'\ndigest = hashlib.md5(x)\nrequests.get(u, verify=False)\n"

    found = [hit for hit in inspect(code, "python", ("security",)).hits if hit.cwe in {328, 295}]

    assert [hit.label for hit in found] == ["CWE-328 weak-hash", "CWE-295 certificate-not-checked"]


def test_credentials_are_known_by_their_form_but_not_placeholders():
    token = "ghp_" + "a1B2" * 9
    found = inspect(
        f"const t = load('{token}');\nconst u = 'https://user:pass@host.example';\n", "javascript", ("security",)
    ).hits

    assert [hit.label for hit in found] == ["CWE-798 credential-of-known-form"]


def test_the_modes_say_what_is_looked_for():
    code = "import os\ndef f(a=[]):\n    for x in a:\n        cursor.execute('SELECT 1')\n    os.system(a)\n"

    assert {hit.kind for hit in inspect(code, "python", ("security",)).hits} == {"vulnerability"}
    assert {hit.kind for hit in inspect(code, "python", ("performance",)).hits} == {"performance"}
    assert {hit.kind for hit in inspect(code, "python", ("general",)).hits} == {"bug"}
    assert inspect(code, "python", ("architecture",)).hits == ()


def test_every_rule_names_what_exists_in_the_grammars_of_its_languages():
    kinds = {language: node_kinds(parser(language).language) for language in SYNTAX}

    for rule in rules.load():
        for node in rule.node:
            assert any(node in kinds[language] for language in rule.languages or SYNTAX), (rule.id, node)


def test_every_rule_has_something_to_look_at():
    for rule in rules.load():
        assert rule.call or rule.like or rule.assign or rule.assign_like or rule.node or rule.text, rule.id
        assert (rule.cwe is not None) == (rule.kind == "vulnerability"), rule.id


@pytest.mark.parametrize("language", SYNTAX)
def test_the_syntax_of_a_language_is_that_of_its_grammar(language):
    grammar = parser(language).language
    kinds = node_kinds(grammar)
    fields = {grammar.field_name_for_id(number) for number in range(1, grammar.field_count + 1)}
    syntax = SYNTAX[language]
    shared = {"javascript", "typescript", "tsx", "c"}  # whose syntax is also that of a larger language
    named = {
        "functions": syntax.functions,
        "loops": syntax.loops,
        "calls": syntax.calls,
        "assignments": syntax.assignments,
    }

    for what, nodes in named.items():
        assert set(nodes) <= kinds or language in shared, what
        assert set(nodes) & kinds or not nodes, what
    for names in (*syntax.calls.values(), *syntax.assignments.values()):
        assert all(name in fields or name == "*" or name.startswith("=") for name in names)


def node_kinds(grammar) -> set[str]:
    return {grammar.node_kind_for_id(number) for number in range(grammar.node_kind_count)}
