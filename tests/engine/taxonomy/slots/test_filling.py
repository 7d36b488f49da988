import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.taxonomy.slots.filling import filling, grown

EVERY = np.arange(4)


def presence(held):
    from scipy import sparse

    return sparse.csr_matrix(np.asarray(held, dtype=np.float32))


def test_words_of_which_each_statement_has_exactly_one_fill_all_that_chance_leaves_empty():
    found = filling(presence(np.eye(4)[np.arange(400) % 4]), EVERY)

    assert found.coverage == 1.0
    assert found.fill == pytest.approx(1.0, abs=0.01)


def test_words_strewn_by_chance_fill_nothing_beyond_it():
    held = np.random.default_rng(1).random((20_000, 4)) < 0.25

    assert filling(presence(held), EVERY).fill == pytest.approx(0.0, abs=0.05)


def test_words_that_seek_each_others_company_fill_less_than_chance():
    together = np.random.default_rng(1).random(1_000) < 0.25

    assert filling(presence(np.repeat(together[:, None], 4, axis=1)), EVERY).fill < -0.5


@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=50))
def test_coverage_is_the_share_of_statements_with_a_word(held):
    found = filling(presence(held), EVERY)

    assert found.coverage == pytest.approx(sum(any(row) for row in held) / len(held))
    assert found.fill <= 1.0


def test_a_slot_takes_in_a_word_of_its_kind_and_leaves_out_one_that_is_anywhere():
    chance = np.random.default_rng(2)
    filled_by = chance.integers(0, 5, 2_000)
    anywhere = chance.random((2_000, 1)) < 0.3
    held = presence(np.hstack([np.eye(5)[filled_by], anywhere]))
    alike = np.vstack([np.tile([1.0, 0.0], (5, 1)), [[0.0, 1.0]]]).astype(np.float32)

    assert grown(held, alike, np.array([0, 1, 2, 5])).tolist() == [0, 1, 2, 3, 4]


def test_a_word_of_another_kind_is_not_taken_in_though_it_would_fill():
    held = presence(np.eye(5)[np.random.default_rng(2).integers(0, 5, 2_000)])
    kin = np.vstack([np.tile([1.0, 0.0], (4, 1)), [[0.0, 1.0]]]).astype(np.float32)

    assert grown(held, kin, np.array([0, 1, 2])).tolist() == [0, 1, 2, 3]
