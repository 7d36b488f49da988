from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_pipeline.profiling import dates
from rlm_pipeline.sources import dates as sources_dates

NO_DATES = [
    "2012-13-01",
    "2012-02-30",
    "2011-02-29",
    "2012-00-10",
    "13/13/2012",
    "10:58",
    "7:00:00 AM",
    "2012",
    "1.2.12",
    "2012-01/02",
    "5-6-07",
    "10/Oct/2000:13:55:36 maybe",
    "12-34",
    "2012-03-09 maybe",
    "call 2012-03-09",
    "20121301",
    "9 Smarch 2012",
    "1/2/012",
    "",
]

WRITTEN = ("3/4/2012", "25/4/2012", "4/25/2012", "20120304", "01.02.12", "x")


def read(*values: str) -> list[date | None]:
    return parsed(*values)["date"].to_list()


def parsed(*values: str) -> pl.DataFrame:
    return dates.parse(pl.DataFrame({"column": [0] * len(values), "value": values, "count": [1] * len(values)}))


@pytest.mark.parametrize(
    ("written", "date_format"),
    [
        ("2012-03-09", "YYYY-MM-DD"),
        ("2012/3/9", "YYYY/MM/DD"),
        ("2012-03-09 00:00:00", "YYYY-MM-DD hh:mm"),
        ("2012-03-09T10:58:54.123Z", "YYYY-MM-DD hh:mm"),
        ("2012-03-09T10:58:54+02:00", "YYYY-MM-DD hh:mm"),
        ("3/9/2012", "M/D/YYYY"),
        ("03/09/12 00:00:00", "M/D/YY hh:mm"),
        ("03/09/2012 10:58:54 AM", "M/D/YYYY hh:mm"),
        ("9.3.2012", "D.M.YYYY"),
        ("09-Mar-2012", "DD-Mon-YYYY"),
        ("9 march 2012", "DD-Mon-YYYY"),
        ("09-MAR-12", "DD-Mon-YYYY"),
        ("Mar 9, 2012", "Mon D, YYYY"),
        ("March 9 2012 4:00 pm", "Mon D, YYYY hh:mm"),
        ("20120309", "YYYYMMDD"),
        (" 2012-03-09 ", "YYYY-MM-DD"),
        ("09/Mar/2012:13:55:36 +0000", "DD-Mon-YYYY hh:mm"),
        ("Fri, 09 Mar 2012 13:55:36 GMT", "DD-Mon-YYYY hh:mm"),
        ("Friday, March 9, 2012", "Mon D, YYYY"),
        ("Fri Mar  9 13:55:36 2012", "Mon D YYYY hh:mm"),
        ("2012-03-09 10:58 PM EST", "YYYY-MM-DD hh:mm"),
        ("09.03.12", "D.M.YY"),
    ],
)
def test_the_formats_of_exports_are_read(written, date_format):
    assert parsed(written).row(0)[:2] == (date(2012, 3, 9), date_format)


@pytest.mark.parametrize(
    "written",
    NO_DATES,
)
def test_what_is_not_a_day_of_the_calendar_is_not_a_date(written):
    assert read(written) == [None]


def test_a_leap_day_exists_in_leap_years_only():
    assert read("2012-02-29", "2000-02-29", "1900-02-29") == [date(2012, 2, 29), date(2000, 2, 29), None]


def test_a_value_that_can_only_be_read_one_way_decides_the_order_of_the_column():
    assert read("3/4/2012", "25/4/2012") == [date(2012, 4, 3), date(2012, 4, 25)]
    assert read("3/4/2012", "4/25/2012") == [date(2012, 3, 4), date(2012, 4, 25)]


def test_without_evidence_the_month_comes_first_after_a_slash():
    assert read("3/4/2012") == [date(2012, 3, 4)]


def test_a_value_that_contradicts_its_columns_order_is_not_a_date():
    values = pl.DataFrame({"column": 0, "value": ["25/4/2012", "4/26/2012"], "count": [9, 1]})

    assert dates.parse(values)["date"].to_list() == [date(2012, 4, 25), None]


