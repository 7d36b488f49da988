import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_pipeline.profiling import numbers

NO_NUMBERS = [
    "007",
    "00",
    "-01",
    "inf",
    "nan",
    "NaN",
    "0x1f",
    "1_000",
    "5 things",
    "12%%",
    "kg 5",
    "(1,234.50)",
    "1e400",
    "--1",
    "-",
    ".",
    "1.2.3",
    "12,5",
    "1,2345",
    "12,34,567",
    "\u0661",
    "\uff11",
    "",
]

WRITTEN = ("1,234", "12,5", "0,25", "3,75", "1,2,3", "1,234,567", "5 kg", "6 lb", "7")


def read(*values: str) -> list[float | None]:
    return numbers.parse(pl.DataFrame({"column": [0] * len(values), "value": values}))["number"].to_list()


@pytest.mark.parametrize(
    ("written", "number"),
    [("12", 12), ("-3", -3), ("+4", 4), ("0", 0), ("0.5", 0.5), (".5", 0.5), ("5.", 5), ("1.7e+04", 17000), (" 8 ", 8)],
)
def test_plain_digits_are_numbers(written, number):
    assert read(written) == [number]


@pytest.mark.parametrize(
    "written",
    NO_NUMBERS,
)
def test_codes_units_and_other_scripts_are_not_numbers(written):
    assert read(written) == [None]


@pytest.mark.parametrize(
    ("written", "number"),
    [("1,234,567", 1234567), ("1,234.50", 1234.5), ("$12.50", 12.5), ("£1,234", 1234), ("-$3", -3), ("€7", 7)],
)
def test_commas_and_currency_signs_count_where_they_can_mean_one_thing_only(written, number):
    assert read(written) == [number]


def test_a_single_group_is_a_number_only_where_the_column_settles_what_a_comma_means():
    assert read("1,234", "5,678") == [None, None]
    assert read("1,234", "1,234,567") == [1234, 1234567]
    assert read("1,234", "1,234.5", "12,5") == [None, 1234.5, None]


def test_commas_are_decimal_where_three_values_can_be_nothing_else():
    assert read("12,5", "0,25", "1.234,50", "1,234") == [12.5, 0.25, 1234.5, 1.234]
    assert read("12,5", "0,25", "1,234") == [None, None, None]
    assert read("12,5", "0,25", "3,75", "1,234,567") == [None, None, None, 1234567]


def test_a_value_with_a_unit_is_a_number_where_the_column_is_in_that_unit():
    assert read("12%", "5 %", "7.5%") == [12, 5, 7.5]
    assert read("5 kg", "6 kg", "7 lb") == [None, None, None]
    assert read("20 °C", "-3.5 °C") == [20, -3.5]
    assert read("12,50 €", "3,75 €", "1.000,25 €") == [12.5, 3.75, 1000.25]


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(WRITTEN), st.integers(1, 40), min_size=1), st.integers(0, 9))
def test_what_parts_of_a_column_say_adds_up_to_what_the_whole_says(counts, cut):
    whole = pl.DataFrame({"column": 0, "value": list(counts), "count": list(counts.values())})
    known = numbers.evidence(whole[:cut]).plus(numbers.evidence(whole[cut:]))

    parts = [numbers.parse(part, known) for part in (whole[:cut], whole[cut:])]

    assert pl.concat(parts).equals(numbers.parse(whole))


def test_one_columns_commas_say_nothing_about_another_columns():
    parsed = numbers.parse(pl.DataFrame({"column": [0, 1], "value": ["1,234", "1,234,567"]}))

    assert parsed["number"].to_list() == [None, 1234567]


def test_whole_numbers_and_zero_led_digits_are_marked():
    parsed = numbers.parse(pl.DataFrame({"column": 0, "value": ["4", "4.0", "1,234,567", "0042", "x"]}))

    assert parsed["whole"].to_list() == [True, False, True, True, False]
    assert parsed["zero_led"].to_list() == [False, False, False, True, False]


@given(st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(10**15), 10**15)))
def test_every_number_python_writes_is_read_back(number):
    assert read(str(number)) == [number]


@given(st.lists(st.text(), min_size=1, max_size=20))
def test_any_text_is_read_as_a_finite_number_or_not_at_all(values):
    found = read(*values)

    assert len(found) == len(values)
    assert all(number is None or math.isfinite(number) for number in found)
