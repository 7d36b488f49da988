import csv
import gzip
import io
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from rlm_pipeline.errors import SourceError
from rlm_pipeline.model import QUARANTINE_SCHEMA
from rlm_pipeline.sources import quarantine
from rlm_pipeline.sources.content import is_binary
from rlm_pipeline.sources.detect import detect
from rlm_pipeline.sources.encodings import guess_wide
from rlm_pipeline.sources.positions import Positions
from rlm_pipeline.sources.quarantine import Quarantine
from rlm_pipeline.sources.tables import batches, sound
from rlm_pipeline.sources.tables.tabular import read_table

TABLE = "id,name,price\n1,bolt,0.10\n2,,0.05\n3,screw, 0.20 \n"


def read(content, folder, wanted="auto"):
    """The records, the quarantine and the reading of one file with this content."""
    path, to, aside = (Path(folder) / name for name in ("data.csv", "records.parquet", "quarantine.parquet"))
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with Quarantine(aside) as quarantine, Positions() as positions:
        table = read_table(
            path, detect(path, wanted), source="data.csv", to=to, quarantine=quarantine, positions=positions
        )
    records, set_aside = pl.read_parquet(to), pl.read_parquet(aside)
    assert (records.height, set_aside.height) == (table.count.rows, table.count.quarantined)
    return records, set_aside, table


def cells(records):
    return [list(row) for row in records.drop("_source", "_row", "_line").rows()]


def test_a_clean_file_is_read_in_blocks_and_what_is_dirty_one_by_one_to_the_same_table(tmp_path):
    clean, _, in_blocks = read(TABLE, tmp_path)
    dirty, set_aside, by_rows = read(TABLE + "4,too,many,cells\n", tmp_path)

    assert (in_blocks.reader, by_rows.reader) == ("blocks", "rows")
    assert by_rows.reason == "1 records looked at one by one, the first on line 5; set aside: 1 ragged"
    assert_frame_equal(clean, dirty)
    assert set_aside.select("source", "row", "line", "raw").rows() == [("data.csv", 4, 5, b"4,too,many,cells\n")]


def test_the_identity_comes_first_and_cells_are_text_as_written(tmp_path):
    records, _, _ = read(TABLE, tmp_path)

    assert records.columns == ["_source", "_row", "_line", "id", "name", "price"]
    assert records.dtypes == [pl.String, pl.Int64, pl.Int64, pl.String, pl.String, pl.String]
    assert records.rows()[1:] == [("data.csv", 2, 3, "2", None, "0.05"), ("data.csv", 3, 4, "3", "screw", " 0.20 ")]


def test_quoted_empty_cells_are_null_in_blocks_and_one_by_one(tmp_path):
    in_blocks, _, first = read('a,b\n"",x\ny,""\n', tmp_path)
    one_by_one, _, second = read("a,b\n'','x, z'\n'y',''\n'1, 2','2, 3'\n", tmp_path)

    assert (first.reader, second.reader) == ("blocks", "rows")
    assert cells(in_blocks) == [[None, "x"], ["y", None]]
    assert cells(one_by_one) == [[None, "x, z"], ["y", None], ["1, 2", "2, 3"]]


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(TABLE.encode(), mtime=0),
        TABLE.encode("utf-16"),
        TABLE.encode("utf-32-be"),
        TABLE.replace("bolt", "clé").encode("latin-1"),
        TABLE + '5,"a\nb",c\n',
        TABLE + "5,a\0,d\n",
        TABLE.replace("\n", "\r"),
        'id,"na\nme",price\n1,2,3\n',
    ],
    ids=["gzip", "utf-16", "utf-32", "latin-1", "line break", "nul", "carriage returns", "header of two lines"],
)
def test_what_is_sound_is_read_in_blocks_whatever_its_bytes(tmp_path, content):
    _, _, table = read(content, tmp_path)

    assert table.reader == "blocks"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('5,a "b" c,d\n', ["5", 'a "b" c', "d"]),
        ('5,"a" b,d\n', ["5", "a b", "d"]),
        ('\ufeff"5",a,d\n', ['\ufeff"5"', "a", "d"]),
        ('5,3" pipe,"1,5"\n', ["5", '3" pipe', "1,5"]),
    ],
)
def test_a_record_with_a_stray_quote_is_read_one_by_one_in_its_place(tmp_path, line, found):
    records, _, table = read(TABLE + line + "6,e,f\n", tmp_path)

    assert table.reason == "1 records looked at one by one, the first on line 5"
    assert cells(records)[3:] == [found, ["6", "e", "f"]]


