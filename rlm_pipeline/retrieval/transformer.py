"""Encoders that are neural networks: any sentence-transformers model, run over windows of its longest input."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.errors import EncoderError
from rlm_pipeline.retrieval.encoders import Precision, Progress, encode_distinct, with_precision
from rlm_pipeline.retrieval.windows import Window, windows_of

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

TOKENS_PER_BATCH = 1024
"""Padded, on a CPU. Measured on MiniLM: 1,024 and 2,048 are equally fast, 512 is 6 % slower, 8,192 25 % slower."""

TOKENS_PER_GPU_BATCH = 32_768
"""Padded, on a GPU; not measured. A batch that does not fit its memory is halved."""

_CHARACTERS_PER_GROUP = 2_000_000  # tokenised at once, which takes about 10 times the memory of the characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a model is run; None is the model's own prompt, or the batch size measured to be fast.

    `precision` is that of the stored vectors and, on a GPU, of the weights.
    """

    precision: Precision = "float32"
    device: str = "auto"
    batch_tokens: int | None = None
    query_prompt: str | None = None
    document_prompt: str | None = None


class TransformerEncoder:
    """A sentence-transformers model.

    A text longer than its longest input is read in windows; its vector is the mean of theirs, weighted by tokens.
    """

    texts_per_call = 64
    is_single_threaded = False

    def __init__(self, *, model_id: str, model: "SentenceTransformer", prompts: tuple[str, str], run: Run) -> None:
        """`prompts` precede a query and a document."""
        self.model_id = with_precision(model_id, run.precision)
        self.precision = run.precision
        self.dimension = int(model.get_embedding_dimension() or 0)
        self.query_prompt, self.document_prompt = prompts
        self.on_gpu = model.device.type != "cpu"
        self.batch_tokens = run.batch_tokens or (TOKENS_PER_GPU_BATCH if self.on_gpu else TOKENS_PER_BATCH)
        self._model = (model.half() if self.on_gpu and run.precision == "float16" else model).eval()
        self._tokenizing = threading.Lock()

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> NDArray[np.float32]:
        """Vectors of `texts`, the documents: float32 (n, dimension), rows of length 1; the empty one as any other."""
        return encode_distinct(
            texts, lambda distinct, report: self._encode(distinct, report, self.document_prompt, "document"), progress
        )

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a query: float32 (dimension,), of length 1."""
        vector: NDArray[np.float32] = self._encode([text], lambda _: None, self.query_prompt, "query")[0]
        return vector

    def _encode(self, texts: list[str], progress: Progress, prompt: str, task: str) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        done = 0
        for group in _groups(texts):
            windows = self._windows(texts[group.start : group.stop], prompt)
            left = np.bincount([window.text_index for window in windows], minlength=len(group))
            for batch, encoded in self._forward_all(windows, prompt, task):
                weights = np.array([[max(1, windows[i].tokens)] for i in batch], dtype=np.float32)
                places = [windows[i].text_index for i in batch]
                np.add.at(vectors, [group.start + place for place in places], weights * encoded)
                np.subtract.at(left, places, 1)
                progress(done + int((left == 0).sum()))
            done += len(group)
        without = int((~np.isfinite(vectors).all(axis=1)).sum())
        if without:
            advice = "; in embedding.precision: float32 it may have" if self.on_gpu else ": its weights are damaged"
            raise EncoderError(
                f"encoder {self.model_id} has no finite vector for {without:,} of {len(texts):,} texts{advice}"
            )
        return _of_length_one(vectors)

    def _windows(self, texts: Sequence[str], prompt: str) -> list[Window]:
        """The texts cut to what the model reads at once besides the prompt; models without a limit read all."""
        longest = self._model.max_seq_length
        tokenizer: Any = self._model.tokenizer
        if not callable(tokenizer) or longest is None or longest > 1_000_000:
            return [Window(text_index=i, text=text, tokens=1 + len(text) // 4) for i, text in enumerate(texts)]
        beside = len(tokenizer(prompt)["input_ids"])  # the prompt's and the special tokens
        return windows_of(tokenizer, texts, max(8, longest - beside))

    def _forward_all(self, windows: Sequence[Window], prompt: str, task: str) -> Any:
        """(indices of windows, their vectors) of each batch."""
        import torch

        beside = 2 + len(prompt) // 4
        batches = batches_of([window.tokens + beside for window in windows], self.batch_tokens)
        threads = torch.get_num_threads()
        # Threads that take whole batches never wait for each other; torch's own split every operation and wait after
        # each: three times slower when another process holds a core. Nor do the vectors depend on how many there are.
        # A GPU takes one batch at a time.
        pool = ThreadPoolExecutor(1 if self.on_gpu else threads, initializer=torch.set_num_threads, initargs=(1,))
        try:
            yield from zip(
                batches,
                pool.map(lambda batch: self._forward([windows[i].text for i in batch], prompt, task), batches),
                strict=True,
            )
        finally:
            pool.shutdown(cancel_futures=True)
            torch.set_num_threads(threads)

    def _forward(self, texts: list[str], prompt: str, task: str) -> NDArray[np.float32]:
        """Vectors of length 1 of one batch; one that is too large for the GPU's memory is halved."""
        import torch

        try:
            return self._forward_at_once(texts, prompt, task)
        except torch.OutOfMemoryError as error:
            if len(texts) == 1:
                raise EncoderError(
                    f"encoder {self.model_id}: one text of {len(texts[0]):,} characters does not fit the memory of "
                    f"{self._model.device}; set embedding.device: cpu or embedding.precision: float16"
                ) from error
        half = len(texts) // 2
        return np.concatenate([self._forward(part, prompt, task) for part in (texts[:half], texts[half:])])

    def _forward_at_once(self, texts: list[str], prompt: str, task: str) -> NDArray[np.float32]:
        import torch
        from sentence_transformers.util import batch_to_device

        with self._tokenizing:  # the tokenizer keeps its padding settings in shared state
            features = self._model.preprocess(texts, prompt=prompt or None, task=task)
        with torch.inference_mode():
            vectors = self._model(batch_to_device(features, self._model.device), task=task)["sentence_embedding"]
            encoded: NDArray[np.float32] = torch.nn.functional.normalize(vectors.float(), dim=1).cpu().numpy()
            return encoded


def batches_of(token_counts: Sequence[int], longest: int) -> list[list[int]]:
    """Indices of the texts in batches of at most `longest` tokens after padding, longest texts first."""
    order = sorted(range(len(token_counts)), key=lambda i: -token_counts[i])
    batches: list[list[int]] = []
    start = 0
    while start < len(order):
        size = max(1, longest // max(1, token_counts[order[start]]))
        batches.append(order[start : start + size])
        start += size
    return batches


def _groups(texts: Sequence[str]) -> list[range]:
    """Ranges of neighbouring texts of bounded size: what is tokenised at once."""
    groups: list[range] = []
    start = characters = 0
    for i, text in enumerate(texts):
        if characters and characters + len(text) > _CHARACTERS_PER_GROUP:
            groups.append(range(start, i))
            start, characters = i, 0
        characters += len(text)
    return [*groups, range(start, len(texts))] if texts else []


def _of_length_one(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    is_zero = lengths[:, 0] == 0
    vectors[is_zero, 0] = 1.0
    lengths[is_zero] = 1.0
    vectors /= lengths
    return vectors
