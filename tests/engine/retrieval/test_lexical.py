import re
import subprocess
import sys

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import NotMaterialised, QueryError, StoreError
from rlm_pipeline.retrieval import word_index
from rlm_pipeline.retrieval.hybrid import search
from rlm_pipeline.retrieval.lexical import materialise, remove_partition
from rlm_pipeline.store import write_frame


def bm25_search(store, query, top_k, partition=None):
    config = DatasetConfig(name="mine_injuries", source="unused.csv")
    return search(store, config, query, mode="bm25", top_k=top_k, partition=partition)


def texts_of(_chunks, found):
    return [hit.text for hit in found]


def test_words_are_found_by_their_stems_best_match_first(store, config, write):
    chunks = write("FY2012")

    summary = materialise(store, config, "FY2012")
    found = bm25_search(store, "pinching fingers", 10)

    assert (summary.chunks, summary.indexed_now, summary.removed) == (18, 18, 0)
    assert texts_of(chunks, found) == [
        "Finger pinched between the coupling and the drawbar of the supply car.",
        "His glove was caught in the tail roller of the conveyor and the finger was fractured.",
    ]
    assert found[0].score > found[1].score > 0


def test_a_rerun_indexes_nothing_and_a_changed_partition_is_replaced(store, config, write, reports):
    write("FY2012")
    materialise(store, config, "FY2012")

    unchanged = materialise(store, config, "FY2012")
    write("FY2012", ["A bird struck the windshield."])
    changed = materialise(store, config, "FY2012")

    assert (unchanged.indexed_now, unchanged.removed) == (0, 0)
    assert (changed.indexed_now, changed.removed) == (1, len(reports))
    assert bm25_search(store, "finger", 10) == ()
    assert len(bm25_search(store, "bird", 10)) == 1


def test_a_partition_filter_leaves_as_many_as_the_partition_has(store, config, write, reports):
    for year in ("FY2011", "FY2012", "FY2013"):
        write(year, reports)
        materialise(store, config, year)

    everywhere = bm25_search(store, "back", 100)
    within = bm25_search(store, "back", 2, partition="FY2012")

    assert len(everywhere) == 3 * 3
    assert len(within) == 2
    assert {candidate.score for candidate in within} <= {candidate.score for candidate in everywhere}


def test_equal_scores_are_in_the_order_of_their_ids(store, config, write):
    chunks = write("FY2012", ["The belt tore."] * 30)
    materialise(store, config, "FY2012")

    found = bm25_search(store, "belt", 10)

    assert [candidate.chunk_id for candidate in found] == sorted(chunks["chunk_id"])[:10]


@pytest.mark.parametrize(
    "query",
    ["finger: pinched (", '"finger pinched', "finger AND", "finger^", "[finger TO", "finger:pinched", "it's a finger)",
     "-finger", "/finger/", "IN [finger", "finger\\", "NOT (finger"],
)  # fmt: skip
def test_a_query_that_is_not_well_formed_is_searched_for_by_its_words(store, config, write, query):
    chunks = write("FY2012")
    materialise(store, config, "FY2012")

    found = bm25_search(store, query, 18)

    assert any("Finger pinched" in text for text in texts_of(chunks, found))


@pytest.mark.parametrize("nested", ["(", "NOT ", "text:(", "-(", "(finger "])
def test_a_query_nested_deeper_than_a_parser_can_go_is_searched_for_by_its_words(store, config, write, nested):
    chunks = write("FY2012")
    materialise(store, config, "FY2012")

    found = bm25_search(store, nested * 50_000 + "finger", 18)

    assert any("Finger pinched" in text for text in texts_of(chunks, found))


def test_phrases_and_exclusions_are_understood(store, config, write):
    chunks = write("FY2012")
    materialise(store, config, "FY2012")

    assert len(texts_of(chunks, bm25_search(store, '"neck pain"', 10))) == 1
    assert len(texts_of(chunks, bm25_search(store, "neck", 10))) == 2
    assert len(texts_of(chunks, bm25_search(store, "neck -pain", 10))) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(query=st.text(alphabet=st.sampled_from("finger: ()[]{}\"'^~*?+-\\/&|!<>=.,ANDORNOTINé0\n"), max_size=25))
