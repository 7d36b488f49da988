"""The schema of the planted support desk against what was planted: renames, columns that come and go, retyped ones."""

import pytest

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.evaluation.support_desk import write_support_desk
from rlm_pipeline.profiling import columns, schema
from rlm_pipeline.sources import raw_file
from rlm_pipeline.sources.inventory import take_inventory
from rlm_pipeline.store import DatasetStore, read_json


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """The schema of a clean, wide desk of six years, and its truth."""
    folder = tmp_path_factory.mktemp("planted")
    written = write_support_desk(folder / "source", rows=1500, columns=240, years=6, dirt=0.0, seed=11)
    partition = {"by": "filename", "pattern": r"fy(?P<year>\d{4})"}
    config = DatasetConfig(name="desk", source=written.source, partition=partition)
    store = DatasetStore(folder / "desk")
    partitions = take_inventory(store, config).partitions
    for year in partitions:
        raw_file.materialise(store, config, year)
        columns.materialise(store, config, year)
    return schema.materialise(store, config, tuple(partitions)), read_json(written.truth_folder / "truth.json")


def by_column(found, truth):
    """The schema's columns (by their place) that each planted column is found in."""
    at = {spelling: place for place, column in enumerate(found.columns) for spelling in column.columns.items()}
    return {column: {at[spelling] for spelling in written.items()} for column, written in truth["columns"].items()}


def test_no_two_planted_columns_are_joined(desk):
    found, truth = desk
    planted = {spelling: column for column, written in truth["columns"].items() for spelling in written.items()}

    for column in found.columns:
        assert len({planted[spelling] for spelling in column.columns.items()}) == 1


def test_columns_that_kept_their_letters_are_followed(desk):
    found, truth = desk
    places = by_column(found, truth)

    easy = [column for column in truth["drift"]["renamed"] if column not in truth["drift"]["renamed_hard"]]

    assert len(easy) > 10
    assert all(len(places[column]) == 1 for column in easy)


def test_columns_with_other_names_are_followed_or_put_to_a_person(desk):
    found, truth = desk
    places = by_column(found, truth)
    hard = truth["drift"]["renamed_hard"]
    asked = {found.canonical(each.partition, each.column) for each in found.unsure}

    followed = [column for column in hard if len(places[column]) == 1]

    assert {"priority"} <= set(followed)
    assert len(followed) >= 0.6 * len(hard)
    lost = {
        column
        for column in set(hard) - set(followed)
        if not asked & {found.columns[place].name for place in places[column]}
    }
    # Closed_at becomes resolution_date: no word in common, and dates such as many columns have.
    assert lost <= {"closed_at"}


def test_added_and_dropped_columns_are_told(desk):
    found, truth = desk
    places = by_column(found, truth)

    for column in truth["drift"]["added"]:
        (place,) = places[column]
        assert found.columns[place].added == min(truth["columns"][column])
    for column in truth["drift"]["dropped"]:
        (place,) = places[column]
        assert found.columns[place].dropped == max(truth["columns"][column])


def test_retyped_columns_are_told(desk):
    found, truth = desk
    places = by_column(found, truth)

    for column in truth["drift"]["retyped"]:
        assert any(change.kind == "retyped" for place in places[column] for change in found.columns[place].changes)
