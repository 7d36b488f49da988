import os

import numpy as np
import polars as pl
import pytest

from rlm_pipeline.errors import NotMaterialised, QueryError, StoreError
from rlm_pipeline.retrieval import catalogue as catalogues
from rlm_pipeline.retrieval import embeddings, lexical
from rlm_pipeline.retrieval.chunk_texts import ChunkTexts
from rlm_pipeline.retrieval.filters import Filters
from rlm_pipeline.retrieval.hybrid import neighbours
from rlm_pipeline.retrieval.queries import Query
from rlm_pipeline.retrieval.searcher import Searcher
from rlm_pipeline.retrieval.vector_index import build_index
from rlm_pipeline.store import write_frame


@pytest.fixture
def indexed(store, config, write, reports):
    for year in ("FY2011", "FY2012"):
        write(year, [f"{text} Report {number} of {year}." for number, text in enumerate(reports)])
        embeddings.materialise(store, config, year)
        lexical.materialise(store, config, year)
    return store


@pytest.mark.parametrize("mode", ["hybrid", "semantic", "bm25"])
def test_an_open_searcher_finds_what_later_runs_write(indexed, config, write, reports, mode):
    searcher = Searcher(indexed, config)
    assert not any("windshield" in hit.text for hit in searcher.search(Query(text="bird windshield", mode=mode)))

    write("FY2012", [*reports[:5], "A bird struck the windshield."])
    os.utime(indexed.chunks_path("FY2012"), ns=(1, 1))
    embeddings.materialise(indexed, config, "FY2012")
    lexical.materialise(indexed, config, "FY2012")

    assert searcher.search(Query(text="bird windshield", mode=mode))[0].text == "A bird struck the windshield."


def test_what_no_longer_exists_gives_its_place_to_the_next_best(indexed, config, write, reports):
    before = Searcher(indexed, config).search(Query(text="pain in his back", top_k=20))
    gone = {hit.chunk_id for hit in before if hit.partition == "FY2012"}
    kept = pl.read_parquet(indexed.chunks_path("FY2012")).filter(~pl.col("chunk_id").is_in(gone))
    write_frame(kept, indexed.chunks_path("FY2012"))

    after = Searcher(indexed, config).search(Query(text="pain in his back", top_k=20))

    assert len(gone) > 5
    assert len(after) == 20
    assert not gone & {hit.chunk_id for hit in after}


def test_more_like_a_chunk_finds_its_kind_and_not_itself(indexed, config):
    searcher = Searcher(indexed, config)
    original = searcher.search(Query(text="finger conveyor", mode="bm25", top_k=1))[0]

    for mode in ("hybrid", "semantic", "bm25"):
        hits = searcher.search(Query(like=original.chunk_id[:8], mode=mode, top_k=5))

        assert original.chunk_id not in {hit.chunk_id for hit in hits}
        assert "conveyor" in hits[0].text  # the other year's
    assert {"conveyor", "finger"} <= {each.word.lower() for each in hits[0].highlights}


def test_near_duplicates_are_collapsed_and_as_many_hits_are_shown(indexed, config):
    searcher = Searcher(indexed, config)
    plain = searcher.search(Query(text="hurt", mode="semantic", top_k=10))
    collapsed = searcher.search(Query(text="hurt", mode="semantic", top_k=10, collapse=0.9))

    assert len({hit.text.split(" Report")[0] for hit in plain}) < 10
    assert len({hit.text.split(" Report")[0] for hit in collapsed}) == 10
    assert any(hit.collapsed for hit in collapsed)


def test_diversity_leaves_the_best_first_and_changes_the_rest(indexed, config):
    searcher = Searcher(indexed, config)
    plain = searcher.search(Query(text="hurt his back", top_k=8))
    diverse = searcher.search(Query(text="hurt his back", top_k=8, diverse=0.3))

    assert diverse[0].chunk_id == plain[0].chunk_id
    assert len({hit.text.split(" Report")[0] for hit in diverse}) > len({hit.text.split(" Report")[0] for hit in plain})
    same = searcher.search(Query(text="hurt his back", top_k=8, diverse=1.0))
    assert [hit.chunk_id for hit in same] == [hit.chunk_id for hit in plain]


