import re

import polars as pl
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.model import LINE, ROW, SOURCE
from rlm_pipeline.sources.own_columns import CONFIG, LOG
from rlm_pipeline.sources.redaction.columns import redacted, redacted_table, redacted_texts
from rlm_pipeline.sources.redaction.texts import PLACEHOLDER, Redaction
from tests.engine.sources.redaction.planted import LOOKALIKES, VALUES

REDACTION = Redaction(b"a secret of this test")
CELLS = st.one_of(
    st.none(),
    st.sampled_from([value for values in VALUES.values() for value in values]),
    st.sampled_from(LOOKALIKES),
    st.text(max_size=20),
)


def table(**columns):
    height = len(next(iter(columns.values())))
    identity = {SOURCE: ["jane@example.com.csv"] * height, ROW: list(range(height)), LINE: list(range(height))}
    return pa.table({**identity, **{name: pa.array(cells, pa.string()) for name, cells in columns.items()}})


@given(st.lists(CELLS, max_size=12), st.sampled_from(("remarks", "phone")))
def test_a_column_is_what_its_cells_are_one_by_one(cells, name):
    column = pl.Series("x", cells, dtype=pl.String)

    shown = redacted(column, REDACTION, name)

    assert shown.to_list() == [cell if cell is None else REDACTION.cell(cell, name) for cell in cells]
    if shown.to_list() == cells:
        assert shown is column


@given(st.lists(CELLS, max_size=12))
def test_texts_come_with_the_places_of_their_values(cells):
    shown, replaced = redacted_texts(pa.array(cells, pa.string()), REDACTION)

    expected = [None if cell is None else REDACTION.places(cell) for cell in cells]
    assert shown.to_pylist() == [each and each.text for each in expected]
    assert replaced.to_pylist() == [(each.replaced.tolist() or None) if each else None for each in expected]
    assert (shown.type, replaced.type) == (pa.string(), pa.list_(pa.int64()))


def test_a_table_keeps_its_schema_and_its_source():
    before = table(remarks=["call 415-555-2671", None], amount=["12", "13"])

    after = redacted_table(before, REDACTION)

    assert after.schema == before.schema
    assert after[SOURCE].to_pylist() == before[SOURCE].to_pylist()
    assert re.fullmatch(f"call {PLACEHOLDER}", after["remarks"][0].as_py())
    assert after["amount"] == before["amount"]


def test_a_template_has_a_variable_for_every_person():
    cells = [
        "mail to bob@<*> sent",
        "mail to jane.<*>@example.com sent",
        "mail to <bob@x.com>",
        "AB123456C left",
        "a <*> b",
    ]
    rows = {name: [None] * len(cells) for name in LOG} | {"template": cells}

    shown = redacted_table(table(**rows), REDACTION)["template"].to_pylist()

    assert shown == ["mail to <*> sent", "mail to <*> sent", "mail to <*>", "<*> left", "a <*> b"]


def test_the_key_of_a_setting_says_what_its_value_is():
    rows = {
        "key": ["support.phone", "support.limit", "people[0].ssn", None],
        "value": ["4155552671", "4155552671", "536228726", "4155552671"],
        "type": ["number"] * 4,
        "comment": [None] * 4,
    }
    assert tuple(rows) == CONFIG

    shown = redacted_table(table(**rows), REDACTION)["value"].to_pylist()

    assert [bool(re.fullmatch(PLACEHOLDER, cell)) for cell in shown] == [True, False, True, False]
