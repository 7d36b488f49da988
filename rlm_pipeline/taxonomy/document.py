"""The shape of dimensions.json and taxonomy.json; the JSON Schema in docs/formats is generated from here."""

from typing import Literal

import pydantic

from rlm_pipeline.decisions import Kind

SCHEMA_VERSION = "1"


class _Part(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class Citation(_Part):
    """A record, and words that stand in it."""

    source: str
    row: int
    line: int
    column: str
    quote: str
    verified: bool


class Lineage(_Part):
    """Where a category came from at this run."""

    state: Literal["new", "continued", "merged", "split"] = "new"
    former: tuple[str, ...] = pydantic.Field(default=(), serialization_alias="from", validation_alias="from")

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Retired(_Part):
    """A category of an earlier run that none continues."""

    id: str
    name: str


class Share(_Part):
    """A share of one partition's labelled records, and its 95 % interval (Wilson 1927)."""

    share: float
    interval: tuple[float, float]


class Category(_Part):
    """One answer to a dimension's question; leaves are counted, parents sum their leaves."""

    id: str
    name: str
    definition: str
    parent: str | None = None
    status: Literal["established", "tentative"]
    count: int = 0
    share: float = 0.0  # of the dimension's labelled records
    by_partition: dict[str, int] = {}
    share_by_partition: dict[str, Share] = {}  # of those in which a record is labelled
    keywords: tuple[str, ...] = ()
    exemplars: tuple[Citation, ...] = ()
    border_cases: tuple[Citation, ...] = ()
    stability: float | None = None  # mean best Jaccard over subsamples, 0..1; None where nothing was estimated
    containment: float | None = None  # share of nearest neighbours inside, 0..1
    # How often the name is nearer to a statement of the category than to one of the most similar category: the area
    # under the ROC curve, .5 by chance, 1 always; None where it was not estimated.
    distinctiveness: float | None = None
    named_by: Literal["code", "model", "person"] = "code"
    lineage: Lineage = Lineage()


class Level(_Part):
    """One level of the resolution path: how many categories, how stable, and how stable structureless data would be."""

    categories: int
    stability: float
    null_stability: float
    coverage: float  # share of sampled statements in categories with stability >= 0.6
    chosen: bool = False


class Refused(_Part):
    """A change that a model proposed and that was not made."""

    change: str
    reason: str


class Criticism(_Part):
    """What a model finds wrong with a category; shown, and nothing more."""

    category: str  # id
    problem: str


class Review(_Part):
    """What a model made of the categories that code found; each change was checked by code."""

    model: str
    prompt_version: str
    accepted: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()
    criticism: tuple[Criticism, ...] = ()
    not_made: str = ""  # why the categories, or some of them, are as code left them


class Agreement(_Part):
    """The share of statements that are given the category they were found in; 95 % interval (Wilson)."""

    statements: int
    share: float
    interval: tuple[float, float]


class ModelLabels(_Part):
    """A model that labels the statements the classifier leaves open, if it does so no worse where the answer is known.

    Both agreements are of the same statements, which the classifier had not seen.
    """

    model: str
    prompt_version: str
    agreement: Agreement | None = None
    classifier: Agreement | None = None
    used: bool = False
    reason: str = ""  # why it is not used
    statements: int = 0  # that it labelled, in all partitions
    records: int = 0  # that say these


class Question(_Part):
    """What a model proposed to ask about every statement of a text, and what became of the answers.

    An answer counts with a quote that stands in the statement. `asked` = `answered` + `not_stated` + `unverified` +
    `unusable`.
    """

    name: str
    question: str
    why: str  # no other dimension says it, in the model's words
    proposed_by: str  # model
    answered_by: str  # model
    prompt_version: str  # of the answers
    asked: int = 0  # statements
    answered: int = 0
    not_stated: int = 0
    unverified: int = 0  # their quotes are not in the statement
    unusable: int = 0  # too long, or none at all
    asked_twice: int = 0
    kappa: float | None = None  # Cohen's, between the categories of both answers to those
    told: Agreement | None = None  # held-out statements to which the classifier gives the category of their answer
    most_frequent: float | None = None  # share of these that the largest category makes up
    decided: Agreement | None = None  # of all held-out statements those that it is sure to give a category
    held_out: int = 0  # statements, with an answer or none


class Dimension(_Part):
    """One facet of the records, and its categories."""

    id: str
    name: str
    definition: str
    facet: str  # the canonical column the statements come from
    kind: Literal["text", "categorical"]
    method: str
    stability: float | None = None
    gate: Literal["passed", "no_stable_structure"]
    gate_reason: str = ""
    levels: tuple[Level, ...] = ()
    sampled_statements: int = 0
    distinct_statements: int = 0
    labelled: int = 0
    other: int = 0
    blank: int = 0
    categories: tuple[Category, ...] = ()
    retired: tuple[Retired, ...] = ()
    review: Review | None = None  # None where no model was to review it
    model_labels: ModelLabels | None = None
    question: Question | None = None  # where a model proposed the dimension


class DimensionSet(_Part):
    """dimensions.json: what discovery found, before any record outside the sample was labelled."""

    schema_version: str = SCHEMA_VERSION
    dataset: str
    dimensions: tuple[Dimension, ...]
    left_out: dict[str, str] = {}  # facet -> why it is not a dimension


class Input(_Part):
    """One source file of one partition."""

    partition: str
    source: str
    sha256: str
    rows: int
    quarantined: int


class Coverage(_Part):
    """What happened to every record."""

    records: int
    labelled: int  # records with a category in at least one dimension that passed its gate
    other: int  # records whose every answer is `other` or blank
    quarantined: int
    read_by_model: int
    citations: int
    citations_verified: int


class Relationship(_Part):
    """An association between two dimensions, or between a dimension and a column."""

    kind: Literal["association", "dependency", "co_occurrence", "often_confused_with"]
    source: str
    target: str
    source_name: str
    target_name: str
    effect: float
    effect_name: str
    interval: tuple[float, float] | None = None
    p: float | None = None
    q: float | None = None
    n: int
    by_partition: dict[str, float] = {}
    effect_within: float | None = None  # as effect, against independence within each partition
    reverses_in: tuple[str, ...] = ()  # partitions in which it clearly goes the other way
    reverses_inside: bool = False  # it does over all partitions, each seen by itself: Simpson's paradox
    strongest: tuple[str, ...] = ()  # readable cells with the largest excess over independence


class Trend(_Part):
    """A category whose share moved between the first and the last partition."""

    dimension: str
    category: str
    category_name: str
    start: str = pydantic.Field(serialization_alias="from", validation_alias="from")
    end: str = pydantic.Field(serialization_alias="to", validation_alias="to")
    share_from: float
    share_to: float
    change_points: tuple[str, ...] = ()
    interval: tuple[float, float] | None = None  # of share_to - share_from, 95 %
    q: float

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class KnowledgeItem(_Part):
    """One statement that follows from the numbers beside it."""

    id: str
    namespace: str  # dimension id
    statement: str
    numbers: dict[str, float]
    citations: tuple[Citation, ...] = ()
    confidence: float
    kind: Literal["size", "trend", "association", "dependency", "confusion", "stability", "quality"]


class Recommendation(_Part):
    """What to do about one or more knowledge items; the most urgent come first."""

    id: str
    statement: str
    rationale: str
    would_change: str = ""  # what would have to be seen for it to fall away
    based_on: tuple[str, ...]
    priority: Literal["high", "medium", "low"]


class Decided(_Part):
    """A decision of a person, and what became of it at this run."""

    decision: Kind
    says: str  # with names for ids, as discovery gave them
    dimension: str  # id; as it is referred to where there is none
    target: tuple[str, ...]  # as it is referred to; empty where it is the dimension
    categories: tuple[str, ...] = ()  # ids of what it made or changed
    by: Literal["person"] = "person"
    note: str = ""  # the person's reason
    state: Literal["applied", "does_not_fit"]
    reason: str = ""  # why it does not fit, or fits in part; with names, too
    records: int = 0  # it is about: those of the category; of one that is forbidden, those that became `other`


class Taxonomy(_Part):
    """taxonomy.json."""

    schema_version: str = SCHEMA_VERSION
    dataset: str
    run_id: str  # fingerprint of the inputs and of the code, not a clock
    generated_at: str
    inputs: tuple[Input, ...]
    coverage: Coverage
    dimensions: tuple[Dimension, ...]
    relationships: tuple[Relationship, ...]
    trends: tuple[Trend, ...]
    knowledge_items: tuple[KnowledgeItem, ...]
    recommendations: tuple[Recommendation, ...]
    left_out: dict[str, str] = {}
    curation: tuple[Decided, ...] = ()  # in the order of the file of decisions
