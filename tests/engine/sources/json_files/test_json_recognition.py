import tracemalloc

import pytest

from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources.detect import detect
from rlm_pipeline.sources.json_files.shape import recognise
from rlm_pipeline.sources.recognition import TextSample


def verdict(text, name="file", wanted="auto", *, whole=True):
    return recognise(TextSample(name=name, text=text, whole=whole), wanted)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"a": 1}\n{"a": 2}\n', "jsonl"),
        ('\ufeff{"a": 1}\r\n\r\n{"a": 2}', "jsonl"),
        ("[1, 2]\n[3, 4]\n", "jsonl"),
        ('{"a": 1}\n', "json"),
        ('[{"a": 1},\n{"a": 2}]', "json"),
        ('{\n"a": {}\n}\n{\n"a": []\n}\n', "json"),
        ("[]", "json"),
        ("{}", "json"),
        ('[{"a": 1}, {"a', "json"),
        ('{"a": tru', "json"),
        ('// settings\n{"a": 1,}', "json"),
        ('[{"a": 1}, {"b" 2}, {"c": 3}]', "json"),
    ],
)
def test_json_is_recognised_by_its_content(text, kind):
    found = verdict(text)

    assert found is not None
    assert found.detected_type == kind
    assert found.confidence == pytest.approx(0.95) or (" 2}" in text and 0.5 < found.confidence < 0.95)


def test_broken_lines_lower_the_confidence():
    found = verdict('{"a": 1}\n{"a": 2}\n{"a": 3}\n{"a"\n')

    assert found.detected_type == "jsonl"
    assert found.confidence == pytest.approx(0.95 * 3 / 4)


def test_a_file_longer_than_its_sample_is_recognised():
    assert verdict('[{"a": 1},\n{"text": "' + "x" * 1000, whole=False).confidence == pytest.approx(0.95)


def test_the_suffix_makes_lines_of_scalars_json():
    assert verdict("1\n2\n").__class__ is type(None)
    assert verdict('1\n"x"\n', "values.ndjson.gz").detected_type == "jsonl"
    assert verdict('{"a": 1}\n', "one.jsonl").detected_type == "jsonl"
    assert verdict('{"a": 1}\n', "one.json").confidence == pytest.approx(0.97)


@pytest.mark.parametrize(
    "text",
    [
        "[section]\nkey = value\n",
        "[1]\nkey = value\n[2]\nkey = value\n",
        "[2024-01-05 10:00:00] started\n[2024-01-05 10:00:01] ready\n",
        "[1234] started\n[1235] ready\n",
        '{"a": 1},x,y\n{"a": 2},z,w\n',
        "[1],[2]\n[3],[4]\n",
        "{name}, hello\n",
        "{a: 1}",
        "[link](http://x) and text",
        "id,text\n1,a\n",
        "[",
        "{",
        "plain",
        "function f() { return 1 }",
        "",
    ],
)
def test_what_only_starts_like_json_is_none(text):
    assert verdict(text) is None


@pytest.mark.parametrize("wanted", ["json", "jsonl"])
def test_a_forced_type_that_is_wrong_says_so(wanted):
    with pytest.raises(SourceError, match="is not JSON"):
        verdict("id,text\n1,a\n" if wanted == "jsonl" else "id;text", wanted=wanted)


def test_a_forced_type_reads_what_it_can():
    assert verdict("\n".join(["junk"] * 5 + ['{"a": 1}']), wanted="jsonl").detected_type == "jsonl"
    assert verdict('{"a": 1}\n{"a": 2}', wanted="json").detected_type == "json"


def test_a_document_of_one_long_line_is_judged_by_its_start(tmp_path):
    path = tmp_path / "export.json"
    path.write_text("[" + ",".join(f'{{"id":{n},"tags":["a",{{"b":{n}}}]}}' for n in range(400_000)) + "]")
    size = path.stat().st_size
    tracemalloc.start()

    detected = detect(path)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert detected.detected_type == "json"
    assert peak < 5 * size
