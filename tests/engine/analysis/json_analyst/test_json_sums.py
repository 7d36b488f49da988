import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_pipeline.analysis.json_analyst.shapes import OTHER_SHAPES
from tests.engine.analysis.json_analyst.json_partitions import lines, observed, prepare, summed
from tests.engine.analysis.json_analyst.recount import Recount

TEXTS = st.sampled_from(
    ["", "open", "closed", "5", "true", "null", "[]", '"q"', "ünter\nwegs", "2024-05-01", "a@b.org"]
)
NUMBERS = st.integers(-5, 5) | st.sampled_from([0.5, -2.25, 1e30, 10**20])
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
KEYS = st.sampled_from(["id", "type", "value", "key", "tags", "user", "json_path", "x"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=10
)
RECORDS = st.dictionaries(KEYS, VALUES, max_size=5) | VALUES
DOCUMENTS = st.lists(RECORDS, min_size=1, max_size=25)


def assert_recounted(found, recount, *, complete=True):
    """Every figure that was told is that of the recount, and every gap and mixture of types was told."""
    for (kind, scope), one in found.items():
        assert all(count > 0 for count in one.distribution.values())
        if kind == "null_frequency":
            assert one.distribution == recount.states[scope]
            assert one.numbers["present"] == one.total - one.distribution["null"] - one.distribution["absent"]
        elif kind == "type_inconsistency":
            assert one.distribution == recount.types[scope]
        elif kind == "field_distribution":
            told = recount.told(scope)
            rest = one.distribution.pop("(other values)", 0)
            assert one.distribution.items() <= told.items()
            assert sum(told.values()) == one.total == one.distribution.total() + rest
        elif kind == "schema_variation":
            assert one.total == sum(recount.shapes[scope].values())
            assert one.numbers["shapes_first_seen"] == len(recount.shapes[scope])
            if len(recount.shapes[scope]) <= 10:
                assert OTHER_SHAPES not in one.distribution
                assert sorted(one.distribution.values()) == sorted(recount.shapes[scope].values())
        elif kind == "nesting" and scope == "$":
            assert one.total == recount.records
            assert one.distribution == Counter(
                {f"{depth} level{'' if depth == 1 else 's'}": count for depth, count in recount.depths.items()}
            )
            plural = {kind: "nulls" if kind == "null" else f"{kind}s" for kind in recount.kinds}
            assert {plural[kind]: count for kind, count in recount.kinds.items()}.items() <= one.numbers.items()
            assert one.numbers["paths"] == len([path for path, states in recount.states.items() if states])
        elif kind == "nesting":
            assert one.distribution == recount.lengths[scope]
            assert one.numbers["elements"] == recount.elements[scope]
        assert one.total == one.distribution.total() or kind == "field_distribution"
    if complete:
        assert {scope for kind, scope in found if kind == "null_frequency"} == recount.gaps()
        assert {scope for kind, scope in found if kind == "type_inconsistency"} == recount.mixed()


@settings(max_examples=30, deadline=None)
@given(DOCUMENTS)
def test_totals_of_json_lines_equal_a_recount_with_the_json_module(tmp_path_factory, records):
    store, dataset = prepare(tmp_path_factory.mktemp("lines"), {"a.jsonl": lines(records)}, format="jsonl")

    found = summed(observed(store, dataset))

    recount = Recount(records)
    assert_recounted(found, recount, complete=len(recount.states) <= 40)


@settings(max_examples=20, deadline=None)
@given(DOCUMENTS)
def test_totals_of_a_document_equal_a_recount_of_its_records(tmp_path_factory, records):
    store, dataset = prepare(tmp_path_factory.mktemp("array"), {"a.json": json.dumps(records)}, format="json")

    found = summed(observed(store, dataset))

    recount = Recount(records)
    assert_recounted(found, recount, complete=len(recount.states) <= 40)


@settings(max_examples=15, deadline=None)
@given(DOCUMENTS, DOCUMENTS, st.integers(1, 9), st.integers(1, 9))
def test_any_size_of_batches_gives_the_same_sums(tmp_path_factory, first, second, one_size, other_size):
    files = {"a.jsonl": lines(first), "b.jsonl": lines(second)}
    store, dataset = prepare(tmp_path_factory.mktemp("batches"), files, format="jsonl")

    figures = [
        {key: (one.total, one.distribution, one.numbers) for key, one in summed(observed(store, dataset, size)).items()}
        for size in (one_size, other_size, 2000)
    ]

    assert figures[0] == figures[1] == figures[2]
    assert_recounted(summed(observed(store, dataset, one_size)), Recount([*first, *second]), complete=False)


@pytest.mark.parametrize("size", [1, 7, 500])
def test_memory_bounds_do_not_change_a_figure(tmp_path, monkeypatch, size):
    records = [{"n": place % 3, "tags": ["a"] * (place % 4), "at": {"x": place % 2 or None}} for place in range(60)]
    store, dataset = prepare(tmp_path, {"a.jsonl": lines(records)})
    whole = summed(observed(store, dataset, 13))

    monkeypatch.setattr("rlm_pipeline.analysis.json_analyst.piece.CELLS", size * 4)
    found = summed(observed(store, dataset, 13))

    assert found == whole
    assert_recounted(found, Recount(records))


def test_records_of_several_places_in_one_document_are_counted_together(tmp_path):
    events = [{"id": n, "value": "v" if n % 2 else None, "events": [n]} for n in range(30)]
    errors = [{"id": str(n), "json_path": "$.x"} for n in range(20)]
    document = {"events": events, "errors": errors, "count": 50, "meta": {"value": ""}}
    store, dataset = prepare(tmp_path, {"a.json": json.dumps(document)})
    assert store.manifest("all").sources[0].made == ("json_path",)

    found = summed(observed(store, dataset, 7))

    assert_recounted(found, Recount([*events, *errors, {"count": 50, "meta": {"value": ""}}]))


def test_objects_whose_keys_are_data_are_counted_as_one_path_each(tmp_path):
    counts = [{f"2024-{n}-{k}": [k] if k else None for k in range(n % 5)} for n in range(400)]
    records = [{"n": n, "days": each} for n, each in enumerate(counts)]
    store, dataset = prepare(tmp_path, {"a.jsonl": lines(records)})

    found = summed(observed(store, dataset, 60))

    sizes = Counter(len(each) for each in counts)
    assert found["nesting", "$.days.*"].distribution == Counter(
        {"0": sizes[0], "1": sizes[1], "2": sizes[2], "3-5": sizes[3] + sizes[4]}
    )
    assert found["nesting", "$.days.*"].numbers == Counter(elements=sum(map(len, counts)))
    nulls = sum(each is None for days in counts for each in days.values())
    assert found["null_frequency", "$.days.*"].distribution == Counter(
        {"null": nulls, "filled": sum(map(len, counts)) - nulls}
    )
    assert ("schema_variation", "$.days") not in found
