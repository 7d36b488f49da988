import json
import math
import statistics
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.analysis import sums

floats = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30)
money = st.lists(st.integers(-(10**9), 10**9).map(lambda cents: cents / 100), min_size=2, max_size=50)


def of(numbers):
    return sums.of(np.array(numbers, dtype=np.float64))


@given(first=floats, second=floats, third=floats)
def test_the_grouping_of_sums_does_not_matter(first, second, third):
    parts = of(first), of(second), of(third)

    assert (parts[0] + parts[1]) + parts[2] == parts[0] + (parts[1] + parts[2]) == of([*third, *first, *second])


@given(money)
def test_sums_are_exact_over_the_decimals_as_written(numbers):
    written = [Fraction(repr(number)) for number in numbers]

    found = of(numbers)

    assert Fraction(found.total) == sum(written)
    assert Fraction(found.squares) == sum(each * each for each in written)
    assert (found.n, found.minimum, found.maximum) == (len(numbers), min(numbers), max(numbers))


@given(money)
def test_mean_and_standard_deviation_follow_from_the_sums(numbers):
    found = of(numbers)

    assert found.mean == pytest.approx(statistics.fmean(numbers), rel=1e-12, abs=1e-9)
    assert found.standard_deviation == pytest.approx(statistics.stdev(numbers), rel=1e-9, abs=1e-9)


def test_a_single_number_has_no_deviation():
    assert of([7.5]).standard_deviation == 0.0


def test_extreme_numbers_stay_finite():
    found = of([-1.7e308, 1.7e308, 5e-324])

    assert math.isfinite(found.mean)
    assert math.isfinite(found.standard_deviation)


@given(floats)
def test_text_gives_back_the_same_sum(numbers):
    found = of(numbers)

    assert Decimal(json.loads(json.dumps(sums.as_text(found.squares)))) == found.squares


def test_equal_sums_have_one_text():
    assert sums.as_text(Decimal("10.500")) == sums.as_text(Decimal("10.5")) == "10.5"
    assert sums.as_text(Decimal("1E+3")) == "1000"
    assert sums.as_text(Decimal("-0.0")) == "0"
