"""Signs of vectors: what they say of inner products, and how many of the nearest they find among real texts."""

import gzip
import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_pipeline.retrieval import signs
from rlm_pipeline.retrieval.embeddings import materialise
from rlm_pipeline.retrieval.encoders import open_encoder
from rlm_pipeline.retrieval.queries import Query
from rlm_pipeline.retrieval.searcher import Searcher
from rlm_pipeline.retrieval.vector_index import build_index

SPEECHES = Path(__file__).parents[4] / "shared" / "data" / "sotu" / "speeches.jsonl.gz"

shapes = st.tuples(st.integers(1, 40), st.sampled_from([1, 3, 63, 64, 65, 256, 300, 384]), st.integers(0, 10_000))


def columns_of(found: signs.Signs) -> np.ndarray:
    return np.ascontiguousarray(found.bits.T)


@settings(max_examples=60, deadline=None)
@given(shape=shapes, at_once=st.sampled_from([1, 7, 32_768]))
def test_a_query_whose_numbers_are_of_one_size_is_multiplied_with_the_signs_exactly(shape, at_once):
    rows, dimension, seed = shape
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(rows, dimension)).astype(np.float32)
    centre = random.normal(size=dimension).astype(np.float32)
    query = (random.choice([-1, 1], dimension) / np.sqrt(dimension)).astype(np.float32)
    found = signs.of(vectors, centre)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(signs, "_ROWS_AT_ONCE", at_once)
        products = signs.products(query, columns_of(found), found.scale)

    apart = vectors - centre
    scale = (apart**2).sum(axis=1) / np.abs(apart).sum(axis=1)
    np.testing.assert_allclose(products, scale * (np.where(apart > 0, 1, -1) @ query), rtol=1e-4, atol=1e-4)


def test_a_vector_at_the_centre_and_a_query_of_zeros_are_at_zero():
    vectors = np.eye(4, 70, dtype=np.float32)
    found = signs.of(vectors, vectors[1])

    assert signs.products(vectors[0], columns_of(found), found.scale)[1] == 0
    assert not signs.products(np.zeros(70, np.float32), columns_of(found), found.scale).any()


def test_estimates_have_no_bias_and_the_error_that_one_bit_a_number_leaves():
    random = np.random.default_rng(3)
    vectors = random.normal(size=(4000, 256)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = signs.of(vectors, vectors.mean(axis=0))

    errors = np.concatenate(
        [
            signs.products(query, columns_of(found), found.scale) - (vectors - vectors.mean(axis=0)) @ query
            for query in vectors[:20]
        ]
    )

    assert abs(errors.mean()) < 2e-3
    # RaBitQ: sqrt((pi / 2 - 1) / 256) = 0.047 before the query is rounded.
    assert 0.03 < errors.std() < 0.06


@pytest.mark.skipif(not SPEECHES.is_file(), reason="the speeches of shared/data/sotu are not beside us")
def test_the_index_finds_97_of_a_hundred_of_the_nearest_among_real_sentences(store, config, write):
    sentences = real_sentences(24_000)
    for year, part in (("FY2012", sentences[::2]), ("FY2013", sentences[1::2])):
        write(year, part)
        materialise(store, config, year)
    build_index(store, config, index_from_rows=1)
    indexed, exact = Searcher(store, config, index_from_rows=1), Searcher(store, config)

    found = {10: 0, 50: 0}
    queries = [" ".join(sentence.split()[2:8]) for sentence in sentences[7 :: len(sentences) // 60]]
    for text in queries:
        for top_k in found:
            query = Query(text=text, mode="semantic", top_k=top_k)
            ids = [{hit.chunk_id for hit in each.search(query)} for each in (indexed, exact)]
            found[top_k] += len(ids[0] & ids[1])

    assert found[10] >= 0.97 * 10 * len(queries)
    assert found[50] >= 0.95 * 50 * len(queries)


def test_every_number_of_results_is_found_however_few_are_compared(store, config, write, reports):
    write("FY2012", [f"{text} Case {number}." for number in range(40) for text in reports])
    materialise(store, config, "FY2012")
    build_index(store, config, index_from_rows=1)
    searcher = Searcher(store, config, index_from_rows=1)

    counts = [len(searcher.search(Query(text="ice", mode="semantic", top_k=top_k))) for top_k in (1, 60, 719, 800)]

    assert counts == [1, 60, 719, 720]
    assert open_encoder("static").dimension == 256


def real_sentences(count: int) -> list[str]:
    found: dict[str, None] = {}
    with gzip.open(SPEECHES, "rt", encoding="utf-8") as lines:
        for line in lines:
            for sentence in re.split(r"(?<=[.!?])\s+", json.loads(line)["text"]):
                if len(sentence) > 60:
                    found[sentence] = None
            if len(found) >= count:
                break
    return list(found)[:count]
