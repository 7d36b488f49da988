"""Source code is cut where a person would cut it: what fits is whole, and nothing is lost."""

import ast
import csv
import gzip
import json
import random
import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_pipeline.chunking.code import pieces
from rlm_pipeline.configuration import Chunking
from rlm_pipeline.sources.code.grammars import GRAMMARS
from tests.engine.chunking.code_samples import (
    LANGUAGES,
    METHODS,
    check,
    chunked,
    imports_of,
    method_of,
    records,
    sample,
)

FRAGMENTS = Path(__file__).parents[4] / "shared" / "data" / "cyberseceval-insecure-code"
STDLIB = Path(sysconfig.get_paths()["stdlib"])
SIZE = 1000
WITHOUT_CLASSES = {"c", "go", "bash", "sql"}

CODE = st.lists(
    st.one_of(
        st.sampled_from(
            ["def f(a):\n", "class C:\n", "    ", "\t", "{", "}", "(", ")", ";\n", "\n\n", "\r\n", "\r", "# c\n", "/* ",
             "*/", '"""', "'", "import a\n", "#include <a>\n", "use a;\n", "function f() {\n", "@d\n", "x = 1\n" * 30,
             "int f(int a) {\n", "namespace N {\n", "impl T {\n", "fn f() {\n", "end\n", "\x00", "é̈", "\u2028", "🇫🇷",
             " " * 300, "\n" * 250, "a" * 260, "<?php\n", "CREATE TABLE t (a int);\n", "}\n", "if a:\n", "else:\n"]
        ),
        st.text(max_size=20),
    ),
    max_size=60,
).map("".join)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(CODE, st.sampled_from([*sorted(GRAMMARS), "lua", "unknown"]), st.sampled_from([200, 333, 3000]))
def test_any_text_in_any_language_is_its_chunks_one_after_the_other(text, language, size):
    check(text, language, size)


@pytest.mark.parametrize("space", [" ", "\n", "\r\n", "\t\r"])
def test_white_space_that_is_longer_than_a_chunk_is_kept(space):
    function = "def f():\n    pass\n"
    for text in (space * 2000, f"{space * 900}{function}{space * 900}{function * 30}", function * 10 + space * 700):
        check(text, "python", SIZE)


