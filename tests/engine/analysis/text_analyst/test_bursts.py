from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_pipeline.analysis.text_analyst.logs import bursts, failures


def _found(times: list[int]) -> tuple[bursts.Burst, ...]:
    moments, events = np.unique(np.array(times), return_counts=True)
    gaps = np.maximum(np.diff(moments, prepend=moments[0]) - 1, 0).astype(np.float64)
    return bursts.found(events, gaps, 1.0, fewest=5, least_ratio=3.0)


def test_events_at_an_even_rate_hold_no_burst():
    assert _found(list(range(0, 100_000, 100))) == ()


def test_chance_alone_makes_hardly_any_burst():
    chance = np.random.default_rng(5)
    logs = [sorted(chance.integers(0, 500_000, 400).tolist()) for _ in range(100)]
    assert sum(len(_found(times)) for times in logs) <= 2


def test_a_large_burst_does_not_hide_a_small_one():
    usual = list(range(2500, 1_000_000, 5000))
    times = sorted([*usual, *range(200_000, 201_000), *range(700_000, 700_012)])
    found = _found(times)

    moments = np.unique(np.array(times))
    assert [moments[each.first] for each in found] == [200_000, 700_000]
    assert [each.events for each in found] == [1000, 12]


def test_bursts_that_are_apart_stay_apart():
    usual = list(range(0, 1_000_000, 5000))
    found = _found(sorted([*usual, *range(200_001, 200_041), *range(400_001, 400_041)]))
    assert len(found) == 2


@settings(deadline=None)
@given(st.lists(st.integers(0, 5000), min_size=1, max_size=300))
def test_bursts_are_in_order_apart_and_hold_what_they_say(times):
    found = _found(sorted(times))
    _, events = np.unique(np.array(times), return_counts=True)
    for before, after in pairwise(found):
        assert before.last < after.first
    for burst in found:
        assert burst.events == events[burst.first : burst.last + 1].sum()
        assert burst.events >= max(5, 3 * burst.expected)
        assert 0 <= burst.q <= bursts.FALSE_DISCOVERY_RATE


@pytest.mark.parametrize(
    ("level", "template", "severity"),
    [
        ("ERROR", "all is well", "error"),
        ("[error]", "child <*> in scoreboard", "error"),
        ("E", "", "error"),
        ("FATAL", "x", "error"),
        ("INFO", "instruction cache parity error corrected", None),
        ("INFO", "connection failed", None),
        ("WARN", "connection broken for id <*>", "error"),
        ("WARN", "slow request", "warning"),
        (None, "authentication failure; user=<*>", "error"),
        (None, "0 errors found", None),
        (None, "finished without errors", None),
        (None, "errors: 0", None),
        (None, "request served", None),
        (None, "error rate 0 but timeout of call", "error"),
        (None, None, None),
    ],
)
def test_what_says_failure_is_told_by_level_and_else_by_words(level, template, severity):
    frame = pl.DataFrame({"level": [level], "template": [template]}, schema={"level": pl.String, "template": pl.String})
    assert frame.select(failures.severity(pl.col("level"), pl.col("template"))).item() == severity
