"""A file in each language that has a grammar: imports, a class with methods, and a function whose body has blocks."""

from collections.abc import Iterator

from rlm_pipeline.chunking.code import pieces
from rlm_pipeline.chunking.piece import Piece, Record
from rlm_pipeline.configuration import Chunking
from rlm_pipeline.sources.code.definitions import definitions


def records(text: str, language: str) -> Iterator[Record]:
    """What a source's reader gives of this text."""
    line = 1
    for row, each in enumerate(definitions(text, language), 1):
        part = text[each.start : each.end]
        cells = {"language": language, "kind": each.kind, "scope": each.scope, "name": each.name}
        yield Record(row=row, line=line, start=each.start, end=each.end, text=part, place=each.scope, cells=cells)
        line += part.count("\n") + part.count("\r") - part.count("\r\n")


def chunked(text: str, language: str, size: int = 3000) -> list[Piece]:
    return list(pieces(records(text, language), Chunking(size=size)))


def check(text: str, language: str, size: int) -> list[Piece]:
    """What must hold for the chunks of any text."""
    given = list(records(text, language))
    found = list(pieces(given, Chunking(size=size)))
    assert "".join(piece.text for piece in found) == text
    assert [piece.start for piece in found] == [0, *(piece.end for piece in found)][: len(found)]
    for piece in found:
        assert 0 < len(piece.text) <= size
        assert piece.text == text[piece.start : piece.end]
        before = text[: piece.start]
        assert piece.line_start == 1 + before.count("\n") + before.count("\r") - before.count("\r\n")
        assert piece.place
        assert piece.records == sum(piece.start <= record.start < piece.end for record in given)
        rows = [record.row for record in given if record.start < piece.end and record.end > piece.start]
        assert (rows[0], rows[-1]) == (piece.row_start, piece.row_end)
    assert sum(piece.records for piece in found) == len(given)
    return found


