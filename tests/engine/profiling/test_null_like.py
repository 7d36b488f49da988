from pathlib import Path

import polars as pl
import pytest

from rlm_pipeline.profiling import columns
from tests.engine.profiling.stored import config_with, put, store_in

DATA = Path(__file__).parents[4] / "shared" / "data"

COUNTRIES = [
    "AD", "AE", "AF", "AG", "AL", "AM", "AO", "AR", "AT", "AU", "AZ", "BA", "BB", "BD", "BE", "BF", "BG", "BH",
    "BI", "BJ", "BN", "BO", "BR", "BS", "BW", "BY", "BZ", "CA", "CD", "CF", "CG", "CH", "CI", "CL", "CM", "CN",
    "CO", "CR", "CU", "CY", "CZ", "DE", "DJ", "DK", "DO", "DZ", "EC", "EE", "EG", "ES", "ET", "FI", "FJ", "FR",
    "GA", "GB", "GE", "GH", "GM", "GN", "GR", "GT",
]  # fmt: skip
HOURS = [str(hour) for hour in range(24)] * 20


def null_like(tmp_path: Path, **cells) -> dict[str, dict[str, int]]:
    """Column -> the values that stand for nothing -> records."""
    store = store_in(tmp_path)
    longest = max(map(len, cells.values()))
    filled = {name: [*values, *[None] * (longest - len(values))] for name, values in cells.items()}
    put(store, "all", desk=filled)
    rows = columns.materialise(store, config_with(), "all").to_dicts()
    return {row["column"]: {each["value"]: each["count"] for each in row["null_like"]} for row in rows}


def of(tmp_path: Path, values: list[str]) -> dict[str, int]:
    return null_like(tmp_path, column=values)["column"]


def test_words_that_can_mean_nothing_else_stand_for_nothing(tmp_path):
    values = ["north", "south", "N/A", "null", "Unknown", "-", " ", "unspecified", "(none)"]

    assert set(of(tmp_path, values)) == set(values[2:])


@pytest.mark.parametrize("word", ["NA", "None", "nil", "-", "x", "?", "missing"])
def test_any_such_word_among_numbers_or_dates_stands_for_nothing(tmp_path, word):
    days = [f"2012-03-{day:02d}" for day in range(1, 29)]

    found = null_like(tmp_path, n=[*map(str, range(40)), word], day=[*days, word])

    assert found == {"n": {word: 1}, "day": {word: 1}}


def test_na_is_namibia_among_codes_of_countries_and_nothing_among_codes_of_states(tmp_path):
    states = ["TX", "CA", "AZ", "NY", "FL", "WA", "OR"] * 10

    found = null_like(tmp_path, country=[*COUNTRIES * 3, "NA"], state=[*states, "NA"])

    assert found == {"country": {}, "state": {"NA": 1}}


def test_none_is_a_name_among_names_and_an_answer_among_answers(tmp_path):
    names = [f"Name {chr(65 + n % 26)}{n}" for n in range(200)]

    found = null_like(tmp_path, surname=[*names, "None", "None"], grade=["A", "B", "C", "NA"] * 30)

    assert found == {"surname": {}, "grade": {}}


def test_an_unclear_word_stands_for_nothing_beside_a_clear_one_or_where_it_is_far_more_frequent(tmp_path):
    names = [f"Street {n}" for n in range(200)]

    found = null_like(tmp_path, city=["Rome", "none", "N/A", "Bonn"], street=[*names, *["NA"] * 300])

    assert found == {"city": {"N/A": 1, "none": 1}, "street": {"NA": 300}}


def test_an_unclear_word_is_settled_by_what_it_is_in_other_columns_of_the_same_records(tmp_path):
    answers = ["yes", "no", "NA"] * 30

    assert of(tmp_path / "alone", answers) == {}
    assert null_like(tmp_path / "with", answer=answers, n=[*map(str, range(89)), "NA"]) == {
        "answer": {"NA": 30},
        "n": {"NA": 1},
    }


def test_signs_among_signs_are_values(tmp_path):
    assert of(tmp_path, ["+", "-", "+", "-"]) == {}


def test_nines_far_from_the_other_numbers_stand_for_nothing(tmp_path):
    found = null_like(
        tmp_path,
        hour=[*HOURS, *["99"] * 5, *["88"] * 4],
        count=[*map(str, range(1, 51)), "9999"],
        latitude=[*(f"{19 + n / 10}" for n in range(400)), "88.8888", "99.9999"],
        flag=[*["0", "1"] * 50, *["9"] * 7],
    )

    assert found == {
        "hour": {"99": 5, "88": 4},
        "count": {"9999": 1},
        "latitude": {"88.8888": 1, "99.9999": 1},
        "flag": {"9": 7},
    }


@pytest.mark.parametrize(
    "values",
    [
        [*map(str, range(100)), *["99"] * 60],
        [*HOURS, "99"],
        [*(str(n) for n in range(0, 90, 7)), *["99"] * 5],
        ["1", "2", "3", "4", "5"] * 9 + ["9"] * 5,
        ["1", "0", "-1"] * 20,
        [*map(str, range(-5, 50)), *["-1"] * 30],
        [*(str(n * n) for n in range(120)), "9999"],
        ["99", "999"],
    ],
)
def test_nines_among_their_likes_are_numbers(tmp_path, values):
    assert of(tmp_path, values) == {}


def test_nines_that_end_as_other_numbers_do_are_prices(tmp_path):
    prices = ["4.99", "9.99", "14.5", "19.99", "49.99", "99.99"] * 20
    whole = ["99", "149", "199", "249", "399", "999"] * 20
    rain = [f"{n % 300 / 100:.2f}" for n in range(0, 3000, 7)]

    found = null_like(tmp_path, price=prices, whole=whole, rain=[*rain, *["99.99"] * 9], year=["2019", "9999"] * 20)

    assert found == {"price": {}, "whole": {}, "rain": {"99.99": 9}, "year": {"9999": 20}}


