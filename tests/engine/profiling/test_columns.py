import random
from collections import Counter
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rlm_pipeline.errors import NotMaterialised
from rlm_pipeline.model import LINE, PROFILE_SCHEMA, ROW, SOURCE
from rlm_pipeline.profiling import columns, distinct
from tests.engine.profiling.stored import config_with, put, roles, store_in

DATA = Path(__file__).parents[4] / "shared" / "data"


def profile(tmp_path: Path, config=None, **sources) -> dict[str, dict]:
    store = store_in(tmp_path)
    put(store, "FY2012", **sources)
    return {row["column"]: row for row in columns.materialise(store, config or config_with(), "FY2012").to_dicts()}


def test_the_profile_is_stored_as_the_contract_says(tmp_path):
    store = store_in(tmp_path)
    put(store, "FY2012", desk={"a": ["1", None, "x"], "b": [None, None, None]})

    returned = columns.materialise(store, config_with(), "FY2012")

    assert returned.schema == PROFILE_SCHEMA
    assert pl.read_parquet(store.profile_path("FY2012")).equals(returned)


def test_counts_are_exact_and_sorted(tmp_path):
    found = profile(tmp_path, desk={"state": ["TX", "CA", None, "TX", "AZ", "CA", "TX", "TX"]})["state"]

    assert (found["records"], found["non_null"], found["distinct"]) == (8, 7, 3)
    assert [(each["value"], each["count"]) for each in found["value_counts"]] == [("TX", 4), ("CA", 2), ("AZ", 1)]
    assert found["counts_complete"]
    assert found["id_likeness"] == pytest.approx(3 / 7)


def test_many_values_keep_the_twenty_most_frequent_then_smallest(tmp_path):
    values = [f"v{number:02d}" for number in range(70)] + ["v69", "v05"]

    found = profile(tmp_path, desk={"code": values})["code"]

    assert not found["counts_complete"]
    assert [each["value"] for each in found["value_counts"]] == [
        "v05",
        "v69",
        *(f"v{n:02d}" for n in range(19) if n != 5),
    ]
    assert found["distinct"] == 70


def test_sixty_four_values_are_kept_whole(tmp_path):
    found = profile(tmp_path, desk={"code": [f"v{number}" for number in range(64)] * 3})["code"]

    assert found["counts_complete"]
    assert len(found["value_counts"]) == 64


def test_of_text_only_a_few_short_values_are_kept(tmp_path):
    short = [f"The printer on floor {number} is not working and he waits" for number in range(30)]
    texts = ["The long story of it is this. " * 20] * 9 + short

    found = profile(tmp_path, desk={"note": texts})["note"]

    assert found["kind"] == "text"
    assert len(found["value_counts"]) == 5
    assert max(len(each["value"]) for each in found["value_counts"]) <= 200
    assert not found["counts_complete"]


def test_lengths_are_characters_and_words_are_separated_by_white_space(tmp_path):
    found = profile(tmp_path, desk={"name": ["é", "né\u0301e 🙂", "one two three", "a  b"]})["name"]

    assert (found["length_min"], found["length_max"], found["length_median"]) == (1, 13, 5.0)
    assert found["words_median"] == 2.0


def test_numbers_have_statistics_over_records_not_over_distinct_values(tmp_path):
    found = profile(tmp_path, desk={"fee": ["1.5"] * 30 + ["2.5"] * 9 + ["10"]})["fee"]

    assert found["kind"] == "number"
    assert (found["minimum"], found["q25"], found["median"], found["q75"], found["maximum"]) == (
        1.5,
        1.5,
        1.5,
        1.75,
        10,
    )
    assert found["mean"] == pytest.approx((45 + 22.5 + 10) / 40)


def test_numbers_among_many_placeholders_still_have_statistics(tmp_path):
    found = profile(
        tmp_path, desk={"fee": ["n/a"] * 9 + ["1.5"], "day": ["-"] * 9 + ["2012-03-01"], "no": ["n/a", "-"] * 5}
    )

    assert (found["fee"]["kind"], found["fee"]["median"]) == ("number", 1.5)
    assert (found["day"]["kind"], found["day"]["date_min"]) == ("date", date(2012, 3, 1))
    assert (found["no"]["kind"], found["no"]["median"], found["no"]["date_min"]) == ("categorical", None, None)


