import json
import random
from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_pipeline.analysis import findings
from rlm_pipeline.analysis.observation import EVERY_COLUMN
from rlm_pipeline.errors import InvariantError, NotMaterialised
from rlm_pipeline.model import FINDING_SCHEMA, MAX_COUNTED_VALUES
from rlm_pipeline.store import DatasetStore, write_frame
from tests.engine.analysis.prepared import config, prepare, prepare_sources

cell = st.none() | st.sampled_from(
    ["open", "closed", " pending ", "n/a", "  ", "a\nb", "ümlaut 'quoted'", "007", "1,5"]
)
number = st.none() | st.sampled_from(["1", "2.50", "-3", "1e3", "n/a", "1,234.50", "12", "99999"])
tables = st.integers(2, 120).flatmap(
    lambda rows: st.fixed_dictionaries(
        {
            "state": st.lists(cell, min_size=rows, max_size=rows),
            "mirror state": st.lists(cell, min_size=rows, max_size=rows),
            "amount": st.lists(number, min_size=rows, max_size=rows),
        }
    )
)


def desk(rows, seed=0):
    draw = random.Random(seed)
    return {
        "ticket": [f"TK-{place:05d}" for place in range(rows)],
        "status": [draw.choice(["open", "closed", "pending"]) for _ in range(rows)],
        "amount": [f"{draw.gauss(100, 10):.2f}" if draw.random() > 0.2 else None for _ in range(rows)],
        "phone": [f"0171 {draw.randrange(10**6):06d}" for _ in range(rows)],
        "unused": [None] * rows,
        "country": ["NL"] * rows,
    }


def stored(store, partition="all"):
    return pl.read_parquet(store.findings_path(partition))


def distributions(frame):
    summed: dict[str, Counter] = {}
    for scope, entries in frame.filter(pl.col("type") == "distribution").select("scope", "distribution").iter_rows():
        summed.setdefault(scope, Counter()).update({entry["value"]: entry["count"] for entry in entries})
    return summed


@settings(max_examples=25, deadline=None)
@given(tables)
def test_summed_distributions_equal_a_direct_count(tmp_path_factory, cells):
    store = prepare(tmp_path_factory.mktemp("desk"), cells)

    findings.materialise(store, config(), "all")

    kinds = dict(pl.read_parquet(store.profile_path("all")).select("column", "kind").iter_rows())
    expected = {
        column: Counter(value for value in values if value is not None)
        for column, values in cells.items()
        if kinds[column] not in ("empty", "constant", "text")
    }
    assert distributions(stored(store)) == expected
    assert findings.distributions_equal_profile(store, "all") == ()


@settings(max_examples=20, deadline=None)
@given(tables)
def test_every_citation_is_in_its_record_and_its_chunk(tmp_path_factory, cells):
    store = prepare(tmp_path_factory.mktemp("desk"), cells)

    summary = findings.materialise(store, config(), "all")

    texts = dict(pl.read_parquet(store.chunks_path("all")).select("chunk_id", "text").iter_rows())
    cited = [citation for each in stored(store)["citations"] for citation in each]
    assert summary.citations == summary.verified == len(cited)
    for citation in cited:
        record = [values[citation["row"] - 1] or "" for values in cells.values()]
        assert citation["verified"]
        assert citation["line"] == citation["row"] + 1
        assert any(citation["quote"] in value for value in record)
        assert citation["quote"] in texts[citation["chunk_id"]]


