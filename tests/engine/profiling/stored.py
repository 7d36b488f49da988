"""Records as raw_file stores them, written by hand."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from rlm_pipeline.configuration import ColumnRoles, DatasetConfig
from rlm_pipeline.model import LINE, RECORD_IDENTITY, ROW, SOURCE, Manifest, SourceManifest
from rlm_pipeline.store import DatasetStore

Cells = Mapping[str, Sequence[str | None]]


def store_in(folder: Path) -> DatasetStore:
    return DatasetStore(folder / "desk")


def config_with(**sections) -> DatasetConfig:
    return DatasetConfig(name="desk", source="desk.csv", **sections)


def roles(**columns) -> DatasetConfig:
    return config_with(columns=ColumnRoles(**columns))


def put(store: DatasetStore, partition: str, **sources: Cells | pl.DataFrame) -> None:
    """Store the sources of one partition; `a` becomes the file a.csv, whose records start on line 2."""
    manifests = []
    for name, cells in sources.items():
        frame = pl.DataFrame(cells)
        frame = frame.with_columns(pl.all().cast(pl.String)) if isinstance(cells, Mapping) else frame
        if ROW not in frame.columns:
            frame = frame.with_columns(
                pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(ROW),
                pl.int_range(2, pl.len() + 2, dtype=pl.Int64).alias(LINE),
            )
        frame = frame.with_columns(pl.lit(f"{name}.csv").alias(SOURCE))
        path = store.records_folder(partition) / f"{name}.csv.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(path)
        manifests.append(_manifest(f"{name}.csv", frame))
    store.write_manifest(Manifest(partition=partition, sources=tuple(manifests)))


def _manifest(source: str, frame: pl.DataFrame) -> SourceManifest:
    return SourceManifest(
        source=source,
        bytes=0,
        sha256="",
        detected_type="csv",
        evidence="",
        encoding="utf-8",
        delimiter=",",
        header_line=1,
        header=tuple(name for name in frame.columns if name not in RECORD_IDENTITY),
        reader="row",
        rows=frame.height,
        quarantined=0,
        records_file=f"{source}.parquet",
    )