@example("?" * 50)
@example("(" * 200 + "finger")
@example("0:*")
@example("finger text:*")
def test_no_query_ends_in_anything_but_hits_or_a_query_error(store, config, write, query):
    if not store.lexical_folder.exists():
        write("FY2012")
        materialise(store, config, "FY2012")

    if re.search(r"\w", query):
        assert len(bm25_search(store, query, 5)) <= 5
    else:
        with pytest.raises(QueryError, match=r"no word to search for|query is empty"):
            bm25_search(store, query, 5)


def test_a_second_writer_is_told_that_another_run_is_writing(store, config, write):
    write("FY2012")
    materialise(store, config, "FY2012")
    write("FY2012", ["Changed."])
    other = word_index.open_existing(store, "english").writer()

    with pytest.raises(StoreError, match="another run is writing the index"):
        materialise(store, config, "FY2012", attempts=1)
    other.wait_merging_threads()

    assert materialise(store, config, "FY2012", attempts=1).indexed_now == 1


def test_a_writer_killed_before_its_commit_leaves_the_index_as_it_was(store, config, write, reports):
    write("FY2012")
    materialise(store, config, "FY2012")
    script = (
        "import sys, time, tantivy\n"
        "writer = tantivy.Index.open(sys.argv[1]).writer()\n"
        "writer.delete_documents_by_term('partition', 'FY2012')\n"
        "writer.add_document(tantivy.Document(partition='FY2012', text='half'))\n"
        "print('writing', flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(store.lexical_folder)], stdout=subprocess.PIPE) as run:
        run.stdout.readline()
        run.kill()

    again = materialise(store, config, "FY2012", attempts=1)

    assert (again.chunks, again.indexed_now) == (len(reports), 0)
    assert len(bm25_search(store, "finger", 10)) == 2


def test_a_run_that_fails_before_its_commit_changes_nothing_and_frees_the_lock(store, config, write, reports):
    write("FY2012")
    materialise(store, config, "FY2012")
    write_frame(
        write("FY2012", [*reports, "Changed."]).with_columns(text=pl.lit(None, pl.String)), store.chunks_path("FY2012")
    )

    with pytest.raises(StoreError, match="cannot write"):
        materialise(store, config, "FY2012")
    write("FY2012", reports)

    assert materialise(store, config, "FY2012", attempts=1).indexed_now == 0


def test_an_index_with_other_fields_is_made_anew(store, config, write, reports):
    import tantivy

    write("FY2012")
    store.lexical_folder.mkdir(parents=True)
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("body", stored=True)
    tantivy.Index(builder.build(), path=str(store.lexical_folder))

    with pytest.raises(NotMaterialised):
        bm25_search(store, "finger", 10)
    summary = materialise(store, config, "FY2012")

    assert summary.indexed_now == len(reports)
    assert len(bm25_search(store, "finger", 10)) == 2


def test_a_damaged_index_says_what_to_delete(store, config, write):
    write("FY2012")
    materialise(store, config, "FY2012")
    (store.lexical_folder / "meta.json").write_text("{")

    with pytest.raises(StoreError, match=r"lexical is damaged .*delete that folder and run again"):
        bm25_search(store, "finger", 10)
    with pytest.raises(StoreError, match="is damaged"):
        materialise(store, config, "FY2012")


def test_a_removed_partition_leaves_the_others(store, config, write, reports):
    write("FY2012")
    write("FY2013")
    materialise(store, config, "FY2012")
    materialise(store, config, "FY2013")

    removed = remove_partition(store, config, "FY2013")

    assert removed == len(reports)
    assert len(bm25_search(store, "finger", 10)) == 2


def test_what_is_not_indexed_is_not_materialised(store, config, write):
    assert remove_partition(store, config, "FY2012") == 0
    with pytest.raises(NotMaterialised, match="chunks"):
        materialise(store, config, "FY2012")
    write("FY2012")
    with pytest.raises(NotMaterialised, match="lexical_index"):
        bm25_search(store, "finger", 10)
    write("FY2013")
    materialise(store, config, "FY2012")
    with pytest.raises(NotMaterialised, match="lexical_index of mine_injuries, partition FY2013"):
        bm25_search(store, "finger", 10, partition="FY2013")
