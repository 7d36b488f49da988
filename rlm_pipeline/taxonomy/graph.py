"""The graph of shared neighbours between vectors, and its communities at a resolution.

Measured with 4,500 short texts on one core: neighbours .7 s, graph .05 s, communities .04 s a resolution (the same
method in the leidenalg package: .25 s, with equal agreement with known classes).
"""

import random

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Neighbours = NDArray[np.int32]
"""(n, k) positions of the nearest vectors, nearest first; -1 where there is none."""
Labels = NDArray[np.int32]

_SIMILARITIES_AT_ONCE = 2_000_000  # with their order some 40 MB; eight times as many took 0.3 GB and were no faster
_EDGES_AT_ONCE = 200_000
_LEIDEN_ITERATIONS = 3


def nearest(vectors: Vectors, k: int) -> Neighbours:
    """The `k` most similar other vectors of each vector, exactly.

    Args:
        vectors: (n, d), rows of length 1, so that products are cosines.
        k: neighbours wanted; n - 1 are given where there are fewer.

    """
    n = len(vectors)
    k = min(k, n - 1)
    found = np.empty((n, max(k, 0)), dtype=np.int32)
    if k <= 0:
        return found
    step = max(1, _SIMILARITIES_AT_ONCE // n)
    for start in range(0, n, step):
        similar = vectors[start : start + step] @ vectors.T
        here = np.arange(len(similar))
        similar[here, start + here] = -np.inf
        best = np.argpartition(-similar, k - 1, axis=1)[:, :k]
        order = np.argsort(-np.take_along_axis(similar, best, axis=1), axis=1, kind="stable")
        found[start : start + step] = np.take_along_axis(best, order, axis=1)
    return found


def among(neighbours: Neighbours, members: NDArray[np.int64], k: int) -> Neighbours:
    """The `k` nearest neighbours of each member that are members themselves, as positions among the members.

    Where a row of `neighbours` holds fewer than `k` members, the rest is -1: a subsample costs no new search.
    """
    position = np.full(len(neighbours), -1, dtype=np.int32)
    position[members] = np.arange(len(members), dtype=np.int32)
    mapped = position[neighbours[members]]
    order = np.argsort(mapped < 0, axis=1, kind="stable")
    kept: Neighbours = np.take_along_axis(mapped, order, axis=1)[:, :k]
    return kept


class SharedNeighbourGraph:
    """Vectors are linked if one is a neighbour of the other, by the Jaccard overlap of their neighbourhoods."""

    def __init__(self, neighbours: Neighbours) -> None:
        import igraph

        first, second, weights = _links(neighbours)
        self._graph = igraph.Graph(n=len(neighbours), edges=np.column_stack([first, second]))
        self._graph.es["weight"] = weights.tolist()

    def communities(self, resolution: float, seed: int) -> Labels:
        """Leiden communities that maximise modularity at `resolution`, numbered from 0 by falling size.

        Traag, Waltman and van Eck, Scientific Reports 9, 5233 (2019).
        """
        import igraph

        igraph.set_random_number_generator(random.Random(seed))
        found = self._graph.community_leiden(
            objective_function="modularity", weights="weight", resolution=resolution, n_iterations=_LEIDEN_ITERATIONS
        )
        return _by_size(np.asarray(found.membership, dtype=np.int32))


def _links(neighbours: Neighbours) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    from scipy import sparse

    n, k = neighbours.shape
    present = neighbours.ravel() >= 0
    rows = np.repeat(np.arange(n), k)[present]
    pattern = sparse.csr_matrix(
        (np.ones(len(rows), dtype=np.float32), (rows, neighbours.ravel()[present])), shape=(n, n)
    ) + sparse.identity(n, dtype=np.float32, format="csr")
    sizes = np.asarray(pattern.sum(axis=1)).ravel()
    pairs = sparse.triu(pattern.maximum(pattern.T), k=1).tocoo()
    first, second = pairs.row.astype(np.int64), pairs.col.astype(np.int64)
    shared = np.empty(len(first), dtype=np.float32)
    for start in range(0, len(first), _EDGES_AT_ONCE):
        batch = slice(start, start + _EDGES_AT_ONCE)
        shared[batch] = np.asarray(pattern[first[batch]].multiply(pattern[second[batch]]).sum(axis=1)).ravel()
    weights = (shared / (sizes[first] + sizes[second] - shared)).astype(np.float32)
    return first, second, weights


def _by_size(labels: Labels) -> Labels:
    sizes = np.bincount(labels)
    # Equal sizes keep the order of their first members, so that numbering does not hang on the library's.
    firsts = np.full(len(sizes), len(labels))
    np.minimum.at(firsts, labels, np.arange(len(labels)))
    rank = np.empty(len(sizes), dtype=np.int32)
    rank[np.lexsort((firsts, -sizes))] = np.arange(len(sizes), dtype=np.int32)
    renumbered: Labels = rank[labels]
    return renumbered
