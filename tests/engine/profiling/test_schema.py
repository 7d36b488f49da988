import pytest

from rlm_pipeline.errors import ConfigurationError, NotMaterialised, QueryError
from rlm_pipeline.profiling import columns, schema
from tests.engine.profiling.stored import Cells, config_with, put, roles, store_in

NOTES = [f"The customer says that screen {number} of the portal is not loading" for number in range(20)]
CODES = [f"T-{number:04d}" for number in range(20)]
DAYS = [f"2012-01-{number:02d}" for number in range(1, 21)]
STATES = ["open", "closed"] * 10


def made(tmp_path, config=None, **years: Cells) -> schema.Schema:
    config, store = config or config_with(), store_in(tmp_path)
    for year, cells in years.items():
        put(store, year, desk=cells)
        columns.materialise(store, config, year)
    found = schema.materialise(store, config, tuple(years))
    assert schema.load(store) == found
    return found


def test_roles_are_found_from_the_profile_when_nothing_is_configured(tmp_path):
    found = made(tmp_path, FY2012={"ticket": CODES, "opened": DAYS, "note": NOTES, "state": STATES})

    assert [column.role for column in found.columns] == ["id", "date", "text", ""]
    assert [column.name for column in found.text_columns] == ["note"]


def test_configured_roles_replace_what_would_be_found(tmp_path):
    config = roles(id="opened", date="OPENED_AT", text=("state",), ignore=("ticket",))
    cells = {"ticket": CODES, "opened": CODES, "opened_at": DAYS, "note": NOTES, "state": STATES}

    found = made(tmp_path, config, FY2012=cells)

    assert {column.name: column.role for column in found.columns} == {
        "ticket": "ignored", "opened": "id", "opened_at": "date", "note": "", "state": "text",
    }  # fmt: skip


def test_a_configured_column_may_have_its_spelling_of_any_year(tmp_path):
    found = made(tmp_path, roles(text=("Note",)), FY2011={"Note": NOTES}, FY2012={"NOTE_": NOTES})

    assert [column.name for column in found.text_columns] == ["NOTE_"]


def test_an_unknown_configured_column_is_an_error_that_names_similar_ones(tmp_path):
    with pytest.raises(
        ConfigurationError, match=r"columns\.text: no column 'descripton' .* did you mean 'Description'"
    ):
        made(tmp_path, roles(text=("descripton",)), FY2012={"Description": NOTES, "state": STATES})


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (roles(text=("note",), ignore=("no*",)), "also matched by columns.ignore"),
        (roles(id="note", text=("note",)), "also columns.id"),
        (roles(text=("NOTE",)), "could be 'note_' or 'note '"),
        (roles(date="zzz"), "there are 'note ', 'note_'"),
    ],
)
def test_contradicting_roles_are_errors(tmp_path, config, message):
    cells = {"note_": NOTES, "note ": NOTES} if "note_" in message else {"note": NOTES}

    with pytest.raises(ConfigurationError, match=message):
        made(tmp_path, config, FY2012=cells)


def test_a_column_is_followed_over_the_years(tmp_path):
    found = made(
        tmp_path,
        FY2010={"Ticket No": CODES, "state": STATES, "gone": STATES},
        FY2011={"ticket_no": CODES, "state": STATES, "brief": STATES},
        FY2012={"ticket_no": CODES, "state": ["1", "2"] * 10, "new": STATES},
    )
    by_name = {column.name: column for column in found.columns}

    assert by_name["ticket_no"].columns == {"FY2010": "Ticket No", "FY2011": "ticket_no", "FY2012": "ticket_no"}
    assert by_name["ticket_no"].renamed == (("FY2011", "Ticket No", "ticket_no"),)
    assert by_name["ticket_no"].confidence < 1
    assert "'Ticket No', 'ticket_no'" in by_name["ticket_no"].evidence
    assert by_name["state"].retyped == (("FY2012", "string", "number"),)
    assert (by_name["gone"].added, by_name["gone"].dropped) == (None, "FY2010")
    assert (by_name["brief"].added, by_name["brief"].dropped) == ("FY2011", "FY2011")
    assert (by_name["new"].added, by_name["new"].dropped) == ("FY2012", None)


def test_names_translate_both_ways(tmp_path):
    found = made(tmp_path, FY2010={"Ticket No": CODES}, FY2011={"ticket_no": CODES, "state": STATES})

    assert found.written_as("ticket_no", "FY2010") == "Ticket No"
    assert found.canonical("FY2010", "Ticket No") == "ticket_no"
    assert found.written_as("state", "FY2010") is None
    assert found.written_as("Ticket No", "FY2010") is None
    assert found.canonical("FY2011", "Ticket No") is None
    assert found.column("state").kind == "categorical"
    with pytest.raises(QueryError, match="did you mean 'state'"):
        found.column("stat")


def test_the_kind_is_that_of_most_records(tmp_path):
    numbers = [str(number * 3) for number in range(100)] * 2

    found = made(tmp_path, FY2010={"x": ["a", "b"] * 20}, FY2011={"x": numbers}, FY2012={"x": [None] * 500})

    assert found.columns[0].kind == "integer"
    assert found.columns[0].kinds == {"FY2010": "categorical", "FY2011": "integer", "FY2012": "empty"}
    assert found.columns[0].retyped == (("FY2011", "categorical", "integer"),)


def test_undated_records_take_no_part_in_the_history(tmp_path):
    found = made(tmp_path, FY2011={"a": STATES}, FY2012={"a": STATES, "b": STATES}, undated={"A": STATES, "c": STATES})
    by_name = {column.name: column for column in found.columns}

    assert found.partitions == ("undated", "FY2011", "FY2012")
    assert by_name["a"].columns == {"undated": "A", "FY2011": "a", "FY2012": "a"}
    assert by_name["a"].renamed == ()
    assert (by_name["c"].added, by_name["c"].dropped) == (None, None)
    assert by_name["b"].added == "FY2012"


def test_empty_and_constant_columns_are_listed(tmp_path):
    years = {
        year: {
            "none": [None] * 20, "always": ["x"] * 20, "yearly": [year] * 20, "state": STATES, "state copy": STATES,
            "other": ["open"] * 11 + ["closed"] * 9,
        }
        for year in ("FY2011", "FY2012")
    }  # fmt: skip

    found = made(tmp_path, **years)

    assert found.empties == ("none",)
    assert found.constants == ("always",)
    assert found.column("yearly").kind == "categorical"


def test_the_stored_file_does_not_depend_on_the_order_of_the_partitions(tmp_path):
    made(tmp_path, FY2011={"a": STATES}, FY2012={"A": STATES, "note": NOTES})
    store = store_in(tmp_path)
    stored = store.schema_path.read_bytes()

    schema.materialise(store, config_with(), ("FY2012", "FY2011"))

    assert store.schema_path.read_bytes() == stored


def test_what_is_missing_is_said(tmp_path):
    with pytest.raises(NotMaterialised, match="schema"):
        schema.load(store_in(tmp_path))
    with pytest.raises(NotMaterialised, match="column_profile"):
        schema.materialise(store_in(tmp_path), config_with(), ("FY2012",))
