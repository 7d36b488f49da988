import numpy as np
import polars as pl
import pytest

from rlm_pipeline.errors import NotMaterialised, QueryError
from rlm_pipeline.retrieval import embeddings, lexical
from rlm_pipeline.retrieval.hybrid import get_chunk, list_chunks, search
from rlm_pipeline.retrieval.ranking import RRF_K
from rlm_pipeline.store import write_frame

YEARS = ("FY2011", "FY2012", "FY2013")


@pytest.fixture
def indexed(store, config, write, reports):
    """Three years of reports with a case number each, embedded and indexed."""
    for year in YEARS:
        write(year, [f"{text} Report {number} of {year}." for number, text in enumerate(reports)])
        embeddings.materialise(store, config, year)
        lexical.materialise(store, config, year)
    return store


def test_a_hit_shows_the_chunk_and_its_place(indexed, config):
    best = search(indexed, config, "audiogram threshold shift", mode="bm25", top_k=1, partition="FY2012")[0]

    assert best.partition == "FY2012"
    assert (best.source, best.row_start, best.row_end, best.scope) == ("fy2012.csv", 18, 18, "rows 18-18")
    assert best.text.startswith("Periodic audiogram")
    assert (best.bm25_rank, best.semantic_rank) == (1, None)
    assert get_chunk(indexed, best.chunk_id).text == best.text


def test_hybrid_holds_what_only_words_find_and_what_only_meaning_finds(indexed, config):
    query = "icy path accident goggles"

    by_words = search(indexed, config, query, mode="bm25", top_k=18, partition="FY2012")
    by_meaning = search(indexed, config, query, mode="semantic", top_k=18, partition="FY2012")
    both = search(indexed, config, query, top_k=18, partition="FY2012")

    ids = {hit.chunk_id for hit in both}
    assert {hit.chunk_id for hit in by_words} | {hit.chunk_id for hit in by_meaning} == ids
    assert any(hit.bm25_rank is None for hit in both)
    assert "goggles" in both[0].text
    shares = [[1 / (RRF_K + rank) if rank else 0 for rank in (hit.semantic_rank, hit.bm25_rank)] for hit in both]
    weights, *_ = np.linalg.lstsq(np.array(shares), np.array([hit.score for hit in both]))
    assert np.array(shares) @ weights == pytest.approx([hit.score for hit in both])
    assert weights.sum() == pytest.approx(2)
    assert [hit.score for hit in both] == sorted((hit.score for hit in both), reverse=True)


@pytest.mark.parametrize("mode", ["semantic", "hybrid"])
@pytest.mark.parametrize("top_k", [1, 7, 18, 40])
def test_a_partition_filter_never_gives_fewer_than_there_are(indexed, config, mode, top_k):
    hits = search(indexed, config, "hurt his back", mode=mode, top_k=top_k, partition="FY2013")

    assert len(hits) == min(top_k, 18)
    assert {hit.partition for hit in hits} == {"FY2013"}


def test_the_same_query_gives_the_same_hits_after_the_indexes_are_built_in_another_order(indexed, config, write):
    queries = ("caught in conveyor", "neck", "eye injury", "Report")
    before = [search(indexed, config, query, top_k=30) for query in queries]

    for year in reversed(YEARS):
        embeddings.remove_partition(indexed, year)
        lexical.remove_partition(indexed, config, year)
    for year in reversed(YEARS):
        embeddings.materialise(indexed, config, year, rows_per_commit=5)
        lexical.materialise(indexed, config, year)

    after = [search(indexed, config, query, top_k=30) for query in queries]
    assert [[hit.chunk_id for hit in hits] for hits in after] == [[hit.chunk_id for hit in hits] for hits in before]


def test_meaning_finds_a_paraphrase_without_a_common_word(indexed, config):
    best = search(indexed, config, "hearing loss", mode="semantic", top_k=3, partition="FY2012")

    assert search(indexed, config, "hearing loss", mode="bm25") == ()
    assert any("audiogram" in hit.text for hit in best)


