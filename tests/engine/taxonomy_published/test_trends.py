"""Planted moves and steps are found, steady shares are not."""

import numpy as np
import pytest

from rlm_pipeline.taxonomy import trends
from rlm_pipeline.taxonomy.change_points import change_points
from rlm_pipeline.taxonomy.document import Category, Dimension

YEARS = tuple(f"FY{year}" for year in range(2012, 2023))


def dimension(name, counts, *, years=YEARS, gate="passed"):
    """`counts` is (years, categories)."""
    categories = tuple(
        Category(
            id=f"{name}/{at}",
            name=f"{name} {at}",
            definition="",
            status="established",
            by_partition=dict(zip(years, map(int, column), strict=True)),
        )
        for at, column in enumerate(np.asarray(counts).T)
    )
    return Dimension(
        id=name, name=name, definition="", facet=name, kind="text", method="", gate=gate, categories=categories
    )


def drawn(rng, shares, size=1_500):
    return np.array([rng.multinomial(size, row) for row in shares])


def test_a_planted_rise_is_found_with_its_shares_and_interval():
    rng = np.random.default_rng(1)
    rising = np.linspace(0.04, 0.12, len(YEARS))
    shares = np.stack([rising, 0.5 - rising / 2, 0.5 - rising / 2], axis=1)
    counts = drawn(rng, shares)

    found = trends.find([dimension("topic", counts)], YEARS)

    trend = next(each for each in found if each.category == "topic/0")
    assert (trend.start, trend.end) == ("FY2012", "FY2022")
    assert trend.share_from == pytest.approx(counts[0, 0] / 1_500, abs=1e-6)
    assert trend.share_to == pytest.approx(counts[-1, 0] / 1_500, abs=1e-6)
    assert trend.interval[0] < 0.08 < trend.interval[1]
    assert trend.q <= 0.01
    assert trend.change_points == ()


def test_two_hundred_steady_categories_give_no_trend():
    rng = np.random.default_rng(2)
    dimensions = [
        dimension(f"d{at}", drawn(rng, np.tile(rng.dirichlet(np.ones(10)), (len(YEARS), 1)), 6_000)) for at in range(20)
    ]

    assert trends.find(dimensions, YEARS) == ()


def test_a_certain_but_tiny_move_is_not_worth_a_trend():
    counts = np.array([[1_000, 99_000], [1_500, 98_500], [2_000, 98_000]])

    assert trends.find([dimension("topic", counts, years=YEARS[:3])], YEARS[:3]) == ()


def test_a_planted_step_is_found_in_its_year():
    rng = np.random.default_rng(3)
    stepped = np.where(np.arange(len(YEARS)) < 6, 0.10, 0.20)
    counts = drawn(rng, np.stack([stepped, 1 - stepped], axis=1))

    found = trends.find([dimension("topic", counts)], YEARS)

    assert [trend.change_points for trend in found] == [("FY2018",), ("FY2018",)]


def test_two_planted_steps_are_both_found():
    rng = np.random.default_rng(4)
    tries = np.full(11, 3_000)
    shares = np.array([0.1] * 3 + [0.25] * 4 + [0.15] * 4)

    assert change_points(rng.binomial(tries, shares), tries) == (3, 7)


def test_steps_are_almost_never_seen_in_steady_shares():
    rng = np.random.default_rng(5)
    tries = np.full(11, 800)

    alarms = sum(bool(change_points(rng.binomial(tries, 0.2), tries)) for _ in range(500))

    assert alarms <= 5


def test_years_without_records_move_no_change_point():
    tries = np.array([2_000, 0, 2_000, 2_000, 0, 2_000])
    hits = np.array([200, 0, 205, 600, 0, 590])

    assert change_points(hits, tries) == (3,)


@pytest.mark.parametrize(
    ("years", "partitions"),
    [(("FY2012", "FY2013"), ("FY2012", "FY2013")), (("all",), ("all",)), (("a", "b", "c"), ("a", "b", "c"))],
)
def test_fewer_than_three_fiscal_years_have_no_trends(years, partitions):
    counts = np.array([[100, 900], [900, 100], [900, 100]])[: len(years)]

    assert trends.find([dimension("topic", counts, years=years)], partitions) == ()


def test_a_dimension_that_starts_later_is_skipped():
    counts = np.array([[0, 0], [100, 900], [900, 100]])

    assert trends.find([dimension("topic", counts, years=YEARS[:3])], YEARS[:3]) == ()


def test_a_dimension_that_failed_its_gate_has_no_trends():
    counts = np.array([[100, 900], [500, 500], [900, 100]])

    assert trends.find([dimension("topic", counts, years=YEARS[:3], gate="no_stable_structure")], YEARS[:3]) == ()


def test_newcombe_gives_the_published_example():
    # Newcombe 1998, table II, contrast (a): 56/70 - 48/80, method 10.
    low, high = trends.newcombe_interval(48, 80, 56, 70)

    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)
