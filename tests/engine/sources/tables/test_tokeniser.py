import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.sources.recognition import Quoting
from rlm_pipeline.sources.tables import tokeniser
from rlm_pipeline.sources.tables.tokeniser import is_well_quoted, tokenise


def read(text, width=3, delimiter=","):
    return list(tokenise(iter(io.StringIO(text, newline="")), delimiter, width))


def good(records):
    return [record.cells for record in records if record.cells is not None]


def bad(records):
    return [(record.line, record.reason, record.lines) for record in records if record.cells is None]


def test_a_quoted_line_break_is_kept_and_the_record_starts_on_its_first_line():
    records = read('1,"two\nlines",x\r\n4,5,6\n')

    assert [(record.line, record.cells) for record in records] == [(1, ["1", "two\nlines", "x"]), (3, ["4", "5", "6"])]


def test_blank_lines_are_no_records_but_count_as_lines():
    records = read("\n1,2,3\n\n  \n4,5,6")

    assert [(record.line, record.cells) for record in records] == [(2, ["1", "2", "3"]), (5, ["4", "5", "6"])]


def test_a_row_of_empty_cells_is_a_record():
    assert good(read(",,\n")) == [["", "", ""]]


def test_a_ragged_row_is_set_aside_with_its_line_and_both_widths():
    records = read("1,2,3\n1,2\n1,2,3,4\n7,8,9\n")

    assert good(records) == [["1", "2", "3"], ["7", "8", "9"]]
    assert bad(records) == [
        (2, "ragged: 2 cells where 3 are expected", ("1,2\n",)),
        (3, "ragged: 4 cells where 3 are expected", ("1,2,3,4\n",)),
    ]


def test_an_unclosed_quote_costs_its_own_record_only():
    records = read('1,2,3\n4,"five,6\n7,8,9\n10,11,12\n')

    assert good(records) == [["1", "2", "3"], ["7", "8", "9"], ["10", "11", "12"]]
    assert bad(records) == [(2, "unclosed quote: it swallows the lines after it", ('4,"five,6\n',))]


def test_an_unclosed_quote_that_meets_a_later_quote_costs_its_own_record_only():
    records = read('1,"two,3\n4,"five, quoted",6\n7,8,9\n')

    assert good(records) == [["4", "five, quoted", "6"], ["7", "8", "9"]]
    assert [line for line, _, _ in bad(records)] == [1]


def test_an_unclosed_quote_that_closes_neatly_far_below_is_found_by_the_records_inside():
    text = '1,"two,3,4,5,6,7,8\n' + "a,b,c,d,e,f,g,h\n" * 4 + '9,9",9,9,9,9,9,9\n'

    records = read(text, width=8)

    assert good(records)[:4] == [list("abcdefgh")] * 4
    assert bad(records)[0][0] == 1


def test_an_unclosed_quote_that_gives_the_right_width_by_chance_is_found_by_its_stray_quote():
    records = read('1,"two,3\n4,5,6\n7,", eight",9\n')

    assert good(records) == [["4", "5", "6"], ["7", ", eight", "9"]]


def test_an_unclosed_quote_on_the_last_line_is_set_aside():
    assert bad(read('1,2,3\n4,5,"six')) == [(2, "unclosed quote", ('4,5,"six',))]


def test_a_ragged_record_of_several_lines_is_one_record():
    records = read('1,"two\nlines"\n4,5,6\n')

    assert good(records) == [["4", "5", "6"]]
    assert bad(records) == [(1, "ragged: 2 cells where 3 are expected", ('1,"two\n', 'lines"\n'))]


def test_a_first_cell_of_several_lines_does_not_look_like_an_unclosed_quote():
    text = '"a\n\nb",2,3,4,5,6,7,8\n'

    assert good(read(text, width=8)) == [["a\n\nb", "2", "3", "4", "5", "6", "7", "8"]]


def test_a_stray_quote_inside_a_line_is_read_leniently_and_marked():
    records = read('1,"5" pipe",3\n4,5 "six" 7,8\n')

    assert good(records) == [["1", '5 pipe"', "3"], ["4", '5 "six" 7', "8"]]
    assert [record.lenient for record in records] == [True, False]


def test_a_lone_carriage_return_ends_a_line():
    assert good(read("1,2,3\r4,5,6\r")) == [["1", "2", "3"], ["4", "5", "6"]]


def test_a_nul_character_stays_in_the_cell():
    assert good(read("1,a\0b,3\n")) == [["1", "a\0b", "3"]]