def test_a_header_repeated_among_the_records_is_set_aside_and_counted(tmp_path):
    content = TABLE + TABLE + "\ufeff" + TABLE + '"id",name,"price"\n'

    records, set_aside, table = read(content, tmp_path)

    assert records["_row"].to_list() == [1, 2, 3, 5, 6, 7, 9, 10, 11]
    assert set_aside.select("row", "line", "reason").rows() == [(n, n + 1, "repeated header") for n in (4, 8, 12)]
    assert set_aside["raw"][1] == "\ufeffid,name,price\n".encode()
    assert table.reason.endswith("set aside: 3 repeated header")


def test_both_rows_of_a_repeated_header_are_set_aside(tmp_path):
    header = "year,2019,,2020,\nregion,low,high,low,high\n"
    rows = "N,1,2,3,4\nS,2,3,4,5\n"

    records, set_aside, _ = read(header + rows + header + rows, tmp_path)

    assert records.columns[3:] == ["year.region", "2019.low", "2019.high", "2020.low", "2020.high"]
    assert (records.height, set_aside["reason"].to_list()) == (4, ["repeated header"] * 2)


def test_a_record_of_ten_megabytes_is_read(tmp_path):
    text = 'say ""yes"", ' * 800_000

    records, _, table = read(f'id,text\n1,"{text}"\n2,b\n', tmp_path)

    assert table.reader == "blocks"
    assert records["text"].to_list() == [text.replace('""', '"'), "b"]


def test_ten_thousand_columns_are_read(tmp_path):
    header = ",".join(f"measure {place}" for place in range(10_000))
    row = ",".join(str(place) for place in range(10_000))

    records, set_aside, _ = read(f"{header}\n{row}\n{row},1\n{row}\n", tmp_path)

    assert records.shape == (2, 10_003)
    assert records["measure 9999"].to_list() == ["9999", "9999"]
    assert set_aside["reason"].to_list() == ["ragged: 10001 cells where 10000 are expected"]


def test_rows_and_lines_count_set_aside_records_blank_lines_and_line_breaks(tmp_path):
    content = 'Title\n\nid,text\n1,"a\nb"\n\nonly one\n3,c\n'

    records, set_aside, _ = read(content, tmp_path)

    assert records.select("_row", "_line").rows() == [(1, 4), (3, 8)]
    assert set_aside.select("row", "line").rows() == [(2, 7)]


def test_a_byte_order_mark_is_no_part_of_the_first_name_or_cell(tmp_path):
    named, _, _ = read(("\ufeff" + TABLE).encode(), tmp_path)
    unnamed, _, table = read(b"\xef\xbb\xbf1,2\n3,4\n", tmp_path)

    assert named.columns[3] == "id"
    assert cells(unnamed) == [["1", "2"], ["3", "4"]]
    assert table.reader == "blocks"


def test_stray_bytes_in_a_utf_8_file_become_their_windows_characters(tmp_path):
    records, _, _ = read("id,name\n1,été\n2,naïve\n".encode() + b"3,caf\xe9 \x80 \x81\n", tmp_path)

    assert records["name"].to_list() == ["été", "naïve", "café € \x81"]


def test_undecodable_utf_16_is_kept_visibly(tmp_path):
    records, _, table = read(TABLE.encode("utf-16-le") + b"4\0,\0a\0,\0\x00\xdc\n\0", tmp_path)

    assert table.count.rows == 4
    assert records["price"].to_list()[3] == "\\x00\\xdc"


