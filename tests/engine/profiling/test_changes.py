"""What happened to columns that stayed themselves: recoded, reordered, split, merged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.profiling.changes import moves
from rlm_pipeline.profiling.matching.places import BESIDE, Place, likeness, places
from tests.engine.profiling.matching.test_matching import COLOURS, TOWNS, drawn, made, numbers, year


def changes(found, kind):
    return [change for column in found.columns for change in column.changes if change.kind == kind]


def test_values_written_in_another_way_are_a_recoding(tmp_path):
    words = ["open"] * 120 + ["closed"] * 60 + ["void"] * 20
    codes = ["1"] * 118 + ["2"] * 63 + ["3"] * 19

    found = made(tmp_path, FY1=year(status=words), FY2=year(status=codes))

    (change,) = changes(found, "recoded")
    assert (change.partition, change.before, change.after) == ("FY2", "open", "1")
    assert "'open' → '1', 'closed' → '2', 'void' → '3'" in change.evidence
    assert change.confidence > 0.9


def test_recoded_values_are_paired_by_spelling_before_frequency(tmp_path):
    before = ["HR"] * 100 + ["MTH"] * 60 + ["YR"] * 40
    after = ["Hour"] * 100 + ["Year"] * 60 + ["Month"] * 40

    found = made(tmp_path, FY1=year(unit=before), FY2=year(unit=after))

    assert "'HR' → 'Hour', 'MTH' → 'Month', 'YR' → 'Year'" in changes(found, "recoded")[0].evidence


@pytest.mark.parametrize(
    "after", [["open"] * 100 + ["closed"] * 60 + ["void"] * 40, ["x"] * 70 + ["y"] * 66 + ["z"] * 64]
)
def test_other_frequencies_of_kept_or_new_values_are_no_recoding(tmp_path, after):
    before = ["open"] * 170 + ["closed"] * 28 + ["void"] * 2

    assert changes(made(tmp_path, FY1=year(status=before), FY2=year(status=after)), "recoded") == []


def test_a_column_that_moved_is_told_and_those_it_passed_are_not(tmp_path):
    cells = {name: numbers(1, 900) for name in "abcdef"}
    moved = {name: cells[name] for name in "bcdeaf"}

    found = made(tmp_path, FY1=cells, FY2=moved)

    (change,) = changes(found, "reordered")
    assert (change.partition, change.before, change.after) == ("FY2", "first", "after 'e'")
    assert found.reordered == (("FY2", 1),)


def test_a_new_order_of_all_columns_is_told_once(tmp_path):
    cells = {name: numbers(1, 900) for name in "abcdef"}

    found = made(tmp_path, FY1=cells, FY2=dict(reversed(cells.items())))

    assert changes(found, "reordered") == []
    assert found.reordered == (("FY2", 5),)


@given(st.permutations(range(8)))
def test_columns_that_did_not_move_keep_their_order(order):
    found = moves({"FY1": list(range(8)), "FY2": order}, [str(number) for number in range(8)])

    moved = set(found.changes)
    kept = [column for column in order if column not in moved]
    assert kept == sorted(kept) or len(found.changes) == 0
    assert found.counts.get("FY2", 0) <= 7


def test_a_code_replaced_by_its_two_parts_is_a_split(tmp_path):
    area, road = drawn("1", "2"), drawn(*"12345")
    whole = [f"{a}{r}" for a, r in zip(area, road, strict=True)]

    found = made(tmp_path, FY1=year(road_class=whole), FY2=year(road_area=area, road_type=road))

    (split,) = found.splits
    assert (split.kind, split.whole, split.parts) == ("split", "road_class", ("road_area", "road_type"))
    assert 0.5 < split.confidence < 1
    assert "bits" in split.evidence


def test_two_columns_replaced_by_one_that_holds_both_are_merged(tmp_path):
    town, shade = drawn(*TOWNS), drawn(*COLOURS)
    both = [f"{t} {s}" for t, s in zip(town, shade, strict=True)]

    found = made(tmp_path, FY1={"town_name": town, "shade_name": shade}, FY2={"name": both})

    assert [(each.kind, each.whole, set(each.parts)) for each in found.splits] == [
        ("merged", "name", {"town_name", "shade_name"})
    ]


def test_a_dropped_column_and_two_added_ones_are_no_split(tmp_path):
    found = made(
        tmp_path,
        FY1=year(department=drawn(*COLOURS)),
        FY2=year(segment=numbers(1, 90_000), grade=numbers(1, 90_000)),
    )

    assert found.splits == ()


def test_places_are_counted_between_shared_columns():
    found = places([1, 7, 8, 2, 9], {1, 2})

    assert found == {
        7: Place(before=1, after=2, rank=0, size=2),
        8: Place(before=1, after=2, rank=1, size=2),
        9: Place(before=2, after=None, rank=0, size=1),
    }


def test_the_same_place_tells_more_than_a_neighbour():
    alone = Place(before=1, after=2, rank=0, size=1)

    assert likeness(alone, alone) == 1
    assert likeness(alone, Place(before=1, after=3, rank=0, size=4)) == BESIDE
    assert likeness(alone, Place(before=5, after=6, rank=0, size=1)) == 0
    assert 0 < likeness(alone, Place(before=1, after=2, rank=1, size=3)) < 1
