"""A slot's words and their categories: what a statement names, and what it says besides."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.taxonomy.graph import Labels
from rlm_pipeline.taxonomy.slots.lexicon import words_of


@dataclass(frozen=True, kw_only=True)
class Slot:
    """`words` in lower case, and the category of each, numbered from 0."""

    words: tuple[str, ...]
    categories: Labels

    @cached_property
    def category_of(self) -> dict[str, int]:
        """Word -> category."""
        return dict(zip(self.words, self.categories.tolist(), strict=True))

    def named(self, lower: Sequence[str]) -> NDArray[np.bool_]:
        """Which categories statements in lower case name: (n, K)."""
        named = np.zeros((len(lower), int(self.categories.max()) + 1), dtype=np.bool_)
        for row, text in enumerate(lower):
            named[row, [self.category_of[word] for word in words_of(text) if word in self.category_of]] = True
        return named

    def besides(self, lower: Sequence[str]) -> list[str]:
        """The statements without the slot's words."""
        return [" ".join(word for word in words_of(text) if word not in self.category_of) for text in lower]


def only_one(named: NDArray[np.bool_]) -> Labels:
    """The category of statements that name exactly one, else -1: (n,)."""
    one: Labels = np.where(named.sum(axis=1) == 1, named.argmax(axis=1), -1).astype(np.int32)
    return one
