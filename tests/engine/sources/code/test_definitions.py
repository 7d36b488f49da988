"""A source file is cut into its definitions, each whole, and the code between; nothing is lost whatever is in it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_pipeline.sources.code.blocks import BLOCK_LIMIT, MOST_PARSED
from rlm_pipeline.sources.code.definitions import definitions
from rlm_pipeline.sources.code.grammars import GRAMMARS


def cut(text: str, language: str) -> list[tuple[str, str]]:
    return [(each.scope, text[each.start : each.end]) for each in definitions(text, language)]


def scopes(text: str, language: str) -> list[str]:
    return [scope for scope, _ in cut(text, language)]


PYTHON = '''"""Doc."""

import os


# about f
@cached
def f(a):
    def inner():
        pass

    return inner


class C(Base):
    """A class."""

    x = 1

    @property
    def m(self):
        return 1

    y = 2

    class D:
        def n(self): ...


if os.name == "nt":
    async def g(): ...
else:
    async def g(): ...

main()
'''


def test_python_gives_functions_methods_and_what_is_between():
    assert scopes(PYTHON, "python") == [
        "module", "function:f", "class:C", "method:C.m", "class:C", "class:C.D", "method:C.D.n",
        "module", "function:g", "function:g", "module",
    ]  # fmt: skip


def test_decorators_and_comments_above_belong_to_the_definition():
    pieces = dict(cut(PYTHON, "python"))
    assert pieces["function:f"].startswith("# about f\n@cached\ndef f(a):\n")
    assert pieces["method:C.m"].startswith("    @property\n    def m(self):\n")


def test_a_nested_function_stays_in_its_parent():
    assert "def inner" in dict(cut(PYTHON, "python"))["function:f"]


def test_a_licence_at_the_top_is_not_part_of_the_first_function():
    text = "// Licence.\n\n// adds\nint add(int a) { return a; }\n"
    assert cut(text, "c") == [
        ("module", "// Licence.\n\n"),
        ("function:add", "// adds\nint add(int a) { return a; }\n"),
    ]


SAMPLES = {
    "javascript": """import a from 'a';
class A {
  x = 1;
  m() {}
  p = () => 2;
}
const f = async () => {
};
export function g() {}
module.exports.h = function () {};
""",
    "typescript": """namespace N {
  export class A {
    @dec()
    m(): void {}
    abstract q(): void;
  }
}
interface I { a(): void }
enum E { A }
""",
    "tsx": "export const View = (p: P) => <div>{p.a}</div>;\n",
    "java": """package a;
/** Doc. */
@A
public class C {
  int x;
  C() {}
  int m() { return 1; }
  int q();
  enum E { A }
}
""",
    "go": """package a

// F does.
func F() {}

func (t *T[K]) M() {}

type S struct {
	a int
}
""",
    "rust": """use a::b;
/// Doc.
#[test]
fn f() {}
impl<T> Q for S<T> {
    fn m() {}
}
mod t {
    fn g() {}
}
""",
    "c": """#ifdef A
static int *f(void) { return 0; }
#else
int g(void) { return 1; }
#endif
struct S { int a; };
""",
    "cpp": """namespace a {
class C {
 public:
  C();
  void m() {}
};
}
void C::n() {}
template <class T>
T f(T a) { return a; }
""",
    "csharp": """using A;
namespace N {
  [B]
  class C {
    int x;
    public C() {}
    int M() => 1;
  }
}
""",
    "ruby": """module M
  class C
    attr_reader :a

    def m; end

    private def p; end

    def self.s; end
  end
end
""",
    "php": """<h1>x</h1>
<?php
function f() {}
class C {
  public $a;
  function m() {}
}
trait T {}
""",
    "bash": """set -e
f() {
  echo 1
}
function g { :; }
f
""",
    "sql": """-- t
