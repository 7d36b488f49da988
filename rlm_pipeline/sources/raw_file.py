"""The stage raw_file: every record of a partition stored as written or set aside with a reason, and counted."""

import logging
from collections.abc import Callable, Collection, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import InvariantError, SourceError
from rlm_pipeline.model import PATH_SCHEMA, LeftOut, Manifest, SourceFile, SourceManifest
from rlm_pipeline.sources.accounts import check_counted, check_tiled
from rlm_pipeline.sources.cell_types_file import CellTypesFile
from rlm_pipeline.sources.content import unreadable
from rlm_pipeline.sources.detect import detect
from rlm_pipeline.sources.extents import ExtentsFile
from rlm_pipeline.sources.inventory import take_inventory
from rlm_pipeline.sources.json_files.cell_types import CellTypes
from rlm_pipeline.sources.output import Output
from rlm_pipeline.sources.own_columns import VERBATIM
from rlm_pipeline.sources.places.examination import FileFacts
from rlm_pipeline.sources.places.listing import local_state, printable, summarised
from rlm_pipeline.sources.places.scratch import Scratch
from rlm_pipeline.sources.positions import ASIDE, ELSEWHERE, STORED, Positions
from rlm_pipeline.sources.quarantine import Quarantine
from rlm_pipeline.sources.readers import BUNDLES, TABLES, open_reading
from rlm_pipeline.sources.reading import Entry
from rlm_pipeline.sources.recognition import Detected
from rlm_pipeline.sources.records_table import RecordsTable
from rlm_pipeline.sources.redaction import secret
from rlm_pipeline.sources.redaction.texts import Redaction
from rlm_pipeline.sources.tables.row_reader import ReadCount
from rlm_pipeline.sources.tables.tabular import TableRead, read_table
from rlm_pipeline.sources.year_column import YearFilter, place_of_column
from rlm_pipeline.store import DatasetStore, atomic_path, write_frame

logger = logging.getLogger(__name__)

_PROGRESS_ROWS = 500_000


