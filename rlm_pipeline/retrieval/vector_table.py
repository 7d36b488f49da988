"""The table of vectors in LanceDB: one table per model, one row per chunk; how it is opened, named and laid out."""

import contextlib
import fcntl
import os
import re
from collections.abc import Iterable, Iterator
from typing import Any

from rlm_pipeline import fingerprint
from rlm_pipeline.errors import NotMaterialised, StoreError
from rlm_pipeline.retrieval.encoders import Encoder
from rlm_pipeline.store import DatasetStore

KEPT = ("chunk_id", "content_hash", "source", "row_start", "row_end", "content_type", "scope")
"""Columns of a chunk that its row repeats, to filter by; a row whose copies differ from its chunk's is outdated."""

PREFIX = "chunks_"

_NUMBERS = ("row_start", "row_end")


def create(store: DatasetStore, encoder: Encoder) -> Any:
    """The encoder's table, made empty where there is none.

    Raises:
        StoreError: the database cannot be written.

    """
    with writing(store):
        return connect(store).create_table(name_of(encoder), schema=schema_of(encoder), exist_ok=True)


def open_existing(store: DatasetStore, encoder: Encoder) -> Any:
    """The encoder's table.

    Raises:
        NotMaterialised: this model has no vectors.

    """
    if not store.vectors_folder.is_dir() or name_of(encoder) not in connect(store).list_tables().tables:
        raise NotMaterialised("embeddings", None, store.name)
    return connect(store).open_table(name_of(encoder))


def connect(store: DatasetStore) -> Any:
    """The database in the store's folder, which is made when something is written."""
    return library().connect(str(store.vectors_folder))


def library() -> Any:
    """LanceDB, kept from writing to the terminal what only its developers can act upon."""
    os.environ.setdefault("LANCEDB_LOG", "error")  # read when it is imported
    import lancedb  # 1.8 CPU s

    return lancedb


def name_of(encoder: Encoder) -> str:
    """The name of the encoder's table: its model id in letters, digits and underscores, and a hash of the layout."""
    layout = fingerprint.of_text(*(f"{field.name} {field.type}" for field in schema_of(encoder)))[:6]
    return f"{PREFIX}{re.sub(r'[^a-z0-9]+', '_', encoder.model_id.lower())}_{layout}"


def schema_of(encoder: Encoder) -> Any:
    """The Arrow schema of the encoder's table: no text, which is read from the chunk files."""
    import pyarrow as pa

    number = pa.float16() if encoder.precision == "float16" else pa.float32()
    columns = {name: pa.int64() if name in _NUMBERS else pa.string() for name in KEPT}
    places = {"partition": pa.string(), "model_id": pa.string()}
    return pa.schema({**columns, **places, "vector": pa.list_(number, encoder.dimension)})


def drop_superseded(store: DatasetStore, encoder: Encoder) -> int:
    """Delete the tables of other models but the one written last, so that a switch back costs nothing; how many.

    Raises:
        StoreError: the database cannot be written.

    """
    database = connect(store)
    others = [name for name in database.list_tables().tables if name.startswith(PREFIX) and name != name_of(encoder)]
    written = {name: database.open_table(name).list_versions()[-1]["timestamp"] for name in others}
    superseded = sorted(others, key=lambda name: written[name])[:-1]
    with writing(store):
        for name in superseded:
            database.drop_table(name)
    return len(superseded)


@contextlib.contextmanager
def only_writer(store: DatasetStore, partition: str) -> Iterator[None]:
    """Keep every other process from writing the partition's rows; the system frees the lock of a killed process.

    Raises:
        StoreError: another run is writing them, or the folder cannot be written.

    """
    path = store.vectors_folder / f".{partition}.lock"
    with writing(store):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreError(
                f"another run is embedding {partition} of {store.name}; wait for it, then run again"
            ) from error
        yield


def of_partition(partition: str) -> str:
    """The SQL condition of the rows of one partition."""
    return f"partition = {literals([partition])}"


def literals(texts: Iterable[str]) -> str:
    """The texts as SQL literals, separated by commas."""
    return ", ".join("'" + text.replace("'", "''") + "'" for text in texts)


@contextlib.contextmanager
def writing(store: DatasetStore) -> Iterator[None]:
    """Say what the database says against a write in our own words.

    Raises:
        StoreError: the block failed to write.

    """
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        raise StoreError(
            f"cannot write {store.vectors_folder}: {error}. Free space or fix permissions, then run again"
        ) from error
