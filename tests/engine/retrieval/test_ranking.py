import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.retrieval.ranking import Candidate, ranks, reciprocal_rank_fusion, stable_top


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
    fused = reciprocal_rank_fusion(({"a": 1, "b": 2}, {"b": 1, "c": 2}))

    assert [candidate.chunk_id for candidate in fused] == ["b", "a", "c"]
    assert [candidate.score for candidate in fused] == pytest.approx([1 / 62 + 1 / 61, 1 / 61, 1 / 62])


def test_equal_fused_scores_are_in_the_order_of_their_ids():
    fused = reciprocal_rank_fusion(({"b": 1}, {"a": 1}))

    assert [candidate.chunk_id for candidate in fused] == ["a", "b"]


def test_an_id_found_twice_keeps_its_better_rank():
    found = [Candidate(chunk_id=chunk_id, score=1.0) for chunk_id in ("a", "b", "a", "c")]

    assert ranks(found) == {"a": 1, "b": 2, "c": 3}
