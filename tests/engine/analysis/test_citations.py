import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rlm_pipeline.analysis import citations
from tests.engine.analysis.prepared import prepare, prepare_sources

CELLS = {"note": ["printer jam", "screen off", None], "room": ["a1", "b2", "a1"], "kind": ["x", "y", "x"]}


def cite(store, *, row=1, line=2, column="note", quote="printer", chunk_of_row=1, source="all.csv"):
    chunks = pl.read_parquet(store.chunks_path("all")).filter(pl.col("source") == source)
    covering = chunks.filter((pl.col("row_start") <= chunk_of_row) & (pl.col("row_end") >= chunk_of_row))
    chunk_id = covering["chunk_id"][0]
    values = {"source": source, "row": row, "line": line, "column": column, "chunk_id": chunk_id, "quote": quote}
    return pl.DataFrame([values])


def verified(store, cited):
    return citations.verify(store, "all", cited)["verified"].to_list()


def test_a_verbatim_quote_is_verified(tmp_path):
    store = prepare(tmp_path, CELLS)

    assert verified(store, cite(store)) == [True]
    assert verified(store, cite(store, quote="b2", row=2, line=3, column="room")) == [True]


@pytest.mark.parametrize(
    "wrong",
    [
        {"quote": "Printer"},
        {"quote": "printer jams"},
        {"quote": ""},
        {"column": "room"},
        {"column": "colour"},
        {"row": 2, "line": 3},
        {"row": 3, "line": 4},
        {"row": 9, "line": 10},
        {"line": 3},
    ],
    ids=str,
)
def test_a_citation_that_is_off_in_any_part_is_not_verified(tmp_path, wrong):
    store = prepare(tmp_path, CELLS)

    assert verified(store, cite(store, **wrong)) == [False]


def test_a_citation_without_a_column_may_be_in_any_cell(tmp_path):
    store = prepare(tmp_path, CELLS)

    assert verified(store, cite(store, column=citations.ANY_COLUMN, quote="a1")) == [True]
    assert verified(store, cite(store, column=citations.ANY_COLUMN, quote="b2")) == [False]


def test_the_chunk_must_cover_the_record(tmp_path):
    store = prepare(tmp_path, {"note": ["same words here " * 12, "same words here " * 13]})

    assert verified(store, cite(store, quote="same words", chunk_of_row=1)) == [True]
    assert verified(store, cite(store, quote="same words", chunk_of_row=2)) == [False]


def test_the_source_must_be_the_chunks_source(tmp_path):
    store = prepare_sources(tmp_path, {"a.csv": CELLS, "b.csv": CELLS})
    swapped = cite(store, source="a.csv").with_columns(chunk_id=cite(store, source="b.csv")["chunk_id"])

    assert verified(store, cite(store, source="b.csv")) == [True]
    assert verified(store, swapped) == [False]


def test_rows_and_further_columns_come_back_as_given(tmp_path):
    store = prepare(tmp_path, CELLS)
    asked = pl.concat([cite(store, quote="absent"), cite(store), cite(store, quote="jam")]).with_columns(
        mark=pl.Series([7, 8, 9])
    )

    answered = citations.verify(store, "all", asked)

    assert answered.drop("verified").equals(asked)
    assert answered["verified"].to_list() == [False, True, True]


def test_no_citations_are_none_verified(tmp_path):
    store = prepare(tmp_path, CELLS)

    assert verified(store, cite(store).clear()) == []


@settings(max_examples=15, deadline=None)
@given(text=st.text(st.sampled_from("ab .\n"), min_size=600, max_size=1500), start=st.integers(0, 500))
def test_a_quote_of_a_cut_record_is_found_in_one_of_its_chunks(tmp_path_factory, text, start):
    cell = f"first{text}"
    store = prepare(tmp_path_factory.mktemp("cut"), {"note": [cell, "other"]})
    quote = cell[start : start + 200].strip().split("\n")[0].strip()
    assume(quote)
    chunk_ids = tuple(pl.read_parquet(store.chunks_path("all"))["chunk_id"])
    asked = pl.DataFrame({"source": ["all.csv"], "row": [1], "line": [2], "column": ["note"], "quote": [quote]})

    found = citations.locate(store, "all", chunk_ids, asked)

    assert quote.startswith(found["quote"].item())
    assert verified(store, found) == [True]


def test_the_chunk_that_shows_the_quote_as_the_columns_value_is_named(tmp_path):
    filler = {f"filler {place}": ["level 1 " + "x" * 80, "level 2"] for place in range(8)}
    store = prepare(tmp_path, {**filler, "grade": ["level 1", "level 2"]})
    chunks = pl.read_parquet(store.chunks_path("all"))
    asked = pl.DataFrame({"source": ["all.csv"], "row": [1], "line": [2], "column": ["grade"], "quote": ["level 1"]})

    found = citations.locate(store, "all", tuple(chunks["chunk_id"]), asked)

    text = chunks.filter(pl.col("chunk_id") == found["chunk_id"][0])["text"][0]
    assert chunks.filter(pl.col("row_start") == 1).height > 1
    assert "grade: level 1" in text
