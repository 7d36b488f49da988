import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_pipeline.analysis.text_analyst.logs import stamps, streams
from rlm_pipeline.analysis.text_analyst.logs.clock import TIME, LogClock
from rlm_pipeline.model import SOURCE

MOMENT = dt.datetime(2012, 8, 3, 14, 5, 9)


def _times(timestamps: list[str | None], portions: int = 1) -> np.ndarray:
    records = pl.DataFrame(
        {SOURCE: ["a.log"] * len(timestamps), "timestamp": timestamps}, schema_overrides={"timestamp": pl.String}
    )
    clock = LogClock(streams.found_in(records, {"a.log": len(timestamps)}))
    size = -(-len(timestamps) // portions)
    return np.concatenate(
        [clock.timed(records.slice(first, size))[TIME].to_numpy() for first in range(0, len(timestamps), size)]
    )


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("2012-08-03 14:05:09,250", 0.25),
        ("2012-08-03T14:05:09Z", 0),
        ("2012-08-03T16:05:09+02:00", 0),
        ("2012/08/03 2:05:09 PM", 0),
        ("Fri Aug 03 14:05:09 2012", 0),
        ("03/Aug/2012:07:05:09 -0700", 0),
        ("120803 140509", 0),
        ("20120803 140509", 0),
        ("2012-08-03-14.05.09.250000", 0.25),
        ("1344002709", 0),
        ("1344002709250", 0.25),
    ],
)
def test_a_timestamp_is_read_as_the_moment_it_says(written, seconds):
    expected = (MOMENT - dt.datetime(1970, 1, 1)).total_seconds() + seconds
    assert _times([written, written])[0] == pytest.approx(expected)


def test_days_are_read_in_the_order_that_gives_dates():
    times = _times(["03.08.2012 10:00:00", "13.08.2012 10:00:00", "14.08.2012 10:00:00"])
    assert (np.diff(times) / 86_400).tolist() == [10, 1]


def test_what_is_no_timestamp_has_the_time_of_the_record_before_it():
    times = _times(["2012-08-03 14:05:09", None, "no time", "2012-08-03 14:06:09"])
    assert (times - times[0]).tolist() == [0, 0, 0, 60]


def test_times_of_day_go_on_over_midnight_and_years_over_new_year():
    assert np.diff(_times(["23:59:58", "23:59:59", "00:00:01"])).tolist() == [1, 2]
    assert np.diff(_times(["Dec 31 23:59:59", "Jan  1 00:00:01"])).tolist() == [2]


def test_days_without_a_year_lie_beside_those_of_a_log_that_has_one():
    times = _times(["2023-03-01 10:00:00", "Mar  1 10:00:05", "2023-03-01 10:00:10"])
    assert np.diff(times).tolist() == [5, 5]


@settings(deadline=None)
@given(
    st.lists(
        st.text(max_size=30)
        | st.none()
        | st.from_regex(r"\d{1,4}[-/. :]\d{1,2}[-/. :]\d{1,4}( \d\d:\d\d)?", fullmatch=True),
        min_size=1,
        max_size=20,
    )
)
def test_any_text_is_read_without_an_error_and_in_any_portions_alike(timestamps):
    np.testing.assert_array_equal(_times(timestamps), _times(timestamps, portions=3))


@settings(deadline=None)
@given(st.datetimes(dt.datetime(1980, 1, 1), dt.datetime(2060, 1, 1)))
def test_iso_timestamps_are_read_exactly(moment):
    read = stamps.read(pl.Series([moment.strftime("%Y-%m-%d %H:%M:%S")]))
    expected = (moment.replace(microsecond=0) - dt.datetime(1970, 1, 1)).total_seconds()
    assert read.select(stamps.since_epoch(pl.col("month_first")) + pl.col("seconds")).item() == expected
