import numpy as np
import polars as pl
import pytest

from rlm_pipeline.retrieval.embeddings import materialise
from rlm_pipeline.retrieval.encoders import open_encoder
from rlm_pipeline.retrieval.vector_search import VectorReader, semantic_search

SLIP = "someone slid on an icy surface"


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


def test_the_background_is_the_mean_similarity_to_all_chunks_and_follows_new_ones(store, config, write, reports):
    encoder = open_encoder("static")
    query = encoder.encode_query(SLIP)
    write("FY2011", reports[:4])
    materialise(store, config, "FY2011")
    reader = VectorReader(store, encoder)
    first = reader.background(query)

    write("FY2012", reports[4:])
    materialise(store, config, "FY2012")

    texts = [pl.read_parquet(store.chunks_path(year))["text"].to_list() for year in ("FY2011", "FY2012")]
    assert first == pytest.approx(float((encoder.encode(texts[0]) @ query).mean()), abs=1e-5)
    assert reader.background(query) == pytest.approx(
        float((encoder.encode([*texts[0], *texts[1]]) @ query).mean()), abs=1e-5
    )