def materialise(store: DatasetStore, config: DatasetConfig, partition: str) -> Manifest:
    """Read the files of one partition into records and quarantine, then write its manifest.

    Where the configuration says so, personal data is replaced by placeholders before anything is written.

    All files of the partition are replaced together once all have been read; a failure leaves the former ones. A file
    that the source does not name itself, and that turns out not to be readable, is left out.

    Raises:
        SourceError: the source has no such partition, or a file is missing, damaged, or changed while it was read.
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
    redaction = secret.redaction_of(store, config)
    with Scratch(store, config.files) as scratch, ExitStack() as stack:
        set_aside = stack.enter_context(atomic_path(store.quarantine_path(partition)))
        placed = stack.enter_context(atomic_path(store.extents_path(partition)))
        typed = stack.enter_context(atomic_path(store.cell_types_path(partition)))
        # The files are closed before they are renamed: the stack of open tables unwinds first.
        with (
            ExitStack() as tables,
            Quarantine(set_aside, redaction) as quarantine,
            ExtentsFile(placed, redaction) as extents,
            CellTypesFile(typed) as types,
        ):
            output = Output(store.records_folder(partition), stack, tables, quarantine, extents, types, redaction)
            parts = [
                _Part(file=file, facts=inventory.facts[file.name], config=config, partition=partition, output=output)
                for file in files
            ]
            read = [_read(part, scratch, required=part.file.name in inventory.required) for part in parts]
        manifest = _manifest(partition, read, inventory.left_out[partition])
        check_counted(output.targets, set_aside, manifest)
        check_tiled(placed, manifest, inventory.facts)
        write_frame(pl.concat([pl.DataFrame(schema=PATH_SCHEMA), *output.paths]), store.paths_path(partition))
    store.write_manifest(manifest)
    _remove_departed(store, partition, output.targets)
    return manifest


def _manifest(partition: str, read: list[SourceManifest | LeftOut], known: tuple[LeftOut, ...]) -> Manifest:
    sources = tuple(each for each in read if isinstance(each, SourceManifest))
    left_out = tuple(each for each in read if isinstance(each, LeftOut))
    if not sources:
        raise SourceError(f"nothing to read in partition {partition}: {left_out[0].reason}")
    return Manifest(partition=partition, sources=sources, left_out=summarised((*known, *left_out)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What one file has in the partition: how it is known, and where its records go."""

    file: SourceFile
    facts: FileFacts
    config: DatasetConfig
    partition: str
    output: Output

    def filter_over(self, columns: tuple[str, ...]) -> YearFilter | None:
        """Which of the file's records are in the partition; None takes all."""
        if self.facts.years is None:
            return None
        return YearFilter(
            partition=self.partition,
            place=place_of_column(columns, self.config, self.file.name),
            first_month=self.config.partition.first_month,
            day_first=self.facts.years.day_first,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """The records of one file as they were stored."""

    read: TableRead
    header: tuple[str, ...]
    records_file: str
    records_at: str = ""
    made: tuple[str, ...] = ()


def _read(part: _Part, scratch: Scratch, *, required: bool) -> SourceManifest | LeftOut:
    file, facts, config = part.file, part.facts, part.config
    if facts.reason:
        raise SourceError(facts.reason)
    with scratch.local_copy(file, facts.sha256) as path:
        try:
            detected = detect(path, config.format, name=file.name)
        except SourceError as error:
            if required:
                raise
            return LeftOut(
                name=file.name, reason=part.output.shown(printable(str(error).replace(str(path), file.name)))
            )
        verbatim = detected.detected_type in VERBATIM
        with Positions(has_beside=detected.detected_type == "json") as positions:
            store = _store_table if detected.detected_type in TABLES else _store_records
            stored = store(part, path, detected, positions)
            beyond = part.output.extents.add(file.name, path, detected.encoding, positions, verbatim=verbatim)
    _check_unchanged(file, facts)
    count = stored.read.count
    _check_years(part, count)
    logger.info(
        "%s: %s records, %s set aside (%s)", file.name, f"{count.rows:,}", count.quarantined, stored.read.reader
    )
    return SourceManifest(
        source=file.name,
        bytes=facts.bytes,
        sha256=facts.sha256,
        detected_type=detected.detected_type,
        evidence=part.output.shown(_evidence(detected, stored.read, facts, beyond)),
        encoding=detected.encoding.name,
        delimiter=detected.delimiter,
        header_line=detected.header_line,
        header=stored.header,
        reader=stored.read.reader,
        rows=count.rows,
        quarantined=count.quarantined,
        records_file=stored.records_file,
        records_at=stored.records_at,
        made=stored.made,
    )


def _store_table(part: _Part, path: Path, detected: Detected, positions: Positions) -> _Stored:
    only, output, source = part.filter_over(detected.header), part.output, part.file.name
    name = output.free_name(source)
    read = read_table(
        path,
        detected,
        source=source,
        to=output.target(name),
        quarantine=output.quarantine,
        positions=positions,
        only=only,
        redaction=output.redaction,
    )
    return _Stored(read=read, header=output.names(detected.header), records_file=name)


def _store_records(part: _Part, path: Path, detected: Detected, positions: Positions) -> _Stored:
    """Store the records of a file that is no table."""
    output, source = part.output, part.file.name
    reading = open_reading(path, detected, source)
    only = part.filter_over(reading.columns)
    bundle = BUNDLES.get(detected.detected_type)
    name = bundle or output.free_name(source)
    columns = output.names(reading.columns)
    noted = _Noted(
        source=source,
        quarantine=output.quarantine,
        types=output.types,
        positions=positions,
        only=only,
        renamed=_renamed(reading.columns, columns, output.redaction),
    )
    if bundle:
        count = noted.add_all(reading.entries, output.bundle(bundle, columns))
    else:
        with output.table(name, columns) as table:
            count = noted.add_all(reading.entries, table)
    if reading.paths is not None:
        output.add_paths(reading.paths)
    read = TableRead(reader="records", reason=reading.evidence, count=count)
    records_at = output.shown(reading.records_at)
    return _Stored(read=read, header=columns, records_file=name, records_at=records_at, made=reading.made)


def _renamed(
    columns: tuple[str, ...], stored: tuple[str, ...], redaction: Redaction | None
) -> Callable[[CellTypes], CellTypes] | None:
    """How columns are called where their types are noted; None where all are called as they are."""
    if redaction is None:
        return None
    names = dict(zip(columns, stored, strict=True))
    return lambda types: CellTypes(*([names.get(name) or redaction.name(name) for name in each] for each in types))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Noted:
    """Where the records of one file go besides its table."""

    source: str
    quarantine: Quarantine
    types: CellTypesFile
    positions: Positions
    only: YearFilter | None
    renamed: Callable[[CellTypes], CellTypes] | None

    def add_all(self, entries: Iterable[Entry], table: RecordsTable) -> ReadCount:
        """Store the records of the partition, set aside what must be, and note where all of them are."""
        source, only, note = self.source, self.only, self.positions.add
        rows = quarantined = 0
        for row, entry in enumerate(entries, 1):
            line, cells, reason, raw, column, types = entry
            if cells is None:
                kind = ASIDE if only is None or only.takes_unreadable else ELSEWHERE
                if kind == ASIDE:
                    self.quarantine.add(source, row, line, reason=reason, raw=raw)
                    quarantined += 1
            else:
                kind = STORED if only is None or only.takes(cells) else ELSEWHERE
                if kind == STORED:
                    table.add(source, row, line, cells, characters=sum(len(cell) for cell in cells if cell))
                    if types is not None:
                        self.types.add(source, row, types if self.renamed is None else self.renamed(types))
                    rows += 1
            note(line, kind, column)
            if row % _PROGRESS_ROWS == 0:
                logger.info("%s: %s records read, %s set aside", source, f"{row:,}", f"{quarantined:,}")
        return ReadCount(rows=rows, quarantined=quarantined)


def _check_years(part: _Part, count: ReadCount) -> None:
    years = part.facts.years
    if years is not None and years.records.get(part.partition, 0) != count.rows + count.quarantined:
        raise InvariantError(
            f"{part.file.name}: {years.records.get(part.partition, 0):,} records are in {part.partition}, but "
            f"{count.rows:,} were read and {count.quarantined:,} set aside; please report it"
        )


def _evidence(detected: Detected, table: TableRead, facts: FileFacts, beyond: int) -> str:
    parts = [detected.evidence, table.reason, facts.years.evidence if facts.years is not None else ""]
    if table.count.lenient:
        parts.append(f"{table.count.lenient:,} records with stray quotes read leniently")
    if beyond:
        parts.append(f"{beyond:,} characters of blank lines and comments, too many in one place, are in no chunk")
    return "; ".join(filter(None, parts))


def _check_unchanged(file: SourceFile, facts: FileFacts) -> None:
    if file.member or file.uri:  # what was copied was compared with its hash
        return
    try:
        state = local_state(file.path.stat())
    except OSError as error:
        raise unreadable(file.path, error) from error
    if state != facts.state:
        raise SourceError(f"{file.path} changed while it was read; run again when it is complete")


def _remove_departed(store: DatasetStore, partition: str, present: Collection[str]) -> None:
    """Remove the records of sources that are no longer in the partition, and what a killed run left of any."""
    folder = store.records_folder(partition)
    for path in folder.glob("*.parquet"):
        if path.name not in present:
            path.unlink()
            logger.info("removed the records of %s, which is no longer in %s", path.stem, partition)
    for path in folder.glob(".*.partial"):
        path.unlink()
