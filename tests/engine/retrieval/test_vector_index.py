from datetime import timedelta

import pytest

from rlm_pipeline.retrieval import vector_table
from rlm_pipeline.retrieval.embeddings import materialise
from rlm_pipeline.retrieval.encoders import open_encoder
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


def test_rows_written_after_the_index_was_built_are_found_and_indexed_at_the_next_run(store, config, write, reports):
    write("FY2012", [f"{text} Case {number}." for number in range(20) for text in reports])
    materialise(store, config, "FY2012")
    build_index(store, config, index_from_rows=300)
    write("FY2013", [SLIP])
    materialise(store, config, "FY2013")

    best = semantic_search(store, config, SLIP, 1, index_from_rows=300)[0]
    build_index(store, config, index_from_rows=300)

    assert best.score == pytest.approx(1.0, abs=1e-5)
    index = vector_table.open_existing(store, open_encoder("static")).list_indices()[0]
    assert (index.num_indexed_rows, index.num_unindexed_rows) == (361, 0)


def test_the_disk_does_not_grow_over_reruns(store, config, write, reports, database):
    sizes = []
    for run in range(6):
        write("FY2012", [f"{text} Run {run}." for text in reports])
        materialise(store, config, "FY2012")
        build_index(store, config, keep_versions=timedelta(milliseconds=1))
        sizes.append(sum(path.stat().st_size for path in store.vectors_folder.rglob("*") if path.is_file()))

    assert sizes[-1] < 1.5 * sizes[1]
    database.assert_holds("FY2012")