CREATE TABLE a.t (x int);
INSERT INTO t VALUES (1);
CREATE VIEW v AS SELECT 1;
""",
}


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("javascript", "module class:A method:A.m method:A.p function:f function:g function:module.exports.h"),
        ("typescript", "namespace:N class:N.A method:N.A.m class:N.A interface:I enum:E"),
        ("tsx", "function:View"),
        ("java", "module class:C method:C.C method:C.m class:C enum:C.E"),
        ("go", "module function:F method:T.M struct:S"),
        ("rust", "module function:f impl:S method:S.m namespace:t function:t.g"),
        ("c", "module function:f function:g struct:S"),
        ("cpp", "namespace:a class:a.C method:a.C.m method:C.n function:f"),
        ("csharp", "module namespace:N class:N.C method:N.C.C method:N.C.M"),
        ("ruby", "namespace:M class:M.C method:M.C.m method:M.C.p method:M.C.s"),
        ("php", "module function:f class:C method:C.m trait:T"),
        ("bash", "module function:f function:g module"),
        ("sql", "table:a.t module view:v"),
    ],
)
def test_every_language_with_a_grammar_gives_its_definitions(language, expected):
    text = SAMPLES[language]
    assert scopes(text, language) == expected.split()
    assert "".join(piece for _, piece in cut(text, language)) == text


def test_php_without_tags_is_php_too():
    assert scopes("public function f() {}\n\nfunction g() {}\n", "php") == ["function:f", "function:g"]


def test_characters_that_grammars_have_no_table_for_are_no_danger():
    text = "f() {\n  \U000f1ffc\U000f1ffc INT32 t = *p; \0 $\ud800{\n}\n" * 20
    for language in GRAMMARS:
        found = definitions(text, language)
        assert "".join(text[each.start : each.end] for each in found) == text


def test_a_name_is_as_it_is_written():
    assert scopes("def größe(): ...\n", "python") == ["function:größe"]


def test_python_that_goes_on_after_a_dot_with_less_indentation_is_not_broken():
    text = "class C:\n    def m(self):\n        def f():\n            (bar.\n    baz)\n        return f\n\n"
    text += "    def n(self): ...\n"
    assert scopes(text, "python") == ["class:C", "method:C.m", "method:C.n"]


def test_broken_code_still_gives_the_definitions_around_the_break():
    text = "def a():\n    return 1\n\ndef b(:\n    x = = (2\n\n\ndef c():\n    return 3\n\n\ndef d():\n    return 4\n"
    assert {"function:a", "function:c", "function:d"} <= set(scopes(text, "python"))


def test_a_bracket_that_never_closes_does_not_swallow_the_functions_after_it():
    text = "int f(void) {\n    if (a) {\n    return 1;\n}\n\nint g(void) {\n    return 2;\n}\n\nint h(void) {}\n"
    assert {"function:g", "function:h"} <= set(scopes(text, "c"))


def test_positions_are_characters_also_after_characters_of_several_bytes():
    text = "s = 'é漢😀'\n\ndef f():\n    return 'ü'\n\ndef g(): ...\n"
    assert cut(text, "python")[1:] == [
        ("function:f", "def f():\n    return 'ü'\n\n"),
        ("function:g", "def g(): ...\n"),
    ]


def test_lines_that_end_in_carriage_returns_are_lines():
    assert scopes("x = 1\rdef f():\r    return 1\rdef g():\r    return 2\r", "python") == [
        "module", "function:f", "function:g",
    ]  # fmt: skip


def test_a_file_inside_one_long_function_is_opened():
    inner = "".join(f"  function f{number}() {{\n    return '{'x' * 500}';\n  }}\n" for number in range(60))
    found = scopes(f"(function () {{\n{inner}}})();\n", "javascript")
    assert found == ["module", *(f"function:f{number}" for number in range(60))]


def test_code_without_definitions_is_cut_into_bounded_stretches():
    text = "".join(f"x{number} = {number}\n\n" for number in range(5_000))
    found = definitions(text, "python")
    assert {each.kind for each in found} == {"module"}
    assert max(each.end - each.start for each in found) <= BLOCK_LIMIT


def test_a_language_without_a_grammar_is_cut_at_blank_lines_between_top_level_code():
    part = "local x = 1\n\n  local y = 2\n" * 30 + "\n"
    found = cut(part * 3, "lua")
    assert [scope for scope, _ in found] == ["block"] * len(found)
    assert len(found) > 1
    assert all(piece.startswith("local x") for _, piece in found)


def test_a_text_longer_than_is_parsed_at_once_is_cut_between_definitions():
    one = "def f():\n    return 1\n\n\n"
    text = one * (MOST_PARSED // len(one) + 10)
    found = definitions(text, "python")
    assert found[-1].end == len(text)
    assert {text[each.start : each.end] for each in found} == {one}


CODE = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(
            ["def f():\n", "class C:\n", "    ", "\t", "\n", "\r", "\r\n", "{", "}", "(", ")", ";", "'", '"', "`", "#",
             "//", "/*", "*/", "--", "<?php ", "?>", "<<EOF\n", "EOF\n", "function f() {", "end\n", "$$", "if x", "\0",
             "\ud800", "\ufeff", "struct S {", "impl A for B {", "fn f() {}", "CREATE TABLE t (", "@a\n", "template <"]
        ),
    ),
    max_size=40,
).map("".join)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(CODE, st.sampled_from([*sorted(GRAMMARS), "lua", "unknown"]))
def test_any_text_in_any_language_is_its_stretches_one_after_the_other(text, language):
    found = definitions(text, language)
    assert [each.start for each in found] == [0, *(each.end for each in found)][: len(found)]
    assert "".join(text[each.start : each.end] for each in found) == text
    assert all(each.start < each.end for each in found)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("go", "type H interface {\n\tServe(x int) error\n}\n\ntype F func(x int)\n", "interface:H module"),
        ("c", "typedef enum { A } e_t;\ntypedef union { int x; } u_t;\n", "enum:e_t union:u_t"),
        ("sql", "CREATE INDEX i ON users(name);\nCREATE UNIQUE INDEX j ON s.t (a);\n", "index:i index:j"),
        ("csharp", "class C\n{\n    ~C() {}\n}\n", "class:C method:C.~C"),
        ("cpp", "template <typename T> void Vec<T>::f() {}\n", "method:Vec.f"),
    ],
)
def test_a_definition_has_its_own_kind_and_name(language, text, expected):
    assert scopes(text, language) == expected.split()
