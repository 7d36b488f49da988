"""Columns under other names, from records to schema."""

import random

import pytest

from rlm_pipeline import configuration
from rlm_pipeline.errors import ConfigurationError
from rlm_pipeline.profiling import columns, schema
from tests.engine.profiling.stored import Cells, put, roles, store_in

ROWS = 200
DRAW = random.Random(5)


def drawn(*values, rows=ROWS, weights=None):
    return DRAW.choices(values, weights=weights, k=rows)


def numbers(low, high, rows=ROWS):
    return [str(DRAW.randint(low, high)) for _ in range(rows)]


KEYS = [f"T-{number:05d}" for number in range(ROWS)]
COLOURS = ("red", "green", "blue", "amber")
TOWNS = ("Leeds", "York", "Hull", "Ripon", "Selby")


def made(tmp_path, config=None, **years: Cells) -> schema.Schema:
    config, store = config or roles(), store_in(tmp_path)
    for year, cells in years.items():
        put(store, year, desk=cells)
        columns.materialise(store, config, year)
    found = schema.materialise(store, config, tuple(years))
    assert schema.load(store) == found
    return found


def spelled(found):
    return [tuple(dict.fromkeys(column.columns.values())) for column in found.columns]


def year(**extra):
    return {"key": KEYS, "town": drawn(*TOWNS), **extra, "amount": numbers(100, 900)}


def test_a_rename_is_found_by_name_values_and_place(tmp_path):
    found = made(tmp_path, FY1=year(prio=drawn(*COLOURS)), FY2=year(priority_code=drawn(*COLOURS)))

    assert ("prio", "priority_code") in spelled(found)
    column = found.column("priority_code")
    assert column.confidence >= 0.7
    assert "names 0.69 alike" in column.evidence
    assert [change.kind for change in column.changes] == ["renamed"]
    assert found.written_as("priority_code", "FY1") == "prio"


def test_an_opaque_rename_is_found_by_values_that_no_other_column_has(tmp_path):
    found = made(tmp_path, FY1=year(shade=drawn(*COLOURS)), FY2=year(q17=drawn(*COLOURS)))

    assert ("shade", "q17") in spelled(found)


def test_a_column_is_found_again_after_years_without_it(tmp_path):
    found = made(
        tmp_path, FY1=year(empl_shade=drawn(*COLOURS)), FY2=year(), FY3=year(employer_shade=drawn(*COLOURS))
    )  # fmt: skip

    assert found.column("employer_shade").columns == {"FY1": "empl_shade", "FY3": "employer_shade"}


def test_a_name_that_comes_and_goes_is_one_chain(tmp_path):
    found = made(
        tmp_path,
        FY1=year(visa_class=drawn(*COLOURS)), FY2=year(visa_type=drawn(*COLOURS)), FY3=year(visa_class=drawn(*COLOURS)),
    )  # fmt: skip

    assert found.column("visa_class").columns == {"FY1": "visa_class", "FY2": "visa_type", "FY3": "visa_class"}


def test_columns_side_by_side_in_one_year_are_never_joined(tmp_path):
    shade = drawn(*COLOURS)
    found = made(tmp_path, FY1=year(shade=shade, shade_code=shade), FY2=year(shade=shade, shade_cd2=shade))

    assert not any({"shade", "shade_code"} <= set(names) for names in spelled(found))
    for column in found.columns:
        assert len(column.columns) == len(set(column.columns))


def test_a_dropped_and_an_added_column_are_not_a_rename(tmp_path):
    found = made(tmp_path, FY1=year(department=drawn(*COLOURS)), FY2=year(segment=drawn("gold", "silver", "bronze")))

    assert found.column("department").dropped == "FY1"
    assert found.column("segment").added == "FY2"
    assert {change.confidence for name in ("department", "segment") for change in found.column(name).changes} == {1.0}


def test_columns_of_one_common_value_set_are_not_joined_by_it(tmp_path):
    flags = {f"flag_{letter}": drawn("Y", "N") for letter in "abcdef"}

    found = made(tmp_path, FY1=year(**flags, gone=drawn("Y", "N")), FY2=year(**flags, fresh=drawn("Y", "N")))

    assert found.column("gone").dropped == "FY1"
    assert found.column("fresh").added == "FY2"


def test_a_start_is_not_the_end_of_another_year(tmp_path):
    found = made(tmp_path, FY1=year(valid_from=numbers(1, 9)), FY2=year(valid_to=numbers(1, 9)))

    assert ("valid_from", "valid_to") not in spelled(found)


