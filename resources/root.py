"""Where the store lies; apart from `store.py` so that commands which only read need not import Dagster (1.2 s)."""

import os
from pathlib import Path

from rlm_pipeline.store import Store


def open_store(root: str = "") -> Store:
    """The store in `root`, else `$RLM_HOME`, else `.rlm` in the working directory; nothing is created yet."""
    return Store(Path(root or os.environ.get("RLM_HOME") or ".rlm").resolve())
