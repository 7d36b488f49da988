import json

import pytest

from rlm_pipeline.sources.encodings import Encoding, text_blocks
from rlm_pipeline.sources.json_files import layout, scanner


def test_an_array_over_many_lines_gives_its_elements_with_their_lines(read):
    found = read('[\n  {"a": 1},\r\n\n  {"a":\n 2}, {"a": 3}\n]\n')

    assert found.kind == "json"
    assert found.at == "$[*]"
    assert found.records == [{"a": "1"}, {"a": "2"}, {"a": "3"}]
    assert found.lines == [2, 4, 5]


def test_lines_are_counted_whatever_their_ends(read):
    assert read(b'[\r{"a": 1},\r{"a": 2},\r\n{"a": 3}]').lines == [2, 3, 4]


def test_an_object_that_wraps_records_loses_none_of_its_other_fields(read):
    found = read('{"count": 2,\n "data": [{"id": 1}, {"id": 2}],\n "meta": {"page": 7, "id": "m"}}')

    assert found.columns == ("json_path", "id", "count", "meta.page", "meta.id")
    assert found.records == [
        {"json_path": "$.data[*]", "id": "1"},
        {"json_path": "$.data[*]", "id": "2"},
        {"json_path": "$", "count": "2", "meta.page": "7", "meta.id": "m"},
    ]
    assert found.lines == [2, 2, 1]
    assert found.at == "$.data[*], $"
    assert found.paths["$.data[*].id", "integer"] == (2, 2)
    assert found.paths["$.meta.page", "integer"] == (1, 1)


def test_a_lone_wrapped_array_needs_no_column_for_the_place(read):
    found = read('{"features": [{"id": 1}, {"id": 2}]}')

    assert (found.columns, found.at, len(found.records)) == (("id",), "$.features[*]", 2)


def test_records_wrapped_twice_are_found_and_what_is_beside_them_is_kept(read):
    found = read(
        '{"took": 3, "hits": {"total": 2, "by": {"x": 1}, "hits": [{"_id": "a", "n": 1},\n{"_id": "b"}]}, "ok": true}'
    )

    assert found.records == [
        {"json_path": "$.hits.hits[*]", "_id": "a", "n": "1"},
        {"json_path": "$.hits.hits[*]", "_id": "b"},
        {"json_path": "$", "took": "3", "hits.total": "2", "hits.by.x": "1", "ok": "true"},
    ]
    assert found.lines == [1, 2, 1]


def test_records_wrapped_in_an_object_beyond_the_limit_are_read(read, monkeypatch):
    for module in (scanner, layout):
        monkeypatch.setattr(module, "VALUE_LIMIT", 100_000)
    items = [{"id": n, "text": "x" * 100} for n in range(20_000)]

    found = read(json.dumps({"response": {"docs": items}}))

    assert found.at == "$.response.docs[*]"
    assert [record["id"] for record in found.records] == [str(n) for n in range(20_000)]
    assert found.aside == []


def test_a_comment_at_the_very_end_is_no_record(read):
    assert read('[{"a": 1}] // end', "json").records == [{"a": "1"}]


def test_many_wrapped_arrays_give_their_key(read):
    found = read(json.dumps({**{f"k{n}": [{"id": n}] for n in range(50)}, "version": 1}))

    assert found.columns == ("json_path", "key", "id", "version")
    assert found.records[3] == {"json_path": "$.*[*]", "key": "k3", "id": "3"}
    assert found.records[-1] == {"json_path": "$", "version": "1"}


def test_several_wrapped_arrays_are_told_apart(read):
    found = read('{"users": [{"id": 1}, {"id": 2}], "orders": [{"id": 9}], "version": 3}')

    assert [record["json_path"] for record in found.records] == ["$.users[*]", "$.users[*]", "$.orders[*]", "$"]


def test_an_object_of_arrays_gives_all_elements_with_their_key(read):
    found = read('{"train": [["hi", "greet"], ["bye", "part"]], "test": [["hello", "greet"]], "none": []}')

    assert found.columns == ("key", "[0]", "[1]")
    assert found.records[2] == {"key": "test", "[0]": "hello", "[1]": "greet"}
    assert found.at == "$.*[*]"


def test_an_object_of_alike_objects_gives_its_entries_with_their_key(read):
    found = read('{"u1": {"name": "x", "key": 5}, "u2": {"name": "y"}, "u3": {"name": "z"}}')

    assert found.columns == ("key", "name", "['key']")
    assert found.records[0] == {"key": "u1", "name": "x", "['key']": "5"}
    assert found.at == "$.*"


@pytest.mark.parametrize(
    "content",
    [
        '{"name": "x", "tags": ["a", "b"], "n": 3}',
        '{"user": {"id": 1}, "repository": {"url": "u"}}',
        '{"id": 1, "text": "long enough to outweigh the labels", "labels": [{"n": 1}]}',
    ],
)
def test_a_plain_object_is_one_record(read, content):
    found = read(content)

    assert len(found.records) == 1
    assert found.at == "$"


