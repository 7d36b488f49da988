"""Which columns are compared, and how their cells become answers."""

import numpy as np
import polars as pl
import pytest

from rlm_pipeline.profiling import schema as schema_stage
from rlm_pipeline.taxonomy import compared, variables
from rlm_pipeline.taxonomy.variables import NO_ANSWER
from tests.engine.taxonomy_published.desk import CONFIG, YEARS, build


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return build(tmp_path_factory.mktemp("compared"))


def chosen(desk, facets=("description", "channel"), config=CONFIG):
    schema = schema_stage.load(desk.store)
    return schema, compared.choose(desk.store, config, schema, partitions=YEARS, facets=facets)


def test_facets_ids_texts_and_ignored_columns_are_not_compared(desk):
    _, choice = chosen(desk)

    assert [column.name for column in choice.columns] == ["annex", "comment", "cost", "priority", "site", "wing"]
    assert choice.beyond == ()


def test_columns_beyond_the_bound_are_listed_by_coverage_times_entropy(desk, monkeypatch):
    monkeypatch.setattr(compared, "MAXIMUM_COLUMNS", 2)

    _, choice = chosen(desk)

    assert [column.name for column in choice.columns] == ["cost", "site"]
    assert choice.beyond == ("annex", "comment", "priority", "wing")


def test_case_and_spaces_make_no_other_value_and_placeholders_are_no_answer(desk):
    column = compared.ComparedColumn(name="x", levels=("High", "low"), answered=0, coverage=1.0, entropy=1.0)
    cells = pl.Series([" high", "LOW ", "n/a", None, "", "High"], dtype=pl.String)

    assert compared._coded(cells, column.levels).tolist() == [0, 1, -1, -1, -1, 0]
    assert compared.answers(cells, column).to_list() == [True, True, False, False, False, True]


def test_values_are_counted_over_all_years_under_one_name(desk):
    schema, choice = chosen(desk)
    records = variables.records_of(desk.store, YEARS)

    by_name = {each.id: each for each in compared.variables(desk.store, schema, records, choice.columns)}

    priority = by_name["priority"]
    assert sorted(priority.levels) == ["High", "Medium", "low"]
    written = pl.concat(frame["priority"] for frame in desk.frames.values()).str.strip_chars().str.to_lowercase()
    assert [priority.levels[code].lower() for code in priority.codes] == written.to_list()
    wing = by_name["wing"]
    assert (wing.codes[:600] != NO_ANSWER).all()
    assert (wing.codes[600:] == NO_ANSWER).all()


def test_a_quantity_is_cut_at_its_quartiles(desk):
    schema, choice = chosen(desk)
    records = variables.records_of(desk.store, YEARS)

    cost = next(each for each in compared.variables(desk.store, schema, records, choice.columns) if each.id == "cost")

    assert np.bincount(cost.codes).tolist() == pytest.approx([450] * 4, abs=2)
    assert cost.levels[0].startswith("at most ")
    assert cost.levels[3].startswith("over ")


def test_a_quantity_with_many_equal_values_has_fewer_levels():
    codes, levels = compared._quartiles(np.array([0.0] * 70 + [5.0] * 30 + [np.nan] * 5))

    assert levels == ("at most 0", "over 0")
    assert np.bincount(codes + 1).tolist() == [5, 70, 30]


def test_large_whole_numbers_are_written_with_all_their_digits():
    _, levels = compared._quartiles(np.array([4_400_080.0] * 60 + [4_609_000.5] * 40))

    assert levels == ("at most 4,400,080", "over 4,400,080")


def test_a_column_that_is_nearly_always_the_same_is_not_compared(desk):
    seen = compared._Seen(non_null=10_000, kinds={"categorical"})
    seen.values.update({"usual": 9_990, "rare": 10})

    assert compared._compared("flag", "categorical", seen, 10_000) is None
