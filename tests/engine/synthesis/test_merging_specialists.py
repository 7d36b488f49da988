"""Findings of specialists and of models, merged: the laws, and an independent count of the stored rows."""

import json
from collections import Counter
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_pipeline.errors import InvariantError
from rlm_pipeline.store import DatasetStore, write_frame
from rlm_pipeline.synthesis import bounds, merge, readings
from tests.engine.synthesis.framed import YEARS, cite, finding, frame, gathered, parted, read, stored, verdict


def merged(*parts):
    return merge.merge(parts, dataset="desk")


def text(found):
    return json.dumps(found.model_dump(mode="json"), sort_keys=True)


def by_year(rows):
    return [gathered([row for year, row in rows if year == one], one) for one in YEARS]


@settings(max_examples=150, deadline=None)
@given(parted(), st.data())
def test_however_findings_are_parted_ordered_and_grouped_the_bytes_are_the_same(found, data):
    rows, parts = found
    left = [gathered(part, year) for year, part in parts]
    # Merged two by two, whichever they are, until one is left.
    while len(left) > 1:
        first = left.pop(data.draw(st.integers(0, len(left) - 1)))
        second = left.pop(data.draw(st.integers(0, len(left) - 1)))
        left.append(merged(first, second))
    whole = merged(*(part for part in by_year(rows) if part.findings))

    assert text(merged(*left)) == text(whole)


@settings(max_examples=100, deadline=None)
@given(stored())
def test_every_merged_number_equals_a_count_of_the_stored_rows(rows):
    whole = merged(*by_year(rows))

    counted = [(year, row) for year, row in rows if row["model"] == "statistical"]
    assert {(each.analyst, each.type, each.scope) for each in whole.specialists} == {
        (row["analyst"], row["type"], row["scope"]) for _, row in counted
    }
    for each in whole.specialists:
        mine = [(year, row) for year, row in counted if (row["analyst"], row["type"], row["scope"]) == _key(each)]
        assert each.findings == len(mine)
        assert each.total == sum(row["total"] for _, row in mine)
        assert each.distribution == _counts(row for _, row in mine)
        for one in YEARS:
            assert each.distribution_by_partition.get(one, {}) == _counts(row for year, row in mine if year == one)
            assert each.total_by_partition.get(one, 0) == sum(row["total"] for year, row in mine if year == one)
        assert each.severities == Counter(row["severity"] for _, row in mine)
        assert Decimal(each.confidence_sum) == sum(Decimal(repr(row["confidence"])) for _, row in mine)
        exact = sum(Fraction(Decimal(repr(row["confidence"]))) for _, row in mine) / len(mine)
        assert each.confidence == pytest.approx(float(exact), abs=5e-7)
        numbers = Counter()
        for _, row in mine:
            numbers.update(json.loads(row["numbers"]))
        assert each.numbers == numbers
        assert {cited.quote for cited in each.citations} <= {c["quote"] for _, row in mine for c in row["citations"]}


@settings(max_examples=60, deadline=None)
@given(stored())
def test_what_models_said_is_counted_once_per_reading_and_its_cost_is_exact(rows):
    whole = merged(*by_year(rows))

    said = [row for _, row in rows if row["model"] != "statistical"]
    assert sum(each.occurrences for each in whole.readings) == len(said)
    assert sum(each.total for each in whole.readings) == sum(row["total"] for row in said)
    assert sum(Decimal(each.cost) for each in whole.readings) == sum(Decimal(repr(row["cost"])) for row in said)
    assert sum((Counter(each.models) for each in whole.readings), Counter()) == Counter(row["model"] for row in said)
    assert sum(each.by_models for each in whole.partitions.values()) == len(said)
    assert whole.findings == len(rows)


def _key(found):
    return (found.analyst, found.type, found.scope)


def _counts(rows):
    total = Counter()
    for row in rows:
        total.update({each["value"]: each["count"] for each in row["distribution"]})
    return total


def test_findings_of_specialists_and_models_are_none_of_the_data_analyst():
    made = [finding("text", "pattern", "level", distribution={"ERROR": 3}), read("Errors recur", "data", scope="level")]

    found = gathered(made)

    assert (found.columns, found.pairs) == ((), ())
    assert [each.scope for each in found.specialists] == ["level"]
    assert [each.analyst for each in found.readings] == ["data"]
    totals = found.partitions["all"]
    assert (totals.findings, totals.by_specialists, totals.by_models, totals.batches) == (2, 1, 1, 0)


