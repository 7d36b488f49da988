"""How much of a dataset is stored: bytes on disk, chunks, and how many of them are embedded."""

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.exchange import embedded as coverage
from rlm_pipeline.exchange.removal import size_of
from rlm_pipeline.store import DatasetStore


def sizes(store: DatasetStore) -> dict[str, int]:
    """Bytes of each file and folder of the dataset, largest first; empty before anything is stored."""
    if not store.folder.is_dir():
        return {}
    found = {each.name: size_of(each) for each in store.folder.iterdir() if not each.name.startswith(".")}
    return dict(sorted(found.items(), key=lambda entry: (-entry[1], entry[0])))


def embedded(store: DatasetStore, config: DatasetConfig) -> tuple[int, int]:
    """How many chunks there are, and how many of them have a vector of the model for search.

    Raises:
        EncoderError: the model cannot be had.

    """
    if not store.partitions_with("chunks"):
        return 0, 0
    found = coverage.coverage(store, config)
    return int(found["chunks"].sum()), int(found["embedded"].sum())
