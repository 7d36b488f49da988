import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.retrieval.diversity import collapse, maximal_marginal_relevance
from rlm_pipeline.retrieval.ranking import Candidate


def candidates(*scores):
    return [Candidate(chunk_id=f"{place:016x}", score=score) for place, score in enumerate(scores)]


def unit(*angles):
    return np.array([[np.cos(each), np.sin(each)] for each in angles], dtype=np.float32)


def test_a_near_duplicate_is_counted_with_the_better_one():
    kept = collapse(candidates(4, 3, 2, 1), unit(0, 0.01, 1.5, 1.51), 0.99)

    assert [each.candidate.score for each in kept] == [4, 2]
    assert [each.collapsed for each in kept] == [(f"{1:016x}",), (f"{3:016x}",)]


def test_equal_vectors_are_alike_however_their_product_is_rounded():
    assert len(collapse(candidates(2, 1), unit(1.66475040859444, 1.66475040859444), 1.0)) == 1


def test_a_chunk_without_a_vector_is_like_no_other():
    kept = collapse(candidates(2, 1), np.zeros((2, 2), np.float32), 0.5)

    assert len(kept) == 2


@given(st.lists(st.floats(0, 6.2), min_size=1, max_size=20), st.floats(-1, 1))
def test_nothing_is_lost_and_nothing_kept_is_alike(angles, similarity):
    vectors = unit(*angles)
    kept = collapse(candidates(*range(len(angles), 0, -1)), vectors, similarity)

    ids = [each.candidate.chunk_id for each in kept]
    everything = sorted([*ids, *(other for each in kept for other in each.collapsed)])
    assert everything == [f"{place:016x}" for place in range(len(angles))]
    rows = vectors[[int(each, 16) for each in ids]]
    likeness = rows @ rows.T
    assert (likeness[np.triu_indices(len(ids), 1)] < similarity).all()


def test_the_second_hit_is_one_that_says_something_else():
    ranked = candidates(1.0, 0.9, 0.6)
    vectors = unit(0, 0.05, 1.5)

    assert [each.score for each in maximal_marginal_relevance(ranked, vectors, 0.5, 3)] == [1.0, 0.6, 0.9]
    assert [each.score for each in maximal_marginal_relevance(ranked, vectors, 1.0, 3)] == [1.0, 0.9, 0.6]


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=15), st.floats(0, 1), st.integers(1, 20))
def test_each_choice_is_the_best_of_the_formula(scores, weight, top_k):
    ranked = candidates(*sorted(scores, reverse=True))
    vectors = unit(*np.linspace(0, 3, len(ranked)))

    chosen = maximal_marginal_relevance(ranked, vectors, weight, top_k)

    places = [int(each.chunk_id, 16) for each in chosen]
    assert len(set(places)) == len(places) == min(top_k, len(ranked))
    for number, place in enumerate(places[1:], 1):
        taken = places[:number]

        def worth(at, taken=taken):
            relevance = ranked[at].score / ranked[0].score
            return weight * relevance - (1 - weight) * float((vectors[taken] @ vectors[at]).max())

        rest = [at for at in range(len(ranked)) if at not in taken]
        assert worth(place) == pytest.approx(max(map(worth, rest)), abs=1e-5)
