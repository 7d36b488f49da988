"""Forgetting what was computed from a dataset, or the dataset itself; source files are never touched."""

import os
import shutil
from pathlib import Path

from rlm_pipeline.errors import StoreError
from rlm_pipeline.store import DatasetStore

KEPT_BY_RESET = (".run.lock", "dataset.json", "dataset.curation.yaml", "standard_input", "buffers", "variables.json")
"""What people put there: how the dataset is set up, what they decided, what was piped in, their texts and values."""


def reset(store: DatasetStore) -> int:
    """Remove all that was computed; returns how many bytes.

    A crash in between leaves stages that are to be computed again, never one that is current without its files.

    Raises:
        NotMaterialised: there is no such dataset.
        StoreError: a file cannot be removed.

    """
    store.existing(store.config_path, "configuration", None)
    freed = 0
    stamps = store.folder / "stamps"
    computed = [each for each in store.folder.iterdir() if each.name not in KEPT_BY_RESET and each != stamps]
    for path in [*([stamps] if stamps.exists() else []), *sorted(computed)]:
        freed += size_of(path)
        _remove(path)
    return freed


def delete(store: DatasetStore) -> int:
    """Remove a dataset with all that belongs to it; returns how many bytes.

    Raises:
        NotMaterialised: there is no such dataset.
        StoreError: a file cannot be removed.

    """
    store.existing(store.config_path, "configuration", None)
    freed = size_of(store.folder)
    remove_folder(store.folder)
    return freed


def remove_folder(folder: Path) -> None:
    """Remove a dataset's folder; at once it is no dataset any more, whatever happens meanwhile.

    Raises:
        StoreError: a file cannot be removed.

    """
    aside = leftover_of(folder.parent, "removed")
    try:
        folder.replace(aside)
    except OSError as error:
        raise StoreError(f"cannot remove {folder}: {error.strerror}") from error
    (aside / "dataset.json").unlink(missing_ok=True)
    _remove(aside)


def leftover_of(root: Path, what: str) -> Path:
    """A hidden folder of this process beside the datasets, for what is not a dataset yet, or no longer."""
    path = root / f".{what}-{os.getpid()}"
    shutil.rmtree(path, ignore_errors=True)
    return path


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files below a folder; links count as nothing."""
    if path.is_symlink():
        return 0
    if path.is_file():
        return path.stat().st_size
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file() and not each.is_symlink())


def _remove(path: Path) -> None:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError as error:
        raise StoreError(f"cannot remove {path}: {error.strerror}. Fix permissions, then do it again") from error
