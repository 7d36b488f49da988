"""The shape of merged_findings.json, of one partition and of all."""

from decimal import Decimal
from typing import Literal, Self

import pydantic

from rlm_pipeline.analysis.observation import Analyst, Severity
from rlm_pipeline.analysis.sums import Sums, as_text
from rlm_pipeline.synthesis.answer import Narrative

SCHEMA_VERSION = "2"

By = Literal["columns", "type", "source", "family", "said", "meaning"]
"""What a theme's members share: association; a type, a source or a family of scopes in what specialists counted; a
family of scopes or the meaning of what models said."""

Origin = Literal["column", "pair", "scope", "reading"]
"""What is ranked: of the data analyst a column or a pair, of a specialist a scope, or what a model said."""


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
    """What was read of one partition; `duplicates` are findings that were stored more than once and counted once.

    `batches` are the data analyst's, who reads every record. `findings` are those of all analysts; of these,
    `by_specialists` were made by code that knows one kind of content, `by_models` by a model.
    """

    records: int
    batches: int
    findings: int
    duplicates: int = 0
    by_specialists: int = 0
    by_models: int = 0


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


class Said(_Part):
    """What findings of one analyst and type about one scope say together, whoever made them."""

    id: str
    analyst: Analyst
    type: str
    scope: str
    severity: Severity  # the highest
    severities: dict[str, int]  # severity -> findings
    confidence: float  # the mean over the findings
    confidence_sum: str  # exact decimal text
    total: int  # records spoken about
    total_by_partition: dict[str, int]
    distribution: dict[str, int] = {}
    citations: tuple[Citation, ...] = ()  # at most three of each partition, of as many sources as there are


class Rest(_Part):
    """The values that are not listed: how many, and their counts added up."""

    values: int
    count: int


class ScopeFindings(Said):
    """What a specialist (`json`, `code`, `text`) counted, its batches added up.

    `rest` and `rest_by_partition` are there only where the result over all partitions has more values than are kept;
    such a result is never merged with others.
    """

    findings: int
    distribution_by_partition: dict[str, dict[str, int]] = {}
    numbers: dict[str, int] = {}
    wording: str = ""  # the analyst's own, as far as all its findings begin alike; of one finding the whole
    rest: Rest | None = None
    rest_by_partition: dict[str, Rest] = {}


class ReadFinding(Said):
    """What a model said in these words, letter case, spacing and the full stop aside."""

    summary: str  # the first by name of its spellings
    occurrences: int
    occurrences_by_partition: dict[str, int]
    models: dict[str, int]  # model -> occurrences
    prompt_versions: dict[str, int]
    cost: str  # US dollars, exact decimal text


class Repetition(_Part):
    """Findings of models that say nearly the same of scopes of one family, each like the first."""

    id: str
    analyst: Analyst
    type: str
    family: str  # of scopes
    leader: str  # id of the finding that speaks for all
    members: tuple[str, ...]  # ids, the leader first
    similarity: float  # the least cosine of a member and the leader
    occurrences: int
    total: int


class Side(_Part):
    """One of two parts that disagree."""

    where: str  # a partition, a batch of one, a model, or the code that counts
    shows: str
    n: int  # records, or findings of models
    citations: tuple[Citation, ...] = ()


class Conflict(_Part):
    """Two parts of the records, or a model and another or the code, that say different things about one scope."""

    id: str
    kind: Literal["dominant_value", "shift", "mean", "verdict", "severity", "figure"]
    between: Literal["batches", "partitions", "readings", "model and code"]
    analyst: Analyst = "data"
    scope: str  # a column, or what a specialist speaks about
    summary: str
    # Difference of a value's shares, or of means in standard deviations; of verdicts and severities the smaller share.
    effect: float
    q: float | None  # None where nothing was tested
    sides: tuple[Side, Side]


class Member(_Part):
    """A scope of a theme, and how many findings of each type it has."""

    scope: str
    findings: dict[str, int]


class Theme(_Part):
    """Findings that belong together: about columns that go together, or about scopes that share what `by` names."""

    id: str
    analyst: Analyst = "data"
    by: By = "columns"
    title: str
    summary: str
    severity: Severity = "info"  # the highest of its findings
    members: tuple[Member, ...]
    findings: int
    citations: tuple[Citation, ...] = ()


class Ranked(_Part):
    """A merged finding and how much it matters; `ranking` documents the score."""

    id: str
    of: Origin
    analyst: Analyst
    type: str
    scope: str
    summary: str
    severity: Severity
    confidence: float
    total: int
    breadth: float  # share of all records, at most 1
    unexpectedness: float  # share of the analyst's scopes without such a finding
    score: float
    why: str
    citations: tuple[Citation, ...] = ()


class MergedFindings(_Part):
    """What all batches of one or more partitions say together.

    Themes, conflicts, repetitions and the top follow from the rest and are derived anew by every merge. The narrative
    is a model's and stands beside: no merge reads or keeps it.
    """

    schema_version: str = SCHEMA_VERSION
    dataset: str
    partitions: dict[str, Totals]
    columns: tuple[ColumnFindings, ...]
    pairs: tuple[PairFindings, ...]
    specialists: tuple[ScopeFindings, ...] = ()
    readings: tuple[ReadFinding, ...] = ()
    themes: tuple[Theme, ...]
    conflicts: tuple[Conflict, ...]
    repetitions: tuple[Repetition, ...] = ()
    top: tuple[Ranked, ...] = ()
    narrative: Narrative | None = None

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
