"""Agreement figures against sklearn, against hand-computed tables, and their intervals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from rlm_pipeline.evaluation.metrics import (
    adjusted_rand_index,
    agreement,
    expected_mutual_information,
    matching,
    quick_ami,
)

TABLES = arrays.arrays(np.int64, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.integers(0, 30))


def as_labels(table):
    rows, columns = np.indices(table.shape)
    return np.repeat(rows.ravel(), table.ravel()), np.repeat(columns.ravel(), table.ravel())


def noisy(records=3000, known=6, right=0.8, seed=1):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, known, records)
    found = np.where(rng.random(records) < right, truth, rng.integers(0, known, records))
    table = np.zeros((known, known), dtype=np.int64)
    np.add.at(table, (truth, found), 1)
    return table


@settings(max_examples=60, deadline=None)
@given(table=TABLES.filter(lambda table: table.sum() > 0))
def test_ami_ari_and_v_measure_are_those_of_sklearn(table):
    from sklearn import metrics as reference

    known, found = as_labels(table)

    figures = agreement(table, resamples=2)

    assert figures.ami.value == pytest.approx(reference.adjusted_mutual_info_score(known, found), abs=1e-9)
    assert figures.ari.value == pytest.approx(reference.adjusted_rand_score(known, found), abs=1e-9)
    assert figures.v_measure.value == pytest.approx(reference.v_measure_score(known, found), abs=1e-9)


def test_matched_accuracy_pairs_categories_one_to_one():
    # By hand: 0-1 (5), 1-0 (4), 2-2 (3) share 12 of 17; giving both 0 and 1 their largest column would share 14.
    table = np.array([[0, 5, 0], [4, 5, 0], [0, 0, 3]])

    figures = agreement(table)

    assert matching(table) == [(0, 1), (1, 0), (2, 2)]
    assert figures.matched_accuracy.value == pytest.approx(12 / 17)


def test_a_found_category_too_many_is_matched_to_nothing():
    table = np.array([[6, 2, 2]])

    assert agreement(table).matched_accuracy.value == pytest.approx(0.6)


def test_the_rand_index_of_a_small_table_is_the_one_computed_by_hand():
    # Pairs together in both: C(2,2) + C(2,2) = 2; in each alone: 1 + 3 = 4 and 3 + 1 = 4; all pairs 10.
    # Expected 4 * 4 / 10 = 1.6; (2 - 1.6) / (4 - 1.6) = 1/6.
    assert adjusted_rand_index(np.array([[2, 0], [1, 2]])) == pytest.approx(1 / 6)


def test_perfect_agreement_is_one_with_an_interval_of_no_width():
    figures = agreement(np.diag([50, 30, 20]))

    for figure in (figures.ami, figures.ari, figures.v_measure, figures.matched_accuracy):
        assert (figure.low, figure.value, figure.high) == pytest.approx((1, 1, 1))


def test_the_interval_holds_the_value_and_narrows_with_more_records():
    few, many = agreement(noisy(records=500)), agreement(noisy(records=20_000))

    for figures in (few, many):
        assert figures.ari.low < figures.ari.value < figures.ari.high
        assert figures.matched_accuracy.low < figures.matched_accuracy.value < figures.matched_accuracy.high
    assert (many.ami.high - many.ami.low) < (few.ami.high - few.ami.low) / 3


def test_the_interval_of_matched_accuracy_is_the_binomial_one():
    table = noisy(records=4000)

    estimate = agreement(table, resamples=2000).matched_accuracy

    half = 1.96 * np.sqrt(estimate.value * (1 - estimate.value) / 4000)
    assert (estimate.high - estimate.low) / 2 == pytest.approx(half, rel=0.1)


def test_scaling_the_chance_term_moves_the_interval_of_ami_by_less_than_a_hundredth_of_its_width():
    from sklearn.metrics import adjusted_mutual_info_score

    table = noisy(records=1500)
    records, cells = int(table.sum()), table.ravel()
    rng = np.random.default_rng(0)
    exact = [
        adjusted_mutual_info_score(*as_labels(rng.multinomial(records, cells / records).reshape(table.shape)))
        for _ in range(200)
    ]

    estimate = agreement(table, resamples=200, seed=0).ami

    low, high = np.percentile(exact, [2.5, 97.5]) + estimate.value - np.mean(exact)
    assert max(abs(estimate.low - low), abs(estimate.high - high)) < 0.01 * (high - low)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    table = noisy()

    assert agreement(table, seed=3) == agreement(table, seed=3)
    assert agreement(table, seed=3) != agreement(table, seed=4)


def test_the_quick_ami_is_close_where_categories_are_large():
    table = noisy(records=3000)

    assert quick_ami(table) == pytest.approx(agreement(table, resamples=2).ami.value, abs=0.01)
    assert expected_mutual_information(table) == pytest.approx(25 / 6000, rel=0.1)


def test_independent_categories_agree_no_better_than_chance():
    figures = agreement(noisy(right=0.0, records=20_000))

    assert abs(figures.ami.value) < 0.01
    assert abs(figures.ari.value) < 0.01


def test_a_table_without_records_is_refused():
    with pytest.raises(ValueError, match="at least one record"):
        agreement(np.zeros((3, 2), dtype=np.int64))


def test_the_interval_holds_its_figure_even_where_agreement_is_weak_and_tables_are_sparse():
    table = np.random.default_rng(3).integers(0, 4, size=(6, 30))

    found = agreement(table)

    for estimate in (found.ami, found.ari, found.v_measure, found.matched_accuracy):
        assert estimate.low <= estimate.value <= estimate.high
