import random
from collections import Counter

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.analysis import correlations, findings
from rlm_pipeline.profiling import associations
from tests.engine.analysis.prepared import config, prepare


def table(rows, seed=3):
    draw = random.Random(seed)
    status = [draw.choice(["open", "closed", "pending"]) for _ in range(rows)]
    queue = [value[0].upper() if draw.random() < 0.8 else draw.choice("OCP") for value in status]
    noise = [draw.choice("abc") if draw.random() > 0.1 else None for _ in range(rows)]
    hours = [f"{draw.gauss(10, 2) + (20 if value == 'open' else 0):.1f}" for value in status]
    return {"status": status, "queue": queue, "noise": noise, "hours": hours}


def pairs(store):
    return pl.read_parquet(store.findings_path("all")).filter(pl.col("type") == "correlation")


def test_planted_pairs_are_found_and_noise_is_not(tmp_path):
    store = prepare(tmp_path, table(3000))

    findings.materialise(store, config(), "all")

    assert set(pairs(store)["scope"]) == {"queue x status", "hours x status", "hours x queue"}


def test_joint_counts_of_the_batches_add_up_to_the_contingency_table(tmp_path):
    cells = table(5000)
    cells["queue"][17] = None
    store = prepare(tmp_path, cells)

    findings.materialise(store, config(), "all")

    frame = pairs(store).filter(pl.col("scope") == "queue x status")
    assert frame.height > 1
    summed: Counter = Counter()
    for entries in frame["distribution"]:
        summed.update({correlations.apart(entry["value"]): entry["count"] for entry in entries})
    expected = Counter((q, s) for q, s in zip(cells["queue"], cells["status"], strict=True) if q is not None)
    assert summed == expected
    assert frame["total"].sum() == 4999


def test_the_effect_is_the_bias_corrected_one_of_the_whole_partition(tmp_path):
    cells = table(5000)
    store = prepare(tmp_path, cells)

    findings.materialise(store, config(), "all")

    codes = [[sorted(set(cells[name])).index(value) for value in cells[name]] for name in ("queue", "status")]
    expected = float(associations.cramers_v_corrected(associations.contingency(*codes, 3, 3)).v)
    effects = (
        pairs(store).filter(pl.col("scope") == "queue x status")["numbers"].str.json_path_match("$.effect_of_partition")
    )
    assert {float(each) for each in effects} == {round(expected, 6)}


def test_both_cells_of_the_record_are_cited(tmp_path):
    cells = table(400)
    store = prepare(tmp_path, cells)

    findings.materialise(store, config(), "all")

    cited = pairs(store).filter(pl.col("scope") == "hours x status")["citations"].item()
    rows = {each["row"] for each in cited}
    assert len(rows) == 1
    place = rows.pop() - 1
    assert [each["quote"] for each in cited] == [cells["hours"][place], cells["status"][place]]


@given(st.text(), st.text())
def test_any_two_categories_can_be_told_apart_again(left, right):
    assert correlations.apart(correlations.joint(left, right)) == (left, right)
