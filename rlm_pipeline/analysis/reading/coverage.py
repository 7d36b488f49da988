"""In which order records are read, so that any number of them covers the most: clusters first, then what stands out."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

CLUSTERS = 64
_ONE_CLUSTER_BELOW = 8
_SEED = 0


def clusters_of(vectors: NDArray[np.float32]) -> NDArray[np.int64]:
    """The cluster (0..k-1) of each vector, int64 (n,); about the square root of n of them, at most `CLUSTERS`.

    Mini-batch k-means (Sculley, WWW 2010), seeded. They divide what is read; no result is made of them.
    """
    count = min(CLUSTERS, int(len(vectors) ** 0.5))
    if len(vectors) < _ONE_CLUSTER_BELOW or count < 2:
        return np.zeros(len(vectors), dtype=np.int64)
    from sklearn.cluster import MiniBatchKMeans

    model = MiniBatchKMeans(n_clusters=count, random_state=_SEED, n_init=1, batch_size=4096)
    return np.asarray(model.fit_predict(vectors), dtype=np.int64)


def order(
    vectors: NDArray[np.float32], clusters: NDArray[np.int64], stands_for: Sequence[int], noted: Sequence[bool]
) -> NDArray[np.int64]:
    """The places of all records in the order of reading, int64 (n,).

    In turns over the clusters, those that most records are in first. Each gives first the record nearest to its
    centre, then what code took note of and what is far from the centre, in turn with what stands for most records.
    """
    turns: list[tuple[int, int, int, int]] = []
    for cluster in np.unique(clusters):
        members = np.flatnonzero(clusters == cluster)
        weight = sum(stands_for[int(place)] for place in members)
        turns += [
            (turn, -weight, int(cluster), place)
            for turn, place in enumerate(_of_one(members, vectors, stands_for, noted))
        ]
    return np.array([place for _, _, _, place in sorted(turns)], dtype=np.int64)


def _of_one(
    members: NDArray[np.int64], vectors: NDArray[np.float32], stands_for: Sequence[int], noted: Sequence[bool]
) -> list[int]:
    """One cluster's records: the middle one, then by turns the oddest and the most frequent that are left."""
    inside = vectors[members]
    nearness = (inside @ inside.mean(axis=0)).round(6)
    places = [int(place) for place in members]
    near = dict(zip(places, nearness.tolist(), strict=True))
    middle = max(places, key=lambda place: (near[place], -place))
    odd = sorted(places, key=lambda place: (not noted[place], near[place], place))
    frequent = sorted(places, key=lambda place: (-stands_for[place], -near[place], place))
    in_turn = [middle, *(place for pair in zip(odd, frequent, strict=True) for place in pair)]
    return list(dict.fromkeys(in_turn))
