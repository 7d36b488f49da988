import pytest

from rlm_pipeline.evaluation.schema_score import PairScore, score

FIELDS = {("FY1", "a"): "x", ("FY2", "b"): "x", ("FY3", "B_"): "x", ("FY1", "c"): "y", ("FY2", "c"): "y"}


def test_the_true_schema_scores_one():
    columns = [[("FY1", "a"), ("FY2", "b"), ("FY3", "B_")], [("FY1", "c"), ("FY2", "c")]]

    assert score(columns, FIELDS) == PairScore(right=4, found=4, true=4)
    assert score(columns, FIELDS).f1 == 1


def test_a_column_split_in_two_loses_the_pairs_between_its_parts():
    columns = [[("FY1", "a")], [("FY2", "b"), ("FY3", "B_")], [("FY1", "c"), ("FY2", "c")]]

    found = score(columns, FIELDS)

    assert (found.right, found.found, found.true) == (2, 2, 4)
    assert (found.precision, found.recall, found.f1) == (1, 0.5, pytest.approx(2 / 3))


def test_two_fields_in_one_column_are_false_pairs():
    columns = [[("FY1", "a"), ("FY2", "c")], [("FY1", "c"), ("FY2", "b")], [("FY3", "B_")]]

    assert score(columns, FIELDS) == PairScore(right=0, found=2, true=4)


def test_pairs_of_one_name_can_be_left_out():
    columns = [[("FY1", "a"), ("FY2", "b"), ("FY3", "B_")], [("FY1", "c"), ("FY2", "c")]]

    # a-b and a-B_; b-B_ and c-c are equal but for their spelling.
    assert score(columns, FIELDS, other_names=True) == PairScore(right=2, found=2, true=2)


def test_an_unknown_column_is_a_field_of_its_own():
    assert score([[("FY1", "z"), ("FY2", "z")]], {}) == PairScore(right=0, found=1, true=0)


def test_nothing_found_and_nothing_true_is_no_error():
    assert (score([], {}).precision, score([], {}).recall, score([], {}).f1) == (1, 1, 1)