def test_documents_one_after_the_other_are_all_read(read):
    found = read('{\n "a": 1\n}\n{"a": 2} [{"a": 3}, 4]')

    assert found.columns == ("json_path", "a", "value")
    assert found.records == [
        {"json_path": "$", "a": "1"},
        {"json_path": "$", "a": "2"},
        {"json_path": "$[*]", "a": "3"},
        {"json_path": "$[*]", "value": "4"},
    ]
    assert found.lines == [1, 4, 4, 4]


def test_a_json_text_sequence_is_read(read):
    assert read('\x1e{"a":\n1}\n\x1e{"a":\n2}\n').records == [{"a": "1"}, {"a": "2"}]


def test_a_truncated_file_keeps_the_records_up_to_the_cut(read):
    found = read('[{"a": 1}, {"a": 2}, {"a": {"b": "tr')

    assert found.records == [{"a": "1"}, {"a": "2"}]
    assert found.aside == [(1, "the file ends within it", '{"a": {"b": "tr')]


def test_a_truncated_wrapper_keeps_its_records(read):
    found = read('{"meta": {"x": 1},\n"data": [{"a": 1},\n{"a": 2},\n{"a')

    assert [record.get("a") for record in found.records] == ["1", "2", None]
    assert found.aside == [(4, "the file ends within it", '{"a')]


@pytest.mark.parametrize(
    ("content", "aside"),
    [
        ('[{"a": 1}, {"a" 2}, {"a": 3}]', '{"a" 2}'),
        ('[{"a": 1}, {"a": "x}, {"a": 3}]', '{"a": "x}'),
        ('[\n  {"a": 1},\n  {"a": "x},\n  {"a": 3}\n]', '{"a": "x},'),
        ('[{"a": 1}, {"a": [1, {"b": 2}}, {"a": 3}]', '{"a": [1, {"b": 2}}'),
        ('[{"a": 1}, bad, {"a": 3}]', "bad"),
        ('[{"a": 1}, 2024-01-05, {"a": 3}]', "2024-01-05"),
        ('[{"a": 1}, {"b": "\\x"}, {"a": 3}]', '{"b": "\\x"}'),
    ],
)
def test_a_broken_element_is_set_aside_and_its_neighbours_are_read(read, content, aside):
    found = read(content, "json")

    assert found.records == [{"a": "1"}, {"a": "3"}]
    assert [raw.strip() for _, _, raw in found.aside] == [aside]
    assert found.aside[0][1].startswith("not JSON: ")


def test_comments_and_trailing_commas_are_read_and_reported(read):
    found = read('// made by hand\n[{"a": 1, /* one */ "u": "http://x,}"},\n {"a": [1, 2,],},\n // end\n]')

    assert found.records == [{"a": "1", "u": "http://x,}"}, {"a": "[1,2]"}]
    assert found.aside == []
    assert "2 values with comments or trailing commas read leniently" in found.evidence


def test_nesting_too_deep_for_any_parser_is_set_aside(read):
    deep = "[" * 100_000 + "]" * 100_000

    found = read(f'[{{"a": 1}}, {{"a": {deep}}}, {{"a": {"[" * 120}{"]" * 120}}}]', "json")

    assert [entry[1] for entry in found.aside] == ["nested more than 150 levels deep"]
    assert found.records == [{"a": "1"}, {"a": "[" * 120 + "]" * 120}]


def test_an_element_beyond_the_limit_is_set_aside(read, monkeypatch):
    monkeypatch.setattr(scanner, "VALUE_LIMIT", 100_000)
    long = json.dumps({"text": "x" * 3_000_000, "list": [{"b": 1}, {"b": 2}]})

    found = read(f'[{{"a": 1}}, {long}, {{"a": 2}}]', "json")

    assert found.records == [{"a": "1"}, {"a": "2"}]
    (aside,) = found.aside
    assert aside[1] == "longer than 100,000 characters"
    assert aside[2].startswith('{"text": "xxx')


def test_the_buffer_stays_small_however_long_the_array():
    text = json.dumps([{"a": "x" * 1000}] * 20_000)
    found = scanner.Scanner(text[at : at + 4096] for at in range(0, len(text), 4096))
    found.peek()
    found.skip()
    longest = count = 0
    while found.peek() not in {"", "]"}:
        if found.peek() == ",":
            found.skip()
        else:
            count += found.take().reason == ""
            longest = max(longest, len(found.buffer))

    assert count == 20_000
    assert longest < 200_000


def test_blocks_of_text_are_repaired_like_lines(tmp_path):
    path = tmp_path / "x.json"
    path.write_bytes("é".encode() * 600_000 + b"\x93" + "é".encode())
    encoding = Encoding(name="", codec="utf-8", evidence="", errors="surrogateescape")

    assert "".join(text_blocks(path, encoding)) == "é" * 600_000 + "“é"