def test_outliers_are_counted_exactly_and_the_farthest_are_listed_with_their_place(tmp_path):
    usual = [str(number) for number in range(100, 200)] * 3
    found = profile(tmp_path, desk={"n": ["9000", *usual, "-5000", *["700"] * 30, "9000"]})["n"]

    listed = [(each["value"], each["row"], each["line"]) for each in found["outliers"]]

    assert found["outlier_count"] == 33
    assert len(listed) == 20
    assert listed[:4] == [("9000", 1, 2), ("9000", 333, 334), ("-5000", 302, 303), ("700", 303, 304)]
    assert {each["source"] for each in found["outliers"]} == {"desk.csv"}


def test_the_share_of_the_most_frequent_value_is_of_all_records(tmp_path):
    found = profile(
        tmp_path,
        desk={
            "state": ["TX"] * 600 + ["CA"] * 200 + [None] * 200,
            "flag": ["0"] * 990 + ["1"] * 10,
            "tick": ["x"] * 12 + [None] * 988,
            "half": ["a", "b"] * 500,
        },
    )

    assert found["state"]["mode_share"] == pytest.approx(0.6)
    assert {name: row["near_constant"] for name, row in found.items()} == {
        "state": False, "flag": True, "tick": True, "half": False,
    }  # fmt: skip


def test_dates_have_their_range_and_usual_format(tmp_path):
    found = profile(tmp_path, desk={"opened": ["3/25/2012", "1/2/2011", "n/a", None, "12/31/2012"]})["opened"]

    assert found["kind"] == "date"
    assert (found["date_min"], found["date_max"]) == (date(2011, 1, 2), date(2012, 12, 31))
    assert (found["dates"], found["date_format"]) == (3, "M/D/YYYY")
    assert (found["date_order"], found["date_ambiguous"]) == ("month first", 1)
    assert found["date_formats"] == [{"value": "M/D/YYYY", "count": 3}]


def test_dates_that_nothing_settles_are_reported_as_ambiguous(tmp_path):
    found = profile(tmp_path, desk={"opened": ["3/4/2012", "1/2/2011", "5/5/2012"], "iso": ["2012-03-04"] * 3})

    assert (found["opened"]["date_order"], found["opened"]["date_ambiguous"]) == ("ambiguous", 2)
    assert (found["iso"]["date_order"], found["iso"]["date_ambiguous"]) == ("year first", 0)


def test_a_column_in_one_unit_is_a_number_with_that_unit_and_mixed_units_stay_text(tmp_path):
    found = profile(
        tmp_path,
        desk={
            "weight": [f"{number}.5 kg" for number in range(30)],
            "mixed": [f"{number}.5 {'kg' if number % 2 else 'lb'}" for number in range(30)],
        },
    )

    weight, mixed = found["weight"], found["mixed"]
    assert (weight["kind"], weight["unit"], weight["minimum"], weight["maximum"]) == ("number", "kg", 0.5, 29.5)
    assert (mixed["kind"], mixed["unit"], mixed["numeric"]) == ("string", "", 0)
    assert mixed["units"] == [{"value": "kg", "count": 15}, {"value": "lb", "count": 15}]


def test_ignored_columns_keep_their_place_and_counts_and_no_value(tmp_path):
    cells = {"ssn": ["123", None, "456"], "Home_Phone": ["1", "2", "3"], "state": ["TX", "TX", "CA"]}

    found = profile(tmp_path, roles(ignore=("SSN", "*_phone")), desk=cells)

    for name, position, filled in (("ssn", 0, 2), ("Home_Phone", 1, 3)):
        row = found[name]
        assert (row["kind"], row["position"], row["records"], row["non_null"]) == ("ignored", position, 3, filled)
        assert {key for key, value in row.items() if value is not None} == {
            "column", "position", "kind", "records", "non_null",
        }  # fmt: skip
    assert found["state"]["distinct"] == 2


