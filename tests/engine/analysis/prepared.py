"""Partitions as the earlier stages leave them, from columns of cells."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from rlm_pipeline.chunking import stage as chunks
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.model import COLUMN_PAIR_SCHEMA, LINE, ROW, SOURCE, Manifest, SourceManifest
from rlm_pipeline.profiling import columns
from rlm_pipeline.store import DatasetStore, write_frame
from tests.engine.chunking.placed import place_records

Cells = Mapping[str, Sequence[str | None]]


def config(**sections: object) -> DatasetConfig:
    small_chunks = {"chunking": {"size": 300}}
    return DatasetConfig.model_validate({"name": "desk", "source": "desk.csv", **small_chunks, **sections})


def prepare(root: Path, cells: Cells, *, partition: str = "all", dataset: DatasetConfig | None = None) -> DatasetStore:
    """One partition of one source, profiled and cut into chunks."""
    return prepare_sources(root, {f"{partition}.csv": cells}, partition=partition, dataset=dataset)


def prepare_sources(
    root: Path, sources: Mapping[str, Cells], *, partition: str = "all", dataset: DatasetConfig | None = None
) -> DatasetStore:
    """One partition of several sources, profiled and cut into chunks."""
    dataset = dataset or config()
    store = DatasetStore(root / dataset.name)
    manifests = [_write_source(store, partition, name, cells) for name, cells in sources.items()]
    store.write_manifest(Manifest(partition=partition, sources=tuple(manifests)))
    columns.materialise(store, dataset, partition)
    place_records(store, partition)
    write_frame(pl.DataFrame(schema=COLUMN_PAIR_SCHEMA), store.column_pairs_path(partition))
    chunks.materialise(store, dataset, partition)
    return store


def _write_source(store: DatasetStore, partition: str, name: str, cells: Cells) -> SourceManifest:
    frame = pl.DataFrame(dict(cells), schema=dict.fromkeys(cells, pl.String))
    rows = pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True)
    identity = {SOURCE: pl.lit(name), ROW: rows, LINE: rows + 1}
    write_frame(frame.with_columns(**identity), store.records_folder(partition) / f"{name}.parquet")
    return SourceManifest(
        source=name,
        bytes=0,
        sha256="",
        detected_type="csv",
        evidence="written by a test",
        encoding="utf-8",
        delimiter=",",
        header_line=1,
        header=tuple(cells),
        reader="rows",
        rows=frame.height,
        quarantined=0,
        records_file=f"{name}.parquet",
    )
