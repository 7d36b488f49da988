from pathlib import Path

import pytest

from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources.detect import detect

DATA = Path(__file__).parents[5] / "shared" / "data"

TABLE = "| name | price |\n|------|-------|\n" + "| bolt | 0.10 |\n" * 20
SENTENCES = "It was a dark night. The wind, as ever, blew.\nNobody came; nobody left.\n\nThen day broke.\n"
RST = "Title\n=====\n\n.. note:: hi\n\n   there\n\nSub\n---\n\ntext\n"
MARKDOWN = "# Title\n\n- one\n- two\n\n```\ncode\n```\n\n[link](https://x.example)\n"
MAIL = "From: a@b.c\nTo: d@e.f\nDate: Mon, 1 Jan 2001 10:00:00 +0000\nSubject: x\n\nkey: value\n"


def kind(tmp_path, content, name, wanted="auto"):
    path = tmp_path / name
    path.write_text(content)
    return detect(path, wanted).detected_type


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.txt", SENTENCES, "text"),
        ("a", SENTENCES, "text"),
        ("a.txt", "no line end", "text"),
        ("README.md", TABLE, "markdown"),
        ("README.md", "# T\n\na, b\nc, d\n", "markdown"),
        ("a.md", SENTENCES, "markdown"),
        ("README", MARKDOWN, "markdown"),
        ("a.rst", RST, "rst"),
        ("a.txt", RST, "rst"),
        ("a.html", "<!DOCTYPE html><p>a, b", "html"),
        ("a", "<html><body>a\n<p>b\n", "html"),
        ("a.htm", "<p>one</p>\n", "html"),
        ("a.xml", "<?xml version='1.0'?><a>b</a>", "html"),
        ("a", "<rows><row>1</row>\n<row>2</row></rows>\n", "html"),
        ("a.eml", MAIL, "mail"),
        ("a", MAIL, "mail"),
        ("inbox", f"From a@b.c Mon Jan  1 10:00:00 2001\n{MAIL}", "mail"),
        ("a.csv", "id,text\n1,# no heading\n2,- no list\n", "csv"),
        ("a.md", "id,name\n1,a\n2,b\n", "csv"),
    ],
)
def test_content_decides_and_the_suffix_tips_the_balance(tmp_path, name, content, expected):
    assert kind(tmp_path, content, name) == expected


@pytest.mark.parametrize(
    ("wanted", "content", "expected"),
    [
        ("prose", "a,b\n1,2\n", "text"),
        ("prose", MARKDOWN, "markdown"),
        ("prose", MAIL, "mail"),
        ("prose", "<html><p>x", "text"),
        ("markup", "# One\n\ntext\n", "markdown"),
        ("markup", "<p>a</p> <p>b</p>\n", "html"),
        ("markup", "One\n===\n\ntext\n", "rst"),
    ],
)
def test_a_configured_format_takes_the_best_of_its_kinds(tmp_path, wanted, content, expected):
    assert kind(tmp_path, content, "a", wanted) == expected


def test_what_is_no_markup_is_refused_by_name(tmp_path):
    with pytest.raises(SourceError, match=r"a\.dat is not markup: it has no tags"):
        kind(tmp_path, SENTENCES, "a.dat", "markup")


SUFFIX_TYPES = {".csv": {"csv"}, ".jsonl": {"jsonl"}, ".json": {"json"}, ".log": {"log"}, ".md": {"markdown"}}


@pytest.mark.skipif(not DATA.is_dir(), reason="the folder shared/data of real records is not beside us")
def test_every_real_file_is_what_its_name_says():
    wrong = {}
    for path in sorted(path for path in DATA.rglob("*") if path.is_file()):
        suffix = [suffix for suffix in path.suffixes if suffix != ".gz"][-1:]
        found = detect(path).detected_type
        if found not in SUFFIX_TYPES.get("".join(suffix), {"text"}):
            wrong[str(path.relative_to(DATA))] = found

    assert wrong == {}
