"""One command at a time changes what is computed of a dataset."""

import contextlib
from collections.abc import Iterator

from rlm_pipeline.errors import StoreError
from rlm_pipeline.store import DatasetStore


@contextlib.contextmanager
def only_one(store: DatasetStore) -> Iterator[None]:
    """Keep other commands from computing or removing the dataset meanwhile; a killed one leaves no lock.

    Raises:
        StoreError: another one is at it, or the folder cannot be written.

    """
    import fcntl  # only where there are such locks; reading does without

    path = store.folder / ".run.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("w")
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}. Free space or fix permissions") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreError(
                f"another command is computing {store.name}; wait for it to end, then run again"
            ) from error
        yield
