"""The Dagster instance that the command line and the UI share."""

import os
from pathlib import Path

import dagster as dg

from rlm_pipeline.store import write_text

_SETTINGS = Path(__file__).parent.parent / "configs" / "dagster" / "local.yaml"


def open_instance(root: Path) -> dg.DagsterInstance:
    """The instance in `$DAGSTER_HOME`, else in `<root>/dagster`; it is set up at first use."""
    home = Path(os.environ.get("DAGSTER_HOME") or root / "dagster").resolve()
    if not (home / "dagster.yaml").exists():
        write_text(_SETTINGS.read_text(encoding="utf-8"), home / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(home)
    return dg.DagsterInstance.get()