def test_a_figure_that_cannot_be_added_up_is_refused():
    with pytest.raises(InvariantError, match=r"json pattern \$\.a: share is 0\.5, no whole number"):
        gathered([finding("json", "pattern", "$.a", numbers={"share": 0.5})])


def test_equal_words_are_one_finding_with_every_model_and_partition():
    first = gathered([read("Values are swapped.", severity="info")], "FY2010")
    second = gathered([read("values  are SWAPPED", model="m-2", severity="warning", total=4)], "FY2011")

    (found,) = merged(first, second).readings

    assert found.summary == "Values are swapped."
    assert (found.occurrences, found.total, found.severity) == (2, 5, "warning")
    assert found.models == {"m-1": 1, "m-2": 1}
    assert found.occurrences_by_partition == {"FY2010": 1, "FY2011": 1}
    assert found.cost == "0.2"


def test_a_finding_stored_twice_counts_once():
    row = finding(total=7, distribution={"x": 7})

    found = gathered([row, row, finding(batch=1, total=2)])

    assert [each.total for each in found.specialists] == [9]
    assert found.partitions["all"].duplicates == 1


def test_citations_are_of_as_many_sources_as_there_are():
    rows = [finding(batch=row, citations=[cite("a.py", row)]) for row in range(1, 9)]
    rows.append(finding(batch=9, citations=[cite("z.py", 5)]))

    (found,) = gathered(rows).specialists

    assert [(each.source, each.row) for each in found.citations] == [("a.py", 1), ("a.py", 2), ("z.py", 5)]


def test_values_beyond_the_bound_are_counted_in_a_rest_only_in_the_result_over_all_years(tmp_path):
    store = DatasetStore(tmp_path / "desk")
    many = {f"v{place:03d}": 200 - place for place in range(150)}
    for year, more in zip(YEARS, ({}, {"v149": 900}), strict=True):
        row = finding("json", "pattern", "$.a", distribution={**many, **more}, total=10)
        write_frame(frame([row]), store.findings_path(year))
        merge.materialise(store, _named("desk"), year)
    assert all(len(merge.load(store, year).specialists[0].distribution) == 150 for year in YEARS)

    whole = merge.merge_all(store, YEARS)

    (found,) = whole.specialists
    assert len(found.distribution) == 64
    assert found.distribution["v149"] == 51 + 900
    exact = sum(many.values()) * 2 + 900 - 51
    assert sum(found.distribution.values()) + found.rest.count == exact
    assert found.rest.values == 150 - 64
    for year in YEARS:
        kept, rest = found.distribution_by_partition[year], found.rest_by_partition[year]
        assert kept.keys() == found.distribution.keys()
        assert len(kept) + rest.values == 150
    with pytest.raises(InvariantError, match="values were left out"):
        merged(whole)


def test_a_result_with_few_values_has_no_rest():
    whole = merged(gathered([finding(distribution={"x": 1})]))

    assert bounds.counted(whole) == whole


def test_what_a_model_said_of_a_renamed_column_keeps_its_words_under_the_new_name():
    (found,) = gathered([read("often swapped", "data", "insight", "Ticket Status")]).readings

    renamed = readings.at_scope(found, "status")

    assert renamed.id == gathered([read("often swapped", "data", "insight", "status")]).readings[0].id
    assert renamed.id != found.id


def test_what_is_stored_is_read_back_and_merges_to_the_same(tmp_path):
    store = DatasetStore(tmp_path / "desk")
    rows = [finding(total=3), read("eval is reachable", scope="function:f"), verdict("confirmed", "user input")]
    write_frame(frame(rows), store.findings_path("all"))

    result = merge.materialise(store, _named("desk"), "all")

    assert merge.load(store, "all") == result
    assert text(merge.merge_all(store, ("all",))) == text(result)
    assert pl.read_parquet(store.findings_path("all")).height == result.findings == 3


def _named(name):
    from tests.engine.analysis.prepared import config

    return config(name=name)
