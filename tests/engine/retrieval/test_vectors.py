from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from rlm_pipeline.errors import NotMaterialised, StoreError
from rlm_pipeline.retrieval import vectors
from rlm_pipeline.retrieval.encoders import open_encoder
from rlm_pipeline.retrieval.vectors import build_index, materialise, remove_partition, semantic_search

SLIP = "someone slid on an icy surface"


def rows_of(store, config):
    return pl.DataFrame(vectors._open(store, open_encoder(config.embedding.search)).to_arrow())


def assert_holds(store, config, *partitions):
    """The table holds the chunks of these partitions, each once, with the vector of its text."""
    rows = rows_of(store, config).sort("chunk_id")
    columns = ["chunk_id", "content_hash", "source", "row_start", "row_end", "scope", "text"]
    chunks = pl.concat(pl.read_parquet(store.chunks_path(partition), columns=columns) for partition in partitions)
    assert rows.select(columns).equals(chunks.select(columns).sort("chunk_id"))
    assert set(rows["partition"]) == set(partitions)
    expected = open_encoder(config.embedding.search).encode(rows["text"].to_list())
    np.testing.assert_allclose(np.stack(rows["vector"].to_list()), expected, atol=1e-6)


def test_every_chunk_is_stored_once_with_its_vector_and_what_search_shows(store, config, write, reports):
    write("FY2012")

    summary = materialise(store, config, "FY2012")

    assert (summary.chunks, summary.embedded_now, summary.reused, summary.removed) == (len(reports), len(reports), 0, 0)
    assert_holds(store, config, "FY2012")
    assert set(rows_of(store, config)["model_id"]) == {summary.model_id}


def test_a_rerun_embeds_nothing_and_writes_nothing(store, config, write, reports):
    write("FY2012")
    materialise(store, config, "FY2012")
    version = vectors._open(store, open_encoder("static")).version

    again = materialise(store, config, "FY2012")

    assert (again.embedded_now, again.reused, again.removed) == (0, len(reports), 0)
    assert vectors._open(store, open_encoder("static")).version == version


def test_a_changed_chunk_embeds_only_itself(store, config, write, reports):
    write("FY2012")
    materialise(store, config, "FY2012")
    write("FY2012", [*reports[:5], "A bird struck the windshield of the service truck.", *reports[6:]])

    summary = materialise(store, config, "FY2012")

    assert (summary.embedded_now, summary.reused, summary.removed) == (1, len(reports) - 1, 1)
    assert_holds(store, config, "FY2012")


def test_chunks_that_moved_to_other_rows_keep_their_vectors(store, config, write, reports):
    write("FY2012")
    materialise(store, config, "FY2012")
    write("FY2012", ["Inserted before all others.", *reports])

    summary = materialise(store, config, "FY2012")

    assert (summary.embedded_now, summary.removed) == (1, len(reports))
    assert_holds(store, config, "FY2012")


def test_the_same_text_in_two_years_is_embedded_once_and_found_in_both(store, config, write, reports):
    write("FY2012")
    write("FY2013")

    first, second = materialise(store, config, "FY2012"), materialise(store, config, "FY2013")

    assert (first.embedded_now, second.embedded_now) == (len(reports), 0)
    assert_holds(store, config, "FY2012", "FY2013")


def test_the_same_text_twice_in_a_year_is_embedded_once(store, config, write, reports):
    write("FY2012", [*reports, *reports])

    summary = materialise(store, config, "FY2012", rows_per_commit=7)

    assert summary.embedded_now == len(reports)
    assert_holds(store, config, "FY2012")


def test_a_run_killed_in_the_middle_is_completed_by_the_next_without_paying_twice(store, config, write, reports):
    write("FY2011")
    materialise(store, config, "FY2011")
    others = [f"{text} He returned to work." for text in reports]
    write("FY2012", others)

    def killed_after_two_commits(done):
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        materialise(store, config, "FY2012", rows_per_commit=5, progress=killed_after_two_commits)
    stored = rows_of(store, config)
    summary = materialise(store, config, "FY2012", rows_per_commit=5)

    assert stored.height == len(reports) + 10
    assert summary.embedded_now == len(others) - 10
    assert_holds(store, config, "FY2011", "FY2012")


