"""Each family of rules finds what it is about, and leaves the secure way of doing the same alone."""

import pytest
import tree_sitter

from rlm_pipeline.analysis.code_analyst import rules
from rlm_pipeline.analysis.code_analyst.inspection import inspect
from rlm_pipeline.analysis.code_analyst.languages import SYNTAX
from rlm_pipeline.sources.code.grammars import parser

MODES = ("general", "security", "architecture", "performance")

BAD_AND_GOOD = [
    # language, what is found (the label), code that has it, the way it should be
    ("python", "CWE-78 os-command", "import os\nos.system('rm ' + name)\n", "import os\nos.remove(name)\n"),
    ("python", "CWE-78 os-command", "from os import system as run\nrun(cmd)\n", "from shutil import rmtree\nrmtree(cmd)\n"),
    ("python", "CWE-78 subprocess-shell", "subprocess.run(cmd, shell=True)\n", "subprocess.run([cmd], shell=False)\n"),
    ("python", "CWE-94 code-evaluated", "eval(text)\n", "ast.literal_eval(text)\n"),
    ("python", "CWE-94 code-evaluated", "def f(x):\n    exec(x)\n", "def f(x):\n    model.eval()\n"),
    ("python", "CWE-502 unsafe-deserialisation", "import pickle\npickle.loads(d)\n", "import json\njson.loads(d)\n"),
    ("python", "CWE-502 unsafe-yaml", "yaml.load(f)\n", "yaml.load(f, Loader=yaml.SafeLoader)\n"),
    ("python", "CWE-328 weak-hash", "hashlib.md5(x)\n", "hashlib.md5(x, usedforsecurity=False)\nhashlib.sha256(x)\n"),
    ("python", "CWE-89 sql-built", "c.execute('SELECT * FROM t WHERE a = %s' % a)\n", "c.execute('SELECT * FROM t WHERE a = ?', (a,))\n"),
    ("python", "CWE-89 sql-built", "q = f'DELETE FROM t WHERE a = {a}'\nc.execute(q)\n", "q = 'DELETE FROM t'\nc.execute(q)\n"),
    ("python", "CWE-295 certificate-not-checked", "requests.get(u, verify=False, timeout=1)\n", "requests.get(u, timeout=1)\n"),
    ("python", "CWE-798 hard-coded-credential", "password = 'hunter2!'\n", "password = os.environ['PASSWORD']\n"),
    ("python", "CWE-798 hard-coded-credential", "c['api_key'] = 'k3y-0f-mine'\n", "c['api_key'] = ''\ntokens = 'none'\n"),
    ("python", "CWE-377 temporary-file-name", "import tempfile\ntempfile.mktemp()\n", "import tempfile\ntempfile.mkstemp()\n"),
    ("python", "CWE-338 weak-random", "import random\nrandom.randint(1, 6)\n", "import secrets\nsecrets.randbelow(6)\n"),
    ("python", "CWE-400 request-without-timeout", "import requests\nrequests.get(u)\n", "import requests\nrequests.get(u, timeout=5)\n"),
    ("javascript", "CWE-95 code-evaluated", "eval('(' + text + ')');", "JSON.parse(text);"),
    ("javascript", "CWE-95 function-of-text", "new Function('a', body.join());", "new Function('a', 'return a');"),
    ("javascript", "CWE-78 os-command", "const {exec} = require('child_process');\nexec('ls ' + dir);", "const {execFile} = require('child_process');\nexecFile('ls', [dir]);"),
    ("javascript", "CWE-345 message-to-any-origin", "w.postMessage(m, '*');", "w.postMessage(m, 'https://a.example');"),
    ("javascript", "CWE-79 markup-of-text", "e.innerHTML = '<b>' + name;", "e.textContent = name;"),
    ("javascript", "CWE-328 weak-hash", "crypto.createHash('md5');", "crypto.createHash('sha256');"),
    ("tsx", "CWE-79 markup-set-dangerously", "const a = <p dangerouslySetInnerHTML={{__html: t}} />;", "const a = <p>{t}</p>;"),
    ("typescript", "CWE-89 sql-built", "db.query(`SELECT * FROM t WHERE a = ${a}`);", "db.query('SELECT * FROM t WHERE a = ?', [a]);"),
    ("java", "CWE-327 weak-hash", 'class A { void f() { MessageDigest.getInstance("MD5"); } }', 'class A { void f() { MessageDigest.getInstance("SHA-256"); } }'),
    ("java", "CWE-327 weak-cipher", 'class A { Object f() { return Cipher.getInstance("DES"); } }', 'class A { Object f() { return Cipher.getInstance("AES/GCM/NoPadding"); } }'),
    ("java", "CWE-502 unsafe-deserialisation", "class A { void f() { new ObjectInputStream(in).readObject(); } }", "class A { void f() { new DataInputStream(in).readInt(); } }"),
    ("java", "CWE-89 sql-built", 'class A { void f() { s.executeQuery("SELECT * FROM t WHERE a = " + a); } }', 'class A { void f() { s.executeQuery("SELECT * FROM t"); } }'),
    ("java", "CWE-611 xml-entities", "class A { void f() { SAXParserFactory.newInstance(); } }", 'class A { void f() { SAXParserFactory.newInstance().setFeature("http://apache.org/xml/features/disallow-doctype-decl", true); } }'),
    ("go", "CWE-78 os-command", 'package a\nfunc f(c string) { exec.Command("sh", "-c", c) }\n', 'package a\nfunc f() { exec.Command("ls", "-l") }\n'),
    ("go", "CWE-295 certificate-not-checked", "package a\nvar c = tls.Config{InsecureSkipVerify: true}\n", "package a\nvar c = tls.Config{MinVersion: tls.VersionTLS13}\n"),
    ("go", "CWE-89 sql-built", 'package a\nfunc f() { db.Query(fmt.Sprintf("SELECT * FROM t WHERE a = %s", a)) }\n', 'package a\nfunc f() { db.Query("SELECT * FROM t WHERE a = ?", a) }\n'),
    ("rust", "CWE-676 unsafe-code", "fn f() { unsafe { g() } }", "fn f() { g() }"),
    ("rust", "CWE-295 certificate-not-checked", "fn f() { b.danger_accept_invalid_certs(true); }", "fn f() { b.danger_accept_invalid_certs(false); }"),
    ("rust", "CWE-807 input-of-the-caller", 'fn f() { println!("{:?}", env::args()); }', 'fn f() { println!("{:?}", "args"); }'),
    ("c", "CWE-120 strcpy", "void f(char *a, char *b) { strcpy(a, b); }", "void f(char *a, char *b) { strlcpy(a, b, 9); }"),
    ("c", "CWE-119 scanf-without-width", 'void f(char *s) { scanf("%s", s); }', 'void f(char *s) { scanf("%9s", s); }'),
    ("c", "CWE-680 size-overflow", "void f(int n) { p = malloc(n * sizeof(int)); }", "void f(int n) { p = calloc(n, sizeof(int)); q = malloc(4 * sizeof(int)); }"),
    ("c", "CWE-121 stack-buffer-filled", "void f(char *s, int n) { char b[9]; memcpy(b, s, n); }", "void f(char *s) { char b[9]; memcpy(b, s, sizeof(b)); }"),
    ("c", "CWE-78 os-command", "void f(char *c) { system(c); }", 'void f(void) { system("ls"); }'),
    ("cpp", "CWE-416 container-changed-in-its-loop", "void f() { for (auto x : v) { if (x) v.erase(x); } }", "void f() { for (auto x : v) { if (x) { v.erase(x); break; } } }"),
    ("cpp", "CWE-680 size-overflow-new", "int *p = new int[a * b];", "int *p = new int[4 * 5];"),
    ("csharp", "CWE-352 request-without-antiforgery-token", "class A { [HttpPost]\n public void F() { } }", "class A { [HttpPost]\n [ValidateAntiForgeryToken]\n public void F() { } }"),
    ("csharp", "CWE-89 sql-built", 'class A { void F() { new SqlCommand("SELECT * FROM t WHERE a = " + a, c); } }', 'class A { void F() { new SqlCommand("SELECT * FROM t WHERE a = @a", c); } }'),
    ("csharp", "CWE-502 unsafe-deserialisation-call", "class A { void F() { var f = new Other(); formatter.Deserialize(s); } }", "class A { void F() { JsonSerializer.Deserialize(s); } }"),
    ("php", "CWE-89 sql-built", '<?php mysql_query("SELECT * FROM t WHERE a = $a");', '<?php mysql_query("SELECT * FROM t");'),
    ("php", "CWE-79 page-from-request", "<?php echo $_GET['a'];", "<?php echo htmlspecialchars($_GET['a']);"),
    ("php", "CWE-78 os-command", "<?php exec('ls ' . $dir);", "<?php exec('ls ' . escapeshellarg($dir));"),
    ("php", "CWE-601 redirect-from-request", '<?php header("Location: " . $_GET["to"]);', '<?php header("Location: /home");'),
    ("ruby", "CWE-78 os-command-quoted", "x = `ls #{dir}`\n", "x = Dir.children(dir)\n"),
    ("ruby", "CWE-89 sql-built", 'User.where("name = \'#{name}\'")\n', 'User.where("name = ?", name)\n'),
    ("bash", "CWE-494 script-from-the-network", "curl https://a.example/i.sh | sh\n", "curl -o i.sh https://a.example/i.sh\n"),
    ("sql", "CWE-732 everything-granted", "GRANT ALL ON t TO public;", "GRANT SELECT ON t TO reader;"),
    ("python", "mutable-default", "def f(a=[]):\n    pass\n", "def f(a=()):\n    pass\n"),
    ("python", "CWE-390 error-swallowed", "try:\n    f()\nexcept Exception:\n    pass\n", "try:\n    f()\nexcept KeyError:\n    pass\n"),
    ("python", "CWE-561 unreachable-code", "def f():\n    return 1\n    g()\n", "def f():\n    if a:\n        return 1\n    g()\n"),
    ("python", "compared-by-identity", "a = x is 'b'\n", "a = x is None\n"),
    ("java", "strings-compared-by-identity", 'class A { boolean f(String s) { return s == "a"; } }', 'class A { boolean f(String s) { return s.equals("a"); } }'),
    ("c", "assigned-in-condition", "void f(int a) { if (a = 1) g(); }", "void f(int a) { if (a == 1) g(); }"),
    ("sql", "everything-changed", "DELETE FROM t;", "DELETE FROM t WHERE a = 1;"),
    ("fortran", "note-to-self", "! no\n// TODO: later\n", "! nothing is left to do\n"),
    ("python", "query-in-loop", "for i in ids:\n    cursor.execute('SELECT 1', i)\n", "for i in cursor.execute('SELECT 1'):\n    print(i)\n"),
    ("python", "string-grows-in-loop", "s = ''\nfor x in y:\n    s += 'a' + x\n", "n = 0\nfor x in y:\n    n += x\n"),
    ("python", "list-searched-in-loop", "a = []\nfor x in y:\n    if x in a:\n        f()\n", "a = set()\nfor x in y:\n    if x in a:\n        f()\n"),
    ("python", "pattern-compiled-in-loop", "for x in y:\n    re.compile('a')\n", "p = re.compile('a')\nfor x in y:\n    p.match(x)\n"),
    ("python", "blocking-in-async", "async def f():\n    time.sleep(1)\n", "async def f():\n    await asyncio.sleep(1)\ndef g():\n    time.sleep(1)\n"),
    ("javascript", "blocking-in-async", "async function f() { fs.readFileSync('a'); }", "function f() { fs.readFileSync('a'); }"),
    ("javascript", "query-in-loop", "ids.forEach(i => { db.query('SELECT 1', i); });", "db.query('SELECT 1').then(r => { f(r); });"),
    ("go", "defer-in-loop", "package a\nfunc f() { for { defer g() } }\n", "package a\nfunc f() { defer g(); for { h() } }\n"),
]  # fmt: skip


def labels(code: str, language: str) -> set[str]:
    return {hit.label for hit in inspect(code, language, MODES).hits}


@pytest.mark.parametrize(
    ("language", "label", "bad", "good"),
    BAD_AND_GOOD,
    ids=[f"{each[0]}-{each[1]}-{n}" for n, each in enumerate(BAD_AND_GOOD)],
)
def test_a_rule_finds_what_it_is_about_and_not_the_right_way_to_do_it(language, label, bad, good):
    assert label in labels(bad, language)
    assert label not in labels(good, language)


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


def node_kinds(grammar: tree_sitter.Language) -> set[str]:
    return {grammar.node_kind_for_id(number) for number in range(grammar.node_kind_count)}
