"""How far words stand for one another: by the words around them here, and by what they mean elsewhere.

A word's vector is its positive pointwise mutual information with the words one and two places to its left and right,
each place apart, in few dimensions by singular values (Bullinaria and Levy, Behavior Research Methods 44, 2012), and
beside it the static encoder's vector of the word.
"""

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.retrieval.encoders import Encoder
from rlm_pipeline.taxonomy.graph import Vectors
from rlm_pipeline.taxonomy.slots.lexicon import Lexicon

_PLACES = (-2, -1, 1, 2)
_MOST_AROUND = 400
_DIMENSIONS = 60
_SMOOTHING = 0.75  # of the frequencies of what stands around: rare neighbours would count for too much
_STATIC_WEIGHT = 0.7


def vectors_of(lexicon: Lexicon, static: Encoder, *, seed: int) -> Vectors:
    """One row of length 1 per word: products are similarities."""
    meaning = static.encode(list(lexicon.words))
    meaning = _unit(meaning - meaning.mean(axis=0))
    return _unit(np.hstack([_unit(_reduced(_around(lexicon), seed)), _STATIC_WEIGHT * meaning])).astype(np.float32)


def _around(lexicon: Lexicon) -> NDArray[np.float64]:
    """Positive pointwise mutual information of words with what stands in each place around them: (W, contexts)."""
    known = min(_MOST_AROUND, len(lexicon.words))
    rare, nothing, width = known, known + 1, known + 2
    counts = np.zeros((len(lexicon.words), len(_PLACES) * width))
    for words in lexicon.sequences:
        if not len(words):
            continue
        contexts = np.where((words >= 0) & (words < known), words, rare)
        padded = np.concatenate([np.full(2, nothing), contexts, np.full(2, nothing)])
        counted = words >= 0
        for number, place in enumerate(_PLACES):
            beside = padded[2 + place : 2 + place + len(words)]
            np.add.at(counts, (words[counted], number * width + beside[counted]), 1.0)
    of_words = counts.sum(axis=1, keepdims=True)
    of_contexts = counts.sum(axis=0) ** _SMOOTHING
    expected = of_words * (of_contexts / max(of_contexts.sum(), 1.0))[None, :]
    ratio = np.divide(counts, expected, out=np.ones_like(counts), where=counts > 0)
    information: NDArray[np.float64] = np.maximum(np.log(ratio), 0.0)
    return information


def _reduced(information: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    from sklearn.utils.extmath import randomized_svd

    dimensions = min(_DIMENSIONS, min(information.shape) - 1)
    left, values, _ = randomized_svd(information, dimensions, random_state=seed)
    reduced: NDArray[np.float64] = left * np.sqrt(values)
    return reduced


def _unit(rows: NDArray[np.floating]) -> NDArray[np.floating]:
    unit: NDArray[np.floating] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit
