"""The secret that placeholders are made with: random, one for all datasets of a root, readable by its owner alone."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import StoreError
from rlm_pipeline.sources.redaction.texts import Redaction
from rlm_pipeline.store import DatasetStore

_BYTES = 32


def redaction_of(store: DatasetStore, config: DatasetConfig) -> Redaction | None:
    """How a dataset's personal data is replaced; None where the configuration does not ask for it.

    Raises:
        StoreError: the root's secret cannot be read or written, or is damaged.

    """
    return Redaction(of_root(store)) if config.redact else None


def of_root(store: DatasetStore) -> bytes:
    """The secret of the root that a dataset is in; made by whoever asks first.

    Raises:
        StoreError: it cannot be read or written, or is damaged.

    """
    path = store.redaction_key_path
    try:
        if not path.exists():
            _create(path)
        content = path.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}; fix permissions, then run again") from error
    try:
        secret = bytes.fromhex(content)
    except ValueError:
        secret = b""
    if len(secret) != _BYTES:
        raise StoreError(f"{path} is damaged; bring it back, or delete it: all placeholders then change")
    return secret


def _create(path: Path) -> None:
    """Write the file whole or not at all; of several processes that do so the first one's stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Made readable by its owner alone from the start.
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(_BYTES) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()
