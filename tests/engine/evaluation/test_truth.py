"""Truth in a file beside the data: rows find their records by a key, and those that find none are told."""

import polars as pl
import pytest

from rlm_pipeline.configuration import ColumnRoles
from rlm_pipeline.errors import QueryError
from rlm_pipeline.evaluation import agreement
from tests.engine.evaluation.labelled import (
    CONFIG,
    dimension,
    new_store,
    store_dimensions,
    store_labels,
    store_records,
)

WITH_ID = CONFIG.model_copy(update={"columns": ColumnRoles(id="id")})


@pytest.fixture
def store(tmp_path):
    store = new_store(tmp_path)
    store_records(store, "FY2012", {"id": ["1", "2", "3"]})
    store_records(store, "FY2013", {"id": ["4 ", "5"]})
    store_labels(store, "FY2012", {"d1": ["a", "b", "a"]})
    store_labels(store, "FY2013", {"d1": ["b", "b"]})
    store_dimensions(store, dimension("d1", "narrative", {"a": "hands", "b": "feet"}))
    return store


@pytest.fixture
def file(tmp_path):
    def write(text, name="truth.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def evaluate(store, path, config=CONFIG, **options):
    return agreement.evaluate(store, config, truth=(path,), **options)


def known(found):
    pairs = found.dimensions[0].pairs
    return {name: int(pairs.table[row].sum()) for row, name in enumerate(pairs.known)}


def test_rows_name_records_by_source_and_row(store, file):
    found = evaluate(store, file("source,row,part\nfy2012.csv,1,hand\nfy2012.csv,3,hand\nfy2013.csv,2,foot\n"))

    assert known(found) == {"hand": 2, "foot": 1}
    assert found.dimensions[0].without_truth == 2
    assert (found.unmatched.rows, found.unmatched.unmatched) == (3, 0)
    assert found.truth == "part of truth.csv"


def test_rows_name_records_by_the_id_of_the_configuration_spaces_aside(store, file):
    found = evaluate(store, file("id,part\n1,hand\n 4,foot\n5,foot\n"), WITH_ID)

    assert known(found) == {"hand": 1, "foot": 2}


def test_any_columns_that_both_have_can_be_the_key(store, file):
    path = file("note\tID\tpart\nx\t2\tfoot\n", name="truth.tsv")

    assert known(evaluate(store, path, key=("ID",), column=("part",))) == {"foot": 1}


def test_a_parquet_file_is_read_as_well(store, tmp_path):
    path = tmp_path / "truth.parquet"
    pl.DataFrame({"source": ["fy2012.csv"], "row": [2], "part": ["foot"]}).write_parquet(path)

    assert known(evaluate(store, str(path))) == {"foot": 1}


def test_rows_that_match_nothing_are_counted_and_shown(store, file):
    found = evaluate(store, file("id,part\n1,hand\n77,hand\n,hand\n78,\n5,\n"), WITH_ID)

    assert (found.unmatched.rows, found.unmatched.unmatched) == (5, 3)
    assert found.unmatched.examples == ("77", "(empty)", "78")
    assert known(found) == {"hand": 1}
    assert found.dimensions[0].without_truth == 4


def test_one_key_with_two_truths_is_refused_with_its_place(store, file):
    with pytest.raises(QueryError, match=r"record 2: id 2 is said to be 'foot' and 'hand'"):
        evaluate(store, file("id,part\n1,hand\n2,hand\n2,foot\n"), WITH_ID)

    assert known(evaluate(store, file("id,part\n2,foot\n2,foot\n"), WITH_ID)) == {"foot": 1}


def test_levels_in_several_columns_of_the_file_make_a_tree(store, file):
    path = file("id,limb,part\n1,arm,hand\n2,leg,foot\n3,arm,\n4,,foot\n")

    found = evaluate(store, path, WITH_ID, column=("limb", "part"))

    assert known(found) == {"arm > hand": 1, "leg > foot": 1, "arm": 1}
    assert found.dimensions[0].tree.known_categories == 4


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("a,b\n1,2\n", {}, r"names records neither by source and row nor by an id; .* --key: it has a, b"),
        ("a,b\n1,2\n", {"key": ("c",)}, "has no column 'c'; it has a, b"),
        ("a,b\n1,2\n", {"key": ("a",)}, "records of desk have no column 'a' to match with"),
        ("id,b,c\n1,2,3\n", {"key": ("id",)}, r"does not say which column is the truth \(--column\).* b, c"),
        ("id,b,c\n1,2,3\n", {"key": ("id",), "column": ("d",)}, "has no column 'd' of truth"),
        ("id\n1\n", {"key": ("id",)}, "beside its key it has none"),
        ("", {}, "cannot be read as a table"),
    ],
)
def test_a_file_that_leaves_something_open_is_refused_with_what_to_do(store, file, text, options, message):
    with pytest.raises(QueryError, match=message):
        evaluate(store, file(text), **options)


def test_a_file_that_is_not_there_and_a_key_of_a_column_are_refused(store):
    with pytest.raises(QueryError, match="no such file of truth"):
        evaluate(store, "nowhere.csv")
    with pytest.raises(QueryError, match="a key belongs to a file of truth; 'id' is a column"):
        evaluate(store, "id", key=("id",))
    with pytest.raises(QueryError, match="holds all that is known; name its levels with --column"):
        agreement.evaluate(store, CONFIG, truth=("id", "nowhere.csv"))