def test_minus_one_stands_for_nothing_where_no_other_number_is_negative(tmp_path):
    assert of(tmp_path, [*map(str, range(50)), *["-1"] * 5]) == {"-1": 5}


def test_nines_at_the_end_of_the_range_are_told_by_how_often_they_occur(tmp_path):
    places = [str(n) for n in range(0, 99_991, 30)]

    assert of(tmp_path, [*places, "99990", *["99998"] * 40, *["99999"] * 300]) == {"99998": 40, "99999": 300}


def test_days_that_programs_write_for_no_date_stand_for_nothing_far_from_the_other_dates(tmp_path):
    days = [f"2012-{month:02d}-{day:02d}" for month in range(1, 13) for day in range(1, 29)]
    births = [f"{year}-03-0{year % 9 + 1}" for year in range(1905, 2005)]

    found = null_like(
        tmp_path,
        opened=[*days, "1900-01-01", "9999-12-31"],
        born=[*births, "1900-01-01"],
        us=["3/4/2012", "01/01/1800"],
    )

    assert found == {"opened": {"1900-01-01": 1, "9999-12-31": 1}, "born": {}, "us": {"01/01/1800": 1}}


def test_one_digit_throughout_stands_for_nothing_among_codes_where_it_is_frequent(tmp_path):
    codes = [f"{n:06d}K" for n in range(500)]

    assert of(tmp_path, [*codes, *["0000000"] * 50, *["9999999"] * 12, "00000"]) == {"0000000": 50, "9999999": 12}


def test_statistics_are_of_real_values_and_counts_of_what_is_written(tmp_path):
    store = store_in(tmp_path)
    days = [f"2012-03-{day:02d}" for day in range(1, 29)] * 20
    put(store, "all", desk={"hour": [*HOURS, *["99"] * 78, "n/a", None], "day": [*days[:559], "9999-12-31"]})

    hour, day = columns.materialise(store, config_with(), "all").to_dicts()

    assert (hour["non_null"], hour["numeric"], hour["distinct"], hour["missing"]) == (559, 558, 26, 80)
    assert (hour["minimum"], hour["maximum"], hour["mean"], hour["outlier_count"]) == (0, 23, 11.5, 0)
    assert (day["dates"], day["date_max"].isoformat()) == (560, "2012-03-28")


FARS_2013 = {
    "CITY": {"9997", "9999"}, "HOUR": {"99"}, "MINUTE": {"99"}, "NHS": {"9"}, "ROAD_FNC": {"99"}, "TWAY_ID2": {"NA"},
    "MILEPT": {"99998", "99999"}, "LATITUDE": {"77.7777", "88.8888", "99.9999"},
    "LONGITUD": {"777.7777", "888.8888", "999.9999"}, "HARM_EV": {"99"}, "MAN_COLL": {"98", "99"}, "RELJCT1": {"8"},
    "RELJCT2": {"98", "99"}, "TYP_INT": {"98", "99"}, "REL_ROAD": {"98", "99"}, "WEATHER1": {"98", "99"},
    "WEATHER": {"98", "99"}, "RAIL": {"0000000", "9999999"}, "NOT_HOUR": {"88", "99"}, "NOT_MIN": {"88", "98", "99"},
    "ARR_HOUR": {"88", "99"}, "ARR_MIN": {"88", "97", "98", "99"}, "HOSP_HR": {"88", "99"},
    "HOSP_MN": {"88", "96", "97", "98", "99"}, "CF1": {"99"}, "CF2": {"99"}, "CF3": {"99"},
}  # fmt: skip
"""Checked by hand against the values of the file; other columns have none that their values prove."""


def test_the_sentinels_of_the_traffic_accidents_are_found_and_no_other(tmp_path):
    file = DATA / "fars-accidents" / "accident_2013.csv.gz"
    if not file.exists():
        pytest.skip(f"real records are not beside the repository: {file}")
    records = pl.read_csv(file, infer_schema=False, null_values=[""])

    found = null_like(tmp_path, **{name: records[name].to_list() for name in records.columns})

    assert {name: set(values) for name, values in found.items() if values} == FARS_2013


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (
            "h2b-fy/h2b_fy2016.csv.gz",
            {"EDUCATION_LEVEL": set(), "LAWFIRM_NAME": {"N/A", "n/a"}, "SECOND_DIPLOMA_MAJOR": {"n/a"},
             "EMPLOYER_STATE": set(), "NBR_WORKERS_REQUESTED": set()},
        ),
        (
            "nyc311-drift/nyc311_2014-2019.csv",
            {"Borough": {"Unspecified"}, "Descriptor": {"N/A"}, "Open Data Channel Type": {"UNKNOWN"}, "Agency": set()},
        ),
        (
            "msha-injuries/msha_fy2010.csv.gz",
            {"MINE_ID": set(), "FIPS_STATE_CD": set(), "INJ_BODY_PART_CD": set(), "ACCIDENT_DT": set()},
        ),
    ],
)  # fmt: skip
def test_what_stands_for_nothing_in_real_records(tmp_path, file, expected):
    if not (DATA / file).exists():
        pytest.skip(f"real records are not beside the repository: {DATA / file}")
    records = pl.read_csv(DATA / file, infer_schema=False, null_values=[""])
    chosen = [name for name in expected if name in records.columns]

    found = null_like(tmp_path, **{name: records[name].to_list() for name in chosen})

    assert len(chosen) >= len(expected) - 1
    assert {name: set(found[name]) for name in chosen} == {name: expected[name] for name in chosen}
