import json
import re
import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources.detect import detect
from rlm_pipeline.sources.readers import open_reading

NUMBERS = st.integers() | st.floats() | st.integers(min_value=-(10**40), max_value=10**40)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=8)
KEYS = st.sampled_from(["id", "user", "a.b", "_row", "value", "key", "[0]", "é"]) | st.text(max_size=4)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
LISTS = st.lists(VALUES, min_size=1, max_size=6)
STEP = re.compile(r"\.?(?P<plain>[^.*\[\]'\"]+)|\['(?P<quoted>(?:[^'\\]|\\.)*)'\]", re.DOTALL)


def read_back(content, wanted):
    """The reading and the entries of a file with this content; None if it is taken for no JSON."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        detected = detect(path, wanted)
        if detected.detected_type not in {"json", "jsonl"}:
            return None
        reading = open_reading(path, detected, "file")
        return reading, list(reading.entries)


def steps_of(column):
    """The keys that a column's name stands for."""
    steps, at = [], 0
    while at < len(column):
        step = STEP.match(column, at)
        assert step, column
        plain = step["plain"]
        quoted = step["quoted"]
        steps.append(
            plain
            if plain is not None
            else re.sub(r"(?s)\\(u[0-9a-f]{4}|.)", lambda m: chr(int(m[1][1:], 16)) if m[1][1:] else m[1], quoted)
        )
        at = step.end()
    return tuple(steps)


def leaves(value, steps=()):
    """The non-empty cells that an object must have: keys -> text, or -> a list or an empty object."""
    for key, item in value.items():
        if isinstance(item, dict) and item:
            yield from leaves(item, (*steps, key))
        elif item not in (None, ""):
            yield (*steps, key), item


def assert_same(cell, value):
    if isinstance(value, (list, dict)):
        assert json.dumps(json.loads(cell)) == json.dumps(value)
    else:
        assert cell == (value if isinstance(value, str) else json.dumps(value))


def assert_reads(values, reading, entries, line_of):
    assert [entry.reason for entry in entries] == [""] * len(values)
    assert [entry.line for entry in entries] == [line_of(place) for place in range(len(values))]
    for value, entry in zip(values, entries, strict=True):
        cells = {column: cell for column, cell in zip(reading.columns, entry.cells, strict=True) if cell}
        if isinstance(value, dict) and value:
            expected = dict(leaves(value))
            found = {steps_of(column): cell for column, cell in cells.items()}
            assert found.keys() == expected.keys()
            for steps, item in expected.items():
                assert_same(found[steps], item)
        elif isinstance(value, list) and "value" not in cells:
            assert len([column for column in reading.columns if re.fullmatch(r"\[\d+\]", column)]) == len(value)
            for place, item in enumerate(value):
                if item not in (None, ""):
                    assert_same(cells[f"[{place}]"], item)
        elif value not in (None, ""):
            assert_same(cells["value"], value)
        else:
            assert not cells


def types_counted(values):
    """How many values of each type are anywhere in `values`."""
    counts = {}
    stack = list(values)
    while stack:
        value = stack.pop()
        name = {dict: "object", list: "array", str: "string", int: "integer", float: "number", bool: "boolean"}.get(
            type(value), "null"
        )
        counts[name] = counts.get(name, 0) + 1
        stack += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return counts


def types_found(reading):
    return {name: reading.paths.filter(type=name)["values"].sum() for name in set(reading.paths["type"])}


@given(LISTS, st.sampled_from([None, 0, 1, "\t"]), st.booleans(), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
@example([{"a": 5e-324, "b": -0.0, "c": 1e400, "d": 10**30}], None, True, "utf-8")
@settings(max_examples=150, deadline=None)
def test_any_array_comes_back_value_for_value(values, indent, ascii_only, encoding):
    content = json.dumps(values, indent=indent, ensure_ascii=ascii_only)

    reading, entries = read_back(content.encode(encoding), "json")

    before = [json.dumps([*values[:place], 0], indent=indent).rpartition("0")[0] for place in range(len(values))]
    assert_reads(values, reading, entries, lambda place: before[place].count("\n") + 1)
    assert types_found(reading) == types_counted(values)


@given(LISTS, st.booleans(), st.sampled_from(["\n", "\r\n", "\n\n"]))
@settings(max_examples=150, deadline=None)
def test_any_json_lines_come_back_value_for_value(values, ascii_only, end):
    content = "".join(json.dumps(value, ensure_ascii=ascii_only) + end for value in values)

    reading, entries = read_back(content.encode(), "jsonl")

    assert_reads(values, reading, entries, lambda place: place * end.count("\n") + 1)
    assert types_found(reading) == types_counted(values)


DIRT = st.lists(
    st.sampled_from(
        ['{"a":1}', '{"a":', "[", "]", "{", "}", ",", '"', "\\", "\n", "null", "-", "1.5e", "NaN", "\x1e", "//", "/*",
         "*/",
         '"\\ud800"', "\x00", "tru", ":", '{"id":[1,{"x":"y"}]}', "\r\n", " ", "é", "\ufeff", "0", "[" * 200, "]" * 200]
    ),
    min_size=1,
    max_size=25,
).map(lambda parts: "".join(parts).encode())  # fmt: skip


@given(DIRT | st.binary(min_size=1, max_size=60), st.sampled_from(["json", "jsonl", "auto"]))
@settings(max_examples=600, deadline=None)
def test_any_bytes_end_in_records_and_records_set_aside(content, wanted):
    try:
        read = read_back(content, wanted)
    except SourceError:
        read = None
    if read is None:
        return
    reading, entries = read

    for entry in entries:
        if entry.cells is None:
            assert entry.reason
            assert entry.raw
        else:
            assert len(entry.cells) == len(reading.columns)
        assert 1 <= entry.line <= len(content.splitlines()) + 1
    "".join(cell or "" for entry in entries for cell in entry.cells or ()).encode()
    assert len(set(reading.columns)) == len(reading.columns)
