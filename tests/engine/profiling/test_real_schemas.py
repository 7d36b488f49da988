"""The schemas of real files that changed over the years: what is known is found, nothing else is joined."""

import re

import polars as pl
import pytest

from rlm_pipeline.evaluation.schema_score import score
from rlm_pipeline.model import SOURCE
from rlm_pipeline.profiling.matching.alignment import normalised
from tests.engine.profiling.real_schemas import ABSENT, DATA, h2b_fields, questions, unified

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=ABSENT)


def spellings(schema):
    return [list(column.columns.items()) for column in schema.columns]


def cells(store, schema, partition, canonical):
    written = schema.written_as(canonical, partition)
    return store.scan_records(partition).select(pl.col(written).alias(canonical)).collect()[canonical]


def rows_of(store, partition):
    return store.scan_records(partition).select(pl.len()).collect().item()


def most_frequent(values):
    return list(values.drop_nulls().value_counts().sort("count", descending=True).row(0))


@pytest.mark.parametrize("evident", [False, True])
def test_the_documented_correspondence_of_h2b_is_recovered(evident):
    _, schema = unified("h2b")
    written = spellings(schema)
    fields = h2b_fields([each for column in written for each in column], evident=evident)

    found = score(written, fields)

    assert found.f1 >= 0.9
    assert found.true > 2500


def test_columns_of_h2b_with_other_names_are_found_and_none_is_joined_falsely():
    _, schema = unified("h2b")
    written = spellings(schema)
    fields = h2b_fields([each for column in written for each in column], evident=True)

    found = score(written, fields, other_names=True)

    assert found.precision == 1
    assert found.recall >= 0.75


def test_every_column_of_every_h2b_year_is_in_the_schema_once_and_no_row_is_lost_or_doubled():
    store, schema = unified("h2b")

    assert len(schema.partitions) == 17
    for partition in schema.partitions:
        (source,) = store.manifest(partition).sources
        records = store.scan_records(partition).select("_row").collect()["_row"]
        placed = sorted(column.columns[partition] for column in schema.columns if partition in column.columns)
        assert placed == sorted(source.header)
        assert records.to_list() == list(range(1, source.rows + 1))
        assert source.quarantined == 0


STATE, STATUS, REQUESTED = "EMPLOYER_STATE", "CASE_STATUS", "NBR_WORKERS_REQUESTED"


def h2b_answer(question):  # noqa: PLR0911 - one return for each kind of question
    """The answer to a question about h2b by its words, from records and schema alone."""
    store, schema = unified("h2b")
    partition = next((f"FY{word}" for word in re.findall(r"\b\d{4}\b", question)), "")
    records = {each: rows_of(store, each) for each in schema.partitions}
    if "denied" in question:
        return cells(store, schema, partition, STATUS).str.to_lowercase().str.contains("denied").sum()
    if "state has most" in question:
        return most_frequent(cells(store, schema, partition, STATE))
    if "workers requested" in question:
        return cells(store, schema, partition, REQUESTED).cast(pl.Float64).sum()
    if "over all" in question:
        return sum(records.values())
    if "has the most records" in question:
        return int(max(records, key=records.__getitem__)[2:])
    if "are missing" in question:
        years = [int(each[2:]) for each in schema.partitions]
        return sorted(set(range(min(years), max(years))) - set(years))
    if "How many columns" in question:
        return {each[2:]: sum(each in column.columns for column in schema.columns) for each in schema.partitions}
    assert "How many case records" in question
    return records[partition]


def test_every_exact_question_about_h2b_is_answered_right():
    asked = questions("h2b-fy")

    answers = {each["qid"]: h2b_answer(each["question"]) for each in asked}

    assert len(asked) == 69
    assert answers == {each["qid"]: each["answer"] for each in asked}


def test_fars_replaces_a_column_by_two_and_adds_one():
    _, schema = unified("fars")

    assert [column.name for column in schema.columns if column.added == "FY2015"] == ["RUR_URB", "FUNC_SYS", "RD_OWNER"]
    assert [column.name for column in schema.columns if column.dropped == "FY2014"] == ["ROAD_FNC"]
    (split,) = schema.splits
    assert (split.kind, split.whole, split.before, split.after) == ("split", "ROAD_FNC", "FY2014", "FY2015")
    assert set(split.parts) == {"RUR_URB", "FUNC_SYS"}
    assert 0.5 < split.confidence < 0.9
    assert split.evidence


