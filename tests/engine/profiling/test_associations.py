import numpy as np
import pytest

from rlm_pipeline.profiling.associations import (
    benjamini_hochberg,
    contingency,
    cramers_v_corrected,
    theil_u,
)

TABLE = np.array([[30, 10, 5], [8, 40, 12], [2, 6, 37]])


def test_a_contingency_table_counts_pairs_and_leaves_out_missing_ones():
    a = np.array([0, 0, 1, 1, -1, 1])
    b = np.array([0, 2, 1, 1, 0, -1])

    assert contingency(a, b, 2, 3).tolist() == [[1, 0, 1], [0, 2, 0]]


def test_chi_square_and_p_agree_with_scipy():
    from scipy import stats

    found = cramers_v_corrected(TABLE)
    expected = stats.chi2_contingency(TABLE, correction=False)

    assert found.chi_square == pytest.approx(expected.statistic)
    assert found.p == pytest.approx(expected.pvalue)
    assert found.degrees == expected.dof
    assert found.n == TABLE.sum()


def test_v_is_bergsmas_correction_worked_by_hand():
    # phi^2 = 1/3 of n = 100; minus 1/99; both sides have 2 - 1/99 corrected categories.
    table = [[50, 0], [25, 25]]

    assert cramers_v_corrected(table).v == pytest.approx(np.sqrt((1 / 3 - 1 / 99) / (1 - 1 / 99)))


def test_v_is_one_for_a_one_to_one_table_and_zero_below_chance():
    assert cramers_v_corrected(np.diag([40, 30, 30])).v == pytest.approx(1.0)
    assert cramers_v_corrected(np.full((3, 4), 10)).v == 0.0


def test_empty_rows_and_columns_are_no_categories():
    padded = np.zeros((5, 6))
    padded[np.ix_([0, 2, 4], [1, 3, 5])] = TABLE

    plain, with_padding = cramers_v_corrected(TABLE), cramers_v_corrected(padded)

    assert with_padding.v == pytest.approx(plain.v)
    assert with_padding.degrees == plain.degrees
    assert with_padding.low == pytest.approx(plain.low)


@pytest.mark.parametrize(
    "table", [np.zeros((2, 2)), [[5, 0], [7, 0]], [[1]], [[3, 4]], [[1, 0], [0, 0]], [[1, 0], [0, 1]]]
)
def test_a_table_that_cannot_show_association_gives_finite_figures(table):
    found = cramers_v_corrected(table)

    assert all(np.isfinite(figure) for figure in (found.v, found.low, found.high, found.p))
    assert 0 <= found.low <= found.v <= found.high <= 1


def test_a_single_category_shows_no_association():
    found = cramers_v_corrected([[5, 0], [7, 0]])

    assert (found.v, found.high, found.p) == (0.0, 0.0, 1.0)


def test_many_tables_in_one_call_give_the_same_figures_as_one_by_one():
    tables = np.random.default_rng(3).integers(0, 9, size=(2, 5, 3, 4))

    together = cramers_v_corrected(tables)

    for place in np.ndindex(2, 5):
        alone = cramers_v_corrected(tables[place])
        assert together.v[place] == pytest.approx(alone.v)
        assert together.high[place] == pytest.approx(alone.high)
        assert together.p[place] == pytest.approx(alone.p)


def test_the_interval_covers_the_true_value_in_most_samples():
    shares = 0.7 * np.outer([0.5, 0.3, 0.2], [0.4, 0.3, 0.2, 0.1]) + 0.3 * np.eye(3, 4) * [[0.5], [0.3], [0.2]]
    expected = np.outer(shares.sum(1), shares.sum(0))
    truth = np.sqrt(((shares - expected) ** 2 / expected).sum() / 2)
    samples = np.random.default_rng(0).multinomial(1000, shares.ravel(), size=500).reshape(500, 3, 4)

    found = cramers_v_corrected(samples)

    assert 0.9 <= np.mean((found.low <= truth) & (truth <= found.high)) <= 0.99


def test_independent_variables_are_reported_as_independent():
    shares = np.outer(np.full(8, 1 / 8), np.full(10, 1 / 10))
    samples = np.random.default_rng(0).multinomial(2000, shares.ravel(), size=300).reshape(300, 8, 10)

    found = cramers_v_corrected(samples)

    assert np.mean(found.low == 0) >= 0.95
    assert np.median(found.v) < 0.02


def test_theils_u_worked_by_hand():
    # The row tells the column only half of the time: H(row) = 1 bit, H(column) = 1.5 bits, H(both) = 2 bits.
    table = np.array([[2, 2, 0], [0, 0, 4]])

    of_rows, of_columns = theil_u(table)

    assert of_rows == pytest.approx(1.0)
    assert of_columns == pytest.approx(1 / 1.5)


def test_theils_u_is_zero_without_entropy_and_without_dependence():
    assert theil_u([[5, 7]]) == (0.0, 0.0)
    assert theil_u(np.full((3, 3), 4)) == (pytest.approx(0.0, abs=1e-12), pytest.approx(0.0, abs=1e-12))


def test_q_values_agree_with_scipy():
    from scipy import stats

    p = np.random.default_rng(5).random(40) ** 2

    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p))
    assert benjamini_hochberg([]).tolist() == []