def test_of_two_equal_rivals_none_is_applied_and_a_person_is_asked(tmp_path):
    rate = numbers(10, 99)
    found = made(tmp_path, FY1=year(rate=rate), FY2=year(base_rate=rate, other_rate=rate))

    assert found.column("rate").dropped == "FY1"
    asked = {(each.column, each.target) for each in found.unsure}
    assert asked == {("rate", "base_rate"), ("rate", "other_rate")}
    assert found.unsure[0].accept == '"rate": "base_rate"'
    assert found.unsure[0].refuse == '"rate": "rate"'
    change = found.column("rate").changes[0]
    assert (change.kind, change.confidence) == ("dropped", pytest.approx(1 - found.unsure[0].confidence))


def test_the_answer_of_a_person_is_applied_and_no_longer_asked(tmp_path):
    rate = numbers(10, 99)
    years = {"FY1": year(rate=rate), "FY2": year(base_rate=rate, other_rate=rate)}

    accepted = made(tmp_path, roles(rename={"rate": "base_rate"}), **years)

    assert accepted.column("base_rate").columns == {"FY1": "rate", "FY2": "base_rate"}
    assert accepted.column("base_rate").confidence == 1
    assert "columns.rename" in accepted.column("base_rate").evidence
    assert accepted.unsure == ()


def answered(tmp_path, *lines):
    """The configuration after a person put these lines below `columns: rename:`."""
    path = tmp_path / "desk.yaml"
    entries = "".join(f"    {line}\n" for line in lines)
    path.write_text(f"name: desk\nsource: desk.csv\ncolumns:\n  rename:\n{entries}", encoding="utf-8")
    return configuration.load(path)


def test_the_lines_that_are_offered_work_as_they_stand(tmp_path):
    rate, name = numbers(10, 99), "rate: 'q' \"#1\" {€}\\"
    years = {"FY1": year(**{name: rate}), "FY2": year(base_rate=rate, other_rate=rate)}
    asked = made(tmp_path, **years).unsure[0]

    accepted = made(tmp_path, answered(tmp_path, asked.accept), **years)
    refused = made(tmp_path, answered(tmp_path, asked.refuse), **years)

    assert accepted.column(asked.canonical).columns == {"FY1": name, "FY2": asked.target}
    assert (refused.column(name).dropped, refused.unsure) == ("FY1", ())


def test_an_answer_for_one_year_works_as_a_key_of_the_yaml(tmp_path):
    years = {"FY1": year(code=drawn(*COLOURS)), "FY2": year(code=numbers(1, 500), shade=drawn(*COLOURS))}

    found = made(tmp_path, answered(tmp_path, '"FY1:code": "shade"'), **years)

    assert found.column("shade").columns == {"FY1": "code", "FY2": "shade"}


def test_the_name_that_lasts_is_offered_for_one_that_was_there_in_between(tmp_path):
    letters = {f"flag_{letter}": drawn("Y", "N") for letter in "abcd"}
    between = year(**letters, employee_area=drawn("Y", "N", weights=[1, 3]))
    years = {each: year(**letters, worksite_area=drawn("Y", "N", weights=[1, 3])) for each in ("FY1", "FY3")} | {
        "FY2": between
    }

    (asked,) = made(tmp_path, **dict(sorted(years.items()))).unsure

    assert asked.accept == '"employee_area": "worksite_area"'
    assert asked.refuse == '"employee_area": "employee_area"'


def test_an_answer_stays_when_new_years_arrive(tmp_path):
    rate = numbers(10, 99)
    years = {"FY1": year(rate=rate), "FY2": year(base_rate=rate, other_rate=rate)}
    later = {"FY3": year(base_rate=rate, other_rate=rate), "FY4": year(base_rates=rate, other_rate=rate)}

    accepted = made(tmp_path, roles(rename={"rate": "base_rate"}), **years, **later)
    refused = made(tmp_path, roles(rename={"rate": "rate"}), **years, **later)

    spellings = {"FY1": "rate", "FY2": "base_rate", "FY3": "base_rate", "FY4": "base_rates"}
    assert accepted.column("base_rate").columns == spellings
    assert refused.column("rate").columns == {"FY1": "rate"}
    assert all(each.column != "rate" for each in refused.unsure)


