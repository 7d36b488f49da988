import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.model import CELL_TYPE_SCHEMA
from rlm_pipeline.sources.json_files.cell_types import NOT_A_STRING
from rlm_pipeline.sources.raw_file import materialise
from rlm_pipeline.store import Store

TEXTS = st.sampled_from(
    ["", "5", "-0.5", "1e9", "007", "true", "null", "NaN", "[]", '{"a": 1}', "[x", "plain", "2020-01-01"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
OBJECTS = st.dictionaries(st.sampled_from(["id", "name", "value"]), SCALARS, min_size=1)
RECORDS = SCALARS | OBJECTS | st.dictionaries(st.sampled_from(["user", "x"]), SCALARS | OBJECTS, min_size=1)


def stored(root, records):
    path = root / "records.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    store = Store(root).dataset("typed")
    materialise(store, DatasetConfig(name="typed", source=str(path), format="jsonl"), "all")
    return store


def noted(store, column):
    types = pl.read_parquet(store.cell_types_path("all"))
    assert types.schema == CELL_TYPE_SCHEMA
    return {row: names for row, names in types.select("row", column).iter_rows() if names}


def test_null_an_empty_string_and_an_absent_value_are_told_apart(tmp_path):
    store = stored(tmp_path, [{"a": None, "b": 1}, {"a": "", "b": 1}, {"b": 1}, {"a": "x", "b": 1}])

    assert noted(store, "nulls") == {1: ["a"]}
    assert noted(store, "blanks") == {2: ["a"]}


def test_a_string_that_reads_like_a_number_is_noted_and_others_are_not(tmp_path):
    store = stored(tmp_path, [{"zip": "90210"}, {"zip": 90210}, {"zip": "00501"}, {"zip": "2020-01-01"}])

    assert noted(store, "strings") == {1: ["zip"]}


def test_null_in_place_of_an_object_is_noted_though_it_has_no_column(tmp_path):
    store = stored(tmp_path, [{"user": {"name": "ann"}}, {"user": None}, {"user": {"name": None}}])

    assert store.manifest("all").sources[0].header == ("user.name",)
    assert noted(store, "nulls") == {2: ["user"], 3: ["user.name"]}


def test_records_of_other_content_have_none(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,\n,true\n2,x\n")
    store = Store(tmp_path).dataset("typed")
    materialise(store, DatasetConfig(name="typed", source=str(path)), "all")

    assert pl.read_parquet(store.cell_types_path("all")).equals(pl.DataFrame(schema=CELL_TYPE_SCHEMA))


@settings(max_examples=60, deadline=None)
@given(st.lists(RECORDS, min_size=1, max_size=8))
def test_cells_and_types_tell_the_type_of_every_value(tmp_path_factory, records):
    store = stored(tmp_path_factory.mktemp("typed"), records)

    frame = store.scan_records("all").collect()
    types = {name: noted(store, name) for name in ("nulls", "blanks", "strings")}
    reads = frame.select(pl.exclude("_source", "_row", "_line").str.contains(f"^(?:{NOT_A_STRING})$"))
    for place, record in enumerate(records):
        found = {name: sorted(types[name].get(place + 1, ())) for name in types}
        flat = dict(leaves(record))
        assert len(found["nulls"]) == sum(each is None for each in flat.values())
        assert len(found["blanks"]) == sum(each == "" for each in flat.values())
        strings = sum(isinstance(each, str) and each != "" for each in flat.values())
        filled = [value for value in reads.row(place) if value is not None]
        assert len(filled) - (sum(filled) - len(found["strings"])) == strings


def leaves(value, steps=()):
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, (*steps, key))
    else:
        yield steps, value


@pytest.mark.parametrize("text", ["5", "-0", "1.5E+3", "true", "Infinity", "[1]"])
def test_what_reads_like_a_value_of_another_type(text):
    assert pl.Series([text]).str.contains(f"^(?:{NOT_A_STRING})$").item()


def test_columns_that_the_reader_made_are_told_from_keys_that_are_called_so(tmp_path):
    made = stored(tmp_path, [{}, {"value": {"id": 1}}, 5]).manifest("all").sources[0]
    keys = tmp_path / "keys"
    keys.mkdir()
    named = stored(keys, [{"value": 1, "key": "a"}]).manifest("all").sources[0]

    assert (made.header, made.made) == (("value", "value.id"), ("value",))
    assert (named.header, named.made) == (("value", "key"), ())
