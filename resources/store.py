"""The store of all datasets, as a Dagster resource."""

import dagster as dg

from resources.root import open_store
from rlm_pipeline.store import Store


class StoreResource(dg.ConfigurableResource):
    """Where all datasets are stored: `root`, else `$RLM_HOME`, else `.rlm` in the working directory."""

    root: str = ""

    def open(self) -> Store:
        """The engine's store; nothing is created until something is written."""
        return open_store(self.root)
