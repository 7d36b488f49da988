from datetime import timedelta

import pytest

from rlm_pipeline.retrieval import vector_table
from rlm_pipeline.retrieval.embeddings import materialise
from rlm_pipeline.retrieval.encoders import search_encoder
from rlm_pipeline.retrieval.vector_index import build_index
from rlm_pipeline.retrieval.vector_search import semantic_search

SLIP = "someone slid on an icy surface"


def test_an_index_is_built_from_its_threshold_on_and_finds_what_comparing_finds(store, config, write, reports):
    write("FY2012", [f"{text} Case {number}." for number in range(20) for text in reports])
    materialise(store, config, "FY2012")

    small = build_index(store, config)
    exact = semantic_search(store, config, SLIP, 10)
    large = build_index(store, config, index_from_rows=300)
    approximate = semantic_search(store, config, SLIP, 10, index_from_rows=300)

    assert (small.rows, small.indexed, large.indexed) == (360, False, True)
    assert {candidate.chunk_id for candidate in approximate} == {candidate.chunk_id for candidate in exact}


def test_rows_written_after_the_index_was_built_are_found_and_copied_at_the_next_run(store, config, write, reports):
    write("FY2012", [f"{text} Case {number}." for number in range(20) for text in reports])
    materialise(store, config, "FY2012")
    build_index(store, config, index_from_rows=300)
    write("FY2013", [SLIP])
    materialise(store, config, "FY2013")

    before = semantic_search(store, config, SLIP, 1, index_from_rows=300)
    built = build_index(store, config, index_from_rows=300)

    assert before[0].score == pytest.approx(1.0, abs=1e-5)
    assert (built.rows, built.copied) == (361, 1)
    assert semantic_search(store, config, SLIP, 1, index_from_rows=300) == before


def test_the_disk_does_not_grow_over_reruns(store, config, write, reports, database):
    sizes = []
    for run in range(6):
        write("FY2012", [f"{text} Run {run}." for text in reports])
        materialise(store, config, "FY2012")
        build_index(store, config, keep_versions=timedelta(milliseconds=1))
        sizes.append(sum(path.stat().st_size for path in store.vectors_folder.rglob("*") if path.is_file()))

    assert sizes[-1] < 1.5 * sizes[1]
    database.assert_holds("FY2012")


def test_indexes_of_the_database_are_dropped_because_nothing_asks_them(store, config, write, reports):
    write("FY2012", reports)
    materialise(store, config, "FY2012")
    table = vector_table.open_existing(store, search_encoder(config.embedding))
    table.create_index("partition", config=vector_table.library().index.BTree())
    exact = semantic_search(store, config, SLIP, 10, partition="FY2012")

    build_index(store, config)

    table.checkout_latest()
    assert table.list_indices() == []
    assert semantic_search(store, config, SLIP, 10, partition="FY2012") == exact
