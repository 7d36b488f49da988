import gzip

import pytest

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.sources import encodings
from rlm_pipeline.sources.json_files import records
from rlm_pipeline.sources.year_column import count_years


def test_broken_lines_are_set_aside_by_line(read):
    found = read('{"a": 1}\n{"a": \n\n{"a": 2}\r\nnull and more\n{"a": 3}\n{"a": "cut\n{"a": 4}\n{"a": 5')

    assert found.kind == "jsonl"
    assert found.records == [{"a": "1"}, {"a": "2"}, {"a": "3"}, {"a": "4"}]
    assert [(line, raw) for line, _, raw in found.aside] == [
        (2, '{"a":'),
        (5, "null and more"),
        (7, '{"a": "cut'),
        (9, '{"a": 5'),
    ]
    assert all(reason.startswith("not JSON: ") for _, reason, _ in found.aside)
    assert found.lines == [1, 2, 4, 5, 6, 7, 8, 9]


def test_types_that_drift_are_counted_and_kept_as_text(read):
    found = read(
        '{"v": 1}\n{"v": "1"}\n{"v": 1.50}\n{"v": {"w": true}}\n{"v": [1, "x"]}\n{"v": null}\n{"v": {}}\n{"u": 0}\n'
    )

    assert found.columns == ("v.w", "v", "u")
    assert [record.get("v") for record in found.records] == ["1", "1", "1.50", None, '[1,"x"]', None, "{}", None]
    assert found.paths == {
        ("$", "object"): (8, 8),
        ("$.v", "object"): (2, 2),
        ("$.v", "array"): (1, 1),
        ("$.v", "string"): (1, 1),
        ("$.v", "integer"): (1, 1),
        ("$.v", "number"): (1, 1),
        ("$.v", "null"): (1, 1),
        ("$.v.w", "boolean"): (1, 1),
        ("$.v[*]", "integer"): (1, 1),
        ("$.v[*]", "string"): (1, 1),
        ("$.u", "integer"): (1, 1),
    }


def test_values_and_records_of_a_path_in_arrays_are_told_apart(read):
    found = read(
        '{"events": [{"type": "a"}, {"type": "b"}]}\n{"events": [{"type": "c"}, {"type": 1}]}\n{"events": []}\n'
    )

    assert found.paths["$.events[*].type", "string"] == (3, 2)
    assert found.paths["$.events[*].type", "integer"] == (1, 1)
    assert found.paths["$.events[*]", "object"] == (4, 2)
    assert found.paths["$.events", "array"] == (3, 3)


@pytest.mark.parametrize(
    "number", ["1.50", "1e5", "-0", "-0.0", "1E+400", "9" * 30, "9" * 6000, "0.1000000000000000055511151231257827"]
)
@pytest.mark.parametrize("wanted", ["json", "jsonl"])
def test_numbers_stay_as_written(read, number, wanted):
    line = f'{{"n": {number}, "of": [{number}, {{"in": {number}}}]}}'

    found = read(line if wanted == "jsonl" else f"[{line}]", wanted)

    assert found.records == [{"n": number, "of": f'[{number},{{"in":{number}}}]'}]
    kind = "integer" if number.lstrip("-").isdigit() else "number"
    assert found.paths[f"${'' if wanted == 'jsonl' else '[*]'}.n", kind] == (1, 1)


@pytest.mark.parametrize("wanted", ["json", "jsonl"])
def test_what_strict_parsers_refuse_is_read(read, wanted):
    line = '{"a": NaN, "b": [-Infinity], "c": "tab\there \\u0000", "d": "half \\ud83d", "\\ud83d": 1, "e": ["\\uDE00"]}'

    found = read(line if wanted == "jsonl" else f"[{line}]", wanted)

    assert found.records == [
        {
            "a": "NaN",
            "b": "[-Infinity]",
            "c": "tab\there \0",
            "d": "half \\ud83d",
            "\\ud83d": "1",
            "e": '["\\\\ude00"]',
        }
    ]
    assert "3 texts with half of a surrogate pair kept as its escape" in found.evidence