def test_a_header_without_rows_gives_an_empty_table(tmp_path):
    records, _, table = read("id,name\n", tmp_path)

    assert records.columns == ["_source", "_row", "_line", "id", "name"]
    assert (records.height, table.count.rows) == (0, 0)


def test_a_file_of_which_every_record_is_set_aside_gives_an_empty_table(tmp_path):
    records, set_aside, _ = read("id,name,price\n1,2\n3,4\n1,2,3,4,5\n", tmp_path)

    assert records.columns[3:] == ["id", "name", "price"]
    assert (records.height, set_aside.height) == (0, 3)


def test_quarantine_has_its_contract_and_bounded_raw_bytes(tmp_path):
    _, set_aside, _ = read(TABLE + f"4,{'é' * 100_000}\n", tmp_path)

    assert set_aside.schema == QUARANTINE_SCHEMA
    assert len(set_aside["raw"][0]) == 64 * 1024


def test_row_groups_and_quarantine_are_written_as_they_fill(tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "_BATCH_CELLS", 10)
    monkeypatch.setattr(quarantine, "_PENDING_BYTES", 1000)

    records, set_aside, _ = read("a,b\n" + "1,2\n3\n" * 50, tmp_path)

    assert records["_row"].to_list() == list(range(1, 101, 2))
    assert set_aside["row"].to_list() == list(range(2, 101, 2))


def test_the_same_file_gives_the_same_bytes(tmp_path):
    for content in (TABLE, TABLE + "4,5\n"):
        read(content, tmp_path)
        first = [(tmp_path / name).read_bytes() for name in ("records.parquet", "quarantine.parquet")]
        read(content, tmp_path)
        assert first == [(tmp_path / name).read_bytes() for name in ("records.parquet", "quarantine.parquet")]


def test_a_file_that_disappears_is_a_source_error(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text(TABLE)
    detected = detect(path)
    path.unlink()

    with (
        pytest.raises(SourceError, match="does not exist"),
        Quarantine(tmp_path / "q.parquet") as quarantine,
        Positions() as positions,
    ):
        read_table(
            path, detected, source="data.csv", to=tmp_path / "r.parquet", quarantine=quarantine, positions=positions
        )


SPECIAL = st.sampled_from(
    [",", ";", "\t", "|", '"', "\n", "\r\n", "\r", " ", "'", "\0", "\u2028", "\x85", "é", "😀", ""]
)
CELL = st.lists(SPECIAL | st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=3), max_size=5).map(
    "".join
)


@st.composite
def written_tables(draw, cell=CELL):
    """A table of text cells, and its file as csv.writer writes it."""
    width = draw(st.integers(2, 5))
    rows = draw(st.lists(st.lists(cell, min_size=width, max_size=width), max_size=6))
    end = draw(st.sampled_from(["\r\n", "\n", "\r"]))
    if end != "\r\n":  # csv.writer leaves the other line end unquoted then, and cannot read it back itself
        rows = [[value.replace("\n" if end == "\r" else "\r", "") for value in row] for row in rows]
    stream = io.StringIO()
    writer = csv.writer(
        stream,
        delimiter=draw(st.sampled_from(",;\t|")),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        lineterminator=end,
    )
    writer.writerow([f"name of column {place}" for place in range(width)])
    writer.writerows(rows)
    content = stream.getvalue().encode()
    assume(not is_binary(content) and guess_wide(content) is None)
    return rows, content


@settings(max_examples=100, deadline=None)
@given(written_tables())
def test_any_table_in_any_dialect_comes_back_cell_for_cell(table):
    rows, content = table

    with tempfile.TemporaryDirectory() as folder:
        records, set_aside, _ = read(content, folder)

    assert cells(records) == [[value or None for value in row] for row in rows]
    assert records["_row"].to_list() == list(range(1, len(rows) + 1))
    assert set_aside.height == 0


