"""What the classifier sees of a statement: its static vector, and its words and word pairs by TF-IDF."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.retrieval.encoders import Encoder

Matrix = Any
"""A scipy CSR matrix (n, features), float32; scipy has no types."""

MOST_TERMS = 30_000
_VECTOR_WEIGHT = 0.8  # of 2, 1, .8 and .7, best on five labelled sets together
_WORDS = r"(?u)\b\w+\b"


@dataclass(frozen=True, kw_only=True)
class Features:
    """`vocabulary` are words and pairs of words in order of their columns; `idf` (T,) their weights."""

    vocabulary: tuple[str, ...]
    idf: NDArray[np.float32]

    @classmethod
    def learnt_from(cls, texts: Sequence[str]) -> "Features":
        """The words and pairs in at least two of `texts` (in lower case), the most frequent of them."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        for rarest in (2, 1):
            vectorizer = TfidfVectorizer(
                ngram_range=(1, 2), min_df=rarest, max_features=MOST_TERMS, token_pattern=_WORDS, lowercase=False
            )
            try:
                vectorizer.fit(texts)
            except ValueError:  # no word occurs that often
                continue
            vocabulary = tuple(str(term) for term in vectorizer.get_feature_names_out())
            return cls(vocabulary=vocabulary, idf=vectorizer.idf_.astype(np.float32))
        return cls(vocabulary=(), idf=np.empty(0, dtype=np.float32))

    def of(self, texts: Sequence[str], encoder: Encoder) -> Matrix:
        """Features of statements in lower case: (n, dimension + T) sparse float32."""
        from scipy import sparse

        vectors = sparse.csr_matrix(_VECTOR_WEIGHT * encoder.encode(texts)) if texts else None
        if vectors is None:
            return sparse.csr_matrix((0, encoder.dimension + len(self.vocabulary)), dtype=np.float32)
        if not self.vocabulary:
            return vectors
        return sparse.hstack([vectors, self._words.transform(texts)], format="csr", dtype=np.float32)

    @cached_property
    def _words(self) -> Any:
        from sklearn.feature_extraction.text import TfidfVectorizer

        words = TfidfVectorizer(
            vocabulary={term: column for column, term in enumerate(self.vocabulary)},
            ngram_range=(1, 2),
            sublinear_tf=True,
            token_pattern=_WORDS,
            lowercase=False,
            dtype=np.float32,
        )
        words.idf_ = self.idf
        return words
