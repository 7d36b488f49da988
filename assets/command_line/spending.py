"""What the model calls of a dataset came to, and how much of its records they cover."""

from collections.abc import Mapping
from dataclasses import asdict

import polars as pl

from assets.command_line.group import Dataset, out
from resources.ledger import open_ledger
from rlm_pipeline.analysis.reading import accounts
from rlm_pipeline.analysis.reading.accounts import Coverage
from rlm_pipeline.llm import totals


def as_json(dataset: Dataset) -> Mapping[str, object]:
    """Totals by model and purpose, and the coverage of each partition that was read."""
    with open_ledger(dataset.store) as ledger:
        found = totals.totals(ledger, by=("model", "purpose"), dataset=dataset.config.name)
    return {
        "budget_usd": dataset.config.analysis.budget_usd,
        "calls": [asdict(each) for each in found],
        "coverage": {partition: asdict(each) for partition, each in _coverage(dataset).items()},
    }


def show(dataset: Dataset) -> None:
    """One line for each model and purpose, and one for the coverage; nothing where no model was asked."""
    with open_ledger(dataset.store) as ledger:
        found = totals.totals(ledger, by=("model", "purpose"), dataset=dataset.config.name)
    for each in found:
        model, purpose = each.of
        lost = f", perhaps {each.lost_usd:.4f} for {each.lost:,} answers that never came" if each.lost else ""
        out.print(
            f"{purpose}: {each.calls:,} calls of {model}, {each.spent_usd:.4f} US dollars{lost}; "
            f"{each.answered:,} answered, {each.quarantined:,} set aside, {each.unasked:,} not asked",
            highlight=False,
            soft_wrap=True,
        )
    covered = [each for each in _coverage(dataset).values() if each.records]
    if covered:
        records, read = sum(each.records for each in covered), sum(each.read + each.read_in_another for each in covered)
        clusters = sum(each.clusters for each in covered)
        out.print(
            f"{read:,} of {records:,} records read, in {sum(each.clusters_read for each in covered):,} of "
            f"{clusters:,} clusters; budget {_budget(dataset)}",
            highlight=False,
            soft_wrap=True,
        )


def _budget(dataset: Dataset) -> str:
    budget = dataset.config.analysis.budget_usd
    return "none" if budget is None else f"{budget:g} US dollars"


def _coverage(dataset: Dataset) -> dict[str, Coverage]:
    store = dataset.store
    return {
        partition: accounts.coverage(pl.read_parquet(store.readings_path(partition)))
        for partition in store.partitions_with("readings")
    }
