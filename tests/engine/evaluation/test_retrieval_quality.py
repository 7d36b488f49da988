import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.evaluation import retrieval_quality as quality

rankings = st.lists(st.booleans(), max_size=20)


@given(rankings, st.integers(1, 12))
def test_measures_lie_between_nothing_found_and_everything_first(ranking, k):
    relevant = max(1, sum(ranking))

    for value in (quality.recall(ranking, relevant, k), quality.ndcg(ranking, relevant, k)):
        assert 0 <= value <= 1 + 1e-12
    assert quality.recall([True] * k, k, k) == quality.reciprocal_rank([True]) == 1
    assert quality.ndcg([True] * k, k, k) == pytest.approx(1)


@given(rankings.filter(lambda ranking: any(ranking[:10])))
def test_moving_a_hit_forward_never_lowers_a_measure(ranking):
    last = max(place for place, hit in enumerate(ranking) if hit)
    better = [True, *ranking[:last], *ranking[last + 1 :]]
    relevant = sum(ranking)

    assert quality.ndcg(better, relevant, 10) >= quality.ndcg(ranking, relevant, 10) - 1e-12
    assert quality.recall(better, relevant, 10) >= quality.recall(ranking, relevant, 10)
    assert quality.reciprocal_rank(better) >= quality.reciprocal_rank(ranking)


def test_ndcg_discounts_by_the_logarithm_of_the_rank():
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)

    assert quality.ndcg([False, True, False, True], 3, 10) == pytest.approx(
        (1 / math.log2(3) + 1 / math.log2(5)) / ideal
    )
    assert quality.ndcg([False, False, True], 1, 10) == pytest.approx(0.5)


def test_recall_is_of_what_can_be_found_among_the_first_k():
    assert quality.recall([True] * 5 + [False] * 5, 120, 10) == 0.5
    assert quality.recall([False, True, True], 4, 2) == 0.5
    assert quality.recall([False, False, True], 1, 2) == 0


def test_the_reciprocal_rank_is_that_of_the_first_hit():
    assert quality.reciprocal_rank([False, False, False, True, True]) == 0.25
    assert quality.reciprocal_rank([False, False]) == 0


@given(rankings)
def test_an_item_shown_by_several_hits_is_found_once(ranking):
    once = quality.first_only(ranking)

    assert sum(once) == int(any(ranking))
    assert quality.reciprocal_rank(once) == quality.reciprocal_rank(ranking)


def test_the_share_of_exact_neighbours_found():
    assert quality.share_found(["a", "b", "x"], ["a", "b", "c", "d"]) == 0.5
    assert quality.share_found([], []) == 1


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30))
def test_an_interval_encloses_its_mean_and_repeats(values):
    found = quality.estimate(values)

    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9
    assert found == quality.estimate(values)


def test_more_queries_give_a_narrower_interval():
    few, many = quality.estimate([0.0, 1.0] * 10), quality.estimate([0.0, 1.0] * 1000)

    assert few.mean == many.mean == 0.5
    assert many.high - many.low < few.high - few.low < 0.6


@pytest.mark.parametrize("measure", [quality.recall, quality.ndcg])
def test_nothing_to_find_is_said(measure):
    with pytest.raises(ValueError, match="nothing to find"):
        measure([False], 0, 10)


def test_an_estimate_needs_a_query():
    with pytest.raises(ValueError, match="at least one query"):
        quality.estimate([])
