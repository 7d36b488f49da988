import re

import numpy as np
import polars as pl
import pytest

from rlm_pipeline.configuration import Embedding
from rlm_pipeline.errors import NotMaterialised, StoreError
from rlm_pipeline.retrieval import chunk_files, vector_table
from rlm_pipeline.retrieval.embeddings import check_complete, materialise, remove_partition
from rlm_pipeline.retrieval.encoders import open_encoder, search_encoder
from rlm_pipeline.retrieval.pace import duration
from rlm_pipeline.retrieval.vector_search import semantic_search
from rlm_pipeline.store import write_frame

SLIP = "someone slid on an icy surface"


def test_every_chunk_is_stored_once_with_its_vector_and_what_search_shows(store, config, write, reports, database):
    write("FY2012")

    summary = materialise(store, config, "FY2012")

    assert (summary.chunks, summary.embedded_now, summary.reused, summary.removed) == (len(reports), len(reports), 0, 0)
    database.assert_holds("FY2012")
    assert set(database.rows()["model_id"]) == {summary.model_id}


def test_a_rerun_embeds_nothing_and_writes_nothing(store, config, write, reports):
    write("FY2012")
    materialise(store, config, "FY2012")
    version = vector_table.open_existing(store, open_encoder("static")).version

    again = materialise(store, config, "FY2012")

    assert (again.embedded_now, again.reused, again.removed) == (0, len(reports), 0)
    assert vector_table.open_existing(store, open_encoder("static")).version == version


def test_a_changed_chunk_embeds_only_itself(store, config, write, reports, database):
    write("FY2012")
    materialise(store, config, "FY2012")
    write("FY2012", [*reports[:5], "A bird struck the windshield of the service truck.", *reports[6:]])

    summary = materialise(store, config, "FY2012")

    assert (summary.embedded_now, summary.reused, summary.removed) == (1, len(reports) - 1, 1)
    database.assert_holds("FY2012")


def test_chunks_that_moved_to_other_rows_keep_their_vectors(store, config, write, reports, database):
    write("FY2012")
    materialise(store, config, "FY2012")
    write("FY2012", ["Inserted before all others.", *reports])

    summary = materialise(store, config, "FY2012")

    assert (summary.embedded_now, summary.removed) == (1, len(reports))
    database.assert_holds("FY2012")


def test_the_same_text_in_two_years_is_embedded_once_and_found_in_both(store, config, write, reports, database):
    write("FY2012")
    write("FY2013")

    first, second = materialise(store, config, "FY2012"), materialise(store, config, "FY2013")

    assert (first.embedded_now, second.embedded_now) == (len(reports), 0)
    database.assert_holds("FY2012", "FY2013")


def test_the_same_text_twice_in_a_year_is_embedded_once(store, config, write, reports, database):
    write("FY2012", [*reports, *reports])

    summary = materialise(store, config, "FY2012", rows_per_commit=7)

    assert summary.embedded_now == len(reports)
    database.assert_holds("FY2012")


def test_a_run_killed_in_the_middle_is_completed_by_the_next_without_paying_twice(
    store, config, write, reports, database
):
    write("FY2011")
    materialise(store, config, "FY2011")
    others = [f"{text} He returned to work." for text in reports]
    write("FY2012", others)

    def killed_after_two_commits(done):
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        materialise(store, config, "FY2012", rows_per_commit=5, progress=killed_after_two_commits)
    stored = database.rows()
    summary = materialise(store, config, "FY2012", rows_per_commit=5)

    assert stored.height == len(reports) + 10
    assert summary.embedded_now == len(others) - 10
    database.assert_holds("FY2011", "FY2012")


def test_rows_doubled_by_two_writers_at_once_are_single_after_the_next_run(store, config, write, reports, database):
    write("FY2012")
    materialise(store, config, "FY2012")
    table = vector_table.open_existing(store, open_encoder("static"))
    table.add(table.to_arrow().slice(0, 3))

    summary = materialise(store, config, "FY2012")

    assert summary.removed == 6
    database.assert_holds("FY2012")


def test_a_partition_that_became_empty_has_no_rows(store, config, write):
    write("FY2012")
    materialise(store, config, "FY2012")
    write("FY2012", [])

    summary = materialise(store, config, "FY2012")

    assert (summary.chunks, summary.removed) == (0, 18)
    assert semantic_search(store, config, SLIP, 5, partition="FY2012") == ()


def test_a_removed_partition_leaves_the_others(store, config, write, reports, database):
    write("FY2012")
    write("it's undated")
    materialise(store, config, "FY2012")
    materialise(store, config, "it's undated")

    removed = remove_partition(store, "it's undated")

    assert removed == len(reports)
    database.assert_holds("FY2012")
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


def test_incomplete_vectors_are_counted(store, config, write, reports):
    write("FY2012", reports)
    materialise(store, config, "FY2012")
    assert check_complete(store, config, "FY2012") == ()

    write("FY2012", (*reports[1:], "a report that nobody embedded"))

    problems = check_complete(store, config, "FY2012")
    assert any("without a vector" in problem for problem in problems)
    assert any("without a chunk" in problem for problem in problems)


