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
from rlm_pipeline.sources import quarantine, records_table
from rlm_pipeline.sources.content import is_binary
from rlm_pipeline.sources.detect import detect
from rlm_pipeline.sources.encodings import guess_wide
from rlm_pipeline.sources.quarantine import Quarantine
from rlm_pipeline.sources.tables.row_reader import read_rows
from rlm_pipeline.sources.tables.tabular import read_table

TABLE = "id,name,price\n1,bolt,0.10\n2,,0.05\n3,screw, 0.20 \n"


def read(content, folder):
    """The records, the quarantine and the reading of one file with this content."""
    path, to, aside = (Path(folder) / name for name in ("data.csv", "records.parquet", "quarantine.parquet"))
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with Quarantine(aside) as quarantine:
        table = read_table(path, detect(path), source="data.csv", to=to, quarantine=quarantine)
    records, set_aside = pl.read_parquet(to), pl.read_parquet(aside)
    assert (records.height, set_aside.height) == (table.count.rows, table.count.quarantined)
    return records, set_aside, table


def cells(records):
    return [list(row) for row in records.drop("_source", "_row", "_line").rows()]


def test_a_clean_file_is_streamed_and_a_dirty_one_read_row_by_row_to_the_same_table(tmp_path):
    clean, _, lazily = read(TABLE, tmp_path)
    dirty, set_aside, by_rows = read(TABLE + "4,too,many,cells\n", tmp_path)

    assert (lazily.reader, by_rows.reader) == ("lazy", "rows")
    assert by_rows.reason == "line 5 has 4 cells where 3 are expected"
    assert_frame_equal(clean, dirty)
    assert set_aside.select("source", "row", "line", "raw").rows() == [("data.csv", 4, 5, b"4,too,many,cells\n")]


def test_the_identity_comes_first_and_cells_are_text_as_written(tmp_path):
    records, _, _ = read(TABLE, tmp_path)

    assert records.columns == ["_source", "_row", "_line", "id", "name", "price"]
    assert records.dtypes == [pl.String, pl.Int64, pl.Int64, pl.String, pl.String, pl.String]
    assert records.rows()[1:] == [("data.csv", 2, 3, "2", None, "0.05"), ("data.csv", 3, 4, "3", "screw", " 0.20 ")]


def test_quoted_empty_cells_are_null_by_both_readers(tmp_path):
    lazily, _, first = read('a,b\n"",x\ny,""\n', tmp_path)
    by_rows, _, second = read('a,b\n"",x\ny,""\n\n', tmp_path)

    assert (first.reader, second.reader) == ("lazy", "rows")
    assert cells(lazily) == cells(by_rows) == [[None, "x"], ["y", None]]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gzip.compress(TABLE.encode()), "the file is compressed"),
        (TABLE.encode("utf-16"), "the file is utf-16"),
        (TABLE.replace("bolt", "clé").encode("latin-1"), "the file is latin-1"),
        (TABLE + "\n\n5,a,b\n", "line 5 is blank"),
        (TABLE + '5,"a\nb",c\n', "line 5 starts a record of several lines"),
        (TABLE + '5,a "b" c,d\n', "line 5 has a stray quote"),
        (TABLE + "5,a\0,d\n", "line 5 has a NUL character"),
        (TABLE + '5,"a" b,d\n', "line 5 does not parse"),
        ("id,name,price\n\ufeff1,2,3\n", "line 2 starts with a byte order mark"),
        (TABLE.replace("\n", "\r"), "line 2 ends in a lone carriage return"),
        ('id,"na\nme",price\n1,2,3\n', "the header has line breaks in it"),
    ],
    ids=lambda value: value if isinstance(value, str) else "content",
)
def test_every_dirt_is_named_as_the_reason_to_read_row_by_row(tmp_path, content, reason):
    _, _, table = read(content, tmp_path)

    assert table.reader == "rows"
    assert table.reason.startswith(reason)


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
    assert table.reader == "lazy"


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
    monkeypatch.setattr(records_table, "_GROUP_CELLS", 10)
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

    with pytest.raises(SourceError, match="does not exist"), Quarantine(tmp_path / "q.parquet") as quarantine:
        read_table(path, detected, source="data.csv", to=tmp_path / "r.parquet", quarantine=quarantine)


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
    end = draw(st.sampled_from(["\r\n", "\n"]))
    if end == "\n":  # csv.writer leaves a carriage return unquoted then, and cannot read it back itself
        rows = [[value.replace("\r", "") for value in row] for row in rows]
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


TAME = st.lists(
    st.sampled_from([",", ";", '"', " ", "x", "1", "é", "", "\u2028", "\x0b", "\ufeff", "#", "\\", "N/A"]), max_size=4
)


@settings(max_examples=100, deadline=None)
@given(written_tables(cell=TAME.map("".join)), st.booleans(), st.booleans())
def test_both_readers_give_the_same_table_on_a_clean_file(table, ends, mark):
    _, content = table
    content = (b"\xef\xbb\xbf" if mark else b"") + (content if ends else content.rstrip(b"\r\n"))

    with tempfile.TemporaryDirectory() as folder:
        lazily, _, reading = read(content, folder)
        path, to = Path(folder) / "data.csv", Path(folder) / "rows.parquet"
        with Quarantine(Path(folder) / "q.parquet") as quarantine:
            count = read_rows(path, detect(path), source="data.csv", to=to, quarantine=quarantine)
        by_rows = pl.read_parquet(to)

    assert reading.reader == "lazy" or "byte order mark" in reading.reason
    assert count.rows == lazily.height
    assert_frame_equal(lazily, by_rows)


FRAGMENTS = st.sampled_from(
    [b",", b"\n", b'"', b"a", b"b,c\n", b"\r", b"\0", b"\xe9", b"\xff\xfe", b"\xef\xbb\xbf", b";", b"1", b"1,2\n", b" "]
)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300) | st.lists(FRAGMENTS, max_size=40).map(b"".join))
def test_any_bytes_are_refused_or_read_without_losing_a_record(content):
    with tempfile.TemporaryDirectory() as folder:
        try:
            records, set_aside, _ = read(content, folder)
        except SourceError:
            return

    numbers = sorted(records["_row"].to_list() + set_aside["row"].to_list())
    assert numbers == list(range(1, len(numbers) + 1))
    lines = records["_line"].to_list() + set_aside["line"].to_list()
    assert len(set(lines)) == len(lines)
