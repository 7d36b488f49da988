import pytest

from rlm_pipeline.sources.detect import detect
from rlm_pipeline.sources.tables.sound import REPEATED_HEADER, records_in

IIS_HEAD = "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Date: 2020-01-01 00:00:00\n"
IIS_FIELDS = "#Fields: date time cs-uri-stem cs(User-Agent) sc-status\n"


def iis_lines(count):
    return "".join(f"2020-01-01 00:00:{n:02} /page/{n} Mozilla/5.0+(X11) 200\n" for n in range(count))


def read(tmp_path, content, name="data.csv", wanted="auto"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    detected = detect(path, wanted)
    return detected, list(records_in(path, detected))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_line_that_tells_excel_the_separator_is_obeyed_and_is_no_header(tmp_path, delimiter, codec):
    text = f"sep={delimiter}\r\nid{delimiter}a;b,c\r\n1{delimiter}\r\n2{delimiter}x\r\n"
    text = text.replace("a;b,c", '"a;b,c"')

    detected, records = read(tmp_path, text.encode(codec))

    assert (detected.delimiter, detected.header) == (delimiter, ("id", "a;b,c"))
    assert (detected.header_line, detected.data_line) == (2, 3)
    assert [(record.line, record.cells) for record in records] == [(3, ["1", ""]), (4, ["2", "x"])]
    assert "as its first line declares" in detected.evidence


def test_a_declared_separator_is_stronger_than_a_better_looking_one(tmp_path):
    detected, _ = read(tmp_path, "sep=;\nname;share\na,b,c,d;1\ne,f,g,h;2\n")

    assert detected.header == ("name", "share")


def test_a_w3c_log_is_a_table_with_the_columns_its_fields_directive_names(tmp_path):
    detected, records = read(tmp_path, IIS_HEAD + IIS_FIELDS + iis_lines(20), "u_ex200101.log")

    assert (detected.detected_type, detected.delimiter) == ("csv", " ")
    assert detected.header == ("date", "time", "cs-uri-stem", "cs(User-Agent)", "sc-status")
    assert (detected.header_line, detected.data_line) == (4, 5)
    assert [record.cells[2] for record in records] == [f"/page/{n}" for n in range(20)]
    assert "#Fields on line 4 names 5 columns" in detected.evidence


def test_directives_that_a_restarted_server_writes_again_are_set_aside(tmp_path):
    _, records = read(tmp_path, (IIS_HEAD + IIS_FIELDS + iis_lines(20)) * 2, "u_ex200101.log")

    aside = [(record.line, record.reason.partition(":")[0]) for record in records if record.cells is None]
    assert aside == [(25, "ragged"), (26, "ragged"), (27, "ragged"), (28, REPEATED_HEADER)]
    assert len(records) == 44


def test_fields_named_with_spaces_may_stand_above_cells_between_tabs(tmp_path):
    lines = "".join(f"2020-01-01\t00:00:{n:02}\tLAX1\t200\n" for n in range(5))

    detected, records = read(tmp_path, "#Version: 1.0\n#Fields: date time x-edge-location sc-status\n" + lines, "E1.gz")

    assert (detected.detected_type, detected.header) == ("tsv", ("date", "time", "x-edge-location", "sc-status"))
    assert records[4].cells == ["2020-01-01", "00:00:04", "LAX1", "200"]


def test_a_zeek_log_loses_no_record_to_its_directives_and_no_quote(tmp_path):
    head = "#separator \\x09\n#set_separator\t,\n#path\thttp\n#fields\tts\tuid\tagent\n#types\ttime\tstring\tstring\n"
    lines = "".join(f'16000000{n:02}.1\tC{n}\t"quoted"\n' for n in range(10))

    detected, records = read(tmp_path, f"{head}{lines}#close\t2020-01-01\n", "http.log")

    assert (detected.header, detected.data_line) == (("ts", "uid", "agent"), 6)
    assert [record.cells for record in records[:2]] == [
        ["1600000000.1", "C0", '"quoted"'],
        ["1600000001.1", "C1", '"quoted"'],
    ]
    assert [(record.line, record.reason) for record in records if record.cells is None] == [
        (16, "ragged: 2 cells where 3 are expected")
    ]


def test_fields_without_lines_are_a_table_without_records(tmp_path):
    detected, records = read(tmp_path, IIS_HEAD + IIS_FIELDS, "u_ex200101.log")

    assert (len(detected.header), records) == (5, [])


def test_a_comment_about_fields_declares_nothing(tmp_path):
    detected, _ = read(tmp_path, "#Fields: name price\nid,name,price\n1,bolt,2\n2,nut,3\n")

    assert detected.header == ("id", "name", "price")