def test_rows_doubled_by_two_writers_at_once_are_single_after_the_next_run(store, config, write, reports):
    write("FY2012")
    materialise(store, config, "FY2012")
    table = vectors._open(store, open_encoder("static"))
    table.add(table.to_arrow().slice(0, 3))

    summary = materialise(store, config, "FY2012")

    assert summary.removed == 6
    assert_holds(store, config, "FY2012")


def test_a_partition_that_became_empty_has_no_rows(store, config, write):
    write("FY2012")
    materialise(store, config, "FY2012")
    write("FY2012", [])

    summary = materialise(store, config, "FY2012")

    assert (summary.chunks, summary.removed) == (0, 18)
    assert semantic_search(store, config, SLIP, 5, partition="FY2012") == ()


def test_a_removed_partition_leaves_the_others(store, config, write, reports):
    write("FY2012")
    write("it's undated")
    materialise(store, config, "FY2012")
    materialise(store, config, "it's undated")

    removed = remove_partition(store, "it's undated")

    assert removed == len(reports)
    assert_holds(store, config, "FY2012")
    assert remove_partition(store, "it's undated") == 0


def test_removing_from_a_dataset_never_embedded_removes_nothing(store):
    assert remove_partition(store, "FY2012") == 0


def test_a_partition_without_chunks_or_a_dataset_without_vectors_is_not_materialised(store, config, write):
    with pytest.raises(NotMaterialised, match="chunks of mine_injuries, partition FY2012"):
        materialise(store, config, "FY2012")
    with pytest.raises(NotMaterialised, match="embeddings of mine_injuries"):
        semantic_search(store, config, SLIP, 5)
    write("FY2012")
    write("FY2013")
    materialise(store, config, "FY2012")
    with pytest.raises(NotMaterialised, match="embeddings of mine_injuries, partition FY2013"):
        semantic_search(store, config, SLIP, 5, partition="FY2013")


def test_an_unwritable_database_is_said_in_one_sentence(store, config, write):
    write("FY2012")
    store.vectors_folder.write_text("a file where the folder should be")

    with pytest.raises(StoreError, match=r"cannot write .*lancedb.*run again"):
        materialise(store, config, "FY2012")


def test_search_is_by_cosine_similarity_and_exact_within_a_partition(store, config, write, reports):
    for year in ("FY2011", "FY2012", "FY2013"):
        write(year, [f"{text} {year}" for text in reports])
        materialise(store, config, year)

    found = semantic_search(store, config, SLIP, 12, partition="FY2012")

    chunks = pl.read_parquet(store.chunks_path("FY2012"))
    encoder = open_encoder("static")
    similarity = encoder.encode(chunks["text"].to_list()) @ encoder.encode([SLIP])[0]
    best = np.argsort(-similarity)[:12]
    assert [candidate.chunk_id for candidate in found] == chunks["chunk_id"].gather(best).to_list()
    np.testing.assert_allclose([candidate.score for candidate in found], similarity[best], atol=1e-5)


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
    index = vectors._open(store, open_encoder("static")).list_indices()[0]
    assert (index.num_indexed_rows, index.num_unindexed_rows) == (361, 0)


def test_the_disk_does_not_grow_over_reruns(store, config, write, reports):
    sizes = []
    for run in range(6):
        write("FY2012", [f"{text} Run {run}." for text in reports])
        materialise(store, config, "FY2012")
        build_index(store, config, keep_versions=timedelta(milliseconds=1))
        sizes.append(sum(path.stat().st_size for path in store.vectors_folder.rglob("*") if path.is_file()))

    assert sizes[-1] < 1.5 * sizes[1]
    assert_holds(store, config, "FY2012")


def test_incomplete_vectors_are_counted(store, config, write, reports):
    write("FY2012", reports)
    vectors.materialise(store, config, "FY2012")
    assert vectors.check_complete(store, config, "FY2012") == ()

    write("FY2012", (*reports[1:], "a report that nobody embedded"))

    problems = vectors.check_complete(store, config, "FY2012")
    assert any("without a vector" in problem for problem in problems)
    assert any("without a chunk" in problem for problem in problems)