def test_a_cell_beyond_the_limit_is_set_aside(monkeypatch):
    monkeypatch.setattr(tokeniser, "CELL_LIMIT", 100)
    try:
        records = read(f'1,{"x" * 101},3\n4,5,6\n7,"{"y" * 101}",9\n7,8,9\n')
    finally:
        csv.field_size_limit(1 << 24)

    assert good(records) == [["4", "5", "6"], ["7", "8", "9"]]
    assert [reason for _, reason, _ in bad(records)] == ["cell larger than 100 characters"] * 2


def test_a_line_beyond_the_limit_is_set_aside(monkeypatch):
    monkeypatch.setattr(tokeniser, "LINE_LIMIT", 50)

    records = read(f"1,2,3\n{'x' * 60}\n4,5,6\n")

    assert good(records) == [["1", "2", "3"], ["4", "5", "6"]]
    assert bad(records)[0][:2] == (2, "line longer than 50 characters")


def test_a_quote_may_not_swallow_lines_without_end(monkeypatch):
    monkeypatch.setattr(tokeniser, "_RECORD_LINES", 10)

    records = read('1,"2,3\n' + "4,5,6\n" * 30)

    assert len(good(records)) == 30
    assert [line for line, _, _ in bad(records)] == [1]


def test_a_table_of_one_column_keeps_white_space_and_empty_cells():
    assert good(read('a\n  \n""\n\n', width=1)) == [["a"], ["  "], [""]]


@pytest.mark.parametrize(
    ("line", "sound"),
    [
        ("a,b,c\n", True),
        ('"a","b","c"\r\n', True),
        ('"a ""quoted"" word",b,""\n', True),
        ('"""",b\n', True),
        ('a 5" pipe,b\n', False),
        ('"a"b,c\n', False),
        ('"a" ,c\n', False),
        ('ab""cd,e\n', False),
        ('"open,b\n', False),
        ('a,x 5",y 6",z\n', False),
    ],
)
def test_sound_quoting_is_told_from_stray_quotes(line, sound):
    assert is_well_quoted(line, ",") is sound


CELLS = st.text(alphabet=st.sampled_from('ab ,"é'), max_size=4)


@given(st.lists(CELLS, min_size=1, max_size=5), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_what_the_csv_module_writes_is_sound(cells, quoting):
    stream = io.StringIO()
    csv.writer(stream, quoting=quoting).writerow(cells)

    assert is_well_quoted(stream.getvalue(), ",")


@given(st.lists(st.sampled_from([",", "\n", '"', "a", "\r", " ", '"a,b"', "1,2,3\n"]), max_size=40), st.integers(1, 4))
def test_every_line_is_in_exactly_one_record_or_blank(parts, width):
    text = "".join(parts)
    lines = list(io.StringIO(text, newline=""))

    records = read(text, width=width)

    covered = [place for record in records for place in range(record.line, record.line + record.span)]
    assert covered == sorted(set(covered))
    uncovered = [line for place, line in enumerate(lines, 1) if place not in set(covered)]
    assert all(not line.strip() for line in uncovered)
    assert all(len(record.cells) == width for record in records if record.cells is not None)
    assert all(record.lines == tuple(lines[record.line - 1 :][: record.span]) for record in records if not record.cells)


PLAIN = st.text(alphabet=st.sampled_from("abc xyz"), max_size=6)
ROWS = st.lists(st.lists(PLAIN | PLAIN.map("{}, and".format), min_size=3, max_size=3), min_size=1, max_size=8)


@given(ROWS, st.data())
def test_one_stray_opening_quote_never_takes_another_record_with_it(rows, data):
    rows = [[f"r{number}", *row] for number, row in enumerate(rows)]
    stream = io.StringIO()
    csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC if data.draw(st.booleans()) else csv.QUOTE_MINIMAL).writerows(rows)
    lines = stream.getvalue().splitlines(keepends=True)
    hurt = data.draw(st.integers(0, len(rows) - 1))
    lines[hurt] = 'x,"' + ",".join("y" * 3) + "\r\n"

    records = read("".join(lines), width=4)

    assert good(records) == [row for number, row in enumerate(rows) if number != hurt]
    assert [line for line, _, _ in bad(records)] == [hurt + 1]


def test_lines_that_are_swallowed_again_and_again_are_read_again_only_so_often():
    count = 3_000
    taken = 0

    def lines():
        nonlocal taken
        for number in range(count):
            taken += 1
            yield f"{number},b\\\n"

    feed = tokeniser.Feed(lines(), ",", Quoting(escape="\\"), 1, spare=2_000)
    records = list(tokeniser.records_of(feed, 2, Quoting(escape="\\")))

    assert [record.line for record in records] == list(range(1, count + 1))
    assert taken == count
    assert 0 > feed.spare > -count - tokeniser.FEW_LINES * count
