import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.sources.recognition import PLAIN_QUOTING, Quoting
from rlm_pipeline.sources.tables.dialect import best_split
from rlm_pipeline.sources.tables.quoting import cells_of_line, is_well_quoted, sound_width

SPACED = Quoting(spaced=True)
SINGLE = Quoting(quote="'")
ESCAPED = Quoting(escape="\\")


def rows(text, wanted="auto"):
    split = best_split(text, wanted)
    return split.quoting, [record.cells for record in split.records]


def test_spaces_before_every_opening_quote_are_no_part_of_the_cells():
    quoting, cells = rows('"id", "note"\n"1", "a, b"\n"2", "c"\n')

    assert quoting == SPACED
    assert cells == [["id", "note"], ["1", "a, b"], ["2", "c"]]


def test_spaces_before_unquoted_cells_stay():
    quoting, cells = rows("id,note,more\n1, a,b\n2, c,d\n")

    assert quoting == PLAIN_QUOTING
    assert cells[1] == ["1", " a", "b"]


def test_single_quotes_are_believed_where_they_keep_cells_together():
    quoting, cells = rows("id,note,n\n1,'a, b',2\n2,'it''s, so',3\n3,plain,4\n")

    assert quoting == SINGLE
    assert cells[1:3] == [["1", "a, b", "2"], ["2", "it's, so", "3"]]


def test_single_quotes_are_believed_where_most_cells_have_them():
    assert rows("'id','note'\n'1','a'\n'2',''\n")[0] == SINGLE


def test_a_backslash_between_single_quotes_does_not_make_it_an_escape():
    quoting, cells = rows("'id';'note'\n'1';'it''s, so'\n'2';'\\\"'\n")

    assert quoting == SINGLE
    assert cells[2] == ["2", '\\"']


def test_apostrophes_are_text():
    quoting, cells = rows("id,note,n\n1,'tis,2\n2,rock 'n' roll,3\n3,'n/a',4\n")

    assert quoting == PLAIN_QUOTING
    assert [row[1] for row in cells[1:]] == ["'tis", "rock 'n' roll", "'n/a'"]


def test_a_backslash_before_a_quote_escapes_it_and_any_other_backslash_is_kept():
    quoting, cells = rows('id,note,n\n1,"say \\"hi\\", ok",2\n2,"C:\\temp",3\n3,"a\\\\b",4\n')

    assert quoting == ESCAPED
    assert [row[1] for row in cells[1:]] == ['say "hi", ok', "C:\\temp", "a\\b"]


def test_a_backslash_before_a_delimiter_escapes_it_without_quotes():
    quoting, cells = rows("id,note,n\n1,say\\, hi,2\n2,b,3\n3,plain,4\n")

    assert quoting == ESCAPED
    assert cells[1] == ["1", "say, hi", "2"]


def test_a_backslash_before_a_line_end_escapes_it_as_databases_write_it():
    split = best_split("".join(f"{n}\ta {n}\t\\N\tline\\\nbreak\n" for n in range(20)), "auto")

    assert split.delimiter == "\t"
    assert split.records[7].cells == ["7", "a 7", "\\N", "line\nbreak"]


def test_a_folder_that_ends_in_a_backslash_escapes_nothing():
    quoting, cells = rows('id,path,n\n1,"C:\\dir\\",2\n2,"C:\\temp",3\n')

    assert quoting == PLAIN_QUOTING
    assert cells[1][1] == "C:\\dir\\"


def test_quotes_that_never_wrap_a_cell_mean_nothing_between_tabs():
    quoting, cells = rows('id\tnote\tn\n1\t"open\t2\n2\t5" pipe\t3\n3\tplain\t4\n')

    assert quoting == Quoting(quote="")
    assert [row[1] for row in cells[1:]] == ['"open', '5" pipe', "plain"]


def test_one_unclosed_quote_between_commas_does_not_switch_quoting_off():
    assert rows('id,note,n\n1,"open,2\n2,b,3\n3,plain,4\n')[0] == PLAIN_QUOTING


@pytest.mark.parametrize(
    ("line", "quoting", "sound"),
    [
        ('"a", "b"\n', PLAIN_QUOTING, False),
        ('"a", "b"\n', SPACED, True),
        ("'a','it''s'\n", SINGLE, True),
        ("'a','it's'\n", SINGLE, False),
        ('"a \\"b\\" c",d\n', ESCAPED, True),
        ('"a \\"b\\" c",d\n', PLAIN_QUOTING, False),
        ('a"b,c\n', Quoting(quote=""), True),
    ],
)
def test_sound_quoting_depends_on_the_way_of_quoting(line, quoting, sound):
    assert is_well_quoted(line, ",", quoting) is sound


@given(st.lists(st.sampled_from([",", '"', "a", " ", '""', '","']), max_size=14).map("".join))
def test_the_width_of_a_sound_record_is_that_of_its_cells(line):
    width = sound_width(line, ",")

    assert (width > 0) == is_well_quoted(line, ",")
    if line and width:
        assert width == len(cells_of_line(line, ","))
