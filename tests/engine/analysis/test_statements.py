import polars as pl

from rlm_pipeline.analysis import statements
from rlm_pipeline.model import STATEMENT_SCHEMA
from tests.engine.analysis.prepared import config, prepare, prepare_sources

STORIES = [
    f"The {thing} in room {place} does not {verb} since the last update,\nplease send someone today"
    for place, (thing, verb) in enumerate(
        (t, v) for t in ("printer", "screen", "phone", "door") for v in ("open", "work", "ring")
    )
]


def stored(store):
    return pl.read_parquet(store.statements_path("all"))


def test_statements_are_the_cells_of_text_columns_verbatim(tmp_path):
    story = [*STORIES, None, "  kept as it is  "]
    store = prepare(tmp_path, {"Story": story, "status": ["open", "closed"] * 7})

    count = statements.materialise(store, config(), "all")

    frame = stored(store)
    assert frame.schema == STATEMENT_SCHEMA
    assert count == frame.height == 13
    assert frame["statement"].to_list() == [cell for cell in story if cell is not None]
    assert frame["row"].to_list() == [*range(1, 13), 14]
    assert set(frame["facet"]) == {"Story"}


def test_a_column_the_configuration_names_is_a_facet_in_any_spelling(tmp_path):
    dataset = config(columns={"text": ["root_cause"]})
    store = prepare(tmp_path, {"Root Cause": ["power", "power", "water"] * 5}, dataset=dataset)

    assert statements.facets(store, dataset, "all") == ("Root Cause",)
    assert statements.materialise(store, dataset, "all") == 15


def test_facets_are_in_the_order_of_the_header(tmp_path):
    dataset = config(columns={"text": ["zeta", "alpha"]})
    store = prepare(tmp_path, {"zeta": ["a", "b"], "alpha": ["c", None]}, dataset=dataset)

    statements.materialise(store, dataset, "all")

    assert stored(store).rows() == [
        ("zeta", "a", "all.csv", 1),
        ("zeta", "b", "all.csv", 2),
        ("alpha", "c", "all.csv", 1),
    ]


def test_an_ignored_column_makes_no_statements(tmp_path):
    dataset = config(columns={"ignore": ["story"]})
    store = prepare(tmp_path, {"Story": STORIES}, dataset=dataset)

    assert statements.materialise(store, dataset, "all") == 0
    assert stored(store).schema == STATEMENT_SCHEMA


def test_statements_of_several_sources_name_their_source(tmp_path):
    dataset = config(columns={"text": ["note"]})
    store = prepare_sources(
        tmp_path, {"a.csv": {"note": ["x"]}, "b.csv": {"other": ["-"]}, "c.csv": {"note": ["y"]}}, dataset=dataset
    )

    statements.materialise(store, dataset, "all")

    assert stored(store).rows() == [("note", "x", "a.csv", 1), ("note", "y", "c.csv", 1)]
