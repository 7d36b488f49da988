"""Records piped in: kept in the dataset's folder, so that later runs and other processes read the same."""

import shutil
from pathlib import Path
from typing import BinaryIO

from rlm_pipeline.configuration import STANDARD_INPUT
from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources.content import BLOCK_BYTES
from rlm_pipeline.sources.places.listing import Candidate, Listing, local_candidate
from rlm_pipeline.store import DatasetStore, atomic_path

NAME = "standard_input"
"""What records from standard input are cited by."""


def spool(store: DatasetStore, stream: BinaryIO) -> bool:
    """Keep what `stream` gives in place of what was piped in before; nothing changes if it gives nothing.

    Returns whether it gave anything.

    Raises:
        StoreError: it cannot be written.

    """
    first = stream.read(BLOCK_BYTES)
    if not first:
        return False
    with atomic_path(spooled_path(store)) as partial, partial.open("wb") as spooled:
        spooled.write(first)
        shutil.copyfileobj(stream, spooled, BLOCK_BYTES)
    return True


def spooled_path(store: DatasetStore) -> Path:
    """Where the piped bytes are kept."""
    return store.folder / NAME


def list_standard_input(store: DatasetStore) -> Listing:
    """What was piped in last.

    Raises:
        SourceError: nothing was.

    """
    try:
        candidate: Candidate = local_candidate(spooled_path(store), NAME)
    except OSError as error:
        raise SourceError(
            f"source is {STANDARD_INPUT!r}, standard input, and nothing was piped in; "
            "pipe the records: `cat records.csv | rlm run CONFIG`"
        ) from error
    return Listing(candidates=(candidate,))
