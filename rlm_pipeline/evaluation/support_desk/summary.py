"""What was written: the figures of the desk's files."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFile:
    """One year's file: `rows` are all its records, `ragged` of them have another number of cells than its header."""

    name: str
    fiscal_year: str
    rows: int
    ragged: int
    columns: int
    bytes: int
    encoding: str
    delimiter: str
    line_end: str
    title_line: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSummary:
    """The written desk: its files, and the folder with the truth about them."""

    folder: Path
    truth_folder: Path
    files: tuple[DeskFile, ...]

    @property
    def source(self) -> str:
        """The glob that a dataset configuration names; it does not match the truth."""
        return str(self.folder / "support_fy*.csv")

    @property
    def rows(self) -> int:
        """Records in all files."""
        return sum(file.rows for file in self.files)

    @property
    def ragged(self) -> int:
        """Records that cannot be read."""
        return sum(file.ragged for file in self.files)

    @property
    def bytes(self) -> int:
        """Size of all files."""
        return sum(file.bytes for file in self.files)