def test_the_order_is_decided_per_column():
    values = pl.DataFrame({"column": [0, 1, 1], "value": ["3/4/2012", "3/4/2012", "25/4/2012"], "count": 1})

    assert dates.parse(values)["date"].to_list() == [date(2012, 3, 4), date(2012, 4, 3), date(2012, 4, 25)]


def test_eight_digits_are_dates_only_where_every_value_is_one():
    assert read("20120309", "20120310") == [date(2012, 3, 9), date(2012, 3, 10)]
    assert read("20120309", "20129999") == [None, None]
    assert read("20120309", "7") == [None, None]


def test_two_digit_years_are_1969_to_2068():
    assert read("1/31/69", "1/31/68") == [date(1969, 1, 31), date(2068, 1, 31)]


def test_two_digits_between_points_are_dates_only_where_every_value_is():
    assert read("25.03.12", "26.03.12") == [date(2012, 3, 25), date(2012, 3, 26)]
    assert read("25.03.12", "1.2") == [None, None]


def test_a_value_whose_day_and_month_could_change_places_is_marked():
    found = parsed("3/4/2012", "25/4/2012", "5/5/2012", "2012-03-04")

    assert found["date_ambiguous"].to_list() == [True, False, False, False]
    assert found["date_proves"].to_list() == [False, True, False, False]


@pytest.mark.parametrize(
    ("formats", "ambiguous", "proved", "expected"),
    [
        ({}, 0, 0, ""),
        ({"M/D/YYYY": 3}, 2, 0, "ambiguous"),
        ({"M/D/YYYY": 3}, 2, 1, "month first"),
        ({"D.M.YYYY": 3}, 0, 3, "day first"),
        ({"YYYY-MM-DD": 2, "M/D/YYYY": 1}, 1, 0, "year first"),
        ({"DD-Mon-YYYY": 2}, 0, 0, "day first"),
        ({"Mon D, YYYY": 2}, 0, 0, "month first"),
        ({"epoch seconds": 2}, 0, 0, ""),
    ],
)
def test_the_order_of_a_column_is_that_of_most_of_its_dates(formats, ambiguous, proved, expected):
    assert dates.order_of(formats, ambiguous=ambiguous, proved=proved) == expected


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(WRITTEN), st.integers(1, 5), min_size=1), st.integers(0, 6))
def test_what_parts_of_a_column_say_adds_up_to_what_the_whole_says(counts, cut):
    whole = pl.DataFrame({"column": 0, "value": list(counts), "count": list(counts.values())})
    known = dates.evidence(whole[:cut]).plus(dates.evidence(whole[cut:]))

    parts = [dates.parse(part, settled=known) for part in (whole[:cut], whole[cut:])]

    assert pl.concat(parts).equals(dates.parse(whole))


YEARS_BOTH_READ = {"min_value": date(1969, 1, 1), "max_value": date(2068, 12, 31)}
PATTERNS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%m/%d/%Y", "%m/%d/%y", "%d.%m.%Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y",
    "%Y-%m-%dT%H:%M:%S", "%m/%d/%Y %I:%M %p", "%d-%b-%y",
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.dates(**YEARS_BOTH_READ), min_size=1, max_size=20, unique=True), st.sampled_from(PATTERNS))
def test_the_profile_reads_a_column_as_the_partitions_by_fiscal_year_do(days, pattern):
    written = list(dict.fromkeys(day.strftime(pattern) for day in days))
    census = sources_dates.DateCensus(1)
    for value in written:
        census.add(value)
    day_first = census.order().day_first

    keys = [sources_dates.key_of_value(value, 1, day_first=day_first) for value in written]

    assert [f"FY{day.year}" if day else "undated" for day in read(*written)] == keys


@given(
    st.dates(min_value=date(1000, 1, 1)),
    st.sampled_from(["%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT00:00:00Z", "%d-%b-%Y", "%b %d, %Y"]),
)
def test_every_day_is_read_back_from_an_unambiguous_format(day, pattern):
    assert read(day.strftime(pattern)) == [day]


@settings(deadline=None)
@given(st.lists(st.text(alphabet="0123456789-/. :TAMJanmry", max_size=20), min_size=1, max_size=20))
def test_any_text_is_read_without_failing(values):
    assert len(read(*values)) == len(values)
