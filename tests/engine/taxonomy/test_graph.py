import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.taxonomy.graph import SharedNeighbourGraph, among, nearest


def on_sphere(n, d, seed):
    vectors = np.random.default_rng(seed).standard_normal((n, d))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def blobs(sizes, seed=0, spread=0.15, d=16):
    rng = np.random.default_rng(seed)
    centres = on_sphere(len(sizes), d, seed + 1)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    vectors = centres[labels] + spread * rng.standard_normal((len(labels), d))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), labels


@given(n=st.integers(2, 40), k=st.integers(1, 45), seed=st.integers(0, 99))
def test_neighbours_are_the_most_similar_others(n, k, seed):
    vectors = on_sphere(n, 5, seed)

    found = nearest(vectors, k)

    assert found.shape == (n, min(k, n - 1))
    similar = vectors @ vectors.T
    for row, neighbours in enumerate(found):
        others = sorted((similar[row, other] for other in range(n) if other != row), reverse=True)
        assert row not in neighbours
        np.testing.assert_allclose(similar[row, neighbours], others[: len(neighbours)], atol=1e-5)


def test_searching_in_blocks_gives_the_same_neighbours(monkeypatch):
    vectors = on_sphere(50, 8, 3)
    whole = nearest(vectors, 6)

    monkeypatch.setattr("rlm_pipeline.taxonomy.graph._SIMILARITIES_AT_ONCE", 350)

    np.testing.assert_array_equal(nearest(vectors, 6), whole)


@given(seed=st.integers(0, 99))
def test_a_subsample_keeps_its_own_members_nearest_first(seed):
    neighbours = nearest(on_sphere(30, 4, seed), 8)
    members = np.sort(np.random.default_rng(seed).choice(30, 20, replace=False))

    kept = among(neighbours, members, 5)

    for place, row in enumerate(kept):
        expected = [other for other in neighbours[members[place]] if other in members][:5]
        assert [members[other] for other in row if other >= 0] == expected


def test_separate_groups_are_separate_communities_numbered_by_size():
    vectors, labels = blobs([60, 30, 45])

    found = SharedNeighbourGraph(nearest(vectors, 10)).communities(0.3, seed=0)

    assert [sorted(set(found[labels == group])) for group in (0, 2, 1)] == [[0], [1], [2]]


def test_equal_seeds_give_equal_communities():
    vectors, _ = blobs([40] * 6, spread=0.4)
    graph = SharedNeighbourGraph(nearest(vectors, 10))

    first = graph.communities(3.0, seed=5)

    np.testing.assert_array_equal(graph.communities(3.0, seed=5), first)
