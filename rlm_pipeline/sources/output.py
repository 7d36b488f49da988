"""The files that one partition's records go to, and what of a source may be written into them."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from rlm_pipeline import fingerprint
from rlm_pipeline.sources.cell_types_file import CellTypesFile
from rlm_pipeline.sources.extents import ExtentsFile
from rlm_pipeline.sources.quarantine import Quarantine
from rlm_pipeline.sources.readers import BUNDLES
from rlm_pipeline.sources.records_table import RecordsTable
from rlm_pipeline.sources.redaction.texts import Redaction
from rlm_pipeline.store import atomic_path

_LONGEST_NAME = 180  # bytes of a records file's name, of the 255 a file system has, some of them for temporary names


@dataclass(slots=True)
class Output:
    """Where one partition's records go: `targets` are the temporary files, by the name they will have in `folder`."""

    folder: Path
    renaming: ExitStack
    closing: ExitStack
    quarantine: Quarantine
    extents: ExtentsFile
    types: CellTypesFile
    redaction: Redaction | None
    targets: dict[str, Path] = field(default_factory=dict)
    paths: list[pl.DataFrame] = field(default_factory=list)
    bundles: dict[str, RecordsTable] = field(default_factory=dict)
    taken: set[str] = field(default_factory=lambda: {name.casefold() for name in BUNDLES.values()})

    def free_name(self, wanted: str) -> str:
        """`wanted` as the name of a records file, changed if it is taken (on any file system) or too long for one."""
        name = f"{wanted.replace('/', '__')}.parquet"
        if len(name.encode()) > _LONGEST_NAME or name.casefold() in self.taken:
            start = name.removesuffix(".parquet").encode()[:_LONGEST_NAME].decode(errors="ignore")
            name = f"{start}~{fingerprint.short(wanted)}.parquet"
        self.taken.add(name.casefold())
        return name

    def target(self, name: str) -> Path:
        """A new records file."""
        self.targets[name] = self.renaming.enter_context(atomic_path(self.folder / name))
        return self.targets[name]

    def table(self, name: str, columns: tuple[str, ...]) -> RecordsTable:
        """A new records file, opened."""
        return RecordsTable(self.target(name), columns, self.redaction)

    def names(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """What the columns of a file are called where they are stored."""
        return columns if self.redaction is None else self.redaction.names(columns)

    def shown(self, text: str) -> str:
        """What is told of a file, as it may be stored."""
        return text if self.redaction is None else self.redaction.name(text)

    def bundle(self, name: str, columns: tuple[str, ...]) -> RecordsTable:
        """The records file that all files of one kind share, opened by the first of them."""
        if name not in self.bundles:
            self.bundles[name] = self.closing.enter_context(self.table(name, columns))
        return self.bundles[name]

    def add_paths(self, paths: pl.DataFrame) -> None:
        """Add what is nested in a file, `PATH_SCHEMA`."""
        if self.redaction is not None:
            written = paths["path"].unique(maintain_order=True).to_list()
            paths = paths.with_columns(pl.col("path").replace(written, list(self.redaction.names(written))))
        self.paths.append(paths)