def test_a_chunk_that_no_longer_exists_is_left_out(indexed, config, write, reports):
    write("FY2012", [f"{text} Report {number} of FY2012." for number, text in enumerate(reports) if number != 17])

    hits = search(indexed, config, "audiogram", partition="FY2012", top_k=50)

    assert len(hits) == 17
    assert not any("audiogram" in hit.text for hit in hits)


@pytest.mark.parametrize(
    ("query", "options", "message"),
    [
        ("", {}, "the query is empty"),
        (" \n", {}, "the query is empty"),
        ("?!", {"mode": "bm25"}, "no word to search for"),
        ("finger", {"top_k": 0}, "top_k must be at least 1, not 0"),
        ("finger", {"top_k": -3}, "top_k must be at least 1"),
        ("finger", {"partition": "FY1999"}, "no partition 'FY1999'; it has FY2011, FY2012, FY2013"),
        ("finger", {"mode": "fuzzy"}, "expected hybrid, semantic or bm25"),
    ],
)
def test_a_search_that_makes_no_sense_is_told_why(indexed, config, query, options, message):
    with pytest.raises(QueryError, match=message):
        search(indexed, config, query, **options)


def test_bytes_that_are_no_text_can_be_searched_for(indexed, config):
    assert search(indexed, config, "finger \udcff", top_k=1)


def test_searching_before_a_stage_has_run_names_the_stage(store, config, write):
    with pytest.raises(NotMaterialised, match="chunks of mine_injuries"):
        search(store, config, "finger")
    write("FY2012")
    with pytest.raises(NotMaterialised, match="embeddings of mine_injuries"):
        search(store, config, "finger")
    embeddings.materialise(store, config, "FY2012")
    with pytest.raises(NotMaterialised, match="lexical_index of mine_injuries"):
        search(store, config, "finger")
    assert search(store, config, "finger", mode="semantic")


def test_a_chunk_is_found_by_its_id_or_a_prefix_of_six(indexed):
    wanted = pl.read_parquet(indexed.chunks_path("FY2013")).row(4, named=True)

    for chunk_id in (wanted["chunk_id"], wanted["chunk_id"][:6], f" {wanted['chunk_id'][:8].upper()} "):
        chunk = get_chunk(indexed, chunk_id)

        assert chunk.partition == "FY2013"
        assert {name: getattr(chunk, name) for name in wanted} == wanted


def test_an_unknown_ambiguous_or_short_id_is_told_what_comes_close(store, write):
    chunks = write("FY2012")
    ids = ["aaaaaa0000000001", "aaaaaa0000000002", *chunks["chunk_id"][2:]]
    write_frame(chunks.with_columns(chunk_id=pl.Series(ids)), store.chunks_path("FY2012"))

    with pytest.raises(QueryError, match=r"several chunks .* aaaaaa0000000001, aaaaaa0000000002"):
        get_chunk(store, "aaaaaa")
    with pytest.raises(QueryError, match=r"no chunk 'aaaaaa1'; close ids: .*aaaaaa0000000002"):
        get_chunk(store, "aaaaaa1")
    with pytest.raises(QueryError, match="at least 6"):
        get_chunk(store, "aaaaa")


def test_chunks_are_listed_by_partition_and_place(indexed):
    assert [(chunk.partition, chunk.ordinal) for chunk in list_chunks(indexed, limit=20)][-3:] == [
        ("FY2011", 17),
        ("FY2012", 0),
        ("FY2012", 1),
    ]
    assert [chunk.source for chunk in list_chunks(indexed, "FY2013", 2)] == ["fy2013.csv", "fy2013.csv"]
    with pytest.raises(QueryError, match="no partition"):
        list_chunks(indexed, "FY1999")
    with pytest.raises(QueryError, match="limit must be at least 1"):
        list_chunks(indexed, limit=0)
