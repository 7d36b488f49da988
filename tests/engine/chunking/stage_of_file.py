"""One file through the stages that come before its chunks, and cut."""

from pathlib import Path

import polars as pl

from rlm_pipeline import configuration
from rlm_pipeline.chunking import stage
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.profiling import columns
from rlm_pipeline.profiling.pairs import stage as pairs
from rlm_pipeline.sources import raw_file
from rlm_pipeline.store import DatasetStore, Store

SMALL = "chunking: {size: 200}\n"


def stored(folder: Path, name: str, content: str | bytes, more: str = "") -> tuple[DatasetStore, DatasetConfig]:
    """Write a file and its configuration, and run every stage up to chunks."""
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    (folder / "mine.yaml").write_text(f"name: mine\nsource: {name}\n{more if 'chunking' in more else SMALL + more}")
    config = configuration.load(folder / "mine.yaml")
    store = Store(folder / "store").dataset("mine")
    for each in (raw_file, columns, pairs, stage):
        each.materialise(store, config, "all")
    return store, config


def chunked(folder: Path, name: str, content: str | bytes, more: str = "") -> pl.DataFrame:
    """The chunks of a file."""
    store, _ = stored(folder, name, content, more)
    return pl.read_parquet(store.chunks_path("all"))