_BODIES = {
    "python": (
        "import os\nfrom a.b import c\n\n\n",
        'class C(Base):\n    """Doc."""\n\n',
        ("    @cached\n    def m{0}(self, a):\n        # why\n        if a:\n"
        "            return os.f(a, {0})\n        return c\n\n"),
        "\n",
        "def long(a):\n",
        "    for x in a:\n        call_{0}(x)\n        other(x)\n",
        "    return 1\n",
    ),
    "javascript": (
        "import a from 'b';\nconst c = require('d');\n\n",
        "export class C extends B {\n",
        "  // why\n  m{0}(a) {{\n    if (a) {{\n      return a + {0};\n    }}\n    return c;\n  }}\n\n",
        "}\n\n",
        "function long(a) {\n",
        "  for (const x of a) {{\n    call{0}(x);\n    other(x);\n  }}\n",
        "  return 1;\n}\n",
    ),
    "typescript": (
        "import { a } from 'b';\nimport type { T } from './t';\n\n",
        "export class C<T> implements I {\n  private x: number = 1;\n\n",
        ("  m{0}(a: number): string {{\n    if (a) {{\n      return `${{a}}{0}`;\n    }}\n"
        "    return '';\n  }}\n\n"),
        "}\n\n",
        "export function long(a: T[]): number {\n",
        "  for (const x of a) {{\n    call{0}(x);\n    other(x);\n  }}\n",
        "  return 1;\n}\n",
    ),
    "tsx": (
        "import React from 'react';\n\n",
        "class C extends React.Component<P> {\n",
        "  m{0}(a: number) {{\n    return <div key={{a}}>{{{0}}}</div>;\n  }}\n\n",
        "}\n\n",
        "const long = (a: P) => {\n",
        "  if (a.x) {{\n    call{0}(a);\n    return <b>{0}</b>;\n  }}\n",
        "  return null;\n};\n",
    ),
    "java": (
        "package p.q;\n\nimport java.util.List;\nimport java.io.*;\n\n",
        "/** Doc. */\npublic class C<T> extends B implements I {\n  private int x;\n\n",
        ("  /** Why. */\n  @Override\n  public int m{0}(int a) {{\n    if (a > 1) {{\n"
        "      return {0};\n    }}\n    return a;\n  }}\n\n"),
        "",
        "  static void longer(List<T> a) {\n",
        "    for (T x : a) {{\n      call{0}(x);\n      other(x);\n    }}\n",
        "  }\n}\n",
    ),
    "go": (
        'package main\n\nimport (\n\t"fmt"\n\t"os"\n)\n\n',
        "type C struct {\n\ta int\n}\n\n",
        ("// m{0} is why.\nfunc (c *C) m{0}(a int) error {{\n\tif a > 1 {{\n"
        '\t\treturn fmt.Errorf("{0}")\n\t}}\n\treturn nil\n}}\n\n'),
        "",
        "func long(a []int) {\n",
        "\tfor _, x := range a {{\n\t\tcall{0}(x)\n\t\tother(x)\n\t}}\n",
        "}\n",
    ),
    "rust": (
        "use std::io;\npub(crate) use a::{b, c};\n\n",
        "impl<T> Trait for C<T> {\n",
        ("    /// Why.\n    #[inline]\n    fn m{0}(&self, a: u8) -> io::Result<()> {{\n"
        "        if a > 1 {{\n            b({0})?;\n        }}\n        Ok(())\n    }}\n\n"),
        "}\n\n",
        "pub fn long(a: &[u8]) {\n",
        "    for x in a {{\n        call{0}(x);\n        other(x);\n    }}\n",
        "}\n",
    ),
    "c": (
        '#include <stdio.h>\n#include "a.h"\n\n',
        "struct C {\n  int a;\n};\n\n",
        "/* Why. */\nstatic int m{0}(int a)\n{{\n  if (a)\n    return {0};\n  return 1;\n}}\n\n",
        "",
        "int long_one(int *a)\n{\n",
        "  for (int i = 0; i < a[{0}]; i++) {{\n    call(i);\n    other(i);\n  }}\n",
        "  return 1;\n}\n",
    ),
    "cpp": (
        "#include <vector>\nusing std::vector;\n\n",
        "class C : public B {\n public:\n",
        "  // why\n  int m{0}(int a) const {{\n    if (a) {{\n      return {0};\n    }}\n    return 1;\n  }}\n\n",
        "};\n\n",
        "template <class T>\nint longer(vector<T> a) {\n",
        "  for (auto& x : a) {{\n    call{0}(x);\n    other(x);\n  }}\n",
        "  return 1;\n}\n",
    ),
    "csharp": (
        "using System;\nusing A = B.C;\n\n",
        "public class C : B\n{\n    private int x;\n\n",
        ("    [Test]\n    public int M{0}(int a)\n    {{\n        if (a > 1)\n        {{\n"
        "            return {0};\n        }}\n        return a;\n    }}\n\n"),
        "",
        "    public void Long(int[] a)\n    {\n",
        "        foreach (var x in a)\n        {{\n            Call{0}(x);\n            Other(x);\n        }}\n",
        "    }\n}\n",
    ),
    "ruby": (
        "require 'json'\nrequire_relative 'a/b'\n\n",
        "class C < B\n  attr_reader :x\n\n",
        "  # why\n  def m{0}(a)\n    if a\n      return {0}\n    end\n    a\n  end\n\n",
        "end\n\n",
        "def long(a)\n",
        "  a.each do |x|\n    call_{0}(x)\n    other(x)\n  end\n",
        "end\n",
    ),
    "php": (
        "<?php\nnamespace A;\n\nuse B\\C;\nrequire_once 'd.php';\n\n",
        "class C extends B\n{\n    private $x;\n\n",
        ("    /** Why. */\n    public function m{0}($a)\n    {{\n        if ($a) {{\n"
        "            return {0};\n        }}\n        return 1;\n    }}\n\n"),
        "}\n\n",
        "function long($a)\n{\n",
        "    foreach ($a as $x) {{\n        call{0}($x);\n        other($x);\n    }}\n",
        "    return 1;\n}\n",
    ),
    "bash": (
        "#!/bin/bash\nset -e\nsource ./lib.sh\n\n",
        "readonly x=1\n\n",
        '# why\nm{0}() {{\n  if [ "$1" ]; then\n    echo {0}\n  fi\n  return 0\n}}\n\n',
        "",
        "long() {\n",
        '  for x in a b; do\n    call_{0} "$x"\n    other "$x"\n  done\n',
        "}\n",
    ),
    "sql": (
        "-- Licence.\n\n",
        "CREATE TABLE t (\n  a int,\n  b text\n);\n\n",
        "-- why\nCREATE VIEW m{0} AS\n  SELECT a, {0}\n  FROM t\n  WHERE b = 'x';\n\n",
        "",
        "CREATE TABLE long (\n",
        "  column_{0} varchar(100) NOT NULL DEFAULT 'something',\n",
        "  last int\n);\n",
    ),
}  # fmt: skip

METHODS, STATEMENTS = 40, 60


def sample(language: str) -> str:
    imports, head, method, end, signature, statement, last = _BODIES[language]
    methods = "".join(method.format(number) for number in range(METHODS))
    body = "".join(statement.format(number) for number in range(STATEMENTS))
    return f"{imports}{head}{methods}{end}{signature}{body}{last}"


def imports_of(language: str) -> str:
    return _BODIES[language][0]


def method_of(language: str, number: int) -> str:
    return _BODIES[language][2].format(number)


LANGUAGES = sorted(_BODIES)
