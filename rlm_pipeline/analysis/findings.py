"""The findings stage: what the analysts say about one partition, every citation looked up before it is stored."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from rlm_pipeline.analysis import batches, citations, data, derived, routing, statements
from rlm_pipeline.analysis.code_analyst import answering
from rlm_pipeline.analysis.code_analyst import observing as code_analyst
from rlm_pipeline.analysis.columns import SAYS_NOTHING
from rlm_pipeline.analysis.derived import Tell
from rlm_pipeline.analysis.json_analyst import observing as json_analyst
from rlm_pipeline.analysis.observation import Analyst, Observation, shown
from rlm_pipeline.analysis.text_analyst import observing as text_analyst
from rlm_pipeline.analysis.window import Window
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import InvariantError
from rlm_pipeline.model import CITATION, FINDING_SCHEMA, LINE, MAX_COUNTED_VALUES, RECORD_IDENTITY, ROW, SOURCE
from rlm_pipeline.store import COMPRESSION, DatasetStore, atomic_path

WITHOUT_MODEL = "statistical"

Observed = Iterator[tuple[Window, list[Observation]]]

_SPECIALISTS: Mapping[Analyst, Callable[[routing.Assignment], Observed]] = {
    "code": code_analyst.observe,
    "json": json_analyst.observe,
    "text": text_analyst.observe,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingsSummary:
    """What was stored for one partition; `bytes` is the size of the findings file, `verified` counts citations."""

    findings: int
    by_type: dict[str, int]
    statements: int
    citations: int
    verified: int
    bytes: int


def materialise(store: DatasetStore, config: DatasetConfig, partition: str) -> FindingsSummary:
    """Analyse one partition and store its findings and statements, and what is derived from each record.

    Findings are in the order of batch, type and scope; each cites records whose cell and chunk hold the quote.

    Raises:
        NotMaterialised: raw_file, column_profile or chunks has not run.
        InvariantError: a citation was not found where it says, or a finding has none, or a record has not one derived
            value of a facet; nothing is stored.

    """
    path = store.findings_path(partition)
    records = partial(_records, store, config, partition)
    with atomic_path(path) as written, derived.writing(store.derived_path(partition), records) as tell:
        by_type, cited = _store(_observed(store, config, partition, tell), written)
    return FindingsSummary(
        findings=by_type.total(),
        by_type=dict(sorted(by_type.items())),
        statements=statements.materialise(store, config, partition),
        citations=cited,
        verified=cited,
        bytes=path.stat().st_size,
    )


def distributions_equal_profile(store: DatasetStore, partition: str) -> tuple[str, ...]:
    """Where the summed distributions of all batches and the exact profile disagree; empty if nowhere.

    Raises:
        NotMaterialised: findings or column_profile has not run.

    """
    findings = store.scan(store.findings_path(partition), "findings", partition)
    summed = _counts(findings.filter(pl.col("type") == "distribution").select(column="scope", counts="distribution"))
    profile = store.scan(store.profile_path(partition), "column_profile", partition)
    counted = profile.filter(pl.col("counts_complete") & ~pl.col("kind").is_in(SAYS_NOTHING))
    expected = _counts(counted.filter(pl.col("distinct") <= MAX_COUNTED_VALUES).select("column", counts="value_counts"))
    both = summed.rename({"count": "found"}).join(
        expected.rename({"count": "profiled"}), on=["column", "value"], how="full", coalesce=True
    )
    wrong = both.filter(~pl.col("found").eq_missing(pl.col("profiled"))).sort("column", "value").collect()
    return tuple(
        f"{column}: {shown(value)} is {found or 0} times in the findings, {profiled or 0} times in the profile"
        for column, value, found, profiled in wrong.iter_rows()
    )


def _records(store: DatasetStore, config: DatasetConfig, partition: str) -> dict[str, int]:
    """How many records have a derived value of each facet."""
    assigned = routing.routed(store.manifest(partition).sources)
    records = {analyst: sum(source.rows for source in sources) for analyst, sources in assigned.items()}
    facets = dict.fromkeys(answering.facets(config.analysis.code_modes), records.get("code", 0))
    return {**facets, derived.SHAPE: records.get("json", 0)}


def _observed(store: DatasetStore, config: DatasetConfig, partition: str, tell: Tell) -> Observed:
    """What every analyst says: the data analyst about all records, the others about the sources they know."""
    yield from data.observe(store, config, partition)
    assigned = routing.routed(store.manifest(partition).sources)
    if not _SPECIALISTS.keys() & assigned.keys():
        return
    plan = batches.plan(store, partition, batch_records=batches.NARROW_BATCH_RECORDS)
    windows = tuple(Window(store=store, partition=partition, batches=run) for run in plan.windows())
    for analyst, observe in _SPECIALISTS.items():
        if sources := assigned.get(analyst):
            yield from observe(
                routing.Assignment(
                    store=store, config=config, partition=partition, sources=sources, windows=windows, tell=tell
                )
            )


def _counts(counted: pl.LazyFrame) -> pl.LazyFrame:
    """`column`, `counts` (list of value, count) -> `column`, `value`, `count`, one row per distinct value."""
    exploded = counted.explode("counts").select("column", pl.col("counts").struct.unnest())
    return exploded.drop_nulls("value").group_by("column", "value").agg(pl.col("count").sum())


def _store(windows: Iterable[tuple[Window, list[Observation]]], path: Path) -> tuple[Counter[str], int]:
    """Write one row group per window; the number of findings by type, and of citations."""
    by_type: Counter[str] = Counter()
    cited = 0
    schema = _as_arrow(pl.DataFrame(schema=FINDING_SCHEMA)).schema
    with pq.ParquetWriter(path, schema, compression=COMPRESSION) as writer:
        for window, observations in windows:
            frame = _frame(window, observations)
            writer.write_table(_as_arrow(frame))
            by_type.update(observation.kind for observation in observations)
            cited += int(frame.get_column("citations").list.len().sum())
    return by_type, cited


def _as_arrow(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())


def _frame(window: Window, observations: Sequence[Observation]) -> pl.DataFrame:
    """The observations as `FINDING_SCHEMA`, in their order, with verified citations."""
    rows = {batch.number: (batch.row_start, batch.row_end) for batch in window.batches}
    said = pl.DataFrame(
        {
            "_finding": range(len(observations)),
            "finding_id": [observation.identify(window.partition) for observation in observations],
            "analyst": [observation.analyst for observation in observations],
            "type": [observation.kind for observation in observations],
            "scope": [observation.scope for observation in observations],
            "batch": [observation.batch for observation in observations],
            "row_start": [rows[observation.batch][0] for observation in observations],
            "row_end": [rows[observation.batch][1] for observation in observations],
            "summary": [observation.summary for observation in observations],
            "severity": [observation.severity for observation in observations],
            "confidence": [observation.confidence for observation in observations],
            "total": [observation.total for observation in observations],
            "numbers": [observation.numbers_text() for observation in observations],
        },
        schema_overrides={"_finding": pl.Int64},
    )
    whole = said.join(_distributions(observations), on="_finding", how="left", maintain_order="left").join(
        _citations(window, observations), on="_finding", how="left", maintain_order="left"
    )
    unchanging = {"model": WITHOUT_MODEL, "prompt_version": "", "cost": 0.0}
    filled = whole.with_columns(
        pl.col("distribution", "citations").fill_null([]), **{name: pl.lit(value) for name, value in unchanging.items()}
    )
    return filled.select(FINDING_SCHEMA.names()).cast(FINDING_SCHEMA)


def _distributions(observations: Sequence[Observation]) -> pl.DataFrame:
    counted = [(place, *entry) for place, said in enumerate(observations) for entry in said.distribution]
    schema = {"_finding": pl.Int64, "value": pl.String, "count": pl.Int64}
    entries = pl.DataFrame(counted, schema=schema, orient="row")
    return entries.group_by("_finding", maintain_order=True).agg(distribution=pl.struct("value", "count"))


def _citations(window: Window, observations: Sequence[Observation]) -> pl.DataFrame:
    """The verified citations of each finding that has evidence: `_finding`, `citations`.

    Raises:
        InvariantError: no chunk shows any quote of a finding, or a citation fails verification.

    """
    cited = _evidence(window, observations)
    located = [
        citations.locate(window.store, window.partition, batch.chunk_ids, cited.filter(pl.col("batch") == batch.number))
        for batch in window.batches
    ]
    found = pl.concat(located)
    unseen = cited.join(found, on="_finding", how="anti")
    checked = citations.verify(window.store, window.partition, found, start=window.start, records=window.records)
    for problem, wrong in (
        ("is in no chunk", unseen),
        ("is not where it was cited", checked.filter(~pl.col("verified"))),
    ):
        if wrong.height:
            row = wrong.row(0, named=True)
            place = f"{window.partition} {row['source']}:{row['row']}"
            raise InvariantError(f"{place}, column {row['column']!r}: the quote {shown(row['quote'])} {problem}")
    fields = [field.name for field in CITATION.fields]
    return checked.group_by("_finding", maintain_order=True).agg(citations=pl.struct(fields))


def _evidence(window: Window, observations: Sequence[Observation]) -> pl.DataFrame:
    """One row per piece of evidence: `_finding`, `batch`, `column`, `quote`, `source`, `row`, `line`."""
    told = [
        (place, said.batch, evidence.place, evidence.column, evidence.quote)
        for place, said in enumerate(observations)
        for evidence in said.evidence
    ]
    schema = {"_finding": pl.Int64, "batch": pl.Int64, "place": pl.Int64, "column": pl.String, "quote": pl.String}
    cited = pl.DataFrame(told, schema=schema, orient="row")
    identity = window.read(RECORD_IDENTITY)[cited.get_column("place")]
    return cited.drop("place").hstack(identity.rename({SOURCE: "source", ROW: "row", LINE: "line"}))
