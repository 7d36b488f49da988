from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rlm_pipeline.profiling import ascending
from rlm_pipeline.profiling.ascending import Ascending
from rlm_pipeline.profiling.statistics import Description, describe, distance_outside

VALUES = st.lists(st.tuples(st.floats(-1e6, 1e6, allow_nan=False), st.integers(1, 30)), min_size=1, max_size=40)


def described(values: np.ndarray, counts: np.ndarray, folder: Path) -> Description:
    numbers = Ascending(folder)
    for start in range(0, len(values), 3):
        numbers.add(values[start : start + 3], counts[start : start + 3])
    found = describe(numbers.blocks)
    assert found is not None
    return found


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES)
def test_statistics_of_counted_values_are_those_of_the_records(tmp_path, pairs):
    values, counts = np.array([value for value, _ in pairs]), np.array([count for _, count in pairs])
    records = np.repeat(values, counts)

    found = described(values, counts, tmp_path)

    for name, q in (("minimum", 0), ("q25", 0.25), ("median", 0.5), ("q75", 0.75), ("maximum", 1)):
        assert getattr(found, name) == pytest.approx(np.quantile(records, q), rel=1e-9, abs=1e-9)
    assert found.mean == pytest.approx(records.mean(), rel=1e-9, abs=1e-6)
    if len(records) > 1:
        assert found.standard_deviation == pytest.approx(records.std(ddof=1), rel=1e-6, abs=1e-6)
    else:
        assert found.standard_deviation is None


def test_the_order_of_the_values_does_not_change_the_last_digit(tmp_path):
    values, counts = np.array([0.1, 0.7, 0.1, 0.3]), np.array([3, 1, 5, 7])

    assert described(values, counts, tmp_path) == described(values[::-1], counts[::-1], tmp_path)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES, st.integers(1, 9), st.integers(1, 9), st.integers(1, 5))
def test_numbers_on_the_disk_have_the_same_statistics_as_in_memory(tmp_path, pairs, held, step, block):
    values, counts = np.array([value for value, _ in pairs]), np.array([count for _, count in pairs])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ascending, "BLOCK_NUMBERS", block)
        in_memory = described(values, counts, tmp_path)
        patch.setattr(ascending, "HELD_NUMBERS", held)
        patch.setattr(ascending, "_STEP", step)

        on_disk = described(values, counts, tmp_path)

    assert on_disk == in_memory


def test_figures_beyond_the_range_of_floats_are_left_out(tmp_path):
    found = described(np.array([-1.7e308, 1.7e308]), np.array([2, 2]), tmp_path)

    assert found.standard_deviation is None
    assert found.median == 0.0


def test_outliers_lie_more_than_three_interquartile_ranges_outside():
    values = np.array([-31.0, -30.0, 0.0, 10.0, 40.0, 41.5])

    assert distance_outside(values, q25=0.0, q75=10.0).tolist() == [1.0, 0.0, 0.0, 0.0, 0.0, 1.5]


def test_nothing_is_an_outlier_where_the_quartiles_coincide():
    assert distance_outside(np.array([1.0, 99.0]), q25=1.0, q75=1.0).tolist() == [0.0, 0.0]
