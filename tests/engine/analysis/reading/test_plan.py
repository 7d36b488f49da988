"""What is read first, so that any number of readings covers the most."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.analysis.reading import asked, coverage, near, packing, parts, plan
from rlm_pipeline.llm import tokens
from tests.engine.analysis.reading import readable

KINDS = [
    ("The pump leaks oil onto the floor of the {} hall near the gate", ["hall", "tower", "yard", "shed", "dock"]),
    ("A visitor lost the {} in the canteen and asked the desk for it", ["coat", "umbrella", "wallet", "badge", "hat"]),
    ("The invoice of {} was paid twice and the supplier returned it", ["march", "april", "may", "june", "july"]),
]


def planned(root, texts, dataset=None):
    dataset = dataset or readable.model_config()
    store = readable.of_narratives(root, texts, dataset)
    return plan.plan(store, dataset, "all", most_characters=2000)


def test_each_record_has_one_fate(tmp_path):
    texts = [*readable.narratives(50), *readable.narratives(3), None]

    found = planned(tmp_path, texts)

    assert found.fates.height == len(texts)
    assert found.fates["place"].n_unique() == len(texts)
    chosen = found.fates.filter(pl.col("fate") == "chosen")
    assert chosen.height == len(found.units) == 50
    assert sum(unit.stands_for for unit in found.units) == 53
    represented = found.fates.filter(pl.col("fate") != "blank")
    assert set(represented["read_place"]) == {unit.place for unit in found.units}


def test_the_first_readings_come_from_all_clusters(tmp_path):
    texts = [kind.format(word) + f" on floor {word}" for kind, words in KINDS for word in words]
    found = planned(tmp_path, texts * 3)

    clusters = len({unit.cluster for unit in found.units})
    assert clusters >= 3
    assert len({unit.cluster for unit in found.units[:clusters]}) == clusters


def test_of_one_cluster_the_middle_comes_first_then_what_is_odd_by_turns_with_what_is_frequent():
    vectors = np.array([[1, 0], [0.99, 0.14], [0.98, 0.2], [0.1, 0.99], [0.97, 0.24]], dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)

    order = coverage.order(vectors, np.zeros(5, dtype=np.int64), [1, 9, 1, 1, 1], [False] * 5)

    assert order.tolist()[0] == 4
    assert order.tolist()[1] == 3, "the odd one"
    assert order.tolist()[2] == 1, "that of most records"
    noted = coverage.order(vectors, np.zeros(5, dtype=np.int64), [1, 9, 1, 1, 1], [True, False, False, False, False])
    assert noted.tolist()[1] == 0, "what code took note of goes before what is odd"


def test_a_record_that_code_took_note_of_is_read_by_itself(tmp_path):
    dataset = readable.model_config()
    cells = {
        "text": ["The pump of hall 7 stopped again"] * 200,
        "degrees": [*(f"{20 + n * 0.37:.2f}" for n in range(199)), "90000.5"],
    }
    store = readable.desk(tmp_path, cells, dataset)

    found = plan.plan(store, dataset, "all", most_characters=2000)

    noted = [unit for unit in found.units if unit.notes]
    assert 200 in {unit.row for unit in noted}, "the outlier"
    assert len(found.units) < 20
    assert all(unit.stands_for == 1 for unit in noted)


def test_beyond_the_candidates_records_are_told_as_not_considered(tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "CANDIDATES", 20)

    found = planned(tmp_path, [*readable.narratives(50), *readable.narratives(2)])

    counts = dict(found.fates.group_by("fate").len().iter_rows())
    assert counts == {"chosen": 20, "not_considered": 30, "same": 2}
    assert {unit.stands_for for unit in found.units} == {1, 2}


def test_the_plan_is_the_same_twice(tmp_path):
    texts = readable.narratives(80)

    assert planned(tmp_path / "a", texts).units == planned(tmp_path / "b", texts).units


def test_a_near_duplicate_is_near_the_very_text_that_is_read_for_it():
    base = " ".join(readable.narratives(3))
    texts = [base, base.replace("crew", "team"), base[:200], "Nothing like that at all, the soup was cold again today."]

    led = near.leaders(texts, [False] * 4)

    assert led == [0, 0, 2, 3]
    assert near.leaders(texts, [False, True, False, False]) == [0, 1, 2, 3]


@given(st.text(max_size=400), st.integers(min_value=1, max_value=60))
def test_parts_are_the_text_and_none_is_too_long(text, most):
    cut = parts.cut(text, most)

    assert "".join(cut) == text
    assert all(len(part) <= most for part in cut)
    assert all(cut) or cut == ("",)


@pytest.mark.parametrize("most", [300, 700, 5000])
def test_readings_hold_each_unit_once_and_no_more_than_they_may(tmp_path, most):
    found = planned(tmp_path, readable.narratives(70))

    readings = list(packing.pack(found.units, {"all.csv": "Columns: ticket, narrative"}, most_characters=most))

    assert sorted(unit.id for reading in readings for unit in reading.units) == sorted(unit.id for unit in found.units)
    for reading in readings:
        shown = sum(len(asked.of_unit(1, unit)) for unit in reading.units)
        assert shown <= most or len(reading.units) == 1
        assert len(reading.units) <= packing.MOST_UNITS
    assert readings[0].units.count(found.units[0]) == 1, "what it pays most to read is read first"


def test_a_record_of_2500_columns_is_read_in_parts_within_the_limit(tmp_path):
    from rlm_pipeline.analysis.reading import planning
    from rlm_pipeline.llm.ledger import Ledger

    dataset = readable.model_config(reading_tokens=2500)
    cells = {
        f"measured value number {n}": [f"{readable.WORDS[(n * row) % 20]} {row} of {n}" for row in range(1, 7)]
        for n in range(2500)
    }
    store = readable.desk(tmp_path, cells, dataset)

    plan_of_all = planning.prepare(store, dataset, "all", ledger=Ledger(tmp_path / "ledger.sqlite"))
    sent = list(planning.requests(plan_of_all, dataset, "all"))

    assert {unit.row for reading in plan_of_all.fresh for unit in reading.units} == set(range(1, 7))
    assert len(sent) > 6
    for request in sent:
        carried = (asked.LONGEST_CONTEXT + 200) / tokens.CHARACTERS_PER_TOKEN
        assert tokens.estimate(request.prompt) <= dataset.analysis.reading_tokens + carried
    text = "".join(unit.text for unit in sorted(plan_of_all.plan.units, key=lambda unit: unit.id) if unit.row == 1)
    assert "measured value number 2499: " in text
