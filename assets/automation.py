"""What runs by itself: batches of readings that have ended are collected, and their partitions are read on."""

from collections.abc import Iterator

import dagster as dg

from assets.partitions import key_of
from resources.ledger import open_ledger
from resources.store import StoreResource
from rlm_pipeline.analysis.reading import waiting
from rlm_pipeline.errors import RlmError
from rlm_pipeline.llm import batches
from rlm_pipeline.llm.ledger import Ledger
from rlm_pipeline.store import DatasetStore

_SECONDS_BETWEEN = 120

read_on = dg.define_asset_job(
    "read_on",
    selection=dg.AssetSelection.assets("readings", "merged_findings"),
    description="Take in what batches have answered, and merge it.",
)


@dg.sensor(job=read_on, minimum_interval_seconds=_SECONDS_BETWEEN, default_status=dg.DefaultSensorStatus.RUNNING)
def collect_batches(
    context: dg.SensorEvaluationContext, stores: StoreResource
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Look once at every batch under way; ask for a run of each partition whose readings are no longer under way."""
    store = stores.open()
    asked, said = 0, []
    for name in store.datasets():
        dataset = store.dataset(name)
        if not dataset.config().analysis.batches:
            continue
        with open_ledger(dataset) as ledger:
            try:
                said.append(_collected(dataset, ledger))
            except RlmError as error:
                context.log.warning(f"{name}: {error}")
                continue
            for partition, ended in waiting.ended_since(dataset, ledger).items():
                asked += 1
                yield dg.RunRequest(
                    run_key=f"{name} {partition} {ended}",
                    partition_key=key_of(name, partition),
                    run_config={"ops": {"readings": {"config": {"force": True}}}},
                    tags={"rlm/dataset": name},
                )
    if not asked:
        yield dg.SkipReason("; ".join(said) or "no dataset reads through batches")


def _collected(dataset: DatasetStore, ledger: Ledger) -> str:
    found = batches.collect(settings=dataset.config().analysis, ledger=ledger, dataset=dataset.name)
    told = [f"{dataset.name}: {found.open} batches under way, {found.answered} answers came", *found.trouble]
    return ", ".join(told)