def test_a_threshold_drops_what_only_meaning_finds_below_it(indexed, config):
    searcher = Searcher(indexed, config)
    everything = searcher.search(Query(text="neck pain", mode="semantic", top_k=36))
    least = everything[9].score

    above = searcher.search(Query(text="neck pain", mode="semantic", top_k=36, threshold=least))
    both = searcher.search(Query(text="neck pain", top_k=36, threshold=0.999))

    assert [hit.chunk_id for hit in above] == [hit.chunk_id for hit in everything[:10]]
    assert both
    assert all(hit.bm25_rank is not None and hit.semantic_rank is None for hit in both)


def test_the_constant_of_the_fusion_is_what_the_query_says(indexed, config):
    searcher = Searcher(indexed, config)
    hits = searcher.search(Query(text="neck pain", rrf_k=7))
    shares = np.array([[1 / (7 + rank) if rank else 0 for rank in (hit.semantic_rank, hit.bm25_rank)] for hit in hits])
    weights, *_ = np.linalg.lstsq(shares, np.array([hit.score for hit in hits]))

    assert shares @ weights == pytest.approx([hit.score for hit in hits])
    assert weights.sum() == pytest.approx(2)
    for hit in hits:
        assert (hit.semantic_score is None) == (hit.semantic_rank is None)
        assert (hit.bm25_score is None) == (hit.bm25_rank is None)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (Query(text="x", like="abcdef"), "not both"),
        (Query(text="x", threshold=1.5), "threshold must be from -1 to 1, not 1.5"),
        (Query(text="x", diverse=-0.1), "diverse must be from 0 to 1"),
        (Query(text="x", collapse=2), "collapse must be from -1 to 1"),
        (Query(text="x", rrf_k=-1), "rrf_k must be at least 0"),
        (Query(like="ffffffffff"), "no chunk 'ffffffffff'"),
    ],
)
def test_a_value_that_makes_no_sense_is_told(indexed, config, query, message):
    with pytest.raises(QueryError, match=message):
        Searcher(indexed, config).search(query)


def test_collapsing_needs_vectors_and_says_so(store, config, write):
    write("FY2012")
    lexical.materialise(store, config, "FY2012")
    searcher = Searcher(store, config)

    assert searcher.search(Query(text="finger", mode="bm25"))
    with pytest.raises(NotMaterialised, match="embeddings"):
        searcher.search(Query(text="finger", mode="bm25", collapse=0.9))


def test_a_text_is_never_that_of_another_chunk(indexed):
    catalogue = catalogues.load(indexed)
    path = indexed.chunks_path("FY2011")
    assert dict(ChunkTexts(indexed).read(catalogue, [3])) == {3: pl.read_parquet(path)["text"][3]}
    write_frame(pl.read_parquet(path).reverse(), path)

    with pytest.raises(StoreError, match="the chunks of FY2011 were replaced"):
        dict(ChunkTexts(indexed).read(catalogue, [3]))


@pytest.mark.parametrize("top_k", [1, 10, 40])
def test_an_index_over_all_vectors_never_gives_fewer_under_a_filter(indexed, config, top_k):
    build_index(indexed, config, index_from_rows=30)
    searcher = Searcher(indexed, config, index_from_rows=1)
    exact = Searcher(indexed, config)
    for filters, there in ((Filters(), 36), (Filters(partitions=("FY2011",)), 18)):
        query = Query(text="hurt his back", mode="semantic", top_k=top_k, filters=filters)
        assert len(searcher.search(query)) == min(top_k, there)
        assert searcher.search(query)[0].chunk_id == exact.search(query)[0].chunk_id


def test_neighbours_are_those_of_the_same_source_in_its_order(indexed):
    chunks = pl.read_parquet(indexed.chunks_path("FY2012"))

    found = neighbours(indexed, chunks["chunk_id"][1], 2)

    assert [each.chunk_id for each in found] == chunks["chunk_id"][:4].to_list()
    assert [each.chunk_id for each in neighbours(indexed, chunks["chunk_id"][17], 0)] == [chunks["chunk_id"][17]]
    with pytest.raises(QueryError, match="at least 0"):
        neighbours(indexed, chunks["chunk_id"][1], -1)
