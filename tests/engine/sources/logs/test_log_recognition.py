import pytest

from rlm_pipeline.sources.detect import detect
from rlm_pipeline.sources.logs.reader import read
from rlm_pipeline.sources.logs.shape import recognise
from rlm_pipeline.sources.recognition import TextSample

LOG = "".join(f"2020-01-01 12:00:{n:02} INFO job {n} done, all well\n" for n in range(30))
PROSE = (
    "On 2020-01-01 we met in Berlin.\n\nThe report of March 3, 2019 says that 12:30:00 was too late.\n"
    "Jan 5 was better. We agreed to meet again on 2020-02-01 at noon.\n"
)


def confidence(text, name="notes", wanted="auto"):
    verdict = recognise(TextSample(name=name, text=text, whole=True), wanted)
    return verdict.confidence if verdict else None


def test_lines_that_begin_with_one_kind_of_time_are_a_log():
    assert confidence(LOG) == 0.8
    assert confidence(LOG, "service.log") == 0.97
    assert confidence(LOG, "service.log.1.gz") == 0.97


def test_stack_traces_do_not_make_it_less_of_a_log():
    trace = "java.lang.Error: x\n" + "\tat a.B.c(B.java:1)\n" * 20

    assert confidence("".join(line + "\n" + trace for line in LOG.splitlines())) == 0.8


@pytest.mark.parametrize(
    "text",
    [PROSE, "# Title\n\nSome text.\n- 2020-01-01 an entry\n", '{"time": "2020-01-01 12:00:00"}\n' * 9, "a b\nc d\n"],
)
def test_prose_with_dates_and_lines_of_json_are_no_log(text):
    assert confidence(text) is None


def test_a_name_alone_makes_plain_lines_a_log_rather_than_nothing():
    assert confidence("starting\nready\n", "plain.log") == pytest.approx(0.3)
    assert confidence('{"a": 1}\n{"a": 2}\n', "records.log") is None


def test_what_is_asked_for_is_read_as_a_log_whatever_it_is():
    assert confidence(PROSE, wanted="log") == pytest.approx(0.1)


def test_a_table_whose_first_column_is_a_time_stays_a_table(tmp_path):
    rows = "".join(f"2020-01-01 12:00:{n:02},{n},open,Berlin\n" for n in range(30))
    with_header, without = tmp_path / "a.csv", tmp_path / "b.txt"
    with_header.write_text("opened,number,state,town\n" + rows)
    without.write_text(rows)

    assert confidence(rows) < 0.6
    assert detect(with_header).detected_type == "csv"
    assert detect(without).detected_type == "csv"


def test_a_dirty_table_with_times_in_its_cells_stays_below_a_table():
    ragged = "".join(f'2020-01-01 12:00:{n:02},{n},"a, b",open{"," * (n % 4)}\n' for n in range(30))
    inner = "".join(f'C-{n},2020-01-01 12:00:{n:02},open,"Berlin, Mitte"\n' for n in range(30))

    assert confidence(ragged) == 0.5
    assert confidence(inner) is None


def test_a_log_whose_messages_have_commas_is_no_table():
    assert confidence("".join(f"2020-01-01 12:00:{n:02},123 a, b, c, d\n" for n in range(30))) == 0.8


def test_a_log_in_any_encoding_is_a_log(tmp_path):
    for codec in ("utf-8-sig", "utf-16", "cp1252"):
        path = tmp_path / "service.txt"
        path.write_bytes(LOG.replace("well", "wéll").encode(codec))

        assert detect(path).detected_type == "log"


def test_a_log_whose_messages_go_on_without_indentation_is_no_table(tmp_path):
    path = tmp_path / "service.out"
    path.write_text("2020-01-01 12:00:00,123 INFO query\nselect a\nfrom t\n" * 20)

    detected = detect(path)

    assert detected.detected_type == "log"
    assert "33% of the lines begin with a header" in detected.evidence


def test_prose_that_quotes_a_few_lines_of_a_log_stays_prose():
    assert confidence(PROSE * 5 + LOG) is None
    assert confidence(LOG[:200] + PROSE * 10) < 0.2


@pytest.mark.parametrize(
    "line",
    [
        'time="2020-01-01T12:00:00Z" level=warning msg="slow, very" component=web\n',
        'level=warning ts=2020-01-01T12:00:00Z component=web msg="slow, very"\n',
        'msg="slow, very" time="2020-01-01T12:00:00Z" severity=warning app=web\n',
        'ts=2020-01-01T12:00:00Z lvl=warning logger=web msg="slow, very" err="a level=info b"\n',
    ],
)
def test_lines_of_keys_with_values_are_a_log_with_their_time_and_level(tmp_path, line):
    path = tmp_path / "service.txt"
    path.write_text((line + "goroutine 1 [running]:\n\tmain.go:7\n") * 20)

    detected = detect(path)
    entries = list(read(path, detected, "service.txt").entries)

    assert detected.detected_type == "log"
    assert len(entries) == 20
    prefix, timestamp, level, component, message, _ = entries[7].cells
    assert (timestamp, level, component) == ("2020-01-01T12:00:00Z", "warning", "web")
    assert f"{prefix}{message}\n" == line + "goroutine 1 [running]:\n\tmain.go:7\n"


def test_settings_with_an_equals_sign_are_no_log():
    assert confidence("host=example\nport=80\nlevel=info\ntimeout=30\n" * 10) is None
