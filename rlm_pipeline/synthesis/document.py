"""The shape of merged_findings.json, of one partition and of all."""

from decimal import Decimal
from typing import Literal, Self

import pydantic

from rlm_pipeline.analysis.sums import Sums, as_text

SCHEMA_VERSION = "1"


class _Part(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class Citation(_Part):
    """A record of a partition, and words that stand in it; `verified` when the finding was stored."""

    partition: str
    source: str
    row: int
    line: int
    chunk_id: str
    quote: str
    verified: bool


class Totals(_Part):
    """What was read of one partition; `duplicates` are findings that were stored more than once and counted once."""

    records: int
    batches: int
    findings: int
    duplicates: int = 0


class NumericSummary(_Part):
    """Exact sums (decimal text) of a column's numbers, and what follows from them."""

    n: int
    sum: str
    sum_of_squares: str
    minimum: float
    maximum: float
    mean: float
    standard_deviation: float  # of a sample (n - 1)

    @classmethod
    def of(cls, sums: Sums) -> Self:
        """What follows from exact sums."""
        return cls(
            n=sums.n,
            sum=as_text(sums.total),
            sum_of_squares=as_text(sums.squares),
            minimum=sums.minimum,
            maximum=sums.maximum,
            mean=sums.mean,
            standard_deviation=sums.standard_deviation,
        )

    @property
    def sums(self) -> Sums:
        """The exact sums."""
        return Sums(
            n=self.n,
            total=Decimal(self.sum),
            squares=Decimal(self.sum_of_squares),
            minimum=self.minimum,
            maximum=self.maximum,
        )


class ColumnFindings(_Part):
    """Everything found about one column; a figure without `by_partition` in its name is summed over partitions."""

    column: str
    findings: dict[str, int]  # type -> how many
    distribution: dict[str, int] = {}  # value -> records
    distribution_by_partition: dict[str, dict[str, int]] = {}
    missing: int = 0
    missing_by_partition: dict[str, int] = {}
    departures: int = 0  # batches whose share of empty cells is unlike their partition's
    numbers: NumericSummary | None = None
    numbers_by_partition: dict[str, NumericSummary] = {}
    outliers: int = 0
    shapes: dict[str, int] = {}  # shape of a value -> records
    citations: tuple[Citation, ...] = ()


class Strength(_Part):
    """How strongly a pair is associated in one partition."""

    effect: float
    n: int


class PairFindings(_Part):
    """Two associated columns, the first before the second by name."""

    left: str
    right: str
    findings: int
    effect: float  # bias-corrected Cramér's V of the summed table
    n: int
    table: tuple[tuple[str, str, int], ...]  # category of left, category of right, records; summed, without zeros
    by_partition: dict[str, Strength]
    citations: tuple[Citation, ...] = ()


class Side(_Part):
    """One of two parts that disagree."""

    where: str  # a partition, or a batch of one
    shows: str
    n: int
    citations: tuple[Citation, ...] = ()


class Conflict(_Part):
    """Two parts of the records that say different things about one column."""

    id: str
    kind: Literal["dominant_value", "shift", "mean"]
    between: Literal["batches", "partitions"]
    column: str
    summary: str
    effect: float  # difference of a value's shares, or of means in standard deviations
    q: float
    sides: tuple[Side, Side]


class Member(_Part):
    """A column of a theme, and how many findings of each type it has."""

    column: str
    findings: dict[str, int]


class Theme(_Part):
    """Findings that belong together: about one column, or about columns that go together."""

    id: str
    title: str
    summary: str
    members: tuple[Member, ...]
    findings: int
    citations: tuple[Citation, ...] = ()


class MergedFindings(_Part):
    """What all batches of one or more partitions say together."""

    schema_version: str = SCHEMA_VERSION
    dataset: str
    partitions: dict[str, Totals]
    columns: tuple[ColumnFindings, ...]
    pairs: tuple[PairFindings, ...]
    themes: tuple[Theme, ...]
    conflicts: tuple[Conflict, ...]

    @property
    def records(self) -> int:
        """Records of all partitions."""
        return sum(totals.records for totals in self.partitions.values())

    @property
    def findings(self) -> int:
        """Findings that were merged."""
        return sum(totals.findings for totals in self.partitions.values())

    def column(self, name: str) -> ColumnFindings | None:
        """What was found about a column."""
        return next((column for column in self.columns if column.column == name), None)
