"""Source files read end to end: recognised by content, and given back exactly by their records."""

import csv
import gzip
import json
import sysconfig
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources.code import reader
from rlm_pipeline.sources.code.reader import COLUMNS, read
from rlm_pipeline.sources.code.shape import recognise
from rlm_pipeline.sources.detect import detect
from rlm_pipeline.sources.reading import Entry
from rlm_pipeline.sources.recognition import TextSample

SNIPPETS = Path(__file__).parents[5] / "shared" / "data" / "cyberseceval-insecure-code"
SUFFIXES = {
    "python": ".py", "cpp": ".cpp", "javascript": ".js", "csharp": ".cs", "java": ".java", "c": ".c", "rust": ".rs",
    "php": ".php",
}  # fmt: skip


def entries_of(path: Path, wanted: str = "auto") -> list[Entry]:
    reading = read(path, detect(path, wanted), path.name)
    assert reading.columns == COLUMNS
    return list(reading.entries)


def text_of(entries: list[Entry]) -> str:
    return "".join(entry.cells[-1] for entry in entries)


def test_a_record_says_language_kind_scope_name_and_the_line_it_starts_on(tmp_path):
    path = tmp_path / "a.py"
    path.write_bytes(b"import os\r\n\r\n\r\nclass C:\r\n    def m(self):\r\n        return os\r\n")
    assert entries_of(path) == [
        Entry(1, ("python", "module", "module", "", "import os\r\n\r\n\r\n")),
        Entry(4, ("python", "class", "class:C", "C", "class C:\r\n")),
        Entry(5, ("python", "method", "method:C.m", "m", "    def m(self):\r\n        return os\r\n")),
    ]


def test_python_full_of_commas_is_no_table(tmp_path):
    path = tmp_path / "a.py"
    path.write_text("".join(f"f{number}, g{number} = {number}, {number}\n" for number in range(200)))
    assert detect(path).detected_type == "code"


def test_a_table_that_has_a_rare_suffix_of_code_is_a_table(tmp_path):
    path = tmp_path / "a.g"
    path.write_text("name,amount\n" + "".join(f"n{number},{number}\n" for number in range(200)))
    assert detect(path).detected_type == "csv"


def test_what_is_called_readme_is_no_code_whatever_follows(tmp_path):
    path = tmp_path / "README.ssp"
    path.write_text("Stack smashing protection (ssp)\n\n  gcc -fstack-protector\n\nis what it is.\n")
    assert detect(path).detected_type == "text"


def test_code_in_a_text_file_is_code_only_when_the_dataset_says_so(tmp_path):
    text = "#!/bin/sh\nf() {\n  echo 1\n}\n"
    sample = TextSample(name="a.txt", text=text, whole=True)
    assert recognise(sample, "auto") is None
    path = tmp_path / "a.txt"
    path.write_text(text)
    assert detect(path, "code").detected_type == "code"
    assert text_of(entries_of(path, "code")) == text


def test_a_dump_of_inserts_is_code_in_bounded_stretches(tmp_path):
    path = tmp_path / "dump.sql"
    text = "CREATE TABLE t (a int, b text);\n" + "".join(f"INSERT INTO t VALUES ({n}, 'x');\n" for n in range(3_000))
    path.write_text(text)
    assert detect(path).detected_type == "code"
    entries = entries_of(path)
    assert text_of(entries) == text
    assert max(len(entry.cells[-1]) for entry in entries) <= 1 << 14


def test_a_line_beyond_the_limit_is_set_aside_and_the_rest_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "LINE_LIMIT", 50)
    path = tmp_path / "a.py"
    path.write_text(f"def f():\n    return 1\nx = '{'y' * 100}'\ndef g():\n    return 2\n")
    entries = entries_of(path)
    assert [entry.line for entry in entries] == [1, 3, 4]
    assert entries[1].cells is None
    assert "50 characters" in entries[1].reason


def test_utf_16_source_comes_back_exactly(tmp_path):
    text = "// ünïcode\nint main(void)\n{\n    return 0; /* 漢 */\n}\n"
    path = tmp_path / "a.c"
    path.write_text(text, encoding="utf-16")
    assert text_of(entries_of(path)) == text


def test_reading_twice_gives_the_same(tmp_path):
    path = tmp_path / "a.py"
    path.write_bytes(Path(__file__).read_bytes())
    assert entries_of(path) == entries_of(path)


def test_a_part_of_the_standard_library_is_code_and_comes_back_exactly():
    folder = Path(sysconfig.get_paths()["stdlib"])
    paths = [path for path in sorted(folder.glob("*.py")) if path.stat().st_size][::8]
    assert len(paths) > 10
    kinds: Counter[str] = Counter()
    for path in paths:
        detected = detect(path)
        assert detected.detected_type == "code", path
        entries = list(read(path, detected, path.name).entries)
        with path.open(encoding=detected.encoding.codec, newline="") as stream:
            assert text_of(entries) == stream.read(), path
        kinds.update(entry.cells[1] for entry in entries)
    assert kinds["function"] > 50
    assert kinds["method"] > 50


def test_real_snippets_come_back_exactly_and_give_functions(tmp_path):
    if not SNIPPETS.is_dir():
        pytest.skip("the cyberseceval-insecure-code data set is not beside the repository")
    with gzip.open(SNIPPETS / "truth.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        languages = {row["id"]: row["language"] for row in csv.DictReader(stream)}
    with gzip.open(SNIPPETS / "snippets.jsonl.gz", "rt", encoding="utf-8") as stream:
        snippets = [json.loads(line) for line in stream][::9]
    found: Counter[str] = Counter()
    read_in: Counter[str] = Counter()
    for snippet in snippets:
        language = languages[snippet["id"]]
        path = tmp_path / f"a{SUFFIXES[language]}"
        path.write_bytes(snippet["code"].encode("utf-8"))
        entries = entries_of(path, "code")
        assert text_of(entries) == snippet["code"]
        read_in[language] += 1
        found[language] += any(entry.cells[1] in {"function", "method"} for entry in entries)
    assert set(read_in) == set(SUFFIXES)
    # Many snippets are the inside of a function or of a class.
    assert min(found[language] / read_in[language] for language in read_in) > 0.15


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.sampled_from([".py", ".js", ".c", ".rb", ".php", ".sh", ".sql", ".lua", ""]))
def test_any_bytes_are_read_or_refused_in_one_sentence(tmp_path, data, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(data)
    try:
        entries = entries_of(path, "code")
    except SourceError as error:
        refused = str(error)
    else:
        refused = ""
    assert str(path) in refused if refused else entries
    assert refused or all(entry.cells is not None for entry in entries)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(min_size=1).filter(lambda text: text.strip(" \t\r\n\v\f\x1a\0\ufeff").strip()),
    st.sampled_from([*SUFFIXES.values(), ".kt"]),
)
def test_any_text_in_a_source_file_comes_back_exactly(tmp_path, text, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode("utf-8"))
    assert text_of(entries_of(path, "code")) == text
