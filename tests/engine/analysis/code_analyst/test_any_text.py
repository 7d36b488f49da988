"""Whatever the text, the analyst reads it to its end, in a bounded number of steps, and says where."""

import warnings

import hypothesis
import pytest
from hypothesis import strategies

from rlm_pipeline.analysis.code_analyst import fragments, python_security, secrets_in_code
from rlm_pipeline.analysis.code_analyst.inspection import inspect
from rlm_pipeline.analysis.code_analyst.languages import SYNTAX

MODES = ("general", "security", "architecture", "performance")
LANGUAGES = sorted(set(SYNTAX) - {"php without tags"})
PIECES = ["(", ")", "{", "}", "[", "'", '"', "\n", " ", "def f(", "class A", "eval(", "if ", "x", "=", "é", "\0", "\r",
          "/*", "*/", "//", "#", "<?php", "$", "->", "::", ";", ",", "'''"]  # fmt: skip
ENDLESS = ["(", "{", "if x:\n", "a+", "f(", "a.b", "[HttpPost]\n", "eyJ", "://a", "'''", "unsafe "]
SAMPLES = {
    "python": "def f(a):\n    return eval(a)\n", "javascript": "function f(a) { return eval(a); }\n",
    "typescript": "function f(a: string): any { return eval(a); }\n", "tsx": "const f = (a) => <p>{eval(a)}</p>;\n",
    "java": "class A { int f(int a) { return Runtime.getRuntime().exec(a); } }\n",
    "go": "package a\nfunc f(c string) { exec.Command(c) }\n", "rust": "fn f() { unsafe { g() } }\n",
    "c": "int f(char *a, char *b) { strcpy(a, b); }\n", "cpp": "int f(char *a, char *b) { std::strcpy(a, b); }\n",
    "csharp": "class A { void F(string a) { Process.Start(a); } }\n", "ruby": "def f(a)\n  eval(a)\nend\n",
    "php": "<?php function f($a) { eval($a); }\n", "bash": 'f() {\n  eval "$1"\n}\n',
    "sql": "CREATE FUNCTION f() RETURNS int AS $$ SELECT 1 $$ LANGUAGE sql;\nGRANT ALL ON t TO public;\n",
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_is_read_and_its_functions_measured(language):
    found = inspect(SAMPLES[language], language, MODES)

    assert found.is_parsed
    assert [hit.kind for hit in found.hits if hit.cwe is not None] == ["vulnerability"]
    assert found.functions


@pytest.mark.parametrize("language", LANGUAGES)
@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(
    pieces=strategies.lists(
        strategies.sampled_from(PIECES),
        max_size=60,
    )
)  # fmt: skip
def test_any_text_is_read_to_its_end(language, pieces):
    text = "".join(pieces)

    found = inspect(text, language, MODES)

    for hit in found.hits:
        assert 0 <= hit.start <= hit.end <= len(text)
    assert list(found.hits) == sorted(found.hits, key=lambda each: (each.start, each.end, each.kind, each.rule))


@pytest.mark.parametrize("language", ["python", "javascript", "c", "php"])
@pytest.mark.parametrize(
    "part", ["(", "{", "if x:\n", "a+", "f(", "a.b", "[HttpPost]\n", "eyJ", "://a", "'''", "unsafe "]
)
def test_text_that_goes_on_and_on_is_read_in_steps_that_grow_with_its_length(language, part, monkeypatch):
    looked_at = 0
    real = fragments.syntax_tree

    def counted(text, *rest):
        nonlocal looked_at
        looked_at += len(text)
        return real(text, *rest)

    monkeypatch.setattr(fragments, "syntax_tree", counted)
    text = part * (20_000 // len(part))

    inspect(text, language, MODES)

    assert looked_at <= 4 * (len(text) + 400)


def test_a_text_that_begins_in_a_comment_or_a_string_is_read_from_its_end_on():
    docstring = "  what it does\n  and how.\n  '''\n  eval(x)\n"
    comment = " * what it does\n */\nfunction f(a) {\n  eval(a);\n"

    assert [hit.rule for hit in inspect(docstring.replace("'", '"'), "python", ("security",)).hits] == [
        "code-evaluated"
    ]
    (hit,) = inspect(comment, "javascript", ("security",)).hits
    assert comment[hit.start : hit.end] == "eval(a)"


def test_python_that_is_none_of_today_is_checked_part_by_part():
    text = "import telnetlib\n\ndef f(host):\n    return telnetlib.Telnet(host)\n\ndef g():\n    print 'old'\n"
    start = text.index("def f")

    assert list(python_security.hits(text, [])) == []
    (hit,) = python_security.hits(text, [(start, text.index("def g"))])
    assert text[hit.start : hit.end] == "return telnetlib.Telnet(host)"


def test_what_a_source_warns_of_is_not_said_while_it_is_checked():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = list(python_security.hits("import requests\nx = '\\d' is 1\nrequests.get(x)\n", []))

    assert [hit.rule for hit in found] == ["request-without-timeout"]


def test_a_credential_is_found_in_a_line_that_never_ends():
    token = "glpat-" + "a1B2c3D4" * 3
    text = "x" * 5000 + f" {token} " + "y" * 5000

    found = {(text[hit.start : hit.end], hit.rule) for hit in secrets_in_code.hits(text)}

    assert found == {(token, "credential-of-known-form")}


COUNTED = {
    "python": "def f(a, b, *c):\n    for x in a:\n        if x and b or c:\n            try:\n                g()\n"
    "            except KeyError:\n                h()\n        elif x:\n            while x:\n                x -= 1\n"
    "    return [y for y in a if y]\n",
    "java": "class A { int f(int a, int b) { for (int i = 0; i < a; i++) { if (a > 1 && b < 2) { g(); } "
    "else if (b > 3) { h(); } } switch (a) { case 1: return 1; case 2: return 2; default: return a > b ? 1 : 2; } } }",
    "c": "int f(int a, int b) { while (a) { if (a && b || !b) { a--; } } do { b--; } while (b); return a ? 1 : 2; }",
    "go": "package a\nfunc f(a int, b int) int { for a > 1 { if a > 2 && b > 3 { a-- } }\n"
    "switch b { case 1: return 1\ncase 2: return 2 }\nreturn 3 }\n",
}  # fmt: skip
SUFFIX = {"python": "py", "java": "java", "c": "c", "go": "go"}


@pytest.mark.parametrize("language", sorted(COUNTED))
def test_complexity_and_parameters_are_those_that_lizard_counts(language):
    import lizard

    (theirs,) = lizard.analyze_file.analyze_source_code(f"a.{SUFFIX[language]}", COUNTED[language]).function_list
    ours = next(each for each in inspect(COUNTED[language], language, ("general",)).functions if each.name == "f")

    assert (ours.complexity, ours.parameters) == (theirs.cyclomatic_complexity, theirs.parameter_count)
