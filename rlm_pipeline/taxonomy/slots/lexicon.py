"""The words of a sample, and which statement holds which."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Presence = Any
"""A scipy CSR matrix (n, W) of ones, float32; scipy has no types."""
Positions = NDArray[np.int64]

MOST_WORDS = 2_500
FEWEST_STATEMENTS = 5
"""A word in fewer statements of the sample is not counted: chance alone could put it anywhere."""

_WORD = re.compile(r"[^\W\d_](?:[\w'\u2019-]*\w)?")
_WORDS_READ = 400


@dataclass(frozen=True, kw_only=True)
class Lexicon:
    """`words` (W,) in lower case, the most frequent first; `sequences` are the statements as positions of their words.

    A position is -1 where a word is too rare to be in `words`.
    """

    words: tuple[str, ...]
    sequences: tuple[Positions, ...]

    @cached_property
    def presence(self) -> Presence:
        """Which statement holds which word."""
        from scipy import sparse

        held = [np.unique(sequence[sequence >= 0]) for sequence in self.sequences]
        ends = np.cumsum([0, *(len(each) for each in held)])
        columns = np.concatenate([*held, np.empty(0, dtype=np.int64)])
        shape = (len(held), len(self.words))
        return sparse.csr_matrix((np.ones(len(columns), dtype=np.float32), columns, ends), shape=shape)


def words_of(lower: str) -> list[str]:
    """The words of a statement in lower case, in their order, as far as they are read."""
    return _WORD.findall(lower)[:_WORDS_READ]


def read(lower: Sequence[str]) -> Lexicon:
    """The lexicon of statements in lower case."""
    split = [words_of(text) for text in lower]
    holding = Counter(word for words in split for word in set(words))
    frequent = [word for word, times in holding.items() if times >= FEWEST_STATEMENTS]
    kept = sorted(frequent, key=lambda word: (-holding[word], word))[:MOST_WORDS]
    place = {word: number for number, word in enumerate(kept)}
    return Lexicon(
        words=tuple(kept),
        sequences=tuple(np.array([place.get(word, -1) for word in words], dtype=np.int64) for words in split),
    )