def test_a_column_absent_from_one_source_is_empty_there(tmp_path):
    found = profile(tmp_path, a={"x": ["1", "2"], "y": ["p", "q"]}, b={"y": ["p"], "z": ["k"]})

    assert [(name, row["position"]) for name, row in found.items()] == [("x", 0), ("y", 1), ("z", 1)]
    assert {name: (row["records"], row["non_null"]) for name, row in found.items()} == {
        "x": (3, 2),
        "y": (3, 3),
        "z": (3, 1),
    }


def test_column_names_that_look_like_patterns_are_only_names(tmp_path):
    cells = {"^.*$": ["a", "b"], "*": ["1", "2"], "a: {}": ["x", None], "value": ["v", "v"], "count": ["c", None]}

    found = profile(tmp_path, desk=cells)

    assert list(found) == list(cells)
    assert found["*"]["numeric"] == 2
    assert found["value"]["kind"] == "constant"


def test_a_partition_without_records_has_empty_columns(tmp_path):
    found = profile(tmp_path, desk=pl.DataFrame(schema={"a": pl.String, "b": pl.String}))

    assert [(row["kind"], row["records"]) for row in found.values()] == [("empty", 0), ("empty", 0)]


def test_without_records_files_it_says_what_to_run(tmp_path):
    with pytest.raises(NotMaterialised, match="raw_file"):
        columns.materialise(store_in(tmp_path), config_with(), "FY2012")


@pytest.mark.parametrize("bound", ["CELLS_PER_BATCH", "BYTES_PER_BATCH"])
def test_batches_of_any_size_give_the_same_bytes(tmp_path, monkeypatch, bound):
    draw = random.Random(1)
    cells = {
        f"c{place}": [draw.choice(["1", "22", "x y", "2012-01-01", None]) for _ in range(50)] for place in range(30)
    }
    store = store_in(tmp_path)
    put(store, "FY2012", desk=cells)
    columns.materialise(store, config_with(), "FY2012")
    whole = store.profile_path("FY2012").read_bytes()

    monkeypatch.setattr(distinct, bound, 130)
    columns.materialise(store, config_with(), "FY2012")

    assert store.profile_path("FY2012").read_bytes() == whole


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.none(), st.text(min_size=1), st.sampled_from("ab17")), min_size=1, max_size=60))
def test_any_cells_are_counted_as_python_counts_them(tmp_path, values):
    found = profile(tmp_path, desk={"c": pl.Series(values, dtype=pl.String), "d": ["x"] * len(values)})["c"]

    filled = [value for value in values if value is not None]
    counts = Counter(filled)

    assert (found["non_null"], found["distinct"]) == (len(filled), len(counts))
    if found["counts_complete"]:
        assert {each["value"]: each["count"] for each in found["value_counts"]} == counts
    if filled:
        assert (found["length_min"], found["length_max"]) == (min(map(len, filled)), max(map(len, filled)))


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (
            "msha-injuries/msha_fy2010.csv.gz",
            {"NARRATIVE": "text", "INJ_BODY_PART": "categorical", "ACCIDENT_DT": "date", "MINE_ID": "integer"},
        ),
        (
            "faa-birdstrikes/birds.csv.gz",
            {"remarks": "text", "species": "categorical", "date": "date", "rownames": "identifier", "height": "number"},
        ),
        (
            "h2b-fy/h2b_fy2015.csv.gz",
            {
                "EMPLOYER_NAME": "string", "EMPLOYER_ADDRESS1": "string", "EMPLOYER_ADDRESS2": "string",
                "LAWFIRM_NAME": "string", "JOB_TITLE": "string", "SWA_NAME": "string", "SOC_TITLE": "categorical",
                "CASE_NUMBER": "identifier", "VISA_CLASS": "constant", "EMPLOYER_PHONE": "empty",
                "EMPLOYER_POSTAL_CODE": "string", "PREVAILING_WAGE": "number", "JOB_START_DATE": "date",
            },
        ),
    ],
)  # fmt: skip
def test_kinds_on_real_records(tmp_path, file, expected):
    if not (DATA / file).exists():
        pytest.skip(f"real records are not beside the repository: {DATA / file}")
    records = pl.read_csv(DATA / file, infer_schema=False).with_columns(pl.all().replace("", None))

    found = profile(tmp_path, real=records)

    assert {name: found[name]["kind"] for name in expected} == expected
    assert {SOURCE, ROW, LINE}.isdisjoint(found)
