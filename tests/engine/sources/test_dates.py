import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.sources.dates import DateCensus, is_date, key_of_value

OCTOBER = 10


def key(value, *, day_first=False):
    return key_of_value(value, OCTOBER, day_first=day_first)


@pytest.mark.parametrize(
    "value",
    [
        "2011-10-01",
        "2011-10-01 00:00:00",
        "2011-10-01T08:30:00.123Z",
        "2011/10/1",
        "20111001",
        "10/1/2011",
        "10/01/2011 0:00:00",
        "10/1/11",
        "10/13/2011 11:59:59 PM",
        "13/10/2011",
        "01-OCT-2011",
        "1 October 2011",
        "Oct 1, 2011",
        " 2011-10-01 ",
        "2012",
        "FY2012",
        "fy 2012",
        "01/Oct/2011:13:55:36 -0700",
        "Sat Oct 01 04:47:44 2011",
        "Sat Oct  1 04:47:44 CEST 2011",
        "2011-10-01-15.42.50.675872",
        "2011-10-01 17:41:44,747",
        "20111001-22:15:29:606",
        "20111001T221529Z",
        "1317427200",
        "1317427200.123",
        "1317513599999",
    ],
)
def test_dates_as_exports_write_them_are_read(value):
    assert key(value) == "FY2012"


@pytest.mark.parametrize(
    "value",
    ["", "   ", "unknown", "2011-13-01", "2011-02-30", "31/31/2011", "0000-00-00", "9999-12-31", "1.5", "12:30",
     "10/1-2011", "2011-10-01 and later", "1 Octobre 2011", "20111301", "2011-10-01\n", "1" * 100_000,
     "2317427200", "131742720", "Sat Oct 01 2011 or so", "01/Oct/2011:13"],
)  # fmt: skip
def test_what_is_no_usable_date_is_undated(value):
    assert key(value) == ("FY2012" if value == "2011-10-01\n" else "undated")


def test_the_order_of_the_column_decides_an_ambiguous_value():
    assert key("9/10/2011") == "FY2011"
    assert key("9/10/2011", day_first=True) == "FY2012"


def test_a_value_that_allows_one_order_is_read_in_it_whatever_the_column_says():
    assert key("9/30/2011", day_first=True) == "FY2011"
    assert key("30/9/2011") == "FY2011"


def test_dots_put_the_day_first():
    assert key("01.10.2011") == "FY2012"


def test_unambiguous_values_settle_the_order_of_the_others():
    census = DateCensus(OCTOBER)
    for value in ("9/10/2011", "25/12/2011", "24/12/2011", "12/24/2011"):
        census.add(value)

    order = census.order()

    assert order.day_first
    assert order.evidence == "dates day first: 2 values allow no other order, 1 the opposite"
    assert census.records_by_key() == {"FY2012": 4}


def test_without_a_telling_value_the_month_comes_first_and_the_evidence_says_so():
    census = DateCensus(OCTOBER)
    for value in ("9/10/2011", "1/2/2012", "not a date"):
        census.add(value)

    assert not census.order().day_first
    assert "want of a value" in census.order().evidence
    assert census.records_by_key() == {"FY2011": 1, "FY2012": 1, "undated": 1}


def test_iso_dates_need_no_order_and_say_nothing_of_it():
    census = DateCensus(OCTOBER)
    census.add("2011-10-01")

    assert census.order().evidence == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [("2012-01-02", True), ("3/4/12", True), ("2012", False), ("1317427200", False), ("x", False)],
)
def test_a_plain_year_is_not_a_date_with_a_day(value, expected):
    assert is_date(value) is expected


FORMS = ("%Y-%m-%d", "%Y%m%d", "%d-%b-%Y", "%B %d, %Y", "%Y-%m-%dT%H:%M:%S")


@given(day=st.dates(dt.date(1900, 1, 1), dt.date(2068, 12, 31)), form=st.sampled_from(FORMS))
def test_every_unambiguous_form_of_a_day_is_in_the_same_year(day, form):
    expected = day.year + (day.month >= OCTOBER)

    assert key(day.strftime(form)) == f"FY{expected}"


@given(st.lists(st.dates(dt.date(1980, 1, 1), dt.date(2030, 12, 31)), min_size=1), st.booleans())
def test_a_column_written_in_one_order_is_read_in_it_when_any_value_tells(days, day_first):
    census = DateCensus(OCTOBER)
    for day in days:
        census.add(f"{day.day}/{day.month}/{day.year}" if day_first else f"{day.month}/{day.day}/{day.year} 0:00:00")

    if any(day.day > 12 for day in days):
        assert census.order().day_first is day_first
        expected = {f"FY{day.year + (day.month >= OCTOBER)}" for day in days}
        assert set(census.records_by_key()) == expected
    assert sum(census.records_by_key().values()) == len(days)


@given(st.text())
def test_any_text_is_a_year_or_undated(value):
    result = key(value)

    assert result == "undated" or (result.startswith("FY") and 1900 <= int(result[2:]) <= 2101)