def test_a_second_writer_of_the_same_partition_is_refused_and_others_go_on(store, config, write, database):
    write("FY2012")
    write("FY2013")

    with (
        vector_table.only_writer(store, "FY2012"),
        pytest.raises(StoreError, match=r"another run is embedding FY2012 of mine_injuries; wait for it"),
    ):
        materialise(store, config, "FY2012")
    with vector_table.only_writer(store, "FY2012"):
        materialise(store, config, "FY2013")
    materialise(store, config, "FY2012")

    database.assert_holds("FY2012", "FY2013")


def test_two_processes_of_an_encoder_store_what_one_does(store, config, write, reports, database):
    write("FY2012", [f"{text} Case {number}." for number in range(60) for text in reports])
    shared = config.model_copy(update={"embedding": config.embedding.model_copy(update={"workers": 2})})

    summary = materialise(store, shared, "FY2012")

    assert (summary.workers, summary.embedded_now) == (2, 60 * len(reports))
    assert summary.chunks_per_second > 0
    database.assert_holds("FY2012")


def test_a_chunk_with_a_changed_scope_keeps_its_vector_and_shows_the_scope(store, config, write, database):
    chunks = write("FY2012")
    materialise(store, config, "FY2012")
    write_frame(chunks.with_columns(scope=pl.lit("sheet 1, ") + pl.col("scope")), store.chunks_path("FY2012"))

    summary = materialise(store, config, "FY2012")

    assert (summary.embedded_now, summary.removed) == (0, 0)
    database.assert_holds("FY2012")


def test_a_chunk_that_moved_to_another_partition_keeps_its_vector(store, config, write, database):
    chunks = write("FY2012")
    materialise(store, config, "FY2012")
    write_frame(chunks.clear(), store.chunks_path("FY2012"))
    write_frame(chunks, store.chunks_path("FY2013"))

    moved = materialise(store, config, "FY2013")
    left = materialise(store, config, "FY2012")

    assert (moved.embedded_now, left.removed) == (0, chunks.height)
    assert set(database.rows()["partition"]) == {"FY2013"}
    database.assert_holds("FY2013")


def test_place_and_overlap_are_embedded_with_the_text(store, config, write, database):
    chunks = write("FY2012").with_columns(place=pl.lit("Falls"), overlap=pl.lit("The day before. "))
    write_frame(chunks, store.chunks_path("FY2012"))

    materialise(store, config, "FY2012")

    stored = database.rows().sort("chunk_id")["vector"].to_list()
    texts = [f"Falls\nThe day before. {text}" for text in chunks.sort("chunk_id")["text"]]
    np.testing.assert_allclose(np.stack(stored), open_encoder("static").encode(texts), atol=1e-6)


def test_only_the_row_groups_of_outdated_chunks_are_read(store, config, write, reports):
    chunks = write("FY2012", [f"{text} Case {number}." for number in range(20) for text in reports])
    chunks.write_parquet(store.chunks_path("FY2012"), row_group_size=18)
    wanted = chunks.select("chunk_id")[[20, 21, 359]]

    batches = list(chunk_files.in_batches_of(store, "FY2012", wanted, columns=["text"], rows=2))

    assert [batch.height for batch in batches] == [2, 1]
    assert pl.concat(batches).equals(chunks[[20, 21, 359]].select("chunk_id", "text"))


def test_of_other_models_the_last_one_is_kept(store, config, write):
    write("FY2012")
    embeddings = [
        Embedding(search="static"),
        Embedding(search="static", precision="float16"),
        Embedding(search="minilm"),
    ]
    for embedding in embeddings:
        materialise(store, config.model_copy(update={"embedding": embedding}), "FY2012")

    dropped = vector_table.drop_superseded(store, search_encoder(embeddings[2]))

    encoders = [search_encoder(embedding) for embedding in embeddings]
    assert dropped == 1
    with pytest.raises(NotMaterialised):
        vector_table.open_existing(store, encoders[0])
    assert [vector_table.open_existing(store, each).count_rows() for each in encoders[1:]] == [18, 18]


def test_the_pace_says_how_fast_and_how_long(caplog, store, config, write):
    write("FY2012")
    caplog.set_level("INFO", logger="rlm_pipeline.retrieval.embeddings")

    materialise(store, config, "FY2012", rows_per_commit=9)

    pattern = r"mine_injuries FY2012: 9 of 18 chunks embedded, \d+ s left, [\d,.]+ chunks/s, [\d.]+ MB/s"
    assert re.fullmatch(pattern, caplog.messages[0])
    assert "left" not in caplog.messages[-1]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.4, "59 s"), (61, "1 min 01 s"), (3599, "59 min 59 s"), (11_100, "3 h 05 min")],
)
def test_a_duration_is_in_words(seconds, words):
    assert duration(seconds) == words