def test_a_retyped_column_is_as_sure_as_its_values_changed(tmp_path):
    half = [*numbers(1, 900, ROWS // 2), *(f"see {number}" for number in range(ROWS // 2))]
    found = made(tmp_path, FY1=year(code=numbers(1, 900)), FY2=year(code=half))

    (change,) = found.column("code").changes

    assert (change.kind, change.confidence) == ("retyped", 0.5)
    assert change.evidence == "100% of the values were numbers, now 50%"


def test_a_column_mapped_to_itself_stays_apart(tmp_path):
    years = {"FY1": year(prio=drawn(*COLOURS)), "FY2": year(priority_code=drawn(*COLOURS))}

    refused = made(tmp_path, roles(rename={"prio": "prio"}), **years)

    assert refused.column("prio").dropped == "FY1"
    assert refused.column("priority_code").added == "FY2"
    assert refused.unsure == ()


def test_a_renamed_column_brings_its_other_spellings(tmp_path):
    shade = drawn(*COLOURS)
    years = {"FY1": year(**{"Old Shade": shade}), "FY2": year(old_shade=shade), "FY3": year(tint=numbers(1, 500))}

    found = made(tmp_path, roles(rename={"old_shade": "tint"}), **years)

    assert found.column("tint").columns == {"FY1": "Old Shade", "FY2": "old_shade", "FY3": "tint"}


def test_a_rename_may_be_for_one_year_alone(tmp_path):
    years = {"FY1": year(code=drawn(*COLOURS)), "FY2": year(code=numbers(1, 500), shade=drawn(*COLOURS))}

    found = made(tmp_path, roles(rename={"FY1:code": "shade"}), **years)

    assert found.column("shade").columns == {"FY1": "code", "FY2": "shade"}
    assert found.column("code").columns == {"FY2": "code"}
    assert (found.canonical("FY1", "code"), found.canonical("FY2", "code")) == ("shade", "code")


def test_a_new_canonical_name_can_be_given_and_used_for_a_role(tmp_path):
    config = roles(rename={"prio": "urgency", "priority_code": "urgency"}, id="urgency")
    found = made(tmp_path, config, FY1=year(prio=drawn(*COLOURS)), FY2=year(priority_code=drawn(*COLOURS)))

    assert found.column("urgency").columns == {"FY1": "prio", "FY2": "priority_code"}
    assert found.column("urgency").role == "id"


@pytest.mark.parametrize(
    ("rename", "message"),
    [
        ({"pryo": "priority"}, r"columns\.rename: no column 'pryo' in any partition; did you mean 'prio'"),
        ({"FY1:tonw": "place"}, "no column 'tonw' in FY1; did you mean 'town'"),
        ({"FY9:town": "place"}, "no column 'FY9:town' in any partition"),
        ({"town": "place", "prio": "place"}, "'town' and 'prio' of FY1 would both be 'place'"),
        ({"prio": "town"}, "'town' and 'prio' of FY1 would both be 'town'"),
    ],
)
def test_an_impossible_rename_is_an_error_that_says_why(tmp_path, rename, message):
    with pytest.raises(ConfigurationError, match=message):
        made(tmp_path, roles(rename=rename), FY1=year(prio=drawn(*COLOURS)), FY2=year())


def test_ignored_columns_are_not_matched(tmp_path):
    secret = drawn(*COLOURS)
    found = made(tmp_path, roles(ignore=("ssn",)), FY1=year(ssn=secret), FY2=year(ssn_number=secret))

    assert found.column("ssn").columns == {"FY1": "ssn"}
    assert found.column("ssn_number").role != "ignored"


def test_two_files_of_one_year_with_other_spellings_are_reported(tmp_path):
    store, config = store_in(tmp_path), roles()
    put(store, "FY1", north=year(prio=drawn(*COLOURS)), south=year(priority_code=drawn(*COLOURS)))
    columns.materialise(store, config, "FY1")

    found = schema.materialise(store, config, ("FY1",))

    (asked,) = found.unsure
    assert (asked.kind, asked.column, asked.target) == ("side by side", "prio", "priority_code")
    assert (asked.partition, asked.target_partition) == ("FY1", "FY1")
    assert asked.accept == asked.refuse == ""
    assert 0.45 <= asked.confidence < 1


def test_the_schema_does_not_depend_on_the_order_of_the_partitions(tmp_path):
    years = {"FY1": year(prio=drawn(*COLOURS)), "FY2": year(priority_code=drawn(*COLOURS)), "FY3": year(prio=KEYS)}
    made(tmp_path, **years)
    stored = store_in(tmp_path).schema_path.read_bytes()

    schema.materialise(store_in(tmp_path), roles(), ("FY3", "FY1", "FY2"))

    assert store_in(tmp_path).schema_path.read_bytes() == stored