def test_fars_has_no_false_rename_and_nothing_to_ask():
    _, schema = unified("fars")

    assert not any(column.renamed for column in schema.columns)
    assert schema.unsure == ()
    assert len(schema.columns) == 53


def fars_answer(question):
    """The answer to a question about fars by its words, from records and schema alone."""
    store, schema = unified("fars")
    if "Which columns exist" in question:
        later, earlier = (f"FY{year}" for year in re.findall(r"\b\d{4}\b", question))
        return sorted(c.name for c in schema.columns if later in c.columns and earlier not in c.columns)
    partition = next(f"FY{year}" for year in re.findall(r"\b\d{4}\b", question))
    if "people died" in question:
        return cells(store, schema, partition, "FATALS").cast(pl.Int64).sum()
    if "drunk driver" in question:
        return (cells(store, schema, partition, "DRUNK_DR").cast(pl.Int64) > 0).sum()
    if "STATE code" in question:
        return most_frequent(cells(store, schema, partition, "STATE"))
    if "which month" in question:
        return int(most_frequent(cells(store, schema, partition, "MONTH"))[0])
    assert "How many fatal crashes" in question
    return rows_of(store, partition)


def test_every_exact_question_about_fars_is_answered_right():
    asked = questions("fars-accidents")

    answers = {each["qid"]: fars_answer(each["question"]) for each in asked}

    assert len(asked) == 17
    assert answers == {each["qid"]: each["answer"] for each in asked}


def test_nyc311_columns_are_followed_through_three_schemas_and_none_is_joined_falsely():
    _, schema = unified("nyc311")

    for column in schema.columns:
        assert len({normalised(spelling) for spelling in column.columns.values()}) == 1
    assert schema.written_as("X Coordinate (State Plane)", "FY2023") == "x_coordinate_state_plane"
    followed = [column for column in schema.columns if len(column.columns) == 3]
    assert len(followed) == 29
    assert all(column.renamed for column in followed)


def test_nyc311_columns_that_come_and_go_are_told():
    _, schema = unified("nyc311")
    only_2023 = [column for column in schema.columns if list(column.columns) == ["FY2023"]]

    assert len(only_2023) == 6
    assert all(column.name.startswith(":@computed_region_") for column in only_2023)
    assert all(column.added == column.dropped == "FY2023" for column in only_2023)
    assert schema.column("resolution_description").dropped == "FY2023"
    assert set(schema.column("Facility Type").columns) == {"FY2014", "FY2025"}
    assert dict(schema.reordered)["FY2023"] > 0
    assert schema.unsure == ()


@pytest.mark.parametrize("name", ["h2b", "fars", "nyc311"])
def test_every_change_has_a_place_a_confidence_and_evidence(name):
    _, schema = unified(name)

    changes = [change for column in schema.columns for change in column.changes]

    assert changes
    for change in changes:
        assert change.partition in schema.partitions
        assert 0 < change.confidence <= 1
        assert change.evidence


def test_recoded_values_of_h2b_are_told_with_their_mapping():
    _, schema = unified("h2b")

    recoded = {
        (column.name, change.partition): change
        for column in schema.columns
        for change in column.changes
        if change.kind == "recoded"
    }

    assert "'TX' → 'TEXAS'" in recoded["EMPLOYER_STATE", "FY2019"].evidence
    assert "'MTH' → 'Month'" in recoded["PW_UNIT_OF_PAY", "FY2014"].evidence
    assert "'1' → 'None'" in recoded["EDUCATION_LEVEL", "FY2016"].evidence


def test_the_source_of_every_record_is_kept():
    store, schema = unified("nyc311")

    names = [store.scan_records(each).select(SOURCE).unique().collect()[SOURCE].to_list() for each in schema.partitions]

    assert names == [["nyc311_2014-2019.csv"], ["nyc311_2023.csv"], ["nyc311_2025_animals.csv.gz"]]
