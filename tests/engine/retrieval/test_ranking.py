import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.retrieval.ranking import (
    Candidate,
    ranks,
    reciprocal_rank_fusion,
    share_in_words,
    stable_top,
    weights_of,
)


@given(
    scores=st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.sampled_from([0.1, 0.2, 0.3]), max_size=40),
    depth=st.integers(1, 50),
    order=st.randoms(use_true_random=False),
)
def test_the_best_are_the_same_wherever_an_index_cuts_equal_scores(scores, depth, order):
    everything = [Candidate(chunk_id=chunk_id, score=score) for chunk_id, score in scores.items()]

    def fetch(limit):
        shuffled = order.sample(everything, len(everything))
        return sorted(shuffled, key=lambda candidate: -candidate.score)[:limit]

    best = stable_top(fetch, depth)

    expected = sorted(everything, key=lambda candidate: (-candidate.score, candidate.chunk_id))[:depth]
    assert list(best) == expected


def test_a_fused_score_is_the_sum_of_reciprocal_ranks():
    fused = reciprocal_rank_fusion(({"a": 1, "b": 2}, {"b": 1, "c": 2}), 60)

    assert [candidate.chunk_id for candidate in fused] == ["b", "a", "c"]
    assert [candidate.score for candidate in fused] == pytest.approx([1 / 62 + 1 / 61, 1 / 61, 1 / 62])


def test_equal_fused_scores_are_in_the_order_of_their_ids():
    fused = reciprocal_rank_fusion(({"b": 1}, {"a": 1}))

    assert [candidate.chunk_id for candidate in fused] == ["a", "b"]


def test_an_id_found_twice_keeps_its_better_rank():
    found = [Candidate(chunk_id=chunk_id, score=1.0) for chunk_id in ("a", "b", "a", "c")]

    assert ranks(found) == {"a": 1, "b": 2, "c": 3}


def test_a_weight_scales_what_a_ranking_gives():
    fused = reciprocal_rank_fusion(({"a": 1, "b": 2}, {"b": 1, "c": 2}), 60, (1.5, 0.5))

    assert [candidate.chunk_id for candidate in fused] == ["b", "a", "c"]
    assert [candidate.score for candidate in fused] == pytest.approx([1.5 / 62 + 0.5 / 61, 1.5 / 61, 0.5 / 62])


def found(*scores):
    return [Candidate(chunk_id=str(place), score=score) for place, score in enumerate(scores)]


similarities = st.floats(-1, 1)


@given(similarities, similarities, st.floats(0, 1))
def test_the_weights_of_two_rankings_sum_to_two(nearest, background, coverage):
    meaning, words = weights_of(nearest, background, coverage, 1)

    assert meaning >= 0
    assert words >= 0
    assert meaning + words == pytest.approx(2)


@given(similarities, similarities, st.floats(0, 1), st.floats(0, 1))
def test_the_more_of_the_words_the_best_chunk_holds_the_more_words_count(nearest, background, one, other):
    less, more = sorted((one, other))

    assert weights_of(nearest, background, more, 1)[1] >= weights_of(nearest, background, less, 1)[1]


@given(similarities, st.floats(-1, 0.95), st.floats(0, 0.95), st.floats(0, 1))
def test_an_encoder_whose_unrelated_texts_are_alike_is_not_trusted_for_that(nearest, background, raised, coverage):
    def stretched(similarity):
        return raised + (1 - raised) * similarity

    plain, alike = (
        weights_of(nearest, background, coverage, 1),
        weights_of(stretched(nearest), stretched(background), coverage, 1),
    )

    assert alike == pytest.approx(plain, abs=1e-6)


def test_the_nearer_the_nearest_the_more_meaning_counts():
    assert weights_of(0.45, 0.1, 0.9, 1)[1] > 1.9
    assert weights_of(0.9, 0.1, 0.6, 1)[0] > 1.4
    assert weights_of(0.9, 0.8, 0.6, 1)[1] > 1.4


def test_a_query_of_codes_is_looked_for_by_its_words():
    assert share_in_words("When was it sent?") == 1
    assert share_in_words("sha f95f852b") == pytest.approx(3 / 11)
    assert share_in_words("?") == 1
    assert weights_of(0.9, 0.1, 0.6, 0.3)[1] > 1.9 > weights_of(0.9, 0.1, 0.6, 1)[1]