@pytest.mark.parametrize("wanted", ["json", "jsonl"])
def test_the_last_of_a_key_given_twice_is_kept_and_counted(read, wanted):
    line = '{"a": 1, "b": {"x": "\\"", "x": "\\\\", "x": 3}, "a": 2}'

    found = read(line if wanted == "jsonl" else f"[{line}]", wanted)

    assert found.records == [{"a": "2", "b.x": "3"}]
    assert "3 keys twice in one object, of which the last value is kept" in found.evidence


def test_escaped_quotes_are_no_sign_of_keys_given_twice(read):
    found = read('{"a": "\\"", "b": "\\\\", "c": "\\\\\\"", "d": ["\\u0022"]}\n{"a": "x"}\n')

    assert "twice" not in found.evidence


def test_keys_that_would_be_ambiguous_stand_in_brackets(read):
    found = read(
        '{"a.b": 1, "a": {"b": 2, "c d": 3, "": 4}, "_row": 5, "it\'s": 6, "x\\ny": 7, "[0]": 8, "*": 9}\n{"a": {}}\n'
    )

    assert found.columns == (
        "['a.b']", "a.b", "a.c d", "a['']", "a", "['_row']", "['it\\'s']", "['x\\u000ay']", "['[0]']", "['*']",
    )  # fmt: skip
    assert ("$.a['c d']", "integer") in found.paths
    assert ("$['a.b']", "integer") in found.paths


def test_arrays_of_one_short_length_have_a_column_for_each_element(read):
    found = read('["hi", "greet", 1]\n["bye", null, {"x": [2]}]\n')

    assert found.columns == ("[0]", "[1]", "[2]")
    assert found.records == [{"[0]": "hi", "[1]": "greet", "[2]": "1"}, {"[0]": "bye", "[2]": '{"x":[2]}'}]


def test_arrays_of_any_length_and_scalars_are_values(read):
    found = read('[1, 2]\n[3]\n"x"\n1.0\ntrue\n{"value": 5}\n', name="file.jsonl")

    assert found.columns == ("value", "['value']")
    assert [record.get("value") for record in found.records] == ["[1,2]", "[3]", "x", "1.0", "true", None]
    assert found.records[-1] == {"['value']": "5"}


def test_lines_of_several_values_are_divided(read):
    found = read('{"a": 1}{"a": 2}\n{"a": 3}, \n\x1e{"a": 4}\n{"a": 5}\n')

    assert found.records == [{"a": str(number)} for number in range(1, 6)]
    assert found.lines == [1, 1, 2, 3, 4]
    assert "1 lines of more than one value divided" in found.evidence


def test_any_encoding_is_read(read, tmp_path):
    lines = '{"a": "çé"}\n{"a": "ü"}\n'

    for encoding in ("utf-8-sig", "utf-16", "latin-1"):
        assert read(lines.encode(encoding)).records == [{"a": "çé"}, {"a": "ü"}]
    assert read(gzip.compress(lines.encode())).records == [{"a": "çé"}, {"a": "ü"}]


def test_a_line_beyond_the_limit_is_set_aside(read, monkeypatch):
    monkeypatch.setattr(encodings, "LINE_LIMIT", 1000)
    monkeypatch.setattr(records, "LINE_LIMIT", 1000)

    found = read('{"a": 1}\n{"a": "' + "x" * 5000 + '"}\n{"a": 2}\n{"a": 3}\n')

    assert found.records == [{"a": "1"}, {"a": "2"}, {"a": "3"}]
    assert found.aside[0][:2] == (2, "a line longer than 1,000 characters")


def test_years_are_counted_by_a_nested_date(tmp_path):
    path = tmp_path / "calls.jsonl"
    path.write_text('{"at": {"day": "2011-10-01"}}\n{"at": {"day": "2012-02-01"}}\n{"at": {}}\nbroken\n')
    rule = {"by": "column", "column": "at.day", "fiscal_year_starts": "october"}

    counted = count_years(path, DatasetConfig(name="calls", source=str(path), partition=rule), path.name)

    assert counted.records == {"FY2012": 2, "undated": 2}