def test_a_line_without_a_place_to_cut_is_cut_behind_its_indentation():
    found = check("def f():\n" + " " * 30 + "a" * 700 + "\n", "unknown", 200)
    assert all(piece.text.strip() for piece in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_broken_code_loses_nothing(language):
    chance = random.Random(7)
    text = sample(language)
    for _ in range(12):
        broken = text
        for _ in range(chance.randrange(1, 12)):
            first, last = sorted(chance.randrange(len(broken)) for _ in range(2))
            middle = broken[first : first + min(last - first, 40)]
            insert = chance.choice(["", "\r\n", "é", "{", "}", '"', "/*", "'''", "\n" * 5, middle * 3])
            broken = broken[:first] + insert + broken[first + len(middle) :]
        check(broken.replace("\n", "\r\n") if chance.random() < 0.3 else broken, language, SIZE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_fits_is_never_cut_and_its_comments_stay_with_it(language):
    texts = [piece.text for piece in check(sample(language), language, SIZE)]
    for number in range(METHODS):
        assert any(method_of(language, number).rstrip() in text for text in texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_chunks_carry_imports_and_the_line_of_the_class_they_are_cut_off_from(language):
    text = sample(language)
    found = chunked(text, language, SIZE)
    wanted = [line.strip() for line in imports_of(language).splitlines() if line.strip() and "Licence" not in line]
    wanted = [line for line in wanted if line not in {"<?php", "#!/bin/bash", "set -e"}]
    middle = next(piece for piece in found if method_of(language, METHODS // 2).rstrip() in piece.text)
    lines = middle.context.splitlines()
    assert [line.strip() for line in lines][: len(wanted)] == wanted
    assert len(lines) - len(wanted) in ({0} if language in WITHOUT_CLASSES else {1, 2})
    if language not in WITHOUT_CLASSES:
        head = text[len(imports_of(language)) :].splitlines()
        assert lines[len(wanted)] in head[:2]
    assert found[0].context == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_long_definition_is_cut_between_its_statements_and_its_parts_carry_its_first_line(language):
    found = [piece for piece in chunked(sample(language), language, SIZE) if piece.part > 1]
    assert len(found) >= 2
    for piece in found:
        assert "long" in "".join(piece.context.splitlines()[-2:]).lower()
        first = piece.text.splitlines()[0].strip()
        assert first.startswith(("for", "if (a.x)", "column_", "a.each", "foreach", "return", "last"))
    assert [piece.part for piece in found] == list(range(2, len(found) + 2))


def test_a_class_that_fits_is_whole_and_so_named():
    text = (
        "import a\n\n\n"
        + "x = 1\n" * 60
        + "\n\nclass C:\n    def m(self):\n        pass\n\n    def n(self):\n        pass\n"
    )
    *_, last = chunked(text, "python", 300)
    assert last.text == text[text.index("class") :]
    assert (last.place, last.context, last.records) == ("class:C", "import a", 3)


def test_methods_of_a_class_that_is_cut_do_not_share_a_chunk_with_what_follows_it():
    method = "    def m{0}(self):\n        return {0}\n\n"
    text = "class C:\n" + "".join(map(method.format, range(40))) + "\ndef f():\n" + "    call()\n" * 30
    after = [piece for piece in chunked(text, "python", SIZE) if "def f()" in piece.text]
    assert [piece.place for piece in after] == ["function:f"]


def test_a_one_line_class_head_stays_with_the_long_method_behind_it():
    text = "class C:\n    def m(self):\n" + "        call()\n" * 100
    found = chunked(text, "python", SIZE)
    assert [piece.text.startswith("class C:\n    def m(self):\n") for piece in found] == [True, False]
    assert [(piece.records, piece.part, piece.row_start, piece.row_end) for piece in found] == [
        (2, 1, 1, 2),
        (0, 2, 2, 2),
    ]
    assert found[1].context == "class C:\n    def m(self):"


def test_the_second_implementation_of_a_type_is_told_from_the_first():
    method = "    fn m{0}() {{\n        call();\n    }}\n\n"
    methods = "".join(map(method.format, range(30)))
    text = f"impl T {{\n{methods}}}\n\nimpl<A> Trait for T {{\n{methods}}}\n"
    contexts = [piece.context for piece in chunked(text, "rust", SIZE)]
    assert {*contexts} == {"", "impl T {", "impl<A> Trait for T {"}
    assert contexts == sorted(contexts, key=["", "impl T {", "impl<A> Trait for T {"].index) or contexts.count("") == 2


def test_a_comment_that_does_not_fit_with_its_function_is_cut_from_it():
    function = "def f():\n" + "    call()\n" * 80
    text = "x = 1\n\n\n" + "# about f\n" * 30 + function
    assert function in [piece.text for piece in chunked(text, "python", SIZE)]


def test_a_function_inside_a_long_one_is_whole_if_it_fits():
    inner = "    def inner():\n" + "        call()\n" * 55 + "\n"
    text = (
        "def outer():\n"
        + "    a()\n" * 40
        + inner
        + "    b()\n" * 60
        + inner.replace("inner", "second")
        + "    c()\n" * 30
    )
    texts = [piece.text for piece in check(text, "python", SIZE)]
    assert any(inner in each for each in texts)
    assert any(inner.replace("inner", "second") in each for each in texts)


def test_of_many_imports_those_that_a_chunk_uses_come_first():
    imports = "".join(f"import com.example.package{number}.Type{number};\n" for number in range(100))
    text = f"{imports}\nclass C {{\n  void m() {{\n    Type97.call();\n  }}\n}}\n"
    last = chunked(text, "java", SIZE)[-1]
    assert len(last.context) <= 1000
    assert "Type97" in last.context
    assert "Type0;" in last.context


def test_imports_inside_text_and_functions_are_none():
    text = (
        '"""Doc.\n\nimport nothing\n"""\nimport os\ntry:\n    import fast\nexcept ImportError:\n    pass\n'
        + "x = 1\n" * 200
    )
    assert chunked(text, "python", SIZE)[-1].context == "import os\nimport fast"


def test_without_a_grammar_code_is_cut_at_blank_lines():
    block = "function f{0}()\n  call({0})\n\n  other()\nend\n\n"
    text = 'local m = require("m")\n\n' + "".join(map(block.format, range(60)))
    found = check(text, "lua", SIZE)
    assert all(piece.text.startswith(("local", "function")) for piece in found)
    assert {piece.context for piece in found[1:]} == {'local m = require("m")'}
    assert {piece.place for piece in found} == {"block"}


def test_an_inserted_function_moves_only_the_borders_near_it():
    chance = random.Random(3)
    functions = [f"def f{n}(a):\n" + "    call(a)\n" * chance.randrange(3, 40) + "\n\n" for n in range(400)]
    before = {piece.text for piece in chunked("".join(functions), "python")}
    for place in (3, 100, 350):
        changed = [*functions[:place], "def added(a):\n    return a * 2\n\n\n", *functions[place:]]
        after = {piece.text for piece in chunked("".join(changed), "python")}
        assert len(after - before) <= 6
        assert len(before) > 30


def test_no_chunk_spans_what_was_set_aside():
    given = list(records(sample("python"), "python"))
    aside = len(given) // 2
    moved = [*given[:aside], *(replace(each, start=each.start + 500, end=each.end + 500) for each in given[aside:])]
    found = list(pieces(moved, Chunking(size=SIZE)))
    assert all(piece.end - piece.start == len(piece.text) for piece in found)
    assert sum(piece.records for piece in found) == len(given)


def test_a_source_is_held_a_few_chunks_at_a_time():
    taken = 0

    def counted():
        nonlocal taken
        for record in records("".join(f"def f{n}():\n    return {n}\n\n\n" for n in range(3000)), "python"):
            taken += len(record.text)
            yield record

    given = 0
    for piece in pieces(counted(), Chunking(size=SIZE)):
        given += len(piece.text)
        assert taken - given < 4 * SIZE


@pytest.mark.parametrize("module", ["textwrap.py", "argparse.py", "dataclasses.py", "typing.py", "test/test_bytes.py"])
@pytest.mark.parametrize("size", [400, 1500, 3000])
def test_no_function_of_the_standard_library_is_cut_that_fits(module, size):
    path = STDLIB / module
    if not path.exists():
        pytest.skip(f"this Python has no {module} in its standard library")
    text = path.read_text(encoding="utf-8")
    found = check(text, "python", size)
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    functions = [each for each in ast.walk(ast.parse(text)) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    for each in functions:
        first = starts[min([each.lineno, *(one.lineno for one in each.decorator_list)]) - 1]
        last = starts[each.end_lineno or 0] - 1
        if last - first <= size:
            assert any(piece.start <= first and last <= piece.end for piece in found), each.name
    assert functions


@pytest.mark.parametrize("size", [200, 3000])
def test_fragments_of_real_code_lose_nothing(size):
    if not FRAGMENTS.is_dir():
        pytest.skip(f"the data set {FRAGMENTS.name} is not on this machine")
    with gzip.open(FRAGMENTS / "truth.csv.gz", "rt", encoding="utf-8", newline="") as file:
        languages = {row["id"]: row["language"] for row in csv.DictReader(file)}
    with gzip.open(FRAGMENTS / "snippets.jsonl.gz", "rt", encoding="utf-8") as file:
        snippets = [json.loads(line) for line in file]
    for snippet in snippets[::4]:
        found = check(snippet["code"], languages[snippet["id"]], size)
        # A last line end that has no room beside what is exactly as long as a chunk is the only white space alone.
        assert all(piece.text.strip() for piece in found[:-1])
        assert found[-1].text.strip() or len(found[-1].text) <= 2
