import json

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_pipeline.analysis import findings
from rlm_pipeline.analysis.observation import EVERY_COLUMN
from tests.engine.analysis.prepared import config, prepare, prepare_sources

gaps = st.lists(st.none() | st.sampled_from(["a", "b"]), min_size=40, max_size=40)


def missing(store):
    frame = pl.read_parquet(store.findings_path("all")).filter(pl.col("type") == "missing_data")
    return frame.filter(pl.col("scope") == EVERY_COLUMN), frame.filter(pl.col("scope") != EVERY_COLUMN)


amounts = st.lists(st.none() | st.integers(0, 10**6).map(lambda cents: f"{cents / 100:.2f}"), min_size=40, max_size=40)
cells_with_gaps = st.fixed_dictionaries(
    {"amount": amounts, "left": gaps, "full": st.just(["x", "y"] * 20), "none": st.just([None] * 40), "right": gaps}
)


@settings(max_examples=15, deadline=None)
@given(cells_with_gaps)
def test_empty_cells_are_counted_for_columns_with_some_and_not_all_cells_empty(tmp_path_factory, cells):
    store = prepare(tmp_path_factory.mktemp("gaps"), cells)

    findings.materialise(store, config(), "all")

    overall, _ = missing(store)
    expected = {name: values.count(None) for name, values in cells.items() if 0 < values.count(None) < 40}
    assert {entry["value"]: entry["count"] for entry in overall["distribution"].item()} == expected
    assert json.loads(overall["numbers"].item())["empty"] == sum(expected.values())


def test_the_emptiest_records_are_cited(tmp_path):
    filled = [f"TK-{place}" for place in range(60)]
    partly = [None if place in (17, 30) else "x" for place in range(60)]
    mostly = [None if place == 30 else f"y{place % 3}" for place in range(60)]
    store = prepare(tmp_path, {"ticket": filled, "partly": partly, "mostly": mostly})

    findings.materialise(store, config(), "all")

    cited = missing(store)[0]["citations"].item()
    assert [(each["row"], each["quote"]) for each in cited][:2] == [(31, "TK-30"), (18, "TK-17")]


def test_a_column_is_reported_for_the_batches_it_departs_in(tmp_path):
    rows = 6000
    since = [None if place < 2000 else f"v{place % 5}" for place in range(rows)]
    sometimes = [None if place % 3 else f"w{place % 5}" for place in range(rows)]
    tickets = [f"TK-{place:04d}" for place in range(rows)]
    store = prepare(tmp_path, {"ticket": tickets, "since": since, "sometimes": sometimes})

    findings.materialise(store, config(), "all")

    _, departures = missing(store)
    assert departures.select("scope", "batch").rows() == [("since", 0), ("since", 1), ("since", 2)]
    first = departures.row(0, named=True)
    assert json.loads(first["numbers"]) == {"missing": 2000, "share_of_partition": 0.333333}
    assert f"empty in {first['row_end']:,} records, 33.3 % in the whole partition" in first["summary"]
    assert first["severity"] == "notice"
    assert [each["row"] for each in first["citations"]] == [1, 2, 3]


def test_a_batch_of_blank_records_has_a_finding_without_citations(tmp_path):
    store = prepare(tmp_path, {"status": [None, None, None], "other": ["  ", None, "   "]})

    summary = findings.materialise(store, config(), "all")

    assert summary.citations == 0
    assert missing(store)[0]["total"].item() == 3


def test_a_column_that_a_file_does_not_have_is_not_empty_there(tmp_path):
    many = 2500
    sources = {
        "a.csv": {"ticket": [f"A-{place}" for place in range(many)], "floor": [None, "2"] * (many // 2)},
        "b.csv": {"ticket": [f"B-{place}" for place in range(many)], "gate": ["north"] * (many - 1) + [None]},
    }
    store = prepare_sources(tmp_path, sources)

    findings.materialise(store, config(), "all")

    overall, departing = missing(store)
    assert departing.height == 0
    counted = {entry["value"]: entry["count"] for row in overall["distribution"] for entry in row}
    assert set(counted) == {"floor", "gate"}, "what is empty is still counted as the profile counts it"


def test_a_file_that_leaves_a_column_empty_departs_from_another_that_fills_it(tmp_path):
    many = 2500
    sources = {
        name: {"ticket": [f"{name}-{place}" for place in range(many)], "floor": [value] * many}
        for name, value in (("a.csv", "2"), ("b.csv", None))
    }
    store = prepare_sources(tmp_path, sources)

    findings.materialise(store, config(), "all")

    _, departing = missing(store)
    assert set(departing["scope"]) == {"floor"}
