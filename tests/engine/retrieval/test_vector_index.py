import subprocess
import sys
from datetime import timedelta

import pytest

from rlm_pipeline.retrieval import vector_table
from rlm_pipeline.retrieval.embeddings import materialise
from rlm_pipeline.retrieval.encoders import open_encoder, search_encoder
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


_ALIKE = """
import sys
from pathlib import Path
import numpy as np, pyarrow as pa
from rlm_pipeline.retrieval import vector_table
from rlm_pipeline.store import Store
vectors = np.random.default_rng(0).normal(size=(6000, 16)).astype(np.float32)
vectors[3:] = vectors[np.arange(5997) % 3]
database = vector_table.connect(Store(Path(sys.argv[1])).dataset("alike"))
column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), 16)
table = database.create_table("alike", pa.table({"vector": column}))
table.create_index("vector", config=vector_table.library().index.IvfSq(distance_type="cosine"))
print(len(table.list_indices()))
"""


def test_many_equal_vectors_are_indexed_without_warnings_on_the_terminal(tmp_path):
    done = subprocess.run([sys.executable, "-c", _ALIKE, str(tmp_path)], capture_output=True, text=True, check=True)

    assert (done.stdout, done.stderr) == ("1\n", "")


def test_columns_to_filter_by_are_indexed_once_and_a_filtered_search_finds_what_comparing_finds(
    store, config, write, reports
):
    for partition in ("FY2012", "FY2013"):
        write(partition, [f"{text} Case {number} of {partition}." for number in range(10) for text in reports])
        materialise(store, config, partition)
    exact = semantic_search(store, config, SLIP, 10, partition="FY2013")

    for _ in range(2):
        build_index(store, config, index_from_rows=300)
    table = vector_table.open_existing(store, search_encoder(config.embedding))

    assert sorted(column for index in table.list_indices() for column in index.columns) == [
        "partition",
        "source",
        "vector",
    ]
    assert semantic_search(store, config, SLIP, 10, partition="FY2013") == exact
