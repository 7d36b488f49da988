"""The ledger of all model calls of a store."""

from rlm_pipeline.llm.ledger import FILE, Ledger
from rlm_pipeline.store import DatasetStore


def open_ledger(store: DatasetStore) -> Ledger:
    """The ledger of the store that a dataset is in; nothing is created until something is entered."""
    return Ledger(store.folder.parent / FILE)
