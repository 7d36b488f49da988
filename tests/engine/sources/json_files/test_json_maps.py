import json

import pytest

from rlm_pipeline.sources.json_files import census, columns


def lines(values):
    return "".join(json.dumps(value) + "\n" for value in values)


def test_an_object_used_as_a_map_is_one_column_and_one_path(read):
    found = read(
        lines(
            {"id": n, "counts": {"total": 3, f"word{3 * n}": 1, f"word{3 * n + 1}": None, f"word{3 * n + 2}": [7]}}
            for n in range(2000)
        )
    )

    assert found.columns == ("id", "counts.total", "counts.*")
    assert json.loads(found.records[5]["counts.*"]) == {"word15": 1, "word16": None, "word17": [7]}
    assert found.paths == {
        ("$", "object"): (2000, 2000),
        ("$.id", "integer"): (2000, 2000),
        ("$.counts", "object"): (2000, 2000),
        ("$.counts.total", "integer"): (2000, 2000),
        ("$.counts.*", "integer"): (2000, 2000),
        ("$.counts.*", "null"): (2000, 2000),
        ("$.counts.*", "array"): (2000, 2000),
        ("$.counts.*[*]", "integer"): (2000, 2000),
    }
    assert "1 objects used as maps kept as JSON" in found.evidence


def test_values_of_a_map_are_counted_exactly_however_late_it_is_recognised(read, monkeypatch):
    monkeypatch.setattr(census, "MOST_KEYS", 300)

    found = read(lines({"by_day": {f"d{n}": 1, f"e{n}": 2}} for n in range(500)))

    assert found.paths["$.by_day.*", "integer"] == (1000, 500)
    assert found.columns == ("by_day",)
    assert found.records[0]["by_day"] == '{"d0":1,"e0":2}'


def test_a_map_of_objects_has_their_paths(read):
    found = read(lines({"users": {f"u{n}": {"age": n, "tags": ["x"]}, f"v{n}": {"age": n}}} for n in range(300)))

    assert found.paths["$.users.*.age", "integer"] == (600, 300)
    assert found.paths["$.users.*.tags[*]", "string"] == (300, 300)
    assert found.columns == ("users",)


def test_records_that_are_maps_keep_their_keys_as_json(read):
    found = read(lines({f"k{n}": n, "at": "x"} for n in range(1500)))

    assert set(found.columns) == {"at", "*"}
    assert found.records[7] == {"at": "x", "*": '{"k7":7}'}


def test_optional_fields_are_no_map(read):
    found = read(lines({f"f{n % 150}": 1, f"g{n % 150}": 2, "id": n} for n in range(3000)))

    assert len(found.columns) == 301


def test_columns_are_bounded_and_nothing_is_lost(read, monkeypatch):
    monkeypatch.setattr(columns, "MOST_COLUMNS", 50)
    record = {"id": 1, "wide": {f"w{n}": n for n in range(60)}, "small": {"a": 1, "b": 2}}

    found = read(lines([record] * 3))

    assert found.columns == ("id", "wide", "small.a", "small.b")
    assert json.loads(found.records[0]["wide"]) == record["wide"]
    assert "1 wide objects kept as JSON" in found.evidence


def test_records_too_wide_keep_their_last_keys_as_json(read, monkeypatch):
    monkeypatch.setattr(columns, "MOST_COLUMNS", 50)
    record = {f"c{n}": n for n in range(80)}

    found = read(lines([record] * 3))

    assert len(found.columns) <= 50
    assert {**found.records[0], **json.loads(found.records[0]["*"])}.keys() - {"*"} == record.keys()


@pytest.mark.parametrize("most", [40, 200])
def test_the_paths_in_memory_are_bounded(read, monkeypatch, most):
    monkeypatch.setattr(census, "MOST_PATHS", most)
    values = [{"a": {f"k{n}": {f"m{i}": i for i in range(3)}}, "b": {f"x{n}": 1}, "c": n} for n in range(120)]

    found = read(lines(values))

    assert len(found.paths) <= most
    assert [record["c"] for record in found.records] == [str(n) for n in range(120)]
    assert sum(values for (path, _), (values, _) in found.paths.items() if path.startswith("$.a.")) == 120 * 4


def test_a_wide_record_of_more_keys_than_are_told_apart_is_read(read):
    record = {f"c{n}": n for n in range(5000)}

    found = read(lines([record] * 3))

    cells = found.records[2]
    rest = json.loads(cells.pop("*"))
    assert {**cells, **{key: str(value) for key, value in rest.items()}} == {
        key: str(value) for key, value in record.items()
    }
