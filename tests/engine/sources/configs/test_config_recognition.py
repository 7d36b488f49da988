import pytest

from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources.detect import detect

YAML = "name: x\nitems:\n  - a\n  - b\n"
TOML = '[a]\nb = 1\nc = "x"\n'
INI = "[a]\nb = one two\nc = %(b)s\n"


def kind(tmp_path, content, name, wanted="auto"):
    path = tmp_path / name
    path.write_text(content)
    return detect(path, wanted).detected_type


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.yaml", YAML, "yaml"),
        ("a.yml", "a: {{ t }} }\nb: 1\nc: 2\n", "yaml"),
        ("a", YAML, "yaml"),
        ("a.toml", TOML, "toml"),
        ("a.toml", TOML + "d = \n", "toml"),
        ("a", TOML, "toml"),
        ("a.ini", INI, "ini"),
        ("a.ini", "[a]\n2024-01-01 = x\n2024-01-02 = y\n", "ini"),
        ("a.cfg", INI + "stray words here\n", "ini"),
        ("a", INI, "ini"),
        (".env", "A=1\nB=x, y\n", "ini"),
        (".gitconfig", "[user]\n\tname = Jane Doe\n[alias]\n\tlg = log \\\n\t\t--graph\n[core]\n\tbare\n", "ini"),
        ("nginx.conf", "user  nginx;\nhttp {\n  server {\n    listen 80;\n    root: x;\n  }\n}\n", "text"),
        ("a.conf", "[a]\nx = {1}\ny = a;b;\n", "ini"),
        ("a.properties", "# c\na.b=1, 2\na.c=3, 4\n", "ini"),
        ("a", "From: a@b.c\nDate: x\nSubject: y\n\nkey: value\n", "mail"),
        ("a.txt", "Note: this is it.\nWe went home.\n", "text"),
        ("a.yaml", "a,b\n1,2\n3,4\n", "csv"),
        ("a.csv", "key,value\na: 1,b: 2\n", "csv"),
        ("a.md", "# T\n\nkey: value\n", "markdown"),
        ("a", "ts=1 level=info msg=a\nts=2 level=info msg=b\nts=3 level=warn msg=c\n", None),
    ],
)
def test_content_decides_and_the_suffix_tips_the_balance(tmp_path, name, content, expected):
    found = kind(tmp_path, content, name)

    assert found == expected if expected else found not in {"yaml", "toml", "ini"}


@pytest.mark.parametrize(("content", "expected"), [(YAML, "yaml"), (TOML, "toml"), (INI, "ini"), ("a=1", "ini")])
def test_a_configured_format_takes_the_best_of_its_kinds(tmp_path, content, expected):
    assert kind(tmp_path, content, "a.dat", "config") == expected


def test_what_is_no_configuration_is_refused_by_name(tmp_path):
    with pytest.raises(SourceError, match=r"a\.dat is not a configuration file"):
        kind(tmp_path, "It was a dark night.\nNobody came.\n", "a.dat", "config")


def test_a_large_file_is_judged_by_its_start(tmp_path):
    assert (
        kind(tmp_path, "".join(f"key{n}:\n  - a: {n}\n    b: [x,\n      y]\n" for n in range(20_000)), "a.yaml")
        == "yaml"
    )