def test_batches_add_up_to_the_partition(tmp_path):
    cells = desk(5000)
    cells["amount"][4321] = "91234"
    store = prepare(tmp_path, cells)

    findings.materialise(store, config(), "all")

    frame = stored(store)
    assert frame["batch"].n_unique() > 1
    profile = pl.read_parquet(store.profile_path("all")).filter(pl.col("column") == "amount").row(0, named=True)
    numbers = [json.loads(each) for each in frame.filter(pl.col("type") == "summary_stat")["numbers"]]
    assert sum(each["n"] for each in numbers) == profile["numeric"]
    assert max(each["maximum"] for each in numbers) == profile["maximum"] == 91234
    outliers = frame.filter(pl.col("type") == "outlier")
    assert outliers["total"].sum() == profile["outlier_count"]
    assert outliers["citations"].explode().struct.field("quote").to_list()[-1] == "91234"
    missing = frame.filter(pl.col("scope") == EVERY_COLUMN)
    assert missing["total"].sum() == 5000
    assert [entry["value"] for entry in missing["distribution"][0]] == ["amount"]
    assert sum(each[0]["count"] for each in missing["distribution"]) == cells["amount"].count(None)


def test_a_numeric_column_of_mostly_placeholders_has_sums_without_outliers(tmp_path):
    store = prepare(tmp_path, {"hours": ["n/a"] * 90 + [f"{place}.5" for place in range(30)], "n": ["a", "b"] * 60})

    findings.materialise(store, config(), "all")

    hours = stored(store).filter(pl.col("scope") == "hours")
    assert json.loads(hours.filter(pl.col("type") == "summary_stat")["numbers"].item())["sum"] == "450"
    assert "outlier" not in hours["type"].to_list()


def test_partitions_larger_than_a_window_add_up_too(tmp_path):
    rows = 22_000
    cells = {
        "status": [f"state {place % 7}" for place in range(rows)],
        # `1,234` alone could be a decimal comma; a value of the last window settles that it is not.
        "price": [f"1,{place % 1000:03d}" for place in range(rows - 1)] + ["1,000,000"],
    }
    store = prepare(tmp_path, cells, dataset=config(chunking={"size": 3000}))

    findings.materialise(store, config(), "all")

    assert findings.distributions_equal_profile(store, "all") == ()
    sums = [json.loads(each) for each in stored(store).filter(pl.col("type") == "summary_stat")["numbers"]]
    assert sum(int(each["sum"]) for each in sums) == sum(int(each.replace(",", "")) for each in cells["price"])


def test_several_sources_are_counted_together_and_cited_apart(tmp_path):
    sources = {"north.csv": {"status": ["open", "open", None]}, "south.csv": {"status": ["closed"], "only": ["x"]}}
    store = prepare_sources(tmp_path, sources)

    findings.materialise(store, config(), "all")

    row = stored(store).filter((pl.col("type") == "distribution") & (pl.col("scope") == "status")).row(0, named=True)
    assert row["distribution"] == [{"value": "open", "count": 2}, {"value": "closed", "count": 1}]
    assert [(each["source"], each["row"]) for each in row["citations"]] == [("north.csv", 1), ("south.csv", 1)]


def test_equal_input_gives_equal_bytes(tmp_path):
    stores = [prepare(tmp_path / name, desk(3000)) for name in ("first", "second")]

    for store in stores:
        findings.materialise(store, config(), "all")

    first, second = (store.findings_path("all").read_bytes() for store in stores)
    assert first == second


def test_findings_are_stored_in_order_with_ids_of_their_own(tmp_path):
    store = prepare(tmp_path, desk(5000))

    summary = findings.materialise(store, config(), "all")

    frame = stored(store)
    assert frame.schema == FINDING_SCHEMA
    assert frame.equals(frame.sort("batch", "type", "scope"))
    assert frame["finding_id"].n_unique() == frame.height == summary.findings == sum(summary.by_type.values())


def test_ignored_columns_leave_no_trace(tmp_path):
    cells = desk(500)
    dataset = config(columns={"ignore": ["*PHONE*"]})
    store = prepare(tmp_path, cells, dataset=dataset)

    findings.materialise(store, dataset, "all")

    text = json.dumps(stored(store).to_dicts(), default=str) + json.dumps(
        pl.read_parquet(store.statements_path("all")).to_dicts()
    )
    assert "phone" not in text
    assert not any(value in text for value in cells["phone"])


