import datetime as dt
import random

import polars as pl
import pytest

from rlm_pipeline.analysis import findings
from tests.engine.analysis.text_analyst.read_files import observed, of, prepared, sums, told
from tests.engine.analysis.text_analyst.written_logs import START, service_log


def test_a_burst_is_named_by_its_start_and_end_with_its_templates_and_what_is_usual(tmp_path):
    (burst,) = of(told(tmp_path, {"app.log": service_log()}), "error", "error burst")

    assert burst.scope == "error burst 2024-03-01 10:00:00 to 2024-03-01 10:00:59 · app.log"
    assert burst.total == 60
    assert burst.distribution == (("connection to db<*> refused", 60),) or sum(n for _, n in burst.distribution) == 60
    assert burst.severity == "warning"
    assert burst.confidence > 0.99
    assert "60 errors where" in burst.summary
    assert "refused" in burst.summary


def test_a_burst_cites_its_first_its_peak_and_its_last_record(tmp_path):
    text = service_log(burst_at=None).splitlines(keepends=True)
    at = next(place for place, line in enumerate(text) if "10:00:00" in line)
    # Ten errors, then forty within a second, then ten.
    seconds = [*range(10), *[30] * 40, *range(50, 60)]
    text[at:at] = [
        f"2024-03-01 10:00:{second:02} ERROR app: no answer to call {n}\n" for n, second in enumerate(seconds)
    ]
    (burst,) = of(told(tmp_path, {"app.log": "".join(text)}), "error", "error burst")

    assert [each.quote for each in burst.evidence] == [
        "no answer to call 0",
        "no answer to call 10",
        "no answer to call 59",
    ]
    assert "at most 40 in 5 seconds" in burst.summary


def test_errors_that_come_evenly_are_no_burst(tmp_path):
    found = told(tmp_path, {"app.log": service_log(burst_at=None)})

    assert of(found, "error", "error burst") == []
    errors = of(found, "error", "errors")
    assert sum(each.total for each in errors) == 24
    assert all("they come in no bursts" in each.summary for each in errors)


def test_errors_at_random_times_are_no_burst(tmp_path):
    chance = random.Random(3)
    seconds = sorted(chance.randrange(86_400) for _ in range(1000))
    times = [START + dt.timedelta(seconds=second) for second in seconds]
    lines = [f"{time:%Y-%m-%d %H:%M:%S} {chance.choice(['INFO', 'INFO', 'ERROR'])} app: call\n" for time in times]
    assert of(told(tmp_path, {"app.log": "".join(lines)}), "error", "error burst") == []


@pytest.mark.parametrize(
    ("write", "starts"),
    [
        (lambda time: f"{time:%b %d %H:%M:%S}", "03-01 10:00:00"),
        (lambda time: f"{time:%H:%M:%S}", "10:00:00"),
        (lambda time: f"{time:%d/%b/%Y:%H:%M:%S} +0000", "2024-03-01 10:00:00"),
        (lambda time: str(int((time - dt.datetime(1970, 1, 1)).total_seconds())), "2024-03-01 10:00:00"),
    ],
    ids=["year-less", "time of day", "access log", "epoch"],
)
def test_bursts_are_found_whatever_the_timestamps_tell(tmp_path, write, starts):
    (burst,) = of(told(tmp_path, {"app.log": service_log(write=write)}), "error", "error burst")
    assert burst.scope.startswith(f"error burst {starts}")
    assert burst.total == 60


def test_a_log_without_timestamps_falls_back_to_the_places_of_its_records(tmp_path):
    lines = [f"INFO app: request {n} served\n" for n in range(3000)]
    for place in (200, 900, 1600, 2300):
        lines[place] = "ERROR app: disk is full\n"
    lines[1200:1200] = [f"ERROR app: connection to db{n} refused\n" for n in range(50)]
    (burst,) = of(told(tmp_path, {"app.log": "".join(lines)}, format="log"), "error", "error burst")

    assert burst.scope == "error burst record 1,201 to record 1,250 · app.log"
    assert burst.total == 50


def test_a_year_that_ends_within_a_year_less_log_does_not_tear_a_burst(tmp_path):
    start = dt.datetime(2023, 12, 31, 20)
    lines = [f"{start + dt.timedelta(minutes=n):%b %d %H:%M:%S} host app[1]: request {n} served\n" for n in range(480)]
    end = [f"Dec 31 23:59:{n:02} host app[1]: call {n} failed\n" for n in range(30, 60)]
    begin = [f"Jan 01 00:00:{n:02} host app[1]: call {n} failed\n" for n in range(1, 30)]
    lines[240:241] = [*end, lines[240], *begin]
    (burst,) = of(told(tmp_path, {"syslog": "".join(lines)}, format="log"), "error", "error burst")
    assert burst.total == 59


def test_a_burst_spread_over_batches_adds_up_and_its_name_stays(tmp_path):
    store, config = prepared(tmp_path, {"app.log": service_log(errors=300)}, chunking={"size": 300})
    whole = of(observed(store, config), "error", "error burst")
    parts = of(observed(store, config, batch_records=50), "error", "error burst")

    assert len(parts) > 2
    assert sums(parts) == sums(whole)


def test_files_of_a_rotated_log_are_one_log(tmp_path):
    lines = service_log().splitlines(keepends=True)
    cut = next(place for place, line in enumerate(lines) if "10:00:30" in line and "ERROR" in line)
    found = told(tmp_path, {"app.log.2": "".join(lines[:cut]), "app.log.1": "".join(lines[cut:])}, format="log")
    (name,) = {each.scope for each in of(found, "error", "error burst")}

    assert name == "error burst 2024-03-01 10:00:00 to 2024-03-01 10:00:59 · app.log"
    assert sum(each.total for each in of(found, "error", "error burst")) == 60


def test_findings_of_a_log_are_stored_with_all_citations_verified(tmp_path):
    store, config = prepared(tmp_path, {"app.log": service_log()})
    summary = findings.materialise(store, config, "all")
    assert summary.citations == summary.verified > 0
    stored = pl.read_parquet(store.findings_path("all")).filter(pl.col("analyst") == "text")
    assert {"error", "pattern"} <= set(stored["type"])
    assert (stored["citations"].list.len() > 0).all()
