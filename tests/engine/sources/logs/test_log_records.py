import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources.logs import records as log_records
from rlm_pipeline.sources.logs.records import RECORD_LIMIT
from tests.engine.sources.logs.written import columns, entries

STAMP = "2020-01-01 12:00:0{} INFO a.B: "

JAVA_TRACE = """request failed
java.lang.IllegalStateException: closed
\tat com.example.Service.run(Service.java:12)
\tat java.base/java.lang.Thread.run(Thread.java:833)
Caused by: java.io.IOException: Broken pipe
\t... 12 more"""
PYTHON_TRACE = """job failed
Traceback (most recent call last):
  File "job.py", line 3, in run
    1 / 0
ZeroDivisionError: division by zero

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "job.py", line 5, in run
KeyError: 'x'"""
WRAPPED_JSON = """reply {
  "id": 7,
  "items": [
    1
  ]
}"""


@pytest.mark.parametrize("message", [JAVA_TRACE, PYTHON_TRACE, WRAPPED_JSON, "first\n\n\nlast", "a\rb", "a\r\n b"])
def test_a_stack_trace_stays_with_its_line(tmp_path, message):
    text = f"{STAMP.format(1)}before\n{STAMP.format(2)}{message}\n{STAMP.format(3)}after\n"

    found = entries(tmp_path / "service.log", text)

    assert [columns(entry)["message"] for entry in found] == ["before", message, "after"]
    assert [entry.line for entry in found] == [1, 2, 3 + len(message.splitlines()) - 1]


def test_the_template_of_a_record_is_of_its_first_line(tmp_path):
    text = "".join(f"{STAMP.format(n)}request {n} failed\n\tat x.Y.z(Y.java:{n})\n" for n in range(5))

    found = [columns(entry) for entry in entries(tmp_path / "service.log", text)]

    assert {row["template"] for row in found} == {"request <*> failed"}


def test_lines_above_the_first_header_are_a_record_without_one(tmp_path):
    text = "\n\nstarted by root\non a Sunday\n" + "".join(f"{STAMP.format(n)}up\n" for n in range(8))

    first, *others = entries(tmp_path / "service.log", text)

    assert (first.line, columns(first)["prefix"], columns(first)["message"]) == (3, "", "started by root\non a Sunday")
    assert [entry.line for entry in others] == list(range(5, 13))


def test_a_log_without_times_is_read_line_by_line(tmp_path):
    text = "service starts\nreading settings\n  from a file\nTraceback (most recent call last):\n  File x\n\nready\n"

    found = entries(tmp_path / "plain.log", text)

    assert [entry.line for entry in found] == [1, 2, 7]
    assert columns(found[2]) == {
        "prefix": "", "timestamp": "", "level": None, "component": None, "message": "ready", "template": "ready",
    }  # fmt: skip


def test_a_record_beyond_the_limit_is_cut_into_further_records(tmp_path):
    line = "x" * 49_999 + "\n"
    text = f"{STAMP.format(1)}dump\n" + line * (2 * RECORD_LIMIT // 50_000) + f"{STAMP.format(2)}after\n"

    found = entries(tmp_path / "dump.log", text, "log")

    lengths = [len(row["prefix"] + row["message"]) for row in map(columns, found)]
    assert len(found) == 4
    assert max(lengths) <= RECORD_LIMIT
    assert sum(lengths) + len(found) == len(text)
    assert [bool(columns(entry)["prefix"]) for entry in found] == [True, False, False, True]


def test_a_line_too_long_to_be_read_is_set_aside(tmp_path, monkeypatch):
    monkeypatch.setattr(log_records, "LINE_LIMIT", 500)

    found = entries(
        tmp_path / "service.log", f"{STAMP.format(1)}up\n{STAMP.format(2)}{'x' * 600}\n{STAMP.format(3)}up\n"
    )

    assert [entry.cells is None for entry in found] == [False, True, False]
    assert found[1].line == 2
    assert "characters" in found[1].reason


LINES = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n", exclude_categories=["Cs"])
    | st.sampled_from(" \t:[]-|<>12"),
    max_size=60,
)
STARTS = st.sampled_from(
    [
        "",
        "",
        "2020-01-01 12:00:01 ",
        "[10.30 16:49:06] a - ",
        "<34>Oct 11 22:14:15 h su: ",
        "\tat x",
        "INFO ",
        "1577836800 ",
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(st.lists(st.tuples(STARTS, LINES).map("".join), min_size=1, max_size=12), st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_is_written_as_lines_comes_back_verbatim(tmp_path, lines, end):
    blank = next((place for place, line in enumerate(lines) if line.strip(" \t\v\f\x1a\0\ufeff")), None)
    if blank is None:
        return
    text = f"{STAMP.format(0)}first{end}" + end.join(lines) + end

    found = entries(tmp_path / "any.log", text, "log")

    assert end.join(row["prefix"] + row["message"] for row in map(columns, found)) + end == text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(st.binary(min_size=1, max_size=400))
def test_any_bytes_end_in_records_or_in_a_reason(tmp_path, data):
    path = tmp_path / "any.log"

    try:
        found, reason = entries(path, data, "log"), ""
    except SourceError as error:
        found, reason = [], str(error)

    assert bool(found) != (str(path) in reason)
    assert all(entry.cells is not None and len(entry.cells) == 6 for entry in found)


def test_a_mark_left_where_files_were_joined_does_not_hide_a_record(tmp_path):
    text = "\ufeff2020-01-01 12:00:00 INFO a\n2020-01-01 12:00:01 INFO b\n"

    found = [columns(entry) for entry in entries(tmp_path / "joined.log", text * 3)]

    assert [cells["message"] for cells in found] == ["a", "b"] * 3
    assert {cells["timestamp"][:16] for cells in found} == {"2020-01-01 12:00"}
