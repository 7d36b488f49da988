import pytest

from rlm_pipeline.synthesis import merge, scopes
from tests.engine.synthesis.framed import cite, finding, gathered, read


@pytest.mark.parametrize(
    ("analyst", "scope", "family"),
    [
        ("json", "$.issue.labels[3].name", "$.issue"),
        ("json", "$[12].a", "$[*].a"),
        ("json", "$[*].a.b", "$[*].a"),
        ("json", "$", "$"),
        ("code", "method:Cache.get", "Cache"),
        ("code", "src/a b.py method:Cache.get", "src/a b.py Cache"),
        ("code", "a.py function:main", "a.py main"),
        ("code", "a.py module", "a.py module"),
        ("code", "function:main", "main"),
        ("code", "*", "*"),
        ("text", "Setup > Proxies > TLS", "Setup"),
        ("text", "errors \u00b7 app.log", "app.log"),
        ("data", "a.b", "a.b"),
        ("text", "", ""),
    ],
)
def test_the_family_of_a_scope_is_what_it_lies_in(analyst, scope, family):
    assert scopes.family(analyst, scope) == family


def themes(*rows):
    found = merge.merge([gathered(rows)], dataset="desk").themes
    return {(each.by, each.title): each for each in found}


def test_code_has_themes_by_type_and_by_source():
    rows = [
        finding(scope="function:f", severity="warning", total=9, citations=[cite("a.py")]),
        finding(scope="function:g", total=2, citations=[cite("b.py")]),
        finding(scope="function:g", kind="bug", severity="notice", citations=[cite("b.py", 3)]),
        finding(scope="c.py", kind="dependency", citations=[cite("c.py")]),
        finding(scope="c.py", kind="api_surface", citations=[cite("c.py")]),
    ]

    found = themes(*rows)

    assert set(found) == {("type", "vulnerability: function:f, function:g"), ("source", "b.py: bug, vulnerability")}
    by_type = found["type", "vulnerability: function:f, function:g"]
    assert (by_type.severity, by_type.findings, len(by_type.members)) == ("warning", 2, 2)
    assert by_type.summary.startswith("Found in 2 scopes (vulnerability 2). ")
    assert {each.source for each in by_type.citations} == {"a.py", "b.py"}


def test_the_sum_over_all_scopes_is_no_member_of_a_theme():
    rows = [finding(scope="a.py function:f"), finding(scope="a.py function:g"), finding(scope="*", total=2)]

    assert all(len(theme.members) == 2 for theme in themes(*rows).values())


def test_paths_that_begin_alike_share_a_theme():
    rows = [finding("json", kind, f"$.issue.{kind}") for kind in ("pattern", "anomaly")]

    assert set(themes(*rows, finding("json", "insight", "$.sender"))) == {("family", "$.issue: anomaly, pattern")}


def test_what_models_say_in_other_words_and_of_one_class_are_themes():
    words = (
        "SQL is built by string concatenation from user input",
        "The SQL query concatenates user input into the string",
    )
    rows = [read(words[0], scope="method:Store.get", total=5), read(words[1], scope="method:Store.put")]

    found = themes(*rows)

    assert set(found) == {("meaning", words[0]), ("said", "Store: vulnerability")}
    assert [each.scope for each in found["meaning", words[0]].members] == ["method:Store.get", "method:Store.put"]


def test_the_most_severe_themes_come_first():
    rows = [finding(scope=f"function:{name}") for name in "abcd"]
    rows += [finding(scope=f"function:{name}", kind="bug", severity="warning") for name in "ab"]

    found = merge.merge([gathered(rows)], dataset="desk").themes

    assert found[0].severity == "warning"
    assert next(len(each.members) for each in found if each.severity == "warning") == 4
