"""An encoder that keeps on disk what it has encoded, so that discovery can run again without its slowest part."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline import fingerprint
from rlm_pipeline.retrieval.encoders import Encoder, Progress

AT_ONCE = 256
ENCODED_ANYWAY = 256
"""Of the longest texts, so that the peak of memory is that of a run that encodes."""


class KeptVectors:
    """An encoder beside a file of its vectors, each with the CPU seconds it took.

    `cpu_seconds` is what all texts asked for took when they were encoded, `spent` what encoding took in this process.
    """

    def __init__(self, encoder: Encoder, path: Path) -> None:
        self._encoder, self._path = encoder, path
        self.model_id, self.dimension, self.precision = encoder.model_id, encoder.dimension, encoder.precision
        self.texts_per_call, self.is_single_threaded = encoder.texts_per_call, encoder.is_single_threaded
        self._kind = np.dtype([("key", "S32"), ("seconds", "<f4"), ("vector", "<f4", (encoder.dimension,))])
        self.cpu_seconds = self.spent = 0.0

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> NDArray[np.float32]:
        """As the encoder itself."""
        keys = [fingerprint.of_text(self.model_id, text).encode() for text in texts]
        text_of = dict(zip(keys, texts, strict=True))
        stored = self._stored()
        place = {key: number for number, key in enumerate(stored["key"].tolist())}
        longest_first = sorted((key for key in text_of if key not in place), key=lambda key: -len(text_of[key]))
        for start in range(0, len(longest_first), AT_ONCE):
            self._encode_and_keep({key: text_of[key] for key in longest_first[start : start + AT_ONCE]})
            if progress:
                progress(len(text_of) - len(longest_first) + start)
        if not longest_first:
            started = time.process_time()
            self._encoder.encode(sorted(text_of.values(), key=len)[-ENCODED_ANYWAY:])
            self.spent += time.process_time() - started
        stored = self._stored()
        place = {key: number for number, key in enumerate(stored["key"].tolist())}
        rows = np.array([place[key] for key in keys])
        self.cpu_seconds += float(stored["seconds"][np.unique(rows)].sum())
        return np.array(stored["vector"][rows])

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """As the encoder itself."""
        return self._encoder.encode_query(text)

    def _encode_and_keep(self, texts: dict[bytes, str]) -> None:
        started = time.process_time()
        vectors = self._encoder.encode(list(texts.values()))
        took = time.process_time() - started
        self.spent += took
        rows = np.empty(len(texts), dtype=self._kind)
        rows["key"], rows["seconds"], rows["vector"] = list(texts), took / len(texts), vectors
        with self._path.open("ab") as stream:
            stream.write(rows.tobytes())

    def _stored(self) -> np.ndarray:
        """What is on disk without a row that a killed process left unfinished, which is cut off."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.touch()
        size = self._path.stat().st_size
        if beyond := size % self._kind.itemsize:
            with self._path.open("r+b") as stream:
                stream.truncate(size - beyond)
        if size < self._kind.itemsize:
            return np.empty(0, dtype=self._kind)
        return np.memmap(self._path, dtype=self._kind, mode="r")
