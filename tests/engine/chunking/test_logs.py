import datetime as dt
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.chunking import logs
from tests.engine.chunking.cut_sources import TEXTS, assert_exact, cut, source

STAMPS = st.one_of(
    st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2030, 1, 1)).flatmap(
        lambda time: st.sampled_from(
            ["%Y-%m-%d %H:%M:%S", "%b %d %H:%M:%S", "%m/%d/%y %I:%M:%S %p", "%H:%M:%S.%f"]
        ).map(time.strftime)
    ),
    st.sampled_from(["", "1117838570", "081109 203615", "29 Feb 2023 25:61:61", "not a time"]),
    st.text(max_size=12),
)
RECORDS = st.tuples(st.builds(lambda stamp: {"timestamp": stamp, "component": "c"}, STAMPS), TEXTS)


def line(second, text="something happened in the service", component="app"):
    stamp = (dt.datetime(2024, 1, 2, 10) + dt.timedelta(seconds=second)).strftime("%Y-%m-%d %H:%M:%S")
    return {"timestamp": stamp, "component": component}, f"{stamp} {component} {text}\n"


@given(st.lists(RECORDS, max_size=15), st.integers(200, 300), st.sampled_from([None, 0, 5.0]))
def test_the_pieces_joined_are_the_source_with_exact_ranges(records, size, gap):
    made = source(records)

    assert_exact(cut(logs.pieces, made, size, log_gap=gap), made, size)


def test_a_silence_ends_a_piece():
    lines = [line(second) for second in (*range(12), *range(1000, 1012))]

    pieces = cut(logs.pieces, source(lines), 2000)

    assert [piece.records for piece in pieces] == [12, 12]
    assert pieces[0].place == "2024-01-02 10:00:00 … 10:00:11, app"


def test_a_log_of_even_ticks_has_no_silence():
    lines = [line(60 * minute) for minute in range(400)]
    pieces = cut(logs.pieces, source(lines), 2000)

    assert all(len(piece.text) > 1400 for piece in pieces[2:-1])


def test_silences_do_not_make_small_pieces():
    lines = [line(1000 * number) for number in range(300)]
    pieces = cut(logs.pieces, source(lines), 2000, log_gap=1)

    assert all(len(piece.text) >= 500 for piece in pieces[:-1])


def test_a_burst_after_a_silence_is_whole():
    beats = [line(600 * number, "heartbeat") for number in range(10)]
    burst = [line(6000 + number, "request failed: connection refused") for number in range(22)]
    pieces = cut(logs.pieces, source([*beats, *burst]), 2000, log_gap=300)

    assert next(piece for piece in pieces if "failed" in piece.text).text.count("failed") == 22


def test_time_is_ignored_on_request():
    lines = [line(second) for second in (*range(10), *range(9000, 9010))]

    assert len(cut(logs.pieces, source(lines), 2000, log_gap=0)) == 1


def test_without_silences_a_piece_ends_at_the_longest_pause_near_its_end():
    seconds = [*range(30), *range(33, 80)]
    pieces = cut(logs.pieces, source([line(second) for second in seconds]), 2000)

    assert pieces[0].records == 30


def test_a_stack_trace_that_fits_is_whole_and_a_longer_one_is_cut_between_lines():
    trace = "ERROR failed\n" + "".join(
        f"\tat com.example.Class{depth}.method(Class.java:{depth})\n" for depth in range(20)
    )
    cells, text = line(5, trace)
    records = source([line(0), line(1), (cells, text), line(6)])

    assert any(piece.text.count("\tat ") == 20 for piece in cut(logs.pieces, records, 1200))
    parts = [piece for piece in cut(logs.pieces, records, 400) if piece.part]
    assert all(part.text.startswith("\tat") for part in parts[1:])
    assert [part.part for part in parts] == list(range(1, len(parts) + 1))


@pytest.mark.parametrize("place", [5, 500])
def test_an_inserted_record_moves_few_boundaries(place):
    draw = Random(0)
    lines = [line(second, f"{draw.random()} " + "x" * draw.randint(0, 60)) for second in range(2000)]
    before = cut(logs.pieces, source(lines), 3000)
    after = cut(logs.pieces, source([*lines[:place], line(place, "inserted"), *lines[place:]]), 3000)

    kept = {piece.text for piece in before} & {piece.text for piece in after}
    assert len(kept) >= len(before) - 8


def test_records_without_times_are_cut_by_size_alone():
    records = source([({}, f"line {number} of a file without times\n") for number in range(100)])
    pieces = cut(logs.pieces, records, 1000)

    assert all(len(piece.text) >= 750 for piece in pieces[:-1])
    assert {piece.place for piece in pieces} == {""}
