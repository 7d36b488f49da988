"""Records that break what nearly all others keep to."""

import polars as pl

from rlm_pipeline.analysis import findings
from rlm_pipeline.profiling.pairs import stage as pairs
from rlm_pipeline.synthesis import merge
from tests.engine.analysis.prepared import config, prepare

CITIES = ["Bern", "Genf", "Basel", "Thun", "Chur", "Olten", "Brig", "Sion"]


def addresses(root, broken, *, count=6000, dataset=None):
    codes = [f"{3000 + place * 7 % 64}" for place in range(count)]
    cities = [CITIES[int(code) % 8] for code in codes]
    for place in broken:
        cities[place] = "Lugano"
    dataset = dataset or config()
    store = prepare(
        root, {"zip": codes, "city": cities, "ticket": [f"T{place}" for place in range(count)]}, dataset=dataset
    )
    pairs.materialise(store, dataset, "all")
    findings.materialise(store, dataset, "all")
    return store


def anomalies(store):
    return pl.read_parquet(store.findings_path("all")).filter(pl.col("type") == "anomaly")


def test_records_that_break_a_dependency_are_counted_and_cited(tmp_path):
    store = addresses(tmp_path, [17, 2500, 5999])

    found = anomalies(store)

    assert set(found["scope"]) == {"zip decides city"}
    assert found["total"].sum() == 6000
    counted = {}
    for row in found["distribution"]:
        for entry in row:
            counted[entry["value"]] = counted.get(entry["value"], 0) + entry["count"]
    assert counted == {"as usual": 5997, "otherwise": 3}
    cited = {each["row"]: each["quote"] for row in found["citations"] for each in row}
    assert cited == {18: "Lugano", 2501: "Lugano", 6000: "Lugano"}
    (merged,) = [each for each in merge.materialise(store, config(), "all").specialists if each.type == "anomaly"]
    assert (merged.analyst, merged.total, merged.distribution) == ("data", 6000, counted)
    assert merged.numbers == {"exceptions": 3}


def test_a_rule_without_exceptions_is_no_anomaly(tmp_path):
    assert anomalies(addresses(tmp_path, [])).height == 0


def test_an_ignored_column_is_in_no_rule(tmp_path):
    dataset = config(columns={"ignore": ["city"]})

    assert anomalies(addresses(tmp_path, [17, 2500], dataset=dataset)).height == 0
