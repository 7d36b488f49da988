"""What a comparison with planted truth gives: figures and rows ready to be printed."""

from dataclasses import dataclass

from rlm_pipeline.evaluation.metrics import Agreement

FOUND_FROM = 0.5
"""AMI with a discovered dimension from which on a planted one counts as found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryRow:
    """A planted category beside the discovered one that shares most with it, one to one; "" where none is left.

    `overlap` is `shared` / `planted_records`.
    """

    planted: str
    found: str
    planted_records: int
    found_records: int
    shared: int

    @property
    def overlap(self) -> float:
        """Share of the planted category's records that the found one holds."""
        return self.shared / self.planted_records if self.planted_records else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionMatch:
    """A planted dimension and the discovered one that agrees best with it, one to one; ids are "" where none does.

    `agreement` is over the records that answer both, `other` counting as one more found category; `coverage` is their
    share of the records with a planted answer.
    """

    planted: str
    column: str
    kind: str
    dimension_id: str
    dimension_name: str
    coverage: float
    agreement: Agreement | None
    categories: tuple[CategoryRow, ...]

    @property
    def is_found(self) -> bool:
        """Whether the agreement is high enough to say that the planted dimension was discovered."""
        return self.agreement is not None and self.agreement.ami.value >= FOUND_FROM


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval:
    """What was published of one sort, against what was planted; readable texts of the mistakes."""

    published: int
    right: int
    planted: int
    recovered: int
    false: tuple[str, ...]
    missed: tuple[str, ...]

    @property
    def precision(self) -> float:
        """Share of the published that is true; 1 where nothing is published."""
        return self.right / self.published if self.published else 1.0

    @property
    def recall(self) -> float:
        """Share of the planted that is published; 1 where nothing is planted."""
        return self.recovered / self.planted if self.planted else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRows:
    """What became of one file's rows: `written` and `ragged` by the truth, the others by the pipeline."""

    source: str
    written: int
    ragged: int
    labelled: int
    quarantined: int

    @property
    def is_accounted(self) -> bool:
        """Whether every row is labelled or set aside, and exactly the ragged ones are set aside."""
        return self.labelled + self.quarantined == self.written and self.quarantined == self.ragged


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedScore:
    """The discovered taxonomy against the planted one.

    `unplanted` names the published dimensions over columns that nothing to be found was planted in: (kind, name), the
    kind being "text" or "categorical". `false_dimensions` names the published text dimensions that recover no planted
    one: columns of values are what they are, but what a text is about was claimed.
    """

    dimensions: tuple[DimensionMatch, ...]
    unplanted: tuple[tuple[str, str], ...]
    false_dimensions: tuple[str, ...]
    relationships: Retrieval
    trends: Retrieval
    files: tuple[FileRows, ...]
    citations: int
    citations_verified: int

    @property
    def category_accuracy(self) -> float:
        """Records in the category matched to their planted one, of all that answer a text dimension that was found."""
        rows = [row for match in self.dimensions if match.kind == "text" and match.is_found for row in match.categories]
        answered = sum(row.planted_records for row in rows)
        return sum(row.shared for row in rows) / answered if answered else 0.0

    @property
    def rows_written(self) -> int:
        """Rows of all files."""
        return sum(file.written for file in self.files)

    @property
    def rows_labelled(self) -> int:
        """Records with a label, be it `other` or `blank`."""
        return sum(file.labelled for file in self.files)

    @property
    def rows_quarantined(self) -> int:
        """Rows set aside."""
        return sum(file.quarantined for file in self.files)

    @property
    def is_accounted(self) -> bool:
        """Whether every row of every file is labelled or set aside, the ragged ones alone set aside."""
        return all(file.is_accounted for file in self.files)

    @property
    def share_verified(self) -> float:
        """Share of the citations that were found in their source; 1 where there is none."""
        return self.citations_verified / self.citations if self.citations else 1.0

    def found(self, kind: str) -> tuple[int, int]:
        """How many planted dimensions of a kind ("text" or "categorical") were found, and how many there are."""
        matches = [match for match in self.dimensions if match.kind == kind]
        return sum(match.is_found for match in matches), len(matches)
