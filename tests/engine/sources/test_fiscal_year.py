import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.errors import QueryError, SourceError
from rlm_pipeline.sources.fiscal_year import key_of_date, key_of_name, normalise_partition


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("2012", "FY2012"),
        ("fy2012", "FY2012"),
        ("FY2012", "FY2012"),
        ("12", "FY2012"),
        ("fy98", "FY1998"),
        ("all", "all"),
        ("ALL", "all"),
        ("undated", "undated"),
    ],
)
def test_what_a_person_types_becomes_the_partition_key(typed, key):
    assert normalise_partition(typed) == key


@pytest.mark.parametrize("typed", ["", "20x2", "20123", "FY", "year 2012", "\uff12\uff10\uff11\uff12"])
def test_what_is_no_year_is_refused_with_an_example(typed):
    with pytest.raises(QueryError, match="FY2012"):
        normalise_partition(typed)


@pytest.mark.parametrize(
    ("name", "pattern", "key"),
    [
        ("msha_fy2012.csv.gz", r"fy(?P<year>\d{4})", "FY2012"),
        ("h2b-12.csv", r"-(?P<year>\d\d)\.", "FY2012"),
        ("export_99.tsv", r"_(?P<year>\d\d)", "FY1999"),
        ("2012_tickets.csv", r"^(?P<year>\d+)", "FY2012"),
    ],
)
def test_the_year_is_read_from_the_file_name(name, pattern, key):
    assert key_of_name(name, pattern) == key


def test_a_file_the_pattern_does_not_match_is_named_with_the_pattern():
    with pytest.raises(SourceError) as error:
        key_of_name("notes.csv", r"fy(?P<year>\d{4})")

    assert "notes.csv" in str(error.value)
    assert r"fy(?P<year>\\d{4})" in str(error.value)


@pytest.mark.parametrize("name", ["fy201.csv", "fyabcd.csv"])
def test_a_captured_year_that_is_no_year_is_refused(name):
    with pytest.raises(SourceError, match="two or four digits"):
        key_of_name(name, r"fy(?P<year>\w+)\.")


def test_an_optional_year_that_is_absent_is_refused():
    with pytest.raises(SourceError, match="no fiscal year"):
        key_of_name("fy.csv", r"fy(?P<year>\d{4})?")


@pytest.mark.parametrize(
    ("day", "first_month", "key"),
    [
        (dt.date(2011, 10, 1), 10, "FY2012"),
        (dt.date(2012, 9, 30), 10, "FY2012"),
        (dt.date(2012, 10, 1), 10, "FY2013"),
        (dt.date(2012, 1, 1), 1, "FY2012"),
        (dt.date(2012, 12, 31), 1, "FY2012"),
        (dt.date(2012, 2, 1), 2, "FY2013"),
        (dt.date(2012, 1, 31), 2, "FY2012"),
    ],
)
def test_a_fiscal_year_is_named_after_the_calendar_year_it_ends_in(day, first_month, key):
    assert key_of_date(day, first_month) == key


@given(day=st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31)), first_month=st.integers(1, 12))
def test_every_day_is_in_the_fiscal_year_whose_bounds_enclose_it(day, first_month):
    year = int(key_of_date(day, first_month)[2:])

    start = dt.date(year - (first_month > 1), first_month, 1)
    end = dt.date(year + (first_month == 1), first_month, 1)
    assert start <= day < end