def test_empty_and_constant_columns_have_no_findings(tmp_path):
    store = prepare(tmp_path, desk(500))

    findings.materialise(store, config(), "all")

    assert not {"unused", "country"} & set(stored(store)["scope"])


def test_columns_of_many_values_have_no_distribution(tmp_path):
    few, many = MAX_COUNTED_VALUES, MAX_COUNTED_VALUES + 1
    store = prepare(
        tmp_path, {"few": [f"v{row % few}" for row in range(1000)], "many": [f"v{row % many}" for row in range(1000)]}
    )

    findings.materialise(store, config(), "all")

    assert set(distributions(stored(store))) == {"few"}


def test_findings_of_many_columns_stay_small(tmp_path):
    draw = random.Random(1)
    cells = {f"column {place}": [draw.choice("abcdefgh") for _ in range(600)] for place in range(200)}
    store = prepare(tmp_path, cells)

    summary = findings.materialise(store, config(), "all")

    assert summary.findings >= 200
    assert summary.bytes < 250 * summary.findings


def test_a_profile_of_other_records_is_refused_and_nothing_is_stored(tmp_path):
    store = prepare(tmp_path, desk(100))
    path = store.records_folder("all") / "all.csv.parquet"
    write_frame(pl.read_parquet(path).with_columns(status=pl.lit("unheard of")), path)

    with pytest.raises(InvariantError, match="'status' holds 'unheard of'"):
        findings.materialise(store, config(), "all")
    assert not list(store.findings_path("all").parent.iterdir())


def test_a_quote_that_no_chunk_shows_is_refused_and_named(tmp_path):
    store = prepare(tmp_path, desk(100))
    path = store.chunks_path("all")
    write_frame(pl.read_parquet(path).with_columns(text=pl.lit("something else")), path)

    with pytest.raises(InvariantError, match=r"all all\.csv:\d+, column 'ticket': the quote 'TK-\d+' is in no chunk"):
        findings.materialise(store, config(), "all")
    assert not store.findings_path("all").exists()


def test_a_distribution_that_differs_from_the_profile_is_named(tmp_path):
    store = prepare(tmp_path, {"status": ["open", "closed", "open"] * 20})
    findings.materialise(store, config(), "all")
    path = store.profile_path("all")
    counts = [[{"value": "open", "count": 41}, {"value": "lost", "count": 20}]]
    write_frame(
        pl.read_parquet(path).with_columns(value_counts=pl.Series(counts, dtype=FINDING_SCHEMA["distribution"])), path
    )

    assert findings.distributions_equal_profile(store, "all") == (
        "status: 'closed' is 20 times in the findings, 0 times in the profile",
        "status: 'lost' is 0 times in the findings, 20 times in the profile",
        "status: 'open' is 40 times in the findings, 41 times in the profile",
    )


def test_a_partition_without_records_has_no_findings(tmp_path):
    store = prepare(tmp_path, {"status": []})

    assert findings.materialise(store, config(), "all").findings == 0
    assert stored(store).schema == FINDING_SCHEMA
    assert findings.distributions_equal_profile(store, "all") == ()


def test_a_partition_that_was_never_profiled_is_named(tmp_path):
    with pytest.raises(NotMaterialised, match="column_profile of desk, partition FY2012"):
        findings.materialise(DatasetStore(tmp_path / "desk"), config(), "FY2012")


def test_columns_named_like_patterns_are_only_names(tmp_path):
    cells = {"*": ["a", "b", None] * 30, "^.*$": ["x", "y", "x"] * 30, "other": [f"{place}.5" for place in range(90)]}
    dataset = config(columns={"text": ["^.*$"]})
    store = prepare(tmp_path, cells, dataset=dataset)

    summary = findings.materialise(store, dataset, "all")

    assert distributions(stored(store)) == {"*": Counter(a=30, b=30), "^.*$": Counter(x=60, y=30)}
    assert summary.statements == 90
