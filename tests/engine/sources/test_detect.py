import gzip
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources import detect as module
from rlm_pipeline.sources.detect import detect

TABLE = "id,name,price\n1,bolt,0.10\n2,nut,0.05\n3,screw,0.20\n"


def look(tmp_path, content, wanted="auto", name="data.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return detect(path, wanted)


def refusal(tmp_path, content, name="data.csv"):
    with pytest.raises(SourceError) as error:
        look(tmp_path, content, name=name)
    assert str(tmp_path / name) in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(("delimiter", "kind"), [(",", "csv"), (";", "csv"), ("|", "csv"), ("\t", "tsv")])
def test_the_delimiter_is_found(tmp_path, delimiter, kind):
    found = look(tmp_path, TABLE.replace(",", delimiter))

    assert (found.delimiter, found.detected_type) == (delimiter, kind)
    assert found.header == ("id", "name", "price")
    assert (found.header_line, found.data_line) == (1, 2)


def test_decimal_commas_do_not_outvote_the_semicolon(tmp_path):
    assert look(tmp_path, "weight;height\n1,5;2,5\n1,7;2,0\n2,5;3,5\n").delimiter == ";"


def test_names_with_a_comma_do_not_outvote_the_semicolon(tmp_path):
    rows = "".join(f"Doe, Jane;{number}\n" for number in range(200))

    assert look(tmp_path, "name;age\n" + rows).delimiter == ";"


def test_a_few_ragged_rows_do_not_hide_the_delimiter(tmp_path):
    rows = "".join(f"{n},x | y,b,c,d{',extra' if n % 20 == 0 else ''}\n" for n in range(200))

    assert look(tmp_path, "id,one,two,three,four\n" + rows).delimiter == ","


@pytest.mark.parametrize(
    ("wanted", "content", "delimiter"),
    [
        ("tsv", "a,b\tc\n1,2\t3\n", "\t"),
        ("csv", "a,b\tc\td\n1,2\t3\t4\n", ","),
        ("csv", "a;b\n1;2\n", ";"),
        ("csv", "just\none\ncolumn\n", ","),
    ],
)
def test_a_configured_format_overrides_the_choice(tmp_path, wanted, content, delimiter):
    assert look(tmp_path, content, wanted).delimiter == delimiter


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
def test_unicode_encodings_are_found_with_and_without_a_mark(tmp_path, codec):
    found = look(tmp_path, TABLE.replace("bolt", "Schlüssel €").encode(codec))

    assert found.encoding.name == codec
    assert found.header == ("id", "name", "price")


def test_cyrillic_is_found_in_wide_encodings_without_a_mark(tmp_path):
    for codec in ("utf-16-le", "utf-32-le", "utf-32-be"):
        assert look(tmp_path, ("имя,цена\n" + "болт,10\n" * 20).encode(codec)).encoding.name == codec


def test_a_table_of_numbers_in_binary_is_no_wide_text(tmp_path):
    content = b"".join((number % 40).to_bytes(4, "little") for number in range(3000))

    assert "binary data" in refusal(tmp_path, content)


def test_latin_1_and_cp1252_are_told_apart_by_their_bytes(tmp_path):
    assert look(tmp_path, TABLE.replace("bolt", "clé").encode("latin-1")).encoding.name == "latin-1"
    assert look(tmp_path, TABLE.replace("bolt", "5 €").encode("cp1252")).encoding.name == "cp1252"
    assert look(tmp_path, TABLE.encode() + b"4,\x81\x80,5\n").encoding.name == "latin-1"


def test_a_byte_that_is_not_utf_8_is_found_behind_the_sample(tmp_path):
    content = TABLE.encode() + b"4,washer,0.01\n" * 100_000 + b"5,cl\xe9,1\n"

    assert look(tmp_path, content).encoding.name == "latin-1"


def test_a_mostly_utf_8_file_with_a_stray_byte_stays_utf_8(tmp_path):
    found = look(tmp_path, "id,name\n1,été\n2,naïve\n".encode() + b"3,caf\xe9\n")

    assert found.encoding.name == "utf-8 with cp1252"
    assert "1 bytes" in found.encoding.evidence


def test_title_lines_above_the_header_are_passed_over(tmp_path):
    found = look(tmp_path, "Monthly report\nprinted 2012-01-01\n\n" + TABLE)

    assert (found.header, found.header_line, found.data_line) == (("id", "name", "price"), 4, 5)
    assert "below 2 title lines" in found.evidence


def test_a_table_without_a_header_gets_numbered_columns(tmp_path):
    found = look(tmp_path, "1,bolt,2012-01-01\n2,nut,2012-01-02\n3,bolt,2012-01-03\n")

    assert found.header == ("column_1", "column_2", "column_3")
    assert (found.header_line, found.data_line) == (0, 1)


def test_text_that_repeats_below_itself_is_data(tmp_path):
    assert look(tmp_path, "open,red\nopen,blue\nclosed,red\n").header == ("column_1", "column_2")


def test_years_as_column_names_are_a_header(tmp_path):
    rows = "".join(f"{n},{n * 7},{n * 5},{n * 3}\n" for n in range(20))

    assert look(tmp_path, "id,2001,2002,2003\n" + rows).header == ("id", "2001", "2002", "2003")


def test_a_header_shorter_than_its_rows_leaves_columns_unnamed(tmp_path):
    trailing = look(tmp_path, "a,b\n1,2,\n3,4,\n")
    row_names = look(tmp_path, "a,b\n1,2,3\n2,4,5\n")

    assert trailing.header == ("a", "b", "column_3")
    assert row_names.header == ("column_1", "a", "b")


def test_a_first_column_that_repeats_itself_is_not_the_one_without_a_name(tmp_path):
    rows = "".join(f"Information,1/1/2020,{number},Logon,An account logged on\n" for number in (7, 8, 7))

    found = look(tmp_path, "Level,Date and Time,Event ID,Task Category\n" + rows)

    assert found.header == ("Level", "Date and Time", "Event ID", "Task Category", "column_5")


def test_a_trailing_comma_everywhere_is_an_unnamed_column(tmp_path):
    assert look(tmp_path, "a,b,\n1,2,\n3,4,\n").header == ("a", "b", "column_3")


def test_empty_last_names_without_cells_below_are_dropped(tmp_path):
    assert look(tmp_path, "a,b,,\n1,2\n3,4\n").header == ("a", "b")


def test_a_header_over_several_lines_ends_where_its_quotes_do(tmp_path):
    found = look(tmp_path, 'id,"open\ndate",note\n1,2012-01-01,x\n')

    assert (found.header, found.header_line, found.data_line) == (("id", "open date", "note"), 1, 3)


def test_a_header_alone_is_a_table_without_rows(tmp_path):
    assert look(tmp_path, "id,name,price\n").header == ("id", "name", "price")


def test_a_lone_line_is_a_header_only_where_the_name_says_table(tmp_path):
    assert look(tmp_path, 'callback({"a":[{"b":1},{"b":2}]});', name="answer.json").detected_type == "text"
    assert look(tmp_path, "Berlin,Paris", name="notes").detected_type == "text"
    assert look(tmp_path, "id,name,price", name="data.csv").header == ("id", "name", "price")
    assert look(tmp_path, "id,name,price", "csv", name="data").header == ("id", "name", "price")


def test_a_file_of_one_column_is_a_table_where_the_name_says_so(tmp_path):
    addresses = "email\n" + "".join(f"user{number}@example.com\n" for number in range(20))
    numbers = "value\n" + "".join(f"{number}\n" for number in range(20))

    assert look(tmp_path, addresses).header == ("email",)
    assert look(tmp_path, numbers).header == ("value",)
    assert look(tmp_path, "".join(f"{number}\n" for number in range(20))).header == ("column_1",)
    assert look(tmp_path, addresses, name="notes.txt").detected_type == "text"
    assert look(tmp_path, "Dear all\n\nthe export is broken\n\nBye\n").detected_type == "text"


def test_figures_with_decimal_commas_are_no_labels_of_columns_between_commas(tmp_path):
    rows = "".join(f"{n:02}.03.2020;{n}.000,{n:02};Zahlung, Nr. {n}\n" for n in range(1, 29))

    found = look(tmp_path, rows)

    assert (found.delimiter, found.header_line) == (";", 0)
    assert look(tmp_path, "".join(f"{n},5;2,{n};3,5;4,5;5,{n}\n" for n in range(20))).delimiter == ";"


def test_a_header_larger_than_the_sample_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_SAMPLE_BYTES", 1000)
    names = [f"measure_{number}" for number in range(500)]

    found = look(tmp_path, ",".join(names) + "\n" + ",".join("1" for _ in names) + "\n")

    assert found.header == tuple(names)


def test_gzip_is_known_by_its_bytes(tmp_path):
    found = look(tmp_path, gzip.compress(TABLE.encode()), name="data.csv")

    assert found.compressed
    assert found.header == ("id", "name", "price")


def test_a_suffix_does_not_make_a_file_gzip(tmp_path):
    assert not look(tmp_path, TABLE, name="data.csv.gz").compressed


@pytest.mark.parametrize("cut", [5, 12, 40, -3])
def test_a_truncated_gzip_file_is_named_as_such(tmp_path, cut):
    message = refusal(tmp_path, gzip.compress(TABLE.encode() * 50)[:cut])

    assert "truncated gzip file" in message


def test_a_damaged_gzip_file_is_named_as_such(tmp_path):
    content = bytearray(gzip.compress(TABLE.encode() * 50))
    content[-6] ^= 0xFF

    assert "damaged gzip file" in refusal(tmp_path, bytes(content))


def workbook():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (workbook(), "an xlsx workbook, not text; export it as CSV"),
        (b"%PDF-1.7\n1 0 obj\n", "a PDF document"),
        (b"PAR1" + bytes(50), "a Parquet file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "a PNG image"),
        (b"PK\x03\x04" + bytes(50), "a zip archive, not text; unpack it"),
        (b"a,b\n1," + bytes(2000), "binary data"),
        (bytes(range(256)) * 8, "binary data"),
        (gzip.compress(b"x" * 257 + b"ustar" + b"x" * 300), "a tar archive"),
    ],
    ids=["xlsx", "pdf", "parquet", "png", "zip", "nuls", "noise", "tar"],
)
def test_what_is_not_text_is_refused_by_its_kind(tmp_path, content, kind):
    assert kind in refusal(tmp_path, content)


@pytest.mark.parametrize("content", [b"", b"  \n\r\n\t \n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n\n"])
def test_an_empty_file_is_refused(tmp_path, content):
    message = refusal(tmp_path, content)

    assert "empty (0 bytes)" in message if not content else "nothing but white space" in message


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(SourceError, match="does not exist"):
        detect(tmp_path / "gone.csv")
    with pytest.raises(SourceError, match="cannot be read"):
        detect(tmp_path)


def test_a_file_whose_quotes_never_close_is_refused(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text('"a,b\n"c,d')

    with pytest.raises(SourceError, match="quotes never close"):
        detect(path, "csv")


def test_an_unclosed_quote_in_a_title_does_not_hide_the_table(tmp_path):
    found = look(tmp_path, '"Monthly report\n' + TABLE)

    assert (found.header, found.header_line) == (("id", "name", "price"), 2)


@given(content=st.binary(max_size=700))
def test_any_bytes_are_recognised_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "data.csv"
    path.write_bytes(content)

    try:
        found = detect(path)
    except SourceError:
        return

    assert len(set(found.header)) == len(found.header)
    assert bool(found.header) == (found.detected_type in {"csv", "tsv"})
    assert found.data_line >= 1
