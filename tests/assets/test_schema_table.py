"""What `rlm schema` shows of a schema: sure changes in the table, unsure matches with the lines that settle them."""

from dataclasses import replace

from rich.console import Console

from assets.command_line import schema_table
from rlm_pipeline.profiling.changes import Change
from rlm_pipeline.profiling.matching.splits import Split
from rlm_pipeline.profiling.pairs.lasting import LastingPair
from rlm_pipeline.profiling.questions import Unsure
from rlm_pipeline.profiling.schema import CanonicalColumn, Schema

CHANGE = Change(
    kind="renamed", partition="FY2", before="prio", after="priority", confidence=0.9, evidence="names 0.90 alike"
)  # fmt: skip
COLUMN = CanonicalColumn(
    name="priority", kind="categorical", role="", columns={"FY1": "prio", "FY2": "priority"}, confidence=0.9,
    evidence="names 0.90 alike", added=None, dropped=None, renamed=(("FY2", "prio", "priority"),), retyped=(),
    kinds={"FY1": "categorical", "FY2": "categorical"}, changes=(CHANGE,),
)  # fmt: skip


def asked(kind):
    return Unsure(
        kind=kind, column='a "b"', partition="FY1", target="c", target_partition="FY2", spelling='a "b"',
        canonical="c", confidence=0.6, evidence="values 0.80 alike",
    )  # fmt: skip


SCHEMA = Schema(
    partitions=("FY1", "FY2"), columns=(COLUMN,), empties=(), constants=(),
    unsure=(asked("renamed"), asked("side by side")),
    splits=(
        Split(kind="split", whole="name", parts=("first", "last"), before="FY1", after="FY2", confidence=0.7,
              evidence="in its place"),
    ),
    reordered=(("FY2", 3),),
)  # fmt: skip


def shown(table):
    console = Console(width=200)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


def test_the_table_tells_changes_and_how_sure_they_are():
    text = shown(schema_table.columns_table(SCHEMA, "desk"))

    assert "prio → priority in FY2" in text
    assert "0.90" in text


def test_one_column_is_shown_with_its_spelling_in_every_year_and_the_evidence():
    text = shown(schema_table.column_table(SCHEMA, COLUMN))

    assert "prio" in text
    assert "renamed (0.90): names 0.90 alike" in text


def test_what_is_left_to_a_person_comes_with_the_lines_that_settle_it():
    text = "\n".join(schema_table.questions(SCHEMA))

    assert "columns:\n  rename:\n" in text
    assert r'one column:   "a \"b\"": "c"' in text
    assert r'kept apart:   "a \"b\"": "a \"b\""' in text
    assert "different files of one partition" in text
    assert "'name' (FY1) may be split into 'first' and 'last' (FY2)" in text
    assert "in FY2 3 columns changed places" in text


def test_a_name_that_is_only_written_in_another_way_is_told_in_few_words():
    spelled = {"FY1": "zip", "FY2": "Zip", "FY3": "Zip", "FY5": "zip"}
    column = replace(COLUMN, name="zip", columns=spelled, renamed=(), changes=(), added=None, dropped="FY5")
    schema = replace(SCHEMA, partitions=("FY1", "FY2", "FY3", "FY4", "FY5", "FY6"), columns=(column,))

    text = shown(schema_table.columns_table(schema, "desk"))

    assert "written Zip in FY2 to FY3; absent FY4; last in FY5" in text


def test_a_code_is_not_told_again_to_decide_what_it_stands_for():
    pairs = tuple(
        LastingPair(kind=kind, source="code", target="name", partitions=2, error=0.0)
        for kind in ("decode", "dependency")
    )

    table = schema_table.pairs_table(replace(SCHEMA, pairs=pairs))

    assert table is not None
    assert table.row_count == 1
