"""The language of a file is known by its name, and by its content where several languages share a name."""

import pytest

from rlm_pipeline.sources.code.grammars import GRAMMARS, parser
from rlm_pipeline.sources.code.languages import language_by_name, language_of


def named(name: str, text: str = "x = 1\n") -> str | None:
    language = language_of(name, text)
    return language.name if language is not None else None


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("a.py", "python"), ("a.pyi", "python"), ("a.js", "javascript"), ("a.jsx", "javascript"),
        ("a.mjs", "javascript"),
        ("a.tsx", "tsx"), ("A.java", "java"), ("a.go", "go"), ("a.rs", "rust"), ("a.c", "c"), ("a.cc", "cpp"),
        ("a.C", "cpp"), ("A.cs", "csharp"), ("a.rb", "ruby"), ("a.php", "php"), ("a.sh", "bash"), ("a.sql", "sql"),
        ("src/a.kt", "kotlin"), ("a.swift", "swift"), ("a.R", "r"), ("a.py.gz", "python"), ("Dockerfile", "docker"),
        ("sub/Makefile", "make"), ("CMakeLists.txt", "cmake"), ("Dockerfile.test", "docker"), ("Rakefile", "ruby"),
    ],
)  # fmt: skip
def test_a_name_tells_the_language(name, language):
    assert named(name) == language


@pytest.mark.parametrize(
    "name",
    ["a.json", "a.yaml", "a.toml", "a.ini", "a.md", "a.rst", "a.html", "a.xml", "a.csv", "a.txt", "a.log", "a.tex"],
)
def test_markup_configuration_and_data_are_no_code_even_below_a_shebang(name):
    assert language_of(name, "#!/bin/sh\necho 1\n") is None


@pytest.mark.parametrize(
    ("name", "text", "language"),
    [
        ("a.h", "int f(int a);\n", "c"),
        ("a.h", "namespace a {\nclass B;\n}\n", "cpp"),
        ("a.h", "@interface A : B\n@end\n", "objective-c"),
        ("a.m", "#import <A/A.h>\n@implementation A\n@end\n", "objective-c"),
        ("a.m", "% area\nfunction y = f(x)\ny = x;\nend\n", "matlab"),
        ("a.pl", "use strict;\nmy $x = 1;\n", "perl"),
        ("a.pl", ":- use_module(library(lists)).\nf(X) :- g(X).\n", "prolog"),
        ("a.ts", "export const a: number = 1;\n", "typescript"),
        ("a.ts", '<?xml version="1.0"?>\n<!DOCTYPE TS>\n<TS language="de"/>\n', None),
        ("a.mod", "module example.org/a\n\ngo 1.22\n", None),
        ("a.d", "a.o: a.c a.h\n", None),
    ],
)
def test_a_shared_suffix_is_settled_by_content(name, text, language):
    assert named(name, text) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("#!/bin/sh\n", "bash"),
        ("#!/usr/bin/env python3\n", "python"),
        ("#!/usr/bin/env -S python3.11 -u\n", "python"),
        ("#! /usr/local/bin/perl5.36 -w\n", "perl"),
        ("#!/usr/bin/env node\n", "javascript"),
        ("<?php echo 1;\n", "php"),
        ("#!\n", None),
        ("#!/opt/own/tool\n", None),
        ("hello\n", None),
    ],
)
def test_a_file_without_a_suffix_tells_by_its_first_line(text, language):
    assert named("run", text) == language


def test_a_rare_suffix_is_told_from_an_everyday_one():
    assert language_of("a.g", "x\n").by == "rare suffix"
    assert language_of("a.kt", "x\n").by == "suffix"


def test_a_name_alone_gives_the_usual_language():
    assert language_by_name("a.h") == "c"
    assert language_by_name("a.csv") is None


@pytest.mark.parametrize("language", sorted(GRAMMARS))
def test_every_grammar_loads(language):
    assert parser(language).parse(b"").root_node.end_byte == 0
