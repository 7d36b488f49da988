from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.model import RECORD_IDENTITY
from rlm_pipeline.sources.tables.headers import column_names, numbered_names


def test_names_are_stripped_and_lines_in_them_joined():
    assert column_names(["\ufeffid", "  open date ", "long\r\nname"]) == ("id", "open date", "long name")


def test_a_name_that_occurs_again_is_numbered():
    assert column_names(["a", "a", "b", "a"]) == ("a", "a__2", "b", "a__3")


def test_a_numbered_name_does_not_collide_with_a_real_one():
    assert column_names(["a", "a__2", "a"]) == ("a", "a__2", "a__3")
    assert column_names(["a", "a", "a__2"]) == ("a", "a__2", "a__2__2")


def test_a_name_may_occur_as_often_as_there_are_columns():
    assert column_names(["a"] * 100_000)[-1] == "a__100000"


def test_an_empty_name_is_its_place():
    assert column_names(["a", "", "   "]) == ("a", "column_2", "column_3")


def test_names_of_the_records_identity_are_kept_apart():
    assert column_names(["_source", "_row", "_line"]) == ("_source__data", "_row__data", "_line__data")


def test_a_table_without_a_header_has_numbered_columns():
    assert numbered_names(3) == ("column_1", "column_2", "column_3")


@given(st.lists(st.text(alphabet=st.sampled_from("ab_2 \n\0c")) | st.sampled_from([*RECORD_IDENTITY, "column_2", ""])))
def test_names_are_always_unique_non_empty_and_no_identity(cells):
    names = column_names(cells)

    assert len(names) == len(cells)
    assert len(set(names)) == len(names)
    assert all(name and name == name.strip() for name in names)
    assert not set(names) & set(RECORD_IDENTITY)
