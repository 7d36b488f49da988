import random

import polars as pl
import pytest

from rlm_pipeline.analysis import findings
from rlm_pipeline.synthesis import conflicts, merge
from rlm_pipeline.synthesis.conflicts import Part
from tests.engine.analysis.prepared import config, prepare
from tests.engine.synthesis.made import cite, column


def part(where, *, citations=(), **counts):
    return Part(where=where, counts=counts, citations=citations)


def compare(*parts):
    found = conflicts.compare("status", parts, between="partitions")
    return found and found.conflict


def test_a_value_dominant_in_one_year_only_is_a_conflict_with_both_sides_cited():
    first = part("FY2010", open=80, closed=20, citations=(cite("FY2010", 4, "closed"), cite("FY2010", 5, "open")))
    second = part("FY2011", open=10, closed=90, citations=(cite("FY2011", 7, "open"), cite("FY2011", 8, "closed")))

    found = compare(first, second)

    assert found.kind == "dominant_value"
    assert found.effect == pytest.approx(0.7)
    assert {side.where: side.citations[0].quote for side in found.sides} == {"FY2010": "open", "FY2011": "closed"}
    assert found.summary == (
        "status: FY2011 has 'closed' in 90.0 %, FY2010 has 'closed' in 20.0 % and mostly 'open' (80.0 %)"
    )


def test_a_moved_share_under_the_same_leading_value_is_a_shift():
    found = compare(part("FY2010", open=90, closed=10), part("FY2011", open=60, closed=40))

    assert (found.kind, found.effect) == ("shift", pytest.approx(0.3))


def test_small_moves_and_small_parts_are_no_conflict():
    assert compare(part("FY2010", open=50, closed=50), part("FY2011", open=55, closed=45)) is None
    assert compare(part("FY2010", open=29), part("FY2011", closed=500)) is None
    assert compare(part("FY2010", open=500), part("FY2011", open=900)) is None


def test_a_large_move_that_chance_explains_is_not_significant():
    draw = random.Random(5)
    columns = [
        column(f"c{place}", "FY2010", {}).model_copy(
            update={
                "distribution_by_partition": {
                    year: {value: draw.randint(12, 18) for value in ("a", "b", "c")} for year in ("FY2010", "FY2011")
                }
            }
        )
        for place in range(40)
    ]

    assert conflicts.between_partitions(columns) == ()


def test_means_that_differ_by_half_a_deviation_are_a_conflict():
    draw = random.Random(2)
    low, high = ([draw.gauss(mean, 2) for _ in range(200)] for mean in (10, 12))
    columns = [column("hours", "FY2010", {}, low), column("hours", "FY2011", {}, high)]
    whole = merge.addition.columns(columns)

    (found,) = conflicts.between_partitions(whole)

    assert (found.kind, found.sides[0].where, found.sides[1].where) == ("mean", "FY2011", "FY2010")
    assert found.effect == pytest.approx(1, abs=0.2)
    assert found.q < 1e-6


def test_equal_means_are_no_conflict():
    columns = [column("hours", year, {}, [1.0, 2.0, 3.0] * 20) for year in ("FY2010", "FY2011")]

    assert conflicts.between_partitions(merge.addition.columns(columns)) == ()


def test_batches_of_one_year_that_disagree_are_reported_and_kept_by_later_merges(tmp_path):
    rows = 4000
    cells = {
        "status": ["open" if place < rows / 2 else "closed" for place in range(rows)],
        "steady": ["red" if place % 3 else "blue" for place in range(rows)],
    }
    store = prepare(tmp_path, cells, partition="FY2010")
    findings.materialise(store, config(), "FY2010")

    (found,) = merge.materialise(store, config(), "FY2010").conflicts

    assert (found.between, found.scope, found.kind) == ("batches", "status", "dominant_value")
    assert [side.where for side in found.sides] == ["FY2010 batch 2", "FY2010 batch 1"]
    assert all(side.citations[0].verified for side in found.sides)
    assert merge.merge_all(store, ("FY2010",)).conflicts == (found,)


def test_years_that_disagree_are_reported_with_records_of_each(tmp_path):
    for year, share in (("FY2010", 10), ("FY2011", 2)):
        cells = {"status": ["open" if place % share else "closed" for place in range(500)]}
        store = prepare(tmp_path, cells, partition=year)
        findings.materialise(store, config(), year)
        merge.materialise(store, config(), year)

    (found,) = merge.merge_all(store, ("FY2010", "FY2011")).conflicts

    cited = {citation.partition: citation for side in found.sides for citation in side.citations}
    assert {side.where for side in found.sides} == set(cited) == {"FY2010", "FY2011"}
    for year, citation in cited.items():
        records = pl.read_parquet(store.records_folder(year) / f"{year}.csv.parquet")
        assert records["status"][citation.row - 1] == citation.quote