@settings(max_examples=60, deadline=None)
@given(written_tables(), st.booleans(), st.booleans(), st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_blocks_and_single_records_give_the_same_table(table, ends, mark, codec):
    _, content = table
    text = ("\ufeff" if mark and codec == "utf-8" else "") + content.decode().removesuffix("" if ends else "\n")

    with tempfile.TemporaryDirectory() as folder:
        in_blocks, _, reading = read(text.encode(codec), folder)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sound, "_next_run", lambda *_: "")
            patch.setattr(sound, "_next_sound", lambda *_: "")
            one_by_one, _, _ = read(text.encode(codec), folder)

    assert reading.reader == "blocks"
    assert_frame_equal(in_blocks, one_by_one)


@st.composite
def unusual_tables(draw):
    """A table of text cells in a dialect that its first records show, and its file."""
    width = draw(st.integers(2, 5))
    quote, doubled = draw(st.sampled_from([("'", True), ("'", False), ('"', False)]))
    text = st.lists(st.sampled_from(["'", '"', "\\", "a", "b c", ",", ";", "1", " ", "é", "\n"]), max_size=5).map(
        "".join
    )
    rows = draw(st.lists(st.lists(text, min_size=width, max_size=width), max_size=6))
    showing = [f"it{quote}s {quote}so{quote}, and so on"] * width
    stream = io.StringIO()
    writer = csv.writer(
        stream,
        delimiter=draw(st.sampled_from(",;\t|")),
        quotechar=quote,
        quoting=draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
        doublequote=doubled,
        escapechar=None if doubled else "\\",
    )
    writer.writerow([f"name of column {place}" for place in range(width)])
    rows = [showing, showing, *rows]
    writer.writerows(rows)
    return rows, stream.getvalue().encode()


@st.composite
def spaced_tables(draw):
    """A table of text cells, all quoted, with spaces after its delimiters, and its file."""
    width = draw(st.integers(2, 5))
    rows = draw(st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=2, max_size=6))
    joint = draw(st.sampled_from(",;|")) + " " * draw(st.integers(1, 2))
    table = [[f"name of column {place}" for place in range(width)], *rows]
    quoted = [joint.join('"{}"'.format(cell.replace('"', '""')) for cell in row) for row in table]
    content = "\r\n".join([*quoted, ""]).encode()
    assume(not is_binary(content) and guess_wide(content) is None)
    return rows, content


@settings(max_examples=60, deadline=None)
@given(spaced_tables())
def test_cells_quoted_after_spaces_come_back_cell_for_cell(table):
    rows, content = table

    with tempfile.TemporaryDirectory() as folder:
        records, set_aside, _ = read(content, folder, "csv")

    assert set_aside.height == 0
    assert cells(records) == [[value or None for value in row] for row in rows]


@settings(max_examples=80, deadline=None)
@given(unusual_tables())
def test_single_quotes_and_backslashes_come_back_cell_for_cell_where_the_sample_shows_them(table):
    rows, content = table

    with tempfile.TemporaryDirectory() as folder:
        records, set_aside, _ = read(content, folder, "csv" if b"\t" not in content.split(b"\n")[0] else "tsv")

    assert set_aside.height == 0
    assert cells(records) == [[value or None for value in row] for row in rows]


FRAGMENTS = st.sampled_from(
    [b",", b"\n", b'"', b"a", b"b,c\n", b"\r", b"\0", b"\xe9", b"\xff\xfe", b"\xef\xbb\xbf", b";", b"1", b"1,2\n", b" "]
)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300) | st.lists(FRAGMENTS, max_size=40).map(b"".join))
def test_any_bytes_are_refused_or_read_without_losing_a_record(content):
    with tempfile.TemporaryDirectory() as folder:
        try:
            records, set_aside, _ = read(content, folder, "csv")
        except SourceError:
            return

    numbers = sorted(records["_row"].to_list() + set_aside["row"].to_list())
    assert numbers == list(range(1, len(numbers) + 1))
    lines = records["_line"].to_list() + set_aside["line"].to_list()
    assert len(set(lines)) == len(lines)
