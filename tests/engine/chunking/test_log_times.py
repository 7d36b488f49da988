import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.chunking.log_times import LogClock
from rlm_pipeline.chunking.silences import Rhythm

MINUTE, HOUR, DAY = 60, 3600, 86_400


@pytest.mark.parametrize(
    ("first", "second", "seconds"),
    [
        ("2024-01-02 10:00:01", "2024-01-02 10:03:12", 191),
        ("2024-01-02T10:00:01.250Z", "2024-01-02T10:00:02.500Z", 1.25),
        ("2015-07-29 23:59:59,747", "2015-07-30 00:00:00,747", 1),
        ("2024-02-28 12:00:00", "2024-03-01 12:00:00", 2 * DAY),
        ("2005-06-03-15.42.50.675872", "2005-06-03-15.42.53.675872", 3),
        ("081109 203615", "081110 203616", DAY + 1),
        ("20081109203615", "20081109203715", MINUTE),
        ("1117838570", "1117838573", 3),
        ("1700000000123", "1700000001123", 1),
        ("1700000000.5", "1700000001.75", 1.25),
        ("12.345", "13.345", 1),
        ("Dec 31 23:59:59", "Jan  1 00:00:01", 2),
        ("Jun 14 15:16:01", "Jun 15 15:16:01", DAY),
        ("Sun Dec 04 04:47:44 2005", "Mon Dec 05 04:47:44 2005", DAY),
        ("10/Oct/2000:13:55:36 -0700", "11/Oct/2000:13:55:36 -0700", DAY),
        ("10/Oct/2000:13:55:36 -0700", "10/Oct/2000:20:55:37 +0000", 1),
        ("10.30 16:49:06", "10.31 16:49:06", DAY),
        ("1/31/2024 11:59:59 PM", "2/1/2024 12:00:00 AM", 1),
        ("31/1/2024 10:00:00", "1/2/2024 10:00:00", DAY),
        ("03/04/2024 10:00:00", "04/04/2024 10:00:00", DAY),
        ("I0102 15:04:05.1", "I0103 15:04:05.1", DAY),
        ("23:59:58", "00:00:01", 3),
        ("30-Sep-90 23:00:00", "01-Oct-90 00:00:00", HOUR),
        ("weekday one 10:00:00", "weekday two 10:00:05", 5),
    ],
)
def test_the_time_between_two_records_in_any_layout(first, second, seconds):
    clock = LogClock()

    assert clock.passed(first) == 0
    assert clock.passed(second) == pytest.approx(seconds, abs=1e-3)


def test_time_that_goes_backwards_or_is_not_there_has_not_passed():
    clock = LogClock()
    passed = [clock.passed(time) for time in ("10:00:05", "10:00:01", "", "no time", "10:00:03")]

    assert passed == [0, 0, 0, 0, 2]


@given(st.lists(st.one_of(st.text(max_size=40), st.from_regex(r"\A[\d.:/ TZ-]{1,30}\Z")), max_size=20))
def test_no_timestamp_breaks_the_clock(timestamps):
    clock = LogClock()

    assert all(clock.passed(timestamp) >= 0 for timestamp in timestamps)


def silences(times, length=100, size=3000):
    rhythm = Rhythm(size)
    return [place for place, seconds in enumerate(times) if rhythm.stands_out(seconds, length)]


def test_what_is_a_silence_depends_on_the_pace():
    busy = [0.01, 0.02, 0.015] * 40
    idle = [600.0, 900.0, 700.0] * 40

    assert silences([*busy, 5.0]) == [120]
    assert max(silences([*idle, 900.0])) < 32  # only while no rhythm is known
    assert silences([*idle, 90_000.0])[-1] == 120


def test_silences_are_as_rare_as_pieces():
    bursts = ([0.1] * 4 + [100.0]) * 400

    assert len(silences(bursts)) <= 410
    assert len(silences([*bursts, *([0.1] * 99 + [3000.0]) * 40])) >= 40


@given(st.lists(st.floats(0, 1e9), max_size=300), st.integers(0, 5000))
def test_no_times_break_the_rhythm(times, length):
    assert all(times[place] > 0 for place in silences(times, length))
