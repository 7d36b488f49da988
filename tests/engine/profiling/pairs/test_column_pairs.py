"""Pairs of columns are found as planted, and nothing else is."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from rlm_pipeline import configuration
from rlm_pipeline.model import COLUMN_PAIR_SCHEMA
from rlm_pipeline.profiling import columns, schema
from rlm_pipeline.profiling.pairs import crossing, dependencies, sampled, stage
from rlm_pipeline.profiling.pairs.levels import of_profile
from rlm_pipeline.sources import raw_file
from rlm_pipeline.store import DatasetStore
from tests.engine.profiling.stored import config_with, put, store_in

FIXTURES = Path(__file__).parents[3] / "fixtures"
DATA = Path(__file__).parents[4].parent / "shared" / "data"
ROWS = 2_000


def pairs_of(tmp_path, cells, **settings):
    store = store_in(tmp_path)
    config = config_with(**settings)
    put(store, "FY2012", calls=cells)
    columns.materialise(store, config, "FY2012")
    summary = stage.materialise(store, config, "FY2012")
    table = pl.read_parquet(store.column_pairs_path("FY2012"))
    assert table.schema == COLUMN_PAIR_SCHEMA
    return table, summary


def named(table, kind):
    return {(row["source"], row["target"]) for row in table.filter(pl.col("kind") == kind).iter_rows(named=True)}


@pytest.fixture
def chance():
    return np.random.default_rng(5)


def choice(chance, values, rows=ROWS):
    return [values[at] for at in chance.integers(0, len(values), rows)]


def test_an_equal_column_is_a_duplicate_though_white_space_differs(tmp_path, chance):
    team = choice(chance, ["north", "south", "east"])
    copy = [value + " " if place % 50 == 0 else value for place, value in enumerate(team)]

    table, summary = pairs_of(tmp_path, {"team": team, "other": choice(chance, ["a", "b", "c"]), "team_copy": copy})

    assert named(table, "duplicate") == {("team", "team_copy")}
    assert summary.duplicates == 1


def test_a_column_with_one_cell_changed_is_no_duplicate(tmp_path, chance):
    team = choice(chance, ["north", "south", "east"])
    changed = ["west", *team[1:]]

    table, _ = pairs_of(tmp_path, {"team": team, "changed": changed})

    assert named(table, "duplicate") | named(table, "recoded") == set()


def test_a_recoded_column_is_found_and_its_code_and_label_are_told_apart(tmp_path, chance):
    labels = ["Refund issued", "Part replaced", "No fault found", "Passed to vendor"]
    answer = choice(chance, labels)
    code = [str(labels.index(value) + 1) for value in answer]

    table, _ = pairs_of(tmp_path, {"answer": answer, "answer_cd": code})

    assert named(table, "recoded") == {("answer", "answer_cd")}
    assert named(table, "decode") == {("answer_cd", "answer")}


def test_two_columns_of_distinct_values_are_no_recoding(tmp_path):
    table, _ = pairs_of(
        tmp_path, {"id": [f"T{n:05}" for n in range(ROWS)], "serial": [f"S{n * 7:06}" for n in range(ROWS)]}
    )

    assert table.is_empty()


def test_a_dependency_is_found_with_its_error_and_only_one_way(tmp_path, chance):
    city = choice(chance, [f"city {n}" for n in range(60)])
    state = [f"state {int(value.split()[1]) % 7}" for value in city]
    state[10] = "state elsewhere"

    table, _ = pairs_of(tmp_path, {"city": city, "state": state, "noise": choice(chance, list("abcdefg"))})

    assert named(table, "dependency") == {("city", "state")}
    found = table.filter(pl.col("kind") == "dependency").row(0, named=True)
    assert found["error"] == pytest.approx(1 / ROWS)
    assert found["effect"] > dependencies.LEAST_LAMBDA
    assert found["n"] == ROWS


def test_a_column_that_hardly_varies_depends_on_nothing(tmp_path, chance):
    flag = ["no"] * ROWS
    flag[:10] = ["yes"] * 10

    table, _ = pairs_of(tmp_path, {"city": choice(chance, [f"city {n}" for n in range(60)]), "flag": flag})

    assert table.is_empty()


def test_an_association_is_kept_and_independent_columns_are_not(tmp_path, chance):
    product = choice(chance, ["phone", "modem", "router", "cable"])
    fault = [
        "no signal"
        if value == "phone" and chance.random() < 0.5
        else "other fault"
        if chance.random() < 0.5
        else "slow"
        for value in product
    ]
    independent = {f"filler {n}": choice(chance, ["u", "v", "w", "x"]) for n in range(20)}

    table, summary = pairs_of(tmp_path, {"product": product, "fault": fault, **independent})

    assert named(table, "association") == {("fault", "product")} or named(table, "association") == {
        ("product", "fault")
    }
    assert summary.tested == 22 * 21 // 2
    found = table.row(0, named=True)
    assert found["low"] < found["effect"] < found["high"]
    assert found["q"] < 0.01


def test_a_quantity_is_crossed_by_its_quarters(tmp_path, chance):
    amount = chance.normal(100, 30, ROWS)
    size = ["large" if value > 100 else "small" for value in amount]

    table, _ = pairs_of(tmp_path, {"amount": [f"{value:.2f}" for value in amount], "size": size})

    assert named(table, "association") in ({("amount", "size")}, {("size", "amount")})


def test_rare_values_make_no_association(tmp_path, chance):
    cells = {f"c{n}": choice(chance, ["a", "b", "c"]) for n in range(12)}
    for place, column in enumerate(cells.values()):
        column[place] = column[place + 1] = f"odd {place}"
        column[0] = "odd"

    table, _ = pairs_of(tmp_path, cells)

    assert table.is_empty()


def test_an_ignored_column_is_in_no_pair(tmp_path, chance):
    team = choice(chance, ["north", "south", "east"])

    table, _ = pairs_of(
        tmp_path, {"team": team, "team_phone": team}, columns=configuration.ColumnRoles(ignore=("*_phone",))
    )

    assert table.is_empty()


def test_pairs_settled_after_a_sample_are_those_of_all_rows(tmp_path, chance, monkeypatch):
    city = choice(chance, [f"city {n}" for n in range(20)])
    cells = {
        "city": city,
        "state": [f"state {int(value.split()[1]) % 4}" for value in city],
        "copy": list(city),
        "code": [f"{int(value.split()[1]):03}" for value in city],
        "nearly": [*city[:-1], "city 99"],
    }
    whole, _ = pairs_of(tmp_path / "whole", cells)

    monkeypatch.setattr(sampled, "MOST_ROWS", 1_000)
    by_sample, _ = pairs_of(tmp_path / "sample", cells)

    assert named(whole, "duplicate") == {("city", "copy")}
    for kind in ("duplicate", "recoded", "decode", "dependency", "association"):
        assert named(by_sample, kind) == named(whole, kind)


def test_counting_in_small_blocks_gives_the_same_tables(tmp_path, chance, monkeypatch):
    store, config = store_in(tmp_path), config_with()
    put(store, "FY2012", calls={f"c{n}": choice(chance, ["a", "b", "c"], 500) for n in range(5)})
    profile = columns.materialise(store, config, "FY2012")
    levels, _ = of_profile({row["column"]: row for row in profile.iter_rows(named=True)})
    at_once = crossing.crossed(store, "FY2012", levels, records=500)

    monkeypatch.setattr(crossing, "_ROWS_AT_ONCE", 7)
    monkeypatch.setattr(crossing, "_COLUMNS_AT_ONCE", 2)

    assert (crossing.crossed(store, "FY2012", levels, records=500) == at_once).all()
    assert at_once[:3, :3].sum() == 500


def schema_over(tmp_path, **years):
    store, config = store_in(tmp_path), config_with()
    for year, cells in years.items():
        put(store, year, calls=cells)
        columns.materialise(store, config, year)
        stage.materialise(store, config, year)
    found = schema.materialise(store, config, tuple(years))
    assert schema.load(store) == found
    return found


def test_the_schema_keeps_the_pairs_that_hold_in_every_year(tmp_path, chance):
    def year(*, copied):
        team = choice(chance, ["north", "south", "east"])
        city = choice(chance, [f"city {n}" for n in range(40)])
        return {
            "team": team,
            "team copy": list(team),
            "copy of one year": list(team) if copied else choice(chance, ["north", "south", "east"]),
            "city": city,
            "state": [f"state {int(value.split()[1]) % 6}" for value in city],
        }

    found = schema_over(tmp_path, FY2011=year(copied=True), FY2012=year(copied=False))

    assert [(pair.kind, pair.source, pair.target, pair.partitions) for pair in found.pairs] == [
        ("dependency", "city", "state", 2),
        ("duplicate", "team", "team copy", 2),
    ]


def test_of_three_equal_columns_every_two_are_a_pair_whatever_their_order(tmp_path, chance):
    team = choice(chance, ["north", "south", "east"])
    code = [value[0].upper() for value in team]

    found = schema_over(
        tmp_path,
        FY2011={"a": team, "b": list(team), "c": code},
        FY2012={"c": code, "b": list(team), "a": list(team)},
    )

    kinds = {(pair.source, pair.target): pair.kind for pair in found.pairs if pair.kind != "decode"}
    assert kinds == {("a", "b"): "duplicate", ("a", "c"): "recoded", ("b", "c"): "recoded"}


@pytest.mark.skipif(not DATA.is_dir(), reason="the real data sets are not on this machine")
def test_the_occupation_code_of_real_records_decodes_to_its_title(tmp_path):
    config = configuration.load(FIXTURES / "h2b.yaml")
    store = DatasetStore(tmp_path / "h2b")
    raw_file.materialise(store, config, "FY2003")
    columns.materialise(store, config, "FY2003")

    stage.materialise(store, config, "FY2003")

    table = pl.read_parquet(store.column_pairs_path("FY2003"))
    assert ("Occ_Code", "Occ_Title") in named(table, "decode")
    assert ("Occ_Title", "Occ_Code") not in named(table, "decode")
