"""The store of all datasets, as a Dagster resource."""

import os
from pathlib import Path

import dagster as dg

from rlm_pipeline.store import Store

DEFAULT_ROOT = ".rlm"


class StoreResource(dg.ConfigurableResource):
    """Where all datasets are stored: `root`, else `$RLM_HOME`, else `.rlm` in the working directory."""

    root: str = ""

    def open(self) -> Store:
        """The engine's store; nothing is created until something is written."""
        return Store(Path(self.root or os.environ.get("RLM_HOME") or DEFAULT_ROOT).resolve())
