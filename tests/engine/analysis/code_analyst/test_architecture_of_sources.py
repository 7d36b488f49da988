"""Which source an import means, what is public, and what nothing names."""

import pytest

from rlm_pipeline.analysis.code_analyst.imports import Sources, imports_in
from rlm_pipeline.analysis.code_analyst.survey import survey
from rlm_pipeline.analysis.code_analyst.visibility import head_of, is_private, is_public
from tests.engine.analysis.code_analyst.repository import assignment, stored

NAMES = (
    "app/__init__.py", "app/db.py", "app/web.py", "app/core/__init__.py", "app/core/_queue.py", "src/lib/text.py",
    "web/a.js", "web/b/index.js", "web/c.ts", "native/a.h", "native/b.c", "j/com/x/Foo.java", "r/src/net/http.rs",
    "p/lib/util.php", "rb/a.rb", "text.txt", "limits.py",
)  # fmt: skip


@pytest.mark.parametrize(
    ("importer", "language", "code", "meant"),
    [
        ("app/web.py", "python", "from app.db import load\n", ["app/db.py"]),
        ("app/web.py", "python", "from app import db, core\n", ["app/core/__init__.py", "app/db.py"]),
        ("app/web.py", "python", "from . import db\n", ["app/db.py"]),
        ("app/core/_queue.py", "python", "from ..db import load\n", ["app/db.py"]),
        ("app/web.py", "python", "import app.db as d, os\n", ["app/db.py"]),
        ("app/web.py", "python", "from lib import text\n", ["src/lib/text.py"]),
        ("app/web.py", "python", "import _queue\n", []),
        ("web/a.js", "javascript", "import x from './b';\n", ["web/b/index.js"]),
        ("web/a.js", "javascript", "const c = require('./c');\nconst d = require('c');\n", ["web/c.ts"]),
        ("native/b.c", "c", '#include "a.h"\n#include <limits>\n', ["native/a.h"]),
        ("j/com/x/Bar.java", "java", "import com.x.Foo;\nimport java.util.List;\n", ["j/com/x/Foo.java"]),
        ("r/src/main.rs", "rust", "use crate::net::http::get;\nuse std::fs;\n", ["r/src/net/http.rs"]),
        ("p/index.php", "php", "<?php\nrequire 'lib/util.php';\n", ["p/lib/util.php"]),
        ("rb/b.rb", "ruby", "require_relative 'a'\nrequire 'json'\n", ["rb/a.rb"]),
    ],
)
def test_an_import_means_the_source_its_path_leads_to(importer, language, code, meant):
    sources = Sources(NAMES)

    found = {name for each in imports_in(code, language) for name in sources.meant(each, language, importer)}

    assert sorted(found) == meant


def test_an_import_that_may_be_several_sources_is_none_of_them():
    sources = Sources(("a/util.py", "b/util.py", "main.py"))
    (found,) = imports_in("import util\n", "python")

    assert sources.meant(found, "python", "main.py") == ()


@pytest.mark.parametrize(
    ("language", "name", "text", "public", "private"),
    [
        ("python", "load", "# a note\n@cached\ndef load(x):\n", True, False),
        ("python", "_load", "def _load(x):\n", False, True),
        ("python", "__init__", "def __init__(self):\n", False, False),
        ("go", "Load", "func Load() {}\n", True, False),
        ("go", "load", "func load() {}\n", False, True),
        ("rust", "load", "pub fn load() {}\n", True, False),
        ("java", "C.load", "/** private */\n@Override\npublic void load() {}\n", True, False),
        ("java", "C.load", "private void load() {}\n", False, True),
        ("c", "load", "static int load(void) {}\n", False, True),
    ],
)
def test_who_may_use_a_definition_is_by_the_customs_of_its_language(language, name, text, public, private):
    head = head_of(name, text)

    assert (is_public(language, name, head), is_private(language, name, head)) == (public, private)


def test_only_what_nothing_names_is_unused_also_of_a_class_in_several_records(tmp_path):
    of_class = "\n\n    def f(self):\n        pass\n\n    y = 2\n"
    files = {
        "a.py": f"class _Used:\n    x = 1{of_class}\n\ndef go():\n    return _Used()\n",
        "b.py": f"class _Alone:\n    x = 1{of_class}",
        "c.py": "@register\ndef _hook():\n    pass\n\n\ndef _named():\n    pass\n\n\nBY_NAME = 'the _named one'\n",
    }
    store, config = stored(tmp_path, files)

    known = survey(assignment(store, config, batch_records=2, window_batches=1))

    assert known.unused == {("python", "_Alone")}


def test_sources_that_import_in_circles_are_told_by_a_shortest_way(tmp_path):
    files = {"a.py": "import b\n", "b.py": "import c\nimport a\n", "c.py": "import a\n", "d.py": "import a\n"}
    store, config = stored(tmp_path, files)

    known = survey(assignment(store, config, batch_records=2, window_batches=1))

    assert known.cycles == (("a.py", "b.py", "a.py"),)
    assert known.imported_by["a.py"] == ("b.py", "c.py", "d.py")
