"""The stage raw_file: every record of a partition stored as written or set aside with a reason, and counted."""

import logging
from contextlib import ExitStack
from pathlib import Path

import polars as pl

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import InvariantError, SourceError
from rlm_pipeline.model import Manifest, SourceFile, SourceManifest
from rlm_pipeline.sources.content import unreadable
from rlm_pipeline.sources.detect import Detected, detect
from rlm_pipeline.sources.inventory import FileFacts, take_inventory
from rlm_pipeline.sources.row_reader import Quarantine
from rlm_pipeline.sources.tabular import TableRead, read_table
from rlm_pipeline.sources.year_column import YearFilter, place_of_column
from rlm_pipeline.store import DatasetStore, atomic_path

logger = logging.getLogger(__name__)


def materialise(store: DatasetStore, config: DatasetConfig, partition: str) -> Manifest:
    """Read the files of one partition into records and quarantine, then write its manifest.

    All files of the partition are replaced together once all have been read; a failure leaves the former ones.

    Raises:
        SourceError: the source has no such partition, or a file is missing, damaged, no table, or changed while read.
        ConfigurationError: a file lacks the partition column.
        StoreError: the store cannot be written.
        InvariantError: records were lost or invented; a defect of ours.

    """
    inventory = take_inventory(store, config)
    files = inventory.partitions.get(partition)
    if files is None:
        raise SourceError(
            f"{config.source} has no records of partition {partition}; it has {', '.join(inventory.partitions)}"
        )
    with ExitStack() as stack:
        set_aside = stack.enter_context(atomic_path(store.quarantine_path(partition)))
        targets = [
            stack.enter_context(atomic_path(store.records_folder(partition) / f"{file.name}.parquet")) for file in files
        ]
        with Quarantine(set_aside) as quarantine:
            sources = tuple(
                _read(file, inventory.facts[file.name], config, partition=partition, to=target, quarantine=quarantine)
                for file, target in zip(files, targets, strict=True)
            )
        manifest = Manifest(partition=partition, sources=sources)
        _check_counted(targets, set_aside, manifest)
    store.write_manifest(manifest)
    _remove_departed(store, partition, files)
    return manifest


def _read(
    file: SourceFile, facts: FileFacts, config: DatasetConfig, *, partition: str, to: Path, quarantine: Quarantine
) -> SourceManifest:
    detected = detect(file.path, config.format)
    only = None
    if facts.years is not None:
        only = YearFilter(
            partition=partition,
            place=place_of_column(detected, config, file.path),
            first_month=config.partition.first_month,
            day_first=facts.years.day_first,
        )
    table = read_table(file.path, detected, source=file.name, to=to, quarantine=quarantine, only=only)
    _check_unchanged(file, facts)
    count = table.count
    if facts.years is not None and facts.years.records.get(partition, 0) != count.rows + count.quarantined:
        raise InvariantError(
            f"{file.name}: {facts.years.records.get(partition, 0):,} records are in {partition}, but "
            f"{count.rows:,} were read and {count.quarantined:,} set aside; please report it"
        )
    logger.info("%s: %s records, %s set aside (%s)", file.name, f"{count.rows:,}", count.quarantined, table.reader)
    return SourceManifest(
        source=file.name,
        bytes=facts.bytes,
        sha256=facts.sha256,
        detected_type=detected.detected_type,
        evidence=_evidence(detected, table, facts),
        encoding=detected.encoding.name,
        delimiter=detected.delimiter,
        header_line=detected.header_line,
        header=detected.header,
        reader=table.reader,
        rows=count.rows,
        quarantined=count.quarantined,
    )


def _evidence(detected: Detected, table: TableRead, facts: FileFacts) -> str:
    parts = [detected.evidence, f"{'read lazily' if table.reader == 'lazy' else 'read row by row'}: {table.reason}"]
    if facts.years is not None and facts.years.evidence:
        parts.append(facts.years.evidence)
    if table.count.lenient:
        parts.append(f"{table.count.lenient:,} records with stray quotes read leniently")
    return "; ".join(parts)


def _check_unchanged(file: SourceFile, facts: FileFacts) -> None:
    try:
        state = file.path.stat()
    except OSError as error:
        raise unreadable(file.path, error) from error
    if (state.st_size, state.st_mtime_ns) != (facts.bytes, facts.modified_ns):
        raise SourceError(f"{file.path} changed while it was read; run again when it is complete")


def _check_counted(targets: list[Path], set_aside: Path, manifest: Manifest) -> None:
    """Compare what the files hold with what the readers counted."""
    stored = [int(pl.scan_parquet(path).select(pl.len()).collect().item()) for path in (*targets, set_aside)]
    counted = [*(source.rows for source in manifest.sources), manifest.quarantined]
    if stored != counted:
        raise InvariantError(
            f"partition {manifest.partition}: {counted} records were counted, file by file and set aside, "
            f"but {stored} were stored; please report it"
        )


def _remove_departed(store: DatasetStore, partition: str, files: tuple[SourceFile, ...]) -> None:
    """Remove the records of sources that are no longer in the partition."""
    present = {f"{file.name}.parquet" for file in files}
    for path in store.records_folder(partition).glob("*.parquet"):
        if path.name not in present:
            path.unlink()
            logger.info("removed the records of %s, which is no longer in %s", path.stem, partition)
