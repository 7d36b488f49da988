"""The shape every asset shares: which partition, is it current, compute, check, stamp, report."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from assets.partitions import dataset_years, datasets, parts_of
from resources.store import StoreResource
from rlm_pipeline import staleness
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import NotMaterialised, RlmError
from rlm_pipeline.sources.inventory import take_inventory
from rlm_pipeline.store import DatasetStore

OWNERS = ["team:rlm-pipeline"]
progress = logging.getLogger("rlm_pipeline.progress")


class Recompute(dg.Config):
    """`force` recomputes a partition whose inputs, settings and code have not changed."""

    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one asset works on: `year` for a partitioned asset, `years` (all materialised) for a per-dataset one."""

    store: DatasetStore
    config: DatasetConfig
    year: str
    years: tuple[str, ...]


Compute = Callable[[Work], Mapping[str, Any]]
Check = Callable[[Work], dg.AssetCheckResult]


def facts_of(stage: str, *, group: str, kinds: set[str], checks: Iterable[str] = ()) -> dict[str, Any]:
    """Arguments of `@dg.asset` that follow from the stage: partitions, dependencies, code version, blocking checks."""
    found = staleness.BY_NAME[stage]
    return {
        "deps": list(found.upstream),
        "partitions_def": dataset_years if found.per_partition else datasets,
        "group_name": group,
        "kinds": kinds,
        "owners": OWNERS,
        "code_version": staleness.code_version(stage),
        "check_specs": [dg.AssetCheckSpec(name=name, asset=stage, blocking=True) for name in checks],
    }


def materialised(
    context: dg.AssetExecutionContext,
    stores: StoreResource,
    recompute: Recompute,
    compute: Compute,
    checks: Iterable[Check] = (),
) -> dg.MaterializeResult:
    """Compute the running partition unless it is current, run its checks, and record what it was made from.

    Raises:
        dg.Failure: an error of the engine, as one sentence; never retried, since the same input fails the same way.

    """
    stage = context.asset_key.to_user_string()
    dataset, year = parts_of(context)
    place = f"{stage} {year}" if year else stage
    progress.info(f"{place} started", extra={"stage": stage, "year": year, "event": "started"})
    try:
        result = _current_or_computed(stage, year, stores.open().dataset(dataset), recompute, (compute, tuple(checks)))
    except RlmError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    progress.info(f"{place} finished", extra={"stage": stage, "year": year, "event": "finished"})
    return result


def _current_or_computed(
    stage: str, year: str | None, store: DatasetStore, recompute: Recompute, moves: tuple[Compute, tuple[Check, ...]]
) -> dg.MaterializeResult:
    compute, checks = moves
    config = store.current_config()
    sources = take_inventory(store, config).fingerprints if stage == "raw_file" else {}
    inputs = staleness.inputs_of(store, config, staleness.BY_NAME[stage], year, sources=sources)
    if inputs is None:
        raise NotMaterialised(f"an upstream stage of {stage}", year, store.name)
    state = staleness.state_of(store, config, staleness.BY_NAME[stage], year, sources=sources)
    work = Work(store=store, config=config, year=year or "", years=staleness.materialised_partitions(store, stage))

    if state.status == "current" and not recompute.force:
        metadata: Mapping[str, Any] = {"unchanged": True}
    else:
        staleness.unstamp(store, stage, year)
        metadata = {"unchanged": False, "why": state.reason or "forced", **compute(work)}
    results = [check(work) for check in checks]
    passed = all(result.passed for result in results)
    version = staleness.stamp(store, stage, year, inputs) if passed else "failed its checks"
    return dg.MaterializeResult(metadata=dict(metadata), data_version=dg.DataVersion(version), check_results=results)
