"""How much of a dataset is stored: bytes on disk, chunks, and how many of them are embedded."""

from collections.abc import Iterable

from rlm_pipeline.exchange.removal import size_of
from rlm_pipeline.retrieval import chunk_files
from rlm_pipeline.staleness import State
from rlm_pipeline.store import DatasetStore


def sizes(store: DatasetStore) -> dict[str, int]:
    """Bytes of each file and folder of the dataset, largest first; empty before anything is stored."""
    if not store.folder.is_dir():
        return {}
    found = {each.name: size_of(each) for each in store.folder.iterdir() if not each.name.startswith(".")}
    return dict(sorted(found.items(), key=lambda entry: (-entry[1], entry[0])))


def chunk_counts(store: DatasetStore) -> dict[str, int]:
    """How many chunks each partition has, of those that have been cut."""
    return {each: chunk_files.count(store, each) for each in store.partitions_with("chunks")}


def embedded(store: DatasetStore, states: Iterable[State]) -> int:
    """How many chunks are in partitions whose embeddings are current: a current stage has a vector for every chunk.

    It needs neither the model nor the database; `embedded.coverage` counts the vectors of a run that is not finished.
    """
    current = {each.partition for each in states if each.stage == "embeddings" and each.status == "current"}
    return sum(number for partition, number in chunk_counts(store).items() if partition in current)
