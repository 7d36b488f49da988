import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.profiling.matching.alignment import align, normalised, renames


def columns(**names: list[str]) -> list[dict[str, str]]:
    return [each.columns for each in align(names)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Case_Num", "CASE NUM"),
        ("caseNumber", "case_number"),
        ("Résumé.No", "resume no"),
        ("EMPLOYER_ADDRESS1", "EMPLOYER_ADDRESS_1"),
        ("ﬁle", "file"),
    ],
)
def test_spelling_is_not_part_of_a_name(one, other):
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(("one", "other"), [("q1_12", "q11_2"), ("#", "%"), ("a", "b"), ("1.2", "12")])
def test_what_tells_names_apart_stays(one, other):
    assert normalised(one) != normalised(other)


def test_spellings_of_one_name_are_one_column():
    found = align({"FY1": ["Case_Num"], "FY2": ["CASE_NUM"], "FY3": ["case num"]})

    assert [each.columns for each in found] == [{"FY1": "Case_Num", "FY2": "CASE_NUM", "FY3": "case num"}]
    assert found[0].confidence == 0.9


def test_names_that_differ_in_case_only_are_joined_before_those_that_differ_more():
    found = columns(FY1=["Status"], FY2=["Status", "status_"], FY3=["STATUS"])

    assert {"FY1": "Status", "FY2": "Status", "FY3": "STATUS"} in found
    assert {"FY2": "status_"} in found


def test_two_spellings_in_one_year_stay_apart():
    found = columns(FY1=["case_no", "case no"], FY2=["CASE-NO"])

    assert found == [{"FY2": "CASE-NO"}, {"FY1": "case_no"}, {"FY1": "case no"}]


def test_columns_come_in_the_latest_header_order():
    assert columns(FY1=["old", "a", "b"], FY2=["b", "new", "a"]) == [
        {"FY1": "b", "FY2": "b"},
        {"FY2": "new"},
        {"FY1": "a", "FY2": "a"},
        {"FY1": "old"},
    ]


def test_a_rename_is_told_where_the_spelling_changes():
    assert list(renames({"FY1": "a", "FY2": "a", "FY4": "A", "FY5": "a"})) == [("FY4", "a", "A"), ("FY5", "A", "a")]


@given(st.lists(st.lists(st.text(alphabet="aAb_ 1.é", min_size=1, max_size=4), unique=True, max_size=6), max_size=4))
def test_every_column_of_every_year_is_in_exactly_one_column_of_the_schema(years):
    names = {f"FY{number}": year for number, year in enumerate(years)}

    placed = [spelling for each in align(names) for spelling in each.columns.items()]

    assert sorted(placed) == sorted((year, name) for year, columns in names.items() for name in columns)
