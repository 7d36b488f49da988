"""Where each stage's files are, and how they are written: to a temporary name, then renamed.

One `DatasetStore` is one folder below the store's root. Paths and readers are here; what is in a file belongs to the
stage that writes it. A file is whole or absent: an interrupted write leaves at most a `.partial` file, which the next
write of the same file replaces.
"""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import polars as pl

from rlm_pipeline import curation
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import NotMaterialised, StoreError
from rlm_pipeline.model import LeftOut, Manifest, SourceManifest

COMPRESSION: Literal["zstd"] = "zstd"


@contextlib.contextmanager
def atomic_path(path: Path, *, partial: Path | None = None) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` on success, remove it on any failure.

    A file that several processes may write at once needs a `partial` of their own for each, on the same disk.

    Raises:
        StoreError: the disk is full or the folder cannot be written; says which file and what to do.

    """
    partial = partial or path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        partial.replace(path)
    except OSError as error:
        raise _cannot_write(path, error.strerror or str(error)) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def write_frame(frame: pl.DataFrame | pl.LazyFrame, path: Path) -> None:
    """Write one Parquet file atomically; a lazy frame is streamed."""
    with atomic_path(path) as partial:
        try:
            if isinstance(frame, pl.LazyFrame):
                frame.sink_parquet(partial, compression=COMPRESSION)
            else:
                frame.write_parquet(partial, compression=COMPRESSION)
        except pl.exceptions.ComputeError as error:
            # A full disk reaches us as this where polars writes, not as OSError.
            raise _cannot_write(path, str(error)) from error


def _cannot_write(path: Path, reason: str) -> StoreError:
    return StoreError(f"cannot write {path}: {reason}. Free space or fix permissions, then run again")


def write_text(text: str, path: Path) -> None:
    """Write one UTF-8 file atomically."""
    with atomic_path(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_json(value: object, path: Path) -> None:
    """Write one JSON file atomically, keys sorted so that equal content gives equal bytes."""
    write_text(json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1) + "\n", path)


def read_json(path: Path) -> Any:
    """Parse one stored JSON file.

    Raises:
        StoreError: the file is damaged.

    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise StoreError(f"{path} is damaged ({error}); delete it and run again") from error


@dataclass(frozen=True, slots=True)
class DatasetStore:
    """The files of one dataset below `folder`."""

    folder: Path

    @property
    def name(self) -> str:
        """The dataset's name, which is its folder's."""
        return self.folder.name

    @property
    def redaction_key_path(self) -> Path:
        """The secret of all datasets of the root, beside them: no archive of a dataset takes it along."""
        return self.folder.parent / "redaction.key"

    def manifest_path(self, partition: str) -> Path:
        """The manifest of one partition's raw files."""
        return self.folder / "raw_file" / f"{partition}.json"

    def records_folder(self, partition: str) -> Path:
        """One Parquet file per source, as the manifest names it; small files of one kind share one."""
        return self.folder / "records" / partition

    def quarantine_path(self, partition: str) -> Path:
        """Records set aside, `QUARANTINE_SCHEMA`."""
        return self.folder / "quarantine" / f"{partition}.parquet"

    def paths_path(self, partition: str) -> Path:
        """What nested sources hold, path by path, `PATH_SCHEMA`."""
        return self.folder / "paths" / f"{partition}.parquet"

    def cell_types_path(self, partition: str) -> Path:
        """What the cells of JSON records do not tell of their values, `CELL_TYPE_SCHEMA`."""
        return self.folder / "cell_types" / f"{partition}.parquet"

    def extents_path(self, partition: str) -> Path:
        """Where each record is in its source, `EXTENT_SCHEMA`."""
        return self.folder / "extents" / f"{partition}.parquet"

    def profile_path(self, partition: str) -> Path:
        """The column profile, `PROFILE_SCHEMA`."""
        return self.folder / "column_profile" / f"{partition}.parquet"

    def column_pairs_path(self, partition: str) -> Path:
        """Pairs of columns, `COLUMN_PAIR_SCHEMA`."""
        return self.folder / "column_pairs" / f"{partition}.parquet"

    @property
    def schema_path(self) -> Path:
        """The canonical schema over all partitions."""
        return self.folder / "schema.json"

    def chunks_path(self, partition: str) -> Path:
        """Chunks, `CHUNK_SCHEMA`."""
        return self.folder / "chunks" / f"{partition}.parquet"

    @property
    def vectors_folder(self) -> Path:
        """The LanceDB database."""
        return self.folder / "lancedb"

    @property
    def vector_copies_path(self) -> Path:
        """What the copies of vectors were made from."""
        return self.folder / "vector_copies" / "written.json"

    def vector_copy_path(self, partition: str) -> Path:
        """One partition's vectors, laid out to be searched."""
        return self.folder / "vector_copies" / f"{partition}.arrow"

    @property
    def lexical_folder(self) -> Path:
        """The tantivy index."""
        return self.folder / "lexical"

    def findings_path(self, partition: str) -> Path:
        """Findings, `FINDING_SCHEMA`."""
        return self.folder / "findings" / f"{partition}.parquet"

    def statements_path(self, partition: str) -> Path:
        """Statements, `STATEMENT_SCHEMA`."""
        return self.folder / "statements" / f"{partition}.parquet"

    def derived_path(self, partition: str) -> Path:
        """What analysts derive from each record, `analysis.derived.DERIVED_SCHEMA`."""
        return self.folder / "derived" / f"{partition}.parquet"

    def readings_path(self, partition: str) -> Path:
        """What a model read of each record, `READING_SCHEMA`."""
        return self.folder / "readings" / f"{partition}.parquet"

    def read_units_path(self, partition: str) -> Path:
        """What was to be read by itself, `READ_UNIT_SCHEMA`."""
        return self.folder / "read_units" / f"{partition}.parquet"

    def read_findings_path(self, partition: str) -> Path:
        """What a model found, `FINDING_SCHEMA`."""
        return self.folder / "read_findings" / f"{partition}.parquet"

    def read_statements_path(self, partition: str) -> Path:
        """What a model says each record says, `STATEMENT_SCHEMA`."""
        return self.folder / "read_statements" / f"{partition}.parquet"

    def merged_findings_path(self, partition: str) -> Path:
        """Merged findings of one partition; see `merged_all_years_path` for their merge."""
        return self.folder / "merged_findings" / f"{partition}.json"

    @property
    def merged_all_years_path(self) -> Path:
        """Merged findings over all partitions."""
        return self.folder / "merged_findings.json"

    @property
    def dimensions_path(self) -> Path:
        """Dimensions and categories as discovered."""
        return self.folder / "dimensions.json"

    @property
    def classifiers_folder(self) -> Path:
        """What labels new records: one `.npz` per text dimension."""
        return self.folder / "dimensions"

    def labels_path(self, partition: str) -> Path:
        """Labels, `LABEL_SCHEMA`."""
        return self.folder / "labels" / f"{partition}.parquet"

    def read_labels_path(self, partition: str) -> Path:
        """Statements that a model labelled, `READ_LABEL_SCHEMA`."""
        return self.folder / "read_labels" / f"{partition}.parquet"

    def moved_labels_path(self, partition: str) -> Path:
        """Records whose label a person's decisions changed, `MOVED_LABEL_SCHEMA`."""
        return self.folder / "moved_labels" / f"{partition}.parquet"

    @property
    def taxonomy_path(self) -> Path:
        """The published taxonomy."""
        return self.folder / "taxonomy.json"

    @property
    def report_path(self) -> Path:
        """The report page."""
        return self.folder / "report.html"

    @property
    def inventory_path(self) -> Path:
        """What the source holds, by partition, with content fingerprints."""
        return self.folder / "inventory.json"

    @property
    def config_path(self) -> Path:
        """The registered configuration, as validated, with an absolute source."""
        return self.folder / "dataset.json"

    def stamp_path(self, stage: str, partition: str | None) -> Path:
        """What a stage's stored output was made from."""
        return self.folder / "stamps" / stage / f"{partition or '_dataset'}.json"

    def register(self, config: DatasetConfig) -> None:
        """Store the validated configuration, so that every later step reads the same."""
        write_json(config.model_dump(mode="json"), self.config_path)

    def config(self) -> DatasetConfig:
        """The registered configuration.

        Raises:
            NotMaterialised: the dataset was never registered.

        """
        return DatasetConfig.model_validate(read_json(self.existing(self.config_path, "configuration", None)))

    def current_config(self) -> DatasetConfig:
        """The registered configuration, with a person's decisions as their file has them now.

        Raises:
            NotMaterialised: the dataset was never registered.
            CurationError: the file of decisions is wrong.

        """
        config = self.config()
        return config.model_copy(update={"curation": curation.current(config.curation, self.config_path)})

    def write_manifest(self, manifest: Manifest) -> None:
        """Store what was read into one partition."""
        write_json(asdict(manifest), self.manifest_path(manifest.partition))

    def manifest(self, partition: str) -> Manifest:
        """What was read into one partition.

        Raises:
            NotMaterialised: raw_file has not run for it.

        """
        content = read_json(self.existing(self.manifest_path(partition), "raw_file", partition))
        # Manifests written before files were bundled name neither: each source had a records file of its own.
        sources = (
            SourceManifest(
                **{
                    "records_file": f"{source['source']}.parquet",
                    **source,
                    "header": tuple(source["header"]),
                    "made": tuple(source.get("made", ())),
                }
            )
            for source in content["sources"]
        )
        left_out = (LeftOut(**each) for each in content.get("left_out", ()))
        return Manifest(partition=content["partition"], sources=tuple(sources), left_out=tuple(left_out))

    def records_paths(self, partition: str) -> tuple[Path, ...]:
        """The records files of one partition, each once, in the manifest's order.

        Raises:
            NotMaterialised: raw_file has not run for it.

        """
        names = dict.fromkeys(source.records_file for source in self.manifest(partition).sources)
        return tuple(self.records_folder(partition) / name for name in names)

    def scan_records(self, partition: str) -> pl.LazyFrame:
        """All records of one partition, every column as text; a column absent from a source is null there."""
        frames = [pl.scan_parquet(path) for path in self.records_paths(partition)]
        return pl.concat(frames, how="diagonal") if frames else pl.LazyFrame()

    def scan(self, path: Path, stage: str, partition: str | None) -> pl.LazyFrame:
        """One stage's stored table.

        Raises:
            NotMaterialised: the stage has not run.

        """
        return pl.scan_parquet(self.existing(path, stage, partition))

    def partitions_with(self, stage: str, suffix: str = ".parquet") -> tuple[str, ...]:
        """Partitions whose `<stage>/<p><suffix>` file exists, sorted."""
        return tuple(sorted(path.name.removesuffix(suffix) for path in (self.folder / stage).glob(f"[!.]*{suffix}")))

    def existing(self, path: Path, stage: str, partition: str | None) -> Path:
        """`path`, if it exists.

        Raises:
            NotMaterialised: it does not.

        """
        if not path.exists():
            raise NotMaterialised(stage, partition, self.name)
        return path


@dataclass(frozen=True, slots=True)
class Store:
    """The root of all datasets: `$RLM_HOME`, or `.rlm` in the working directory."""

    root: Path

    def dataset(self, name: str) -> DatasetStore:
        """One dataset's files; nothing is created yet."""
        return DatasetStore(self.root / name)

    def datasets(self) -> tuple[str, ...]:
        """Names of the registered datasets, sorted."""
        return tuple(sorted(path.parent.name for path in self.root.glob("*/dataset.json")))
