"""The readings stage: what a model says about one partition, as far as the budget goes, every quote looked up."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from rlm_pipeline.analysis.reading import accounts, harvest, making, planning
from rlm_pipeline.analysis.reading.accounts import Coverage
from rlm_pipeline.analysis.reading.harvest import Harvest
from rlm_pipeline.analysis.reading.making import Made
from rlm_pipeline.analysis.reading.plan import ReadingPlan
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import ModelError
from rlm_pipeline.llm.ledger import Ledger
from rlm_pipeline.model import FINDING_SCHEMA, READ_UNIT_SCHEMA, READING_SCHEMA, STATEMENT_SCHEMA
from rlm_pipeline.store import DatasetStore, write_frame


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingsSummary:
    """What was read of one partition: what became of its records, and of the readings.

    `used_again` readings were paid for before; `stopped` says why others were not made.
    """

    coverage: Coverage
    readings: int = 0
    used_again: int = 0
    findings: int = 0
    statements: int = 0
    quotes: int = 0
    quotes_not_found: int = 0
    findings_dropped: int = 0
    cost_usd: float = 0.0
    stopped: str = ""


def materialise(
    store: DatasetStore, config: DatasetConfig, partition: str, *, ledger: Ledger, transport: Any = None
) -> ReadingsSummary:
    """Read one partition with the model of the configuration and store what it says; without one, nothing is said.

    What was read before is used again. `transport` replaces the network in tests.

    Raises:
        NotMaterialised: a stage before this one has not run.
        ConfigurationError: a prompt file is absent or wrong.
        ModelError: the server cannot be used, or did not answer for long; what was answered is kept in the ledger.

    """
    if config.analysis.mode == "statistical":
        return _nothing_read(store, partition)
    planned = planning.prepare(store, config, partition, ledger=ledger)
    made = making.make(planned, config, partition, ledger=ledger, transport=transport)
    if made.unavailable:
        raise ModelError(f"{partition}: {made.unavailable}. What was answered is kept; run again to go on from there")
    return _stored(store, partition, planned.plan, made, harvest.gather(store, partition, made.answered))


def _stored(store: DatasetStore, partition: str, plan: ReadingPlan, made: Made, found: Harvest) -> ReadingsSummary:
    records = accounts.of_records(plan, made.outcomes)
    said = _statements(plan, found.statements)
    write_frame(records, store.readings_path(partition))
    write_frame(accounts.of_units(made.outcomes), store.read_units_path(partition))
    write_frame(found.findings, store.read_findings_path(partition))
    write_frame(said, store.read_statements_path(partition))
    return ReadingsSummary(
        coverage=accounts.coverage(records),
        readings=len(made.answered) - made.used_again,
        used_again=made.used_again,
        findings=found.findings.height,
        statements=said.height,
        quotes=found.quotes,
        quotes_not_found=found.not_found,
        findings_dropped=found.dropped,
        cost_usd=made.cost_usd,
        stopped=made.stopped,
    )


def _statements(plan: ReadingPlan, said: pl.DataFrame) -> pl.DataFrame:
    """What a record that was read says is said by every record that it was read for."""
    places = plan.fates.select("place", "read_place", "source", "row")
    joined = said.join(places, on="read_place", how="inner").sort("facet", "place", "statement")
    return joined.select(pl.col(name).cast(kind) for name, kind in STATEMENT_SCHEMA.items())


def _nothing_read(store: DatasetStore, partition: str) -> ReadingsSummary:
    tables = {
        store.readings_path(partition): READING_SCHEMA,
        store.read_units_path(partition): READ_UNIT_SCHEMA,
        store.read_findings_path(partition): FINDING_SCHEMA,
        store.read_statements_path(partition): STATEMENT_SCHEMA,
    }
    for path, schema in tables.items():
        write_frame(pl.DataFrame(schema=schema), path)
    return ReadingsSummary(coverage=accounts.coverage(pl.DataFrame(schema=READING_SCHEMA)))
