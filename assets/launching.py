"""Materialising a dataset through Dagster in this process: what is out of date, in pipeline order, run by run."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from assets.definitions import defs
from assets.partitions import add_partitions, key_of
from rlm_pipeline import staleness
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import QueryError
from rlm_pipeline.llm import process
from rlm_pipeline.staleness import STAGES, Stage
from rlm_pipeline.store import DatasetStore

# The command line shows progress itself; Dagster's event log still records everything.
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


_PROCESS = "rlm/process"

Step = tuple[str, str | None]
"""A stage, and the partition it works on (None: the whole dataset)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a person asked to materialise; no partitions or stages named means all of them."""

    partitions: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One step that failed, with the sentence that says why."""

    stage: str
    partition: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was materialised, and what failed; `interrupted` when a person stopped it."""

    materialised: tuple[Step, ...]
    failures: tuple[Failure, ...]
    interrupted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A dataset, and the fingerprints of its source files by partition."""

    store: DatasetStore
    config: DatasetConfig
    sources: Mapping[str, str]


def waves() -> tuple[tuple[Stage, ...], ...]:
    """Stages in pipeline order, grouped so that each group is one run per partition or one run per dataset."""
    return tuple(tuple(group) for _, group in itertools.groupby(STAGES, key=lambda stage: stage.per_partition))


def planned(target: Target, request: Request) -> tuple[Step, ...]:
    """Every step that is out of date or may become so, in the order it would run.

    Raises:
        QueryError: a requested partition or stage does not exist.

    """
    _check(request, target.sources)
    steps: list[Step] = []
    for number, wave in enumerate(waves()):
        for partition in _partitions_of(number, target, request):
            steps += [(stage, partition) for stage in _out_of_date(wave, partition, target, request, steps)]
    return tuple(steps)


def launch(target: Target, request: Request, instance: dg.DagsterInstance) -> Outcome:
    """Materialise what is out of date, one Dagster run per partition and wave.

    A failed partition does not stop its neighbours, but nothing is published over a failed one.

    Raises:
        QueryError: a requested partition or stage does not exist.

    """
    _check(request, target.sources)
    free_slots_of_ended_processes(instance)
    add_partitions(instance, target.config.name, target.sources)
    done: list[Step] = []
    failures: list[Failure] = []
    for number, wave in enumerate(waves()):
        for partition in _partitions_of(number, target, request):
            stages = tuple(_out_of_date(wave, partition, target, request, ()))
            if not stages:
                continue
            result = _run(target.config.name, partition, stages, request, instance)
            done += [(stage, partition) for stage in _succeeded(result)]
            if _interrupted(result):
                return Outcome(materialised=tuple(done), failures=(), interrupted=True)
            failures += _failures(result, partition)
        if failures:
            break
    return Outcome(materialised=tuple(done), failures=tuple(failures))


def free_slots_of_ended_processes(instance: dg.DagsterInstance) -> None:
    """Give back the places in pools that runs of killed commands hold: nobody else would, and others wait for them.

    Such a run is told as failed. Runs of the UI are its daemon's to watch, also where they repeat one of a command.
    """
    slots = instance.event_log_storage
    for run_id in slots.get_concurrency_run_ids():
        run = instance.get_run_by_id(run_id)
        owner = run.tags.get(_PROCESS) if run and run.parent_run_id is None else None
        if run and not run.is_finished and owner and process.has_ended(owner):
            instance.report_run_failed(run, "the command that this run was part of was killed")
            run = instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            slots.free_concurrency_slots_for_run(run_id)


def _check(request: Request, sources: Mapping[str, str]) -> None:
    unknown = [name for name in request.stages if name not in staleness.BY_NAME]
    if unknown:
        raise QueryError(f"no asset {unknown[0]!r}; expected one of {', '.join(staleness.BY_NAME)}")
    absent = [partition for partition in request.partitions if partition not in sources]
    if absent:
        raise QueryError(f"no partition {absent[0]} in the source; it has {', '.join(sorted(sources))}")


def _partitions_of(number: int, target: Target, request: Request) -> Iterable[str | None]:
    wave = waves()[number]
    if not wave[0].per_partition:
        return (None,)
    asked = request.partitions or tuple(sorted(target.sources))
    if number == 0:
        return asked
    # Later waves follow from the dataset's dimensions, which every materialised year shares.
    return sorted({*staleness.materialised_partitions(target.store), *asked})


def _out_of_date(
    wave: tuple[Stage, ...], partition: str | None, target: Target, request: Request, before: Iterable[Step]
) -> Iterator[str]:
    moving = {stage for stage, where in before if where == partition or partition is None or where is None}
    for stage in wave:
        if request.stages and stage.name not in request.stages:
            continue
        state = staleness.state_of(target.store, target.config, stage, partition, sources=target.sources)
        if request.force or state.status != "current" or moving.intersection(stage.upstream):
            moving.add(stage.name)
            yield stage.name


def _run(
    dataset: str, partition: str | None, stages: tuple[str, ...], request: Request, instance: dg.DagsterInstance
) -> dg.ExecuteInProcessResult:
    forced = {"ops": {stage: {"config": {"force": True}} for stage in stages}} if request.force else {}
    job = defs.resolve_implicit_global_asset_job_def()
    return job.execute_in_process(
        instance=instance,
        partition_key=key_of(dataset, partition),
        asset_selection=[dg.AssetKey(stage) for stage in stages],
        run_config={**_QUIET, **forced},
        raise_on_error=False,
        tags={"rlm/dataset": dataset, _PROCESS: process.identity()},
    )


def _succeeded(result: dg.ExecuteInProcessResult) -> list[str]:
    return [event.asset_key.to_user_string() for event in result.get_asset_materialization_events() if event.asset_key]


def _failures(result: dg.ExecuteInProcessResult, partition: str | None) -> list[Failure]:
    failures = []
    for event in result.all_events:
        if event.is_step_failure:
            data = event.step_failure_data
            said = data.user_failure_data.description if data.user_failure_data else None
            reason = said or _unforeseen(data.error, result.run_id)
            failures.append(Failure(stage=event.step_key or "", partition=partition, reason=reason))
    failed_checks = [each for each in result.get_asset_check_evaluations() if not each.passed]
    failures += [
        Failure(
            stage=each.asset_key.to_user_string(),
            partition=partition,
            reason=f"check {each.check_name} failed: {each.description}",
        )
        for each in failed_checks
    ]
    return failures


def _unforeseen(error: Any, run_id: str) -> str:
    """A defect of ours, in one line; the traceback is in the run's log."""
    while error is not None and error.cause is not None:
        error = error.cause
    said = error.message.strip() if error is not None else "unknown error"
    return f"{said} (a defect; the traceback is in run {run_id[:8]}, see `make dev`)"


def _interrupted(result: dg.ExecuteInProcessResult) -> bool:
    return any(
        event.is_step_failure
        and event.step_failure_data.error is not None
        and event.step_failure_data.error.cls_name in {"KeyboardInterrupt", "DagsterExecutionInterruptedError"}
        for event in result.all_events
    )
