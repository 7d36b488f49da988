"""The slots of a sample: grown from communities of words, and believed for what the other half of the sample says."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rlm_pipeline.taxonomy.graph import SharedNeighbourGraph, Vectors, nearest
from rlm_pipeline.taxonomy.slots.filling import FEWEST_WORDS, Filling, filling, grown
from rlm_pipeline.taxonomy.slots.lexicon import Lexicon, Positions, Presence

_NEIGHBOURS = 10
_RESOLUTIONS = (0.7, 1.0, 2.0, 3.0, 6.0)
_LEAST_COVERAGE, _LEAST_FILL = 0.3, 0.05  # of a community that may be grown to a slot
_MOST_SHARED = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`words` are positions in the lexicon. `held_out` is the poorer filling of one half by what the other half found.

    `recurrence` is the lesser Jaccard index, by occurrences, with the words found in either half; 0 to 1.
    """

    words: Positions
    filling: Filling
    held_out: Filling
    recurrence: float


def find(lexicon: Lexicon, kin: Vectors, *, seed: int) -> tuple[Found, ...]:
    """The slots, the best filled first; no two share most of their words."""
    presence = lexicon.presence
    n = presence.shape[0]
    if len(lexicon.words) <= _NEIGHBOURS or n < 2:
        return ()
    first = np.zeros(n, dtype=np.bool_)
    first[np.random.default_rng(seed).permutation(n)[: n // 2]] = True
    communities = _communities(kin, seed)
    halves = [(_slots(presence[half], kin, communities), presence[~half]) for half in (first, ~first)]
    weights = np.asarray(presence.sum(axis=0)).ravel()
    found: list[Found] = []
    for words in _slots(presence, kin, communities):
        again = [_again(words, slots, other, weights) for slots, other in halves]
        found.append(
            Found(
                words=words,
                filling=filling(presence, words),
                held_out=min((each for each, _ in again), key=lambda each: each.fill),
                recurrence=min(shared for _, shared in again),
            )
        )
    return tuple(found)


def _communities(kin: Vectors, seed: int) -> list[Positions]:
    graph = SharedNeighbourGraph(nearest(kin, _NEIGHBOURS))
    parts = (graph.communities(resolution, seed) for resolution in _RESOLUTIONS)
    groups = [np.flatnonzero(labels == number) for labels in parts for number in range(int(labels.max()) + 1)]
    return [group for group in groups if len(group) >= FEWEST_WORDS]


def _slots(presence: Presence, kin: Vectors, communities: Sequence[Positions]) -> list[Positions]:
    """Each once: of slots that share most of their occurrences the better filled one."""
    weights = np.asarray(presence.sum(axis=0)).ravel()
    begun = [(filling(presence, words), words) for words in communities]
    likely = [words for each, words in begun if each.coverage >= _LEAST_COVERAGE and each.fill >= _LEAST_FILL]
    full = [grown(presence, kin, words) for words in likely]
    ranked = sorted(full, key=lambda words: (-round(filling(presence, words).fill, 6), words.tolist()))
    kept: list[Positions] = []
    for words in ranked:
        if all(_common(words, other, weights) < _MOST_SHARED for other in kept):
            kept.append(words)
    return kept


def _common(words: Positions, other: Positions, weights: Vectors) -> float:
    """What two slots share, by occurrences, of the smaller one."""
    shared = float(weights[np.intersect1d(words, other)].sum())
    return shared / max(min(float(weights[words].sum()), float(weights[other].sum())), 1.0)


def _again(words: Positions, slots: Sequence[Positions], other: Presence, weights: Vectors) -> tuple[Filling, float]:
    """The most similar slot of one half: how it fills the other half, and its Jaccard index by occurrences."""
    best, overlap = Filling(coverage=0.0, fill=0.0), 0.0
    for slot in slots:
        shared = float(weights[np.intersect1d(words, slot)].sum())
        jaccard = shared / max(float(weights[np.union1d(words, slot)].sum()), 1.0)
        if jaccard > overlap:
            best, overlap = filling(other, slot), jaccard
    return best, overlap
